;; Bytes of strings as prices count them: a string has at least 1, a missing one (0) 1.

(func $string_bytes (param $text i64) (result i64)
  (local $bytes i64)
  (local.set $bytes (i64.shr_u (local.get $text) (i64.const 32)))
  (i64.add (local.get $bytes) (i64.extend_i32_u (i64.eqz (local.get $bytes)))))

(func $strings_bytes (param $array i32) (result i64)
  (local $at i32) (local $end i32) (local $sum i64)
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at) (then (return (i64.load offset=8 (local.get $at)))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $sum (i64.add (local.get $sum)
          (call $string_bytes (i64.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next))))
  (local.get $sum))

(func $longest_bytes (param $array i32) (result i64)
  (local $at i32) (local $end i32) (local $longest i64) (local $bytes i64)
  (local.set $longest (i64.const 1))
  (local.set $at (i32.load offset=8 (local.get $array)))
  (if (local.get $at)
    (then
      (local.set $bytes (i64.load offset=16 (local.get $at)))
      (return (select (local.get $bytes) (local.get $longest)
        (i64.gt_s (local.get $bytes) (local.get $longest))))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $bytes (i64.load32_u offset=4 (local.get $at)))
        (local.set $longest (select (local.get $bytes) (local.get $longest)
          (i64.gt_u (local.get $bytes) (local.get $longest))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next))))
  (local.get $longest))

;; Bytes of strings in memory together, an empty one as 0.
(func $packed_bytes (param $data i32) (param $count i32) (result i64)
  (local $end i32) (local $sum i64)
  (local.set $end (i32.add (local.get $data) (i32.shl (local.get $count) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (local.set $sum (i64.add (local.get $sum) (i64.load32_u offset=4 (local.get $data))))
        (local.set $data (i32.add (local.get $data) (i32.const 8)))
        (br $next))))
  (local.get $sum))
