;; Sets of separators, made ready for looking up: {table of those in ASCII, 16 bytes; the same of
;; the first bytes of the others, a bit for each of 0xc0, 0xd0, 0xe0 and 0xf0; i32 number of the
;; others, i32 map of all code points where they are more than eight; else their bytes, i32 each}.

;; The set last asked for, if it is a constant of the program, and where it is held.
(global $constant_separators (mut i64) (i64.const 0))
(global $constant_record (mut i32) (i32.const 0))
;; Of a separator that goes on beyond the sixty-four bytes at hand: the bits that are left.
(global $separator_rest (mut i64) (i64.const 0))

;; The record of a set, not an empty one.
(func $separators (param $separators i64) (result i32)
  (local $record i32) (local $at i32) (local $end i32) (local $letter i32) (local $others i32)
  (local $map i32) (local $is_constant i32)
  (if (i64.eq (local.get $separators) (global.get $constant_separators))
    (then (return (global.get $constant_record))))
  (local.set $at (i32.wrap_i64 (local.get $separators)))
  (local.set $end (i32.add (local.get $at)
    (i32.wrap_i64 (i64.shr_u (local.get $separators) (i64.const 32)))))
  ;; what lies below the machine's memory never changes
  (if (i32.lt_u (local.get $at) (global.get $released))
    (then
      (global.set $constant_separators (i64.const 0))
      (if (i32.eqz (global.get $constant_record))
        (then
          (global.set $constant_record (call $hold (i32.const 72)))
          (i32.store offset=36 (global.get $constant_record) (i32.const 0))))
      (local.set $record (global.get $constant_record))
      (local.set $map (i32.load offset=36 (local.get $record))))
    (else (local.set $record (call $alloc (i32.const 72)))))
  (v128.store (local.get $record) (v128.const i64x2 0 0))
  (v128.store offset=16 (local.get $record) (v128.const i64x2 0 0))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $letter (i32.load8_u (local.get $at)))
        (if (i32.lt_u (local.get $letter) (i32.const 128))
          (then (call $put_bit (local.get $record) (local.get $letter) (i32.const 0)))
          (else
            (call $put_bit (i32.add (local.get $record) (i32.const 16)) (local.get $letter)
              (i32.const 12))
            (if (i32.lt_u (local.get $others) (i32.const 8))
              (then
                (i32.store offset=40
                  (i32.add (local.get $record) (i32.shl (local.get $others) (i32.const 2)))
                  (call $letter_word (local.get $at)))))
            (local.set $others (i32.add (local.get $others) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (call $letter_bytes (local.get $letter))))
        (br $next))))
  (i32.store offset=32 (local.get $record) (local.get $others))
  (local.set $is_constant (i32.eq (local.get $record) (global.get $constant_record)))
  (if (i32.gt_u (local.get $others) (i32.const 8))
    (then
      (if (i32.eqz (local.get $map))
        (then
          (local.set $map (if (result i32) (local.get $is_constant)
            (then (call $hold (i32.const 139264)))
            (else (call $alloc (i32.const 139264)))))))
      (call $map_letters (local.get $separators) (local.get $map))))
  (i32.store offset=36 (local.get $record) (local.get $map))
  (if (local.get $is_constant)
    (then (global.set $constant_separators (local.get $separators))))
  (local.get $record))

;; Byte l of a table gets bit h − `first` for a byte h·16 + l.
(func $put_bit (param $table i32) (param $byte i32) (param $first i32)
  (local.set $table (i32.add (local.get $table) (i32.and (local.get $byte) (i32.const 15))))
  (i32.store8 (local.get $table) (i32.or
    (i32.load8_u (local.get $table))
    (i32.shl (i32.const 1)
      (i32.sub (i32.shr_u (local.get $byte) (i32.const 4)) (local.get $first))))))

;; A bit for each code point, set for the letters of a text.
(func $map_letters (param $text i64) (param $map i32)
  (local $at i32) (local $end i32) (local $letter i32) (local $byte i32)
  (memory.fill (local.get $map) (i32.const 0) (i32.const 139264))
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (local.set $end (i32.add (local.get $at)
    (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32)))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $letter (call $decode (local.get $at)))
        (local.set $byte (i32.add (local.get $map)
          (i32.shr_u (local.get $letter) (i32.const 3))))
        (i32.store8 (local.get $byte) (i32.or
          (i32.load8_u (local.get $byte))
          (i32.shl (i32.const 1) (i32.and (local.get $letter) (i32.const 7)))))
        (local.set $at (i32.add (local.get $at)
          (call $letter_bytes (i32.load8_u (local.get $at)))))
        (br $next)))))

