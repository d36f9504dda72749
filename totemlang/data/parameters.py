"""Values sent with a request: from JSON or the text of a command line to values of declared types.

Whoever sends them is not trusted: sizes are bounded, and nothing is coerced that would lose
something. A value here is the consumer's own, so messages may name the parameter, not the data.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from totemlang.bytecode.module import Global, GlobalKind, Value
from totemlang.data.literal_text import literal
from totemlang.diagnostics import UsageError
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Field, Kind

Number = TypeVar("Number", int, float)

MAX_ELEMENTS = 1_000_000
MAX_STRING_BYTES = 65_536

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII
)
"""What is read of all that ISO 8601 allows: no digits beyond microseconds, which would be lost."""


def sent_values(declared: Sequence[Global], sent: Mapping[str, object]) -> dict[str, Value]:
    """The values of the parameters that were sent, checked against their declarations.

    `sent` maps names to JSON values, or to `str` in the form of `read_text` where the parameter
    is no string.

    Raises:
        UsageError: for an unknown name, a missing value without default, a value that does not
            fit.
    """
    parameters = {g.field.name: g for g in declared if g.kind is GlobalKind.PARAMETER}
    for name in sent:
        if name not in parameters:
            known = ", ".join(sorted(parameters)) or "none"
            raise UsageError(f"the program has no parameter {name!r} (it has: {known})")
    for name, parameter in parameters.items():
        if parameter.initial is None and name not in sent:
            raise UsageError(f"parameter {name} has no default: send it with --param {name}=…")
    return {name: typed_value(parameters[name].field, value) for name, value in sent.items()}


def read_text(field: Field, text: str) -> object:
    """What a person wrote after `--param name=`: JSON, or the literal's own form.

    Text that is neither is taken as it stands, which suits strings and ISO dates.
    """
    if field.type.kind is Kind.STRING and field.type.is_scalar and not text.startswith('"'):
        return text
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = literal(text)
        except ValueError:
            return text
    return text if isinstance(value, float) and math.isinf(value) else value


def typed_value(field: Field, value: object) -> Value:
    """One JSON value as a value of the field's type.

    Raises:
        UsageError: where it does not fit type or constraint.
    """
    if not field.type.is_array:
        return _scalar(field, value)
    if not isinstance(value, list | tuple):
        raise _refused(field, "an array")
    if len(value) > MAX_ELEMENTS:
        raise UsageError(f"parameter {field.name}: more than {MAX_ELEMENTS:,} elements")
    if field.constraint.length is not None and len(value) != field.constraint.length:
        raise UsageError(f"parameter {field.name} takes exactly {field.constraint.length} elements")
    return tuple(_scalar(field, element) for element in value)


def _scalar(field: Field, value: object) -> Value:
    kind = field.type.kind
    if kind is Kind.BOOL:
        if not isinstance(value, bool):
            raise _refused(field, "true or false")
        return value
    if kind in (Kind.INT, Kind.LONG, Kind.DURATION):
        return _bounded(field, _whole(field, value))
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        return _bounded(field, _binary(field, value))
    if not isinstance(value, str):
        raise _refused(field, "a text")
    if kind is Kind.STRING:
        return _string(field, value)
    try:
        if kind is Kind.DATE and _DATE.fullmatch(value):
            return date.fromisoformat(value).toordinal() - _EPOCH_DAY
        if kind is Kind.TIMESTAMP and _MOMENT.fullmatch(value):
            return _microseconds(datetime.fromisoformat(value))
        raise ValueError("another form")
    except (ValueError, OverflowError):
        form = "2019-02-25" if kind is Kind.DATE else "2019-02-25T10:30:00"
        raise _refused(field, f"written as {form}") from None


def _whole(field: Field, value: object) -> int:
    low, high = INT_RANGE if field.type.kind is Kind.INT else LONG_RANGE
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _refused(field, f"a whole number that fits {field.type.kind.value}")
    return value


def _binary(field: Field, value: object) -> float:
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(field, "a number")
    try:
        double = float(value)
        if field.type.kind is Kind.DOUBLE:
            return double
        return float(struct.unpack("<f", struct.pack("<f", double))[0])
    except OverflowError:
        raise _refused(field, f"a number within the range of {field.type.kind.value}") from None


def _bounded(field: Field, value: Number) -> Number:
    lower, upper = field.constraint.lower, field.constraint.upper
    if (lower is not None and not value >= lower) or (upper is not None and not value <= upper):
        raise UsageError(f"parameter {field.name} is outside the domain of {field.constraint.word}")
    return value


def _string(field: Field, value: str) -> str:
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise _refused(field, "valid Unicode") from None
    limit = field.constraint.max_bytes
    if size > (MAX_STRING_BYTES if limit is None else limit):
        raise UsageError(f"parameter {field.name} is longer than its type allows")
    return value


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    gap = moment - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def _refused(field: Field, what: str) -> UsageError:
    return UsageError(f"parameter {field.name} must be {what}")
