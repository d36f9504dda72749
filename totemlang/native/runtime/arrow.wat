;; From the machine's memory to Arrow's layout of strings.

;; Strings to `count` + 1 offsets and the bytes, one after the other.
(func $gather_strings (param $data i32) (param $count i32) (param $offsets i32) (param $bytes i32)
  (local $end i32) (local $at i32) (local $size i32)
  (local.set $at (local.get $bytes))
  (local.set $end (i32.add (local.get $data) (i32.shl (local.get $count) (i32.const 3))))
  (i32.store (local.get $offsets) (i32.const 0))
  (loop $next
    (if (i32.lt_u (local.get $data) (local.get $end))
      (then
        (local.set $size (i32.load offset=4 (local.get $data)))
        (call $move (local.get $at) (i32.load (local.get $data)) (local.get $size))
        (local.set $at (i32.add (local.get $at) (local.get $size)))
        (local.set $offsets (i32.add (local.get $offsets) (i32.const 4)))
        (i32.store (local.get $offsets) (i32.sub (local.get $at) (local.get $bytes)))
        (local.set $data (i32.add (local.get $data) (i32.const 8)))
        (br $next)))))
