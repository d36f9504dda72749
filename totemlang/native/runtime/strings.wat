;; Strings: address | bytes << 32, UTF-8 that is always valid. Nothing changes the bytes of a string
;; while it is in use, so a part of a string lies where the string lies.

;; Whether so many bytes are the same, sixteen at a time; what lies beyond them does not count.
(func $equal_bytes (param $one i32) (param $other i32) (param $bytes i32) (result i32)
  (local $same i32)
  (loop $more
    (local.set $same (i8x16.bitmask (i8x16.eq
      (v128.load (local.get $one)) (v128.load (local.get $other)))))
    (if (i32.le_u (local.get $bytes) (i32.const 16))
      (then
        (return (i32.eqz (i32.and
          (i32.xor (local.get $same) (i32.const 0xffff))
          (i32.sub (i32.shl (i32.const 1) (local.get $bytes)) (i32.const 1)))))))
    (if (i32.ne (local.get $same) (i32.const 0xffff)) (then (return (i32.const 0))))
    (local.set $one (i32.add (local.get $one) (i32.const 16)))
    (local.set $other (i32.add (local.get $other) (i32.const 16)))
    (local.set $bytes (i32.sub (local.get $bytes) (i32.const 16)))
    (br $more))
  (unreachable))

(func $equal_strings (param $one i64) (param $other i64) (result i32)
  (if (i64.eq (local.get $one) (local.get $other)) (then (return (i32.const 1))))
  (if (i64.ne
        (i64.shr_u (local.get $one) (i64.const 32)) (i64.shr_u (local.get $other) (i64.const 32)))
    (then (return (i32.const 0))))
  (call $equal_bytes
    (i32.wrap_i64 (local.get $one))
    (i32.wrap_i64 (local.get $other))
    (i32.wrap_i64 (i64.shr_u (local.get $one) (i64.const 32)))))

(func $starts_with (param $text i64) (param $start i64) (result i32)
  (if (i64.lt_u
        (i64.shr_u (local.get $text) (i64.const 32)) (i64.shr_u (local.get $start) (i64.const 32)))
    (then (return (i32.const 0))))
  (call $equal_bytes
    (i32.wrap_i64 (local.get $text))
    (i32.wrap_i64 (local.get $start))
    (i32.wrap_i64 (i64.shr_u (local.get $start) (i64.const 32)))))

;; Less than 0, 0, more than 0. The order of bytes is that of code points. The first byte that
;; differs decides, or the length where none does that both have.
(func $compare_strings (param $one i64) (param $other i64) (result i32)
  (local $left i32) (local $right i32) (local $bytes i32) (local $longer i32) (local $differ i32)
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $one) (i64.const 32))))
  (local.set $left (i32.wrap_i64 (i64.shr_u (local.get $other) (i64.const 32))))
  ;; 2^28 bytes and more do not exist
  (local.set $longer (i32.sub (local.get $bytes) (local.get $left)))
  (local.set $bytes (select
    (local.get $left) (local.get $bytes) (i32.gt_s (local.get $longer) (i32.const 0))))
  (local.set $left (i32.wrap_i64 (local.get $one)))
  (local.set $right (i32.wrap_i64 (local.get $other)))
  (loop $more
    (local.set $differ (i32.xor (i32.const 0xffff) (i8x16.bitmask (i8x16.eq
      (v128.load (local.get $left)) (v128.load (local.get $right))))))
    (if (local.get $differ)
      (then
        (local.set $differ (i32.ctz (local.get $differ)))
        (if (i32.ge_u (local.get $differ) (local.get $bytes)) (then (return (local.get $longer))))
        (return (i32.sub
          (i32.load8_u (i32.add (local.get $left) (local.get $differ)))
          (i32.load8_u (i32.add (local.get $right) (local.get $differ)))))))
    (if (i32.le_u (local.get $bytes) (i32.const 16)) (then (return (local.get $longer))))
    (local.set $left (i32.add (local.get $left) (i32.const 16)))
    (local.set $right (i32.add (local.get $right) (i32.const 16)))
    (local.set $bytes (i32.sub (local.get $bytes) (i32.const 16)))
    (br $more))
  (unreachable))

