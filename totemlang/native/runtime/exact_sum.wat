;; Exact sums of binary numbers, rounded once: the same bits in any order and any partition.
;;
;; A finite double is a whole number of units of 2^-1074. A sum is kept as
;; {i32 what is not finite: 1 NaN, 2 ∞, 4 −∞; i32 exponent E; i32 blocks to come without a try;
;; 4 bytes free; 16 bytes 0; 70 chunks i64}, chunk i counting 2^(32 i) units. A value adds less
;; than 2^32 to each of its three chunks, so 2^31 values need no carrying.
;;
;; Ordinary data is added in blocks of up to 2048: for |x| < 2^E, adding a suitable constant to x
;; and taking it away again cuts x at 2^(E-51), and what is left of it at 2^(E-103), without
;; rounding; the constants' sums hold both parts as whole numbers in their last 51 binary digits.
;; A block in which a number is larger, or leaves anything below, is added number by number.

(func $sum_begin (result i32)
  (local $sum i32)
  (local.set $sum (call $alloc (i32.const 592)))
  (memory.fill (local.get $sum) (i32.const 0) (i32.const 592))
  (i32.store offset=4 (local.get $sum) (i32.const -3000))
  (local.get $sum))

;; Add `value` · 2^`place` units.
(func $sum_put (param $sum i32) (param $value i64) (param $place i32)
  (local $shift i64)
  (local.set $shift (i64.extend_i32_u (i32.and (local.get $place) (i32.const 31))))
  (local.set $sum (i32.add (local.get $sum)
    (i32.shl (i32.shr_u (local.get $place) (i32.const 5)) (i32.const 3))))
  (i64.store offset=32 (local.get $sum) (i64.add
    (i64.load offset=32 (local.get $sum))
    (i64.and (i64.shl (local.get $value) (local.get $shift)) (i64.const 0xffffffff))))
  (local.set $shift (i64.sub (i64.const 32) (local.get $shift)))
  (i64.store offset=40 (local.get $sum) (i64.add
    (i64.load offset=40 (local.get $sum))
    (i64.and (i64.shr_s (local.get $value) (local.get $shift)) (i64.const 0xffffffff))))
  (i64.store offset=48 (local.get $sum) (i64.add
    (i64.load offset=48 (local.get $sum))
    (i64.shr_s (i64.shr_s (local.get $value) (i64.const 32)) (local.get $shift)))))

;; Add numbers one by one, whatever they are.
(func $sum_each (param $sum i32) (param $data i32) (param $count i32)
  (local $end i32) (local $bits i64) (local $exponent i32) (local $digits i64)
  (local $at i32) (local $shift i64)
  (local.set $end (i32.add (local.get $data) (i32.shl (local.get $count) (i32.const 3))))
  (loop $next
    (if (i32.ge_u (local.get $data) (local.get $end)) (then (return)))
    (local.set $bits (i64.load (local.get $data)))
    (local.set $data (i32.add (local.get $data) (i32.const 8)))
    (local.set $exponent (i32.and
      (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 52))) (i32.const 2047)))
    (local.set $digits (i64.and (local.get $bits) (i64.const 0xfffffffffffff)))
    (if (i32.eq (local.get $exponent) (i32.const 2047))
      (then
        (i32.store (local.get $sum) (i32.or
          (i32.load (local.get $sum))
          (select
            (select (i32.const 4) (i32.const 2) (i64.lt_s (local.get $bits) (i64.const 0)))
            (i32.const 1)
            (i64.eqz (local.get $digits)))))
        (br $next)))
    (if (local.get $exponent)
      (then
        (local.set $digits (i64.or (local.get $digits) (i64.const 0x10000000000000)))
        (local.set $exponent (i32.sub (local.get $exponent) (i32.const 1)))))
    (local.set $bits (i64.shr_s (local.get $bits) (i64.const 63)))
    (local.set $digits
      (i64.sub (i64.xor (local.get $digits) (local.get $bits)) (local.get $bits)))
    ;; `sum_put`, written out
    (local.set $shift (i64.extend_i32_u (i32.and (local.get $exponent) (i32.const 31))))
    (local.set $at (i32.add (local.get $sum)
      (i32.shl (i32.shr_u (local.get $exponent) (i32.const 5)) (i32.const 3))))
    (i64.store offset=32 (local.get $at) (i64.add
      (i64.load offset=32 (local.get $at))
      (i64.and (i64.shl (local.get $digits) (local.get $shift)) (i64.const 0xffffffff))))
    (local.set $shift (i64.sub (i64.const 32) (local.get $shift)))
    (i64.store offset=40 (local.get $at) (i64.add
      (i64.load offset=40 (local.get $at))
      (i64.and (i64.shr_s (local.get $digits) (local.get $shift)) (i64.const 0xffffffff))))
    (i64.store offset=48 (local.get $at) (i64.add
      (i64.load offset=48 (local.get $at))
      (i64.shr_s (i64.shr_s (local.get $digits) (i64.const 32)) (local.get $shift))))
    (br $next)))

