"""Many processes at once, and processes that are killed anywhere: nothing is lost or doubled."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from deadly_connection import killed
from tiny_consortium import Consortium, found, tiny

from totemlang.ledger.chain import Chain, Rejected, rebuild, verify
from totemlang.ledger.contract.refusals import Refusal
from totemlang.ledger.identity import Authority

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")

FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else None


@pytest.fixture
def consortium(tmp_path: Path) -> Consortium:
    return found(tmp_path)


def pay_once(consortium: Consortium, at: int, barrier: Any, paid: Any) -> None:
    chain = consortium.chain(("ada", "bob", "eve")[at % 3])
    barrier.wait(60)
    with contextlib.suppress(Refusal):
        chain.call("pay", {"name": "x", "to": f"y{at}", "totem": 10})
        with paid.get_lock():
            paid.value += 1


def test_a_crowd_spends_a_balance_exactly(consortium: Consortium) -> None:
    assert FORK is not None
    chain = consortium.chain()
    chain.call("grant", {"name": "x", "totem": 105})
    barrier, paid = FORK.Barrier(24), FORK.Value("i", 0)
    crowd = [
        FORK.Process(target=pay_once, args=(consortium, at, barrier, paid)) for at in range(24)
    ]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join(120)
    assert [process.exitcode for process in crowd] == [0] * 24
    assert paid.value == 10
    assert chain.get("held/x") == b"5"
    assert len(chain.query("count", {"prefix": "held/y"})) == 10
    found = verify(chain).checked()
    assert (found.blocks, found.transactions) == (26, 25)


def test_threads_share_a_chain(consortium: Consortium) -> None:
    chain = consortium.chain()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                chain.call("grant", {"name": "x", "totem": 1})
            chain.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert chain.get("held/x") == b"20"


def test_a_chain_may_be_used_after_a_fork(consortium: Consortium) -> None:
    assert FORK is not None
    chain = consortium.chain()
    chain.call("grant", {"name": "x", "totem": 1})
    child = FORK.Process(target=chain.call, args=("grant", {"name": "x", "totem": 1}))
    child.start()
    chain.call("grant", {"name": "x", "totem": 1})
    child.join(60)
    assert child.exitcode == 0
    assert chain.get("held/x") == b"3"


def test_verification_sees_one_moment(consortium: Consortium) -> None:
    chain = consortium.chain()
    for _ in range(3):
        chain.call("grant", {"name": "x", "totem": 1})

    def interfere(number: int) -> None:
        chain.call("grant", {"name": "x", "totem": 1})

    assert verify(consortium.chain(), progress=interfere).checked().blocks == 4
    assert verify(chain).checked().blocks == 8


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_every_statement_of_a_call(
    consortium: Consortium, tmp_path: Path, after: bool
) -> None:
    chain = consortium.chain()
    chain.call("grant", {"name": "x", "totem": 100})
    call = chain.prepare("pay", {"name": "x", "to": "y", "totem": 1})
    with chain.store.reading() as connection:
        connection.execute("SELECT count(*) FROM blocks").fetchone()
    chain.close()
    outcomes, countdown = [], 1
    while True:
        path = tmp_path / f"{countdown}.db"
        shutil.copy(consortium.path, path)
        dead = killed(
            lambda path=path: Chain.open(  # type: ignore[misc]
                path, tiny, consortium.members["ada"], clock=consortium.clock
            ).submit(call),
            countdown,
            after,
        )
        again = Chain.open(path, tiny, consortium.members["bob"], clock=consortium.clock)
        found = verify(again).checked()
        assert found.blocks == found.transactions + 1
        outcomes.append(found.blocks)
        # Whoever does not know what came of it sends it again, and it counts once.
        with contextlib.suppress(Rejected):
            again.submit(call)
        assert (again.get("held/x"), again.get("held/y")) == (b"99", b"1")
        again.close()
        if not dead:
            break
        countdown += 1
    assert outcomes == sorted(outcomes)  # all or nothing, and nothing until the end
    assert set(outcomes) == {2, 3}
    assert countdown > 20


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_every_statement_of_founding(
    consortium: Consortium, tmp_path: Path, after: bool
) -> None:
    countdown = 1
    while True:
        path = tmp_path / f"new{countdown}.db"

        def create(path: Path = path) -> Chain:
            return Chain.create(
                path,
                tiny,
                consortium.members["ada"],
                "hub",
                [Authority(consortium.authority.certificate)],
                clock=consortium.clock,
            )

        dead = killed(create, countdown, after)
        if path.exists():
            chain = Chain.open(path, tiny, consortium.members["ada"], clock=consortium.clock)
        else:
            chain = create()
        assert verify(chain).checked().blocks == 1
        chain.close()
        if not dead:
            break
        countdown += 1
    assert countdown > 15


def test_killed_while_rebuilding(consortium: Consortium, tmp_path: Path) -> None:
    chain = consortium.chain()
    for _ in range(3):
        chain.call("grant", {"name": "x", "totem": 1})
    chain.close()
    for countdown in range(8, 40, 4):
        killed(lambda: rebuild(consortium.chain()), countdown, False)
        assert verify(consortium.chain()).finding is None


def endless(consortium: Consortium, acknowledged: int) -> None:
    chain = consortium.chain()
    while True:
        chain.call("grant", {"name": "x", "totem": 1})
        os.write(acknowledged, b".")


def test_killed_at_any_time_keeps_what_was_acknowledged(consortium: Consortium) -> None:
    known = 0
    for round_ in range(10):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                endless(consortium, write)
            os._exit(1)
        os.close(write)
        os.read(read, 1)
        time.sleep(0.003 * round_)
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        known += 1 + len(os.read(read, 100_000))
        os.close(read)
        held = int(consortium.chain().get("held/x") or b"0")
        assert held - known in (0, 1)
        known = held
    found = verify(consortium.chain()).checked()
    assert found.transactions == known
