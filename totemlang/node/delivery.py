"""What a provider hands to the consumer when a part is done: its signed receipt and its result.

It travels as a private value of the consumer's organisation, with a salt; the ledger has the hash
alone. A result that is too large for that is fetched from the provider with a one-time code.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import zlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from attrs import evolve, field, frozen

from totemlang.ledger.contract.deliveries import salted
from totemlang.ledger.stub import MAX_VALUE_BYTES
from totemlang.node.receipts import BadReceipt, SignedReceipt
from totemlang.node.result_form import MAX_RESULT_BYTES, read_result
from totemlang.schema.types import Field

SALT_BYTES = 16


@frozen
class Delivery:
    """A signed receipt, and the result as `write_result` encodes it; None where it must be fetched
    with a code.
    """

    receipt: SignedReceipt
    result: bytes | None = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """As it is kept and handed over."""
        packed = None
        if self.result is not None:
            packed = base64.b64encode(zlib.compress(self.result)).decode()
        return {"receipt": self.receipt.to_json(), "result": packed}

    @classmethod
    def from_json(cls, document: object) -> Delivery:
        """Read it back; nothing is verified. Raises BadReceipt where it is none."""
        if not isinstance(document, Mapping) or set(document) != {"receipt", "result"}:
            raise BadReceipt("what was delivered is no result with its receipt")
        receipt = SignedReceipt.from_json(document["receipt"])
        packed = document["result"]
        return cls(receipt, None if packed is None else _unpacked(packed))

    def private_value(self) -> bytes:
        """The value that is delivered, with fresh salt; without the result where that is large."""
        value = salted(self.to_json(), os.urandom(SALT_BYTES))
        if len(value) > MAX_VALUE_BYTES:
            value = salted(evolve(self, result=None).to_json(), os.urandom(SALT_BYTES))
        return value

    def table(self) -> tuple[pa.Table, tuple[Field, ...]]:
        """The result's table and columns, held to the hash that the receipt states.

        Raises:
            BadReceipt: where it is another than the receipt's, or is not here.
            BadData: where it is no result.
        """
        if self.result is None:
            raise BadReceipt("the result is too large to be delivered: fetch it with a code")
        if hashlib.sha256(self.result).hexdigest() != self.receipt.receipt.get("result"):
            raise BadReceipt("the result is not the one that the receipt states")
        return read_result(self.result)


def _unpacked(packed: object) -> bytes:
    if not isinstance(packed, str):
        raise BadReceipt("what was delivered is no result")
    try:
        reader = zlib.decompressobj()
        found = reader.decompress(base64.b64decode(packed, validate=True), MAX_RESULT_BYTES)
    except (zlib.error, ValueError, binascii.Error):
        raise BadReceipt("what was delivered is no result") from None
    if not reader.eof or reader.unused_data:
        raise BadReceipt(f"what was delivered is no result of {MAX_RESULT_BYTES:,} bytes or less")
    return found
