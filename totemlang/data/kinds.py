"""How the kinds of the language stand in Arrow, and which kind a file's Arrow type is read as."""

from __future__ import annotations

import pyarrow as pa

from totemlang.schema.types import Kind

ARROW: dict[Kind, pa.DataType] = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int32(),
    Kind.LONG: pa.int64(),
    Kind.FLOAT: pa.float32(),
    Kind.DOUBLE: pa.float64(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.DURATION: pa.duration("us"),
    Kind.STRING: pa.string(),
}

KIND_OF: dict[pa.DataType, Kind] = {arrow: kind for kind, arrow in ARROW.items()}

WIDER: dict[Kind, frozenset[Kind]] = {
    Kind.INT: frozenset({Kind.LONG, Kind.DOUBLE}),
    Kind.LONG: frozenset({Kind.DOUBLE}),
    Kind.FLOAT: frozenset({Kind.DOUBLE}),
}
"""The kinds that a kind widens to, itself aside."""

_MOST_EXACT_DIGITS = 18


def natural_kind(arrow: pa.DataType) -> Kind | None:
    """The kind that a column of this Arrow type is read as; None where there is none.

    Whole numbers up to 32 bits are int, others long; decimals without fraction are long, others
    double (rounded once from their decimal digits); a column without any value is a string.
    """
    types = pa.types
    if types.is_dictionary(arrow):
        return None if types.is_dictionary(arrow.value_type) else natural_kind(arrow.value_type)
    if types.is_boolean(arrow):
        return Kind.BOOL
    if types.is_integer(arrow):
        return Kind.LONG if arrow in (pa.int64(), pa.uint32(), pa.uint64()) else Kind.INT
    if types.is_float16(arrow) or types.is_float32(arrow):
        return Kind.FLOAT
    if types.is_float64(arrow):
        return Kind.DOUBLE
    if types.is_decimal(arrow):
        whole = arrow.scale == 0 and arrow.precision <= _MOST_EXACT_DIGITS
        return Kind.LONG if whole else Kind.DOUBLE
    if types.is_date(arrow):
        return Kind.DATE
    if types.is_timestamp(arrow):
        return Kind.TIMESTAMP
    if types.is_duration(arrow):
        return Kind.DURATION
    if is_text(arrow) or types.is_null(arrow):
        return Kind.STRING
    return None


def is_text(arrow: pa.DataType) -> bool:
    """Whether an Arrow type holds strings, in any of its layouts."""
    types = pa.types
    return bool(
        types.is_string(arrow) or types.is_large_string(arrow) or types.is_string_view(arrow)
    )


def common_kind(one: Kind, other: Kind) -> Kind | None:
    """The kind that holds the values of both, by widening alone; None where there is none."""
    if one is other or other in WIDER.get(one, ()):
        return other
    return one if one in WIDER.get(other, ()) else None
