"""Run a folder of programs on real data and hold the results to the answers recorded beside them.

    python -m benchmarks.programs FOLDER [NAME…]

The folder holds `programs/answers.json`: for each program its data (paths from there), parameters,
columns, rows and the totem that another implementation charged. Floats agree to 1e-9.

That implementation reads three of the rules of prices in another way; the figure it would have
without these readings is what ours must be, to the unit:

- it charges `merge` with one provider for reading the merged rows, which is free here;
- it takes `days(1)` of a literal as a literal, which here is a multiplication;
- it charges `words(s, separators)` for the bytes of s alone, here for those of both.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from totemlang.engine.result_json import json_rows
from totemlang.execution import run
from totemlang.program import Program
from totemlang.source import Source

READ_OTHERWISE: Mapping[str, int] = {
    "01_peak_hour": -420_480,
    "07_daily_profile": -4_800,
    "09_self_consumption": -459,
    "13_ev_idle_time": -336 + 24 * 35_339,
    "15_ev_flexibility": -1_032 + 2_105_016,
    "17_availability": -88,
    "21_linear_regression": -320,
    "23_kmeans_step": -3_456,
    "25_ramp_rates": 24 * 417_859,
    "29_top_words": 18 * 70_494 - 324_185,
    "41_wind_rose": -288,
    "45_merged_quantile": -9_440,
    "47_autocorrelation": 24 * 1_669_918,
}
"""What the three readings make, in totem; on programs that are not here they make nothing."""


@frozen
class Finding:
    """A program's outcome beside the recorded one."""

    name: str
    status: str
    rows_agree: bool
    totem: int
    recorded: int
    seconds: float
    bounds: tuple[int, int | None]

    @property
    def explained(self) -> bool:
        """Whether the difference in totem is exactly what the three readings make."""
        return self.totem - self.recorded == READ_OTHERWISE.get(self.name, 0)

    @property
    def agrees(self) -> bool:
        """Whether the answer is the recorded one, at an explained price within the quote."""
        lower, upper = self.bounds
        within = lower <= self.totem and (upper is None or self.totem <= upper)
        return self.status == "done" and self.rows_agree and self.explained and within


def find(folder: Path, name: str, answer: Mapping[str, Any]) -> Finding:
    """Run a program of the folder."""
    programs = folder / "programs"
    program = Program(Source((programs / f"{name}.totem").read_text(), name))
    data = {key: [str(programs / path) for path in paths] for key, paths in answer["data"].items()}
    parameters = answer.get("params", {})
    began = time.perf_counter()
    outcome = run(program, data, parameters=parameters)
    seconds = time.perf_counter() - began
    rows = json_rows(outcome.table, outcome.columns) if outcome.table is not None else []
    columns = [column.name for column in outcome.columns]
    quote = outcome.receipt.quote if outcome.receipt is not None else None
    return Finding(
        name,
        outcome.status,
        columns == answer["columns"] and agree(rows, answer["rows"]),
        outcome.totem,
        answer["totem"],
        seconds,
        (quote[0], quote[2]) if quote is not None else (0, None),
    )


def agree(found: Any, wanted: Any) -> bool:
    """Whether two values as JSON has them are the same; floats within 1e-9 of their size."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(agree, found, wanted))
    if isinstance(found, float) and isinstance(wanted, int | float):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == wanted)


def answers(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The recorded answers by program."""
    found: dict[str, Mapping[str, Any]] = json.loads(
        (folder / "programs" / "answers.json").read_text()
    )
    return found


def main() -> int:
    """Print a line a program; 1 if one does not agree."""
    if len(sys.argv) < 2 or not (Path(sys.argv[1]) / "programs" / "answers.json").exists():
        print("say which folder holds data/ and programs/answers.json: make programs TOTEM_DATA=…")
        return 2
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    wrong = 0
    print(f"{'program':24} {'answer':7} {'totem':>13} {'recorded':>13} {'differ':>12} {'s':>6}")
    for name, answer in answers(folder).items():
        if names and not any(name.startswith(each) for each in names):
            continue
        found = find(folder, name, answer)
        wrong += not found.agrees
        differ = found.totem - found.recorded
        why = "" if found.agrees else "  DOES NOT AGREE"
        why = why or ("  by three rules" if differ else "")
        print(
            f"{name:24} {'same' if found.rows_agree else found.status:7} {found.totem:13,} "
            f"{found.recorded:13,} {differ:+12,} {found.seconds:6.1f}{why}",
            flush=True,
        )
    print(f"{wrong} do not agree" if wrong else "all agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
