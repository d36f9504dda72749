"""Operations as the thesis prints them: `c=add(a,b)`, `i<4`, one text for each that is executed.

The texts of a body do not depend on values; they are worked out once from instructions and the
names of slots.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from totemlang.bytecode.module import Code, Instruction, Module
from totemlang.tables.operations import OPERATIONS
from totemlang.verify.verified import VerifiedCode
from totemlang.vm.value_text import value_text

SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
NAMES = {
    "between": "sub",
    "later": "add",
    "earlier": "sub",
    "scale": "mul",
    "ratio": "div",
    "times_in": "floor_div",
    "floor_to": "floor",
    "to_int": "int",
    "to_long": "long",
    "to_float": "float",
    "to_double": "double",
    "date_of": "date",
    "timestamp_of": "timestamp",
    "make_date": "date",
    "exact_sum": "sum",
    "sum_time": "sum",
    "min_of": "min",
    "max_of": "max",
    "words_space": "words",
}
"""Operations that a program writes under another name than the table's."""

_SILENT = frozenset({"widen_long", "widen_double", "present"}) | {
    "check_bytes",
    "check_length",
    "check_range",
    "same_length",
}
_STRICT = {"le": ("lt", 1), "ge": ("gt", -1)}


MAX_TEXT = 240
"""Characters of a text; what is longer is cut, for texts hold each other."""


@define
class Entry:
    """An operation that is executed: its instruction, its class and its text."""

    instruction: int
    operator: str
    text: str


@define
class _Shown:
    """A value on the stack: its text, and the operation that it is the result of, if any."""

    text: str
    made_by: Entry | None = None


@define
class _Texts:
    """One look at a body."""

    module: Module
    verified: VerifiedCode
    stack: list[_Shown] = field(factory=list)
    entries: list[Entry] = field(factory=list)
    opened: list[str] = field(factory=list)
    declared: set[int] = field(factory=set)
    at: int = 0

    @property
    def code(self) -> Code:
        return self.verified.code

    @property
    def instruction(self) -> Instruction:
        return self.code.instructions[self.at]

    def name(self, slot: int) -> str:
        names = self.code.slot_names
        return names[slot] if slot < len(names) else f"v{slot}"

    def take(self, count: int) -> list[_Shown]:
        start = len(self.stack) - count
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def enter(self, text: str, *, next_block: bool = False) -> Entry:
        group = self.verified.steps[self.at].group
        entry = Entry(self.at + next_block, group, _short(text))
        self.entries.append(entry)
        return entry

    def leave(self, text: str) -> None:
        entry = self.enter(text)
        self.stack.append(_Shown(entry.text, entry))

    def read(self) -> list[Entry]:
        for at, instruction in enumerate(self.code.instructions):
            self.at = at
            _HANDLERS.get(instruction.operation, _operation)(self)
        return self.entries


def entries_of(module: Module, verified: VerifiedCode) -> list[Entry]:
    """The operations of a body in the order of its instructions."""
    return _Texts(module, verified).read()


# --- values


def _constant(to: _Texts) -> None:
    at, value = to.module.constants[to.instruction.immediates[0]]
    to.stack.append(_Shown(value_text(at, value)))


def _load(to: _Texts) -> None:
    to.stack.append(_Shown(to.name(to.instruction.immediates[0])))


def _global(to: _Texts) -> None:
    to.stack.append(_Shown(to.module.globals[to.instruction.immediates[0]].field.name))


def _operation(to: _Texts) -> None:
    name = to.instruction.operation
    if name in _SILENT:
        return
    texts = [shown.text for shown in to.take(len(to.verified.steps[to.at].operands))]
    to.leave(_written(to, name, texts))


def _written(to: _Texts, name: str, texts: list[str]) -> str:
    if name in SIGNS:
        return _comparison(to, name, texts)
    if name == "element":
        return f"{texts[0]}[{texts[1]}]"
    if name == "array":
        return f"[{','.join(texts)}]"
    if name == "lookup":
        table, column = to.instruction.immediates
        lookup = to.module.lookups[table]
        key = texts[0] if len(texts) == 1 else f"({','.join(texts)})"
        return f"{lookup.name}[{key}].{lookup.columns[column].name}"
    return f"{NAMES.get(name, name)}({','.join(texts)})"


