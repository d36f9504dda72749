"""Grouping: the same groups at any limit, and aggregates that say what the arrays would."""

from __future__ import annotations

import math
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.bytecode.module import Code, Emitted, Stage, StageKind
from totemlang.data.python_values import to_array, to_values
from totemlang.engine.ordering import Grouped
from totemlang.engine.pieces import Aggregated, Pieces, cut
from totemlang.engine.shuffle import Grouping, KeyedGroups, grouping_for
from totemlang.engine.spool import Scratch
from totemlang.schema.types import Field, Kind, Type
from totemlang.tables.prices import default_prices
from totemlang.vm.arrays import max_of, max_of_double, min_of, min_of_double
from totemlang.vm.exact_sum import exact_sum

VALUES = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.integers(-(2**31), 2**31 - 1),
    Kind.LONG: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(width=32),
    Kind.DOUBLE: st.floats() | st.sampled_from([0.0, -0.0, 1e308, -1e308, math.nan, math.inf]),
    Kind.DATE: st.integers(-719162, 2932896),
    Kind.TIMESTAMP: st.integers(-(10**15), 10**15),
    Kind.DURATION: st.integers(-(2**63), 2**63 - 1),
    Kind.STRING: st.text(max_size=4),
}
KEYS = (Kind.BOOL, Kind.INT, Kind.DATE, Kind.TIMESTAMP, Kind.STRING)


def reduce_of(keys: list[Kind], values: list[Kind]) -> Stage:
    fields = [Field(f"k{i}", Type(kind)) for i, kind in enumerate(keys)]
    fields += [Field(f"v{i}", Type(kind).array) for i, kind in enumerate(values)]
    kind = StageKind.REDUCE if keys else StageKind.REDUCE_ALL
    return Stage("r", kind, tuple(fields), len(keys), None, Emitted((), 0), Code((), ()))


def new_grouping(stage: Stage, combine: bool, limit: int, worth: int) -> Grouping:
    grouping = grouping_for(
        stage, combine=combine, limit=limit, scratch=Scratch(), prices=default_prices()
    )
    if isinstance(grouping, KeyedGroups):
        grouping.worth_combining = worth
    return grouping


def groups_of(
    stage: Stage,
    columns: list[list[object]],
    size: int,
    *,
    combine: bool,
    limit: int,
    worth: int = 0,
    parts: int = 0,
) -> list[Pieces]:
    """The groups of rows given `size` at a time, directly or gathered in `parts` places first."""
    grouping = new_grouping(stage, combine, limit, worth)
    places = [new_grouping(stage, combine, limit, worth) for _ in range(parts)]
    kinds = [p.type.kind for p in stage.parameters]
    names = [f"c{i}" for i in range(len(kinds))]
    arrays = [to_array(c, k) for c, k in zip(columns, kinds, strict=True)]  # type: ignore[arg-type]
    whole = pa.RecordBatch.from_arrays(arrays, names=names)
    for number, start in enumerate(range(0, whole.num_rows, size)):
        place = places[number * size * parts // whole.num_rows] if parts else grouping
        place.add(whole.slice(start, size))
    for place in places:
        grouping.take(*place.leave())
    assert grouping.rows == whole.num_rows
    found = list(grouping.groups())
    grouping.close()
    return found


def bits(value: object) -> object:
    return struct.pack("<d", value) if isinstance(value, float) and value == value else repr(value)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_an_aggregate_says_what_the_array_would(data: st.DataObject) -> None:
    keys = data.draw(st.lists(st.sampled_from(KEYS), max_size=2))
    values = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=2))
    row = st.tuples(*(VALUES[k] for k in (*keys, *values)))
    rows = data.draw(st.lists(row, min_size=1, max_size=40))
    if keys and data.draw(st.booleans()):
        rows = [(*rows[0][: len(keys)], *r[len(keys) :]) for r in rows]
    columns = [list(column) for column in zip(*rows, strict=True)]
    stage = reduce_of(keys, values)
    size = data.draw(st.integers(1, 7))
    whole = groups_of(stage, columns, 10**6, combine=False, limit=10**9)
    limit = data.draw(st.sampled_from([1, 100, 1000]))
    spilled = groups_of(stage, columns, size, combine=False, limit=limit)
    worth = data.draw(st.sampled_from([0, 2, 1000]))
    parts = data.draw(st.integers(0, 4))
    combined = groups_of(stage, columns, size, combine=True, limit=limit, worth=worth, parts=parts)
    expected = flat(stage, whole)
    assert repr(flat(stage, spilled)) == repr(expected)
    found = flat(stage, combined)
    assert [key for key, _ in found] == [key for key, _ in expected]
    for (_, arrays), (_, aggregates) in zip(expected, found, strict=True):
        for kind, array, aggregate in zip(values, arrays, aggregates, strict=True):
            check(kind, array, aggregate)  # type: ignore[arg-type]


