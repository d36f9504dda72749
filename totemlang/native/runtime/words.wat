;; The words of a string: the pieces between separators, which are any of a string's code points. An
;; ASCII separator h·16 + l is bit h of byte l of a table, so sixteen bytes are looked up at once;
;; other separators are looked for letter by letter, in a list where they are few, else in a map of
;; all code points.

;; The words of the text lie in it. Fails where they are more than an array may hold.
(func $words (param $text i64) (param $separators i64) (result i32)
  (local $at i32) (local $end i32) (local $table i32) (local $letter i32) (local $others i32)
  (local $mark i32) (local $result i32) (local $half i64)
  (if (i64.eqz (i64.shr_u (local.get $separators) (i64.const 32)))
    (then
      (local.set $result (call $new_array_string (i32.ne (i32.const 0)
        (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))))
      (if (i32.load offset=4 (local.get $result))
        (then (i64.store (i32.load (local.get $result)) (local.get $text))))
      (return (local.get $result))))
  ;; the table of ASCII separators, and a list of the others
  (local.set $mark (global.get $heap))
  (local.set $at (i32.wrap_i64 (local.get $separators)))
  (local.set $end (i32.add (local.get $at)
    (i32.wrap_i64 (i64.shr_u (local.get $separators) (i64.const 32)))))
  (local.set $table (call $alloc (i32.const 48)))
  (i64.store (local.get $table) (i64.const 0))
  (i64.store offset=8 (local.get $table) (i64.const 0))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $letter (call $decode (local.get $at)))
        (local.set $at (i32.add (local.get $at)
          (call $letter_bytes (i32.load8_u (local.get $at)))))
        (if (i32.lt_u (local.get $letter) (i32.const 128))
          (then (call $put_separator (local.get $table) (local.get $letter)))
          (else
            (if (i32.lt_u (local.get $others) (i32.const 8))
              (then
                (i32.store offset=16
                  (i32.add (local.get $table) (i32.shl (local.get $others) (i32.const 2)))
                  (local.get $letter))))
            (local.set $others (i32.add (local.get $others) (i32.const 1)))))
        (br $next))))
  (if (i32.eqz (local.get $others))
    (then
      (local.set $half (i64.load offset=8 (local.get $table)))
      (call $reset (local.get $mark))
      (return (call $words_by_table (local.get $text)
        (i64x2.replace_lane 1
          (i64x2.splat (i64.load (local.get $table))) (local.get $half))))))
  (call $words_by_letter (local.get $text) (local.get $separators) (local.get $table)
    (local.get $others)))

(func $put_separator (param $table i32) (param $letter i32)
  (local.set $table (i32.add (local.get $table)
    (i32.and (local.get $letter) (i32.const 15))))
  (i32.store8 (local.get $table) (i32.or
    (i32.load8_u (local.get $table))
    (i32.shl (i32.const 1) (i32.shr_u (local.get $letter) (i32.const 4))))))

;; At ASCII white space.
(func $words_at_space (param $text i64) (result i32)
  (call $words_by_table (local.get $text)
    (v128.const i8x16 4 0 0 0 0 0 0 0 0 1 1 1 1 1 0 0)))

;; Words are counted, then written: each byte that is not what the byte before it was, separator or
;; not, begins or ends one. Bytes beyond the text count as separators.
(func $words_by_table (param $text i64) (param $table v128) (result i32)
  (local $start i32) (local $bytes i32) (local $count i32) (local $result i32) (local $to i32)
  (local.set $start (i32.wrap_i64 (local.get $text)))
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (local.set $count (call $count_words
    (local.get $start) (local.get $bytes) (local.get $table)))
  (if (i32.gt_u (local.get $count) (i32.const {MAX_ELEMENTS}))
    (then (global.set $failed (i32.const {TOO_LARGE})) (return (i32.const 0))))
  (local.set $result (call $new_array_string (local.get $count)))
  (call $write_words
    (local.get $start) (local.get $bytes) (local.get $table) (i32.load (local.get $result)))
  (local.get $result))

