"""Worker processes that are killed: same bits, same totem, nothing charged twice.

SIGKILL comes at random moments, from outside. What a dead worker used must be back in the budget:
with a budget that is just enough, anything charged twice would end the job.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.outcomes import essence
from totemlang.data.file import DataFile, open_data
from totemlang.diagnostics import BadData, TotemError
from totemlang.engine.account import NullAccount
from totemlang.engine.local import run_job
from totemlang.engine.manager import TotemManager
from totemlang.engine.messages import Inbox, Lost, More, send
from totemlang.engine.progress import Progress
from totemlang.engine.work import Work
from totemlang.engine.worker_processes import MOST_TRIES, ProcessWorkers
from totemlang.engine.workers import Workers
from totemlang.program import Program
from totemlang.source import Source

TEXT = """dataset d(int k, double x, string name)

map keyed(d row)
    double y = row.x
    for i = 0; i < 100; i++ do
        y = y / 3 + i
    end for
    emit row.k, y, row.name
end map

reduce folded(int k, double[] y, string[] name) order by y desc
    double state = 0.0
    for i = 0; i < len(y); i++ do
        state = state / 2 + y[i]
    end for
    emit k % 3 as third, state, name[0] as name
end reduce

reduce last(int third, double[] state, string[] name)
    emit third, sum(state) as state, max(name) as name, count(name) as n
end reduce
"""

MODULE = Program(Source(TEXT)).verified
ROWS = 12_000


@pytest.fixture(name="data", scope="module")
def _data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DataFile]:
    chance = np.random.default_rng(5)
    table = pa.table(
        {
            "k": chance.integers(0, 300, ROWS).astype(np.int32),
            "x": chance.normal(size=ROWS),
            "name": [f"n{n}" for n in chance.integers(0, 50, ROWS)],
        }
    )
    path = tmp_path_factory.mktemp("data") / "d.parquet"
    pq.write_table(table, path, row_group_size=900)
    return {"d": open_data(path)}


class Killer:
    """Kills workers of a job from a thread of its own, `kills` times, at random moments."""

    def __init__(self, kills: int, seed: int) -> None:
        self.left = kills
        self.random = random.Random(seed)
        self.crew: ProcessWorkers
        self.thread = threading.Thread(target=self.run, daemon=True)

    def make(self, work: Work, manager: TotemManager, count: int, home: Workers) -> Workers:
        self.crew = ProcessWorkers(work, manager, count)
        self.thread.start()
        return self.crew

    def run(self) -> None:
        while self.left:
            time.sleep(self.random.uniform(0.0, 0.2))
            workers = [w for w in self.crew.crew if w.is_ready or self.random.random() < 0.1]
            if workers:
                self.random.choice(workers).process.send_signal(signal.SIGKILL)
                self.left -= 1


@pytest.mark.parametrize("seed", range(3))
def test_killed_workers_leave_no_trace(data: dict[str, DataFile], seed: int) -> None:
    whole = run_job(MODULE, data, 10**9)
    killer = Killer(3, seed)
    account = NullAccount(whole.totem)
    found = run_job(
        MODULE,
        data,
        whole.totem,
        workers=2,
        partitions=12,
        crew=killer.make,
        account=account,
    )
    assert essence(found) == essence(whole)
    assert (account.available, account.spent) == (0, whole.totem)
    assert killer.left < 3


def test_killed_workers_or_not_one_totem_less_is_too_little(data: dict[str, DataFile]) -> None:
    whole = run_job(MODULE, data, 10**9)
    expected = run_job(MODULE, data, whole.totem - 1)
    found = run_job(MODULE, data, whole.totem - 1, workers=2, partitions=7, crew=Killer(3, 9).make)
    assert essence(found) == essence(expected)
    assert found.status == "out_of_totem"


def test_a_task_on_which_workers_die_again_and_again_ends_the_job(
    data: dict[str, DataFile],
) -> None:
    killed: list[int] = []

    class Poisoned(ProcessWorkers):
        def fill(self) -> None:
            super().fill()
            for worker in self.crew:
                at = worker.order
                if at is not None and at.task.number == 3 and worker.process.pid not in killed:
                    killed.append(worker.process.pid)
                    worker.process.kill()

    account = NullAccount(10**9)
    with pytest.raises(TotemError, match=f"{MOST_TRIES} workers have died on one part of keyed"):
        run_job(
            MODULE,
            data,
            10**9,
            workers=2,
            partitions=12,
            account=account,
            crew=lambda work, manager, count, home: Poisoned(work, manager, count),
        )
    assert len(killed) == MOST_TRIES
    assert (account.available, account.spent) == (10**9, 0)


def test_processes_that_never_begin_end_the_job(
    data: dict[str, DataFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.engine.process_crew._BOOT", "raise SystemExit(1)")
    account = NullAccount(10**9)
    with pytest.raises(TotemError, match="end before they begin"):
        run_job(MODULE, data, 10**9, workers=2, partitions=3, account=account)
    assert (account.available, account.spent) == (10**9, 0)


def test_nothing_is_left_of_workers_when_a_job_ends(data: dict[str, DataFile]) -> None:
    crews: list[ProcessWorkers] = []
    pids: set[int] = set()

    def make(work: Work, manager: TotemManager, count: int, home: Workers) -> Workers:
        crews.append(ProcessWorkers(work, manager, count))
        return crews[-1]

    def stop(moment: Progress) -> None:
        pids.update(worker.process.pid for crew in crews for worker in crew.crew)
        if moment.rows and moment.stage == "folded":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(MODULE, data, 10**9, workers=2, partitions=7, crew=make, progress=stop)
    assert len(pids) == 2
    assert not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("tier", ["interpreter", "native"])
def test_processes_go_on_where_the_worker_at_home_began(tmp_path: Path, tier: str) -> None:
    """One task is done at home; the groups that it emits are many tasks, in either tier."""
    text = """dataset d(int n)

