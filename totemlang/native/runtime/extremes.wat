;; The least and the greatest element. Of binary numbers NaN wins, and −0.0 is less than 0.0: that
;; is what the machine's own minimum and maximum do.

;; The first element, if there is one: 1. Else it fails.
(func $not_empty (param $array i32) (result i32)
  (if (i64.eqz (call $count (local.get $array)))
    (then (global.set $failed (i32.const {EMPTY})) (return (i32.const 0))))
  (i32.const 1))

;; each {name} {stops} {place}: min 0 32 | max 1 40
(func ${name}_of_bool (param $array i32) (result i32)
  (local $at i32)
  (if (i32.eqz (call $not_empty (local.get $array))) (then (return (i32.const 0))))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return (i32.load8_u offset={place} (local.get $at)))))
  (i32.xor (i32.const {stops})
    (i32.eqz (call $contains_bool (local.get $array) (i32.const {stops})))))

;; each {name} {place} {wins}: min 32 lt_s | max 40 gt_s
(func ${name}_of_long (param $array i32) (result i64)
  (local $at i32) (local $end i32) (local $found i64) (local $next i64)
  (if (i32.eqz (call $not_empty (local.get $array))) (then (return (i64.const 0))))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return (i64.load offset={place} (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (local.set $found (i64.load (local.get $at)))
  (loop $more
    (local.set $next (i64.load (local.get $at)))
    (local.set $found (select
      (local.get $next) (local.get $found)
      (i64.{wins} (local.get $next) (local.get $found))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $more (i32.lt_u (local.get $at) (local.get $end))))
  (local.get $found))

;; The last vector overlaps the one before: seeing an element twice does no harm.
;; each {name} {op} {place}: min min_s 32 | max max_s 40
(func ${name}_of_int (param $array i32) (result i32)
  (local $at i32) (local $end i32) (local $found v128)
  (if (i32.eqz (call $not_empty (local.get $array))) (then (return (i32.const 0))))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return (i32.load offset={place} (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.mul (i32.load offset=4 (local.get $array)) (i32.const 4))))
  (local.set $found (i32x4.splat (i32.load (local.get $at))))
  (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))
    (then
      (loop $one
        (local.set $found (i32x4.{op} (local.get $found)
          (i32x4.splat (i32.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $one (i32.lt_u (local.get $at) (local.get $end))))
      (return (i32x4.extract_lane 0 (local.get $found)))))
  (local.set $end (i32.sub (local.get $end) (i32.const 16)))
  (loop $more
    (local.set $found (i32x4.{op} (local.get $found) (v128.load (local.get $at))))
    (local.set $at (i32.add (local.get $at) (i32.const 16)))
    (br_if $more (i32.lt_u (local.get $at) (local.get $end))))
  (local.set $found (i32x4.{op} (local.get $found) (v128.load (local.get $end))))
  (local.set $found (i32x4.{op} (local.get $found)
    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
      (local.get $found) (local.get $found))))
  (i32x4.extract_lane 0
    (i32x4.{op} (local.get $found)
      (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11
        (local.get $found) (local.get $found)))))

;; The quick minimum keeps what it has where numbers are equal, and against NaN: NaN is looked for
;; beside it, and where the result is a zero, one of the other sign after it.
;; each {name} {form} {v} {lanes} {bits} {place} {width} {whole} {zero} {other}:
;;   | min float f32 f32x4 i32x4 32 4 i32 0x80000000 0
;;   | max float f32 f32x4 i32x4 40 4 i32 0 -0
;;   | min double f64 f64x2 i64x2 32 8 i64 0x8000000000000000 0
;;   | max double f64 f64x2 i64x2 40 8 i64 0 -0
(func ${name}_of_{form} (param $array i32) (result {v})
  (local $start i32) (local $at i32) (local $end i32) (local $last v128) (local $found v128)
  (local $nan v128) (local $some v128)
  (if (i32.eqz (call $not_empty (local.get $array))) (then (return ({v}.const 0))))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return ({v}.load offset={place} (local.get $at)))))
  (local.set $start (i32.load (local.get $array)))
  (local.set $at (local.get $start))
  (local.set $end (i32.add (local.get $at)
    (i32.mul (i32.load offset=4 (local.get $array)) (i32.const {width}))))
  (local.set $found ({lanes}.splat ({v}.load (local.get $at))))
  (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))
    (then
      (loop $one
        (local.set $found ({lanes}.{name} (local.get $found)
          ({lanes}.splat ({v}.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const {width})))
        (br_if $one (i32.lt_u (local.get $at) (local.get $end))))
      (return ({lanes}.extract_lane 0 (local.get $found)))))
  ;; the last sixteen bytes overlap those before: to see an element twice does no harm
  (local.set $end (i32.sub (local.get $end) (i32.const 16)))
  (local.set $last (v128.load (local.get $end)))
  (local.set $nan ({lanes}.ne (local.get $last) (local.get $last)))
  (local.set $found (local.get $last))
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $some (v128.load (local.get $at)))
        (local.set $nan (v128.or (local.get $nan)
          ({lanes}.ne (local.get $some) (local.get $some))))
        (local.set $found ({lanes}.p{name} (local.get $found) (local.get $some)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more))))
  (if (v128.any_true (local.get $nan)) (then (return ({v}.const nan))))
  (local.set $found ({lanes}.{name} (local.get $found)
    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
      (local.get $found) (local.get $found))))
  (local.set $found ({lanes}.{name} (local.get $found)
    ({bits}.splat ({bits}.extract_lane 1 (local.get $found)))))
  (if ({v}.ne ({lanes}.extract_lane 0 (local.get $found)) ({v}.const 0))
    (then (return ({lanes}.extract_lane 0 (local.get $found)))))
  (local.set $nan ({bits}.eq (local.get $last) ({bits}.splat ({whole}.const {zero}))))
  (local.set $at (local.get $start))
  (loop $zero
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $nan (v128.or (local.get $nan)
          ({bits}.eq (v128.load (local.get $at)) ({bits}.splat ({whole}.const {zero})))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $zero))))
  (if (v128.any_true (local.get $nan))
    (then (return ({lanes}.extract_lane 0 ({bits}.splat ({whole}.const {zero}))))))
  ({v}.const {other}))

;; each {name} {place} {winner}: min 32 smaller | max 40 larger
(func ${name}_of_string (param $array i32) (result i64)
  (local $at i32) (local $end i32) (local $found i64)
  (if (i32.eqz (call $not_empty (local.get $array))) (then (return (i64.const 0))))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return (i64.load offset={place} (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (local.set $found (i64.load (local.get $at)))
  (loop $more
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $found (call ${winner}_string (local.get $found) (i64.load (local.get $at))))
        (br $more))))
  (local.get $found))
