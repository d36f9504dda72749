"""Other processes that look at blocks before the replay comes to them, one for each processor.

A signature takes as long to check as the contract takes to repeat its call, and needs no state. A
witness says of each block by number and hash whether it is whole in itself; of what no witness has
said so, for instance because he died, the replay looks at it itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from attrs import define, field

from totemlang.diagnostics import LedgerUnreachable
from totemlang.ledger.chain.judging import Judge
from totemlang.ledger.chain.replay import IsWhole, nobody
from totemlang.ledger.chain.store import Store

SHARE = 64
"""Blocks in a row that one witness looks at, before the next takes over."""

FEW = 3_000
"""Transactions for which it is not worth starting processes."""

MOST = 16
"""Processes that are started."""

_END = 2**63


def processors() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system tells
        return os.cpu_count() or 1


@contextmanager
def witnesses(store: Store, ledger: str, first: int, count: int) -> Iterator[IsWhole]:
    """Have `count` processes look at the blocks from `first`; they end with the context."""
    if count < 1 or not sys.executable:
        yield nobody
        return
    # -P: a folder of our name where the user happens to stand is not us.
    call = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
    started: list[subprocess.Popen[str]] = []
    try:
        for at in range(count):
            text = [str(store.path.resolve()), ledger, *map(str, (first, at, count))]
            process = subprocess.Popen(
                [*call, *text],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            started.append(process)
        yield Heard(first, [process.stdout for process in started]).is_whole
    finally:
        for process in started:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@define
class Heard:
    """What the witnesses have said, as lines of number and hash; each is listened to in turn."""

    first: int
    said: list[IO[str] | None]
    _last: dict[int, tuple[int, str]] = field(factory=dict, init=False)

    def is_whole(self, number: int, hash_: str) -> bool:
        """Whether the witness of a block has found this one whole."""
        who = (number - self.first) // SHARE % len(self.said)
        last = self._last.get(who, (-1, ""))
        while last[0] < number:
            last = self._next(who)
        self._last[who] = last
        return last == (number, hash_)

    def _next(self, who: int) -> tuple[int, str]:
        source = self.said[who]
        words = source.readline().split() if source is not None else []
        try:
            number, hash_ = words
            return int(number), hash_
        except ValueError:
            return _END, ""


def look(path: Path, ledger: str, first: int, at: int, count: int) -> Iterator[tuple[int, str]]:
    """One witness's share: number and hash of each block, `-` for one that is not whole."""
    with Store(path).reading() as connection:
        judge = Judge(connection, ledger)
        most = connection.execute("SELECT max(number) FROM blocks").fetchone()[0] or 0
        for begin in range(first + at * SHARE, most + 1, count * SHARE):
            for number, text, seal in connection.execute(
                "SELECT number, header, signature FROM blocks WHERE number >= ? AND number < ?"
                " ORDER BY number",
                (begin, begin + SHARE),
            ):
                yield number, judge.whole(text, seal) or "-"


def main() -> None:
    """Be a witness."""
    path, ledger, *numbers = sys.argv[1:]
    first, at, count = map(int, numbers)
    with suppress(BrokenPipeError, KeyboardInterrupt, LedgerUnreachable):
        for number, found in look(Path(path), ledger, first, at, count):
            print(number, found, flush=True)
