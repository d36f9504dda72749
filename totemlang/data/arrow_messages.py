"""What the messages of an Arrow stream ask for, before any of them is unpacked.

A compressed buffer begins with its size unpacked, which may be anything. Here the sizes that a
message declares are added up from its metadata (a FlatBuffer, read by hand as far as needed).
"""

from __future__ import annotations

import struct

import pyarrow as pa

_INT32, _INT64, _UINT16 = struct.Struct("<i"), struct.Struct("<q"), struct.Struct("<H")
_HEADER, _RECORD_BATCH, _DICTIONARY = 2, 3, 2
_BUFFERS, _COMPRESSION, _DATA = 2, 3, 1
_TYPE = 1


def largest_message(source: pa.NativeFile) -> int:
    """The most bytes that any message from here to the end has when unpacked.

    Raises:
        pa.ArrowInvalid, ValueError, struct.error: where the messages contradict themselves.
    """
    most: int = 0
    reader = pa.ipc.MessageReader.open_stream(source)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return most
        most = max(most, _unpacked(message.metadata.to_pybytes(), message.body))


def _unpacked(metadata: bytes, body: pa.Buffer | None) -> int:
    root = _Table(metadata, _INT32.unpack_from(metadata, 0)[0])
    kind = root.field(_TYPE)
    header = root.table(_HEADER)
    if header is None or body is None or not kind:
        return 0
    message_type = metadata[kind]
    if message_type == _DICTIONARY:
        header = header.table(_DATA)
    elif message_type != _RECORD_BATCH:
        return int(body.size)
    if header is None or header.field(_COMPRESSION) == 0:
        return int(body.size)
    total = 0
    for offset, length in header.pairs(_BUFFERS):
        if length < 8:
            continue
        size: int = _INT64.unpack(body.slice(offset, 8).to_pybytes())[0]
        total += length if size == -1 else size
        if size < -1:
            raise ValueError("a negative size")
    return total


class _Table:
    """A table of a FlatBuffer at an offset."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.layout = at - _INT32.unpack_from(data, at)[0]
        if not 0 <= self.layout <= len(data) - 4:
            raise ValueError("outside the metadata")
        self.size = _UINT16.unpack_from(data, self.layout)[0]

    def field(self, number: int) -> int:
        """Where a field stands, 0 if it is left out."""
        slot = 4 + 2 * number
        if slot + 2 > self.size:
            return 0
        offset: int = _UINT16.unpack_from(self.data, self.layout + slot)[0]
        return self.at + offset if offset else 0

    def table(self, number: int) -> _Table | None:
        """A field that is a table."""
        place = self.field(number)
        if not place:
            return None
        return _Table(self.data, place + _INT32.unpack_from(self.data, place)[0])

    def pairs(self, number: int) -> list[tuple[int, int]]:
        """A field that is a vector of pairs of 64-bit numbers."""
        place = self.field(number)
        if not place:
            return []
        start = place + _INT32.unpack_from(self.data, place)[0]
        count = _INT32.unpack_from(self.data, start)[0]
        if not 0 <= count <= len(self.data) // 16:
            raise ValueError("outside the metadata")
        return [struct.unpack_from("<qq", self.data, start + 4 + 16 * i) for i in range(count)]
