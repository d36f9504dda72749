"""What can be told of a block without the state: its form, its root, its seal, its signatures.

Whoever holds a block's hash to be whole has held every byte of its transactions to what their
members signed. None of it hangs on other blocks, so several processes may do it at once.
"""

from __future__ import annotations

import hashlib
import sqlite3

from attrs import define, field

from totemlang.ledger.canonical import NotCanonical, parse_canonical
from totemlang.ledger.chain import transaction
from totemlang.ledger.chain.block import MAX_BLOCK, MAX_BLOCK_BYTES, Header, leaf, merkle_root
from totemlang.ledger.chain.faults import Fault, Rejected
from totemlang.ledger.chain.transaction import Transaction
from totemlang.ledger.identity import is_signed, read_member

Row = tuple[int, int, bytes, bytes, bytes, bytes, bytes]
"""An entry as it is stored: entry, block, id, body, signature, record, writes."""

MAX_KEPT = 4_096
"""Certificates that are kept in memory."""


@define
class Judge:
    """Judges blocks that a connection shows, of the ledger whose genesis block has this hash."""

    connection: sqlite3.Connection = field(repr=False)
    ledger: str
    _kept: dict[str, bytes] = field(factory=dict, init=False, repr=False)

    def rows(self, header: Header) -> list[Row]:
        """The entries that a block's header counts, as they are stored.

        Raises:
            Rejected: where they are too large to be a block's.
        """
        size = self.connection.execute(
            "SELECT total(length(body) + length(signature) + length(record) + length(writes))"
            " FROM main.entries WHERE entry >= ? AND entry < ?",
            (header.first, header.first + header.count),
        ).fetchone()[0]
        if header.count > MAX_BLOCK or size > MAX_BLOCK_BYTES:
            raise Rejected(Fault.SIZE, f"a block of more than {MAX_BLOCK_BYTES:,} bytes")
        return self.connection.execute(
            "SELECT entry, block, id, body, signature, record, writes FROM main.entries"
            " WHERE entry >= ? AND entry < ? ORDER BY entry",
            (header.first, header.first + header.count),
        ).fetchall()

    def certificate(self, fingerprint: object) -> bytes:
        """A certificate that is what its fingerprint says. Raises Rejected where there is none."""
        if not isinstance(fingerprint, str):
            raise Rejected(Fault.FORM)
        known = self._kept.get(fingerprint)
        if known is not None:
            return known
        try:
            wanted = bytes.fromhex(fingerprint)
        except ValueError:
            wanted = b""
        found = self.connection.execute(
            "SELECT der FROM main.certificates WHERE fingerprint = ?", (wanted,)
        ).fetchone()
        if found is None or hashlib.sha256(found[0]).digest() != wanted:
            raise Rejected(Fault.CERTIFICATE, "there is no such certificate")
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        der = self._kept[fingerprint] = bytes(found[0])
        return der

    def sent(self, row: Row) -> Transaction:
        """The transaction of an entry, which its member has signed. Raises Rejected."""
        try:
            fingerprint = parse_canonical(row[3], transaction.MAX_TRANSACTION)["certificate"]
        except (NotCanonical, KeyError, TypeError):
            raise Rejected(Fault.FORM) from None
        found = transaction.read(row[3], row[4], self.certificate(fingerprint))
        check(found, self.ledger)
        if bytes.fromhex(found.id) != row[2]:
            raise Rejected(Fault.FORM, "its id is another's")
        return found

    def sent_before(self, row: Row) -> Transaction:
        """The transaction of an entry that is known to be whole."""
        return transaction.read_whole(row[3], row[4], self.certificate)

    def is_sealed(self, header: Header, text: bytes, seal: bytes) -> bool:
        """Whether the sealer has signed a header. Raises Rejected where he has no certificate."""
        der = self.certificate(header.sealer)
        try:
            return is_signed(read_member(der).key, seal, text)
        except ValueError as error:
            raise Rejected(Fault.CERTIFICATE, str(error)) from None

    def has_root(self, header: Header, rows: list[Row]) -> bool:
        """Whether these are the transactions of a block."""
        leaves = [leaf(*row[3:]) for row in rows]
        return len(rows) == header.count and merkle_root(leaves) == header.root

    def whole(self, text: bytes, seal: bytes) -> str | None:
        """The hash of a block behind the first, by its header's text, if it is whole in itself."""
        try:
            header = Header.decode(text)
            if not 0 < header.count <= MAX_BLOCK or not self.is_sealed(header, text, seal):
                return None
            rows = self.rows(header)
            if not self.has_root(header, rows):
                return None
            for row in rows:
                self.sent(row)
        except (Rejected, ValueError):
            return None
        return hashlib.sha256(text).hexdigest()


def check(sent: Transaction, ledger: str) -> None:
    """Hold that a transaction is for a ledger and that its member has signed it. Raises Rejected.

    Whether the certificate counts hangs on the state.
    """
    if sent.ledger != ledger:
        raise Rejected(Fault.LEDGER)
    try:
        member = read_member(sent.der)
    except ValueError as error:
        raise Rejected(Fault.CERTIFICATE, str(error)) from None
    if not is_signed(member.key, sent.signature, sent.body):
        raise Rejected(Fault.SIGNATURE)
