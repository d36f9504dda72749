"""Fifty processes at once on one ledger: exactly as much happens as may happen."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from consortium import GRID, LAB, NORTH, OTHER, SOUTH
from embedded_consortium import Embedded, embedded

from totemlang.ledger.chain import Chain, verify
from totemlang.ledger.contract import execute
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.stub import Caller

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

CROWD, ENOUGH = 50, 10
KEY, CODE = "ab" * 32, "cd" * 16


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Embedded:
    return embedded(tmp_path)


def together(world: Embedded, who: Caller, call: Callable[[int], tuple[str, Any]]) -> Counter[str]:
    """What comes of a call that every process of the crowd makes at the same moment."""
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(CROWD), fork.SimpleQueue()
    for chain in world.chains.values():
        chain.close()

    def one(at: int) -> None:
        chain = Chain.open(world.path, execute, world.identities[who.member], clock=world.now)
        function, arguments = call(at)
        signed = chain.prepare(function, arguments)
        barrier.wait(60)
        refusal = chain.submit(signed).refusal
        answers.put("done" if refusal is None else refusal.code)

    crowd = [fork.Process(target=one, args=(at,)) for at in range(CROWD)]
    for process in crowd:
        process.start()
    found = Counter(answers.get() for _ in crowd)
    for process in crowd:
        process.join(60)
    assert [process.exitcode for process in crowd] == [0] * CROWD
    held = verify(world.chain(GRID)).checked()
    assert held.blocks == held.transactions + 1
    return found


def test_a_balance_for_ten_takes_ten_jobs(world: Embedded) -> None:
    world.grant(ENOUGH * 198 + 100)
    arguments = world.submission([(world.publish(NORTH), world.access(NORTH), 198)])
    assert together(world, LAB, lambda at: ("job_submit", arguments)) == {
        "done": ENOUGH,
        "LDG121": CROWD - ENOUGH,
    }
    account = world.account()
    assert (account["balance"], account["reserved"]) == (100, ENOUGH * 198)
    assert len(world.call(LAB, "job_list", side="consumer")["jobs"]) == ENOUGH
    assert world.total() == ENOUGH * 198 + 100


def test_a_balance_for_ten_takes_ten_runs(world: Embedded) -> None:
    world.grant(ENOUGH * 7 + 6)

    def reserve(at: int) -> tuple[str, Any]:
        return "run_reserve", {"run": f"run {at}", "budget": 7, "payee": NORTH.member}

    assert together(world, LAB, reserve) == {"done": ENOUGH, "LDG121": CROWD - ENOUGH}
    account = world.account()
    assert (account["balance"], account["reserved"]) == (6, ENOUGH * 7)
    assert len(world.records("run/")) == ENOUGH


def test_a_run_s_name_is_taken_once(world: Embedded) -> None:
    world.grant(1_000)
    arguments = {"run": "one", "budget": 7, "payee": NORTH.member}
    found = together(world, LAB, lambda at: ("run_reserve", arguments))
    assert found == {"done": 1, "LDG113": CROWD - 1}
    assert world.account()["reserved"] == 7


def test_a_job_is_settled_once(world: Embedded) -> None:
    world.grant(1_000)
    job = world.submit(250)
    world.run(job, (90, 60))
    world.finish(job)
    found = together(world, LAB, lambda at: ("job_settle", {"job": job}))
    assert found == {"done": 1, "LDG110": CROWD - 1}
    assert world.account(NORTH)["balance"] == 150
    assert world.account()["balance"] == 850


def test_a_job_that_is_past_its_deadline_expires_once(world: Embedded) -> None:
    world.grant(1_000)
    job = world.submit(250, 250)
    world.wait(days=2)
    found = together(world, OTHER, lambda at: ("job_expire", {"job": job}))
    assert found == {"done": 1, "LDG110": CROWD - 1}
    assert world.account()["balance"] == 1_000


def test_a_code_opens_once(world: Embedded) -> None:
    world.grant(1_000)
    job = world.submit(250, 250)
    world.run(job, start=False)
    its: dict[str, Any] = {"job": job, "part": 1, "key": KEY}
    world.call(LAB, "code_issue", **its, code_hash=hash_of_code(job, 1, KEY, CODE))
    found = together(world, SOUTH, lambda at: ("code_spend", its | {"code": CODE}))
    assert found == {"done": 1, "LDG171": CROWD - 1}
