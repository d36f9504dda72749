"""How a stage emits: it stores a row behind those before, or says that a column is one given to it.

Emitted columns stand in one block, as far from each other as `stride` says; those of eight bytes
come first, so that few pointers lead to all. The block and the rows that it has room for are at
the stage's *outputs*. Where the columns of the call at hand stand the stage leaves at its
*places*, a pointer each: in the block or, where each record emits a value of its own as it is, in
the batch.
"""

from __future__ import annotations

from attrs import define, field

from totemlang.bytecode.module import Code, Stage
from totemlang.native.layout import ROWS_OUT
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.emitted_text import emitted_text
from totemlang.native.translation.items import Item
from totemlang.native.translation.records import ROW, column_at
from totemlang.native.values import SHIFT, WIDTH, store
from totemlang.schema.types import Kind
from totemlang.vm.shape import emits_repeatedly

_FROM = "(local.get $from)"
_OUT = "(local.get $out)"
_STRIDE = "(local.get $stride)"

BESIDE = 448
"""Bytes between columns, for lines of the same place in a page get in each other's way."""

_MOST_BLOCK = 1 << 31


def block_size(columns: int, room: int) -> int:
    """Bytes of a block of so many columns with room for so many rows."""
    return columns * (8 * room + BESIDE)


def emits_once(code: Code) -> bool:
    """Whether every record that does not fail emits exactly once, and nothing can fail after."""
    emits = [at for at, each in enumerate(code.instructions) if each.operation == "emit"]
    return emits == [len(code.instructions) - 1]