;; The exponent E for a block, a little more than it needs; over 1021 where there is none.
(func $sum_exponent (param $data i32) (param $count i32) (result i32)
  (local $end i32) (local $most v128) (local $exponent i32)
  (local.set $end (i32.add (local.get $data)
    (i32.shl (i32.and (local.get $count) (i32.const -2)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (local.set $most (f64x2.pmax
          (local.get $most) (f64x2.abs (v128.load (local.get $data)))))
        (local.set $data (i32.add (local.get $data) (i32.const 16)))
        (br $next))))
  (if (i32.and (local.get $count) (i32.const 1))
    (then
      (local.set $most (f64x2.pmax
        (local.get $most) (f64x2.abs (v128.load64_zero (local.get $data)))))))
  (local.set $exponent (i32.add
    (i32.wrap_i64 (i64.shr_u
      (i64.reinterpret_f64 (f64.max
        (f64x2.extract_lane 0 (local.get $most)) (f64x2.extract_lane 1 (local.get $most))))
      (i64.const 52)))
    (i32.const -1020)))
  (select
    (local.get $exponent) (i32.const -960)
    (i32.gt_s (local.get $exponent) (i32.const -960))))

;; Add a block by cutting at E; 0, and nothing added, where a number does not allow it.
(func $sum_cut (param $sum i32) (param $data i32) (param $count i32) (result i32)
  (local $end i32) (local $pairs i64) (local $exponent i32)
  (local $bound v128) (local $first v128) (local $second v128)
  (local $x v128) (local $t v128) (local $fits v128) (local $left v128)
  (local $highs v128) (local $lows v128)
  (local.set $exponent (i32.load offset=4 (local.get $sum)))
  (local.set $bound (i64x2.splat (i64.shl
    (i64.extend_i32_u (i32.add (local.get $exponent) (i32.const 1023))) (i64.const 52))))
  ;; 1.5 · 2^(E+1) and 1.5 · 2^(E-51)
  (local.set $first (i64x2.add (local.get $bound)
    (v128.const i64x2 0x18000000000000 0x18000000000000)))
  (local.set $second (i64x2.sub (local.get $first)
    (v128.const i64x2 0x340000000000000 0x340000000000000)))
  (local.set $pairs (i64.extend_i32_u
    (i32.shr_u (i32.add (local.get $count) (i32.const 1)) (i32.const 1))))
  (local.set $end (i32.add (local.get $data)
    (i32.shl (i32.and (local.get $count) (i32.const -2)) (i32.const 3))))
  (local.set $fits (v128.const i64x2 -1 -1))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (local.set $x (v128.load (local.get $data)))
        (local.set $fits (v128.and (local.get $fits)
          (f64x2.lt (f64x2.abs (local.get $x)) (local.get $bound))))
        (local.set $t (f64x2.add (local.get $x) (local.get $first)))
        (local.set $highs (i64x2.add (local.get $highs) (local.get $t)))
        (local.set $x (f64x2.sub (local.get $x)
          (f64x2.sub (local.get $t) (local.get $first))))
        (local.set $t (f64x2.add (local.get $x) (local.get $second)))
        (local.set $lows (i64x2.add (local.get $lows) (local.get $t)))
        (local.set $left (v128.or (local.get $left)
          (f64x2.sub (local.get $x) (f64x2.sub (local.get $t) (local.get $second)))))
        (local.set $data (i32.add (local.get $data) (i32.const 16)))
        (br $next))))
  (if (i32.and (local.get $count) (i32.const 1))
    (then
      (local.set $x (v128.load64_zero (local.get $data)))
      (local.set $fits (v128.and (local.get $fits)
        (f64x2.lt (f64x2.abs (local.get $x)) (local.get $bound))))
      (local.set $t (f64x2.add (local.get $x) (local.get $first)))
      (local.set $highs (i64x2.add (local.get $highs) (local.get $t)))
      (local.set $x (f64x2.sub (local.get $x)
        (f64x2.sub (local.get $t) (local.get $first))))
      (local.set $t (f64x2.add (local.get $x) (local.get $second)))
      (local.set $lows (i64x2.add (local.get $lows) (local.get $t)))
      (local.set $left (v128.or (local.get $left)
        (f64x2.sub (local.get $x) (f64x2.sub (local.get $t) (local.get $second)))))))
  (if (i32.eqz (i64x2.all_true (local.get $fits))) (then (return (i32.const 0))))
  ;; a residue of -0.0 is none
  (if (v128.any_true (i64x2.shl (local.get $left) (i32.const 1)))
    (then (return (i32.const 0))))
  (call $sum_put
    (local.get $sum)
    (i64.sub
      (i64.add (i64x2.extract_lane 0 (local.get $highs)) (i64x2.extract_lane 1 (local.get $highs)))
      (i64.mul (i64.shl (local.get $pairs) (i64.const 1))
        (i64x2.extract_lane 0 (local.get $first))))
    (i32.add (local.get $exponent) (i32.const 1023)))
  (call $sum_put
    (local.get $sum)
    (i64.sub
      (i64.add (i64x2.extract_lane 0 (local.get $lows)) (i64x2.extract_lane 1 (local.get $lows)))
      (i64.mul (i64.shl (local.get $pairs) (i64.const 1))
        (i64x2.extract_lane 0 (local.get $second))))
    (i32.add (local.get $exponent) (i32.const 971)))
  (i32.const 1))

