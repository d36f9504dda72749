"""The promises on random programs: every accepted program ends within its quote, whatever happens.

Programs and data are drawn from the grammar (`strategies.programs`).
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

import totemlang
from strategies.programs import RandomProgram, jobs, scripts
from strategies.tables import write_rows
from totemlang.bytecode.container import decode, encode
from totemlang.data.file import DataFile, open_data
from totemlang.diagnostics import Refused
from totemlang.engine.outcome import Outcome
from totemlang.execution import Request, execute, prepare

programs = st.one_of(scripts, jobs)
many = examples(max_examples=60, deadline=None)


def compiled(drawn: RandomProgram) -> totemlang.Program:
    """The program; those that are refused since they must fail are no examples."""
    program = totemlang.Program(totemlang.Source(drawn.source))
    codes = [finding.code for finding in program.diagnostics]
    assert not any(code.startswith("BYT") for code in codes), codes
    assume(not codes)
    return program


def run(drawn: RandomProgram, budget: int | None = None) -> tuple[Request, Outcome]:
    """The outcome of a run with a budget (None: the upper bound)."""
    with TemporaryDirectory() as folder:
        data: dict[str, DataFile] = {}
        if drawn.columns:
            path = write_rows(Path(folder) / "rows.arrow", drawn.columns, drawn.rows)
            data = {"rows": open_data(str(path))}
        request = prepare(compiled(drawn), data, budget=budget)
        return request, execute(request)


@many
@given(programs)
def test_what_is_used_lies_within_the_quote(drawn: RandomProgram) -> None:
    """In total and by line; a run with the upper bound never runs out."""
    request, outcome = run(drawn)
    quote = request.quote
    assert outcome.status in ("done", "failed"), outcome.error
    used = outcome.usage.used
    assert quote.upper is not None
    assert used <= quote.upper
    assert quote.lower <= quote.expected <= quote.upper
    if outcome.status == "done":
        assert quote.lower <= used
        upper = {line.line: line.upper for line in quote.by_line}
        for line, totem in outcome.usage.by_line.items():
            bound = upper[line]
            assert bound is not None
            assert totem <= bound
        assert sum(outcome.usage.by_line.values()) == used
        assert sum(outcome.usage.by_group.values()) == used


@many
@given(programs)
def test_one_totem_less_is_out_of_totem_and_no_more_changes_nothing(drawn: RandomProgram) -> None:
    """The exact point of exhaustion, and that a budget is no input of the program."""
    request, whole = run(drawn)
    assume(whole.status == "done")
    used = whole.usage.used
    _, exact = run(drawn, used)
    assert exact.status == "done"
    assert exact.receipt is not None
    assert whole.receipt is not None
    assert exact.receipt.result == whole.receipt.result
    assume(used > 0)
    if used - 1 < request.quote.lower:
        with pytest.raises(Refused, match="CST050"):
            run(drawn, used - 1)
        return
    _, short = run(drawn, used - 1)
    assert short.status == "out_of_totem"
    assert short.usage.used == used - 1
    assert short.table is None
    assert not short.variables


@many
@given(programs)
def test_bytecode_is_deterministic_and_runs_as_its_source(drawn: RandomProgram) -> None:
    """One encoding; foreign bytecode of an accepted program is accepted, and costs the same."""
    program = compiled(drawn)
    container = program.bytecode()
    assert container == totemlang.compile(drawn.source).bytecode()
    assert encode(decode(container)) == container
    foreign = totemlang.load(container)
    assert foreign.verified.stages == program.verified.stages
    assert foreign.verified.script == program.verified.script
    assert totemlang.load(program.bytecode(strip=True)).module == program.module