;; each {name} {sign}: smaller lt_s | larger gt_s
(func ${name}_string (param $left i64) (param $right i64) (result i64)
  (select
    (local.get $right)
    (local.get $left)
    (i32.{sign}
      (call $compare_strings (local.get $right) (local.get $left))
      (i32.const 0))))

;; Code points: bytes that do not continue one.
(func $length_string (param $text i64) (result i32)
  (local $at i32) (local $bytes i32) (local $found i32)
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (loop $more
    (if (i32.ge_u (local.get $bytes) (i32.const 16))
      (then
        (local.set $found (i32.add (local.get $found) (i32.popcnt (i8x16.bitmask
          (i8x16.gt_s (v128.load (local.get $at)) (i8x16.splat (i32.const -65)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 16)))
        (br $more))))
  (i32.add (local.get $found) (i32.popcnt (i32.and
    (i8x16.bitmask (i8x16.gt_s (v128.load (local.get $at)) (i8x16.splat (i32.const -65))))
    (i32.sub (i32.shl (i32.const 1) (local.get $bytes)) (i32.const 1))))))

;; Where letters begin in the sixteen bytes at an address, a bit each, but not beyond the end.
(func $letters_at (param $at i32) (param $end i32) (result i32)
  (local $found i32)
  (local.set $found (i8x16.bitmask
    (i8x16.gt_s (v128.load (local.get $at)) (i8x16.splat (i32.const -65)))))
  (if (result i32)
    (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16))
    (then (i32.and (local.get $found) (i32.sub
      (i32.shl (i32.const 1) (i32.sub (local.get $end) (local.get $at))) (i32.const 1))))
    (else (local.get $found))))

;; The address where so many code points end, or `end`.
(func $skip (param $at i32) (param $end i32) (param $points i32) (result i32)
  (local $found i32) (local $letters i32)
  (loop $more
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $end))))
    (local.set $found (call $letters_at (local.get $at) (local.get $end)))
    (local.set $letters (i32.popcnt (local.get $found)))
    (if (i32.le_u (local.get $letters) (local.get $points))
      (then
        (local.set $points (i32.sub (local.get $points) (local.get $letters)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more))))
  ;; bytes of ASCII alone are counted by themselves
  (if (i32.eqz (i32.and (local.get $found) (i32.add (local.get $found) (i32.const 1))))
    (then (return (i32.add (local.get $at) (local.get $points)))))
  (loop $next
    (if (local.get $points)
      (then
        (local.set $found (i32.and (local.get $found)
          (i32.sub (local.get $found) (i32.const 1))))
        (local.set $points (i32.sub (local.get $points) (i32.const 1)))
        (br $next))))
  (i32.add (local.get $at) (i32.ctz (local.get $found))))

