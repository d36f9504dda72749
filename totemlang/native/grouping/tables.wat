;; Tables by hash. A table has 32 bytes: where its groups lie, how many, room for how many, its
;; slots, 4 * (their number - 1), then its buffer: begin, fill, end. A slot of 4 bytes has 1 + the
;; place of a group among the groups in bytes; 0 is empty. There are eight a group, so that the first
;; is nearly always the right one.

;; Room for one more group with this hash, whose bytes are whatever they are.
(func $place (param $table i32) (param $h i64) (result i32)
  (local $number i32) (local $at i32)
  (local.set $number (i32.load $own offset=4 (local.get $table)))
  (if (i32.eq (local.get $number) (i32.load $own offset=8 (local.get $table)))
    (then (call $enlarge (local.get $table))))
  (local.set $at (i32.mul (local.get $number) (global.get $size)))
  (call $mark (local.get $table) (local.get $h) (local.get $at))
  (i32.store $own offset=4 (local.get $table) (i32.add (local.get $number) (i32.const 1)))
  (i32.add (i32.load $own (local.get $table)) (local.get $at)))

(func $mark (param $table i32) (param $h i64) (param $at i32)
  (local $slots i32) (local $mask i32) (local $slot i32)
  (local.set $slots (i32.load $own offset=12 (local.get $table)))
  (local.set $mask (i32.load $own offset=16 (local.get $table)))
  (local.set $slot (i32.and (i32.shl (i32.wrap_i64 (local.get $h)) (i32.const 2))
    (local.get $mask)))
  (block $empty
    (loop $probe
      (br_if $empty (i32.eqz (i32.load $own (i32.add (local.get $slots) (local.get $slot)))))
      (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 4)) (local.get $mask)))
      (br $probe)))
  (i32.store $own (i32.add (local.get $slots) (local.get $slot))
    (i32.add (local.get $at) (i32.const 1))))

;; Twice the room, at least that of 16 groups.
(func $enlarge (param $table i32)
  (local $old i32) (local $room i32) (local $new i32) (local $slots i32) (local $at i32)
  (local $end i32)
  (local.set $old (i32.load $own offset=8 (local.get $table)))
  (local.set $room (i32.shl (local.get $old) (i32.const 1)))
  (if (i32.eqz (local.get $old)) (then (local.set $room (i32.const 16))))
  (local.set $new (call $alloc (i32.mul (local.get $room) (global.get $size))))
  (local.set $end (i32.mul (i32.load $own offset=4 (local.get $table)) (global.get $size)))
  (memory.copy $own $own (local.get $new) (i32.load $own (local.get $table)) (local.get $end))
  (call $free (i32.load $own (local.get $table)) (i32.mul (local.get $old) (global.get $size)))
  (call $free (i32.load $own offset=12 (local.get $table))
    (i32.shl (local.get $old) (i32.const 5)))
  (local.set $slots (call $alloc (i32.shl (local.get $room) (i32.const 5))))
  (memory.fill $own (local.get $slots) (i32.const 0) (i32.shl (local.get $room) (i32.const 5)))
  (i32.store $own (local.get $table) (local.get $new))
  (i32.store $own offset=8 (local.get $table) (local.get $room))
  (i32.store $own offset=12 (local.get $table) (local.get $slots))
  (i32.store $own offset=16 (local.get $table)
    (i32.sub (i32.shl (local.get $room) (i32.const 5)) (i32.const 4)))
  (block $done
    (loop $groups
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (call $mark (local.get $table)
        (call $hash_of (i32.add (local.get $new) (local.get $at))) (local.get $at))
      (local.set $at (i32.add (local.get $at) (global.get $size)))
      (br $groups))))
