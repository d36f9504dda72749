"""The static area at the bottom of a machine's memory: where it holds what.

The first 16 bytes are zero for good: the header of the empty array. Then come words that generated
code and host share, constants, and whatever the translation reserves.
"""

from __future__ import annotations

import struct

from attrs import define, field

from totemlang.bytecode.module import Value
from totemlang.schema.types import Kind, Type

FAILED_COUNT, FAILED_RECORD, FAILED_REASON, CHAIN_LENGTH = 16, 20, 24, 28
"""Records that failed in this batch, the first of them, why, and the length of its chain."""

ROWS_OUT = 32
"""Rows emitted in this batch."""

CHUNK_FROM, CHUNK_STATE, CHUNK_TAKEN, CHUNK_LEFT, ROWS_STREAMED = 36, 40, 44, 48, 56
"""Of a batch that is grouped as it is emitted: see streaming.wat. The last two have 8 bytes."""

CHAIN = 64
"""The sites that the first failure went through, innermost first."""

MOST_CHAIN = 112
"""More than the longest chain of calls."""

_FIRST_FREE = CHAIN + 4 * MOST_CHAIN

FAILURES = _FIRST_FREE - FAILED_COUNT
"""Bytes, from `FAILED_COUNT` on, that tell of failures; among them are the words above."""

PACK: dict[Kind, str] = {
    Kind.BOOL: "<B",
    Kind.INT: "<i",
    Kind.DATE: "<i",
    Kind.LONG: "<q",
    Kind.TIMESTAMP: "<q",
    Kind.DURATION: "<q",
    Kind.STRING: "<q",
    Kind.FLOAT: "<f",
    Kind.DOUBLE: "<d",
}
"""How an element is packed."""


def packed_string(address: int, size: int) -> int:
    """A string as its i64."""
    return address | size << 32


@define
class Layout:
    """Hands out static memory, and keeps what stands there from the start."""

    top: int = _FIRST_FREE
    data: list[tuple[int, bytes]] = field(factory=list)
    _strings: dict[bytes, int] = field(factory=dict)

    def reserve(self, size: int) -> int:
        """The address of so many bytes, 8-aligned, zero at the start."""
        address = self.top
        self.top = (address + size + 7) & ~7
        return address

    def bytes(self, data: bytes) -> int:
        """The address of these bytes."""
        address = self.reserve(len(data))
        if data.strip(b"\0"):
            self.data.append((address, data))
        return address

    def string(self, text: str) -> int:
        """A string that stands there, as its i64."""
        encoded = text.encode()
        if not encoded:
            return 0
        if encoded not in self._strings:
            self._strings[encoded] = self.bytes(encoded)
        return packed_string(self._strings[encoded], len(encoded))

    def array(self, at: Type, elements: tuple[Value, ...]) -> int:
        """The address of the header of an array that stands there."""
        if not elements:
            return 0
        held = [self.string(e) if isinstance(e, str) else e for e in elements]
        one = PACK[at.kind]
        data = self.bytes(b"".join(struct.pack(one, element) for element in held))
        header = self.reserve(16)
        self.data.append((header, struct.pack("<4i", data, len(elements), 0, 0)))
        return header
