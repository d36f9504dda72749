"""A node killed at any of its transactions: the job still ends well, and costs once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from valley import BILLS, FLAT, METERED, Valley, copied, valley

from totemlang.ledger.chain import Chain, verify

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

TRANSACTIONS = 6
"""Of a node: accept, start, two reports, finish, deliver."""


def deadly(transaction: int, *, after: bool) -> None:
    """From now on this process is killed at one of its transactions."""
    submit, done = Chain.submit_all, [0]

    def submit_and_die(self: Chain, *arguments: object, **options: object) -> object:
        done[0] += 1
        if done[0] == transaction and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        receipts = submit(self, *arguments, **options)  # type: ignore[arg-type]
        if done[0] == transaction:
            os.kill(os.getpid(), signal.SIGKILL)
        return receipts

    Chain.submit_all = submit_and_die  # type: ignore[method-assign,assignment]


def in_a_process(run: Callable[[], None]) -> int | None:
    """The exit code of a forked process."""
    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    child.join(60)
    return child.exitcode


@pytest.mark.parametrize(
    ("policy", "after"), [(METERED, False), (FLAT, True)], ids=["before, metered", "after, flat"]
)
def test_killed_at_every_transaction(tmp_path: Path, policy: str, after: bool) -> None:
    (tmp_path / "begin").mkdir()
    here = valley(tmp_path / "begin", north=policy)
    job = here.submit(BILLS)
    bill = job.parts[0].quote.upper
    assert bill is not None
    for transaction in range(1, TRANSACTIONS + 2):
        there = copied(here, tmp_path / str(transaction))

        def serve(there: Valley = there, transaction: int = transaction) -> None:
            deadly(transaction, after=after)
            for _ in range(3):
                there.step()

        killed = in_a_process(serve) == -signal.SIGKILL
        assert killed == (transaction <= TRANSACTIONS)
        there.node("nora")
        ended = there.ended(job)
        assert (ended.state, ended.used) == ("finished", bill)
        assert there.ada.result(job.job).is_done
        assert there.ada.settle(job.job).charge == bill
        assert there.amounts("nora") == (bill, 0)
        assert there.amounts() == (10_000 - bill, 0)
        assert verify(there.five["carl"].chain).finding is None
