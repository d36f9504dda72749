;; Strings: compared and hashed where they lie in the source memory, kept in our own.

;; The first 8 bytes (or as many as there are, at most 8) as a word, zeros above.
(func $head (param $at i32) (param $bytes i32) (result i64) (local $word i64)
  (if (i32.le_s (local.get $bytes) (i32.const 0)) (then (return (i64.const 0))))
  (if (i64.gt_u (i64.add (i64.extend_i32_u (local.get $at)) (i64.const 8))
      (i64.shl (i64.extend_i32_u (memory.size $source)) (i64.const 16)))
    (then ;; at the very end of the memory
      (if (i32.gt_s (local.get $bytes) (i32.const 8)) (then (local.set $bytes (i32.const 8))))
      (loop $bytes
        (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
        (local.set $word (i64.or (i64.shl (local.get $word) (i64.const 8))
          (i64.load8_u $source (i32.add (local.get $at) (local.get $bytes)))))
        (br_if $bytes (local.get $bytes)))
      (return (local.get $word))))
  (local.set $word (i64.load $source (local.get $at)))
  (if (result i64) (i32.ge_s (local.get $bytes) (i32.const 8))
    (then (local.get $word))
    (else (i64.and (local.get $word)
      (i64.shr_u (i64.const -1)
        (i64.extend_i32_u (i32.shl (i32.sub (i32.const 8) (local.get $bytes)) (i32.const 3))))))))

;; Of at least 8 bytes.
(func $hash_text (param $at i32) (param $bytes i32) (param $seed i64) (param $factor i64)
  (result i64) (local $hash i64) (local $last i32)
  (local.set $hash (i64.xor (local.get $seed) (i64.extend_i32_u (local.get $bytes))))
  (local.set $last (i32.sub (i32.add (local.get $at) (local.get $bytes)) (i32.const 8)))
  (loop $words
    (local.set $hash (i64.mul (local.get $factor)
      (i64.xor (local.get $hash) (i64.load $source (local.get $at)))))
    (local.set $hash (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32))))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $words (i32.lt_u (local.get $at) (local.get $last))))
  (local.set $hash (i64.mul (local.get $factor)
    (i64.xor (local.get $hash) (i64.load $source (local.get $last)))))
  (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 29))))

;; Whether as many bytes are the same; at least 8.
(func $same (param $own i32) (param $at i32) (param $bytes i32) (result i32) (local $last i32)
  (local.set $last (i32.sub (local.get $bytes) (i32.const 8)))
  (if (i64.ne (i64.load $own (i32.add (local.get $own) (local.get $last)))
      (i64.load $source (i32.add (local.get $at) (local.get $last))))
    (then (return (i32.const 0))))
  (local.set $last (i32.add (local.get $own) (local.get $last)))
  (loop $words
    (if (i64.ne (i64.load $own (local.get $own)) (i64.load $source (local.get $at)))
      (then (return (i32.const 0))))
    (local.set $own (i32.add (local.get $own) (i32.const 8)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $words (i32.lt_u (local.get $own) (local.get $last))))
  (i32.const 1))

;; The text at the packed place in the source memory, copied: packed place in our own.
(func $kept (param $text i64) (result i64) (local $at i32) (local $bytes i32)
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (local.set $at (call $text_room (local.get $bytes)))
  (memory.copy $own $source (local.get $at) (i32.wrap_i64 (local.get $text)) (local.get $bytes))
  (i64.or (i64.and (local.get $text) (i64.const 0xffffffff00000000))
    (i64.extend_i32_u (local.get $at))))

;; Below 0, 0 or above 0 as the text in the source memory stands to ours in the order of bytes.
(func $order (param $text i64) (param $ours i64) (result i32)
  (local $at i32) (local $own i32) (local $left i32) (local $difference i32)
  (local.set $at (i32.wrap_i64 (local.get $text)))
  (local.set $own (i32.wrap_i64 (local.get $ours)))
  (local.set $text (i64.shr_u (local.get $text) (i64.const 32)))
  (local.set $ours (i64.shr_u (local.get $ours) (i64.const 32)))
  (local.set $left (i32.wrap_i64
    (select (local.get $text) (local.get $ours) (i64.lt_u (local.get $text) (local.get $ours)))))
  (block $short
    (loop $words
      (br_if $short (i32.lt_u (local.get $left) (i32.const 8)))
      (br_if $short (i64.ne (i64.load $own (local.get $own)) (i64.load $source (local.get $at))))
      (local.set $own (i32.add (local.get $own) (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 8)))
      (br $words)))
  (block $end
    (loop $bytes
      (br_if $end (i32.eqz (local.get $left)))
      (local.set $difference (i32.sub (i32.load8_u $source (local.get $at))
        (i32.load8_u $own (local.get $own))))
      (if (local.get $difference) (then (return (local.get $difference))))
      (local.set $own (i32.add (local.get $own) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $bytes)))
  (i32.sub (i64.gt_u (local.get $text) (local.get $ours))
    (i64.lt_u (local.get $text) (local.get $ours))))

;; Put a text in the place of the extreme at a cell (-1: none), in its old room if it fits. The
;; 8 bytes before a kept extreme are the size of its room.
(func $keep_extreme (param $cell i32) (param $text i64)
  (local $old i64) (local $at i32) (local $bytes i32) (local $room i32)
  (local.set $old (i64.load $own (local.get $cell)))
  (local.set $bytes (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
  (if (i64.ne (local.get $old) (i64.const -1))
    (then
      (local.set $at (i32.wrap_i64 (local.get $old)))
      (local.set $room (i32.load $own (i32.sub (local.get $at) (i32.const 8))))))
  (if (i32.or (i32.eqz (local.get $at)) (i32.gt_u (local.get $bytes) (local.get $room)))
    (then
      (local.set $room (i32.add (local.get $bytes) (i32.shr_u (local.get $bytes) (i32.const 1))))
      (local.set $at (i32.add (i32.const 8)
        (call $text_room (i32.add (local.get $room) (i32.const 8)))))
      (i32.store $own (i32.sub (local.get $at) (i32.const 8)) (local.get $room))))
  (memory.copy $own $source (local.get $at) (i32.wrap_i64 (local.get $text)) (local.get $bytes))
  (i64.store $own (local.get $cell)
    (i64.or (i64.and (local.get $text) (i64.const 0xffffffff00000000))
      (i64.extend_i32_u (local.get $at)))))

(func $least_text (param $cell i32) (param $text i64) (local $old i64)
  (local.set $old (i64.load $own (local.get $cell)))
  (if (i64.ne (local.get $old) (i64.const -1))
    (then (if (i32.ge_s (call $order (local.get $text) (local.get $old)) (i32.const 0))
      (then (return)))))
  (call $keep_extreme (local.get $cell) (local.get $text)))

(func $greatest_text (param $cell i32) (param $text i64) (local $old i64)
  (local.set $old (i64.load $own (local.get $cell)))
  (if (i64.ne (local.get $old) (i64.const -1))
    (then (if (i32.le_s (call $order (local.get $text) (local.get $old)) (i32.const 0))
      (then (return)))))
  (call $keep_extreme (local.get $cell) (local.get $text)))
