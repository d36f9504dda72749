"""Why an operation fails on the data: fixed words that carry no value."""

from __future__ import annotations

OUT_OF_RANGE = "whole number out of range"
TIME_OUT_OF_RANGE = "date or time out of range"
FLOAT_OUT_OF_RANGE = "number too large for float"
DIVISION_BY_ZERO = "division by zero"
OUTSIDE_ARRAY = "position outside the array"
MISSING = "value is missing"
EMPTY = "array is empty"
NEGATIVE_EXPONENT = "exponent is negative"
SHIFT = "shift outside the width of the number"
NOT_WHOLE = "number is not whole"
NOT_A_NUMBER = "not a number"
NO_SUCH_DATE = "no such date"
NOT_WHOLE_DAYS = "duration is not whole days"
PERIOD = "period is not positive"
NEGATIVE_LENGTH = "length is negative"
NEGATIVE_START = "start is negative"
TOO_LARGE = "value is larger than the memory limit"
STRING_TOO_LONG = "string is longer than its type allows"
OTHER_LENGTH = "array has another length than its type or variable"
OUTSIDE_DOMAIN = "number outside the domain of its type"
TOO_MANY_ROUNDS = "loop is not done after its limit of rounds"

REASONS = (
    OUT_OF_RANGE,
    TIME_OUT_OF_RANGE,
    FLOAT_OUT_OF_RANGE,
    DIVISION_BY_ZERO,
    OUTSIDE_ARRAY,
    MISSING,
    EMPTY,
    NEGATIVE_EXPONENT,
    SHIFT,
    NOT_WHOLE,
    NOT_A_NUMBER,
    NO_SUCH_DATE,
    NOT_WHOLE_DAYS,
    PERIOD,
    NEGATIVE_LENGTH,
    NEGATIVE_START,
    TOO_LARGE,
    STRING_TOO_LONG,
    OTHER_LENGTH,
    OUTSIDE_DOMAIN,
    TOO_MANY_ROUNDS,
)
"""All of them, in this order: the native tier knows a reason by its place."""


class Failure(Exception):
    """An operation that cannot be done; `reason` is one of the texts of this file."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        self.reason = reason
        super().__init__(reason)


def reason_of(error: Exception) -> str:
    """The reason of a failure, Python's own errors of the operations included.

    Generated code leaves it to Python to see a division by zero or a position outside an array.
    """
    if isinstance(error, Failure):
        return error.reason
    return _OWN[type(error)]


_OWN: dict[type[Exception], str] = {
    ZeroDivisionError: DIVISION_BY_ZERO,
    IndexError: OUTSIDE_ARRAY,
    OverflowError: OUT_OF_RANGE,
    ValueError: NOT_A_NUMBER,
}

FAILURES: tuple[type[Exception], ...] = (Failure, *_OWN)
"""What an operation may raise. OverflowError: infinity made whole; ValueError: NaN made whole."""
