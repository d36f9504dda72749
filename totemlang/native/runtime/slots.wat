;; Variables own the bytes of what they hold: a value is copied into the variable's held block,
;; which grows as it must. Thus no loop eats memory, and temporary values may go at any time.
;; A string variable is {i32 block, i32 room}. An array variable is an array's header
;; {i32 data, i32 length, 0, i32 room in bytes}, so its address is the array.

;; Store a string; the value may lie in the variable's own block, which has room for 16 at least.
(func $keep_string (param $slot i32) (param $value i64) (result i64)
  (local $bytes i32) (local $block i32)
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32))))
  (if (i32.le_u (local.get $bytes) (i32.load offset=4 (local.get $slot)))
    (then
      (local.set $block (i32.load (local.get $slot)))
      (if (i32.lt_u (i32.sub (local.get $bytes) (i32.const 1)) (i32.const 16))
        (then
          (v128.store (local.get $block) (v128.load (i32.wrap_i64 (local.get $value)))))
        (else
          (call $move
            (local.get $block) (i32.wrap_i64 (local.get $value)) (local.get $bytes)))))
    (else
      (local.set $block (call $hold (local.get $bytes)))
      (call $move (local.get $block) (i32.wrap_i64 (local.get $value)) (local.get $bytes))
      (call $release (i32.load (local.get $slot)))
      (i32.store (local.get $slot) (local.get $block))
      (i32.store offset=4 (local.get $slot) (call $room (local.get $block)))))
  (i64.or
    (i64.extend_i32_u (local.get $block))
    (i64.shl (i64.extend_i32_u (local.get $bytes)) (i64.const 32))))

;; Store an array of a kind of fixed width.
;; each {form} {shift}: bool 0 | int 2 | long 3 | float 2 | double 3
(func $keep_array_{form} (param $slot i32) (param $array i32)
  (local $bytes i32) (local $block i32)
  (if (i32.eq (local.get $slot) (local.get $array)) (then return))
  (local.set $bytes (i32.shl (i32.load offset=4 (local.get $array)) (i32.const {shift})))
  (if (i32.gt_u (local.get $bytes) (i32.load offset=12 (local.get $slot)))
    (then
      (local.set $block (call $hold (local.get $bytes)))
      (call $move (local.get $block) (i32.load (local.get $array)) (local.get $bytes))
      (call $release (i32.load (local.get $slot)))
      (i32.store (local.get $slot) (local.get $block))
      (i32.store offset=12 (local.get $slot) (call $room (local.get $block))))
    (else
      (call $move (i32.load (local.get $slot)) (i32.load (local.get $array)) (local.get $bytes))))
  (i32.store offset=4 (local.get $slot) (i32.load offset=4 (local.get $array))))

;; Store an array of strings. The block is {i32 elements that have blocks of their own, 4 bytes
;; free, the elements, their bytes}; `data` is the address of the elements. The block is always a
;; new one, for strings of the array may lie in the old.
(func $keep_array_string (param $slot i32) (param $array i32)
  (local $bytes i32) (local $block i32)
  (if (i32.eq (local.get $slot) (local.get $array)) (then return))
  (local.set $bytes (call $deep_bytes (local.get $array)))
  (local.set $block (call $hold (i32.add (local.get $bytes) (i32.const 8))))
  (i64.store (local.get $block) (i64.const 0))
  (local.set $block (i32.add (local.get $block) (i32.const 8)))
  (call $lay_strings (local.get $array) (local.get $block))
  (local.set $bytes (i32.load offset=4 (local.get $array)))
  (call $drop_array_string (local.get $slot))
  (i32.store (local.get $slot) (local.get $block))
  (i32.store offset=4 (local.get $slot) (local.get $bytes))
  (i32.store offset=12 (local.get $slot) (i32.sub
    (call $room (i32.sub (local.get $block) (i32.const 8))) (i32.const 8))))