(func $count_words (param $at i32) (param $bytes i32) (param $table v128) (result i32)
  (local $end i32) (local $found i32) (local $before i32) (local $count i32)
  (local.set $end (i32.add (local.get $at) (local.get $bytes)))
  (local.set $before (i32.const 1))
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $found (call $separators_at
          (local.get $at) (local.get $end) (local.get $table)))
        (local.set $count (i32.add (local.get $count) (i32.popcnt (i32.and
          (i32.xor (local.get $found) (i32.const 0xffff))
          (i32.or (i32.shl (local.get $found) (i32.const 1)) (local.get $before))))))
        (local.set $before (i32.shr_u (local.get $found) (i32.const 15)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more))))
  (local.get $count))

(func $write_words (param $at i32) (param $bytes i32) (param $table v128) (param $to i32)
  (local $end i32) (local $found i32) (local $before i32) (local $turns i32) (local $word i32)
  (local $place i32)
  (local.set $end (i32.add (local.get $at) (local.get $bytes)))
  (local.set $before (i32.const 1))
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $found (call $separators_at
          (local.get $at) (local.get $end) (local.get $table)))
        (local.set $turns (i32.xor
          (local.get $found)
          (i32.and (i32.const 0xffff)
            (i32.or (i32.shl (local.get $found) (i32.const 1)) (local.get $before)))))
        (local.set $before (i32.shr_u (local.get $found) (i32.const 15)))
        (loop $turn
          (if (local.get $turns)
            (then
              (local.set $place (i32.add (local.get $at) (i32.ctz (local.get $turns))))
              (local.set $turns (i32.and (local.get $turns)
                (i32.sub (local.get $turns) (i32.const 1))))
              (if (local.get $word)
                (then
                  (i64.store (local.get $to) (i64.or
                    (i64.extend_i32_u (local.get $word))
                    (i64.shl
                      (i64.extend_i32_u (i32.sub (local.get $place) (local.get $word)))
                      (i64.const 32))))
                  (local.set $to (i32.add (local.get $to) (i32.const 8)))
                  (local.set $word (i32.const 0)))
                (else (local.set $word (local.get $place))))
              (br $turn))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $more))))
  (if (local.get $word)
    (then
      (i64.store (local.get $to) (i64.or
        (i64.extend_i32_u (local.get $word))
        (i64.shl
          (i64.extend_i32_u (i32.sub (local.get $end) (local.get $word))) (i64.const 32)))))))

;; Which of the sixteen bytes at an address are separators, a bit each; those beyond the end are.
(func $separators_at (param $at i32) (param $end i32) (param $table v128) (result i32)
  (local $some v128) (local $bytes i32) (local $found i32)
  (local.set $bytes (i32.sub (local.get $end) (local.get $at)))
  ;; the memory may end before sixteen bytes: then the last of it are read and moved down
  (if (i32.and
        (i32.lt_u (local.get $bytes) (i32.const 16))
        (i32.eqz (i32.and (i32.sub (i32.const 0) (local.get $end)) (i32.const 0xfff0))))
    (then
      (local.set $some (v128.load (i32.sub (local.get $end) (i32.const 16))))
      (local.set $found (i32.shr_u
        (call $separators_of (local.get $some) (local.get $table))
        (i32.sub (i32.const 16) (local.get $bytes)))))
    (else
      (local.set $found
        (call $separators_of (v128.load (local.get $at)) (local.get $table)))))
  (if (result i32) (i32.lt_u (local.get $bytes) (i32.const 16))
    (then (i32.and (i32.const 0xffff) (i32.or (local.get $found)
      (i32.shl (i32.const -1) (local.get $bytes)))))
    (else (local.get $found))))

(func $separators_of (param $some v128) (param $table v128) (result i32)
  (i32.xor (i32.const 0xffff)
    (i8x16.bitmask (i8x16.eq
      (v128.and
        (i8x16.swizzle (local.get $table)
          (v128.and (local.get $some) (i8x16.splat (i32.const 15))))
        (i8x16.swizzle
          (v128.const i8x16 1 2 4 8 16 32 64 -128 0 0 0 0 0 0 0 0)
          (i8x16.shr_u (local.get $some) (i32.const 4))))
      (v128.const i64x2 0 0)))))

