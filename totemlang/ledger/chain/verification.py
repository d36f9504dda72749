"""The whole ledger verified: every block replayed, and the state compared with what they make."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import zip_longest

from attrs import frozen

from totemlang.ledger.chain import moments
from totemlang.ledger.chain.block import Header
from totemlang.ledger.chain.checkpoint import Checkpoint, compare, read_checkpoint, sign_head
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding
from totemlang.ledger.chain.gathered import GatheredWorld
from totemlang.ledger.chain.ledger import Chain
from totemlang.ledger.chain.replay import NEVER, Replay, soon
from totemlang.ledger.chain.witnesses import FEW, MOST, processors, witnesses
from totemlang.ledger.chain.world import World

Progress = Callable[[int], None]
"""Told the number of each block that has been held to its rules."""

_TOGETHER = 16
"""Values that are compared at once, which are in memory then."""

_COMPARED = {
    "state": ("space", "key", "value"),
    "private_hashes": ("collection", "key", "hash"),
    "touched": ("space", "key", "entry"),
}


@frozen
class Verification:
    """What verification came to: `finding` is the first thing that is wrong, None where nothing is.

    `blocks` and `transactions` are how many hold; `taken` of these transactions had private values
    that are not on the ledger, so that their outcome (hashes of private values) stands as recorded.
    """

    blocks: int
    transactions: int
    taken: int
    finding: Finding | None

    def checked(self) -> Verification:
        """Itself. Raises BrokenLedger where there is a finding."""
        if self.finding is not None:
            raise BrokenLedger(self.finding)
        return self


def verify(
    chain: Chain,
    *,
    checkpoints: Sequence[bytes] = (),
    trusted: bytes | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Verification:
    """Replay the ledger as it stands at one moment, while others may append to it.

    Checkpoints are members' signed heads that the history is held to. Up to the block of
    `trusted`, a checkpoint of one's own that was signed after a verification, hashes and chain are
    held alone, which is many times faster. A long history is looked at by `processes`: as many as
    there are processors, if none are named.

    Raises:
        LedgerUnreachable: where the file cannot be read.
    """
    texts = [*checkpoints, *([] if trusted is None else [trusted])]
    with chain.store.replaying() as connection:
        done, finding = 0, None
        replay = Replay(connection, chain.rules, GatheredWorld(World(connection, "replay")))
        try:
            known = _read(chain, texts)
            first = 0 if trusted is None else known[-1].number + 1
            helpers = _helpers(connection, first, processes)
            with (
                _file_checked(chain, connection, aside=helpers > 0),
                witnesses(chain.store, chain.id, first, helpers) as replay.is_whole,
            ):
                for header in _held(replay, chain, known, first):
                    done += 1
                    if progress is not None:
                        progress(header.number)
                soon(replay.last, moments.whole(chain.clock()))
                _compare_state(connection)
                _compare_private(connection)
        except BrokenLedger as error:
            finding = error.finding
        except sqlite3.DatabaseError as error:
            finding = Finding(Fault.FILE, str(error))
        return Verification(done, replay.entries, replay.taken, finding)


def _helpers(connection: sqlite3.Connection, first: int, processes: int | None) -> int:
    """Processes beside this one that are worth starting for the blocks from `first`."""
    found = connection.execute(
        "SELECT header FROM main.blocks WHERE number = ?", (first,)
    ).fetchone()
    last = connection.execute("SELECT max(entry) FROM main.entries").fetchone()[0]
    try:
        count = 0 if found is None or last is None else last - Header.decode(found[0]).first
    except ValueError:
        count = 0
    most = min(MOST, (processors() if processes is None else processes) - 1)
    return most if count >= FEW else 0


@contextmanager
def _file_checked(chain: Chain, connection: sqlite3.Connection, *, aside: bool) -> Iterator[None]:
    """Hold the file to its form before all else; or, if it is large, while the rest goes on.

    What is wrong with the file explains what else is wrong, so it is what is raised.
    """
    if not aside:
        _check_file(connection)
        yield
        return

    def check_aside() -> None:
        with chain.store.replaying() as other:
            try:
                _check_file(other)
            except sqlite3.DatabaseError as error:
                raise BrokenLedger(Finding(Fault.FILE, str(error))) from None

    with ThreadPoolExecutor(1) as pool:
        checked = pool.submit(check_aside)
        try:
            yield
        finally:
            checked.result()


def _read(chain: Chain, texts: Sequence[bytes]) -> list[Checkpoint]:
    if not texts:
        return []
    trust = chain.trust()
    return [read_checkpoint(text, trust) for text in texts]


def take_checkpoint(chain: Chain) -> bytes:
    """This member's signed head of the ledger, for others to hold. Verify before you sign."""
    head = chain.head()
    return sign_head(chain.member(), chain.id, head.number, head.hash, chain.clock())


