"""Runs of rows with the same key in WebAssembly text: their columns go in one after the other.

Rows in their order of time or place often have long runs. A loop first looks how far the key of its
first row goes on; a long run of a known group goes in as a stretch, all else row by row.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.native.grouping.few import Few
from totemlang.native.grouping.layout import Layout, State
from totemlang.native.grouping.loops import Loops
from totemlang.native.grouping.plain import FIRST_STEP, Plain
from totemlang.native.grouping.stretch import Stretches
from totemlang.native.values import WIDTH
from totemlang.schema.types import Kind

_LEAST, _MOST = 32, 1_024
"""Rows of a run: fewer go row by row, of longer ones so many at once."""

_TURN = 16
"""Strings compared in a turn: they have whole vectors of bytes, whatever their size."""

_LAST_STEP = 256
"""Rows, at most, that go in row by row before the next look for a run."""


@frozen
class Runs:
    """Texts of these functions for a layout with keys."""

    layout: Layout
    state: State
    loops: Loops
    stretches: Stretches
    plain: Plain
    few: Few

    def functions(self) -> Iterable[str]:
        """All the functions."""
        for part, kind in enumerate(self.layout.signature.keys):
            yield self._run_of_texts(part) if kind is Kind.STRING else ""
            yield self._run(part, kind)
        if self.layout.is_plain:
            yield from self.plain.functions()
        if self.layout.few:
            yield from self.few.functions()
        if self.layout.is_direct:
            yield self._known_directly()
            yield self._driver("direct", "$known_directly", limit="")
        yield self._known()
        yield self._driver("hashed", "$known", limit="$most")
        if self.layout.long_words:
            yield self._driver("hashed_long", "$known", limit="$most")

    def _driver(self, name: str, known: str, limit: str) -> str:
        """The loop that is called: runs at once, in between `${name}_rows`."""
        at = self.layout.count
        runs = "(local.set $number (call $run0 (local.get $from) (local.get $number)))"
        for part in range(1, len(self.layout.signature.keys)):
            runs += f"""(if (i32.ge_u (local.get $number) (i32.const {_LEAST})) (then
  (local.set $number (call $run{part} (local.get $from) (local.get $number)))))"""
        plain = ""
        if name == "direct" and self.layout.is_plain:
            plain = self.plain.attempt()
        if plain and self.layout.few:
            plain = self.few.attempt() + plain
        parameter, given = (f"(param {limit} i32)", f"(local.get {limit})") if limit else ("", "")
        return f"""
(func (export "{name}") (param $from i32) (param $rows i32) {parameter} (result i32)
  (local $number i32)(local $step i32)(local $stop i32)(local $e i32)(local $count i64)
  (local $more i64)(local $patience i32)
  (local.set $step (i32.const {FIRST_STEP}))
  (block $done
    (loop $again
      (br_if $done (i32.ge_u (local.get $from) (local.get $rows)))
      (local.set $number (i32.sub (local.get $rows) (local.get $from)))
      (block $single
        (br_if $single (i32.lt_u (local.get $number) (i32.const {_LEAST})))
        (if (i32.gt_u (local.get $number) (i32.const {_MOST})) (then
          (local.set $number (i32.const {_MOST}))))
        {runs}
        (br_if $single (i32.lt_u (local.get $number) (i32.const {_LEAST})))
        (local.set $e (call {known} (local.get $from)))
        (br_if $single (i32.eqz (local.get $e)))
        {self.stretches.calls("(local.get $number)")}
        (local.set $count (i64.load $own offset={at} (local.get $e)))
        (local.set $more (i64.extend_i32_u (local.get $number)))
        {self.loops.counted_more()}
        (local.set $from (i32.add (local.get $from) (local.get $number)))
        (local.set $step (i32.const {FIRST_STEP}))
        (br $again))
      {plain}
      (local.set $stop (i32.add (local.get $from) (local.get $step)))
      (if (i32.gt_u (local.get $stop) (local.get $rows)) (then
        (local.set $stop (local.get $rows))))
      (local.set $from (call ${name}_rows (local.get $from) (local.get $stop) {given}))
      (br_if $done (i32.lt_u (local.get $from) (local.get $stop)))
      (if (i32.lt_u (local.get $step) (i32.const {_LAST_STEP})) (then
        (local.set $step (i32.shl (local.get $step) (i32.const 1)))))
      (br $again)))
  (local.get $from))"""

    def _start(self, part: int, kind: Kind) -> str:
        """Set `$p` to where part `part` of row `$from` stands."""
        start = f"(i32.load $own (i32.const {self.state.arguments + 4 * part}))"
        moved = f"(i32.add {start} (i32.mul (local.get $from) (i32.const {WIDTH[kind]})))"
        return f"(local.set $p {moved})"

    def _run(self, part: int, kind: Kind) -> str:
        """Of how many rows, at least, from `$from` on a part is the same; 32 or more, else 0.

        Strings that lie in the same place are the same; if they do not, their bytes are compared.
        """
        width = WIDTH[kind]
        lanes = {1: "i8x16", 4: "i32x4", 8: "i64x2"}[width]
        form = "i64" if width == 8 else "i32"
        load = "i32.load8_u" if width == 1 else f"{form}.load"
        last = f"offset={width * (_LEAST - 1)} (local.get $p)"
        otherwise = "(i32.const 0)"
        if kind is Kind.STRING:
            otherwise = f"(call $texts{part} (local.get $p) (local.get $number))"
        vectors = 8 if width == 8 else 2  # looked at in a turn
        same = f"({lanes}.eq (v128.load $source (local.get $p)) (local.get $x))"
        for vector in range(1, vectors):
            other = f"(v128.load $source offset={16 * vector} (local.get $p))"
            same = f"(v128.and {same} ({lanes}.eq {other} (local.get $x)))"
        turn = vectors * 16 // width
        return f"""
