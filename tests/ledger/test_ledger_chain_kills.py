"""Killed at every state of a job, anywhere within a commit: nothing is lost and nothing doubled.

A life of a job is walked once and the ledger kept as it was before each of its calls. Then whoever
makes a call is killed at a statement of its commit, and either comes back and sends the same call
again, after which the life goes on to the same end; or never does, and the others' waiting ends it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import pytest
from attrs import frozen
from consortium import COURT, GRID, LAB, NORTH, OTHER, SOUTH, metadata
from deadly_connection import killed
from embedded_consortium import Embedded, embedded
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.ledger.chain import Fault, Rejected, Transaction, verify
from totemlang.ledger.contract import Refusal
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.contract.deliveries import salted
from totemlang.ledger.contract.states import JOB
from totemlang.ledger.stub import Caller

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

KEY, CODE, DIGEST = "ab" * 32, "cd" * 16, "a" * 64
VALUE = salted({"rows": 3}, b"0123456789abcdef")
STATED = hashlib.sha256(VALUE).hexdigest()
GRANTED = 1_000


@frozen
class Step:
    """A call of a life, signed, and the ledger as it was before it."""

    who: Caller
    call: Transaction
    transient: Mapping[str, bytes]
    before: Embedded


def life(end: str, parts: int = 2) -> list[tuple[Caller, str, dict[str, Any]]]:
    """The calls of a job behind its submission, to one of its ends."""
    providers = (NORTH, SOUTH)[:parts]

    def each(function: str, **more: Any) -> list[tuple[Caller, str, dict[str, Any]]]:
        return [(who, function, {"part": at, **more}) for at, who in enumerate(providers)]

    code = {"part": 0, "key": KEY}
    begun = [
        *each("job_accept"),
        (LAB, "code_issue", code | {"code_hash": "?"}),
        (NORTH, "code_spend", code | {"code": CODE}),
        *each("job_start"),
        *each("job_report", stage=0, totem=90),
    ]
    done = [
        *each("job_report", stage=1, totem=60),
        *each("job_finish", result=DIGEST, receipt=DIGEST),
        (NORTH, "result_deliver", {"part": 0, "hash": STATED}),
    ]
    verdict: dict[str, Any] = {"charges": [100] * parts, "evidence": DIGEST}
    disputed = [
        (LAB, "job_dispute", {"reason": "too dear"}),
        (COURT, "job_judgement", verdict),
    ]
    settled: list[tuple[Caller, str, dict[str, Any]]] = [(LAB, "job_settle", {})]
    fails: dict[str, Any] = {"part": 0, "receipt": DIGEST}
    return {
        "settled": [*begun, *done, *settled],
        "judged": [*begun, *done, *disputed],
        "out of totem": [
            *begun,
            (NORTH, "job_fail", fails | {"status": "out_of_totem"}),
            *settled,
        ],
        "failed": [*begun, (SOUTH, "job_fail", fails | {"part": 1, "status": "failed"}), *settled],
        "stopped": [*begun, (GRID, "job_stop", {}), *settled],
        "withdrawn": [*begun[:3], (LAB, "job_stop", {})],
        "refused": [*begun[:1], (SOUTH, "job_refuse", {"part": 1, "reason": "capacity"})],
    }[end]


ENDS = ("settled", "judged", "out of totem", "failed", "stopped", "withdrawn", "refused")


@cache
def steps(end: str) -> tuple[tuple[Step, ...], dict[str, Any]]:
    """The life of a job step by step, and the accounts at its end."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    world = embedded(folder)
    world.grant(GRANTED)
    open_bound = metadata(distinct=None)
    parts = [
        (world.publish(who, metadata=open_bound), world.access(who), 190) for who in (NORTH, SOUTH)
    ]
    calls: list[tuple[Caller, str, dict[str, Any]]]
    calls = [(LAB, "job_submit", world.submission(parts))]
    found: list[Step] = []
    job = ""
    for who, function, arguments in [*calls, *life(end)]:
        sent = dict(arguments) if not job else {"job": job, **arguments}
        if function == "code_issue":
            sent["code_hash"] = hash_of_code(job, 0, KEY, CODE)
        transient = {"value": VALUE} if function == "result_deliver" else {}
        world.wait(seconds=1)
        call = world.chain(who).prepare(function, sent, tuple(transient))
        before = world.at(folder / f"{len(found)}.db")
        found.append(Step(who, call, transient, before))
        answer = world.chain(who).submit(call, transient).checked().result
        job = job or answer["job"]
    return tuple(found), accounts(world)


