;; Memory: a temporary area that grows upwards and is set back to a mark, and blocks held until
;; they are released. Both take pages of the one memory as they need them; where it cannot grow,
;; the machine traps, and its host runs the batch again where memory has no such bound.
;; The last {MARGIN} bytes of the memory are nobody's: so many may be read from wherever a string
;; begins, and beyond wherever it ends.

;; The temporary area is a list of chunks {i32 chunk before, i32 own end, 8 bytes free}.
(global $heap (mut i32) (i32.const 0))
(global $heap_end (mut i32) (i32.const 0))
(global $chunk (mut i32) (i32.const 0))
;; Chunks that a reset left: {i32 next, i32 own end}.
(global $spare_chunks (mut i32) (i32.const 0))
;; Heads of the lists of released blocks, one a size class.
(global $released (mut i32) (i32.const 0))
;; Where new held blocks are cut from.
(global $held (mut i32) (i32.const 0))
(global $held_end (mut i32) (i32.const 0))

;; Take over the memory from `base` on.
(func $start_memory (param $base i32)
  (local.set $base (i32.and (i32.add (local.get $base) (i32.const 7)) (i32.const -8)))
  (block $enough
    (br_if $enough (i32.ge_u (memory.size) (i32.const 65535)))
    (br_if $enough (i32.ge_u
      (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4096)) (local.get $base)))
    (drop (call $take_pages (i32.add (i32.sub (local.get $base)
      (i32.shl (memory.size) (i32.const 16))) (i32.const 4096)))))
  (global.set $released (local.get $base))
  (memory.fill (local.get $base) (i32.const 0) (i32.const 512))
  (global.set $chunk (i32.add (local.get $base) (i32.const 512)))
  (global.set $heap (i32.add (local.get $base) (i32.const 528)))
  (global.set $heap_end (i32.sub
    (i32.shl
      (select (memory.size) (i32.const 65535) (i32.lt_u (memory.size) (i32.const 65535)))
      (i32.const 16))
    (i32.const {MARGIN})))
  (i32.store (global.get $chunk) (i32.const 0))
  (i32.store offset=4 (global.get $chunk) (global.get $heap_end)))

;; So many bytes from where the memory ended, but for its margin.
(func $take_pages (param $bytes i32) (result i32)
  (local $pages i32) (local $at i32)
  (local.set $pages (i32.shr_u (i32.add (local.get $bytes) (i32.const 65535)) (i32.const 16)))
  (if (i32.gt_u (i32.add (memory.size) (local.get $pages)) (i32.const 65535)) (then unreachable))
  (local.set $at (memory.grow (local.get $pages)))
  (if (i32.eq (local.get $at) (i32.const -1)) (then unreachable))
  (i32.sub (i32.shl (local.get $at) (i32.const 16)) (i32.const {MARGIN})))

;; Temporary bytes, aligned to 8.
(func $alloc (param $bytes i32) (result i32)
  (local $at i32)
  (if (i32.lt_s (local.get $bytes) (i32.const 0)) (then unreachable))
  (local.set $bytes (i32.and (i32.add (local.get $bytes) (i32.const 7)) (i32.const -8)))
  (local.set $at (global.get $heap))
  (if (i32.lt_u (i32.sub (global.get $heap_end) (local.get $at)) (local.get $bytes))
    (then
      (call $next_chunk (local.get $bytes))
      (local.set $at (global.get $heap))))
  (global.set $heap (i32.add (local.get $at) (local.get $bytes)))
  (local.get $at))

;; Make room for so many temporary bytes at `$heap`: a spare chunk, or the present one made longer,
;; or new pages.
(func $next_chunk (param $bytes i32)
  (local $before i32) (local $at i32) (local $end i32) (local $size i32)
  (local.set $at (global.get $spare_chunks))
  (block $none
    (loop $next
      (br_if $none (i32.eqz (local.get $at)))
      (if (i32.ge_u
            (i32.sub (i32.load offset=4 (local.get $at)) (i32.add (local.get $at) (i32.const 16)))
            (local.get $bytes))
        (then
          (if (local.get $before)
            (then (i32.store (local.get $before) (i32.load (local.get $at))))
            (else (global.set $spare_chunks (i32.load (local.get $at)))))
          (call $open_chunk (local.get $at) (i32.load offset=4 (local.get $at)))
          (return)))
      (local.set $before (local.get $at))
      (local.set $at (i32.load (local.get $at)))
      (br $next)))
  ;; a mebibyte at least, as long as the memory may still grow so much
  (local.set $size (i32.add (local.get $bytes) (i32.const 16)))
  (if (i32.lt_u (local.get $size) (i32.const 1048576))
    (then
      (local.set $at (memory.grow (i32.const 16)))
      (if (i32.eq (local.get $at) (i32.const -1))
        (then (local.set $at (call $take_pages (local.get $size))))
        (else (local.set $at
          (i32.sub (i32.shl (local.get $at) (i32.const 16)) (i32.const {MARGIN}))))))
    (else (local.set $at (call $take_pages (local.get $size)))))
  (if (i32.ge_u (memory.size) (i32.const 65536)) (then unreachable))
  (local.set $end (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {MARGIN})))
  (if (i32.eq (local.get $at) (global.get $heap_end))
    (then
      (global.set $heap_end (local.get $end))
      (i32.store offset=4 (global.get $chunk) (local.get $end)))
    (else (call $open_chunk (local.get $at) (local.get $end)))))