(func $run{part} (param $from i32) (param $number i32) (result i32)
  (local $p i32)(local $start i32)(local $x v128)(local $end i32)
  {self._start(part, kind)}
  (if ({form}.ne ({load} $source (local.get $p)) ({load} $source {last})) (then
    (return {otherwise})))
  (local.set $start (local.get $p))
  (local.set $end (i32.add (local.get $p) (i32.mul (i32.const {width})
    (i32.and (local.get $number) (i32.const {-turn})))))
  (local.set $x ({lanes}.splat ({load} $source (local.get $p))))
  (block $other
    (loop $same
      (br_if $other (i32.eqz ({lanes}.all_true {same})))
      (local.set $p (i32.add (local.get $p) (i32.const {16 * vectors})))
      (br_if $same (i32.lt_u (local.get $p) (local.get $end)))))
  (local.set $number (i32.div_u (i32.sub (local.get $p) (local.get $start)) (i32.const {width})))
  (if (i32.ge_u (local.get $number) (i32.const {_LEAST})) (then (return (local.get $number))))
  {otherwise.replace("$p", "$start")})"""

    def _run_of_texts(self, part: int) -> str:
        """The same by the bytes of strings of at most 16.

        Strings of one size that lie one behind the other are compared with the ones before them,
        many at once; the others one after the other with the first.
        """
        size = "(i64.shr_u (local.get $text) (i64.const 32))"
        place = "(i32.wrap_i64 (local.get $text))"
        differs = f"""(i32.or (i64.ne {size} (local.get $size))
  (i32.gt_u {place} (local.get $limit)))"""
        return f"""
