;; Strings in lower or upper case. ASCII goes sixteen at a time; other letters as the pinned table
;; has them, whose mappings keep the number of bytes (`lower_letter` and `upper_letter` are made
;; from it).

;; each {name} {first} {by}: lower 65 32 | upper 97 32
(func ${name} (param $text i64) (result i64)
  (local $from i32) (local $to i32) (local $bytes i32) (local $at i32)
  (local $some v128) (local $all v128)
  (local.set $from (i32.wrap_i64 (local.get $text)))
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (local.set $to (call $alloc
    (i32.and (i32.add (local.get $bytes) (i32.const 15)) (i32.const -16))))
  ;; letters beyond ASCII as they are
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $bytes))
      (then
        (local.set $some (v128.load (i32.add (local.get $from) (local.get $at))))
        (local.set $all (v128.or (local.get $all) (local.get $some)))
        (v128.store (i32.add (local.get $to) (local.get $at)) (v128.xor
          (local.get $some)
          (v128.and
            (i8x16.lt_u
              (i8x16.sub (local.get $some) (i8x16.splat (i32.const {first})))
              (i8x16.splat (i32.const 26)))
            (i8x16.splat (i32.const {by})))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more))))
  (if (i8x16.bitmask (local.get $all))
    (then
      (call ${name}_others (local.get $from) (local.get $to)
        (i32.add (local.get $from) (local.get $bytes)))))
  (i64.or
    (i64.and (local.get $text) (i64.const 0xffffffff00000000))
    (i64.extend_i32_u (local.get $to))))

;; Write those beyond ASCII that have a letter of the other case. Of two bytes they are looked up in
;; a table, by their code point; of more, most begin as none does that has another case.
;; each of {name}
(func ${name}_others (param $from i32) (param $to i32) (param $end i32)
  (local $begin i32) (local $at i32) (local $letter i32) (local $other i32)
  (if (i32.eqz (global.get ${name}_pairs)) (then (call $make_{name}_pairs)))
  (local.set $to (i32.sub (local.get $to) (local.get $from)))
  (loop $more
    (local.set $begin (call $others_begin (local.get $from)))
    (loop $next
      (if (local.get $begin)
        (then
          (local.set $at (i32.add (local.get $from) (i32.ctz (local.get $begin))))
          (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
          (local.set $begin (i32.and (local.get $begin)
            (i32.sub (local.get $begin) (i32.const 1))))
          (local.set $letter (i32.load16_u (local.get $at)))
          (if (i32.lt_u (i32.and (local.get $letter) (i32.const 0xff)) (i32.const 0xe0))
            (then
              (i32.store16 (i32.add (local.get $at) (local.get $to)) (i32.load16_u
                (i32.add (global.get ${name}_pairs) (i32.or
                  (i32.shl (i32.and (local.get $letter) (i32.const 31)) (i32.const 7))
                  (i32.and (i32.shr_u (local.get $letter) (i32.const 7)) (i32.const 0x7e))))))
              (br $next)))
          (br_if $next (call $has_no_case (local.get $letter)))
          (local.set $letter (call $decode (local.get $at)))
          (local.set $other (call ${name}_letter (local.get $letter)))
          (br_if $next (i32.eq (local.get $letter) (local.get $other)))
          (call $encode (i32.add (local.get $at) (local.get $to)) (local.get $other))
          (br $next))))
    (local.set $from (i32.add (local.get $from) (i32.const 16)))
    (br_if $more (i32.lt_u (local.get $from) (local.get $end)))))

;; The two bytes of each letter of two bytes in the other case; made when they are first asked for.
;; each of {name}
(global ${name}_pairs (mut i32) (i32.const 0))
;; each of {name}
(func $make_{name}_pairs
  (local $table i32) (local $letter i32)
  (local.set $table (call $hold (i32.const 4096)))
  (local.set $letter (i32.const 0x80))
  (loop $next
    (call $encode
      (i32.add (local.get $table) (i32.shl (local.get $letter) (i32.const 1)))
      (call ${name}_letter (local.get $letter)))
    (local.set $letter (i32.add (local.get $letter) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $letter) (i32.const 0x800))))
  (global.set ${name}_pairs (local.get $table)))