;; So many code points from a place; what lies beyond the end is left out.
(func $substring (param $text i64) (param $start i64) (param $length i64) (result i64)
  (local $at i32) (local $end i32) (local $bytes i64)
  (if (i64.lt_s (local.get $start) (i64.const 0))
    (then (global.set $failed (i32.const {NEGATIVE_START})) (return (i64.const 0))))
  (if (i64.lt_s (local.get $length) (i64.const 0))
    (then (global.set $failed (i32.const {NEGATIVE_LENGTH})) (return (i64.const 0))))
  (local.set $bytes (i64.shr_u (local.get $text) (i64.const 32)))
  (local.set $at (i32.wrap_i64 (local.get $text)))
  ;; among the first sixteen bytes, all of ASCII
  (if (i64.le_u (i64.add (local.get $start) (local.get $length)) (i64.const 16))
    (then
      (if (i32.eqz (i8x16.bitmask (v128.load (local.get $at))))
        (then
          (local.set $start (select (local.get $start) (local.get $bytes)
            (i64.lt_u (local.get $start) (local.get $bytes))))
          (local.set $bytes (i64.sub (local.get $bytes) (local.get $start)))
          (return (i64.or
            (i64.extend_i32_u (i32.add (local.get $at) (i32.wrap_i64 (local.get $start))))
            (i64.shl
              (select (local.get $length) (local.get $bytes)
                (i64.lt_u (local.get $length) (local.get $bytes)))
              (i64.const 32))))))))
  (local.set $end (i32.add (local.get $at) (i32.wrap_i64 (local.get $bytes))))
  ;; no more code points than bytes
  (local.set $at (if (result i32) (i64.ge_u (local.get $start) (local.get $bytes))
    (then (local.get $end))
    (else
      (call $skip (local.get $at) (local.get $end) (i32.wrap_i64 (local.get $start))))))
  (if (i64.lt_u (local.get $length) (local.get $bytes))
    (then
      (local.set $end
        (call $skip (local.get $at) (local.get $end) (i32.wrap_i64 (local.get $length))))))
  (i64.or
    (i64.extend_i32_u (local.get $at))
    (i64.shl
      (i64.extend_i32_u (i32.sub (local.get $end) (local.get $at)))
      (i64.const 32))))

;; The strings at `parts`, one after the other.
(func $concatenate (param $parts i32) (param $count i32) (result i64)
  (local $bytes i64) (local $to i32) (local $at i32) (local $end i32) (local $part i32)
  (local.set $bytes (call $packed_bytes (local.get $parts) (local.get $count)))
  (if (i64.gt_u (local.get $bytes) (i64.const {MAX_VALUE_BYTES}))
    (then (global.set $failed (i32.const {TOO_LARGE})) (return (i64.const 0))))
  (local.set $to (call $alloc (i32.wrap_i64 (local.get $bytes))))
  (local.set $at (local.get $to))
  (local.set $end (i32.add (local.get $parts) (i32.shl (local.get $count) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $parts) (local.get $end))
      (then
        (local.set $part (i32.load offset=4 (local.get $parts)))
        (call $move (local.get $at) (i32.load (local.get $parts)) (local.get $part))
        (local.set $at (i32.add (local.get $at) (local.get $part)))
        (local.set $parts (i32.add (local.get $parts) (i32.const 8)))
        (br $next))))
  (i64.or
    (i64.extend_i32_u (local.get $to))
    (i64.shl (local.get $bytes) (i64.const 32))))

(func $concatenate_2 (param $one i64) (param $other i64) (result i64)
  (local $left i32) (local $right i32) (local $to i32)
  (local.set $left (i32.wrap_i64 (i64.shr_u (local.get $one) (i64.const 32))))
  (local.set $right (i32.wrap_i64 (i64.shr_u (local.get $other) (i64.const 32))))
  ;; 2^28 bytes and more do not exist
  (if (i32.gt_u (i32.add (local.get $left) (local.get $right)) (i32.const {MAX_VALUE_BYTES}))
    (then (global.set $failed (i32.const {TOO_LARGE})) (return (i64.const 0))))
  ;; sixteen bytes at least of each, whatever follows them
  (local.set $to (call $alloc
    (i32.add (i32.add (local.get $left) (local.get $right)) (i32.const 16))))
  (if (i32.le_u (local.get $left) (i32.const 16))
    (then (v128.store (local.get $to) (v128.load (i32.wrap_i64 (local.get $one)))))
    (else (call $move (local.get $to) (i32.wrap_i64 (local.get $one)) (local.get $left))))
  (if (i32.le_u (local.get $right) (i32.const 16))
    (then
      (v128.store (i32.add (local.get $to) (local.get $left))
        (v128.load (i32.wrap_i64 (local.get $other)))))
    (else
      (call $move (i32.add (local.get $to) (local.get $left))
        (i32.wrap_i64 (local.get $other)) (local.get $right))))
  (i64.or
    (i64.extend_i32_u (local.get $to))
    (i64.shl
      (i64.extend_i32_u (i32.add (local.get $left) (local.get $right))) (i64.const 32))))
