;; Arrays: a header {i32 data, i32 length, i32 aggregate, i32 0}, and the elements.
;; An aggregate stands for elements that were never brought together: {i64 count, i64 total bytes,
;; i64 longest bytes, total, least, greatest (8 bytes each), i32 whether the total is over}.

;; Header and room for the elements, which the caller writes.
;; each {form} {shift}: bool 0 | int 2 | long 3 | float 2 | double 3 | string 3
(func $new_array_{form} (param $length i32) (result i32)
  (local $at i32)
  (if (i32.gt_u (local.get $length) (i32.const 0x0a000000)) (then unreachable))
  (local.set $at (call $alloc
    (i32.add (i32.shl (local.get $length) (i32.const {shift})) (i32.const 16))))
  (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 16)))
  (i32.store offset=4 (local.get $at) (local.get $length))
  (i64.store offset=8 (local.get $at) (i64.const 0))
  (local.get $at))

;; An array just made of its strings, unless it is larger than a value may be.
(func $bounded_string (param $array i32) (result i32)
  (if (i64.gt_u
        (call $packed_bytes (i32.load (local.get $array)) (i32.load offset=4 (local.get $array)))
        (i64.const {MAX_VALUE_BYTES}))
    (then (global.set $failed (i32.const {TOO_LARGE}))))
  (local.get $array))

;; The length that `fill` asks for, or -1 where it may not.
(func $fill_length (param $length i64) (param $bytes i64) (result i32)
  (if (i64.lt_s (local.get $length) (i64.const 0))
    (then (global.set $failed (i32.const {NEGATIVE_LENGTH})) (return (i32.const -1))))
  (if (i32.or
        (i64.gt_s (local.get $length) (i64.const {MAX_ELEMENTS}))
        (i64.gt_s (i64.mul (i64.and (local.get $length) (i64.const 0x1ffffff)) (local.get $bytes))
          (i64.const {MAX_VALUE_BYTES})))
    (then (global.set $failed (i32.const {TOO_LARGE})) (return (i32.const -1))))
  (i32.wrap_i64 (local.get $length)))

;; So many times the value: what is filled is copied behind itself.
;; each {form} {v} {store} {width} {bytes}:
;;   | bool i32 i32.store8 1 (i64.const 0)
;;   | int i32 i32.store 4 (i64.const 0)
;;   | long i64 i64.store 8 (i64.const 0)
;;   | float f32 f32.store 4 (i64.const 0)
;;   | double f64 f64.store 8 (i64.const 0)
;;   | string i64 i64.store 8 (i64.shr_u (local.get $value) (i64.const 32))
(func $fill_{form} (param $length i64) (param $value {v}) (result i32)
  (local $elements i32) (local $array i32) (local $data i32) (local $bytes i32) (local $filled i32)
  (local.set $elements (call $fill_length (local.get $length) {bytes}))
  (if (i32.lt_s (local.get $elements) (i32.const 0)) (then (return (i32.const 0))))
  (local.set $array (call $new_array_{form} (local.get $elements)))
  (if (i32.eqz (local.get $elements)) (then (return (local.get $array))))
  (local.set $data (i32.load (local.get $array)))
  (local.set $bytes (i32.mul (local.get $elements) (i32.const {width})))
  (loop $one
    ({store} (i32.add (local.get $data) (local.get $filled)) (local.get $value))
    (local.set $filled (i32.add (local.get $filled) (i32.const {width})))
    (br_if $one (i32.and
      (i32.lt_u (local.get $filled) (local.get $bytes))
      (i32.lt_u (local.get $filled) (i32.const 64)))))
  (loop $more
    (if (i32.lt_u (local.get $filled) (local.get $bytes))
      (then
        (memory.copy
          (i32.add (local.get $data) (local.get $filled))
          (local.get $data)
          (select
            (local.get $filled)
            (i32.sub (local.get $bytes) (local.get $filled))
            (i32.lt_u (local.get $filled) (i32.sub (local.get $bytes) (local.get $filled)))))
        (local.set $filled (i32.shl (local.get $filled) (i32.const 1)))
        (br $more))))
  (local.get $array))

(func $count (param $array i32) (result i64)
  (local $aggregate i32)
  (local.set $aggregate (i32.load offset=8 (local.get $array)))
  (if (result i64) (local.get $aggregate)
    (then (i64.load (local.get $aggregate)))
    (else (i64.load32_u offset=4 (local.get $array)))))

(func $length (param $array i32) (result i32)
  (call $narrow_int (call $count (local.get $array))))

;; NaN equals nothing.
;; each {form} {v} {load} {width}:
;;   | bool i32 i32.load8_u 1
;;   | int i32 i32.load 4
;;   | long i64 i64.load 8
;;   | float f32 f32.load 4
;;   | double f64 f64.load 8
(func $contains_{form} (param $array i32) (param $value {v}) (result i32)
  (local $at i32) (local $end i32)
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.mul (i32.load offset=4 (local.get $array)) (i32.const {width}))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (if ({v}.eq ({load} (local.get $at)) (local.get $value)) (then (return (i32.const 1))))
        (local.set $at (i32.add (local.get $at) (i32.const {width})))
        (br $next))))
  (i32.const 0))

(func $contains_string (param $array i32) (param $value i64) (result i32)
  (local $at i32) (local $end i32)
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (if (i32.eq
              (i32.load offset=4 (local.get $at))
              (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32))))
          (then
            (if (call $equal_strings (i64.load (local.get $at)) (local.get $value))
              (then (return (i32.const 1))))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next))))
  (i32.const 0))

;; The elements at positions, as another array; an aggregate has no order.
;; each {form} {load} {store} {shift}:
;;   | bool i32.load8_u i32.store8 0
;;   | int i32.load i32.store 2
;;   | long i64.load i64.store 3
;;   | float i32.load i32.store 2
;;   | double i64.load i64.store 3
;;   | string i64.load i64.store 3
(func $take_{form} (param $array i32) (param $positions i32) (result i32)
  (local $taken i32) (local $from i32) (local $to i32) (local $at i32) (local $end i32)
  (if (i32.load offset=8 (local.get $array)) (then (return (local.get $array))))
  (local.set $end (i32.load offset=4 (local.get $positions)))
  (local.set $taken (call $new_array_{form} (local.get $end)))
  (local.set $from (i32.load (local.get $array)))
  (local.set $to (i32.load (local.get $taken)))
  (local.set $at (i32.load (local.get $positions)))
  (local.set $end (i32.add (local.get $at) (i32.shl (local.get $end) (i32.const 2))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        ({store} (local.get $to)
          ({load} (i32.add (local.get $from)
            (i32.shl (i32.load (local.get $at)) (i32.const {shift})))))
        (local.set $to (i32.add (local.get $to) (i32.shl (i32.const 1) (i32.const {shift}))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next))))
  (local.get $taken))
