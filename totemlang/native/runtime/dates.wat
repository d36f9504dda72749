;; Dates and times: the proleptic Gregorian calendar from 0001-01-01 to 9999-12-31. A date is days
;; since 1970-01-01, a timestamp and a duration microseconds. The first day is −719162, the last
;; 2932896; counted from the first moment of them, timestamps are not negative, and unsigned
;; division is what floor division is. Parts of them are written where they are asked for, as
;; `tables/native_times.py` has them.

(func $make_date (param $year i32) (param $month i32) (param $day i32) (result i32)
  (local $last i32)
  (block $none
    (br_if $none (i32.ge_u (i32.sub (local.get $year) (i32.const 1)) (i32.const 9999)))
    (br_if $none (i32.ge_u (i32.sub (local.get $month) (i32.const 1)) (i32.const 12)))
    (local.set $last
      (if (result i32) (i32.eq (local.get $month) (i32.const 2))
        (then (i32.add (i32.const 28)
          (i32.eqz (i32.and (local.get $year)
            (select (i32.const 3) (i32.const 15)
              (i32.rem_u (local.get $year) (i32.const 25)))))))
        (else (i32.or (i32.const 30)
          (i32.xor (local.get $month) (i32.shr_u (local.get $month) (i32.const 3)))))))
    (br_if $none (i32.ge_u (i32.sub (local.get $day) (i32.const 1)) (local.get $last)))
    ;; years and months from March
    (if (i32.le_u (local.get $month) (i32.const 2))
      (then
        (local.set $year (i32.sub (local.get $year) (i32.const 1)))
        (local.set $month (i32.add (local.get $month) (i32.const 9))))
      (else (local.set $month (i32.sub (local.get $month) (i32.const 3)))))
    (return
      (i32.add
        (i32.add
          (i32.sub
            (i32.add (i32.mul (local.get $year) (i32.const 365))
              (i32.shr_u (local.get $year) (i32.const 2)))
            (i32.div_u (local.get $year) (i32.const 100)))
          (i32.div_u (local.get $year) (i32.const 400)))
        (i32.add
          (i32.div_u
            (i32.add (i32.mul (local.get $month) (i32.const 153)) (i32.const 2)) (i32.const 5))
          (i32.sub (local.get $day) (i32.const 719469))))))
  (global.set $failed (i32.const {NO_SUCH_DATE}))
  (i32.const 0))

(func $between_date (param $one i32) (param $other i32) (result i64)
  (i64.mul (i64.extend_i32_s (i32.sub (local.get $one) (local.get $other)))
    (i64.const 86400000000)))

(func $between_timestamp (param $one i64) (param $other i64) (result i64)
  (i64.sub (local.get $one) (local.get $other)))

;; The day that is so many microseconds later or earlier, which must be whole days.
;; each {name} {sign}: later add | earlier sub
(func ${name}_date (param $day i32) (param $by i64) (result i32)
  (if (i64.ne (i64.rem_s (local.get $by) (i64.const 86400000000)) (i64.const 0))
    (then (global.set $failed (i32.const {NOT_WHOLE_DAYS})) (return (i32.const 0))))
  (local.set $day (i32.{sign}
    (local.get $day)
    (i32.wrap_i64 (i64.div_s (local.get $by) (i64.const 86400000000)))))
  (if (i32.gt_u (i32.add (local.get $day) (i32.const 719162)) (i32.const 3652058))
    (then (global.set $failed (i32.const {TIME_OUT_OF_RANGE})) (return (i32.const 0))))
  (local.get $day))

;; The bounds of `by` cannot overflow, the result could.
(func $later_timestamp (param $moment i64) (param $by i64) (result i64)
  (if (i32.or
        (i64.lt_s (local.get $by)
          (i64.sub (i64.const -62135596800000000) (local.get $moment)))
        (i64.gt_s (local.get $by)
          (i64.sub (i64.const 253402300799999999) (local.get $moment))))
    (then (global.set $failed (i32.const {TIME_OUT_OF_RANGE})) (return (i64.const 0))))
  (i64.add (local.get $moment) (local.get $by)))

(func $earlier_timestamp (param $moment i64) (param $by i64) (result i64)
  (if (i32.or
        (i64.lt_s (local.get $by)
          (i64.sub (local.get $moment) (i64.const 253402300799999999)))
        (i64.gt_s (local.get $by)
          (i64.sub (local.get $moment) (i64.const -62135596800000000))))
    (then (global.set $failed (i32.const {TIME_OUT_OF_RANGE})) (return (i64.const 0))))
  (i64.sub (local.get $moment) (local.get $by)))

;; The start of the period that holds the moment, counted from Monday 0001-01-01T00:00.
(func $floor_to (param $moment i64) (param $period i64) (result i64)
  (if (i64.le_s (local.get $period) (i64.const 0))
    (then (global.set $failed (i32.const {PERIOD})) (return (i64.const 0))))
  (i64.sub
    (local.get $moment)
    (i64.rem_u
      (i64.add (local.get $moment) (i64.const 62135596800000000))
      (local.get $period))))
