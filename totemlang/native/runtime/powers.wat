;; Powers: square and multiply, lowest binary digit of the exponent first; each product is checked
;; or rounded.

(func $power_int (param $base i32) (param $exponent i64) (result i32)
  (local $by i64) (local $result i64)
  (if (i64.lt_s (local.get $exponent) (i64.const 0))
    (then (global.set $failed (i32.const {NEGATIVE_EXPONENT})) (return (i32.const 0))))
  (local.set $by (i64.extend_i32_s (local.get $base)))
  (local.set $result (i64.const 1))
  (loop $next
    (if (i64.eqz (local.get $exponent)) (then (return (i32.wrap_i64 (local.get $result)))))
    (if (i64.ne (i64.and (local.get $exponent) (i64.const 1)) (i64.const 0))
      (then
        (local.set $result (i64.mul (local.get $result) (local.get $by)))
        (if (i64.ne (i64.extend32_s (local.get $result)) (local.get $result))
          (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i32.const 0))))))
    (local.set $exponent (i64.shr_u (local.get $exponent) (i64.const 1)))
    (if (i64.ne (local.get $exponent) (i64.const 0))
      (then
        (local.set $by (i64.mul (local.get $by) (local.get $by)))
        ;; the highest digit still multiplies by it
        (if (i64.gt_s (local.get $by) (i64.const 0x7fffffff))
          (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i32.const 0))))))
    (br $next))
  (i32.const 0))

(func $power_long (param $base i64) (param $exponent i64) (result i64)
  (local $result i64)
  (if (i64.lt_s (local.get $exponent) (i64.const 0))
    (then (global.set $failed (i32.const {NEGATIVE_EXPONENT})) (return (i64.const 0))))
  (local.set $result (i64.const 1))
  (loop $next
    (if (i64.eqz (local.get $exponent)) (then (return (local.get $result))))
    (if (i64.ne (i64.and (local.get $exponent) (i64.const 1)) (i64.const 0))
      (then
        (if (i32.eqz (call $product_fits (local.get $result) (local.get $base)))
          (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i64.const 0))))
        (local.set $result (i64.mul (local.get $result) (local.get $base)))))
    (local.set $exponent (i64.shr_u (local.get $exponent) (i64.const 1)))
    (if (i64.ne (local.get $exponent) (i64.const 0))
      (then
        (if (i32.eqz (call $product_fits (local.get $base) (local.get $base)))
          (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i64.const 0))))
        (local.set $base (i64.mul (local.get $base) (local.get $base)))))
    (br $next))
  (i64.const 0))

;; each {form} {v}: float f32 | double f64
(func $power_{form} (param $base {v}) (param $exponent i64) (result {v})
  (local $result {v})
  (if (i64.lt_s (local.get $exponent) (i64.const 0))
    (then (global.set $failed (i32.const {NEGATIVE_EXPONENT})) (return ({v}.const 0))))
  (local.set $result ({v}.const 1))
  (loop $next
    (if (i64.ne (local.get $exponent) (i64.const 0))
      (then
        (if (i64.ne (i64.and (local.get $exponent) (i64.const 1)) (i64.const 0))
          (then (local.set $result ({v}.mul (local.get $result) (local.get $base)))))
        (local.set $exponent (i64.shr_u (local.get $exponent) (i64.const 1)))
        (local.set $base ({v}.mul (local.get $base) (local.get $base)))
        (br $next))))
  (local.get $result))
