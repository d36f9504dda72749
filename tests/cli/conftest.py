"""Programs, data and a way to type commands, for the tests of the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from totemlang.cli.main import totemc
from vectors import BILLS, JOB, SCRIPT


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
