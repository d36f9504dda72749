"""Measure the embedded ledger: transactions a second, and what growth does to it.

    python -m benchmarks.ledger [--growth N] [--calls N] [--folder FOLDER]      make bench-ledger

Calls are the contract's own transfers among 200 accounts, each a transaction that is signed,
executed, sealed in a block and on the disk before the next. Beside them stands SQLite's own limit:
the same rows of the same file, written again without contract or cryptography, by one process.
Beside the speeds stand processor microseconds a call, in which other programs' load is not seen.
Growth goes to 10^5 transactions, with `--growth 1000000` to 10^6 (a quarter of an hour, 3 GB); it
is sealed 1,000 to a block, so that it takes no longer than it must.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from totemlang.ledger.chain import Chain, Verification, rebuild, take_checkpoint, verify
from totemlang.ledger.chain.store import Store
from totemlang.ledger.contract import execute
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    new_key,
    request_certificate,
)
from totemlang.tables.resources import resource_text

ACCOUNTS = 200
BATCH = 200
PROCESSES = 4
BULK = 1000


@frozen
class Bench:
    """A founded consortium, and the ledger of its operator."""

    path: Path
    identity: Identity

    def chain(self) -> Chain:
        """The ledger, opened anew."""
        return Chain.open(self.path, execute, self.identity)


def found(folder: Path) -> Bench:
    """A ledger with `ACCOUNTS` accounts, the operator's filled."""
    authority = CertificateAuthority.create(folder / "ca", "hub")
    identities = []
    for at in range(ACCOUNTS):
        key = new_key()
        roles = ["operator", "consumer"] if at == 0 else ["consumer"]
        request = request_certificate(key, f"member{at}", "lab")
        identities.append(Identity.of(authority.enrol(request, roles), key))
    path, operator = folder / "ledger.db", identities[0]
    chain = Chain.create(path, execute, operator, "hub", [Authority(authority.certificate)])
    chain.call(
        "consortium_found",
        {
            "name": "hub",
            "organisations": {"lab": ["operator", "consumer"]},
            "rules": resource_text("rules", "rules.csv"),
            "prices": resource_text("rules", "prices.csv"),
        },
    )
    opened = [Chain.open(path, execute, identity) for identity in identities]
    chain.submit_all([(member.prepare("account_open", {}), {}) for member in opened])
    for member in opened:
        member.close()
    chain.call("account_grant", {"member": operator.member, "totem": 10**15})
    chain.close()
    return Bench(path, operator)


Deed = Callable[[Bench, int], float]
"""Makes so many calls, and gives how many that was a second."""


def transfer(at: int) -> dict[str, Any]:
    """Arguments of a call."""
    return {"member": f"member{1 + at % (ACCOUNTS - 1)}@lab", "totem": 1 + at % 7, "note": None}


def singly(bench: Bench, calls: int) -> float:
    """Calls a second, a block each."""
    chain = bench.chain()
    began = time.perf_counter()
    for at in range(calls):
        chain.call("account_transfer", transfer(at))
    seconds = time.perf_counter() - began
    chain.close()
    return calls / seconds


def batched(bench: Bench, calls: int, to_a_block: int = BATCH) -> float:
    """Calls a second, so many to a block."""
    chain = bench.chain()
    began = time.perf_counter()
    for first in range(0, calls, to_a_block):
        batch = [
            chain.prepare("account_transfer", transfer(at))
            for at in range(first, min(calls, first + to_a_block))
        ]
        for receipt in chain.submit_all([(call, {}) for call in batch]):
            receipt.checked()
    seconds = time.perf_counter() - began
    chain.close()
    return calls / seconds