@define
class Emitting:
    """Where the rows of a stage go. How they do is known once the body is written."""

    to: BodyWriter
    stage: Stage
    frame: int
    outputs: int
    places: int
    each_row: bool = False
    """Whether the row of a record stands where the record does."""
    given: dict[int, int] = field(factory=dict)
    """Columns that are those of a parameter, and which."""
    _emit_at: int = 0

    @property
    def repeats(self) -> bool:
        """Whether a record may emit several rows."""
        return emits_repeatedly(self.to.verified.code)

    @property
    def may_take_back(self) -> bool:
        """Whether a record may have emitted when it fails."""
        places = self.to.around.counting.places
        failing = [each.instruction for each in places if each.body == self.to.number]
        return self.repeats or max(failing, default=-1) > self._emit_at

    @property
    def columns(self) -> int:
        """Emitted columns."""
        return len(self.stage.emitted.columns)

    def kind(self, column: int) -> Kind:
        """The kind of a column."""
        return self.stage.emitted.columns[column].type.kind

    @property
    def order(self) -> list[int]:
        """The columns as they stand in the block, the widest first."""
        return sorted(range(self.columns), key=lambda column: -WIDTH[self.kind(column)])

    @property
    def pointers(self) -> int:
        """Pointers that the loop needs for what is emitted."""
        stored = self._stored()
        return len(stored) + any(len(places) > 1 for places in stored.values())

    # --- in the loop

    def emit(self, to: BodyWriter, items: list[Item], condition: str) -> None:
        """Store a row behind those emitted so far. A NaN may be any: see `NativeEmission`."""
        self._emit_at = to.at
        self.each_row = emits_once(to.verified.code) and not to.fails
        if self.repeats:
            room = f"(i32.load (i32.const {self.outputs + 4}))"
            to.write(f"(if (i32.ge_u {_OUT} {room}) (then (call $g{to.number})")
            to.write(self.head())
            to.write("))")
        parameters = {to.slot(slot).text: slot for slot in range(len(self.stage.parameters))}
        texts = []
        for column, item in enumerate(items):
            slot = parameters.get(item.text, -1)
            text = item.text
            if item.type.kind is Kind.STRING:
                # What is a string of the batch stays where it is.
                text = text if slot >= 0 else emitted_text(to, text)
            elif self.each_row and slot >= 0 and item.type == self.stage.parameters[slot].type:
                self.given[column] = slot
            texts.append(text)
        self._store(texts)
        if not self.each_row:
            to.write(f"(local.set $out (i32.add {_OUT} {condition or '(i32.const 1)'}))")

    def _store(self, texts: list[str]) -> None:
        index = ROW if self.each_row else _OUT
        for shift, places in self._stored().items():
            where = f"(i32.add (local.get $o{shift}) (i32.shl {index} (i32.const {shift})))"
            for number, place in enumerate(places):
                if number:
                    steps = place - places[number - 1]
                    step = _STRIDE if steps == 1 else f"(i32.mul {_STRIDE} (i32.const {steps}))"
                    where = f"(i32.add {where} {step})"
                if len(places) > 1:
                    self.to.local("$at", "i32")
                    where = f"(local.tee $at {where})"
                column = self.order[place]
                self.to.write(f"({store(self.kind(column))} {where} {texts[column]})")
                where = "(local.get $at)"

    def _stored(self) -> dict[int, list[int]]:
        """Where in the block columns stand that are stored to, by the logarithm of their width."""
        found: dict[int, list[int]] = {}
        for place, column in enumerate(self.order):
            if column not in self.given:
                found.setdefault(SHIFT[self.kind(column)], []).append(place)
        return found

    # --- around it

    def head(self) -> str:
        """What is done before the loop: the pointers to the first column of each width."""
        stored = self._stored()
        lines = []
        if any(len(places) > 1 for places in stored.values()):
            self.to.local("$stride", "i32")
            lines.append(f"(local.set $stride {self._stride})")
        for shift, places in stored.items():
            self.to.local(f"$o{shift}", "i32")
            first = self._column(places[0])
            if self.each_row:
                first = f"(i32.sub {first} (i32.shl {_FROM} (i32.const {shift})))"
            lines.append(f"(local.set $o{shift} {first})")
        return "\n".join(lines)

    def tail(self) -> str:
        """What is done behind the loop: where the columns stand, and how many rows."""
        out = f"(i32.sub (local.get $rows) {_FROM})" if self.each_row else _OUT
        lines = [f"(i32.store (i32.const {ROWS_OUT}) {out})"]
        for place, column in enumerate(self.order):
            where = self._column(place)
            if column in self.given:
                base = column_at(self.frame, self.given[column])
                width = f"(i32.const {SHIFT[self.kind(column)]})"
                where = f"(i32.add {base} (i32.shl {_FROM} {width}))"
            lines.append(f"(i32.store (i32.const {self.places + 4 * column}) {where})")
        return "\n".join(lines)

    @property
    def _stride(self) -> str:
        room = f"(i32.shl (i32.load (i32.const {self.outputs + 4})) (i32.const 3))"
        return f"(i32.add {room} (i32.const {BESIDE}))"

    def _column(self, place: int) -> str:
        """Where the column at a place in the block stands."""
        base = f"(i32.load (i32.const {self.outputs}))"
        return f"(i32.add {base} (i32.mul {self._stride} (i32.const {place})))" if place else base

    def grow(self) -> str:
        """A function that makes room for twice as many rows."""
        room, old, new = "(local.get $room)", "(local.get $old)", "(local.get $new)"
        stride = f"(i32.add (i32.shl {room} (i32.const 3)) (i32.const {BESIDE}))"
        most = (_MOST_BLOCK // self.columns - BESIDE) // 16
        lines = [
            f"(func $g{self.to.number} (local $old i32) (local $new i32) (local $room i32)",
            f"(local.set $old (i32.load (i32.const {self.outputs})))",
            f"(local.set $room (i32.load (i32.const {self.outputs + 4})))",
            f"(if (i32.gt_u {room} (i32.const {most})) (then unreachable))",
            f"(local.set $room (i32.shl {room} (i32.const 1)))",
            f"(local.set $new (call $hold (i32.mul {stride} (i32.const {self.columns}))))",
            f"(i32.store (i32.const {self.outputs}) {new})",
            f"(i32.store (i32.const {self.outputs + 4}) {room})",
        ]
        half = f"(i32.shl {room} (i32.const 2))"
        for _ in range(self.columns):
            lines += [
                f"(memory.copy {new} {old} {half})",
                f"(local.set $new (i32.add {new} {stride}))",
                f"(local.set $old (i32.add {old} (i32.add {half} (i32.const {BESIDE}))))",
            ]
        back = f"(i32.mul (i32.add {half} (i32.const {BESIDE})) (i32.const {self.columns}))"
        lines.append(f"(call $release (i32.sub {old} {back})))")
        return "\n".join(lines)
