"""The machine types of the language: nine kinds of scalar, each also as array and as optional.

What a type word adds to a kind (`string[8]` at most 8 bytes, `percent` from 0 to 100, `double[4]`
exactly four elements) is a *constraint*, checked where a value is stored; it does not make
another machine type.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from attrs import frozen


class Kind(Enum):
    """A kind of scalar; the value is its word in the language and in metadata."""

    BOOL = "bool"
    INT = "int"
    LONG = "long"
    FLOAT = "float"
    DOUBLE = "double"
    DATE = "date"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    STRING = "string"

    __hash__ = object.__hash__  # an enumeration's own is slow, and this is asked very often


class Shape(Enum):
    """How many values a type holds: one, an array of them, or one or none."""

    SCALAR = ""
    ARRAY = "[]"
    OPTIONAL = "?"

    __hash__ = object.__hash__  # likewise


@frozen(eq=False)
class Type:
    """A machine type, written `int`, `int[]` or `int?`. There is one object of each."""

    kind: Kind
    shape: Shape = Shape.SCALAR

    def __new__(cls, kind: Kind, shape: Shape = Shape.SCALAR) -> Type:
        """The type of that kind and shape: comparing and hashing types is done all the time."""
        return _TYPES.get((kind, shape)) or object.__new__(cls)

    def __reduce__(self) -> tuple[Any, ...]:
        """What comes from another process is the type of this one."""
        return Type, (self.kind, self.shape)

    def __str__(self) -> str:
        """As written in a program."""
        return self.kind.value + self.shape.value

    @property
    def element(self) -> Type:
        """The scalar that an array holds, or an optional may hold."""
        return _TYPES[self.kind, Shape.SCALAR]

    @property
    def array(self) -> Type:
        """The array of this scalar."""
        return _TYPES[self.kind, Shape.ARRAY]

    @property
    def optional(self) -> Type:
        """This scalar or missing."""
        return _TYPES[self.kind, Shape.OPTIONAL]

    @property
    def is_array(self) -> bool:
        """Whether this is an array."""
        return self.shape is Shape.ARRAY

    @property
    def is_optional(self) -> bool:
        """Whether a value may be missing."""
        return self.shape is Shape.OPTIONAL

    @property
    def is_scalar(self) -> bool:
        """Whether this is one value that is always there."""
        return self.shape is Shape.SCALAR


_TYPES: dict[tuple[Kind, Shape], Type] = {}
_TYPES |= {(kind, shape): Type(kind, shape) for kind in Kind for shape in Shape}
_BY_TEXT = {str(at): at for at in _TYPES.values()}


def parse_type(text: str) -> Type:
    """Read `int`, `int[]` or `int?`.

    Raises:
        ValueError: for anything else.
    """
    found = _BY_TEXT.get(text)
    if found is None:
        raise ValueError(f"{text!r} is no type")
    return found


BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
LONG = Type(Kind.LONG)
FLOAT = Type(Kind.FLOAT)
DOUBLE = Type(Kind.DOUBLE)
DATE = Type(Kind.DATE)
TIMESTAMP = Type(Kind.TIMESTAMP)
DURATION = Type(Kind.DURATION)
STRING = Type(Kind.STRING)

INT_RANGE = (-(2**31), 2**31 - 1)
LONG_RANGE = (-(2**63), 2**63 - 1)

KEY_KINDS = frozenset({Kind.BOOL, Kind.INT, Kind.LONG, Kind.DATE, Kind.TIMESTAMP, Kind.STRING})


@frozen
class Constraint:
    """What a value of a declared type must keep to beside its machine type.

    `length` is the exact number of elements of an array, `max_bytes` bounds each string,
    `lower` and `upper` bound each number (inclusive); `word` is the type's word (`percent`).
    """

    word: str = ""
    length: int | None = None
    max_bytes: int | None = None
    lower: int | float | None = None
    upper: int | float | None = None

    @property
    def is_free(self) -> bool:
        """Whether there is nothing to check."""
        return self.length is self.max_bytes is self.lower is self.upper is None


FREE = Constraint()


@frozen
class Field:
    """A named value of a type: a column, a parameter, a part of a key."""

    name: str
    type: Type
    constraint: Constraint = FREE

    def __str__(self) -> str:
        """As declared, constraints aside."""
        return f"{self.type} {self.name}"
