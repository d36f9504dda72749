;; Sorted arrays, and the positions of an array's elements in its order. Binary numbers are sorted
;; as whole ones: their bits, all but the sign turned round where it is set; NaN becomes the one
;; NaN, which comes last.

(func $sort_bool (param $array i32) (result i32)
  (local $sorted i32) (local $at i32) (local $end i32) (local $true i32)
  (local.set $sorted (call $new_array_bool (i32.load offset=4 (local.get $array))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at) (i32.load offset=4 (local.get $array))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $true (i32.add (local.get $true) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
  (local.set $at (i32.load (local.get $sorted)))
  (local.set $end (i32.sub (i32.load offset=4 (local.get $array)) (local.get $true)))
  (memory.fill (local.get $at) (i32.const 0) (local.get $end))
  (memory.fill (i32.add (local.get $at) (local.get $end)) (i32.const 1) (local.get $true))
  (local.get $sorted))

;; each {form} {shift}: int 2 | long 3
(func $sort_{form} (param $array i32) (result i32)
  (local $sorted i32)
  (local.set $sorted (call $new_array_{form} (i32.load offset=4 (local.get $array))))
  (memory.copy (i32.load (local.get $sorted)) (i32.load (local.get $array))
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const {shift})))
  (call $sort_keys_{form}
    (i32.load (local.get $sorted)) (i32.load offset=4 (local.get $sorted)))
  (local.get $sorted))

;; A binary number's place in the order; the same again leads back.
;; each {form} {v} {whole} {last}: float f32 i32 31 | double f64 i64 63
(func ${form}_key (param $value {v}) (result {whole})
  (local $bits {whole})
  (local.set $bits ({whole}.reinterpret_{v} (call $canonical_{form} (local.get $value))))
  ({whole}.xor (local.get $bits)
    ({whole}.shr_u ({whole}.shr_s (local.get $bits) ({whole}.const {last})) ({whole}.const 1))))

;; each {form} {v} {whole} {key} {width} {last}: float f32 i32 int 4 31 | double f64 i64 long 8 63
(func $sort_{form} (param $array i32) (result i32)
  (local $sorted i32) (local $from i32) (local $to i32) (local $end i32)
  (local $value {v}) (local $bits {whole})
  (local.set $sorted (call $new_array_{form} (i32.load offset=4 (local.get $array))))
  (local.set $from (i32.load (local.get $array)))
  (local.set $to (i32.load (local.get $sorted)))
  (local.set $end (i32.add (local.get $from)
    (i32.mul (i32.load offset=4 (local.get $array)) (i32.const {width}))))
  (loop $there
    (if (i32.lt_u (local.get $from) (local.get $end))
      (then
        (local.set $value ({v}.load (local.get $from)))
        (local.set $bits ({whole}.reinterpret_{v} (select
          (local.get $value) ({v}.const nan) ({v}.eq (local.get $value) (local.get $value)))))
        ({whole}.store (local.get $to) ({whole}.xor (local.get $bits)
          ({whole}.shr_u ({whole}.shr_s (local.get $bits) ({whole}.const {last}))
            ({whole}.const 1))))
        (local.set $from (i32.add (local.get $from) (i32.const {width})))
        (local.set $to (i32.add (local.get $to) (i32.const {width})))
        (br $there))))
  (call $sort_keys_{key}
    (i32.load (local.get $sorted)) (i32.load offset=4 (local.get $sorted)))
  (local.set $end (local.get $to))
  (local.set $to (i32.load (local.get $sorted)))
  (loop $back
    (if (i32.lt_u (local.get $to) (local.get $end))
      (then
        (local.set $bits ({whole}.load (local.get $to)))
        ({whole}.store (local.get $to) ({whole}.xor (local.get $bits)
          ({whole}.shr_u ({whole}.shr_s (local.get $bits) ({whole}.const {last}))
            ({whole}.const 1))))
        (local.set $to (i32.add (local.get $to) (i32.const {width})))
        (br $back))))
  (local.get $sorted))

