;; Exact sums of any doubles: 70 digits of 32 bits in 64-bit words, least first, in units of
;; 2^-1074, so that 2^29 additions need no carry; then marks (1 +inf, 2 -inf, 4 NaN) and the number
;; of additions since carries were made. 576 bytes.

(func $wide_add (param $sum i32) (param $magnitude i64) (param $place i32) (param $negative i32)
  (local $at i32) (local $shift i64) (local $low i64) (local $middle i64) (local $high i64)
  (local $adds i64)
  (local.set $at (i32.add (local.get $sum)
    (i32.shl (i32.shr_u (local.get $place) (i32.const 5)) (i32.const 3))))
  (local.set $shift (i64.extend_i32_u (i32.and (local.get $place) (i32.const 31))))
  (local.set $low (i64.and (i64.shl (local.get $magnitude) (local.get $shift))
    (i64.const 0xffffffff)))
  (local.set $middle (i64.and
    (i64.shr_u (local.get $magnitude) (i64.sub (i64.const 32) (local.get $shift)))
    (i64.const 0xffffffff)))
  (local.set $high (i64.shr_u (i64.shr_u (local.get $magnitude) (i64.const 32))
    (i64.sub (i64.const 32) (local.get $shift))))
  (if (local.get $negative)
    (then
      (local.set $low (i64.sub (i64.const 0) (local.get $low)))
      (local.set $middle (i64.sub (i64.const 0) (local.get $middle)))
      (local.set $high (i64.sub (i64.const 0) (local.get $high)))))
  (i64.store $own (local.get $at) (i64.add (i64.load $own (local.get $at)) (local.get $low)))
  (i64.store $own offset=8 (local.get $at)
    (i64.add (i64.load $own offset=8 (local.get $at)) (local.get $middle)))
  (i64.store $own offset=16 (local.get $at)
    (i64.add (i64.load $own offset=16 (local.get $at)) (local.get $high)))
  (local.set $adds (i64.add (i64.load $own offset=568 (local.get $sum)) (i64.const 1)))
  (i64.store $own offset=568 (local.get $sum) (local.get $adds))
  (if (i64.gt_u (local.get $adds) (i64.const 0x20000000)) (then (call $wide_carry (local.get $sum)))))

