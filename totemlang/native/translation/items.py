"""What stands on the stack while bytecode becomes WebAssembly."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from totemlang.schema.types import Type

METERING = "(;m;)"
"""Begins the lines that a build without metering does without."""


@frozen
class Item:
    """A value: an expression without effects that may be repeated, a local or a constant.

    `there` tells, for an optional, whether there is one. `owned` marks an array that nothing else
    refers to. `number` is the value of a constant number, `narrow` the `int` that a `long` was
    widened from. `origin` is the instruction that an array comes from, `load` or `global`, and its
    number.
    """

    type: Type
    text: str
    there: str = ""
    owned: bool = False
    number: int | float | None = None
    narrow: str = ""
    origin: tuple[str, int] = ("", -1)

    @property
    def parts(self) -> tuple[str, ...]:
        """The expressions that it takes."""
        return (self.text, self.there) if self.type.is_optional else (self.text,)


def item_of(at: Type, parts: Sequence[str], *, owned: bool = False) -> Item:
    """An item of all its expressions."""
    return Item(at, parts[0], parts[1] if len(parts) > 1 else "", owned)


def joined(items: list[Item]) -> str:
    """Items as operands of a call."""
    return " ".join(part for item in items for part in item.parts)


def read_again(number: int, array: str) -> str:
    """Bring into locals where the elements of an array stand and how many they are."""
    return (
        f"(local.set $d{number} (i32.load {array}))"
        f"(local.set $k{number} (i32.load offset=4 {array}))"
    )