;; Add up to 2048 doubles.
(func $sum_block (param $sum i32) (param $data i32) (param $count i32)
  (local $exponent i32) (local $before i32)
  ;; nothing changes NaN
  (if (i32.and (i32.load (local.get $sum)) (i32.const 1)) (then (return)))
  (local.set $before (i32.load offset=8 (local.get $sum)))
  (if (i32.eqz (local.get $before))
    (then
      (if (i32.gt_s (i32.load offset=4 (local.get $sum)) (i32.const -3000))
        (then
          (if (call $sum_cut (local.get $sum) (local.get $data) (local.get $count))
            (then (return)))))
      (local.set $exponent (call $sum_exponent (local.get $data) (local.get $count)))
      (if (i32.and
            (i32.le_s (local.get $exponent) (i32.const 1021))
            (i32.ne (local.get $exponent) (i32.load offset=4 (local.get $sum))))
        (then
          (i32.store offset=4 (local.get $sum) (local.get $exponent))
          (if (call $sum_cut (local.get $sum) (local.get $data) (local.get $count))
            (then (return)))))
      (local.set $before (i32.const 8))))
  (i32.store offset=8 (local.get $sum) (i32.sub (local.get $before) (i32.const 1)))
  (call $sum_each (local.get $sum) (local.get $data) (local.get $count)))