;; Digits from 0 to 2^32 - 1, all but the last, which has the sign.
(func $wide_carry (param $sum i32) (local $at i32) (local $end i32) (local $carry i64)
  (local.set $at (local.get $sum))
  (local.set $end (i32.add (local.get $sum) (i32.const 552)))
  (loop $digits
    (local.set $carry (i64.add (local.get $carry) (i64.load $own (local.get $at))))
    (i64.store $own (local.get $at) (i64.and (local.get $carry) (i64.const 0xffffffff)))
    (local.set $carry (i64.shr_s (local.get $carry) (i64.const 32)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $digits (i32.lt_u (local.get $at) (local.get $end))))
  (i64.store $own (local.get $end) (i64.add (i64.load $own (local.get $end)) (local.get $carry)))
  (i64.store $own offset=568 (local.get $sum) (i64.const 0)))

(func $wide_add_double (param $sum i32) (param $x f64)
  (local $bits i64) (local $exponent i64) (local $mantissa i64)
  (local.set $bits (i64.reinterpret_f64 (local.get $x)))
  (local.set $exponent (i64.and (i64.shr_u (local.get $bits) (i64.const 52)) (i64.const 0x7ff)))
  (local.set $mantissa (i64.and (local.get $bits) (i64.const 0xfffffffffffff)))
  (if (i64.eq (local.get $exponent) (i64.const 0x7ff))
    (then
      (i64.store $own offset=560 (local.get $sum)
        (i64.or (i64.load $own offset=560 (local.get $sum))
          (select (i64.const 4)
            (select (i64.const 2) (i64.const 1) (i64.lt_s (local.get $bits) (i64.const 0)))
            (i64.ne (local.get $mantissa) (i64.const 0)))))
      (return)))
  (if (i64.ne (local.get $exponent) (i64.const 0))
    (then
      (local.set $mantissa (i64.or (local.get $mantissa) (i64.const 0x10000000000000)))
      (local.set $exponent (i64.sub (local.get $exponent) (i64.const 1)))))
  (call $wide_add (local.get $sum) (local.get $mantissa) (i32.wrap_i64 (local.get $exponent))
    (i64.lt_s (local.get $bits) (i64.const 0))))

;; Add a signed whole number of units of 2^(place - 1074).
(func $wide_add_whole (param $sum i32) (param $units i64) (param $place i32)
  (call $wide_add (local.get $sum)
    (select (i64.sub (i64.const 0) (local.get $units)) (local.get $units)
      (i64.lt_s (local.get $units) (i64.const 0)))
    (local.get $place) (i64.lt_s (local.get $units) (i64.const 0))))

;; Add the digits of a sum that lies in the other memory.
(func $wide_fold (param $sum i32) (param $other i32) (local $at i32)
  (call $wide_carry (local.get $sum))
  (loop $digits
    (i64.store $own (i32.add (local.get $sum) (local.get $at))
      (i64.add (i64.load $own (i32.add (local.get $sum) (local.get $at)))
        (i64.load $source (i32.add (local.get $other) (local.get $at)))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $digits (i32.lt_u (local.get $at) (i32.const 560))))
  (i64.store $own offset=560 (local.get $sum)
    (i64.or (i64.load $own offset=560 (local.get $sum))
      (i64.load $source offset=560 (local.get $other))))
  (call $wide_carry (local.get $sum)))

;; The sum as the nearest double, ties to even; leaves the digits carried and without sign.
(func $wide_total (param $sum i32) (result f64)
  (local $marks i64) (local $negative i32) (local $at i32) (local $high i64) (local $low i64)
  (local $place i32) (local $sticky i64)
  (local.set $marks (i64.load $own offset=560 (local.get $sum)))
  (if (i64.ne (local.get $marks) (i64.const 0))
    (then
      (if (i64.eq (local.get $marks) (i64.const 1)) (then (return (f64.const inf))))
      (if (i64.eq (local.get $marks) (i64.const 2)) (then (return (f64.const -inf))))
      (return (f64.const nan))))
  (call $wide_carry (local.get $sum))
  (if (i64.lt_s (i64.load $own offset=552 (local.get $sum)) (i64.const 0))
    (then
      (local.set $negative (i32.const 1))
      (local.set $at (i32.const 552))
      (loop $turn
        (i64.store $own (i32.add (local.get $sum) (local.get $at))
          (i64.sub (i64.const 0) (i64.load $own (i32.add (local.get $sum) (local.get $at)))))
        (local.set $at (i32.sub (local.get $at) (i32.const 8)))
        (br_if $turn (i32.ge_s (local.get $at) (i32.const 0))))
      (call $wide_carry (local.get $sum))))
  ;; the highest four digits that begin with one that is not zero, and whether any below is not
  (local.set $at (i32.const 552))
  (block $found
    (loop $zeros
      (br_if $found (i64.ne (i64.const 0)
        (i64.load $own (i32.add (local.get $sum) (local.get $at)))))
      (br_if $found (i32.le_s (local.get $at) (i32.const 24)))
      (local.set $at (i32.sub (local.get $at) (i32.const 8)))
      (br $zeros)))
  (local.set $place (i32.shl (i32.sub (i32.shr_u (local.get $at) (i32.const 3)) (i32.const 3))
    (i32.const 5)))
  (local.set $at (i32.add (local.get $sum) (local.get $at)))
  (local.set $high (i64.or (i64.shl (i64.load $own (local.get $at)) (i64.const 32))
    (i64.load $own (i32.sub (local.get $at) (i32.const 8)))))
  (local.set $low (i64.or
    (i64.shl (i64.load $own (i32.sub (local.get $at) (i32.const 16))) (i64.const 32))
    (i64.load $own (i32.sub (local.get $at) (i32.const 24)))))
  (local.set $at (i32.sub (local.get $at) (i32.const 32)))
  (block $done
    (loop $below
      (br_if $done (i32.lt_s (local.get $at) (local.get $sum)))
      (local.set $sticky (i64.or (local.get $sticky) (i64.load $own (local.get $at))))
      (local.set $at (i32.sub (local.get $at) (i32.const 8)))
      (br $below)))
  (call $rounded (local.get $negative) (local.get $high)
    (i64.or (local.get $low) (i64.extend_i32_u (i64.ne (local.get $sticky) (i64.const 0))))
    (local.get $place)))

;; high * 2^64 + low units of 2^(place - 1074), without sign, as the nearest double. The last bit
;; of low may stand for anything below it if high is not zero.
(func $rounded (param $negative i32) (param $high i64) (param $low i64) (param $place i32)
  (result f64) (local $shift i64) (local $lost i64) (local $value f64)
  (if (i64.ne (local.get $high) (i64.const 0))
    (then
      (local.set $shift (i64.sub (i64.const 64) (i64.clz (local.get $high))))
      (if (i64.eq (local.get $shift) (i64.const 64))
        (then
          (local.set $lost (local.get $low))
          (local.set $low (local.get $high)))
        (else
          (local.set $lost
            (i64.shl (local.get $low) (i64.sub (i64.const 64) (local.get $shift))))
          (local.set $low (i64.or
            (i64.shl (local.get $high) (i64.sub (i64.const 64) (local.get $shift)))
            (i64.shr_u (local.get $low) (local.get $shift))))))
      (local.set $low (i64.or (local.get $low)
        (i64.extend_i32_u (i64.ne (local.get $lost) (i64.const 0)))))
      (local.set $place (i32.add (local.get $place) (i32.wrap_i64 (local.get $shift))))))
  ;; Halves of the scale: neither falls under the range, and where both are needed the
  ;; result is not subnormal or it is exact, so nothing is rounded twice.
  (local.set $value (f64.convert_i64_u (local.get $low)))
  (if (i32.gt_s (local.get $place) (i32.const 1074))
    (then
      (local.set $value (f64.mul (local.get $value)
        (call $power_of_two (i32.shr_s (i32.sub (local.get $place) (i32.const 1074))
          (i32.const 1)))))
      (local.set $value (f64.mul (local.get $value)
        (call $power_of_two (i32.sub (i32.sub (local.get $place) (i32.const 1074))
          (i32.shr_s (i32.sub (local.get $place) (i32.const 1074)) (i32.const 1)))))))
    (else
      (local.set $value (f64.mul
        (f64.mul (local.get $value)
          (call $power_of_two (i32.shr_s (i32.sub (local.get $place) (i32.const 1074))
            (i32.const 1))))
        (call $power_of_two (i32.sub (i32.sub (local.get $place) (i32.const 1074))
          (i32.shr_s (i32.sub (local.get $place) (i32.const 1074)) (i32.const 1))))))))
  (if (local.get $negative) (then (local.set $value (f64.neg (local.get $value)))))
  (f64.add (local.get $value) (f64.const 0)))

;; 2^exponent for exponents from -1022 to 1023.
(func $power_of_two (param $exponent i32) (result f64)
  (f64.reinterpret_i64 (i64.shl
    (i64.extend_i32_s (i32.add (local.get $exponent) (i32.const 1023))) (i64.const 52))))
