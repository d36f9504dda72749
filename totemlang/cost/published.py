"""What a provider publishes, as symbols and columns: the premises that a quote starts from.

Where rows are exact, so are counts and sizes; else all are ceilings. Bounds of values and the
longest string are ceilings always. What is not published is a symbol that is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from attrs import define, field

from totemlang.bytecode.module import Dataset, Lookup
from totemlang.cost.abstract import WHOLE_KINDS, Number, Scalar, Text
from totemlang.cost.analysis import LookupFacts
from totemlang.cost.bounding import times
from totemlang.cost.flow import Column, Flow
from totemlang.cost.interval import Interval, between, exactly
from totemlang.cost.polynomial import ONE, Symbol, number, of
from totemlang.cost.variety import Variety
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import Field, Kind

BINARY_KINDS = frozenset({Kind.FLOAT, Kind.DOUBLE})


@define
class Premises:
    """Symbols by name, as they are made from metadata."""

    metadata: Mapping[str, Metadata]
    symbols: dict[str, Symbol] = field(factory=dict)

    def symbol(
        self,
        name: str,
        low: int | None,
        high: int | None,
        meaning: str,
        advice: str,
        reach: int | None = None,
    ) -> Symbol:
        """A published quantity; open on the sides that are None."""
        expected = high if high is not None else low
        made = Symbol(name, low, high, expected, reach=reach, meaning=meaning, advice=advice)
        return self.symbols.setdefault(name, made)

    def rows(self, name: str, source: str) -> tuple[Symbol, bool]:
        """The symbol of a data set's rows, and whether counts and sizes are exact."""
        published = self.metadata.get(source)
        rows = None if published is None else published.rows
        exact = published is not None and published.rows_exact and rows is not None
        low = rows if exact and rows is not None else 0
        advice = f"publish the number of rows of {source}"
        return self.symbol(name, low, rows, f"rows of {source}", advice, 2**53), exact

    def dataset(self, dataset: Dataset) -> Flow:
        """The rows of the data set."""
        rows, exact = self.rows("rows", dataset.name)
        columns = tuple(
            self._column(dataset.name, column, rows, exact, "") for column in dataset.columns
        )
        return Flow(exactly(of(rows)), columns, first=True)

    def lookup(self, lookup: Lookup) -> tuple[LookupFacts, tuple[Column, ...]]:
        """A lookup, and its key and value columns."""
        rows, exact = self.rows(f"rows({lookup.name})", lookup.name)
        columns = tuple(
            self._column(lookup.name, column, rows, exact, f"{lookup.name}.")
            for column in (*lookup.keys, *lookup.columns)
        )
        # A cell may be missing, whatever its column says: then a string counts as one byte.
        values = tuple(_perhaps_missing(column) for column in columns[len(lookup.keys) :])
        return LookupFacts(exactly(of(rows)), values), columns

    # --- columns

    def _column(
        self, source: str, declared: Field, rows: Symbol, exact: bool, prefix: str
    ) -> Column:
        published = self.metadata.get(source)
        known = None if published is None else published.column(declared.name)
        about = known or ColumnMetadata(declared.name, declared.type)
        name = f"{prefix}{declared.name}"
        kind = declared.type.kind
        choices = about.distinct
        if choices is not None and kind in BINARY_KINDS:
            choices += 2  # Zero has two signs, and there is NaN.
        at_least = about.distinct if exact else None
        if kind is Kind.STRING:
            value, total = self._text(name, declared, about, rows, exact)
            return Column(declared, value, total, choices, at_least)
        return Column(declared, self._number(name, declared, about), Interval(), choices, at_least)

    def _text(
        self, name: str, declared: Field, about: ColumnMetadata, rows: Symbol, exact: bool
    ) -> tuple[Text, Interval]:
        longest, total = about.max_bytes, about.total_bytes
        if declared.constraint.max_bytes is not None:
            known = declared.constraint.max_bytes
            longest = known if longest is None else min(longest, known)
        longest = None if longest is None else max(1, longest)
        count = rows.high
        shortest = 1
        if exact and total is not None and count:
            others = int(count) - 1
            if longest is None:
                longest = max(1, total - others)
            shortest = min(max(1, total - others * longest), longest)
        if longest is None and total is not None:
            longest = max(1, total)
        if longest == shortest:
            size = exactly(shortest)
            return Text(size), _times_rows(size, rows)
        most = self.symbol(
            f"longest({name})",
            shortest,
            longest,
            f"bytes of the longest {name}",
            f"publish max_bytes of {name}",
            2**40,
        )
        each = Interval(number(shortest), of(most))
        if total is None:
            return Text(each), _times_rows(each, rows)
        together = self.symbol(
            f"bytes({name})",
            total if exact else 0,
            total,
            f"bytes of all {name} together",
            f"publish total_bytes of {name}",
            2**53,
        )
        return Text(each), exactly(of(together))

    def _number(self, name: str, declared: Field, about: ColumnMetadata) -> Scalar:
        kind = declared.type.kind
        if kind is Kind.BOOL:
            return Number(between(0, 1))
        lows = [_finite(about.lower), _finite(declared.constraint.lower)]
        highs = [_finite(about.upper), _finite(declared.constraint.upper)]
        low = max((b for b in lows if b is not None), default=None)
        high = min((b for b in highs if b is not None), default=None)
        if kind not in WHOLE_KINDS:
            return Number(between(low, high))
        bounds = Interval(
            number(math.ceil(low)) if low is not None else None,
            number(math.floor(high)) if high is not None else None,
        )
        if bounds.low is None:
            bounds = Interval(of(self._open(f"min({name})", f"least {name}", name)), bounds.high)
        if bounds.high is None:
            bounds = Interval(bounds.low, of(self._open(f"max({name})", f"largest {name}", name)))
        return Number(bounds)

    def _open(self, symbol: str, meaning: str, column: str) -> Symbol:
        advice = f"publish the range of {column}"
        return self.symbol(symbol, None, None, meaning, advice, 2**63)


def _finite(bound: float | None) -> Fraction | None:
    return Fraction(bound) if bound is not None and math.isfinite(bound) else None


def _times_rows(size: Interval, rows: Symbol) -> Interval:
    assert size.low is not None
    assert size.high is not None
    return Interval(times(of(rows), size.low), times(of(rows), size.high))


def _perhaps_missing(column: Column) -> Scalar:
    variety = Variety(column.choices)
    if isinstance(column.value, Text):
        return Text(Interval(ONE, column.value.bytes.high), variety)
    return Number(column.value.value, variety)
