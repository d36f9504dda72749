"""What flows into a stage: how many records, and what is known of each column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from totemlang.cost.abstract import (
    WHOLE_KINDS,
    AbstractValue,
    Number,
    Scalar,
    Text,
    number_range,
    with_variety,
)
from totemlang.cost.arithmetic import RANGES
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import UNKNOWN, Interval, exactly
from totemlang.cost.polynomial import Coefficient, Symbol, of
from totemlang.cost.summation import Item
from totemlang.cost.variety import SourceColumn, Variety
from totemlang.schema.types import Field, Kind

FreshName = Callable[[str], str]


@frozen
class Column:
    """A column of records: its values each, and the bytes of all its strings together.

    `choices` bounds how many different values there are (missing aside). `at_least` of them are
    there if no record fails.
    """

    field: Field
    value: Scalar
    total: Interval = UNKNOWN
    choices: int | None = None
    at_least: int | None = None

    @property
    def is_text(self) -> bool:
        """Whether it holds strings."""
        return isinstance(self.value, Text)

    @property
    def each(self) -> Interval:
        """The bounds of a single value, or of a single string's bytes."""
        return self.value.bytes if isinstance(self.value, Text) else self.value.value

    @property
    def source(self) -> SourceColumn:
        """The column as what expressions depend on."""
        low, high = (None, None)
        if isinstance(self.value, Number) and self.field.type.kind in WHOLE_KINDS:
            low, high = number_range(self.value.value)
        name, optional = self.field.name, self.field.type.is_optional
        return SourceColumn(name, self.choices, low, high, optional)

    @property
    def variety(self) -> Variety:
        """How many values a field of it may take."""
        return Variety(self.choices, frozenset(((self.source, 1),)), self.field.name)


@frozen
class Flow:
    """Records on their way: `count` of them, in columns.

    Of keys, `most_keys` bounds how many there are, and `least_keys` are there if no record fails.
    `key_advice` says what to publish to know more of them. `first` tells that these are the rows of
    the data set, of which none can be missing.
    """

    count: Interval
    columns: tuple[Column, ...]
    key_parts: int = 0
    most_keys: int | None = None
    least_keys: int = 0
    key_advice: str = ""
    first: bool = False


def bounded_symbol(
    name: str, interval: Interval, meaning: str, advice: str = "", floor: int = 0
) -> Symbol:
    """A symbol for a count or size between two bounds that are known."""
    low = None if interval.low is None else evaluate(interval.low, Side.LOWER)
    high = None if interval.high is None else evaluate(interval.high, Side.UPPER)
    middle = interval.side(Side.EXPECTED)
    expected = None if middle is None else evaluate(middle, Side.EXPECTED)
    return Symbol(
        name,
        low=max(floor, low if low is not None else floor),
        high=high,
        expected=_between(expected, low, high),
        floor=interval.low,
        ceiling=interval.high,
        reach=2**40,
        meaning=meaning,
        advice=advice,
    )


def _between(
    value: Coefficient | None, low: Coefficient | None, high: Coefficient | None
) -> Coefficient | None:
    if value is None:
        return None
    least = value if low is None else max(value, low)
    return least if high is None else min(least, high)


# --- values of one record or group


@frozen
class Given:
    """Values that a body starts with, and what is known of their symbols over all items."""

    values: tuple[AbstractValue, ...]
    items: dict[str, Item]


def single_values(columns: Sequence[Column], fresh_name: FreshName) -> Given:
    """A value of each column, as a map takes them."""
    values: list[AbstractValue] = []
    items: dict[str, Item] = {}
    for column in columns:
        value, symbol = single_value(column, fresh_name)
        if symbol is not None:
            items[symbol.name] = Item(column.each, column.total)
        values.append(value)
    return Given(tuple(values), items)


def single_value(column: Column, fresh_name: FreshName) -> tuple[Scalar, Symbol | None]:
    """A value of a column, with the symbol that stands for it; a known one needs none."""
    value, each = column.value, column.each
    kind = column.field.type.kind
    named = column.is_text or (kind in WHOLE_KINDS and kind is not Kind.BOOL)
    if each.exact is not None or not named or each.low is None or each.high is None:
        return _with_variety(value, column.variety), None
    symbol = Symbol(
        fresh_name(column.field.name),
        low=evaluate(each.low, Side.LOWER),
        high=evaluate(each.high, Side.UPPER),
        floor=each.low,
        ceiling=each.high,
        reach=max(map(abs, RANGES.get(kind, (0, 2**40)))),
    )
    exact = exactly(of(symbol))
    named_value: Scalar = (
        evolve(value, bytes=exact) if isinstance(value, Text) else evolve(value, value=exact)
    )
    return _with_variety(named_value, column.variety), symbol


def _with_variety(value: Scalar, variety: Variety) -> Scalar:
    found = with_variety(value, variety)
    assert isinstance(found, Number | Text)
    return found