def check(chain: Chain, text: bytes) -> Checkpoint:
    """Hold the stored history to a checkpoint, without replaying it.

    Raises:
        BrokenLedger: with CHECKPOINT where it is no member's, with HISTORY where the ledger does
            not have its block, with LINK where the blocks since do not follow from it.
    """
    found = read_checkpoint(text, chain.trust())
    with chain.store.replaying() as connection:
        last: Header | None = None
        for number, stored in connection.execute(
            "SELECT number, header FROM main.blocks WHERE number >= ? ORDER BY number",
            (found.number,),
        ):
            try:
                header = Header.decode(stored)
            except ValueError as error:
                raise BrokenLedger(Finding(Fault.BLOCK, str(error), number)) from None
            if last is None:
                _hold(found, chain.id, header if number == found.number else None)
            elif (header.previous, header.number) != (last.hash, number):
                raise BrokenLedger(Finding(Fault.LINK, Fault.LINK.meaning, number))
            last = header
        if last is None:
            _hold(found, chain.id, None)
    return found


def rebuild(chain: Chain) -> int:
    """Make the state anew from the blocks, whose hashes are held; how many transactions it took.

    Private values are no part of the blocks and stay as they are.

    Raises:
        BrokenLedger: where the blocks are broken; the state then stays as it was.
    """
    with chain.store.writing() as connection:
        for table in _COMPARED:
            connection.execute(f"DELETE FROM {table}")
        replay = Replay(connection, chain.rules, GatheredWorld(World(connection)))
        for _ in replay.blocks(full_from=NEVER):
            pass
        return replay.entries


def _held(
    replay: Replay, chain: Chain, known: Sequence[Checkpoint], full_from: int
) -> Iterator[Header]:
    """The blocks, held to their rules and to the checkpoints."""
    left = sorted(known, key=lambda checkpoint: checkpoint.number, reverse=True)
    for header in replay.blocks(full_from):
        while left and left[-1].number <= header.number:
            found = left.pop()
            _hold(found, chain.id, header if header.number == found.number else None)
        yield header
    for found in reversed(left):
        _hold(found, chain.id, None)


def _hold(found: Checkpoint, ledger: str, header: Header | None) -> None:
    finding = compare(found, ledger, None if header is None else header.hash)
    if finding is not None:
        raise BrokenLedger(finding)


def _check_file(connection: sqlite3.Connection) -> None:
    """Hold the file to its form: pages, indexes, types of values, keys that stand once."""
    answer = connection.execute("PRAGMA main.integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise BrokenLedger(Finding(Fault.FILE, f"the file is damaged: {answer}"))


def _compare_state(connection: sqlite3.Connection) -> None:
    for table, columns in _COMPARED.items():
        count = _TOGETHER if columns[2] == "value" else 1_000  # values are large where one wishes
        asked = f"SELECT {', '.join(columns)} FROM {{}}.{table} ORDER BY {', '.join(columns[:2])}"
        asked += f", {columns[2]}"
        stored, made = (connection.execute(asked.format(one)) for one in ("main", "replay"))
        while True:
            some, others = stored.fetchmany(count), made.fetchmany(count)
            if not some and not others:
                break
            for one, other in zip_longest(some, others) if some != others else ():
                if one == other:
                    continue
                space, key = min(row[:2] for row in (one, other) if row is not None)
                what = f"{table.replace('_', ' ')} of {space}, key {key!r}"
                raise BrokenLedger(Finding(Fault.STATE, f"{Fault.STATE.meaning}: {what}"))


def _compare_private(connection: sqlite3.Connection) -> None:
    for collection, stated, value in connection.execute(
        "SELECT collection, hash, value FROM main.private_values"
    ):
        if hashlib.sha256(value).digest() != stated:
            raise BrokenLedger(
                Finding(Fault.PRIVATE, f"a private value of {collection} was altered")
            )