map many(d row)
    for i = 0; i < 200; i++ do
        emit (row.n * 7 + i * i) % 5000 as k, i * 0.1 as x, i
    end for
end map

reduce some(int k, double[] x, int[] i)
    emit k % 10 as k, sum(x) as x, x[0] as first
end reduce

reduce last(int k, double[] x, double[] first)
    emit k, sum(x) as x, max(first) as most
end reduce
"""
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"n": pa.array(range(1500), pa.int32())}), path)
    module = Program(Source(text)).verified

    class Eager(ProcessWorkers):
        """Worth beginning for a few rows."""

        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            self.least_rows = 0

    crews: list[Eager] = []

    def make(work: Work, manager: TotemManager, count: int, home: Workers) -> Workers:
        crews.append(Eager(work, manager, count))
        return crews[-1]

    begun: list[int] = []

    def listen(moment: Progress) -> None:
        begun.append(len(crews[0].crew))

    whole = run_job(module, {"d": open_data(path)}, 10**9)
    found = run_job(
        module, {"d": open_data(path)}, 10**9, workers=2, tier=tier, crew=make, progress=listen
    )
    assert essence(found) == essence(whole)
    assert begun[0] == 0
    assert max(begun) == 2


def test_data_that_changes_under_the_workers_is_bad_data(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    table = pa.table({"k": pa.array([1] * 9, pa.int32()), "x": [0.5] * 9, "name": ["a"] * 9})
    pq.write_table(table, path, row_group_size=3)

    def change(work: Work, manager: TotemManager, count: int, home: Workers) -> Workers:
        pq.write_table(table.slice(1), path)
        return ProcessWorkers(work, manager, count)

    found = run_job(MODULE, {"d": open_data(path)}, 10**9, workers=2, partitions=3, crew=change)
    assert isinstance(found.error, BadData)
    assert found.totem == 0


def test_an_inbox_takes_messages_piece_by_piece_and_ends_with_its_sender() -> None:
    ours, theirs = socket.socketpair()
    inbox = Inbox()
    sent = [More(1, 2), More(3, 4)]
    with ours:
        with theirs:
            pieces = pieces_of(sent)
            found = []
            for piece in pieces:
                theirs.sendall(piece)
                found += list(inbox.read(ours))
            assert found == sent
            assert list(inbox.read(ours)) == []
            theirs.sendall(pieces[0])
        assert list(inbox.read(ours)) == []
        with pytest.raises(Lost):
            list(inbox.read(ours))


def pieces_of(messages: list[More]) -> list[bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message in messages:
            send(theirs, message)
        text = ours.recv(1 << 16)
    return [text[start : start + 7] for start in range(0, len(text), 7)]
