"""Random programs of the language in both tiers, with the budget they need and with less."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import totemlang
from native.tiers import assert_tiers_agree
from strategies.programs import RandomProgram, jobs, scripts
from strategies.tables import write_rows
from totemlang.data.file import DataFile, open_data
from totemlang.engine.outcome import Outcome
from totemlang.execution import execute, prepare

programs = st.one_of(scripts, jobs)
EXAMPLES = int(os.environ.get("TOTEM_NATIVE_EXAMPLES", "30"))


@examples(max_examples=EXAMPLES, deadline=None)
@given(programs, st.floats(0, 1))
def test_tiers_agree(drawn: RandomProgram, share: float) -> None:
    program = totemlang.Program(totemlang.Source(drawn.source))
    assume(not program.diagnostics)
    with TemporaryDirectory() as folder:
        data: dict[str, DataFile] = {}
        if drawn.columns:
            path = write_rows(Path(folder) / "rows.arrow", drawn.columns, drawn.rows)
            data = {"rows": open_data(str(path))}

        def run(budget: int | None = None) -> Outcome:
            return execute(prepare(program, data, budget=budget))

        whole = assert_tiers_agree(run)
        used = whole.totem
        lower = prepare(program, data).quote.lower
        if lower < used:
            assert_tiers_agree(lambda: run(lower + int(share * (used - 1 - lower))))
