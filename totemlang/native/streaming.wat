;; A batch in chunks: the map over a chunk, then the grouping's loop over what it emitted, which is
;; still near. One call a batch, so that threads seldom hand each other the interpreter's lock.
;;
;; Words at the bottom of the machine's memory tell where it stands (see layout.py): 32 the rows that
;; the chunk emitted, 36 its first row, 40 what is being done: 1 mapped, 2 grouped, 3 neither, for the
;; loop has stopped before row 44 of what was emitted; 48 the totem left before the chunk, 56 the rows
;; emitted before it.
;;
;; `$places` are where the machine says its columns stand, `$arguments` where the grouping looks.
;; Failures and counters are copied to `$backup` before each chunk: a map that ends in a trap has
;; done its chunk in part. Nothing is grouped unless `$takes`.
;;
;; Some records need not be mapped to be grouped: see summing.py.
(module
(import "machine" "memory" (memory $source 1))
(import "machine" "begin" (func $begin (param i32 i32)))
(import "machine" "map" (func $map (param i32 i32 i64) (result i64)))
(import "grouping" "memory" (memory $own 1))
(import "grouping" "take" (func $take (param i32 i32 BOUND) (result i32)))
IMPORTS
FUNCTIONS
(func (export "stream")
  (param $from i32) (param $rows i32) (param $left i64) (param $chunk i32) (param $takes i32)
  (param $input i32) (param $input_size i32)
  (param $places i32) (param $places_size i32) (param $arguments i32)
  (param $counters i32) (param $counters_size i32) (param $backup i32) (param $most i32)
  (result i64)
  (local $stop i32) (local $out i32) (local $taken i32) (local $there i32) (local $after i64)
  (block $end
    (loop $next
      (br_if $end (i32.ge_u (local.get $from) (local.get $rows)))
      (memory.copy $source $source (local.get $backup) (i32.const 16) (i32.const FAILURES))
      (memory.copy $source $source (i32.add (local.get $backup) (i32.const FAILURES))
        (local.get $counters) (local.get $counters_size))
      (i32.store $source (i32.const 36) (local.get $from))
      (i32.store $source (i32.const 40) (i32.const 1))
      (i64.store $source (i32.const 48) (local.get $left))
      (local.set $stop (local.get $rows))
      (if (i32.gt_u (i32.sub (local.get $rows) (local.get $from)) (local.get $chunk))
        (then (local.set $stop (i32.add (local.get $from) (local.get $chunk)))))
      WITHOUT_ROWS
      (call $begin (local.get $input) (local.get $input_size))
      (local.set $left (call $map (local.get $from) (local.get $stop) (local.get $left)))
      (local.set $out (i32.load $source (i32.const 32)))
      (local.set $from (local.get $stop))
      (br_if $next (i32.eqz (local.get $out)))
      (i32.store $source (i32.const 40) (i32.const 2))
      (memory.copy $own $source (local.get $arguments) (local.get $places)
        (local.get $places_size))
      (local.set $taken (i32.const 0))
      (if (local.get $takes) (then
        (local.set $taken (call $take (i32.const 0) (local.get $out) MOST))))
      (i32.store $source (i32.const 44) (local.get $taken))
      (i64.store $source (i32.const 56)
        (i64.add (i64.load $source (i32.const 56)) (i64.extend_i32_u (local.get $taken))))
      (br_if $next (i32.eq (local.get $taken) (local.get $out)))))
  (i32.store $source (i32.const 36) (local.get $from))
  (i32.store $source (i32.const 40) (i32.const 3))
  (local.get $left)))
