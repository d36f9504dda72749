"""Every quote holds: lower ≤ used ≤ upper, in all, by stage and by line, whatever runs on what.

Random programs and rows; metadata complete, with ceilings in place of counts, and with parts of it
not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from costly_programs import costly_job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quote_bench import Rows, as_ceilings, assert_holds, describe_rows, fields, run, without

from strategies.programs import random_job, random_script
from totemlang.cost.quote import Quote, quote
from totemlang.diagnostics import Refused
from totemlang.program import Program
from totemlang.schema.metadata import Metadata
from totemlang.schema.types import Field
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 2**32).map(Random)


def assert_quotes_hold(text: str, columns: tuple[Field, ...], rows: Rows) -> None:
    program = Program(Source(text, "random"))
    if program.diagnostics:
        return
    found = run(program.verified, rows)
    published = describe_rows("rows", columns, rows)
    for metadata in (
        published,
        as_ceilings(published),
        without(published, "distinct"),
        without(published, "lower", "upper", "max_bytes"),
        without(published, "total_bytes", "distinct"),
        None,
    ):
        known = {} if metadata is None else {"rows": metadata}
        quoted = quoted_unless_too_costly(program.verified, known)
        if quoted is not None:
            assert_holds(quoted, found)


def quoted_unless_too_costly(
    verified: VerifiedModule, known: Mapping[str, Metadata]
) -> Quote | None:
    """The quote; None where little is published and the bound is beyond any account."""
    try:
        return quote(verified, known)
    except Refused as refused:
        if any(d.code != "CST101" for d in refused.diagnostics):
            raise
        return None


@RELAXED
@given(seeds)
def test_of_any_script(random: Random) -> None:
    assert_quotes_hold(random_script(random).source, (), ())


@RELAXED
@given(seeds)
def test_of_any_job(random: Random) -> None:
    job = random_job(random)
    assert_quotes_hold(job.source, fields(job.columns), job.rows)


@RELAXED
@given(seeds)
def test_of_jobs_whose_cost_hangs_on_their_data(random: Random) -> None:
    job = costly_job(random)
    assert_quotes_hold(job.source, fields(job.columns), job.rows)