;; With separators beyond ASCII: two rounds over the letters, counting, then writing.
(func $words_by_letter (param $text i64) (param $separators i64) (param $table i32)
  (param $others i32) (result i32)
  (local $map i32) (local $count i32) (local $result i32) (local $at i32) (local $end i32)
  (local $letter i32)
  (local.set $at (i32.wrap_i64 (local.get $separators)))
  (local.set $end (i32.add (local.get $at)
    (i32.wrap_i64 (i64.shr_u (local.get $separators) (i64.const 32)))))
  (if (i32.gt_u (local.get $others) (i32.const 8))
    (then
      (local.set $map (call $alloc (i32.const 139264)))
      (memory.fill (local.get $map) (i32.const 0) (i32.const 139264))
      (loop $next
        (if (i32.lt_u (local.get $at) (local.get $end))
          (then
            (local.set $letter (call $decode (local.get $at)))
            (local.set $others (i32.add (local.get $map)
              (i32.shr_u (local.get $letter) (i32.const 3))))
            (i32.store8 (local.get $others) (i32.or
              (i32.load8_u (local.get $others))
              (i32.shl (i32.const 1) (i32.and (local.get $letter) (i32.const 7)))))
            (local.set $at (i32.add (local.get $at)
              (call $letter_bytes (i32.load8_u (local.get $at)))))
            (br $next))))))
  (local.set $count (call $pass_letters
    (local.get $text) (local.get $table) (local.get $others) (local.get $map) (i32.const 0)))
  (if (i32.gt_u (local.get $count) (i32.const {MAX_ELEMENTS}))
    (then (global.set $failed (i32.const {TOO_LARGE})) (return (i32.const 0))))
  (local.set $result (call $new_array_string (local.get $count)))
  (drop (call $pass_letters
    (local.get $text) (local.get $table) (local.get $others) (local.get $map)
    (i32.load (local.get $result))))
  (local.get $result))

;; Whether a letter beyond ASCII is a separator.
(func $is_separator (param $letter i32) (param $table i32) (param $others i32) (param $map i32)
  (result i32)
  (if (local.get $map)
    (then
      (return (i32.and (i32.const 1) (i32.shr_u
        (i32.load8_u (i32.add (local.get $map) (i32.shr_u (local.get $letter) (i32.const 3))))
        (i32.and (local.get $letter) (i32.const 7)))))))
  (loop $next
    (if (i32.eqz (local.get $others)) (then (return (i32.const 0))))
    (local.set $others (i32.sub (local.get $others) (i32.const 1)))
    (br_if $next (i32.ne (local.get $letter)
      (i32.load offset=16 (i32.add (local.get $table)
        (i32.shl (local.get $others) (i32.const 2)))))))
  (i32.const 1))

;; Count the words, and write them if `to` is not 0.
(func $pass_letters (param $text i64) (param $table i32) (param $others i32) (param $map i32)
  (param $to i32) (result i32)
  (local $at i32) (local $end i32) (local $word i32) (local $count i32) (local $letter i32)
  (local $size i32)
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (local.set $end (i32.add (local.get $at)
    (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32)))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $letter (i32.load8_u (local.get $at)))
        (local.set $size (i32.const 1))
        (if (i32.lt_u (local.get $letter) (i32.const 128))
          (then
            (local.set $letter (i32.and (i32.const 1) (i32.shr_u
              (i32.load8_u (i32.add (local.get $table)
                (i32.and (local.get $letter) (i32.const 15))))
              (i32.shr_u (local.get $letter) (i32.const 4))))))
          (else
            (local.set $size (call $letter_bytes (local.get $letter)))
            (local.set $letter (call $is_separator (call $decode (local.get $at))
              (local.get $table) (local.get $others) (local.get $map)))))
        (if (i32.ne (local.get $letter) (i32.eqz (local.get $word)))
          (then
            (if (local.get $word)
              (then
                (if (local.get $to)
                  (then
                    (call $write_word (local.get $to) (local.get $word) (local.get $at))
                    (local.set $to (i32.add (local.get $to) (i32.const 8)))))
                (local.set $word (i32.const 0)))
              (else
                (local.set $word (local.get $at))
                (local.set $count (i32.add (local.get $count) (i32.const 1)))))))
        (local.set $at (i32.add (local.get $at) (local.get $size)))
        (br $next))))
  (if (i32.and
        (i32.ne (local.get $word) (i32.const 0)) (i32.ne (local.get $to) (i32.const 0)))
    (then (call $write_word (local.get $to) (local.get $word) (local.get $end))))
  (local.get $count))

(func $write_word (param $to i32) (param $start i32) (param $end i32)
  (i32.store (local.get $to) (local.get $start))
  (i32.store offset=4 (local.get $to) (i32.sub (local.get $end) (local.get $start))))
