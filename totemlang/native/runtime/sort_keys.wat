;; Sorting in place, ascending and stable: ints, longs, pairs {i64 key, i64 anything}, and texts
;; {i64 first bytes, the highest first, the sign turned round; i64 address of the string}. Few are
;; inserted or merged, many go through a radix sort of 11 binary digits at a time, which leaves out
;; digits that all have in common.

;; each {form} {width} {many}: int 4 500 | long 8 1000 | pair 16 1000 | text 16 1000
(func $sort_keys_{form} (param $data i32) (param $count i32)
  (local $mark i32) (local $other i32)
  (if (call $ascending_{form} (local.get $data) (local.get $count)) (then (return)))
  (if (i32.le_u (local.get $count) (i32.const 24))
    (then
      (call $insert_{form} (local.get $data)
        (i32.add (local.get $data) (i32.mul (local.get $count) (i32.const {width}))))
      (return)))
  (local.set $mark (global.get $heap))
  (local.set $other (call $alloc (i32.mul (local.get $count) (i32.const {width}))))
  (if (i32.lt_u (local.get $count) (i32.const {many}))
    (then (call $merge_{form} (local.get $data) (local.get $other) (local.get $count)))
    (else (call $radix_{form} (local.get $data) (local.get $other) (local.get $count))))
  (call $reset (local.get $mark)))

;; each {form} {v} {width} {load} {store} {run} {before}:
;;   | int i32 4 i32.load i32.store 64 (i32.lt_s (local.get $two) (local.get $one))
;;   | long i64 8 i64.load i64.store 128 (i64.lt_s (local.get $two) (local.get $one))
;;   | pair v128 16 v128.load v128.store 256 (i64.lt_s
;;     (i64x2.extract_lane 0 (local.get $two)) (i64x2.extract_lane 0 (local.get $one)))
;;   | text v128 16 v128.load v128.store 256 (if (result i32) (i64.ne
;;     (i64x2.extract_lane 0 (local.get $two)) (i64x2.extract_lane 0 (local.get $one)))
;;     (then (i64.lt_s
;;     (i64x2.extract_lane 0 (local.get $two)) (i64x2.extract_lane 0 (local.get $one))))
;;     (else (call $text_before (local.get $two) (local.get $one))))
(func $ascending_{form} (param $data i32) (param $count i32) (result i32)
  (local $end i32) (local $one {v}) (local $two {v})
  (if (i32.lt_u (local.get $count) (i32.const 2)) (then (return (i32.const 1))))
  (local.set $end (i32.add (local.get $data)
    (i32.mul (local.get $count) (i32.const {width}))))
  (local.set $two ({load} (local.get $data)))
  (loop $next
    (local.set $one (local.get $two))
    (local.set $data (i32.add (local.get $data) (i32.const {width})))
    (if (i32.ge_u (local.get $data) (local.get $end)) (then (return (i32.const 1))))
    (local.set $two ({load} (local.get $data)))
    (br_if $next (i32.eqz {before})))
  (i32.const 0))

;; Insertion sort, from `data` up to `end`.
;; each of ascending_{form}
(func $insert_{form} (param $data i32) (param $end i32)
  (local $next i32) (local $at i32) (local $one {v}) (local $two {v})
  (local.set $next (local.get $data))
  (loop $each
    (local.set $next (i32.add (local.get $next) (i32.const {width})))
    (if (i32.ge_u (local.get $next) (local.get $end)) (then (return)))
    (local.set $two ({load} (local.get $next)))
    (local.set $at (local.get $next))
    (block $placed
      (loop $down
        (br_if $placed (i32.eq (local.get $at) (local.get $data)))
        (local.set $one ({load} (i32.sub (local.get $at) (i32.const {width}))))
        (br_if $placed (i32.eqz {before}))
        ({store} (local.get $at) (local.get $one))
        (local.set $at (i32.sub (local.get $at) (i32.const {width})))
        (br $down)))
    ({store} (local.get $at) (local.get $two))
    (br $each)))