def _comparison(to: _Texts, name: str, texts: list[str]) -> str:
    """In the test of a `for`, a whole bound that is reached is shown as the next, not reached."""
    left, right = texts
    if name in _STRICT and to.opened and to.opened[-1] == "for" and _is_whole(right):
        name, by = _STRICT[name]
        right = str(int(right) + by)
    return f"{left}{SIGNS[name]}{right}"


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


# --- stores


def _assign(to: _Texts) -> None:
    (value,) = to.take(1)
    slot = to.instruction.immediates[0]
    typed = "" if slot in to.declared else f"{to.code.slots[slot]} "
    to.declared.add(slot)
    to.enter(f"{typed}{to.name(slot)}={value.text}")


def _set(to: _Texts) -> None:
    (value,) = to.take(1)
    slot = to.instruction.immediates[0]
    to.declared.add(slot)
    if value.made_by is not None:
        value.made_by.text = f"{to.name(slot)}={value.made_by.text}"


def _store_element(to: _Texts) -> None:
    position, value = to.take(2)
    to.enter(f"{to.name(to.instruction.immediates[0])}[{position.text}]={value.text}")


def _take_element(to: _Texts) -> None:
    (position,) = to.take(1)
    text = f"{to.name(to.instruction.immediates[0])}[{position.text}]"
    to.stack.append(_Shown(text))
    to.leave(text)


def _put_element(to: _Texts) -> None:
    place, value = to.take(2)
    if value.made_by is not None:
        value.made_by.text = f"{place.text}={value.made_by.text}"


# --- control


def _take_condition(to: _Texts) -> None:
    to.take(1)
    to.opened.append(to.instruction.operation)


def _logic(to: _Texts) -> None:
    (left,) = to.take(1)
    entry = to.enter(f"{to.instruction.operation}({left.text},")
    to.stack.append(_Shown(left.text, entry))
    to.opened.append("logic")


def _for(to: _Texts) -> None:
    to.opened.append("for")


def _foreach(to: _Texts) -> None:
    (array,) = to.take(1)
    slot = to.instruction.immediates[0]
    to.declared.add(slot)
    to.enter(f"{to.name(slot)} in {array.text}", next_block=True)
    to.opened.append("foreach")


def _do(to: _Texts) -> None:
    (test,) = to.take(1)
    if to.opened[-1] == "while":
        to.entries.append(Entry(to.at, "LogicOperation", f"while {test.text}"))
    to.opened[-1] = "body"


def _end(to: _Texts) -> None:
    if to.opened.pop() != "logic":
        return
    left, right = to.take(2)
    if left.made_by is not None:
        left.made_by.text = _short(f"{left.made_by.text}{right.text})")
        to.stack.append(_Shown(left.made_by.text, left.made_by))


def _call(to: _Texts) -> None:
    texts = [shown.text for shown in to.take(len(to.verified.steps[to.at].operands))]
    function = to.module.functions[to.instruction.immediates[0]]
    to.leave(f"{function.name}({','.join(texts)})")


def _take_all(to: _Texts) -> None:
    to.stack.clear()


def _nothing(to: _Texts) -> None:
    """Control that neither takes a value nor is an operation."""


_HANDLERS: dict[str, Callable[[_Texts], None]] = {
    "const": _constant,
    "load": _load,
    "global": _global,
    "assign": _assign,
    "set": _set,
    "assign_element": _store_element,
    "set_element": _store_element,
    "take_element": _take_element,
    "put_element": _put_element,
    "if": _take_condition,
    "while": _take_condition,
    "and": _logic,
    "or": _logic,
    "for": _for,
    "foreach": _foreach,
    "do": _do,
    "end": _end,
    "call": _call,
    "return": _take_all,
    "emit": _take_all,
    "else": _nothing,
    "step": _nothing,
    "break": _nothing,
    "continue": _nothing,
}

if not set(_HANDLERS) <= set(OPERATIONS):
    raise AssertionError("a handler for an operation that is not in the table")


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
