"""What the text of a literal means: numbers rounded once from their decimal form, days, moments.

Nothing here knows a program; every function is bounded in the length of its text.
"""

from __future__ import annotations

import datetime
import math
import re
import struct
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind

_RANGES = {Kind.INT: INT_RANGE, Kind.LONG: LONG_RANGE}
_EPOCH = datetime.date(1970, 1, 1)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?"
)
_DAY = 86_400_000_000

# Decimal exponents beyond these are certainly infinite or zero; within them exact fractions are
# small. The exponent of a literal is the only thing in it that can be larger than its text.
_LARGEST_EXPONENT, _SMALLEST_EXPONENT = 400, -5000


class OutOfRange(ValueError):
    """A literal is out of the range of its type."""


def is_whole_text(text: str) -> bool:
    """Whether a number is written without point and exponent."""
    return not set(text) & set(".eE")


def whole(text: str, kind: Kind, *, negative: bool = False) -> int:
    """The whole number of kind int or long that a text without point and exponent means.

    Raises:
        OutOfRange: it is no number of that kind.
    """
    number = _whole(text)
    number = -number if negative else number
    least, most = _RANGES[kind]
    if not least <= number <= most:
        raise OutOfRange(kind.value)
    return number


def natural_kind(text: str, *, negative: bool = False) -> Kind:
    """The kind of a number where nothing expects another: int, long where needed, or double."""
    if not is_whole_text(text):
        return Kind.DOUBLE
    try:
        whole(text, Kind.INT, negative=negative)
    except OutOfRange:
        return Kind.LONG
    return Kind.INT


def binary(text: str, kind: Kind, *, negative: bool = False) -> float:
    """The float or double nearest to a decimal number (ties to even).

    Raises:
        OutOfRange: the nearest would be infinite.
    """
    number = _double(text) if kind is Kind.DOUBLE else _float(text)
    if math.isinf(number):
        raise OutOfRange(kind.value)
    return -number if negative else number


def _whole(text: str) -> int:
    digits = text.replace("_", "").lstrip("0")
    if len(digits) > 19:
        raise OutOfRange(Kind.LONG.value)
    return int(digits or "0")


def _double(text: str) -> float:
    return float(text.replace("_", ""))


def _exact(text: str) -> Fraction | None:
    """The number itself; None where it is certainly infinite as a float."""
    try:
        decimal = Decimal(text.replace("_", ""))
    except InvalidOperation:
        return None
    if decimal.is_zero() or decimal.adjusted() < _SMALLEST_EXPONENT:
        return Fraction(0)
    return None if decimal.adjusted() > _LARGEST_EXPONENT else Fraction(decimal)


def _float(text: str) -> float:
    """Rounding to double first would round twice: the neighbours are held against the number."""
    exact = _exact(text)
    if exact is None:
        return math.inf
    near = as_float(_double(text))
    if math.isinf(near):
        # Half a step beyond the largest float rounds away from it; below, to it.
        return near if exact >= Fraction(2**128 - 2**103) else as_float(2.0**128 - 2.0**104)
    candidates = (near, _neighbour(near, 1), _neighbour(near, -1))
    finite = [c for c in candidates if not math.isinf(c)]
    return min(finite, key=lambda c: (abs(Fraction(c) - exact), _bits(c) & 1))


def as_float(value: float) -> float:
    """A double rounded to binary32, infinite beyond its range."""
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(rounded)


def _bits(value: float) -> int:
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return int(bits)


def _neighbour(value: float, step: int) -> float:
    """The next float above (`step` 1) or below (-1) one that is not negative."""
    bits = _bits(value) + step
    if bits < 0:
        return 0.0
    (found,) = struct.unpack("<f", struct.pack("<I", bits))
    return float(found)


def date_value(text: str) -> int | None:
    """Days since 1970-01-01 of `YYYY-MM-DD`; None where there is no such day."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    return days_of(*(int(part) for part in found.groups()))


def days_of(year: int, month: int, day: int) -> int | None:
    """Days since 1970-01-01 of a day from 0001-01-01 to 9999-12-31; None where there is none."""
    try:
        return (datetime.date(year, month, day) - _EPOCH).days
    except (ValueError, OverflowError):
        return None


def timestamp_value(text: str) -> int | None:
    """Microseconds since 1970-01-01T00:00 of `YYYY-MM-DDThh:mm:ss[.ffffff]`, else None."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    days = date_value(found[1])
    hour, minute, second = int(found[2]), int(found[3]), int(found[4])
    if days is None or hour > 23 or minute > 59 or second > 59:
        return None
    micros = int((found[5] or "").ljust(6, "0"))
    return days * _DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros


def utf8_length(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))
