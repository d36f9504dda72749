"""Shapes of values in a container: each says at once how it is written and how it is read.

A shape is built from smaller ones, so what is written and what is read cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, TypeVar

from attrs import frozen

from totemlang.bytecode.wire import Damaged, Reader, Unwritable, Writer

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@frozen
class Codec(Generic[T]):
    """How a value is written and read; it takes at least `least` bytes."""

    write: Callable[[Writer, T], None]
    read: Callable[[Reader], T]
    least: int = 1


NUMBER = Codec[int](Writer.number, Reader.number)
SIGNED = Codec[int](Writer.signed, Reader.signed)
TEXT = Codec[str](Writer.text, Reader.text)
FLOAT32 = Codec[float](lambda w, v: w.binary(v, 4), lambda r: r.binary(4), 4)
FLOAT64 = Codec[float](lambda w, v: w.binary(v, 8), lambda r: r.binary(8), 8)


def _write_bool(writer: Writer, value: bool) -> None:
    writer.byte(1 if value else 0)


def _read_bool(reader: Reader) -> bool:
    value = reader.byte()
    if value > 1:
        raise Damaged("a truth value is neither 0 nor 1")
    return value == 1


TRUTH = Codec[bool](_write_bool, _read_bool)


def digest(size: int) -> Codec[str]:
    """A hash as lower-case hexadecimal digits: `size` bytes."""

    def write(writer: Writer, value: str) -> None:
        try:
            data = bytes.fromhex(value)
        except ValueError:
            data = b""
        if data.hex() != value or len(data) != size:
            raise Unwritable(f"a hash that is not {2 * size} lower-case hexadecimal digits")
        writer.raw(data)

    return Codec(write, lambda reader: reader.raw(size).hex(), size)


def member(members: type[E]) -> Codec[E]:
    """A member of an enumeration: its place, a byte."""
    order = tuple(members)
    places = {value: place for place, value in enumerate(order)}

    def read(reader: Reader) -> E:
        place = reader.byte()
        if place >= len(order):
            raise Damaged(f"there is no such {members.__name__.lower()}")
        return order[place]

    return Codec(lambda writer, value: writer.byte(places[value]), read)


def sequence(of: Codec[T], limit: int) -> Codec[tuple[T, ...]]:
    """Any number of values up to `limit`: the number, then each."""

    def write(writer: Writer, values: tuple[T, ...]) -> None:
        if len(values) > limit:
            raise Unwritable(f"more than {limit} of a kind")
        writer.number(len(values))
        for value in values:
            of.write(writer, value)

    def read(reader: Reader) -> tuple[T, ...]:
        return tuple(of.read(reader) for _ in range(reader.count(of.least, limit)))

    return Codec(write, read)


def optional(of: Codec[T]) -> Codec[T | None]:
    """A value or none: 0, or 1 and the value."""

    def write(writer: Writer, value: T | None) -> None:
        writer.byte(0 if value is None else 1)
        if value is not None:
            of.write(writer, value)

    return Codec(write, lambda reader: of.read(reader) if TRUTH.read(reader) else None)


def record(make: Callable[..., T], **fields: Codec[Any]) -> Codec[T]:
    """A value of a class: its fields, in the order given."""

    def write(writer: Writer, value: T) -> None:
        for name, of in fields.items():
            of.write(writer, getattr(value, name))

    def read(reader: Reader) -> T:
        return make(**{name: of.read(reader) for name, of in fields.items()})

    return Codec(write, read, sum(of.least for of in fields.values()))


def pair(first: Codec[Any], second: Codec[Any]) -> Codec[tuple[Any, Any]]:
    """Two values."""

    def write(writer: Writer, value: tuple[Any, Any]) -> None:
        first.write(writer, value[0])
        second.write(writer, value[1])

    def read(reader: Reader) -> tuple[Any, Any]:
        return first.read(reader), second.read(reader)

    return Codec(write, read, first.least + second.least)