def flat(stage: Stage, pieces: list[Pieces]) -> list[tuple[object, list[object]]]:
    """Keys, and of each value its array, or what is known of it as a dictionary."""
    found: list[tuple[object, list[object]]] = []
    parts, kinds = stage.key_parts, [p.type.kind for p in stage.parameters]
    for piece in pieces:
        names = piece.batch.schema.names
        columns = {
            name: to_values(column, kinds[parts + int(name[-1])])
            if name[:-1] in ("least", "greatest")
            else to_values(column, kinds[place])
            if place < parts
            else column.to_pylist()
            if isinstance(piece, Aggregated)
            else to_values(column, kinds[place])
            for place, (name, column) in enumerate(zip(names, piece.batch.columns, strict=True))
        }
        for group in range(piece.groups):
            if isinstance(piece, Grouped):
                start, stop = piece.starts[group : group + 2]
                key = tuple(columns[name][start] for name in names[:parts])
                found.append((key, [columns[name][start:stop] for name in names[parts:]]))
                continue
            key = tuple(columns[name][group] for name in names[:parts])
            known = {name: columns[name][group] for name in names}
            found.append((key, [known | {"value": n} for n in range(len(kinds) - parts)]))
    return found


def check(kind: Kind, array: list[object], known: object) -> None:
    if isinstance(known, list):  # so few rows that nothing was combined
        assert repr(known) == repr(array)
        return
    assert isinstance(known, dict)
    value = known["value"]
    total, least, greatest = (known[f"{name}{value}"] for name in ("total", "least", "greatest"))
    size, longest = known[f"bytes{value}"], known[f"longest{value}"]
    assert known["count"] == len(array)
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        assert bits(total) == bits(exact_sum(array))
        assert bits(least) == bits(min_of_double(array))
        assert bits(greatest) == bits(max_of_double(array))
    else:
        assert (least, greatest) == (min_of(array), max_of(array))
    if kind in (Kind.INT, Kind.LONG, Kind.DURATION):
        fits = -(2**63) <= sum(array) < 2**63
        assert known[f"over{value}"] is not fits
        assert not fits or total == sum(array)
    if kind is Kind.STRING:
        lengths = [max(1, len(text.encode())) for text in array]
        assert (size, longest) == (sum(lengths), max(lengths))
    else:
        each = default_prices().bytes(kind)
        assert (size, longest) == (each * len(array), each)


@pytest.mark.parametrize("combine", [False, True])
def test_a_reduce_without_key_has_one_group_even_of_no_rows(combine: bool) -> None:
    stage = reduce_of([], [Kind.INT])
    for parts in (0, 3):
        found = groups_of(stage, [[]], 5, combine=combine, limit=10, parts=parts)
        assert flat(stage, found) == [((), [[]])]


def test_rows_are_combined_only_where_keys_come_often() -> None:
    stage = reduce_of([Kind.INT], [Kind.INT])
    for step, kind in ((1, Grouped), (25, Aggregated)):
        numbers = [n // step for n in range(1000)]
        found = groups_of(stage, [numbers, numbers], 100, combine=True, limit=2000, worth=4)
        assert {type(piece) for piece in found} == {kind}


def test_no_rows_under_keys_are_no_groups() -> None:
    assert groups_of(reduce_of([Kind.INT], [Kind.INT]), [[], []], 5, combine=True, limit=1) == []


def test_many_small_groups_come_a_few_at_a_time() -> None:
    stage = reduce_of([Kind.LONG], [Kind.LONG])
    numbers = list(range(200_000))
    (whole,) = groups_of(stage, [numbers, numbers], 200_000, combine=False, limit=10**9)
    found = list(cut(whole, 10**9, 65_536))
    assert len(found) > 1
    assert [key for (key,), _ in flat(stage, found)] == numbers
    assert max(piece.rows for piece in found) <= 65_536
