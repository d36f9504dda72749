;; The words of a string: the pieces between separators, which are any of a string's code points.
;; Sixty-four bytes are looked at together, a bit each. An ASCII separator h·16 + l is bit h of byte
;; l of a table; where bytes beyond ASCII stand, letters that begin as a separator does are looked
;; up (see `separators.wat`).

;; The words of the text lie in it. Fails where they are more than an array may hold.
(func $words (param $text i64) (param $separators i64) (result i32)
  (local $record i32) (local $result i32)
  (if (i64.eqz (i64.shr_u (local.get $separators) (i64.const 32)))
    (then
      (local.set $result (call $new_array_string (i32.ne (i32.const 0)
        (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))))
      (if (i32.load offset=4 (local.get $result))
        (then (i64.store (i32.load (local.get $result)) (local.get $text))))
      (return (local.get $result))))
  (local.set $record (call $separators (local.get $separators)))
  (call $split (local.get $text) (v128.load (local.get $record))
    (select (local.get $record) (i32.const 0) (i32.load offset=32 (local.get $record)))))

;; At ASCII white space.
(func $words_at_space (param $text i64) (result i32)
  (call $split (local.get $text)
    (v128.const i8x16 4 0 0 0 0 0 0 0 0 1 1 1 1 1 0 0) (i32.const 0)))

;; Sixty-four bytes are looked at from the begin of a word, or from a separator's end. A word that
;; does not end among them is looked at again with those that follow. Words are written in fours,
;; the last of which may be of no account: there is room for these beyond the array.
(func $split (param $text i64) (param $table v128) (param $others i32) (result i32)
  (local $at i32) (local $end i32) (local $most i32) (local $result i32) (local $to i32)
  (local $next i32) (local $other i64) (local $begin i64) (local $close i64)
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  ;; words of a long text are counted first, for room for all that might be were too much
  (local.set $most (i32.shr_u (i32.add (local.get $end) (i32.const 1)) (i32.const 1)))
  (local.set $end (i32.add (local.get $at) (local.get $end)))
  (if (i32.gt_u (local.get $most) (i32.const 4096))
    (then
      (local.set $most (call $count_words
        (local.get $at) (local.get $end) (local.get $table) (local.get $others)))
      (if (i32.gt_u (local.get $most) (i32.const {MAX_ELEMENTS}))
        (then (global.set $failed (i32.const {TOO_LARGE})) (return (i32.const 0))))))
  (local.set $result (call $alloc
    (i32.shl (i32.add (local.get $most) (i32.const 6)) (i32.const 3))))
  (local.set $to (i32.add (local.get $result) (i32.const 16)))
  (i32.store (local.get $result) (local.get $to))
  (i64.store offset=8 (local.get $result) (i64.const 0))
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $close (call $separators_at
          (local.get $at) (local.get $end) (local.get $table) (local.get $others)))
        (if (i64.eqz (local.get $close))
          (then
            (local.set $next (call $word_end
              (local.get $at) (local.get $end) (local.get $table) (local.get $others)))
            (i64.store (local.get $to) (i64.or
              (i64.extend_i32_u (local.get $at))
              (i64.shl (i64.extend_i32_u (i32.sub (local.get $next) (local.get $at)))
                (i64.const 32))))
            (local.set $to (i32.add (local.get $to) (i32.const 8)))
            (local.set $at (local.get $next))
            (br $more)))
        ;; bytes of words; the first of each, and the first after each
        (local.set $other (i64.xor (local.get $close) (i64.const -1)))
        (local.set $begin (i64.and (local.get $other)
          (i64.xor (i64.shl (local.get $other) (i64.const 1)) (i64.const -1))))
        (local.set $close (i64.and (local.get $close)
          (i64.shl (local.get $other) (i64.const 1))))
        (local.set $next (i32.add (local.get $at) (if (result i32)
          (i64.lt_s (local.get $other) (i64.const 0))
          (then (i32.sub (i32.const 63) (i32.wrap_i64 (i64.clz (local.get $begin)))))
          (else (i32.const 64)))))
        (local.set $most (i32.add (local.get $to)
          (i32.shl (i32.wrap_i64 (i64.popcnt (local.get $close))) (i32.const 3))))
        (loop $four
          (if (i32.lt_u (local.get $to) (local.get $most))
            (then
              (i64.store (local.get $to) (i64.add
                (i64.add (i64.ctz (local.get $begin)) (i64.extend_i32_u (local.get $at)))
                (i64.shl
                  (i64.sub (i64.ctz (local.get $close)) (i64.ctz (local.get $begin)))
                  (i64.const 32))))
              (local.set $begin (i64.and (local.get $begin)
                (i64.sub (local.get $begin) (i64.const 1))))
              (local.set $close (i64.and (local.get $close)
                (i64.sub (local.get $close) (i64.const 1))))
              (i64.store offset=8 (local.get $to) (i64.add
                (i64.add (i64.ctz (local.get $begin)) (i64.extend_i32_u (local.get $at)))
                (i64.shl
                  (i64.sub (i64.ctz (local.get $close)) (i64.ctz (local.get $begin)))
                  (i64.const 32))))
              (local.set $begin (i64.and (local.get $begin)
                (i64.sub (local.get $begin) (i64.const 1))))
              (local.set $close (i64.and (local.get $close)
                (i64.sub (local.get $close) (i64.const 1))))
              (i64.store offset=16 (local.get $to) (i64.add
                (i64.add (i64.ctz (local.get $begin)) (i64.extend_i32_u (local.get $at)))
                (i64.shl
                  (i64.sub (i64.ctz (local.get $close)) (i64.ctz (local.get $begin)))
                  (i64.const 32))))
              (local.set $begin (i64.and (local.get $begin)
                (i64.sub (local.get $begin) (i64.const 1))))
              (local.set $close (i64.and (local.get $close)
                (i64.sub (local.get $close) (i64.const 1))))
              (i64.store offset=24 (local.get $to) (i64.add
                (i64.add (i64.ctz (local.get $begin)) (i64.extend_i32_u (local.get $at)))
                (i64.shl
                  (i64.sub (i64.ctz (local.get $close)) (i64.ctz (local.get $begin)))
                  (i64.const 32))))
              (local.set $begin (i64.and (local.get $begin)
                (i64.sub (local.get $begin) (i64.const 1))))
              (local.set $close (i64.and (local.get $close)
                (i64.sub (local.get $close) (i64.const 1))))
              (local.set $to (i32.add (local.get $to) (i32.const 32)))
              (br $four))))
        (local.set $to (local.get $most))
        (local.set $at (local.get $next))
        (br $more))))
  (i32.store offset=4 (local.get $result) (i32.shr_u
    (i32.sub (local.get $to) (i32.add (local.get $result) (i32.const 16))) (i32.const 3)))
  (global.set $heap (local.get $to))
  (local.get $result))

