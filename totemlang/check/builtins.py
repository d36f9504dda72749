# ruff: noqa: E501  (rows of a table stay on one line)
"""Built-in functions and signs: one declarative table from a name to rows of the operation table.

Arity, types and result of a form are those of its row; nothing is said twice. The checker, the
reference and completion in the REPL read this table.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.tables.operations import OPERATIONS, Operation


@frozen
class Builtin:
    """A built-in function: the rows that its calls may mean, tried in order.

    `folds` marks functions that combine two or more values pair by pair. `aggregate` marks those
    that are also written `array.NAME`. `literal` tells that a string literal in brackets makes a
    literal of its own (`date("2019-02-25")`). `usage` and `summary` are for people.
    """

    name: str
    rows: tuple[str, ...]
    usage: str
    summary: str
    folds: bool = False
    aggregate: bool = False
    literal: bool = False

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The rows of the operation table."""
        return tuple(OPERATIONS[row] for row in self.rows)


def _table() -> tuple[Builtin, ...]:
    b = Builtin
    return (
        # Conversion.
        b("int", ("to_int",), "int(x)", "a number or bool as int; fails on fractions"),
        b("long", ("to_long",), "long(x)", "a number or bool as long; fails on fractions"),
        b("float", ("to_float",), "float(x)", "a number or bool rounded to float"),
        b("double", ("to_double",), "double(x)", "a number or bool as double"),
        b("floor", ("floor", "floor_to"), "floor(x) or floor(ts, d)", "next whole number below, as long; or the start of the period of length d"),
        b("ceil", ("ceil",), "ceil(x)", "next whole number above, as long"),
        b("round", ("round",), "round(x)", "nearest whole number, half to even, as long"),
        # Arithmetic.
        b("abs", ("abs",), "abs(x)", "without sign"),
        b("sqrt", ("sqrt",), "sqrt(x)", "square root, as double; of a negative number NaN"),
        b("min", ("min", "min_of"), "min(a, b, …) or min(xs)", "smallest of two or more values, or of an array", folds=True, aggregate=True),
        b("max", ("max", "max_of"), "max(a, b, …) or max(xs)", "largest of two or more values, or of an array", folds=True, aggregate=True),
        # Bits.
        b("bit_and", ("bit_and",), "bit_and(a, b)", "bits set in both"),
        b("bit_or", ("bit_or",), "bit_or(a, b)", "bits set in either"),
        b("bit_xor", ("bit_xor",), "bit_xor(a, b)", "bits set in one of the two"),
        b("bit_not", ("bit_not",), "bit_not(a)", "all bits turned"),
        b("shift_left", ("shift_left",), "shift_left(a, n)", "times 2 to the power n; out of range fails"),
        b("shift_right", ("shift_right",), "shift_right(a, n)", "floor of division by 2 to the power n"),
        # Time.
        b("date", ("date_of", "make_date"), 'date(ts), date(y, m, d) or date("2019-02-25")', "the day of a moment, of three numbers, or a literal", literal=True),
        b("timestamp", ("timestamp_of",), 'timestamp(day) or timestamp("2019-02-25T10:30:00")', "the start of a day, or a literal", literal=True),
        b("year", ("year",), "year(d)", "year of a date or timestamp"),
        b("month", ("month",), "month(d)", "month, 1 to 12"),
        b("day", ("day",), "day(d)", "day of the month, 1 to 31"),
        b("weekday", ("weekday",), "weekday(d)", "1 Monday to 7 Sunday"),
        b("hour", ("hour",), "hour(ts)", "hour of a timestamp, 0 to 23"),
        b("minute", ("minute",), "minute(ts)", "minute of a timestamp, 0 to 59"),
        b("days", ("days",), "days(n)", "a duration of n days"),
        b("hours", ("hours",), "hours(n)", "a duration of n hours"),
        b("minutes", ("minutes",), "minutes(n)", "a duration of n minutes"),
        b("seconds", ("seconds",), "seconds(n)", "a duration of n seconds"),
        # Arrays.
        b("fill", ("fill",), "fill(n, v)", "an array of n times v"),
        b("len", ("len",), "len(xs) or len(s)", "number of elements, or of code points of a string, as int", aggregate=True),
        b("count", ("count",), "count(xs)", "number of elements as long: the aggregate that merges", aggregate=True),
        b("contains", ("contains",), "contains(xs, x)", "whether a value is among the elements", aggregate=True),
        b("sum", ("sum", "exact_sum", "sum_time"), "sum(xs)", "exact sum, rounded or range-checked once", aggregate=True),
        b("sort", ("sort",), "sort(xs)", "the elements in ascending order", aggregate=True),
        # Strings.
        b("lower", ("lower",), "lower(s)", "lower-case letters"),
        b("upper", ("upper",), "upper(s)", "upper-case letters"),
        b("substr", ("substr",), "substr(s, start, length)", "a piece, in code points from 0"),
        b("concat", ("concat",), "concat(s, t, …)", "strings one after the other"),
        b("starts_with", ("starts_with",), "starts_with(s, t)", "whether s starts with t"),
        b("words", ("words_space", "words"), "words(s) or words(s, separators)", "the pieces between white space or separators"),
        # Missing values.
        b("missing", ("missing",), "missing(x)", "whether a value is missing"),
        b("default", ("default",), "default(x, v)", "the value, or v where it is missing"),
        b("value", ("value",), "value(x)", "the value; fails where it is missing"),
    )  # fmt: skip


BUILTINS: dict[str, Builtin] = {row.name: row for row in _table()}
"""Built-in functions by name."""

SIGNS: dict[str, tuple[str, ...]] = {
    "+": ("add", "later"),
    "-": ("sub", "between", "earlier"),
    "*": ("mul", "scale"),
    "/": ("div", "ratio"),
    "//": ("floor_div", "times_in"),
    "%": ("mod",),
    "**": ("pow",),
    "==": ("eq",),
    "!=": ("ne",),
    "<": ("lt",),
    "<=": ("le",),
    ">": ("gt",),
    ">=": ("ge",),
}
"""The rows that a binary sign may mean, tried in order."""

COMMUTING: frozenset[tuple[str, str]] = frozenset({("+", "later"), ("*", "scale")})
"""Signs whose operands of different types may stand in either order."""

CALLED_SIGNS: dict[str, str] = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "mod": "%",
    "pow": "**",
}
"""Calls that are the same operations as signs."""

ARITHMETIC: frozenset[str] = frozenset({"+", "-", "*", "/", "//", "%", "**"})
"""Signs into whose literals the type that is expected of the result is pushed."""

AGGREGATES: dict[str, str] = {f"array.{b.name}": b.name for b in _table() if b.aggregate}
"""Opcode names under which aggregates are also known (`array.sum`)."""

WORDS: tuple[str, ...] = (*BUILTINS, *CALLED_SIGNS, *AGGREGATES)
"""All names that can be called without being declared."""


def _check_tables() -> None:
    """Refuse a table that names no row, at import."""
    named = [row for builtin in BUILTINS.values() for row in builtin.rows]
    named += [row for rows in SIGNS.values() for row in rows]
    unknown = sorted(set(named) - OPERATIONS.keys())
    if unknown:
        raise AssertionError(f"no such operations: {unknown}")


_check_tables()
