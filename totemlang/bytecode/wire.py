"""Bytes of a container, read and written one primitive at a time, each with one valid form.

The reader is for hostile bytes: it never looks beyond what is there, and whatever is not the one
valid form raises `Damaged`. The writer raises `Unwritable` for a value that has no form.
"""

from __future__ import annotations

import math
import struct

from attrs import define, field

from totemlang.schema.types import LONG_RANGE

MAX_NUMBER = 2**64 - 1
"""The largest number that a varint carries."""

_VARINT_BYTES = 10
_NAN = {4: bytes.fromhex("7fc00000"), 8: bytes.fromhex("7ff8000000000000")}
_FORMAT = {4: ">f", 8: ">d"}


class Damaged(Exception):
    """These bytes are no container; the text says what is wrong."""


class Unwritable(Exception):
    """This value cannot stand in a container; the text says why."""


@define
class Writer:
    """Collects bytes."""

    _bytes: bytearray = field(factory=bytearray)

    @property
    def written(self) -> bytes:
        """All bytes so far."""
        return bytes(self._bytes)

    def byte(self, value: int) -> None:
        """One byte."""
        self._bytes.append(value)

    def raw(self, data: bytes) -> None:
        """Bytes as they are; the reader must know how many."""
        self._bytes += data

    def number(self, value: int) -> None:
        """A whole number from 0 to 2^64 - 1: seven bits a byte, lowest first, as few as do."""
        if not 0 <= value <= MAX_NUMBER:
            raise Unwritable(f"a number outside 0 to {MAX_NUMBER}")
        while value > 0x7F:
            self._bytes.append(value & 0x7F | 0x80)
            value >>= 7
        self._bytes.append(value)

    def signed(self, value: int) -> None:
        """A whole number of 64 bits: 0, -1, 1, -2, … as 0, 1, 2, 3, …"""
        if not LONG_RANGE[0] <= value <= LONG_RANGE[1]:
            raise Unwritable("a whole number that does not fit 64 bits")
        self.number(2 * value if value >= 0 else -2 * value - 1)

    def text(self, value: str) -> None:
        """A text: its length in bytes, then UTF-8."""
        try:
            data = value.encode()
        except UnicodeEncodeError as error:
            raise Unwritable("a text that is not valid Unicode") from error
        self.number(len(data))
        self.raw(data)

    def binary(self, value: float, size: int) -> None:
        """A number in binary32 (`size` 4) or binary64 (8), highest byte first, one NaN."""
        if math.isnan(value):
            self.raw(_NAN[size])
            return
        try:
            self.raw(struct.pack(_FORMAT[size], value))
        except OverflowError as error:
            raise Unwritable("a float that is not a binary32 number") from error


@define
class Reader:
    """Takes bytes from a stretch of a container: from `at` to `stop`, exclusive."""

    _data: bytes
    at: int = 0
    stop: int = -1

    def __attrs_post_init__(self) -> None:
        """Read to the end of the data unless told otherwise."""
        if self.stop < 0:
            self.stop = len(self._data)

    @property
    def left(self) -> int:
        """Bytes that are left."""
        return self.stop - self.at

    def byte(self) -> int:
        """One byte."""
        if self.at >= self.stop:
            raise Damaged("it ends too soon")
        self.at += 1
        return self._data[self.at - 1]

    def raw(self, count: int) -> bytes:
        """So many bytes."""
        if count > self.left:
            raise Damaged("it ends too soon")
        self.at += count
        return self._data[self.at - count : self.at]

    def number(self) -> int:
        """A whole number in its shortest form."""
        value = 0
        for place in range(_VARINT_BYTES):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                if byte == 0 and place > 0:
                    raise Damaged("a number is not in its shortest form")
                if value > MAX_NUMBER:
                    break
                return value
        raise Damaged("a number is too large")

    def count(self, least: int, limit: int) -> int:
        """How many things follow: at most `limit`, each of at least `least` bytes."""
        value = self.number()
        if value > limit:
            raise Damaged(f"it has more than {limit} of a kind")
        if value * least > self.left:
            raise Damaged("it ends too soon")
        return value

    def signed(self) -> int:
        """A whole number of 64 bits."""
        folded = self.number()
        return -(folded >> 1) - 1 if folded & 1 else folded >> 1

    def text(self) -> str:
        """A text in valid UTF-8."""
        data = self.raw(self.number())
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Damaged("a text is not valid UTF-8") from None

    def binary(self, size: int) -> float:
        """A number in binary32 (`size` 4) or binary64 (8); of NaN, the one canonical form."""
        data = self.raw(size)
        value: float = struct.unpack(_FORMAT[size], data)[0]
        if value == value:
            return value
        if data != _NAN[size]:
            raise Damaged("a NaN is not the canonical one")
        return math.nan

    def part(self) -> Reader:
        """The stretch that follows its length, as a reader of its own."""
        length = self.number()
        if length > self.left:
            raise Damaged("it ends too soon")
        self.at += length
        return Reader(self._data, self.at - length, self.at)

    def finish(self) -> None:
        """Nothing may be left."""
        if self.left:
            raise Damaged("there are bytes too many")