def together(deed: Deed, bench: Bench, calls: int) -> float:
    """Calls a second of `PROCESSES` processes at once."""
    context = multiprocessing.get_context("fork")
    crowd = [
        context.Process(target=deed, args=(bench, calls // PROCESSES)) for _ in range(PROCESSES)
    ]
    began = time.perf_counter()
    for process in crowd:
        process.start()
    for process in crowd:
        process.join()
    return calls / (time.perf_counter() - began)


def raw(bench: Bench, folder: Path, blocks: range) -> tuple[float, float]:
    """Transactions a second that SQLite writes when it is given the rows of these blocks alone.

    Beside that the processor microseconds for each.
    """
    with closing(sqlite3.connect(bench.path)) as connection:
        written = [list(_rows(connection, number)) for number in blocks]
    path = folder / f"raw{blocks.start}.db"
    Store(path).create(lambda connection: None)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        count, spent = 0, processor_seconds()
        began = time.perf_counter()
        for rows in written:
            connection.execute("BEGIN IMMEDIATE")
            for statement, row in rows:
                connection.execute(statement, row)
                count += statement.startswith("INSERT INTO entries")
            connection.execute("COMMIT")
        seconds = time.perf_counter() - began
        spent = processor_seconds() - spent
    path.unlink()
    return count / seconds, spent / count * 1e6


def _rows(connection: sqlite3.Connection, number: int) -> Iterator[tuple[str, Sequence[Any]]]:
    """What the block's call wrote, statement by statement; a value stands in for the state's."""
    yield (
        "INSERT INTO blocks VALUES (?, ?, ?)",
        connection.execute("SELECT * FROM blocks WHERE number = ?", (number,)).fetchone(),
    )
    for row in connection.execute("SELECT * FROM entries WHERE block = ?", (number,)):
        yield "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", row
        for space, key, entry in connection.execute(
            "SELECT space, key, entry FROM touched WHERE entry = ?", (row[0],)
        ).fetchall():
            yield "INSERT INTO touched VALUES (?, ?, ?)", (space, key, entry)
            found = connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
            if found is not None:
                value = (space, key, found[0])
                yield "INSERT OR REPLACE INTO state VALUES (?, ?, ?)", value


def grow(bench: Bench, most: int) -> None:
    """Print what size does: bytes, opening, a balance, a call, verification, rebuilding."""
    heads = ("transactions", "MB", "grown/s", "open ms", "balance ms", "call ms")
    more = (
        "verify s",
        "processor s",
        "per s",
        "on one s",
        "since checkpoint s",
        "rebuild s",
        "peak MB",
    )
    print(" ".join(f"{head:>12}" for head in heads + more))
    size = 1000
    while size <= most:
        chain = bench.chain()
        head = chain.head()
        grown = batched(bench, size - head.first - head.count, BULK)
        opening, opened = timed(bench.chain)
        balance, _ = timed(partial(opened.query, "account_show", {"member": None}))
        call, _ = timed(partial(opened.call, "account_transfer", transfer(1)))
        before = processor_seconds()
        verifying, found = timed(partial(checked, chain, None))
        spent = processor_seconds() - before
        # On one processor it takes twice as long, which at the largest size says nothing new.
        alone, _ = timed(partial(checked, chain, 1)) if size < 10**6 else (float("nan"), None)
        trusted = take_checkpoint(chain)
        since, _ = timed(partial(verify, chain, trusted=trusted))
        rebuilding, _ = timed(partial(rebuild, chain))
        opened.close()
        chain.close()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        figures = (bench.path.stat().st_size / 1e6, grown, opening * 1e3, balance * 1e3, call * 1e3)
        rate = found.transactions / verifying
        last = (verifying, spent, rate, alone, since, rebuilding, peak)
        print(
            f"{size:12,} " + " ".join(f"{figure:12,.2f}" for figure in figures + last), flush=True
        )
        size *= 10


def checked(chain: Chain, processes: int | None) -> Verification:
    """The whole ledger verified."""
    return verify(chain, processes=processes).checked()


def processor_seconds() -> float:
    """What this process and those that it has waited for have used: others' load is not in it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timed(deed: Any) -> tuple[float, Any]:
    """Seconds that something takes, and what it gives."""
    began = time.perf_counter()
    result = deed()
    return time.perf_counter() - began, result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=4000, help="calls to measure speed by")
    parser.add_argument("--growth", type=int, default=100_000, help="transactions to grow to")
    parser.add_argument("--folder", type=Path, help="where to put the files (a disk, not memory)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        bench = found(folder)
        print(f"{'':32}{'ledger/s':>9} {'SQLite/s':>9} {'part':>6} {'µs':>6} {'SQLite µs':>10}")
        deeds: dict[str, Deed] = {
            "one to a block": singly,
            f"{BATCH} to a block": batched,
            f"one to a block, {PROCESSES} processes": partial(together, singly),
            f"{BATCH} to a block, {PROCESSES} processes": partial(together, batched),
        }
        for what, deed in deeds.items():
            chain = bench.chain()
            first = chain.head().number + 1
            before = processor_seconds()
            speed = deed(bench, chosen.calls)
            each = (processor_seconds() - before) / chosen.calls * 1e6
            limit, least = raw(bench, folder, range(first, chain.head().number + 1))
            chain.close()
            figures = f"{speed:9.0f} {limit:9.0f} {speed / limit:6.0%} {each:6.0f} {least:10.0f}"
            print(f"{what:32}{figures}", flush=True)
        print()
        (folder / "grown").mkdir()
        grow(found(folder / "grown"), chosen.growth)


if __name__ == "__main__":
    main()
