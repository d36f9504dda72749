"""Results of several providers made one: rows of equal key by sum, count, min or max.

Merging is paid for like anything else: each row is read, and each value that joins another is an
addition or comparison. Rows come out with keys ascending, whatever the order of providers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from attrs import frozen

from totemlang.bytecode.module import Emitted, Value
from totemlang.data.python_values import to_array, to_values
from totemlang.diagnostics import BadData, OperationFailed
from totemlang.engine.result_table import emitted_schema, result_table
from totemlang.schema.types import LONG_RANGE, STRING, Field, Kind
from totemlang.tables.prices import PriceTable
from totemlang.vm.exact_sum import exact_sum
from totemlang.vm.failures import OUT_OF_RANGE
from totemlang.vm.numbers import larger, larger_double, smaller, smaller_double
from totemlang.vm.sizes import string_bytes

MERGE = "merge"
"""What the merge is called among the stages."""

PROVIDER = "provider"
"""The column that names the provider, where results do not merge."""

_FLOATING = (Kind.FLOAT, Kind.DOUBLE)
_WEIGHTS = {"sum": "add", "count": "add", "min": "relational", "max": "relational"}


@frozen(eq=False)
class MergedRows:
    """The rows of all providers as one table, what that cost, and what reading it once costs."""

    table: pa.Table
    totem: int
    reading: int


def merge_rows(
    tables: Sequence[pa.Table], emitted: Emitted, combine: Sequence[str], prices: PriceTable
) -> MergedRows:
    """Merge the tables, whose columns are `emitted`; `combine` says how, value by value.

    Raises:
        OperationFailed: where a sum of whole numbers leaves its range.
    """
    columns, parts = emitted.columns, emitted.key_parts
    kinds = [column.type.kind for column in columns]
    groups: dict[tuple[Any, ...], list[tuple[Value, ...]]] = {}
    totem = 0
    for table in tables:
        for row in _rows(table, kinds):
            totem += _reading(row, kinds, prices)
            groups.setdefault(row[:parts], []).append(row[parts:])
    merged = []
    for key in sorted(groups):
        rows = groups[key]
        totem += _joining(rows, kinds[parts:], combine, prices)
        values = zip(*rows, strict=True)
        merged.append(
            (
                *key,
                *(
                    _combined(how, v, k)
                    for how, v, k in zip(combine, values, kinds[parts:], strict=True)
                ),
            )
        )
    reading = sum(_reading(row, kinds, prices) for row in merged)
    return MergedRows(_table(merged, columns), totem, reading)


def stack_rows(parts: Sequence[tuple[str, pa.Table]], columns: Sequence[Field]) -> pa.Table:
    """The tables one after the other, by provider, under a first column that names him."""
    kinds = [column.type.kind for column in columns]
    by_provider = sorted(parts, key=lambda part: part[0])
    rows = [(name, *row) for name, table in by_provider for row in _rows(table, kinds)]
    return _table(rows, stacked_columns(columns))


def stacked_columns(columns: Sequence[Field]) -> tuple[Field, ...]:
    """The columns of stacked rows."""
    return (Field(_free_name(columns), STRING), *columns)


def check_columns(table: pa.Table, found: Sequence[Field], wanted: Sequence[Field]) -> None:
    """Hold a delivered table to the columns that the program emits. Raises BadData."""
    told = [(column.name, column.type) for column in found]
    if told != [(column.name, column.type) for column in wanted]:
        raise BadData("what was delivered has other columns than the program emits")


def _free_name(columns: Sequence[Field]) -> str:
    taken = {column.name for column in columns}
    return next(
        n for n in (PROVIDER, *(f"{PROVIDER}{i}" for i in range(2, 1_002))) if n not in taken
    )


def _rows(table: pa.Table, kinds: Sequence[Kind]) -> list[tuple[Value, ...]]:
    columns = [
        [value for chunk in chunks.chunks for value in to_values(chunk, kind)]
        for kind, chunks in zip(kinds, table.columns, strict=True)
    ]
    return list(zip(*columns, strict=True))


def _table(rows: Sequence[tuple[Value, ...]], columns: Sequence[Field]) -> pa.Table:
    kinds = [column.type.kind for column in columns]
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [to_array(list(column), kind) for column, kind in zip(values, kinds, strict=True)]
    return result_table(pa.Table.from_arrays(arrays, schema=emitted_schema(columns)), columns)


def _bytes(value: Value, kind: Kind, prices: PriceTable) -> int:
    size = prices.bytes(kind)
    return string_bytes(str(value)) if size is None else size


def _reading(row: Sequence[Value], kinds: Sequence[Kind], prices: PriceTable) -> int:
    sizes = (_bytes(value, kind, prices) for value, kind in zip(row, kinds, strict=True))
    return prices.weight("read") * sum(sizes)


def _joining(
    rows: Sequence[tuple[Value, ...]],
    kinds: Sequence[Kind],
    combine: Sequence[str],
    prices: PriceTable,
) -> int:
    """One addition or comparison for each value of each row that joins another."""
    totem = 0
    for at, (kind, how) in enumerate(zip(kinds, combine, strict=True)):
        weight = prices.weight(_WEIGHTS[how])
        longest = max(_bytes(row[at], kind, prices) for row in rows)
        totem += weight * longest * (len(rows) - 1)
    return totem


def _combined(how: str, values: Sequence[Any], kind: Kind) -> Value:
    if how in ("min", "max"):
        return _extreme(how, values, kind)
    if kind in _FLOATING:
        return exact_sum(values)
    total: int = sum(values)
    if not LONG_RANGE[0] <= total <= LONG_RANGE[1]:
        raise OperationFailed(OUT_OF_RANGE, stage=MERGE)
    return total


def _extreme(how: str, values: Sequence[Any], kind: Kind) -> Value:
    floating = kind in _FLOATING
    least: Callable[[Any, Any], Any] = smaller_double if floating else smaller
    most: Callable[[Any, Any], Any] = larger_double if floating else larger
    choose = least if how == "min" else most
    found: Value = values[0]
    for value in values[1:]:
        found = choose(found, value)
    return found
