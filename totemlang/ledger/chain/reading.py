"""What stands on the ledger, for people and for programs that follow it: blocks, calls, events.

Nothing here is verified again: who wants to be sure verifies first.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from totemlang.ledger.canonical import parse, parse_canonical
from totemlang.ledger.chain.block import MAX_BLOCK_BYTES, MAX_NUMBER, Header
from totemlang.ledger.chain.execution import CONTRACT_SPACE
from totemlang.ledger.chain.faults import BrokenLedger, Fault, Finding
from totemlang.ledger.chain.ledger import Chain
from totemlang.ledger.chain.world import Writes
from totemlang.ledger.identity import read_member

PAGE = 1000
"""Entries that are read at once."""

PAGE_BYTES = 16 * 2**20
"""Bytes that they have together, or one of them alone."""


@frozen
class Entry:
    """A transaction as it stands: who called what, when, and what came of it.

    `refusal` is code and message where the contract refused, `event` name and payload.
    """

    number: int
    block: int
    id: str
    member: str
    function: str
    arguments: dict[str, Any]
    time: datetime
    refusal: dict[str, Any] | None
    event: tuple[str, bytes] | None
    writes: Writes

    def to_json(self) -> dict[str, Any]:
        """The entry as an object; written values stand as they do on the ledger."""
        found: dict[str, Any] = {
            "number": self.number,
            "block": self.block,
            "id": self.id,
            "member": self.member,
            "function": self.function,
            "arguments": self.arguments,
            "time": self.time.isoformat(timespec="milliseconds"),
            "writes": parse(self.writes.encode()),
        }
        if self.refusal is not None:
            found["refusal"] = self.refusal
        if self.event is not None:
            found["event"] = {
                "name": self.event[0],
                "payload": base64.b64encode(self.event[1]).decode(),
            }
        return found


@frozen
class Block:
    """A block: header, its hash, who sealed it, its transactions."""

    header: Header
    hash: str
    sealer: str
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """The block as an object."""
        header: dict[str, Any] = parse_canonical(self.header.encode())
        return header | {
            "hash": self.hash,
            "sealer": self.sealer,
            "entries": [entry.to_json() for entry in self.entries],
        }


def block_at(chain: Chain, number: int) -> Block | None:
    """A block by its number, None where there is none. Raises BrokenLedger."""
    if not 0 <= number < MAX_NUMBER:
        return None
    with chain.store.reading() as connection:
        found = connection.execute(
            "SELECT header FROM blocks WHERE number = ?", (number,)
        ).fetchone()
        if found is None:
            return None
        try:
            header = Header.decode(found[0])
            sealer = _member(connection, header.sealer)
        except ValueError as error:
            raise BrokenLedger(Finding(Fault.BLOCK, str(error), number)) from None
        entries = tuple(
            _entries(
                connection, "entry BETWEEN ? AND ?", header.first, header.first + header.count - 1
            )
        )
    return Block(header, header.hash, sealer, entries)


def find_transaction(chain: Chain, identifier: str) -> Entry | None:
    """What came of a transaction, None where it is not on the ledger. Raises BrokenLedger."""
    try:
        key = bytes.fromhex(identifier)
    except ValueError:
        return None
    with chain.store.reading() as connection:
        return next(_entries(connection, "id = ?", key), None)


def history(chain: Chain, key: str, *, after: int = -1, count: int = PAGE) -> tuple[Entry, ...]:
    """At most `count` transactions that wrote a key of the contract's, behind entry `after`.

    There are fewer where they are large; none is the end.
    """
    with chain.store.reading() as connection:
        return tuple(
            _entries(
                connection,
                "entry IN (SELECT entry FROM touched WHERE space = ? AND key = ? AND entry > ?"
                " ORDER BY entry LIMIT ?)",
                CONTRACT_SPACE,
                key,
                after,
                count,
                size=PAGE_BYTES,
            )
        )


def entries(chain: Chain, *, after: int = -1, count: int = PAGE) -> tuple[Entry, ...]:
    """At most `count` transactions behind entry `after`, in order: how one follows a ledger.

    There are fewer where they are large; none is the end.
    """
    with chain.store.reading() as connection:
        return tuple(_entries(connection, "entry > ?", after, limit=count, size=PAGE_BYTES))


def _entries(
    connection: sqlite3.Connection,
    where: str,
    *parameters: object,
    limit: int = PAGE,
    size: int = MAX_BLOCK_BYTES,
) -> Iterator[Entry]:
    """At most `limit` entries, and no more behind the one that brings them to `size` bytes."""
    for number, at, key, body, record, writes in connection.execute(
        "SELECT entry, block, id, body, record, writes FROM entries"
        f" WHERE {where} ORDER BY entry LIMIT ?",
        (*parameters, limit),
    ):
        try:
            sent, came = parse_canonical(body), parse_canonical(record)
            event = came.get("event")
            yield Entry(
                number=number,
                block=at,
                id=key.hex(),
                member=_member(connection, sent["certificate"]),
                function=sent["function"],
                arguments=sent["arguments"],
                time=datetime.fromisoformat(sent["time"]),
                refusal=came.get("refusal"),
                event=None if event is None else (event[0], base64.b64decode(event[1])),
                writes=Writes.decode(writes),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            finding = Finding(Fault.ENTRY, "the transaction is malformed", at)
            raise BrokenLedger(finding) from None
        size -= len(body) + len(record) + len(writes)
        if size <= 0:
            return


def _member(connection: sqlite3.Connection, fingerprint: str) -> str:
    found = connection.execute(
        "SELECT der FROM certificates WHERE fingerprint = ?", (bytes.fromhex(fingerprint),)
    ).fetchone()
    if found is None:
        raise ValueError("there is no such certificate")
    return read_member(bytes(found[0])).member