(func $drop_array_string (param $slot i32)
  (local $data i32) (local $at i32) (local $end i32)
  (local.set $data (i32.load (local.get $slot)))
  (if (local.get $data)
    (then
      (if (i32.load (i32.sub (local.get $data) (i32.const 8)))
        (then
          (local.set $at (local.get $data))
          (local.set $end (i32.add (local.get $at)
            (i32.shl (i32.load offset=4 (local.get $slot)) (i32.const 3))))
          (loop $next
            (if (i32.lt_u (local.get $at) (local.get $end))
              (then
                (call $release (call $own_block (local.get $slot) (i64.load (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br $next))))))
      (call $release (i32.sub (local.get $data) (i32.const 8)))))
  (i64.store (local.get $slot) (i64.const 0))
  (i64.store offset=8 (local.get $slot) (i64.const 0)))

;; The block of an element that has its own; 0 if its bytes lie among the others'.
(func $own_block (param $slot i32) (param $text i64) (result i32)
  (if (i64.eqz (local.get $text)) (then (return (i32.const 0))))
  (if (i32.lt_u
        (i32.sub (i32.wrap_i64 (local.get $text)) (i32.load (local.get $slot)))
        (i32.load offset=12 (local.get $slot)))
    (then (return (i32.const 0))))
  (i32.wrap_i64 (local.get $text)))

;; Bytes that `lay_strings` writes: 8 an element, and their texts.
(func $deep_bytes (param $array i32) (result i32)
  (local $bytes i64)
  (local.set $bytes (i64.add
    (i64.shl (i64.load32_u offset=4 (local.get $array)) (i64.const 3))
    (call $packed_bytes (i32.load (local.get $array)) (i32.load offset=4 (local.get $array)))))
  (if (i64.gt_u (local.get $bytes) (i64.const 0x50000000)) (then unreachable))
  (i32.wrap_i64 (local.get $bytes)))

;; Write the elements of an array to `to`, and their bytes after them.
(func $lay_strings (param $array i32) (param $to i32)
  (local $from i32) (local $end i32) (local $text i64) (local $bytes i32) (local $place i32)
  (local.set $from (i32.load (local.get $array)))
  (local.set $place (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3)))
  (local.set $end (i32.add (local.get $from) (local.get $place)))
  (local.set $place (i32.add (local.get $to) (local.get $place)))
  (loop $next
    (if (i32.lt_u (local.get $from) (local.get $end))
      (then
        (local.set $text (i64.load (local.get $from)))
        (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
        (call $move (local.get $place) (i32.wrap_i64 (local.get $text)) (local.get $bytes))
        (i64.store (local.get $to)
          (select
            (i64.or
              (i64.and (local.get $text) (i64.const 0xffffffff00000000))
              (i64.extend_i32_u (local.get $place)))
            (i64.const 0)
            (local.get $bytes)))
        (local.set $place (i32.add (local.get $place) (local.get $bytes)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (br $next)))))

;; A text that fits goes where the old one lies, a longer one gets a block of its own.
(func $set_element_string (param $slot i32) (param $at i64) (param $value i64)
  (local $place i32) (local $old i64) (local $own i32) (local $bytes i32) (local $block i32)
  (if (i64.ge_u (local.get $at) (i64.load32_u offset=4 (local.get $slot)))
    (then (global.set $failed (i32.const {OUTSIDE_ARRAY})) (return)))
  (local.set $place (i32.add
    (i32.load (local.get $slot))
    (i32.shl (i32.wrap_i64 (local.get $at)) (i32.const 3))))
  (local.set $old (i64.load (local.get $place)))
  (local.set $own (call $own_block (local.get $slot) (local.get $old)))
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32))))
  (local.set $block (i32.wrap_i64 (local.get $old)))
  (if (i32.gt_u
        (local.get $bytes)
        (if (result i32) (local.get $own)
          (then (call $room (local.get $own)))
          (else (i32.wrap_i64 (i64.shr_u (local.get $old) (i64.const 32))))))
    (then
      (local.set $block (call $hold (local.get $bytes)))
      (call $move (local.get $block) (i32.wrap_i64 (local.get $value)) (local.get $bytes))
      (call $release (local.get $own))
      (if (i32.eqz (local.get $own))
        (then
          (local.set $own (i32.sub (i32.load (local.get $slot)) (i32.const 8)))
          (i32.store (local.get $own) (i32.add (i32.load (local.get $own)) (i32.const 1))))))
    (else
      (call $move (local.get $block) (i32.wrap_i64 (local.get $value)) (local.get $bytes))))
  ;; an own block is kept with the element, even if no byte of it is in use
  (i64.store (local.get $place)
    (i64.or
      (i64.extend_i32_u (local.get $block))
      (i64.shl (i64.extend_i32_u (local.get $bytes)) (i64.const 32)))))

;; A string's bytes in the temporary area.
(func $copy_string (param $value i64) (result i64)
  (local $bytes i32) (local $at i32)
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32))))
  (local.set $at (call $alloc (local.get $bytes)))
  (call $move (local.get $at) (i32.wrap_i64 (local.get $value)) (local.get $bytes))
  (i64.or
    (i64.extend_i32_u (local.get $at))
    (i64.shl (i64.extend_i32_u (local.get $bytes)) (i64.const 32))))

;; An array with its elements in the temporary area. What is only an aggregate has none.
;; each {form} {shift}: bool 0 | int 2 | long 3 | float 2 | double 3
(func $copy_array_{form} (param $array i32) (result i32)
  (local $at i32)
  (if (i32.load offset=8 (local.get $array)) (then (return (local.get $array))))
  (local.set $at (call $new_array_{form} (i32.load offset=4 (local.get $array))))
  (call $move (i32.load (local.get $at)) (i32.load (local.get $array))
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const {shift})))
  (local.get $at))

(func $copy_array_string (param $array i32) (result i32)
  (local $at i32)
  (if (i32.load offset=8 (local.get $array)) (then (return (local.get $array))))
  (local.set $at (call $alloc
    (i32.add (call $deep_bytes (local.get $array)) (i32.const 16))))
  (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 16)))
  (i32.store offset=4 (local.get $at) (i32.load offset=4 (local.get $array)))
  (i64.store offset=8 (local.get $at) (i64.const 0))
  (call $lay_strings (local.get $array) (i32.add (local.get $at) (i32.const 16)))
  (local.get $at))