;; Which of the sixty-four bytes at an address belong to separators beyond ASCII, a bit each.
(func $others_at (param $at i32) (param $end i32) (param $record i32) (result i64)
  (local $begin i64) (local $found i64) (local $place i64) (local $size i64) (local $letter i32)
  (local $word i32) (local $bytes i32)
  (local.set $found (global.get $separator_rest))
  (global.set $separator_rest (i64.const 0))
  (local.set $begin (i64.or
    (i64.or
      (call $begins (v128.load (local.get $at)) (local.get $record))
      (i64.shl
        (call $begins (v128.load offset=16 (local.get $at)) (local.get $record))
        (i64.const 16)))
    (i64.or
      (i64.shl
        (call $begins (v128.load offset=32 (local.get $at)) (local.get $record))
        (i64.const 32))
      (i64.shl
        (call $begins (v128.load offset=48 (local.get $at)) (local.get $record))
        (i64.const 48)))))
  (loop $next
    (if (i64.eqz (local.get $begin)) (then (return (local.get $found))))
    (local.set $place (i64.ctz (local.get $begin)))
    (local.set $letter (i32.add (local.get $at) (i32.wrap_i64 (local.get $place))))
    (if (i32.ge_u (local.get $letter) (local.get $end)) (then (return (local.get $found))))
    (local.set $begin (i64.and (local.get $begin) (i64.sub (local.get $begin) (i64.const 1))))
    ;; as many bytes as its first begins with ones
    (local.set $word (i32.load (local.get $letter)))
    (local.set $bytes (i32.clz (i32.xor
      (i32.shl (local.get $word) (i32.const 24)) (i32.const -1))))
    (br_if $next (i32.eqz (call $is_separator (local.get $letter)
      (i32.and (local.get $word) (i32.shr_u (i32.const -1)
        (i32.sub (i32.const 32) (i32.shl (local.get $bytes) (i32.const 3)))))
      (local.get $record))))
    (local.set $size (i64.sub
      (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $bytes))) (i64.const 1)))
    (local.set $found (i64.or (local.get $found)
      (i64.shl (local.get $size) (local.get $place))))
    (if (i64.gt_u (local.get $place) (i64.const 60))
      (then
        (global.set $separator_rest
          (i64.shr_u (local.get $size) (i64.sub (i64.const 64) (local.get $place))))))
    (br $next))
  (unreachable))

;; Which of sixteen bytes begin a letter as a separator beyond ASCII begins, a bit each.
(func $begins (param $some v128) (param $record i32) (result i64)
  (i64.extend_i32_u (i8x16.bitmask (i8x16.ne
    (v128.and
      (i8x16.swizzle (v128.load offset=16 (local.get $record))
        (v128.and (local.get $some) (i8x16.splat (i32.const 15))))
      (i8x16.swizzle
        (v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 1 2 4 8)
        (i8x16.shr_u (local.get $some) (i32.const 4))))
    (v128.const i64x2 0 0)))))

;; Whether the letter beyond ASCII at an address is a separator; `word` are its bytes.
(func $is_separator (param $at i32) (param $word i32) (param $record i32) (result i32)
  (local $left i32)
  (local.set $left (i32.load offset=32 (local.get $record)))
  (if (i32.gt_u (local.get $left) (i32.const 8))
    (then
      (local.set $word (call $decode (local.get $at)))
      (return (i32.and (i32.const 1) (i32.shr_u
        (i32.load8_u (i32.add (i32.load offset=36 (local.get $record))
          (i32.shr_u (local.get $word) (i32.const 3))))
        (i32.and (local.get $word) (i32.const 7)))))))
  (local.set $left (i32.add (local.get $record) (i32.shl (local.get $left) (i32.const 2))))
  (loop $next
    (if (i32.eq (local.get $word) (i32.load offset=36 (local.get $left)))
      (then (return (i32.const 1))))
    (local.set $left (i32.sub (local.get $left) (i32.const 4)))
    (br_if $next (i32.gt_u (local.get $left) (local.get $record))))
  (i32.const 0))

;; The bytes of the letter at an address, zeros above.
(func $letter_word (param $at i32) (result i32)
  (i32.and (i32.load (local.get $at)) (i32.shr_u (i32.const -1) (i32.sub (i32.const 32)
    (i32.shl (call $letter_bytes (i32.load8_u (local.get $at))) (i32.const 3))))))
