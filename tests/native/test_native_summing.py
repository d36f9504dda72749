"""Sums of what a map emits, without its rows: bits, totem and failures are those of the rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.outcomes import essence
from totemlang.data.file import open_data
from totemlang.engine.local import run_job
from totemlang.engine.native_groups import native_plan
from totemlang.engine.outcome import Outcome
from totemlang.native import streaming
from totemlang.native.grouping.groups import NativeGrouping
from totemlang.native.grouping.place import Place
from totemlang.native.machine import NativeMachine
from totemlang.native.streaming import Chunks, Stream
from totemlang.native.summing import BLOCK, can_sum
from totemlang.native.translation.translator import plan_of
from totemlang.program import Program
from totemlang.source import Source
from totemlang.vm.meter import Meter
from vm.compiled import PLENTY, compiled

PRODUCTS = """\
dataset rows(double? x, double? y)

map m(rows row)
    if not missing(row.x) and not missing(row.y) then
        double x = value(row.x)
        double y = value(row.y)
        emit x as x, y as y, x * x as xx, x * y as xy, 2.5 * y - x as d
    end if
end map

reduce r(double[] x, double[] y, double[] xx, double[] xy, double[] d)
    emit count(x) as n, sum(x) as x, sum(y) as y, sum(xx) as xx, sum(xy) as xy, sum(d) as d
end reduce
"""


def text_of(body: str, emitted: str, reduced: str, types: str = "double? x, double? y") -> str:
    return f"""\
dataset rows({types})

map m(rows row)
    {body}
end map

reduce r({emitted})
    emit {reduced}
end reduce
"""


def outcomes(text: str, data: str, budget: int, **how: Any) -> Outcome:
    verified = Program(Source(text)).verified
    return run_job(verified, {"rows": open_data(data)}, budget, **how)


def written(folder: Path, columns: dict[str, Any]) -> str:
    table = pa.table(columns)
    path = folder / "rows.arrow"
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)
    return str(path)


def assert_same(text: str, data: str) -> Outcome:
    right = outcomes(text, data, 10**12, tier="interpreter")
    for workers, partitions in ((1, None), (2, 3)):
        found = outcomes(text, data, 10**12, tier="native", workers=workers, partitions=partitions)
        assert essence(found) == essence(right)
    for budget in (right.usage.used - 1, right.usage.used // 2):
        ended = outcomes(text, data, budget, tier="interpreter")
        assert essence(outcomes(text, data, budget, tier="native")) == essence(ended)
    return right


@pytest.fixture(autouse=True)
def chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHUNKS", Chunks(16, 4 * BLOCK, 16))


def stream_of(text: str) -> tuple[Stream, NativeGrouping]:
    verified = compiled(text)
    native = NativeMachine(verified, (), (), Meter(PLENTY))
    place = Place(native.instance.store, native.instance.memory)
    grouping = NativeGrouping(native_plan(verified, 1, 1 << 24, None), place)
    return Stream(native, 0, grouping), grouping


@pytest.fixture
def without_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map traps once the first rows have been looked at, and the interpreter goes on."""
    text_of_stream = streaming._text.__wrapped__

    def text(*given: Any) -> str:
        found: str = text_of_stream(*given)
        assert found.count("(call $map ") == 1
        guard = "(if (result i64) (local.get $takes) (then unreachable) (else (call $map "
        rest = "(local.get $from) (local.get $stop) (local.get $left))"
        return found.replace(f"(call $map {rest}", f"{guard}{rest}))")

    monkeypatch.setattr(streaming, "_text", text)


def batch_of(rows: int, missing: tuple[int, ...] = ()) -> pa.RecordBatch:
    values = np.arange(rows) % 16 / 8 + 1
    gone = np.isin(np.arange(rows), missing)
    return pa.record_batch({"x": pa.array(values, mask=gone), "y": pa.array(-values, mask=gone)})


@pytest.mark.usefixtures("without_map")
def test_rows_that_are_there_are_not_mapped() -> None:
    stream, grouping = stream_of(PRODUCTS)
    stream.map(batch_of(16))
    for blocks in (1, 3, 9):
        stream.map(batch_of(blocks * BLOCK))
    assert stream.machine.given_up == 0
    assert grouping.rows == 16 + 13 * BLOCK


@pytest.mark.usefixtures("without_map")
@pytest.mark.parametrize(
    "batch",
    [
        batch_of(BLOCK - 1),
        batch_of(BLOCK, (7,)),
        batch_of(2 * BLOCK, (BLOCK,)),
        pa.record_batch({"x": [math.nan] * BLOCK, "y": [1.0] * BLOCK}),
        pa.record_batch({"x": [1e200] * BLOCK, "y": [1e200] * BLOCK}),
    ],
    ids=["few", "missing in the first", "missing in the second", "NaN", "too large"],
)
def test_others_are(batch: pa.RecordBatch) -> None:
    stream, _ = stream_of(PRODUCTS)
    stream.map(batch_of(16))
    stream.map(batch)
    assert stream.machine.given_up == 1