(func $open_chunk (param $at i32) (param $end i32)
  (i32.store (local.get $at) (global.get $chunk))
  (i32.store offset=4 (local.get $at) (local.get $end))
  (global.set $chunk (local.get $at))
  (global.set $heap (i32.add (local.get $at) (i32.const 16)))
  (global.set $heap_end (local.get $end)))

;; Back to a mark, which `$heap` was once.
(func $reset (param $mark i32)
  (local $left i32)
  (block $found
    (loop $back
      (br_if $found (i32.le_u
        (i32.sub (local.get $mark) (i32.add (global.get $chunk) (i32.const 16)))
        (i32.sub (global.get $heap_end) (i32.add (global.get $chunk) (i32.const 16)))))
      (local.set $left (global.get $chunk))
      (global.set $chunk (i32.load (local.get $left)))
      (if (i32.eqz (global.get $chunk)) (then unreachable))
      (global.set $heap_end (i32.load offset=4 (global.get $chunk)))
      (i32.store (local.get $left) (global.get $spare_chunks))
      (global.set $spare_chunks (local.get $left))
      (br $back)))
  (global.set $heap (local.get $mark)))

;; A block until it is released. Before it lie 8 bytes with its size class: four classes to each
;; power of two, so a quarter at most is lost, and what grows step by step moves seldom.
(func $hold (param $bytes i32) (result i32)
  (local $size i32) (local $power i32) (local $class i32) (local $at i32)
  (if (i32.gt_u (local.get $bytes) (i32.const 0x60000000)) (then unreachable))
  (local.set $size (i32.add (local.get $bytes) (i32.const 8)))
  (if (i32.lt_u (local.get $size) (i32.const 32)) (then (local.set $size (i32.const 32))))
  ;; class = 4 · power + the next two digits, after rounding up
  (local.set $power (i32.sub (i32.const 31) (i32.clz (local.get $size))))
  (local.set $size (i32.add (local.get $size)
    (i32.sub (i32.shl (i32.const 1) (i32.sub (local.get $power) (i32.const 2))) (i32.const 1))))
  (local.set $power (i32.sub (i32.const 31) (i32.clz (local.get $size))))
  (local.set $class (i32.add (i32.shl (local.get $power) (i32.const 2))
    (i32.and (i32.shr_u (local.get $size) (i32.sub (local.get $power) (i32.const 2)))
      (i32.const 3))))
  (local.set $at (i32.load (i32.add (global.get $released)
    (i32.shl (local.get $class) (i32.const 2)))))
  (if (local.get $at)
    (then
      (i32.store (i32.add (global.get $released) (i32.shl (local.get $class) (i32.const 2)))
        (i32.load (local.get $at)))
      (return (local.get $at))))
  (local.set $size (call $class_bytes (local.get $class)))
  (local.set $at (global.get $held))
  (if (i32.lt_u (i32.sub (global.get $held_end) (local.get $at)) (local.get $size))
    (then
      (if (i32.ge_u (local.get $size) (i32.const 131072))
        (then (local.set $at (call $take_pages (local.get $size))))
        (else
          (local.set $at (call $take_pages (i32.const 262144)))
          (global.set $held (i32.add (local.get $at) (local.get $size)))
          (global.set $held_end (i32.add (local.get $at) (i32.const 262144))))))
    (else (global.set $held (i32.add (local.get $at) (local.get $size)))))
  (i32.store (local.get $at) (local.get $class))
  (i32.add (local.get $at) (i32.const 8)))

