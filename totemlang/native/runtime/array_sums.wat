;; The exact sums of arrays: few numbers by plain sums whose errors are kept, more in blocks.

;; The sum of a few doubles: as long as the rounding errors of a plain sum add up without error,
;; adding them in the end rounds once. Some number that is not NaN; NaN where it does not go so.
(func $sum_few (param $data i32) (param $count i32) (result f64)
  (local $end i32) (local $x f64) (local $sum f64) (local $rest f64) (local $new f64)
  (local $part f64) (local $wrong i64)
  (local.set $end (i32.add (local.get $data) (i32.shl (local.get $count) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (local.set $x (f64.load (local.get $data)))
        (local.set $data (i32.add (local.get $data) (i32.const 8)))
        (local.set $new (f64.add (local.get $sum) (local.get $x)))
        (local.set $part (f64.sub (local.get $new) (local.get $sum)))
        (local.set $x (f64.add
          (f64.sub (local.get $sum) (f64.sub (local.get $new) (local.get $part)))
          (f64.sub (local.get $x) (local.get $part))))
        (local.set $sum (local.get $new))
        (local.set $new (f64.add (local.get $rest) (local.get $x)))
        (local.set $part (f64.sub (local.get $new) (local.get $rest)))
        (local.set $wrong (i64.or (local.get $wrong) (i64.reinterpret_f64 (f64.add
          (f64.sub (local.get $rest) (f64.sub (local.get $new) (local.get $part)))
          (f64.sub (local.get $x) (local.get $part))))))
        (local.set $rest (local.get $new))
        (br $next))))
  (if (result f64) (i64.eqz (i64.shl (local.get $wrong) (i64.const 1)))
    (then (f64.add (f64.add (local.get $sum) (local.get $rest)) (f64.const 0)))
    (else (f64.const nan))))

