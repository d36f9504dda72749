"""How the parts of a module stand in a container, one shape a class of `bytecode.module`."""

from __future__ import annotations

from functools import cache
from typing import Any

from attrs import frozen

from totemlang.bytecode.codec import (
    FLOAT32,
    FLOAT64,
    NUMBER,
    SIGNED,
    TEXT,
    TRUTH,
    Codec,
    digest,
    member,
    optional,
    pair,
    record,
    sequence,
)
from totemlang.bytecode.constants import is_value
from totemlang.bytecode.limits import (
    MAX_CONSTANTS,
    MAX_DEFINITIONS,
    MAX_FIELDS,
    MAX_INSTRUCTIONS,
    MAX_MODULE_BYTES,
    MAX_SLOTS,
)
from totemlang.bytecode.module import (
    Code,
    Dataset,
    Emitted,
    Function,
    Global,
    GlobalKind,
    Instruction,
    Lookup,
    Merge,
    OrderBy,
    Stage,
    StageKind,
    Value,
)
from totemlang.bytecode.wire import Damaged, Reader, Unwritable, Writer
from totemlang.schema.types import Constraint, Field, Kind, Shape, Type
from totemlang.tables.operations import BY_NUMBER, OPERATIONS

# --- types and constants

_TYPES = {
    16 * s + k: Type(kind, shape) for s, shape in enumerate(Shape) for k, kind in enumerate(Kind)
}
_TYPE_BYTES = {at: byte for byte, at in _TYPES.items()}


def _read_type(reader: Reader) -> Type:
    found = _TYPES.get(reader.byte())
    if found is None:
        raise Damaged("there is no such type")
    return found


TYPE = Codec[Type](lambda writer, at: writer.byte(_TYPE_BYTES[at]), _read_type)

_SCALARS: dict[Kind, Codec[Any]] = {
    Kind.BOOL: TRUTH,
    Kind.FLOAT: FLOAT32,
    Kind.DOUBLE: FLOAT64,
    Kind.STRING: TEXT,
}


@cache
def value_of(at: Type) -> Codec[Any]:
    """A value of a type: a scalar; of an array its length and elements; of an optional a flag."""
    scalar: Codec[Any] = _SCALARS.get(at.kind, SIGNED)
    if at.is_array:
        return sequence(scalar, MAX_MODULE_BYTES)
    return optional(scalar) if at.is_optional else scalar


def _write_constant(writer: Writer, constant: tuple[Type, Value]) -> None:
    at, value = constant
    if not is_value(at, value):
        raise Unwritable(f"a constant that is no {at}")
    TYPE.write(writer, at)
    value_of(at).write(writer, value)


def _read_constant(reader: Reader) -> tuple[Type, Value]:
    at = TYPE.read(reader)
    value = value_of(at).read(reader)
    if not is_value(at, value):
        raise Damaged(f"a constant is out of the range of {at}")
    return at, value


CONSTANTS = sequence(Codec(_write_constant, _read_constant, 2), MAX_CONSTANTS)

# --- declared types


def _write_bound(writer: Writer, bound: int | float) -> None:
    writer.byte(1 if isinstance(bound, float) else 0)
    if isinstance(bound, float):
        writer.binary(bound, 8)
    else:
        writer.signed(bound)


def _read_bound(reader: Reader) -> int | float:
    return reader.binary(8) if TRUTH.read(reader) else reader.signed()


_BOUND = optional(Codec(_write_bound, _read_bound, 2))
CONSTRAINT = record(
    Constraint,
    word=TEXT,
    length=optional(NUMBER),
    max_bytes=optional(NUMBER),
    lower=_BOUND,
    upper=_BOUND,
)
FIELD = record(Field, name=TEXT, type=TYPE, constraint=CONSTRAINT)
FIELDS = sequence(FIELD, MAX_FIELDS)

# --- code


def _write_instruction(writer: Writer, instruction: Instruction) -> None:
    row = OPERATIONS.get(instruction.operation)
    if row is None:
        raise Unwritable("an operation that does not exist")
    if (instruction.type is not None) != bool(row.over):
        raise Unwritable(f"{row.name} with a type too few or too many")
    if len(instruction.immediates) != len(row.immediates):
        raise Unwritable(f"{row.name} with immediates too few or too many")
    writer.byte(row.number)
    if instruction.type is not None:
        TYPE.write(writer, instruction.type)
    for number in instruction.immediates:
        writer.number(number)


def _read_instruction(reader: Reader) -> Instruction:
    row = BY_NUMBER.get(reader.byte())
    if row is None:
        raise Damaged("there is no such operation")
    at = TYPE.read(reader) if row.over else None
    immediates = tuple(reader.number() for _ in row.immediates)
    return Instruction(row.name, at, immediates)


@frozen
class _Instructions:
    """Instructions, read so that equal ones are one value: memory stays near that of the bytes."""

    def write(self, writer: Writer, instructions: tuple[Instruction, ...]) -> None:
        if len(instructions) > MAX_INSTRUCTIONS:
            raise Unwritable(f"more than {MAX_INSTRUCTIONS} instructions")
        writer.number(len(instructions))
        for instruction in instructions:
            _write_instruction(writer, instruction)

    def read(self, reader: Reader) -> tuple[Instruction, ...]:
        seen: dict[Instruction, Instruction] = {}
        found = (_read_instruction(reader) for _ in range(reader.count(1, MAX_INSTRUCTIONS)))
        return tuple(seen.setdefault(instruction, instruction) for instruction in found)


INSTRUCTIONS = Codec(_Instructions().write, _Instructions().read)
CODE = record(Code, slots=sequence(TYPE, MAX_SLOTS), instructions=INSTRUCTIONS)

# --- definitions

GLOBAL = record(Global, field=FIELD, kind=member(GlobalKind), initial=optional(CODE))
FUNCTION = record(Function, name=TEXT, parameters=FIELDS, result=TYPE, code=CODE, library=TRUTH)
DATASET = record(Dataset, name=TEXT, columns=FIELDS)
LOOKUP = record(Lookup, name=TEXT, keys=FIELDS, columns=FIELDS)
STAGE = record(
    Stage,
    name=TEXT,
    kind=member(StageKind),
    parameters=FIELDS,
    key_parts=NUMBER,
    order_by=optional(record(OrderBy, parameter=NUMBER, descending=TRUTH)),
    emitted=record(Emitted, columns=FIELDS, key_parts=NUMBER),
    code=CODE,
)
MERGE = record(Merge, after=NUMBER, combine=sequence(TEXT, MAX_FIELDS), written=TRUTH)

SECTIONS: tuple[dict[str, Codec[Any]], ...] = (
    {"rules_hash": digest(32), "prices_hash": digest(32)},
    {"constants": CONSTANTS},
    {"globals": sequence(GLOBAL, MAX_DEFINITIONS)},
    {"functions": sequence(FUNCTION, MAX_DEFINITIONS)},
    {"script": optional(CODE), "variables": sequence(pair(TEXT, NUMBER), MAX_SLOTS)},
    {"dataset": optional(DATASET), "lookups": sequence(LOOKUP, MAX_DEFINITIONS)},
    {"stages": sequence(STAGE, MAX_DEFINITIONS), "merge": optional(MERGE)},
)
"""The sections of a container, numbered from 1, all present: fields of the module by section."""