;; Runs of 16 are inserted, then merged from one area to the other and back.
;; each of ascending_{form}
(func $merge_{form} (param $data i32) (param $other i32) (param $count i32)
  (local $bytes i32) (local $at i32) (local $run i32) (local $from i32) (local $to i32)
  (local $left i32) (local $right i32) (local $middle i32) (local $end i32) (local $place i32)
  (local $one {v}) (local $two {v}) (local $step i32)
  (local.set $bytes (i32.mul (local.get $count) (i32.const {width})))
  (loop $runs
    (local.set $end (i32.add (local.get $at) (i32.const {run})))
    (call $insert_{form}
      (i32.add (local.get $data) (local.get $at))
      (i32.add (local.get $data) (select
        (local.get $end) (local.get $bytes) (i32.lt_u (local.get $end) (local.get $bytes)))))
    (local.set $at (local.get $end))
    (br_if $runs (i32.lt_u (local.get $at) (local.get $bytes))))
  (local.set $run (i32.const {run}))
  (local.set $from (local.get $data))
  (local.set $to (local.get $other))
  (loop $round
    (if (i32.lt_u (local.get $run) (local.get $bytes))
      (then
        (local.set $at (i32.const 0))
        (local.set $place (local.get $to))
        (loop $pair
          (local.set $left (i32.add (local.get $from) (local.get $at)))
          (local.set $middle (i32.add (local.get $at) (local.get $run)))
          (if (i32.gt_u (local.get $middle) (local.get $bytes))
            (then (local.set $middle (local.get $bytes))))
          (local.set $end (i32.add (local.get $middle) (local.get $run)))
          (if (i32.gt_u (local.get $end) (local.get $bytes))
            (then (local.set $end (local.get $bytes))))
          (local.set $at (local.get $end))
          (local.set $middle (i32.add (local.get $from) (local.get $middle)))
          (local.set $end (i32.add (local.get $from) (local.get $end)))
          (local.set $right (local.get $middle))
          (block $merged
            (loop $next
              (br_if $merged (i32.ge_u (local.get $left) (local.get $middle)))
              (br_if $merged (i32.ge_u (local.get $right) (local.get $end)))
              (local.set $one ({load} (local.get $left)))
              (local.set $two ({load} (local.get $right)))
              ;; no branch: where it goes is as good as random
              (local.set $step (i32.mul (i32.const {width}) {before}))
              ({store} (local.get $place)
                (select (local.get $two) (local.get $one) (local.get $step)))
              (local.set $place (i32.add (local.get $place) (i32.const {width})))
              (local.set $right (i32.add (local.get $right) (local.get $step)))
              (local.set $left (i32.sub (i32.add (local.get $left) (i32.const {width}))
                (local.get $step)))
              (br $next)))
          (call $move (local.get $place) (local.get $left)
            (i32.sub (local.get $middle) (local.get $left)))
          (local.set $place (i32.add (local.get $place)
            (i32.sub (local.get $middle) (local.get $left))))
          (call $move (local.get $place) (local.get $right)
            (i32.sub (local.get $end) (local.get $right)))
          (local.set $place (i32.add (local.get $place)
            (i32.sub (local.get $end) (local.get $right))))
          (br_if $pair (i32.lt_u (local.get $at) (local.get $bytes))))
        (local.set $run (i32.shl (local.get $run) (i32.const 1)))
        (local.set $place (local.get $from))
        (local.set $from (local.get $to))
        (local.set $to (local.get $place))
        (br $round))))
  (if (i32.ne (local.get $from) (local.get $data))
    (then (memory.copy (local.get $data) (local.get $from) (local.get $bytes)))))

