"""Rows to be grouped, and what the interpreter's combiner makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import strategies as st

from totemlang.data.kinds import ARROW
from totemlang.data.python_values import to_array
from totemlang.engine.combine import Combiner
from totemlang.engine.ordering import group
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.plan import GroupingPlan, everything
from totemlang.schema.types import Kind
from totemlang.tables.prices import default_prices

LARGE = 1 << 28

INT = st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3)
LONG = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.sampled_from([2**62, -(2**63)])

EXTREME_DOUBLES = [
    0.0,
    -0.0,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    1e16,
    1.0,
    -1e16,
    1e-16,
    math.inf,
    -math.inf,
    math.nan,
    2.0**30,
    2.0**-61,
    0.1,
]

DOUBLE = (
    st.floats()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(EXTREME_DOUBLES)
    | st.floats(-1000, 1000)
)
FLOAT = st.floats(width=32)
TEXT = (
    st.text(max_size=6)
    | st.sampled_from(
        ["", "a", "aa", "ab" * 4, "ab" * 8, "ab" * 8 + "c", "ab" * 40, "ab" * 40 + "c"]
    )
    | st.text(alphabet="abé€\U0001f600", min_size=14, max_size=40)
)

VALUES = {
    Kind.BOOL: st.booleans(),
    Kind.INT: INT,
    Kind.LONG: LONG,
    Kind.FLOAT: FLOAT,
    Kind.DOUBLE: DOUBLE,
    Kind.DATE: INT,
    Kind.TIMESTAMP: LONG,
    Kind.DURATION: LONG,
    Kind.STRING: TEXT,
}

KEY_KINDS = [Kind.BOOL, Kind.INT, Kind.LONG, Kind.DATE, Kind.TIMESTAMP, Kind.STRING]


def batch_of(kinds: Sequence[Kind], rows: Sequence[Sequence[object]]) -> pa.RecordBatch:
    """Rows as a batch of columns c0, c1, …"""
    columns = [
        to_array([row[i] for row in rows], kind)  # type: ignore[misc]
        for i, kind in enumerate(kinds)
    ]
    return pa.RecordBatch.from_arrays(columns, names=[f"c{i}" for i in range(len(kinds))])


def plan(keys: Sequence[Kind], values: Sequence[Kind], **options: int) -> GroupingPlan:
    """A plan that asks everything."""
    limit = options.pop("limit", LARGE)
    return GroupingPlan(tuple(keys), everything(values), default_prices(), limit, None, **options)


def given_by(grouping: NativeGrouping) -> pa.Table:
    """All that a grouping gives."""
    batches = list(grouping.aggregates())
    grouping.close()
    schema = Combiner(grouping.plan.keys, kinds_of(grouping.plan), default_prices()).summed
    return pa.Table.from_batches(batches, schema).combine_chunks()


def kinds_of(of: GroupingPlan) -> tuple[Kind, ...]:
    """The kinds of the values."""
    return tuple(asked.kind for asked in of.values)


def expected(of: GroupingPlan, batch: pa.RecordBatch) -> pa.Table:
    """What the interpreter's combiner gives for rows."""
    combiner = Combiner(of.keys, kinds_of(of), default_prices())
    if not batch.num_rows:
        return pa.Table.from_batches([], combiner.summed)
    rows = group(batch, len(of.keys))
    partial = combiner.combine(rows)
    return pa.Table.from_batches([combiner.aggregates(group(partial, len(of.keys)))])


def plainly(table: pa.Table) -> dict[str, list[object]]:
    """A table as values of which equal ones are the same bits; totals that are over are None."""
    found: dict[str, list[object]] = {}
    for name in table.schema.names:
        column = table.column(name)
        kind = column.type
        if pa.types.is_floating(kind):
            found[name] = [None if v is None else (repr(v)) for v in column.to_pylist()]
        elif kind == pa.string() or kind == pa.bool_() or kind == pa.null():
            found[name] = column.to_pylist()
        else:
            form = pa.int64() if kind.bit_width == 64 else pa.int32()
            found[name] = pa.chunked_array([c.view(form) for c in column.chunks], form).to_pylist()
    for name in table.schema.names:
        if name.startswith("over"):
            total = found[f"total{name[4:]}"]
            found[f"total{name[4:]}"] = [
                None if over else value for over, value in zip(found[name], total, strict=True)
            ]
    return found


assert set(ARROW) == set(VALUES)
