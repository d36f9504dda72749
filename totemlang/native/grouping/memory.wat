;; Room for tables and strings. Blocks are powers of two; freed ones wait in a list of their size.
;; State: 0 where untouched memory begins (i64), 8 bytes handed out (i64), 16 and 20 the stretch
;; that texts are cut from, 24 bytes from which on no new key is taken (i64), 64.. the lists of freed
;; blocks by binary logarithm.

(func $alloc (export "alloc") (param $bytes i32) (result i32) (local $class i32) (local $list i32) (local $at i32)
  (local $end i64)
  (local.set $class (i32.const 6))
  (if (i32.gt_u (local.get $bytes) (i32.const 64))
    (then (local.set $class
      (i32.sub (i32.const 32) (i32.clz (i32.sub (local.get $bytes) (i32.const 1)))))))
  (if (i32.gt_u (local.get $class) (i32.const 30)) (then (unreachable)))
  (i64.store $own (i32.const 8) (i64.add (i64.load $own (i32.const 8))
    (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $class)))))
  (local.set $list (i32.add (i32.const 64) (i32.shl (local.get $class) (i32.const 2))))
  (local.set $at (i32.load $own (local.get $list)))
  (if (local.get $at)
    (then
      (i32.store $own (local.get $list) (i32.load $own (local.get $at)))
      (return (local.get $at))))
  (local.set $at (i32.wrap_i64 (i64.load $own (i32.const 0))))
  (local.set $end (i64.add (i64.load $own (i32.const 0))
    (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $class)))))
  (if (i64.gt_u (local.get $end) (i64.const 0xffff0000)) (then (unreachable)))
  (call $reach (local.get $end))
  (i64.store $own (i32.const 0) (local.get $end))
  (local.get $at))

;; Make the memory at least so large; traps where it may not be.
(func $reach (param $end i64) (local $pages i64) (local $more i64)
  (local.set $pages (i64.shr_u (i64.add (local.get $end) (i64.const 65535)) (i64.const 16)))
  (local.set $more
    (i64.sub (local.get $pages) (i64.extend_i32_u (memory.size $own))))
  (if (i64.gt_s (local.get $more) (i64.const 0))
    (then
      (if (i32.eq (memory.grow $own (i32.wrap_i64 (local.get $more))) (i32.const -1))
        (then (unreachable))))))

(func $free (export "free") (param $at i32) (param $bytes i32) (local $class i32) (local $list i32)
  (if (i32.eqz (local.get $at)) (then (return)))
  (local.set $class (i32.const 6))
  (if (i32.gt_u (local.get $bytes) (i32.const 64))
    (then (local.set $class
      (i32.sub (i32.const 32) (i32.clz (i32.sub (local.get $bytes) (i32.const 1)))))))
  (i64.store $own (i32.const 8) (i64.sub (i64.load $own (i32.const 8))
    (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $class)))))
  (local.set $list (i32.add (i32.const 64) (i32.shl (local.get $class) (i32.const 2))))
  (i32.store $own (local.get $at) (i32.load $own (local.get $list)))
  (i32.store $own (local.get $list) (local.get $at)))

;; Room for a text that stays as long as the tables: cut from a stretch, never freed singly.
(func $text_room (param $bytes i32) (result i32) (local $at i32)
  (local.set $bytes (i32.and (i32.add (local.get $bytes) (i32.const 7)) (i32.const -8)))
  (if (i32.gt_u (local.get $bytes) (i32.const 16384))
    (then (return (call $alloc (local.get $bytes)))))
  (local.set $at (i32.load $own (i32.const 16)))
  (if (i32.gt_u (local.get $bytes) (i32.sub (i32.load $own (i32.const 20)) (local.get $at)))
    (then
      (local.set $at (call $alloc (i32.const 65536)))
      (i32.store $own (i32.const 20) (i32.add (local.get $at) (i32.const 65536)))))
  (i32.store $own (i32.const 16) (i32.add (local.get $at) (local.get $bytes)))
  (local.get $at))