;; The same, in four sums side by side, which are added in the end with what is left of the fours.
(func $sum_short (param $data i32) (param $count i32) (result f64)
  (local $mark i32) (local $end i32) (local $parts i32) (local $wrong v128) (local $x v128)
  (local $new v128) (local $part v128) (local $sum v128) (local $rest v128)
  (local $sum_2 v128) (local $rest_2 v128) (local $result f64)
  (if (i32.lt_u (local.get $count) (i32.const 16))
    (then (return (call $sum_few (local.get $data) (local.get $count)))))
  (local.set $end (i32.add (local.get $data)
    (i32.shl (i32.and (local.get $count) (i32.const -4)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (local.set $x (v128.load (local.get $data)))
        (local.set $new (f64x2.add (local.get $sum) (local.get $x)))
        (local.set $part (f64x2.sub (local.get $new) (local.get $sum)))
        (local.set $x (f64x2.add
          (f64x2.sub (local.get $sum) (f64x2.sub (local.get $new) (local.get $part)))
          (f64x2.sub (local.get $x) (local.get $part))))
        (local.set $sum (local.get $new))
        (local.set $new (f64x2.add (local.get $rest) (local.get $x)))
        (local.set $part (f64x2.sub (local.get $new) (local.get $rest)))
        (local.set $wrong (v128.or (local.get $wrong) (f64x2.add
          (f64x2.sub (local.get $rest) (f64x2.sub (local.get $new) (local.get $part)))
          (f64x2.sub (local.get $x) (local.get $part)))))
        (local.set $rest (local.get $new))
        (local.set $x (v128.load offset=16 (local.get $data)))
        (local.set $new (f64x2.add (local.get $sum_2) (local.get $x)))
        (local.set $part (f64x2.sub (local.get $new) (local.get $sum_2)))
        (local.set $x (f64x2.add
          (f64x2.sub (local.get $sum_2) (f64x2.sub (local.get $new) (local.get $part)))
          (f64x2.sub (local.get $x) (local.get $part))))
        (local.set $sum_2 (local.get $new))
        (local.set $new (f64x2.add (local.get $rest_2) (local.get $x)))
        (local.set $part (f64x2.sub (local.get $new) (local.get $rest_2)))
        (local.set $wrong (v128.or (local.get $wrong) (f64x2.add
          (f64x2.sub (local.get $rest_2) (f64x2.sub (local.get $new) (local.get $part)))
          (f64x2.sub (local.get $x) (local.get $part)))))
        (local.set $rest_2 (local.get $new))
        (local.set $data (i32.add (local.get $data) (i32.const 32)))
        (br $next))))
  (if (v128.any_true (i64x2.shl (local.get $wrong) (i32.const 1)))
    (then (return (f64.const nan))))
  (local.set $mark (global.get $heap))
  (local.set $parts (call $alloc (i32.const 88)))
  (v128.store (local.get $parts) (local.get $sum))
  (v128.store offset=16 (local.get $parts) (local.get $sum_2))
  (v128.store offset=32 (local.get $parts) (local.get $rest))
  (v128.store offset=48 (local.get $parts) (local.get $rest_2))
  (local.set $count (i32.and (local.get $count) (i32.const 3)))
  (call $move (i32.add (local.get $parts) (i32.const 64)) (local.get $data)
    (i32.shl (local.get $count) (i32.const 3)))
  (local.set $result (call $sum_few (local.get $parts)
    (i32.add (local.get $count) (i32.const 8))))
  (call $reset (local.get $mark))
  (local.get $result))

;; The exact sum of doubles in memory.
(func $sum_exact_of (param $data i32) (param $count i32) (result f64)
  (local $mark i32) (local $sum i32) (local $part i32) (local $result f64)
  (if (i32.le_u (local.get $count) (i32.const 512))
    (then
      (local.set $result (call $sum_short (local.get $data) (local.get $count)))
      (if (f64.eq (local.get $result) (local.get $result)) (then (return (local.get $result))))))
  (local.set $mark (global.get $heap))
  (local.set $sum (call $sum_begin))
  (loop $next
    (local.set $part (select
      (local.get $count) (i32.const 2048) (i32.lt_u (local.get $count) (i32.const 2048))))
    (call $sum_block (local.get $sum) (local.get $data) (local.get $part))
    (local.set $data (i32.add (local.get $data) (i32.const 16384)))
    (local.set $count (i32.sub (local.get $count) (local.get $part)))
    (br_if $next (local.get $count)))
  (local.set $result (call $sum_end (local.get $sum)))
  (call $reset (local.get $mark))
  (local.get $result))

(func $sum_exact_double (param $array i32) (result f64)
  (local $aggregate i32)
  (local.set $aggregate (i32.load offset=8 (local.get $array)))
  (if (local.get $aggregate) (then (return (f64.load offset=24 (local.get $aggregate)))))
  (call $sum_exact_of (i32.load (local.get $array)) (i32.load offset=4 (local.get $array))))

;; Binary32 numbers are added as doubles.
(func $sum_exact_float (param $array i32) (result f64)
  (local $mark i32) (local $sum i32) (local $buffer i32) (local $data i32) (local $count i32)
  (local $part i32) (local $result f64)
  (local.set $mark (i32.load offset=8 (local.get $array)))
  (if (local.get $mark) (then (return (f64.load offset=24 (local.get $mark)))))
  (local.set $mark (global.get $heap))
  (local.set $data (i32.load (local.get $array)))
  (local.set $count (i32.load offset=4 (local.get $array)))
  (local.set $buffer (call $alloc (i32.const 16400)))
  (if (i32.le_u (local.get $count) (i32.const 2048))
    (then
      (call $promote (local.get $data) (local.get $count) (local.get $buffer))
      (local.set $result (call $sum_exact_of (local.get $buffer) (local.get $count))))
    (else
      (local.set $sum (call $sum_begin))
      (loop $next
        (local.set $part (select
          (local.get $count) (i32.const 2048) (i32.lt_u (local.get $count) (i32.const 2048))))
        (call $promote (local.get $data) (local.get $part) (local.get $buffer))
        (call $sum_block (local.get $sum) (local.get $buffer) (local.get $part))
        (local.set $data (i32.add (local.get $data) (i32.const 8192)))
        (local.set $count (i32.sub (local.get $count) (local.get $part)))
        (br_if $next (local.get $count)))
      (local.set $result (call $sum_end (local.get $sum)))))
  (call $reset (local.get $mark))
  (local.get $result))

;; Binary32 numbers as doubles.
(func $promote (param $data i32) (param $count i32) (param $to i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $data)
    (i32.shl (i32.and (local.get $count) (i32.const -2)) (i32.const 2))))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (v128.store (local.get $to)
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $data))))
        (local.set $data (i32.add (local.get $data) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next))))
  (if (i32.and (local.get $count) (i32.const 1))
    (then (f64.store (local.get $to) (f64.promote_f32 (f32.load (local.get $data)))))))
