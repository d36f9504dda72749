;; Between the machine's memory and Arrow's layouts: strings as offsets and bytes, truth as bits.

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

;; Offsets and bytes as strings, which lie in those bytes.
(func $pack_strings (param $offsets i32) (param $bytes i32) (param $count i32) (param $out i32)
  (local $end i32) (local $start i32) (local $stop i32)
  (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 3))))
  (local.set $stop (i32.load (local.get $offsets)))
  (loop $next
    (if (i32.lt_u (local.get $out) (local.get $end))
      (then
        (local.set $start (local.get $stop))
        (local.set $offsets (i32.add (local.get $offsets) (i32.const 4)))
        (local.set $stop (i32.load (local.get $offsets)))
        (i32.store (local.get $out) (i32.add (local.get $bytes) (local.get $start)))
        (i32.store offset=4 (local.get $out) (i32.sub (local.get $stop) (local.get $start)))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (br $next)))))

;; Bits from bit `first` on as bytes 0 and 1.
(func $unpack_bits (param $bits i32) (param $first i32) (param $count i32) (param $out i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $out) (local.get $count)))
  (loop $one
    (if (i32.and
          (i32.lt_u (local.get $out) (local.get $end))
          (i32.or
            (i32.ne (i32.and (local.get $first) (i32.const 7)) (i32.const 0))
            (i32.lt_u (i32.sub (local.get $end) (local.get $out)) (i32.const 8))))
      (then
        (i32.store8 (local.get $out) (i32.and (i32.const 1) (i32.shr_u
          (i32.load8_u (i32.add (local.get $bits) (i32.shr_u (local.get $first) (i32.const 3))))
          (i32.and (local.get $first) (i32.const 7)))))
        (local.set $first (i32.add (local.get $first) (i32.const 1)))
        (local.set $out (i32.add (local.get $out) (i32.const 1)))
        (br $one)))
    (if (i32.lt_u (local.get $out) (local.get $end))
      (then
        ;; bit k of the byte in all eight bytes is kept in byte k, then made 1
        (i64.store (local.get $out) (i64.and
          (i64.shr_u
            (i64.add
              (i64.and
                (i64.mul
                  (i64.load8_u (i32.add (local.get $bits)
                    (i32.shr_u (local.get $first) (i32.const 3))))
                  (i64.const 0x0101010101010101))
                (i64.const 0x8040201008040201))
              (i64.const 0x7f7f7f7f7f7f7f7f))
            (i64.const 7))
          (i64.const 0x0101010101010101)))
        (local.set $first (i32.add (local.get $first) (i32.const 8)))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (br $one)))))

;; Bytes 0 and 1 as bits; what is left of the last byte is 0.
(func $pack_bits (param $bytes i32) (param $count i32) (param $bits i32)
  (local $end i32) (local $byte i32) (local $shift i32)
  (local.set $end (i32.add (local.get $bytes)
    (i32.and (local.get $count) (i32.const -8))))
  (loop $eight
    (if (i32.lt_u (local.get $bytes) (local.get $end))
      (then
        (i64.store8 (local.get $bits) (i64.shr_u
          (i64.mul (i64.load (local.get $bytes)) (i64.const 0x0102040810204080))
          (i64.const 56)))
        (local.set $bytes (i32.add (local.get $bytes) (i32.const 8)))
        (local.set $bits (i32.add (local.get $bits) (i32.const 1)))
        (br $eight))))
  (local.set $count (i32.and (local.get $count) (i32.const 7)))
  (if (i32.eqz (local.get $count)) (then (return)))
  (loop $one
    (local.set $byte (i32.or (local.get $byte)
      (i32.shl (i32.load8_u (local.get $bytes)) (local.get $shift))))
    (local.set $bytes (i32.add (local.get $bytes) (i32.const 1)))
    (local.set $shift (i32.add (local.get $shift) (i32.const 1)))
    (br_if $one (i32.lt_u (local.get $shift) (local.get $count))))
  (i32.store8 (local.get $bits) (local.get $byte)))
