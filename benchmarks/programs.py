"""Run a folder of programs on real data and show each beside the answer recorded for it.

    python -m benchmarks.programs FOLDER [NAME…]

The folder holds `programs/answers.json`: for each program its data (paths from there), parameters,
columns, rows and the totem that another implementation charged. What may differ, and why, is said
in the test of the same programs (`tests/engine/test_engine_programs.py`). They run under the price
table that was in force when the answers were recorded (`tests/engine/recorded_prices.csv`).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from totemlang.engine.result_json import json_rows
from totemlang.execution import execute, prepare
from totemlang.program import Program
from totemlang.source import Source

TESTS = Path(__file__).resolve().parents[1] / "tests"


@frozen
class Finding:
    """A program's outcome beside the recorded one; `why` says what makes totem differ."""

    name: str
    rows: bool
    quoted: bool
    totem: int
    recorded: int
    explained: int
    why: str
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether rows and totem are the recorded ones, differences explained to the unit."""
        return self.rows and self.quoted and self.totem - self.recorded == self.explained


def find(folder: Path, name: str, answer: Mapping[str, Any]) -> Finding:
    """Run a program of the folder, within its quote."""
    from test_engine_programs import (  # type: ignore[import-not-found]
        DIFFERENCES,
        agree,
        recorded_prices,
    )

    programs = folder / "programs"
    source = Source((programs / f"{name}.totem").read_text(), name)
    program = Program(source, prices=recorded_prices())
    data = {key: [str(programs / path) for path in paths] for key, paths in answer["data"].items()}
    began = time.perf_counter()
    request = prepare(program, data, parameters=answer.get("params", {}))
    outcome = execute(request).checked()
    seconds = time.perf_counter() - began
    assert outcome.table is not None
    found = [[column.name for column in outcome.columns]]
    found += json_rows(outcome.table, outcome.columns)
    wanted = [answer["columns"], *answer["rows"]]
    same = len(found) == len(wanted) and all(
        len(one) == len(other) and all(map(agree, one, other))
        for one, other in zip(found, wanted, strict=True)
    )
    explained, why = DIFFERENCES.get(name, (0, ""))
    quoted = request.quote.lower <= outcome.totem <= (request.quote.upper or outcome.totem)
    return Finding(name, same, quoted, outcome.totem, answer["totem"], explained, why, seconds)


def main() -> int:
    """Print a line a program; 1 if one does not agree."""
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "programs" / "answers.json").exists():
        print("say which folder holds data/ and programs/answers.json: make programs TOTEM_DATA=…")
        return 2
    os.environ["TOTEM_DATA"] = sys.argv[1]
    sys.path[:0] = [str(TESTS), str(TESTS / "engine")]
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    answers = json.loads((folder / "programs" / "answers.json").read_text())
    wrong = 0
    print(
        f"{'program':22} {'answer':8} {'totem':>13} {'recorded':>13} {'differ':>12} {'seconds':>7}"
    )
    for name, answer in answers.items():
        if names and not any(name.startswith(each) for each in names):
            continue
        found = find(folder, name, answer)
        wrong += not found.agrees
        differ = found.totem - found.recorded
        print(
            f"{name:22} {'same' if found.rows else 'DIFFERS':8} {found.totem:13,} "
            f"{found.recorded:13,} {differ:+12,} {found.seconds:7.1f}"
            f"{'' if found.agrees else '  DOES NOT AGREE'}",
            flush=True,
        )
        if differ and found.agrees:
            print(f"{'':22} the recorded figure: {found.why}")
    print(f"{wrong} of {len(answers)} do not agree" if wrong else "all agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