(func $sort_string (param $array i32) (result i32)
  (local $sorted i32) (local $mark i32) (local $at i32) (local $to i32) (local $end i32)
  (local.set $sorted (call $new_array_string (i32.load offset=4 (local.get $array))))
  (local.set $mark (global.get $heap))
  (local.set $at (call $texts (local.get $array) (i32.const 0)))
  (call $sort_keys_text (local.get $at) (i32.load offset=4 (local.get $array)))
  (local.set $to (i32.load (local.get $sorted)))
  (local.set $end (i32.add (local.get $to)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $to) (local.get $end))
      (then
        (i64.store (local.get $to) (i64.load (i32.load offset=8 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (br $next))))
  (call $reset (local.get $mark))
  (local.get $sorted))

;; The first 8 bytes of a string as a number, the highest first; 0 for what is not there.
(func $first_bytes (param $text i64) (result i64)
  (local $bytes i64) (local $number i64) (local $at i32)
  (local.set $bytes (i64.shr_u (local.get $text) (i64.const 32)))
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (if (i64.ge_u (local.get $bytes) (i64.const 8))
    (then
      ;; turned round by halves, quarters and bytes
      (local.set $number (i64.rotl (i64.load (local.get $at)) (i64.const 32)))
      (local.set $number (i64.or
        (i64.and (i64.shl (local.get $number) (i64.const 16)) (i64.const 0xffff0000ffff0000))
        (i64.and (i64.shr_u (local.get $number) (i64.const 16)) (i64.const 0x0000ffff0000ffff))))
      (return (i64.or
        (i64.and (i64.shl (local.get $number) (i64.const 8)) (i64.const 0xff00ff00ff00ff00))
        (i64.and (i64.shr_u (local.get $number) (i64.const 8)) (i64.const 0x00ff00ff00ff00ff))))))
  (local.set $bytes (i64.shl (local.get $bytes) (i64.const 3)))
  (if (i64.eqz (local.get $bytes)) (then (return (i64.const 0))))
  (local.set $text (local.get $bytes))
  (loop $next
    (local.set $number (i64.or
      (i64.shl (local.get $number) (i64.const 8)) (i64.load8_u (local.get $at))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $bytes (i64.sub (local.get $bytes) (i64.const 8)))
    (br_if $next (i64.ne (local.get $bytes) (i64.const 0))))
  (i64.shl (local.get $number) (i64.sub (i64.const 64) (local.get $text))))

;; How many bytes all strings of an array begin with alike; at most the length of the first.
(func $common_bytes (param $array i32) (result i32)
  (local $at i32) (local $end i32) (local $first i32) (local $common i32) (local $text i32)
  (local $n i32)
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
  (local.set $first (i32.load (local.get $at)))
  (local.set $common (i32.load offset=4 (local.get $at)))
  (block $none
    (loop $next
      (br_if $none (i32.eqz (local.get $common)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $text (i32.load (local.get $at)))
      (local.set $n (i32.load offset=4 (local.get $at)))
      (if (i32.lt_u (local.get $n) (local.get $common))
        (then (local.set $common (local.get $n))))
      (br_if $next (call $equal_bytes
        (local.get $first) (local.get $text) (local.get $common)))
      (local.set $n (i32.const 0))
      (loop $same
        (if (i32.eq
              (i32.load8_u (i32.add (local.get $first) (local.get $n)))
              (i32.load8_u (i32.add (local.get $text) (local.get $n))))
          (then
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br $same))))
      (local.set $common (local.get $n))
      (br $next)))
  (local.get $common))

;; The elements of an array as texts to sort, the last first if `turned`. What all begin with tells
;; nothing, so the first bytes are those after it.
(func $texts (param $array i32) (param $turned i32) (result i32)
  (local $texts i32) (local $at i32) (local $end i32) (local $to i32) (local $step i32)
  (local $without i64)
  ;; on by so many bytes, and shorter by as many
  (local.set $without (i64.mul
    (i64.extend_i32_u (call $common_bytes (local.get $array))) (i64.const -0xffffffff)))
  (local.set $end (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 4)))
  (local.set $texts (call $alloc (local.get $end)))
  (local.set $to (local.get $texts))
  (local.set $step (i32.const 16))
  (if (local.get $turned)
    (then
      (local.set $to (i32.sub (i32.add (local.get $to) (local.get $end)) (i32.const 16)))
      (local.set $step (i32.const -16))))
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at) (i32.shr_u (local.get $end) (i32.const 1))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (i64.store (local.get $to) (i64.xor
          (call $first_bytes (i64.add (i64.load (local.get $at)) (local.get $without)))
          (i64.const 0x8000000000000000)))
        (i64.store offset=8 (local.get $to) (i64.extend_i32_u (local.get $at)))
        (local.set $to (i32.add (local.get $to) (local.get $step)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next))))
  (local.get $texts))

