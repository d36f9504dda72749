"""How values of the language stand in WebAssembly and in its memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from totemlang.schema.types import Kind, Type

VALUE: Mapping[Kind, str] = {
    Kind.BOOL: "i32",
    Kind.INT: "i32",
    Kind.DATE: "i32",
    Kind.LONG: "i64",
    Kind.TIMESTAMP: "i64",
    Kind.DURATION: "i64",
    Kind.STRING: "i64",
    Kind.FLOAT: "f32",
    Kind.DOUBLE: "f64",
}
"""The value type of each kind; a string is a pointer and, above it, its bytes."""

WIDTH: Mapping[Kind, int] = {
    kind: 1 if kind is Kind.BOOL else 4 if value in ("i32", "f32") else 8
    for kind, value in VALUE.items()
}
"""Bytes of an element of an array or column of each kind."""

SHIFT: Mapping[Kind, int] = {kind: width.bit_length() - 1 for kind, width in WIDTH.items()}
"""Binary logarithms of `WIDTH`."""


def value_types(at: Type) -> tuple[str, ...]:
    """The value types that a value of the language takes: an optional has a flag beside it."""
    if at.is_array:
        return ("i32",)
    first = VALUE[at.kind]
    return (first, "i32") if at.is_optional else (first,)


def key_signature(kinds: Iterable[Kind]) -> str:
    """The parts of a lookup's key, a letter each, as its functions are called."""
    return "".join(
        "s" if kind is Kind.STRING else "l" if VALUE[kind] == "i64" else "i" for kind in kinds
    )


def load(kind: Kind) -> str:
    """The instruction that loads an element."""
    return "i32.load8_u" if kind is Kind.BOOL else f"{VALUE[kind]}.load"


def store(kind: Kind) -> str:
    """The instruction that stores an element."""
    return "i32.store8" if kind is Kind.BOOL else f"{VALUE[kind]}.store"


def chosen(kind: Kind, one: str, other: str, condition: str) -> str:
    """One of two values. Floats are chosen as bits: for those a processor has no choice."""
    value = VALUE[kind]
    if value[0] != "f":
        return f"(select {one} {other} {condition})"
    bits = f"i{value[1:]}"
    sides = " ".join(f"({bits}.reinterpret_{value} {side})" for side in (one, other))
    return f"({value}.reinterpret_{bits} (select {sides} {condition}))"


def number(kind: Kind, value: float) -> str:
    """A number (date, time, truth value) as a constant expression."""
    if kind is Kind.FLOAT or kind is Kind.DOUBLE:
        return f"({VALUE[kind]}.const {_float_text(float(value))})"
    return f"({VALUE[kind]}.const {int(value)})"


def zero(value_type: str) -> str:
    """The zero of a value type."""
    return f"({value_type}.const 0)"


def _float_text(value: float) -> str:
    if value != value:
        return "nan"
    return {float("inf"): "inf", float("-inf"): "-inf"}.get(value, value.hex())