(func $texts{part} (param $p i32) (param $number i32) (result i32)
  (local $text i64)(local $size i64)(local $limit i32)(local $mask v128)(local $x v128)
  (local $left i32)(local $at i32)(local $end i32)(local $apart i32)(local $next v128)
  (local $two v128)
  (local.set $limit (i32.sub (i32.shl (memory.size $source) (i32.const 16)) (i32.const 16)))
  (local.set $text (i64.load $source (local.get $p)))
  (local.set $size {size})
  (if (i32.or (i64.gt_u (local.get $size) (i64.const 16))
      (i32.gt_u {place} (local.get $limit))) (then (return (i32.const 0))))
  (local.set $left (local.get $number))
  {self._texts_in_a_row(place)}
  (local.set $text (i64.load $source (local.get $p)))
  (local.set $mask (v128.load $own (i32.add (i32.const {self.state.masks})
    (i32.shl (i32.wrap_i64 (local.get $size)) (i32.const 4)))))
  (local.set $x (v128.load $source {place}))
  (block $other
    (loop $same
      (br_if $other (i32.eqz (local.get $left)))
      (local.set $text (i64.load $source (local.get $p)))
      (br_if $other {differs})
      (br_if $other (v128.any_true (v128.and (local.get $mask)
        (v128.xor (local.get $x) (v128.load $source {place})))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $same)))
  (i32.and (i32.sub (local.get $number) (local.get $left)) (i32.const -8)))"""

    def _texts_in_a_row(self, place: str) -> str:
        """Go on from the first string over turns of equal ones, each behind the one before.

        `$p` and `$left` are those of the last one then.
        """
        places = ["(v128.xor (v128.load $source offset=8 (local.get $p)) (local.get $next))"]
        for pair in range(1, _TURN // 2):
            load = f"(v128.load $source offset={16 * pair + 8} (local.get $p))"
            places.append(f"""(local.set $next (i64x2.add (local.get $next) (local.get $two)))
(local.set $x (v128.or (local.get $x) (v128.xor {load} (local.get $next))))""")
        return f"""
(block $uneven
  (br_if $uneven (i64.gt_u (i64.add (i64.extend_i32_u {place})
      (i64.mul (local.get $size) (i64.extend_i32_u (local.get $number))))
    (i64.extend_i32_u (local.get $limit))))
  (local.set $apart (i32.wrap_i64 (local.get $size)))
  (local.set $at {place})
  (local.set $two (i64x2.splat (i64.shl (local.get $size) (i64.const 1))))
  (local.set $next (i64x2.replace_lane 1 (i64x2.splat
    (i64.add (local.get $text) (local.get $size)))
    (i64.add (local.get $text) (i64.shl (local.get $size) (i64.const 1)))))
  (loop $turn
    (br_if $uneven (i32.le_u (local.get $left) (i32.const {_TURN})))
    (local.set $x {places[0]})
    {" ".join(places[1:])}
    (local.set $next (i64x2.add (local.get $next) (local.get $two)))
    (br_if $uneven (v128.any_true (local.get $x)))
    (local.set $end (i32.add (local.get $at)
      (i32.mul (local.get $apart) (i32.const {_TURN}))))
    (if (local.get $apart) (then
      (loop $bytes
        (local.set $x (v128.or (local.get $x) (v128.xor (v128.load $source (local.get $at))
          (v128.load $source (i32.add (local.get $at) (local.get $apart))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $bytes (i32.lt_u (local.get $at) (local.get $end))))))
    (br_if $uneven (v128.any_true (local.get $x)))
    (local.set $p (i32.add (local.get $p) (i32.const {8 * _TURN})))
    (local.set $left (i32.sub (local.get $left) (i32.const {_TURN})))
    (br $turn)))"""

    def _known_directly(self) -> str:
        keys = self.loops.keys
        return f"""
(func $known_directly (param $from i32) (result i32)
  (local $e i32)(local $base i32){self.loops.row_locals}{keys.range_locals()}
  {self.loops.pointers()} {keys.load_ranges()}
  (local.set $base (i32.load $own (i32.const {self.state.direct})))
  (block $stop
    {keys.load_parts()}
    {keys.direct("(local.get $base)")}
    (br_if $stop (i64.eqz (i64.load $own offset={self.layout.count} (local.get $e))))
    (return (local.get $e)))
  (i32.const 0))"""

    def _known(self) -> str:
        """The group of row `$from` in the only table; 0 if it has none yet."""
        keys, has_long = self.loops.keys, bool(self.layout.long_words)
        return f"""
(func $known (param $from i32) (result i32)
  (local $e i32)(local $table i32){self.loops.row_locals}{keys.word_locals}
  {self.loops.table_locals}
  (local.set $table (i32.const {self.state.tables}))
  {self.loops.pointers()} {keys.load_seeds()} {keys.limit} {self.loops.open_table()}
  (block $rare
    (block $edge
      {keys.load_parts()}
      {keys.words_at_once(has_long=has_long)}
      {keys.hash()}
      {self.loops.find_at_once("", has_long=has_long)}
      (return (local.get $e))))
  (i32.const 0))"""
