;; Sums of whole numbers: exact, then checked once.

;; Ints need no more than 64 bits, however many.
(func $sum_int (param $array i32) (result i64)
  (local $at i32) (local $end i32) (local $four v128) (local $sum v128) (local $total i64)
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at)
    (then
      (if (i32.load offset=48 (local.get $at))
        (then (global.set $failed (i32.const {OUT_OF_RANGE}))))
      (return (i64.load offset=24 (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.and (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 2)) (i32.const -16))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $four (v128.load (local.get $at)))
        (local.set $sum (i64x2.add (local.get $sum)
          (i64x2.add
            (i64x2.extend_low_i32x4_s (local.get $four))
            (i64x2.extend_high_i32x4_s (local.get $four)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next))))
  (local.set $total (i64.add
    (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum))))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.and (i32.load offset=4 (local.get $array)) (i32.const 3)) (i32.const 2))))
  (loop $one
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $total (i64.add (local.get $total) (i64.load32_s (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $one))))
  (local.get $total))

;; Longs are added in halves, the low ones without sign: neither overflows for 2^31 elements.
;; each {form}: long | duration
(func $sum_{form} (param $array i32) (result i64)
  (local $at i32) (local $end i32) (local $two v128) (local $lows v128) (local $highs v128)
  (local $low i64) (local $high i64)
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at)
    (then
      (if (i32.load offset=48 (local.get $at))
        (then (global.set $failed (i32.const {OUT_OF_RANGE}))))
      (return (i64.load offset=24 (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.and (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3)) (i32.const -16))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $two (v128.load (local.get $at)))
        (local.set $lows (i64x2.add (local.get $lows)
          (v128.and (local.get $two) (v128.const i64x2 0xffffffff 0xffffffff))))
        (local.set $highs (i64x2.add (local.get $highs)
          (i64x2.shr_s (local.get $two) (i32.const 32))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next))))
  (local.set $low (i64.add
    (i64x2.extract_lane 0 (local.get $lows)) (i64x2.extract_lane 1 (local.get $lows))))
  (local.set $high (i64.add
    (i64x2.extract_lane 0 (local.get $highs)) (i64x2.extract_lane 1 (local.get $highs))))
  (if (i32.and (i32.load offset=4 (local.get $array)) (i32.const 1))
    (then
      (local.set $low (i64.add (local.get $low) (i64.load32_u (local.get $at))))
      (local.set $high (i64.add (local.get $high) (i64.load32_s offset=4 (local.get $at))))))
  (local.set $high (i64.add (local.get $high) (i64.shr_u (local.get $low) (i64.const 32))))
  (if (i64.ne (i64.extend32_s (local.get $high)) (local.get $high))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i64.const 0))))
  (i64.or
    (i64.shl (local.get $high) (i64.const 32))
    (i64.and (local.get $low) (i64.const 0xffffffff))))