def accounts(world: Embedded) -> dict[str, Any]:
    """What everybody has, and the job."""
    found = {str(each["member"]): each for each in world.records("account/")}
    [job] = world.records("job/")
    return found | {"job": job}


STATEMENTS = st.integers(1, 31) | st.integers(32, 56)
"""Where a process dies: most calls take thirty statements, a submission fifty-four."""


@settings(max_examples=45, deadline=None, derandomize=True)
@given(
    end=st.sampled_from(ENDS),
    at=st.integers(0, 99),
    countdown=STATEMENTS,
    after=st.booleans(),
    comes_back=st.booleans(),
)
def test_killed_anywhere_in_a_job_s_life(
    end: str, at: int, countdown: int, after: bool, comes_back: bool
) -> None:
    walked, last = steps(end)
    at %= len(walked)
    with TemporaryDirectory() as folder:
        world = walked[at].before.at(Path(folder) / "ledger.db")
        blocks = world.chain(GRID).head().number
        world.chain(GRID).close()

        def commit() -> None:
            step = walked[at]
            world.chain(step.who).submit(step.call, step.transient).checked()

        dead = killed(commit, countdown, after)
        found = verify(world.chain(GRID)).checked()
        assert found.blocks - 1 in ({blocks, blocks + 1} if dead else {blocks + 1})
        if comes_back:
            go_on(world, walked[at:], found.blocks - 1 > blocks)
            assert accounts(world) == last
        else:
            vanish(world)
        for chain in world.chains.values():
            chain.close()


def go_on(world: Embedded, rest: tuple[Step, ...], was_taken: bool) -> None:
    """Everybody sends what he has signed, the killed one without knowing what came of it."""
    for number, step in enumerate(rest):
        world.clock = max(world.clock, step.before.clock)
        if number == 0 and was_taken:
            with pytest.raises(Rejected) as caught:
                world.chain(step.who).submit(step.call, step.transient)
            assert caught.value.fault is Fault.REPLAYED
        else:
            world.chain(step.who).submit(step.call, step.transient).checked()
    assert verify(world.chain(GRID)).finding is None


def vanish(world: Embedded) -> None:
    """Nobody comes back; somebody who passes by lets what is past its deadline expire."""
    for _ in range(len(JOB.states)):
        world.wait(days=15)
        for job in world.records("job/"):
            if not JOB[job["state"]].is_final:
                world.call(OTHER, "job_expire", job=job["job"])
    assert all(JOB[job["state"]].is_final for job in world.records("job/"))
    assert all(account["reserved"] == 0 for account in world.records("account/"))
    assert world.total() == GRANTED
    for job in world.records("job/"):
        with pytest.raises(Refusal):
            world.call(LAB, "job_settle", job=job["job"])
    assert verify(world.chain(GRID)).finding is None


@pytest.mark.parametrize("end", ENDS)
def test_every_life_comes_to_its_end(end: str) -> None:
    walked, last = steps(end)
    job = last["job"]
    assert JOB[job["state"]].is_final
    paid = sum(last[who.member]["earned"] for who in (NORTH, SOUTH))
    assert paid == job["charge"] == GRANTED - last[LAB.member]["balance"]
    assert len({step.call.id for step in walked}) == len(walked)
