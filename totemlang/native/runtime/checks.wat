;; Checks of declared types: they fail, or do nothing.

(func $check_bytes (param $text i64) (param $limit i64)
  (if (i64.gt_u (i64.shr_u (local.get $text) (i64.const 32)) (local.get $limit))
    (then (global.set $failed (i32.const {STRING_TOO_LONG})))))

(func $check_bytes_all (param $array i32) (param $limit i64)
  (local $at i32) (local $end i32)
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.shl (i32.load offset=4 (local.get $array)) (i32.const 3))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (if (i64.gt_u (i64.load32_u offset=4 (local.get $at)) (local.get $limit))
          (then (global.set $failed (i32.const {STRING_TOO_LONG})) (return)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $next)))))

;; NaN lies nowhere.
;; each {form} {v} {le}: int i32 le_s | long i64 le_s | float f32 le | double f64 le
(func $check_range_{form} (param $value {v}) (param $lower {v}) (param $upper {v})
  (if (i32.eqz (i32.and
        ({v}.{le} (local.get $lower) (local.get $value))
        ({v}.{le} (local.get $value) (local.get $upper))))
    (then (global.set $failed (i32.const {OUTSIDE_DOMAIN})))))

;; each {form} {v} {le} {width}: int i32 le_s 4 | long i64 le_s 8 | float f32 le 4 | double f64 le 8
(func $check_range_all_{form} (param $array i32) (param $lower {v}) (param $upper {v})
  (local $at i32) (local $end i32) (local $value {v})
  (local.set $at (i32.load (local.get $array)))
  (local.set $end (i32.add (local.get $at)
    (i32.mul (i32.load offset=4 (local.get $array)) (i32.const {width}))))
  (loop $next
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $value ({v}.load (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const {width})))
        (br_if $next (i32.and
          ({v}.{le} (local.get $lower) (local.get $value))
          ({v}.{le} (local.get $value) (local.get $upper))))
        (global.set $failed (i32.const {OUTSIDE_DOMAIN}))))))

(func $check_length (param $array i32) (param $elements i64)
  (if (i64.ne (call $count (local.get $array)) (local.get $elements))
    (then (global.set $failed (i32.const {OTHER_LENGTH})))))

(func $same_length (param $array i32) (param $held i32)
  (call $check_length (local.get $array) (call $count (local.get $held))))