;; The sum as the nearest double, ties to even; NaN from NaN or both infinities; +0.0 for zero.
(func $sum_end (param $sum i32) (result f64)
  (local $at i32) (local $end i32) (local $part i64) (local $carry i64) (local $sign i64)
  (local $shift i64) (local $window i64) (local $sticky i32) (local $highest i32)
  (local.set $at (i32.load (local.get $sum)))
  (if (local.get $at)
    (then
      (if (i32.eq (local.get $at) (i32.const 2)) (then (return (f64.const inf))))
      (if (i32.eq (local.get $at) (i32.const 4)) (then (return (f64.const -inf))))
      (return (f64.const nan))))
  ;; carry
  (local.set $sum (i32.add (local.get $sum) (i32.const 32)))
  (local.set $end (i32.add (local.get $sum) (i32.const 560)))
  (local.set $at (local.get $sum))
  (loop $up
    (local.set $part (i64.add (i64.load (local.get $at)) (local.get $carry)))
    (i64.store (local.get $at) (i64.and (local.get $part) (i64.const 0xffffffff)))
    (local.set $carry (i64.shr_s (local.get $part) (i64.const 32)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $up (i32.lt_u (local.get $at) (local.get $end))))
  ;; make it positive
  (if (i64.lt_s (local.get $carry) (i64.const 0))
    (then
      (local.set $sign (i64.const 0x8000000000000000))
      (local.set $carry (i64.const 1))
      (local.set $at (local.get $sum))
      (loop $turn
        (local.set $part (i64.add
          (i64.xor (i64.load (local.get $at)) (i64.const 0xffffffff)) (local.get $carry)))
        (i64.store (local.get $at) (i64.and (local.get $part) (i64.const 0xffffffff)))
        (local.set $carry (i64.shr_u (local.get $part) (i64.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $turn (i32.lt_u (local.get $at) (local.get $end))))))
  ;; the highest chunk that is not zero
  (local.set $at (local.get $end))
  (loop $down
    (local.set $at (i32.sub (local.get $at) (i32.const 8)))
    (if (i32.lt_u (local.get $at) (local.get $sum)) (then (return (f64.const 0))))
    (br_if $down (i64.eqz (i64.load (local.get $at)))))
  ;; its 64 highest digits, and whether there are any below
  (local.set $part (i64.load (local.get $at)))
  (local.set $shift (i64.sub (i64.clz (local.get $part)) (i64.const 32)))
  (local.set $window (i64.or
    (i64.shl (local.get $part) (i64.add (local.get $shift) (i64.const 32)))
    (i64.or
      (i64.shl (i64.load (i32.sub (local.get $at) (i32.const 8))) (local.get $shift))
      (i64.shr_u (i64.load (i32.sub (local.get $at) (i32.const 16)))
        (i64.sub (i64.const 32) (local.get $shift))))))
  (local.set $highest (i32.sub
    (i32.add
      (i32.shl (i32.sub (local.get $at) (local.get $sum)) (i32.const 2))
      (i32.const 31))
    (i32.wrap_i64 (local.get $shift))))
  (local.set $sticky (i64.ne
    (i64.and
      (i64.shl (i64.load (i32.sub (local.get $at) (i32.const 16))) (local.get $shift))
      (i64.const 0xffffffff))
    (i64.const 0)))
  (local.set $at (i32.sub (local.get $at) (i32.const 24)))
  (block $seen
    (loop $below
      (br_if $seen (local.get $sticky))
      (br_if $seen (i32.lt_s (local.get $at) (local.get $sum)))
      (local.set $sticky (i64.ne (i64.load (local.get $at)) (i64.const 0)))
      (local.set $at (i32.sub (local.get $at) (i32.const 8)))
      (br $below)))
  (if (i32.lt_s (local.get $highest) (i32.const 52))
    (then
      (return (f64.reinterpret_i64 (i64.or (local.get $sign)
        (i64.shr_u (local.get $window)
          (i64.sub (i64.const 63) (i64.extend_i32_u (local.get $highest)))))))))
  (if (i32.ge_s (local.get $highest) (i32.const 2098))
    (then
      (return (f64.reinterpret_i64 (i64.or (local.get $sign) (i64.const 0x7ff0000000000000))))))
  ;; 53 of them make the number; rounding up may carry into the exponent, and to infinity
  (f64.reinterpret_i64 (i64.or (local.get $sign)
    (i64.add
      (i64.add
        (i64.shl (i64.extend_i32_u (i32.sub (local.get $highest) (i32.const 52))) (i64.const 52))
        (i64.shr_u (local.get $window) (i64.const 11)))
      (i64.extend_i32_u (i64.gt_u
        (i64.or
          (i64.and (local.get $window) (i64.const 0x7ff))
          (i64.extend_i32_u (i32.or (local.get $sticky)
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $window) (i64.const 11)))
              (i32.const 1)))))
        (i64.const 0x400)))))))
