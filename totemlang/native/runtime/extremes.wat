;; The least and the greatest element. Of binary numbers NaN wins, and −0.0 is less than 0.0: that is
;; what the machine's own minimum and maximum do.

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
;; each {name} {form} {v} {lanes} {op} {place} {width} {turn}: min int i32 i32x4 min_s 32 4 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 | max int i32 i32x4 max_s 40 4 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 | min float f32 f32x4 min 32 4 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 | max float f32 f32x4 max 40 4 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 | min double f64 f64x2 min 32 8 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 | max double f64 f64x2 max 40 8 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
(func ${name}_of_{form} (param $array i32) (result {v})
  (local $at i32) (local $end i32) (local $found v128)
  (if (i32.eqz (call $not_empty (local.get $array))) (then (return ({v}.const 0))))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return ({v}.load offset={place} (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.mul (i32.load offset=4 (local.get $array)) (i32.const {width}))))
  (local.set $found ({lanes}.splat ({v}.load (local.get $at))))
  (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))
    (then
      (loop $one
        (local.set $found ({lanes}.{op} (local.get $found)
          ({lanes}.splat ({v}.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const {width})))
        (br_if $one (i32.lt_u (local.get $at) (local.get $end))))
      (return ({lanes}.extract_lane 0 (local.get $found)))))
  (local.set $end (i32.sub (local.get $end) (i32.const 16)))
  (loop $more
    (local.set $found ({lanes}.{op} (local.get $found) (v128.load (local.get $at))))
    (local.set $at (i32.add (local.get $at) (i32.const 16)))
    (br_if $more (i32.lt_u (local.get $at) (local.get $end))))
  (local.set $found ({lanes}.{op} (local.get $found) (v128.load (local.get $end))))
  (local.set $found ({lanes}.{op} (local.get $found)
    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
      (local.get $found) (local.get $found))))
  ({lanes}.extract_lane 0
    ({lanes}.{op} (local.get $found)
      (i8x16.shuffle {turn}
        (local.get $found) (local.get $found)))))

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
