"""The scripted consortium: five members walk from founding to settlement, with the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from five_members import Five

ROOT = Path(__file__).resolve().parents[2]
WALK = ROOT / "examples" / "consortium" / "walk.py"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Five, str]:
    """The folder after the walk, and what was printed on it."""
    folder = tmp_path_factory.mktemp("walk") / "valley"
    done = subprocess.run(
        [sys.executable, WALK, folder],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "160"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Five(folder), done.stdout + done.stderr


def test_it_walks_every_step(walked: tuple[Five, str]) -> None:
    titles = [line for line in walked[1].splitlines() if line.startswith("# ")]
    steps = ("S400", "S101", "S402", "S404", "S406", "S103", "S408", "S410", "S412", "S418", "S424")
    for step in steps:
        assert any(step in title for title in titles), step


def test_jobs_end_in_every_way(walked: tuple[Five, str]) -> None:
    five, _ = walked
    jobs: list[dict[str, Any]] = five.gives("job list", "ada")["jobs"]
    assert {job["state"] for job in jobs} == {"settled"}
    ends = [job["parts"][0]["status"] for job in jobs]
    assert ends == ["done", "done", "out_of_totem", "stopped", "done"]
    charges = [job["charge"] for job in jobs]
    assert charges == [2_628_424, 1_321_980, 705_000, 703_125, 715_751]
    assert jobs[-1]["verdict"]["by"] == "carl@court"
    (refused,) = five.gives("ledger history --refused")["transactions"]
    assert refused["refusal"]["code"] == "LDG156"


def test_every_totem_is_accounted_for(walked: tuple[Five, str]) -> None:
    five, _ = walked
    accounts = [
        five.gives(f"account show {m}", "carl") for m in ("ada@lab", "nora@north", "sam@south")
    ]
    assert sum(each["balance"] + each["reserved"] for each in accounts) == 20_000_000
    assert five.gives("account supply", "carl") == {"granted": 20_000_000}


def test_the_result_is_that_of_all_homes_together(walked: tuple[Five, str]) -> None:
    five, told = walked
    first = five.gives("job list", "ada")["jobs"][0]["job"]
    result = five.gives(f"job result {first}", "ada")
    assert len(result["rows"]) == 5
    assert result["rows"][0][0] == "2013-01-18T19:00:00"
    assert "as north, south signed and the ledger has it" in told


def test_the_ledger_is_whole_and_holds_no_reading(walked: tuple[Five, str]) -> None:
    five, _ = walked
    assert five.gives("ledger verify")["blocks"] > 50
    five.says(f"ledger check {five.path('carl.head')}")
    five.says(f"ledger export -o {five.path('all.jsonl')}")
    text = five.path("all.jsonl").read_text()
    assert "MAC000" not in text
    assert json.loads(text.splitlines()[0])["genesis"]["consortium"] == "valley"