;; The positions of the elements in their order, ints; equal ones keep the order they stand in. For
;; the descending order the last come first, before and after.
;; each {form} {shift} {key}:
;;   | bool 0 (i64.load8_u (local.get $at))
;;   | int 2 (i64.load32_s (local.get $at))
;;   | long 3 (i64.load (local.get $at))
;;   | float 2 (i64.extend_i32_s (call $float_key (f32.load (local.get $at))))
;;   | double 3 (call $double_key (f64.load (local.get $at)))
(func $order_{form} (param $array i32) (param $descending i32) (result i32)
  (local $positions i32) (local $mark i32) (local $pairs i32) (local $count i32) (local $at i32)
  (local $to i32) (local $n i32) (local $step i32)
  (local.set $count (i32.load offset=4 (local.get $array)))
  (local.set $positions (call $new_array_int (local.get $count)))
  (if (i32.eqz (local.get $count)) (then (return (local.get $positions))))
  (local.set $mark (global.get $heap))
  (local.set $pairs (call $alloc (i32.shl (local.get $count) (i32.const 4))))
  (local.set $to (local.get $pairs))
  (local.set $step (i32.const 16))
  (if (local.get $descending)
    (then
      (local.set $to (i32.add (local.get $to)
        (i32.shl (i32.sub (local.get $count) (i32.const 1)) (i32.const 4))))
      (local.set $step (i32.const -16))))
  (local.set $at (i32.load (local.get $array)))
  (loop $there
    (i64.store (local.get $to) {key})
    (i64.store offset=8 (local.get $to) (i64.extend_i32_u (local.get $n)))
    (local.set $to (i32.add (local.get $to) (local.get $step)))
    (local.set $at (i32.add (local.get $at) (i32.shl (i32.const 1) (i32.const {shift}))))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $there (i32.lt_u (local.get $n) (local.get $count))))
  (call $sort_keys_pair (local.get $pairs) (local.get $count))
  (call $write_positions (local.get $positions) (local.get $pairs) (local.get $descending)
    (i32.const 0) (i32.const 0))
  (call $reset (local.get $mark))
  (local.get $positions))

(func $order_string (param $array i32) (param $descending i32) (result i32)
  (local $positions i32) (local $mark i32) (local $texts i32)
  (local.set $positions (call $new_array_int (i32.load offset=4 (local.get $array))))
  (local.set $mark (global.get $heap))
  (local.set $texts (call $texts (local.get $array) (local.get $descending)))
  (call $sort_keys_text (local.get $texts) (i32.load offset=4 (local.get $array)))
  (call $write_positions (local.get $positions) (local.get $texts) (local.get $descending)
    (i32.load (local.get $array)) (i32.const 3))
  (call $reset (local.get $mark))
  (local.get $positions))

;; The positions out of sorted pairs: what stands beside the key, from `base`, in 2^`shift`.
(func $write_positions (param $positions i32) (param $pairs i32) (param $turned i32)
  (param $base i32) (param $shift i32)
  (local $to i32) (local $end i32) (local $step i32)
  (local.set $to (i32.load (local.get $positions)))
  (local.set $end (i32.add (local.get $to)
    (i32.shl (i32.load offset=4 (local.get $positions)) (i32.const 2))))
  (local.set $step (i32.const 16))
  (if (local.get $turned)
    (then
      (local.set $pairs (i32.add (local.get $pairs) (i32.shl
        (i32.sub (i32.load offset=4 (local.get $positions)) (i32.const 1)) (i32.const 4))))
      (local.set $step (i32.const -16))))
  (loop $next
    (if (i32.lt_u (local.get $to) (local.get $end))
      (then
        (i32.store (local.get $to) (i32.shr_u
          (i32.sub (i32.load offset=8 (local.get $pairs)) (local.get $base))
          (local.get $shift)))
        (local.set $pairs (i32.add (local.get $pairs) (local.get $step)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (br $next)))))
