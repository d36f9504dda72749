;; The words of a string: the pieces between separators, which are any of a string's code points.
;; Sixty-four bytes are looked at at once, a bit each. An ASCII separator h·16 + l is bit h of byte l
;; of a table; where bytes beyond ASCII stand, letters that begin as a separator does are looked up
;; (see `separators.wat`).

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

;; Each byte that is not what the byte before it was, separator or not, begins or ends a word. All
;; such places are written in their order, {i32 begin, i32 end}; then ends become lengths, and each
;; word is a string. Places are written in eights, the last of which may be of no account: there is
;; room for these beyond the array.
(func $split (param $text i64) (param $table v128) (param $others i32) (result i32)
  (local $at i32) (local $end i32) (local $most i32) (local $result i32) (local $to i32)
  (local $next i32) (local $before i64) (local $found i64) (local $turns i64) (local $two v128)
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
  (local.set $result (call $new_array_string (i32.add (local.get $most) (i32.const 4))))
  (local.set $to (i32.add (local.get $result) (i32.const 16)))
  (local.set $before (i64.const 1))
  (loop $more
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $found (call $separators_at
          (local.get $at) (local.get $end) (local.get $table) (local.get $others)))
        (local.set $turns (i64.xor (local.get $found)
          (i64.or (i64.shl (local.get $found) (i64.const 1)) (local.get $before))))
        (local.set $before (i64.shr_u (local.get $found) (i64.const 63)))
        (local.set $next (i32.add (local.get $to)
          (i32.shl (i32.wrap_i64 (i64.popcnt (local.get $turns))) (i32.const 2))))
        (loop $eight
          (if (i64.ne (local.get $turns) (i64.const 0))
            (then
              (i32.store (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=4 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=8 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=12 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=16 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=20 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=24 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (i32.store offset=28 (local.get $to) (i32.add (local.get $at)
                (i32.wrap_i64 (i64.ctz (local.get $turns)))))
              (local.set $turns (i64.and (local.get $turns)
                (i64.sub (local.get $turns) (i64.const 1))))
              (local.set $to (i32.add (local.get $to) (i32.const 32)))
              (br $eight))))
        (local.set $to (local.get $next))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $more))))
  ;; the end of a word that ends with the text, and with sixty-four bytes
  (if (i32.and (local.get $to) (i32.const 4))
    (then
      (i32.store (local.get $to) (local.get $end))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))))
  (local.set $next (i32.add (local.get $result) (i32.const 16)))
  (i32.store offset=4 (local.get $result)
    (i32.shr_u (i32.sub (local.get $to) (local.get $next)) (i32.const 3)))
  (loop $lengths
    (if (i32.lt_u (local.get $next) (local.get $to))
      (then
        (local.set $two (v128.load (local.get $next)))
        (v128.store (local.get $next)
          (i64x2.sub (local.get $two) (i64x2.shl (local.get $two) (i32.const 32))))
        (local.set $next (i32.add (local.get $next) (i32.const 16)))
        (br $lengths))))
  (global.set $heap (local.get $to))
  (local.get $result))

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
