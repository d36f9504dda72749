;; Hashes of keys with a seed. The multiplier comes from the seed too, so that nobody who does not
;; know it can make keys that meet. Results never depend on it.

(func $hash_long (param $key i64) (param $seed i64) (result i64)
  (local.set $key (i64.mul
    (i64.xor (local.get $key) (local.get $seed)) (i64.const 0x9e3779b97f4a7c15)))
  (local.set $key (i64.mul
    (i64.xor (local.get $key) (i64.shr_u (local.get $key) (i64.const 32)))
    (i64.or (i64.mul (local.get $seed) (i64.const 0xd6e8feb86659fd93)) (i64.const 1))))
  (i64.xor (local.get $key) (i64.shr_u (local.get $key) (i64.const 32))))

(func $hash_int (param $key i32) (param $seed i64) (result i64)
  (call $hash_long (i64.extend_i32_s (local.get $key)) (local.get $seed)))

;; Eight bytes at a time; the last may overlap those before.
(func $hash_string (param $text i64) (param $seed i64) (result i64)
  (local $at i32) (local $left i32) (local $hash i64) (local $part i64)
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (local.set $left (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (local.set $hash (i64.shr_u (local.get $text) (i64.const 32)))
  (if (i32.lt_u (local.get $left) (i32.const 8))
    (then
      (if (i32.ge_u (local.get $left) (i32.const 4))
        (then
          (local.set $part (i64.or
            (i64.load32_u (local.get $at))
            (i64.shl
              (i64.load32_u (i32.sub (i32.add (local.get $at) (local.get $left)) (i32.const 4)))
              (i64.const 32)))))
        (else
          (if (local.get $left)
            (then
              (local.set $part (i64.or
                (i64.load8_u (local.get $at))
                (i64.or
                  (i64.shl
                    (i64.load8_u (i32.add (local.get $at)
                      (i32.shr_u (local.get $left) (i32.const 1))))
                    (i64.const 8))
                  (i64.shl
                    (i64.load8_u (i32.sub (i32.add (local.get $at) (local.get $left))
                      (i32.const 1)))
                    (i64.const 16)))))))))
      (return (call $hash_long
        (i64.xor (local.get $part) (i64.shl (local.get $hash) (i64.const 56)))
        (local.get $seed)))))
  (loop $next
    (local.set $hash (call $hash_long
      (i64.xor (local.get $hash) (i64.load (local.get $at))) (local.get $seed)))
    (local.set $left (i32.sub (local.get $left) (i32.const 8)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $next (i32.ge_u (local.get $left) (i32.const 8))))
  (if (local.get $left)
    (then
      (local.set $at (i32.sub (local.get $at)
        (i32.sub (i32.const 8) (local.get $left))))
      (local.set $hash (call $hash_long
        (i64.xor (local.get $hash) (i64.load (local.get $at))) (local.get $seed)))))
  (local.get $hash))
