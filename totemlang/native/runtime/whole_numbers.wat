;; Whole numbers: results that do not fit fail.

(func $multiply_long (param $left i64) (param $right i64) (result i64)
  (if (i32.eqz (call $product_fits (local.get $left) (local.get $right)))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i64.const 0))))
  (i64.mul (local.get $left) (local.get $right)))

;; A duration so many times; units of time are durations too.
(func $scale (param $duration i64) (param $times i64) (result i64)
  (call $multiply_long (local.get $duration) (local.get $times)))

;; Whether a product fits 64 bits: halves do; else dividing tells.
(func $product_fits (param $left i64) (param $right i64) (result i32)
  (if (i32.and
        (i64.eq (i64.extend32_s (local.get $left)) (local.get $left))
        (i64.eq (i64.extend32_s (local.get $right)) (local.get $right)))
    (then (return (i32.const 1))))
  (if (i64.eqz (local.get $left)) (then (return (i32.const 1))))
  (if (i64.eq (local.get $left) (i64.const -1))
    (then (return (i64.ne (local.get $right) (i64.const 0x8000000000000000)))))
  (i64.eq
    (i64.div_s (i64.mul (local.get $left) (local.get $right)) (local.get $left))
    (local.get $right)))

;; The floor of the quotient.
;; each {form} {v} {least}: int i32 0x80000000 | long i64 0x8000000000000000
(func $floor_divide_{form} (param $left {v}) (param $right {v}) (result {v})
  (local $quotient {v})
  (if ({v}.eqz (local.get $right))
    (then (global.set $failed (i32.const {DIVISION_BY_ZERO})) (return ({v}.const 0))))
  (if (i32.and
        ({v}.eq (local.get $right) ({v}.const -1))
        ({v}.eq (local.get $left) ({v}.const {least})))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return ({v}.const 0))))
  (local.set $quotient ({v}.div_s (local.get $left) (local.get $right)))
  (if (result {v})
    (i32.and
      ({v}.lt_s ({v}.xor (local.get $left) (local.get $right)) ({v}.const 0))
      ({v}.ne ({v}.mul (local.get $quotient) (local.get $right)) (local.get $left)))
    (then ({v}.sub (local.get $quotient) ({v}.const 1)))
    (else (local.get $quotient))))

;; What floor division leaves; it has the sign of the divisor.
;; each {form} {v}: int i32 | long i64
(func $modulo_{form} (param $left {v}) (param $right {v}) (result {v})
  (local $rest {v})
  (if ({v}.eqz (local.get $right))
    (then (global.set $failed (i32.const {DIVISION_BY_ZERO})) (return ({v}.const 0))))
  (local.set $rest ({v}.rem_s (local.get $left) (local.get $right)))
  (if (result {v})
    (i32.and
      ({v}.ne (local.get $rest) ({v}.const 0))
      ({v}.lt_s ({v}.xor (local.get $rest) (local.get $right)) ({v}.const 0)))
    (then ({v}.add (local.get $rest) (local.get $right)))
    (else (local.get $rest))))

;; IEEE division of whole numbers, each rounded once before.
(func $divide_whole (param $left i64) (param $right i64) (result f64)
  (f64.div (f64.convert_i64_s (local.get $left)) (f64.convert_i64_s (local.get $right))))

;; each {form} {v} {width} {by}:
;;   | int i32 32 (local.get $by)
;;   | long i64 64 (i64.extend_i32_u (local.get $by))
(func $shift_left_{form} (param $value {v}) (param $by i32) (result {v})
  (local $result {v})
  (if (i32.ge_u (local.get $by) (i32.const {width}))
    (then (global.set $failed (i32.const {SHIFT})) (return ({v}.const 0))))
  (local.set $result ({v}.shl (local.get $value) {by}))
  (if ({v}.ne ({v}.shr_s (local.get $result) {by}) (local.get $value))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return ({v}.const 0))))
  (local.get $result))

;; each {form} {v} {width} {by}:
;;   | int i32 32 (local.get $by)
;;   | long i64 64 (i64.extend_i32_u (local.get $by))
(func $shift_right_{form} (param $value {v}) (param $by i32) (result {v})
  (if (i32.ge_u (local.get $by) (i32.const {width}))
    (then (global.set $failed (i32.const {SHIFT})) (return ({v}.const 0))))
  ({v}.shr_s (local.get $value) {by}))

;; A long as an int.
(func $narrow_int (param $value i64) (result i32)
  (if (i64.ne (i64.extend32_s (local.get $value)) (local.get $value))
    (then (global.set $failed (i32.const {OUT_OF_RANGE})) (return (i32.const 0))))
  (i32.wrap_i64 (local.get $value)))

;; Binary digits of a number, for prices.
(func $bit_length (param $value i64) (result i64)
  (i64.sub (i64.const 64) (i64.clz (local.get $value))))
