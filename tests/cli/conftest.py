"""Programs, data and a way to type commands, for the tests of the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from totemlang.cli.main import totemc

SCRIPT = """\
int a = 1, b = 2
int c = add (a, b)
float d = 4.1
for i = 1; i <= 3; i++ do
  c = add (c, i)
  d = sub (d, 0.1)
end for
"""

JOB = """\
dataset bills(date Date, int C_id, double Bill)

map by_customer(bills row)
    emit row.C_id, row.Bill
end map

reduce total(int C_id, double[] values)
    emit C_id, array.sum(values)
end reduce
"""

BILLS = """\
Date,C_id,Bill
2019-02-25,1,100
2019-02-25,2,200
2019-02-25,3,150
2019-02-26,2,100
2019-02-26,3,50
2019-02-27,2,100
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in: `script.totem`, `job.totem`, `bills.csv`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "script.totem").write_text(SCRIPT)
    (tmp_path / "job.totem").write_text(JOB)
    (tmp_path / "bills.csv").write_text(BILLS)
    return tmp_path


@pytest.fixture
def type_in(folder: Path) -> Callable[..., Result]:
    """Runs `totemc` with arguments in that folder."""

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(totemc, arguments, input=stdin)

    return run
