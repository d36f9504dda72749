"""Reduces of which only sums, counts and extremes are asked: aggregates in both tiers."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from native.native_pairs import PLENTY, Pair, bits, values_of
from totemlang.data.python_values import to_array
from totemlang.schema.types import Kind
from totemlang.vm.aggregate import Aggregate, aggregate_only
from totemlang.vm.failures import OUT_OF_RANGE
from totemlang.vm.machine import Failures
from totemlang.vm.tier import aggregate_schema
from vm.compiled import compiled

VALUES: dict[str, list[list[Any]]] = {
    "int": [[3, -4, 2**31 - 1], [], [0]],
    "long": [[2**62, 2**62, 5], [-7], [2**63 - 1, 1, -1]],
    "float": [[1.5, -0.0, math.inf], [math.nan, 1.0], [-0.0, 0.0]],
    "double": [[0.1, 0.2, 1e300, -1e300], [math.nan], [-0.0], [math.inf, -math.inf]],
    "bool": [[True, False], [True]],
    "date": [[0, -719162, 2932896], [18000]],
    "timestamp": [[1550000000000000, -1], [0]],
    "duration": [[2**63 - 1, 1], [5, -7]],
    "string": [["Größe", "a", ""], [""], ["zz"]],
}
SUMMED = {
    "int": "long",
    "long": "long",
    "float": "double",
    "double": "double",
    "duration": "duration",
}


def program(kind: str, expression: str, result: str) -> str:
    return (
        f"dataset rows(string k, {kind} v)\n\nmap m(rows row)\n    emit row.k, row.v\nend map\n\n"
        f"reduce r(string k, {kind}[] vs)\n    {result} x = {expression}\n    emit k, x\n"
        "end reduce\n"
    )


def aggregate(kind: Kind, values: list[Any]) -> Aggregate:
    sizes = [max(1, len(v.encode())) if isinstance(v, str) else 8 for v in values]
    total: Any = None
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        nothing = [v for v in values if math.isfinite(v)]
        total = math.fsum(nothing)
        for v in values:
            total = total if math.isfinite(v) else total + v
    elif kind in (Kind.INT, Kind.LONG, Kind.DURATION):
        total = sum(values)

    def order(v: Any) -> Any:
        return (v, math.copysign(1, v)) if isinstance(v, float) else v

    least = greatest = None
    if values:
        nan = any(v != v for v in values)
        least = math.nan if nan else min(values, key=order)
        greatest = math.nan if nan else max(values, key=order)
    return Aggregate(len(values), sum(sizes), max(sizes, default=0), total, least, greatest)


def as_batch(kind: Kind, groups: list[tuple[str, Aggregate]]) -> pa.RecordBatch:
    schema = aggregate_schema([Kind.STRING], [kind])
    held = [a for _, a in groups]
    beyond = [isinstance(a.total, int) and not -(2**63) <= a.total < 2**63 for a in held]
    totals = [None if over else a.total for a, over in zip(held, beyond, strict=True)]
    return pa.RecordBatch.from_arrays(
        [
            pa.array([key for key, _ in groups]),
            pa.array([a.count for a in held], pa.int64()),
            pa.array([a.total_bytes for a in held], pa.int64()),
            pa.array([a.longest_bytes for a in held], pa.int64()),
            pa.array(totals, schema.field("total0").type),
            pa.array(beyond),
            to_array([a.least for a in held], kind),
            to_array([a.greatest for a in held], kind),
        ],
        schema=schema,
    )


CASES = [
    (kind, what, result)
    for kind in VALUES
    for what, result in ([("sum(vs)", SUMMED[kind])] if kind in SUMMED else [])
    + [("min(vs)", kind), ("max(vs)", kind), ("count(vs)", "long"), ("len(vs)", "int")]
]


@pytest.mark.parametrize(("kind", "what", "result"), CASES)
def test_an_aggregate_answers_the_same(kind: str, what: str, result: str) -> None:
    verified = compiled(program(kind, what, result))
    assert aggregate_only(verified, 1) == (False, True)
    groups = [(f"k{i}", aggregate(Kind(kind), values)) for i, values in enumerate(VALUES[kind])]
    pair = Pair(verified)
    slow, fast = pair.machines(PLENTY)
    expected = slow.reduce(1, [((key,), [held]) for key, held in groups])
    found = fast.reduce_aggregates(1, as_batch(Kind(kind), groups))
    columns = [bits(values_of(column)) for column in found.batch().columns]
    assert columns == [bits(column) for column in expected.columns]
    assert found.failures == expected.failures
    pair.same_totals(slow, fast, exhausted=False)


def test_a_count_beyond_int_has_no_length() -> None:
    verified = compiled(program("int", "len(vs)", "int"))
    large = Aggregate(3_000_000_000, 12_000_000_000, 4, 5, 1, 2)
    _, fast = Pair(verified).machines(PLENTY)
    found = fast.reduce_aggregates(1, as_batch(Kind.INT, [("k", large)]))
    assert found.failures == Failures(1, 0, 8, OUT_OF_RANGE)