;; Bytes of a block of a class, the 8 before it included.
(func $class_bytes (param $class i32) (result i32)
  (i32.shl
    (i32.or (i32.const 4) (i32.and (local.get $class) (i32.const 3)))
    (i32.sub (i32.shr_u (local.get $class) (i32.const 2)) (i32.const 2))))

;; Bytes that a held block has room for.
(func $room (param $block i32) (result i32)
  (i32.sub (call $class_bytes (i32.load (i32.sub (local.get $block) (i32.const 8))))
    (i32.const 8)))

;; Give back a held block; 0 is none.
(func $release (param $block i32)
  (local $list i32)
  (if (i32.eqz (local.get $block)) (then return))
  (local.set $list (i32.add (global.get $released)
    (i32.shl (i32.load (i32.sub (local.get $block) (i32.const 8))) (i32.const 2))))
  (i32.store (local.get $block) (i32.load (local.get $list)))
  (i32.store (local.get $list) (local.get $block)))

;; Copy bytes, which may overlap: all that is read is read before the first is written. Most are
;; few, and a call out of the machine would cost more.
(func $move (param $to i32) (param $from i32) (param $bytes i32)
  (local $first i64) (local $last i64) (local $some v128) (local $end v128)
  (if (i32.gt_u (local.get $bytes) (i32.const 16))
    (then
      (if (i32.gt_u (local.get $bytes) (i32.const 64))
        (then (memory.copy (local.get $to) (local.get $from) (local.get $bytes)) (return)))
      (if (i32.gt_u (local.get $bytes) (i32.const 32))
        (then (return (call $move_64 (local.get $to) (local.get $from) (local.get $bytes)))))
      (local.set $some (v128.load (local.get $from)))
      (local.set $end (v128.load (i32.sub (i32.add (local.get $from) (local.get $bytes))
        (i32.const 16))))
      (v128.store (local.get $to) (local.get $some))
      (v128.store (i32.sub (i32.add (local.get $to) (local.get $bytes)) (i32.const 16))
        (local.get $end))
      (return)))
  (if (i32.ge_u (local.get $bytes) (i32.const 8))
    (then
      (local.set $first (i64.load (local.get $from)))
      (local.set $last (i64.load (i32.sub (i32.add (local.get $from) (local.get $bytes))
        (i32.const 8))))
      (i64.store (local.get $to) (local.get $first))
      (i64.store (i32.sub (i32.add (local.get $to) (local.get $bytes)) (i32.const 8))
        (local.get $last))
      (return)))
  (if (i32.ge_u (local.get $bytes) (i32.const 4))
    (then
      (local.set $first (i64.load32_u (local.get $from)))
      (local.set $last (i64.load32_u (i32.sub (i32.add (local.get $from) (local.get $bytes))
        (i32.const 4))))
      (i64.store32 (local.get $to) (local.get $first))
      (i64.store32 (i32.sub (i32.add (local.get $to) (local.get $bytes)) (i32.const 4))
        (local.get $last))
      (return)))
  (if (local.get $bytes)
    (then
      (local.set $first (i64.load8_u (local.get $from)))
      (local.set $last (i64.load8_u (i32.add (local.get $from)
        (i32.shr_u (local.get $bytes) (i32.const 1)))))
      (i64.store8
        (i32.add (local.get $to) (i32.sub (local.get $bytes) (i32.const 1)))
        (i64.load8_u (i32.add (local.get $from) (i32.sub (local.get $bytes) (i32.const 1)))))
      (if (i32.gt_u (local.get $bytes) (i32.const 1))
        (then
          (i64.store8 (local.get $to) (local.get $first))
          (if (i32.eq (local.get $bytes) (i32.const 3))
            (then (i64.store8 offset=1 (local.get $to) (local.get $last)))))))))

;; The same of 32 to 64 bytes.
(func $move_64 (param $to i32) (param $from i32) (param $bytes i32)
  (local $first v128) (local $second v128) (local $third v128) (local $last v128)
  (local.set $first (v128.load (local.get $from)))
  (local.set $second (v128.load offset=16 (local.get $from)))
  (local.set $from (i32.sub (i32.add (local.get $from) (local.get $bytes)) (i32.const 32)))
  (local.set $third (v128.load (local.get $from)))
  (local.set $last (v128.load offset=16 (local.get $from)))
  (v128.store (local.get $to) (local.get $first))
  (v128.store offset=16 (local.get $to) (local.get $second))
  (local.set $to (i32.sub (i32.add (local.get $to) (local.get $bytes)) (i32.const 32)))
  (v128.store (local.get $to) (local.get $third))
  (v128.store offset=16 (local.get $to) (local.get $last)))
