"""Results, totem, failures and the end of totem are the same at any partition and worker count.

Shown on the conformance cases and on random programs at random budgets. Threads stand for workers
of any kind here; processes have tests of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.conformance_cases import Case, all_cases
from engine.outcomes import essence
from strategies.programs import RandomProgram, jobs
from strategies.tables import write_rows
from totemlang.data.file import open_data
from totemlang.data.parameters import sent_values
from totemlang.diagnostics import UsageError
from totemlang.engine.local import run_job
from totemlang.engine.manager import TotemManager
from totemlang.engine.work import Work
from totemlang.engine.worker_threads import ThreadWorkers
from totemlang.engine.workers import Workers
from totemlang.program import Program
from totemlang.source import Source

PARTITIONS = (1, 2, 7, 64)

JOBS = [
    case
    for case in all_cases()
    if case.get("data") and case["expect"].get("status") in ("done", "failed", "out_of_totem")
]


def threads(work: Work, manager: TotemManager, count: int, home: Workers) -> Workers:
    return ThreadWorkers(work, manager, count)


@pytest.mark.parametrize("given", JOBS, ids=[str(case["name"]) for case in JOBS])
def test_conformance_cases_in_partitions(given: Mapping[str, Any], tmp_path: Path) -> None:
    case = Case(given, tmp_path)
    module = case.program.verified
    sent = sent_values(case.program.module.globals, case.given.get("parameters") or {})

    def run(budget: int, **how: Any) -> tuple[object, ...]:
        return essence(run_job(module, case.data, budget, parameters=sent, **how))

    case_number = JOBS.index(given)
    whole = run(10**9)
    used = whole[2]
    assert isinstance(used, int)
    for budget in (10**9, max(0, used - 1)):
        expected = run(budget)
        for number, partitions in enumerate(PARTITIONS):
            how = {"partitions": partitions, "workers": 1 + number % 4}
            assert run(budget, crew=threads, **how) == expected
            if number == case_number % len(PARTITIONS):
                assert run(budget, tier="native", **how) == expected


@settings(max_examples=60, deadline=None)
@given(drawn=jobs, data=st.data())
def test_random_programs_at_random_budgets(drawn: RandomProgram, data: st.DataObject) -> None:
    program = Program(Source(drawn.source))
    assume(not program.diagnostics)
    with TemporaryDirectory() as folder:
        path = write_rows(Path(folder) / "rows.arrow", drawn.columns, drawn.rows)
        rows = {"rows": open_data(str(path))}
        whole = run_job(program.verified, rows, 10**12)
        budget = data.draw(st.sampled_from([10**12, whole.totem]) | st.integers(0, whole.totem))
        expected = essence(run_job(program.verified, rows, budget))
        partitions = data.draw(st.sampled_from(PARTITIONS))
        workers = data.draw(st.integers(1, 4))
        tier = data.draw(st.sampled_from(["interpreter", "native"]))
        how: dict[str, Any] = {"crew": threads} if tier == "interpreter" else {}
        found = run_job(
            program.verified,
            rows,
            budget,
            partitions=partitions,
            workers=workers,
            tier=tier,
            **how,
        )
    assert essence(found) == expected


def test_a_job_has_workers_and_partitions() -> None:
    module = Program(Source("int a = 1\n")).verified
    for how in ({"workers": 0}, {"partitions": 0}):
        with pytest.raises(UsageError, match="at least one"):
            run_job(module, {}, 100, **how)
    with pytest.raises(UsageError, match="no tier 'fast'"):
        run_job(module, {}, 100, tier="fast")