;; Where a word ends of which sixty-four bytes are known.
(func $word_end (param $at i32) (param $end i32) (param $table v128) (param $others i32)
  (result i32)
  (local $found i64)
  (block $none
    (loop $more
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $found (call $separators_at
        (local.get $at) (local.get $end) (local.get $table) (local.get $others)))
      (br_if $more (i64.eqz (local.get $found))))
    ;; the separator is looked at again
    (global.set $separator_rest (i64.const 0))
    (return (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $found))))))
  (local.get $end))

(func $count_words (param $at i32) (param $end i32) (param $table v128) (param $others i32)
  (result i32)
  (local $found i64) (local $before i64) (local $count i64)
  (local.set $before (i64.const 1))
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $found (call $separators_at
          (local.get $at) (local.get $end) (local.get $table) (local.get $others)))
        (local.set $count (i64.add (local.get $count) (i64.popcnt (i64.and
          (i64.xor (local.get $found) (i64.const -1))
          (i64.or (i64.shl (local.get $found) (i64.const 1)) (local.get $before))))))
        (local.set $before (i64.shr_u (local.get $found) (i64.const 63)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $more))))
  (i32.wrap_i64 (local.get $count)))

;; Which of the sixty-four bytes at an address are separators, a bit each; those beyond the end are.
(func $separators_at (param $at i32) (param $end i32) (param $table v128) (param $others i32)
  (result i64)
  (local $some v128) (local $all v128) (local $from i32) (local $place i64) (local $found i64)
  (local.set $from (local.get $at))
  (local.set $found (i64.const -1))
  (loop $more
    (local.set $some (v128.load (local.get $from)))
    (local.set $all (v128.or (local.get $all) (local.get $some)))
    ;; bytes that the table does not hold
    (local.set $found (i64.xor (local.get $found) (i64.shl
      (i64.extend_i32_u (i8x16.bitmask (i8x16.eq
        (v128.and
          (i8x16.swizzle (local.get $table)
            (v128.and (local.get $some) (i8x16.splat (i32.const 15))))
          (i8x16.swizzle
            (v128.const i8x16 1 2 4 8 16 32 64 -128 0 0 0 0 0 0 0 0)
            (i8x16.shr_u (local.get $some) (i32.const 4))))
        (v128.const i64x2 0 0))))
      (local.get $place))))
    (local.set $from (i32.add (local.get $from) (i32.const 16)))
    (local.set $place (i64.add (local.get $place) (i64.const 16)))
    (br_if $more (i32.and
      (i64.lt_u (local.get $place) (i64.const 64))
      (i32.lt_u (local.get $from) (local.get $end)))))
  (if (local.get $others)
    (then
      (if (i8x16.bitmask (local.get $all))
        (then
          (local.set $found (i64.or (local.get $found)
            (call $others_at (local.get $at) (local.get $end) (local.get $others))))))))
  (local.set $at (i32.sub (local.get $end) (local.get $at)))
  (if (result i64) (i32.lt_u (local.get $at) (i32.const 64))
    (then (i64.or (local.get $found)
      (i64.shl (i64.const -1) (i64.extend_i32_u (local.get $at)))))
    (else (local.get $found))))
