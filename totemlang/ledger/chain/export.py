"""The chain as lines of JSON, which anybody can keep and read, and a ledger made from them again.

    {"genesis": …}            the document, as it is hashed
    {"certificate": "…"}      in PEM, before the first block that names it
    {"block": {header}, "signature": "…", "entries": [{"body", "signature", "record", "writes"}]}

Private values are not part of the chain and do not travel.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_der_x509_certificate

from totemlang.ledger.canonical import canonical, parse, parse_canonical
from totemlang.ledger.chain.block import MAX_BLOCK, Header
from totemlang.ledger.chain.execution import Contract
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding
from totemlang.ledger.chain.gathered import GatheredWorld
from totemlang.ledger.chain.ledger import Chain, Clock, machine_clock
from totemlang.ledger.chain.replay import NEVER, Replay
from totemlang.ledger.chain.store import Store
from totemlang.ledger.chain.transaction import identifier
from totemlang.ledger.chain.verification import verify
from totemlang.ledger.chain.world import World
from totemlang.ledger.identity import from_pem

MAX_LINE = 256 * 2**20
"""Bytes of a line, which holds a block."""

_PARTS = ("body", "record", "writes")


def export_lines(chain: Chain) -> Iterator[bytes]:
    """The chain as it stands at one moment, line by line, each ended with a line feed.

    Raises:
        BrokenLedger: where a block cannot be read.
    """
    with chain.store.replaying() as connection:
        document = connection.execute("SELECT document FROM main.genesis").fetchone()[0]
        yield _line({"genesis": parse_canonical(document)})
        told: set[bytes] = set()
        for number, text, signature in connection.execute(
            "SELECT number, header, signature FROM main.blocks ORDER BY number"
        ):
            try:
                header = Header.decode(text)
                if header.count > MAX_BLOCK:
                    raise ValueError("a block of too many transactions")
                rows = connection.execute(
                    "SELECT body, signature, record, writes FROM main.entries"
                    " WHERE entry >= ? AND entry < ? ORDER BY entry",
                    (header.first, header.first + header.count),
                ).fetchall()
                entries = [_entry(row) for row in rows]
                named = [header.sealer, *(entry["body"]["certificate"] for entry in entries)]
                for fingerprint in map(bytes.fromhex, named):
                    if fingerprint not in told:
                        told.add(fingerprint)
                        yield _line({"certificate": _certificate(connection, fingerprint)})
            except (ValueError, KeyError, TypeError):
                raise BrokenLedger(Finding(Fault.BLOCK, "unreadable", number)) from None
            block = {"block": parse_canonical(text), "signature": signature.hex()}
            yield _line(block | {"entries": entries})


def restore(
    lines: Iterable[bytes], path: Path, contract: Contract, *, clock: Clock = machine_clock
) -> Chain:
    """Make a ledger in a new file from an export, and verify it before it counts.

    Raises:
        UsageError: where the file exists.
        BrokenLedger: where the export is malformed or does not verify; there is no file then.
    """
    source = _bounded(lines)

    def fill(connection: sqlite3.Connection) -> None:
        count = 0
        for number, line in enumerate(source, 1):
            try:
                count = _take(connection, parse(line, MAX_LINE), count)
            except (ValueError, KeyError, TypeError, AttributeError, sqlite3.IntegrityError):
                message = f"line {number} of the export is malformed"
                raise BrokenLedger(Finding(Fault.FILE, message)) from None

    def judge(part: Path) -> None:
        chain = Chain.open(part, contract, clock=clock)
        try:
            with chain.store.writing() as connection:
                replay = Replay(connection, chain.rules, GatheredWorld(World(connection)))
                for _ in replay.blocks(full_from=NEVER):
                    pass
            verify(chain).checked()
        finally:
            chain.close()

    Store(path).create(fill, judge)
    return Chain.open(path, contract, clock=clock)


def _bounded(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines; of a file no more of one than counts, for a stranger's may have no end."""
    if isinstance(lines, BufferedIOBase):
        return iter(lambda: lines.readline(MAX_LINE + 1), b"")
    return iter(lines)


def _take(connection: sqlite3.Connection, line: dict[str, Any], count: int) -> int:
    """Put a line's rows in; `count` is how many transactions there are already."""
    run = connection.execute
    if "genesis" in line:
        run("INSERT INTO genesis VALUES (1, ?)", (canonical(line["genesis"]),))
    elif "certificate" in line:
        der = from_pem(line["certificate"])
        run("INSERT INTO certificates VALUES (?, ?)", (hashlib.sha256(der).digest(), der))
    else:
        block, entries = line["block"], line["entries"]
        row = (block["number"], canonical(block), bytes.fromhex(line["signature"]))
        run("INSERT INTO blocks VALUES (?, ?, ?)", row)
        for entry in entries:
            body, record, writes = (canonical(entry[part]) for part in _PARTS)
            sent = entry["body"]
            key = bytes.fromhex(identifier(sent["nonce"], sent["certificate"]))
            signature = bytes.fromhex(entry["signature"])
            run(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
                (count, block["number"], key, body, signature, record, writes),
            )
            count += 1
    return count


def _entry(row: tuple[bytes, bytes, bytes, bytes]) -> dict[str, Any]:
    body, signature, record, writes = row
    return {
        "body": parse_canonical(body),
        "signature": signature.hex(),
        "record": parse_canonical(record),
        "writes": parse_canonical(writes, MAX_LINE),
    }


def _certificate(connection: sqlite3.Connection, fingerprint: bytes) -> str:
    found = connection.execute(
        "SELECT der FROM main.certificates WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    if found is None:
        raise ValueError("there is no such certificate")
    certificate = load_der_x509_certificate(found[0])
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"
