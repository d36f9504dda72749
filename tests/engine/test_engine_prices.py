"""A job costs what the table in force says, in both tiers and beside the same job under another.

The other table is `recorded_prices.csv`, which was in force before the calibration: the programs on
the full data sets were recorded under it (`test_engine_programs.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from totemlang.execution import run
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.prices import default_prices, load_prices

RECORDED = load_prices(
    Path(__file__).with_name("recorded_prices.csv").read_text(), "recorded_prices.csv"
)

JOB = """\
dataset d(timestamp ts, double kwh)
map m(d row)
    emit hour(row.ts) as h, row.kwh
end map
reduce r(int h, double[] kwh)
    emit h, count(kwh) as n
end reduce
"""

ROWS = """\
ts,kwh
2013-01-18T10:00:00,1
2013-01-18T10:30:00,2
2013-01-18T11:00:00,3
2013-01-18T11:30:00,4
2013-01-18T12:00:00,5
2013-01-18T12:30:00,6
"""


@pytest.mark.parametrize("tier", ["interpreter", "native"])
def test_each_table_has_its_own_totem(tmp_path: Path, tier: str) -> None:
    (tmp_path / "d.csv").write_text(ROWS)
    read = 6 * (8 + 8) + 3 * 4 + 6 * 8
    # Of the hour of six timestamps and the count of three groups, each 8 bytes.
    for prices, convert, index in ((RECORDED, 1, 1), (default_prices(), 5, 3), (RECORDED, 1, 1)):
        job = Program(Source(JOB), prices=prices)
        outcome = run(job, {"d": str(tmp_path / "d.csv")}, tier=tier).checked()
        assert outcome.totem == read + 6 * 8 * convert + 3 * 8 * index
        assert outcome.table is not None
        assert outcome.table.to_pydict() == {"h": [10, 11, 12], "n": [2, 2, 2]}


def test_the_tables_differ_in_what_the_calibration_changed() -> None:
    shipped = default_prices()
    assert RECORDED.sizes == shipped.sizes
    changed = {name for name, w in RECORDED.weights.items() if w != shipped.weights[name]}
    assert changed == {"logic", "convert", "index", "call"}
    assert {RECORDED.weights[name] for name in changed} == {1}
