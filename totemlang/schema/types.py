"""The machine types of the language: nine kinds of scalar, each also as array and as optional.

What a type word adds to a kind (`string[8]` at most 8 bytes, `percent` from 0 to 100, `double[4]`
exactly four elements) is a *constraint*, checked where a value is stored; it does not make
another machine type.
"""

from __future__ import annotations

from enum import Enum

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


@frozen(order=False)
class Type:
    """A machine type, written `int`, `int[]` or `int?`."""

    kind: Kind
    shape: Shape = Shape.SCALAR

    def __str__(self) -> str:
        """As written in a program."""
        return self.kind.value + self.shape.value

    @property
    def element(self) -> Type:
        """The scalar that an array holds, or an optional may hold."""
        return Type(self.kind)

    @property
    def array(self) -> Type:
        """The array of this scalar."""
        return Type(self.kind, Shape.ARRAY)

    @property
    def optional(self) -> Type:
        """This scalar or missing."""
        return Type(self.kind, Shape.OPTIONAL)

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


def parse_type(text: str) -> Type:
    """Read `int`, `int[]` or `int?`.

    Raises:
        ValueError: for anything else.
    """
    for shape in (Shape.ARRAY, Shape.OPTIONAL):
        if text.endswith(shape.value):
            return Type(Kind(text.removesuffix(shape.value)), shape)
    return Type(Kind(text))


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