def test_only_what_is_asked_is_summed() -> None:
    fields = "double[] x, double[] y"
    ways = {
        "sum(x), sum(y)": True,
        "sum(x), count(y)": True,
        "sum(x), max(y)": False,
        "sum(x), y[0]": False,
        "count(x), count(y)": False,
    }
    for asked, expected in ways.items():
        body = "emit value(row.x) as x, value(row.y) * 3.0 as y"
        verified = compiled(text_of(body, fields, asked.replace("),", ") as a,") + " as b"))
        certain = plan_of(verified).stages[0].certain
        assert certain is not None
        if "[0]" not in asked:
            layout = native_plan(verified, 1, 1 << 20, None).layout
            assert can_sum(certain, layout) is expected, asked


@pytest.mark.parametrize(
    ("body", "emitted"),
    [
        ("emit value(row.x) as a", True),
        ("if missing(row.x) then\n emit 1.0 as a\n else\n emit value(row.x) as a\n end if", True),
        ("if missing(row.x) or not missing(row.y) then\n emit 1.0 as a\n end if", True),
        ("if not missing(row.x) and missing(row.y) then\n emit 1.0 as a\n end if", False),
        ("if default(row.x, 1.0) > 2.0 then\n emit value(row.x) as a\n end if", False),
        ("emit value(row.x) as a\n emit value(row.y) as a", False),
        ("for i = 0; i < 3; i++ do\n emit value(row.x) as a\n end for", False),
        ("emit sqrt(value(row.x)) as a", True),
        ("double a = value(row.x)\n a = a + a\n emit a / value(row.y) as a", True),
    ],
)
def test_the_way_of_records_that_are_there(body: str, emitted: bool) -> None:
    verified = compiled(text_of(body, "double[] a", "sum(a) as s"))
    assert (plan_of(verified).stages[0].certain is not None) is emitted


