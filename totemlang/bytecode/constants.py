"""Constants of a module: when two are the same, and the order in which they stand.

Two constants are the same if type and bits are: 0.0 and -0.0 are two constants, all NaNs are one,
and 1, 1.0 and true are three. Constants stand in the order of their first use by the code, each
once, none unused: one program has one pool.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable, Iterable, Iterator
from datetime import date

from attrs import define, field

from totemlang.bytecode.module import Code, Instruction, Module, Value
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind, Type
from totemlang.tables.operations import CONSTANT, OPERATIONS

_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
DATE_RANGE = (date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH)
TIMESTAMP_RANGE = (DATE_RANGE[0] * _DAY, (DATE_RANGE[1] + 1) * _DAY - 1)

_RANGES = {
    Kind.INT: INT_RANGE,
    Kind.LONG: LONG_RANGE,
    Kind.DATE: DATE_RANGE,
    Kind.TIMESTAMP: TIMESTAMP_RANGE,
    Kind.DURATION: LONG_RANGE,
}


def identity(at: Type, value: Value) -> Hashable:
    """What two constants that are the same have in common."""
    return at, _bits(value)


def _bits(value: Value) -> Hashable:
    if isinstance(value, float):
        return float, b"NaN" if value != value else struct.pack(">d", value)
    if isinstance(value, tuple):
        return tuple(_bits(element) for element in value)
    return type(value), value


def is_value(at: Type, value: Value) -> bool:
    """Whether a constant is a value of its type: of the right sort, in range, valid Unicode."""
    if at.is_array:
        return isinstance(value, tuple) and all(_is_scalar(at.kind, one) for one in value)
    return (at.is_optional and value is None) or _is_scalar(at.kind, value)


def _is_scalar(kind: Kind, value: Value) -> bool:
    if kind is Kind.BOOL:
        return isinstance(value, bool)
    if kind is Kind.DOUBLE:
        return isinstance(value, float)
    if kind is Kind.FLOAT:
        return isinstance(value, float) and is_binary32(value)
    if kind is Kind.STRING:
        return isinstance(value, str) and is_unicode(value)
    lower, upper = _RANGES[kind]
    return isinstance(value, int) and not isinstance(value, bool) and lower <= value <= upper


def is_binary32(value: float) -> bool:
    """Whether a number is one of binary32 (NaN and infinities are)."""
    try:
        return value != value or struct.unpack(">f", struct.pack(">f", value))[0] == value
    except OverflowError:
        return False


def is_unicode(value: str) -> bool:
    """Whether a text can be written in UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@define
class Pool:
    """Collects constants while a module is built."""

    _entries: list[tuple[Type, Value]] = field(factory=list)
    _numbers: dict[Hashable, int] = field(factory=dict)

    def number(self, at: Type, value: Value) -> int:
        """The place of a constant, which is added if it is new."""
        found = self._numbers.setdefault(identity(at, value), len(self._entries))
        if found == len(self._entries):
            self._entries.append((at, value))
        return found

    @property
    def constants(self) -> tuple[tuple[Type, Value], ...]:
        """The pool so far."""
        return tuple(self._entries)


def bodies(module: Module) -> Iterator[Code]:
    """All code of a module, in the order in which it stands there."""
    yield from (g.initial for g in module.globals if g.initial is not None)
    yield from (function.code for function in module.functions)
    if module.script is not None:
        yield module.script
    yield from (stage.code for stage in module.stages)


_WITH_CONSTANTS = {name: row for name, row in OPERATIONS.items() if CONSTANT in row.immediates}


def constants_used(instruction: Instruction) -> Iterable[int]:
    """The constants that an instruction names, in order."""
    row = _WITH_CONSTANTS.get(instruction.operation)
    if row is None:
        return ()
    pairs = zip(row.immediates, instruction.immediates, strict=False)
    return tuple(number for kind, number in pairs if kind == CONSTANT)


def pool_is_canonical(module: Module) -> bool:
    """Whether constants stand in the order of first use, each once, none unused."""
    seen = {identity(at, value) for at, value in module.constants}
    if len(seen) != len(module.constants):
        return False
    following = 0
    for code in bodies(module):
        for instruction in code.instructions:
            for number in constants_used(instruction):
                if number > following:
                    return False
                following += number == following
    return following == len(module.constants)