;; From one area to the other and back, a digit at a time, the lowest first. The sign is turned
;; round, for digits have none.
;; each {form} {v} {width} {load} {store} {bits} {digit}:
;;   | int i32 4 i32.load i32.store 33
;;     (i32.shr_u (i32.xor (local.get $one) (i32.const 0x80000000)) (local.get $shift))
;;   | long i64 8 i64.load i64.store 66 (i32.wrap_i64 (i64.shr_u
;;     (i64.xor (local.get $one) (i64.const 0x8000000000000000))
;;     (i64.extend_i32_u (local.get $shift))))
;;   | pair v128 16 v128.load v128.store 66 (i32.wrap_i64 (i64.shr_u
;;     (i64.xor (i64x2.extract_lane 0 (local.get $one)) (i64.const 0x8000000000000000))
;;     (i64.extend_i32_u (local.get $shift))))
(func $radix_{form} (param $data i32) (param $other i32) (param $count i32)
  (local $counts i32) (local $at i32) (local $end i32) (local $bytes i32) (local $shift i32)
  (local $place i32) (local $sum i32) (local $from i32) (local $to i32) (local $found i32)
  (local $one {v})
  (local.set $counts (call $alloc (i32.const 8192)))
  (local.set $bytes (i32.mul (local.get $count) (i32.const {width})))
  (local.set $from (local.get $data))
  (local.set $to (local.get $other))
  (loop $digit
    (memory.fill (local.get $counts) (i32.const 0) (i32.const 8192))
    (local.set $at (local.get $from))
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    (loop $count
      (local.set $one ({load} (local.get $at)))
      (local.set $place (i32.add (local.get $counts) (i32.shl
        (i32.and {digit} (i32.const 2047)) (i32.const 2))))
      (i32.store (local.get $place) (i32.add (i32.load (local.get $place)) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const {width})))
      (br_if $count (i32.lt_u (local.get $at) (local.get $end))))
    ;; a digit that all have in common moves nothing
    (if (i32.ne (i32.load (local.get $place)) (local.get $count))
      (then
        ;; counts become places
        (local.set $sum (local.get $to))
        (local.set $at (local.get $counts))
        (local.set $end (i32.add (local.get $counts) (i32.const 8192)))
        (loop $add
          (local.set $found (i32.load (local.get $at)))
          (i32.store (local.get $at) (local.get $sum))
          (local.set $sum (i32.add (local.get $sum)
            (i32.mul (local.get $found) (i32.const {width}))))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (br_if $add (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $at (local.get $from))
        (local.set $end (i32.add (local.get $from) (local.get $bytes)))
        (loop $scatter
          (local.set $one ({load} (local.get $at)))
          (local.set $place (i32.add (local.get $counts) (i32.shl
            (i32.and {digit} (i32.const 2047)) (i32.const 2))))
          (local.set $sum (i32.load (local.get $place)))
          ({store} (local.get $sum) (local.get $one))
          (i32.store (local.get $place) (i32.add (local.get $sum) (i32.const {width})))
          (local.set $at (i32.add (local.get $at) (i32.const {width})))
          (br_if $scatter (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $at (local.get $from))
        (local.set $from (local.get $to))
        (local.set $to (local.get $at))))
    (local.set $shift (i32.add (local.get $shift) (i32.const 11)))
    (br_if $digit (i32.lt_u (local.get $shift) (i32.const {bits}))))
  (if (i32.ne (local.get $from) (local.get $data))
    (then (memory.copy (local.get $data) (local.get $from) (local.get $bytes)))))

;; Many texts are sorted by their first bytes, then those that have these in common by the rest.
(func $radix_text (param $data i32) (param $other i32) (param $count i32)
  (local $at i32) (local $end i32) (local $run i32) (local $first i64)
  (call $radix_pair (local.get $data) (local.get $other) (local.get $count))
  (local.set $end (i32.add (local.get $data) (i32.shl (local.get $count) (i32.const 4))))
  (local.set $at (local.get $data))
  (loop $runs
    (local.set $run (local.get $at))
    (local.set $first (i64.load (local.get $at)))
    (loop $next
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (if (result i32) (i32.lt_u (local.get $at) (local.get $end))
        (then (i64.eq (i64.load (local.get $at)) (local.get $first)))
        (else (i32.const 0)))))
    (local.set $count (i32.sub (local.get $at) (local.get $run)))
    (if (i32.gt_u (local.get $count) (i32.const 16))
      (then
        (if (i32.le_u (local.get $count) (i32.const 384))
          (then (call $insert_text (local.get $run) (local.get $at)))
          (else
            (call $merge_text (local.get $run) (local.get $other)
              (i32.shr_u (local.get $count) (i32.const 4)))))))
    (br_if $runs (i32.lt_u (local.get $at) (local.get $end)))))

;; Whether a text comes before another of the same first bytes.
(func $text_before (param $two v128) (param $one v128) (result i32)
  (i32.lt_s
    (call $compare_strings
      (i64.load (i32.wrap_i64 (i64x2.extract_lane 1 (local.get $two))))
      (i64.load (i32.wrap_i64 (i64x2.extract_lane 1 (local.get $one)))))
    (i32.const 0)))
