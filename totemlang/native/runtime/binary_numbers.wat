;; Binary numbers made whole or narrow, and NaN made the one NaN where it becomes visible.

;; Fails unless the number is finite; 1 if it is.
(func $refuse_infinite (param $value f64) (result i32)
  (if (f64.ne (local.get $value) (local.get $value))
    (then (global.set $failed (i32.const {NOT_A_NUMBER})) (return (i32.const 0))))
  (if (f64.eq (f64.abs (local.get $value)) (f64.const inf))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i32.const 0))))
  (i32.const 1))

;; A number without fraction as a long.
(func $long_of (param $value f64) (result i64)
  (if (f64.lt (f64.abs (local.get $value)) (f64.const 0x1p63))
    (then (return (i64.trunc_f64_s (local.get $value)))))
  (if (f64.eq (local.get $value) (f64.const -0x1p63))
    (then (return (i64.const 0x8000000000000000))))
  (if (call $refuse_infinite (local.get $value))
    (then (global.set $failed (i32.const {OUT_OF_RANGE}))))
  (i64.const 0))

;; A number that is whole already.
(func $whole_long (param $value f64) (result i64)
  (if (i32.eqz (call $refuse_infinite (local.get $value))) (then (return (i64.const 0))))
  (if (f64.ne (f64.trunc (local.get $value)) (local.get $value))
    (then (global.set $failed (i32.const {NOT_WHOLE})) (return (i64.const 0))))
  (call $long_of (local.get $value)))

(func $whole_int (param $value f64) (result i32)
  (local $whole i64)
  (local.set $whole (call $whole_long (local.get $value)))
  (if (i64.ne (i64.extend32_s (local.get $whole)) (local.get $whole))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i32.const 0))))
  (i32.wrap_i64 (local.get $whole)))

;; The nearest binary32 number; a finite one beyond the largest fails.
(func $narrow_float (param $value f64) (result f32)
  (local $rounded f32)
  (local.set $rounded (f32.demote_f64 (local.get $value)))
  (if (i32.and
        (f32.eq (f32.abs (local.get $rounded)) (f32.const inf))
        (f64.ne (f64.abs (local.get $value)) (f64.const inf)))
    (then (global.set $failed (i32.const {FLOAT_OUT_OF_RANGE})) (return (f32.const 0))))
  (local.get $rounded))

;; each {form} {v} {nan}: float f32 nan | double f64 nan
(func $canonical_{form} (param $value {v}) (result {v})
  (select (local.get $value) ({v}.const nan) ({v}.eq (local.get $value) (local.get $value))))