def values_of(seed: int, rows: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Stretches of values of one scale, then of another; some are special."""
    random = np.random.default_rng(seed)
    at, parts = 0, []
    while at < rows:
        size = int(random.integers(1, 700))
        scale = 10.0 ** random.choice([0, 0, 0, 3, -3, 150, -150, -160, 300, -310, 308])
        part = np.clip(random.normal(0, 1, size), -1.5, 1.5) * scale
        which = random.integers(0, 8)
        if which == 0:
            part[:] = random.choice([0.0, -0.0, 1.0, -(2.0**52), 5e-324])
        elif which == 1:
            part[random.integers(0, size)] = random.choice(
                [math.nan, math.inf, -math.inf, 1.7e308, -1.7e308, -5e-324]
            )
        elif which == 2:
            part = np.round(part * 128) / 128 if scale < 1e9 else part
        parts.append(part)
        at += size
    return np.concatenate(parts)[:rows]


def gone_of(seed: int, rows: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    random = np.random.default_rng(seed + 1)
    gone = np.zeros(rows, bool)
    if seed % 4 == 3:
        gone |= random.random(rows) < 0.004
    for _ in range(random.integers(0, 4)):
        start = random.integers(0, rows)
        gone[start : start + random.integers(1, 400)] = True
    return gone


@pytest.mark.parametrize("seed", range(12))
def test_values_of_all_kinds(seed: int, tmp_path: Path) -> None:
    rows = 20 * BLOCK + seed
    x, y = values_of(seed, rows), values_of(seed + 100, rows)
    data = written(
        tmp_path,
        {
            "x": pa.array(x, mask=gone_of(seed, rows)),
            "y": pa.array(y, mask=gone_of(seed + 50, rows)),
        },
    )
    assert_same(PRODUCTS, data)


EXPRESSIONS = st.recursive(
    st.sampled_from(["x", "y", "z", "2.5", "0.1", "1e200", "3e-200"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-*/"), inner, inner).map(
            lambda parts: f"({parts[1]} {parts[0]} {parts[2]})"
        ),
        inner.map(lambda one: f"abs({one})"),
        inner.map(lambda one: f"(-{one})"),
        st.tuples(inner, inner).map(lambda two: f"max({two[0]}, {two[1]})"),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    expressions=st.lists(EXPRESSIONS, min_size=1, max_size=4),
    condition=st.sampled_from(
        [
            "not missing(row.x) and not missing(row.y)",
            "not (missing(row.x) or missing(row.y))",
            "not missing(row.x) and (missing(row.x) or not missing(row.y))",
            "not missing(row.y) and not missing(row.x) and row.z == row.z",
        ]
    ),
    seed=st.integers(0, 10**6),
)
def test_expressions(
    expressions: list[str], condition: str, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = [f"e{n}" for n in range(len(expressions))]
    emitted = ", ".join(
        f"{text} + 0.0 * x as {name}" for text, name in zip(expressions, names, strict=True)
    )
    body = f"""\
if {condition} then
        double x = value(row.x)
        double y = value(row.y)
        double z = row.z
        emit {emitted}
    end if"""
    text = text_of(
        body,
        ", ".join(f"double[] {name}" for name in names),
        ", ".join(f"sum({name}) as {name}" for name in names) + ", count(e0) as n",
        "double? x, double? y, double z",
    )
    rows = 5 * BLOCK + 3
    gone = gone_of(seed, rows)
    columns = {
        "x": pa.array(values_of(seed, rows), mask=gone),
        "y": pa.array(values_of(seed + 1, rows), mask=gone),
        "z": values_of(seed + 2, rows),
    }
    data = written(tmp_path_factory.mktemp("rows"), columns)
    right = outcomes(text, data, 10**12, tier="interpreter")
    assert essence(outcomes(text, data, 10**12, tier="native")) == essence(right)


@pytest.mark.parametrize("first", [5, 8, 13])
def test_the_first_records_may_end_within_a_byte_of_bits(
    first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From there on whole blocks begin only at the next byte."""
    monkeypatch.setattr(streaming, "CHUNKS", Chunks(first, 3 * BLOCK, 3))
    x = [None if 900 <= n < 903 else n / 8 for n in range(12 * BLOCK + 3)]
    assert_same(PRODUCTS, written(tmp_path, {"x": x, "y": x[::-1]}))


def assert_products(folder: Path, x: Any, y: Any) -> None:
    data = written(folder, {"x": x, "y": y})
    right = outcomes(PRODUCTS, data, 10**12, tier="interpreter")
    assert essence(outcomes(PRODUCTS, data, 10**12, tier="native")) == essence(right)


@pytest.mark.parametrize("slower", [1.0, 2.5])
def test_products_that_grow_beyond_their_first_sums(slower: float, tmp_path: Path) -> None:
    """The first rows tell how large products are: of larger ones, still as many go into a lane."""
    for size in range(24):
        x, y = 2.0 ** (size / 4 / slower) * 0.999, 2.0 ** (size / 4) * -0.999
        more = 4 * BLOCK
        assert_products(tmp_path, [1.0] * 16 + [x] * more, [1.0] * 16 + [y] * more)


def small(first: float, x: float, y: float, rows: int) -> tuple[Any, Any]:
    """Values whose products go out against each other, all but their last bits."""
    bits = 1 + 2.0**-51 * np.random.default_rng(7).integers(1, 99, rows)
    signs = np.resize([1.0, -1.0], 16 + rows)
    return (
        signs * np.concatenate([np.full(16, first), x * bits]),
        np.concatenate([np.full(16, first), np.full(rows, 1.5 * y)]),
    )


def test_products_that_are_small_beside_their_first_sums(tmp_path: Path) -> None:
    """No bit of them is lost."""
    for size in range(24, 44):
        x, y = 2.0 ** -(size // 2), 2.0 ** -(size - size // 2)
        assert_products(tmp_path, *small(1.0, x, y, 4 * BLOCK))


def test_products_that_have_no_power_of_two(tmp_path: Path) -> None:
    """Their factors are taken in by the rows before; the sums of products stay where they were."""
    for power in (-505, -511, -515, -525):
        assert_products(tmp_path, *small(2.0**-470, 2.0**power, 2.0**power, 12 * BLOCK))


@pytest.mark.parametrize("product", ["x * y", "y * x"])
def test_bounds_of_a_product_are_those_of_both_factors(product: str, tmp_path: Path) -> None:
    """Where both have grown, each within its own bounds, the product is beyond its lanes."""
    text = text_of(
        "double x = value(row.x)\n    double y = value(row.y)\n"
        f"    emit x as x, y as y, {product} as p",
        "double[] x, double[] y, double[] p",
        "sum(x) as x, sum(y) as y, sum(p) as p",
    )
    parts = 1 + np.arange(9 * BLOCK) % 64 / 64
    small = parts * 2.0**-20
    small[16:] = parts[16:] * 2.0**-15
    large = parts.copy()
    large[16:] = parts[16:] * 2.0**6
    for x, y in ((small, large), (large, small)):
        assert_same(text, written(tmp_path, {"x": x, "y": y}))