;; Whether no letter that begins with these two bytes, the second above the first, has another case:
;; those that begin with 0xe0, 0xe3 to 0xe9 and 0xeb to 0xee, and all from U+2000 to U+20FF.
(func $has_no_case (param $two i32) (result i32)
  (i32.or
    (i32.and (i32.const 1)
      (i32.shr_u (i32.const 0x00007bf9) (i32.and (local.get $two) (i32.const 31))))
    (i32.and
      (i32.eq (i32.and (local.get $two) (i32.const 0xff)) (i32.const 0xe2))
      (i32.lt_u (local.get $two) (i32.const 0x8400)))))

;; Where letters beyond ASCII begin in sixteen bytes, a bit each.
(func $others_begin (param $at i32) (result i32)
  (local $some v128)
  (local.set $some (v128.load (local.get $at)))
  (i8x16.bitmask (v128.and
    (local.get $some) (i8x16.gt_s (local.get $some) (i8x16.splat (i32.const -65))))))

;; Bytes of a code point, by the first of them.
(func $letter_bytes (param $first i32) (result i32)
  (if (i32.lt_u (local.get $first) (i32.const 0x80)) (then (return (i32.const 1))))
  (i32.add (i32.const 2)
    (i32.add
      (i32.ge_u (local.get $first) (i32.const 0xe0))
      (i32.ge_u (local.get $first) (i32.const 0xf0)))))

;; The code point at an address.
(func $decode (param $at i32) (result i32)
  (local $first i32) (local $letter i32)
  (local.set $first (i32.load8_u (local.get $at)))
  (if (i32.lt_u (local.get $first) (i32.const 0x80)) (then (return (local.get $first))))
  (local.set $letter (i32.and (i32.load8_u offset=1 (local.get $at)) (i32.const 63)))
  (if (i32.lt_u (local.get $first) (i32.const 0xe0))
    (then
      (return (i32.or
        (i32.shl (i32.and (local.get $first) (i32.const 31)) (i32.const 6))
        (local.get $letter)))))
  (local.set $letter (i32.or
    (i32.shl (local.get $letter) (i32.const 6))
    (i32.and (i32.load8_u offset=2 (local.get $at)) (i32.const 63))))
  (if (i32.lt_u (local.get $first) (i32.const 0xf0))
    (then
      (return (i32.or
        (i32.shl (i32.and (local.get $first) (i32.const 15)) (i32.const 12))
        (local.get $letter)))))
  (i32.or
    (i32.shl (i32.and (local.get $first) (i32.const 7)) (i32.const 18))
    (i32.or
      (i32.shl (local.get $letter) (i32.const 6))
      (i32.and (i32.load8_u offset=3 (local.get $at)) (i32.const 63)))))

;; Write a code point beyond ASCII.
(func $encode (param $at i32) (param $letter i32)
  (local $last i32)
  (local.set $last (i32.or (i32.const 0x80)
    (i32.and (local.get $letter) (i32.const 63))))
  (if (i32.lt_u (local.get $letter) (i32.const 0x800))
    (then
      (i32.store8 (local.get $at)
        (i32.or (i32.const 0xc0) (i32.shr_u (local.get $letter) (i32.const 6))))
      (i32.store8 offset=1 (local.get $at) (local.get $last))
      (return)))
  (if (i32.lt_u (local.get $letter) (i32.const 0x10000))
    (then
      (i32.store8 (local.get $at)
        (i32.or (i32.const 0xe0) (i32.shr_u (local.get $letter) (i32.const 12))))
      (i32.store8 offset=1 (local.get $at) (i32.or (i32.const 0x80)
        (i32.and (i32.shr_u (local.get $letter) (i32.const 6)) (i32.const 63))))
      (i32.store8 offset=2 (local.get $at) (local.get $last))
      (return)))
  (i32.store8 (local.get $at)
    (i32.or (i32.const 0xf0) (i32.shr_u (local.get $letter) (i32.const 18))))
  (i32.store8 offset=1 (local.get $at) (i32.or (i32.const 0x80)
    (i32.and (i32.shr_u (local.get $letter) (i32.const 12)) (i32.const 63))))
  (i32.store8 offset=2 (local.get $at) (i32.or (i32.const 0x80)
    (i32.and (i32.shr_u (local.get $letter) (i32.const 6)) (i32.const 63))))
  (i32.store8 offset=3 (local.get $at) (local.get $last)))
