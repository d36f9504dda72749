"""Values that stand in a machine's memory as long as it lives: parameters, lookups, results."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from totemlang.bytecode.module import Value
from totemlang.data.lookup import LookupTable
from totemlang.native.calling import Trapped
from totemlang.native.instance import Instance
from totemlang.native.layout import PACK, Layout, packed_string
from totemlang.native.limits import NotNative
from totemlang.native.translation.plan import Plan
from totemlang.native.values import WIDTH, key_signature
from totemlang.schema.types import Kind, Type
from totemlang.vm.numbers import canonical

PAGE = 1 << 16


def place_globals(instance: Instance, plan: Plan, values: Sequence[Value]) -> int:
    """Bring parameters and constants to memory; gives the first byte that is free.

    Raises:
        NotNative: they are larger than the memory may be.
    """
    held = Layout(plan.base)
    words = []
    for known, value in zip(plan.verified.module.globals, values, strict=True):
        at = known.field.type
        if at.is_array:
            assert isinstance(value, tuple | list)
            words.append(struct.pack("<q", held.array(at, tuple(value))))
        elif isinstance(value, str):
            words.append(struct.pack("<q", held.string(value)))
        else:
            words.append(struct.pack(PACK[at.kind], value).ljust(8, b"\0"))
    missing = held.top - instance.size
    if missing > 0:
        try:
            instance.memory.grow(instance.store, (missing + PAGE - 1) // PAGE)
        except Exception as error:
            raise NotNative("the values of parameters are too large") from error
    for address, data in held.data:
        instance.write(address, data)
    instance.write(plan.globals, b"".join(words))
    return held.top


def place_lookups(instance: Instance, plan: Plan, tables: Sequence[LookupTable]) -> None:
    """Bring lookups to memory, and have them made ready. Raises `NotNative` as above."""
    try:
        for lookup, table, address in zip(
            plan.verified.module.lookups, tables, plan.lookups, strict=True
        ):
            kinds = [key.type.kind for key in lookup.keys]
            _place_lookup(instance, address, table, kinds, [c.type.kind for c in lookup.columns])
            instance.entrance(f"build_lookup_{key_signature(kinds)}")(address)
    except Trapped as error:
        raise NotNative("the lookups are too large") from error


def _place_lookup(
    instance: Instance, address: int, table: LookupTable, keys: list[Kind], columns: list[Kind]
) -> None:
    rows = table.rows
    found: list[Any] = [None] * rows
    for key, row in table.index.items():
        found[row] = key if isinstance(key, tuple) and len(keys) > 1 else (key,)
    size = 2
    while size < 2 * rows:
        size *= 2
    slots = instance.hold(4 * size)
    instance.write(slots, bytes(4 * size))
    words = [size - 1, slots, rows]
    for part, kind in enumerate(keys):
        values = [key[part] for key in found]
        wide = Kind.INT if kind is Kind.BOOL else kind
        words.append(_column(instance, values, wide))
    instance.write(address, struct.pack("<Q", _seed(rows)) + struct.pack(f"<{len(words)}I", *words))
    base = address + 24 + 4 * len(keys)
    for place, kind in enumerate(columns):
        values = list(table.columns[place])
        there = instance.hold(max(rows, 8))
        instance.write(there, bytes(value is not None for value in values))
        data = _column(instance, [_ZERO.get(kind, 0) if v is None else v for v in values], kind)
        instance.write(base + 8 * place, struct.pack("<2I", data, there))


_ZERO: dict[Kind, Value] = {Kind.STRING: ""}


def _seed(rows: int) -> int:
    """Which places rows take must not be known to whoever made the keys."""
    return secrets.randbits(64) if rows else 0


def _column(instance: Instance, values: list[Any], kind: Kind) -> int:
    """A column of values in memory of its own."""
    block = instance.hold(max(8, WIDTH[kind] * len(values)))
    if kind is Kind.STRING:
        encoded = [text.encode() for text in values]
        text = instance.hold(max(8, sum(map(len, encoded))))
        instance.write(text, b"".join(encoded))
        packed = []
        for each in encoded:
            packed.append(packed_string(text, len(each)) if each else 0)
            text += len(each)
        values = packed
    instance.write(block, np.array(values, _NUMPY[kind]).tobytes())
    return block


_NUMPY: dict[Kind, str] = {
    kind: {"B": "u1", "i": "<i4", "q": "<i8", "f": "<f4", "d": "<f8"}[pack[1]]
    for kind, pack in PACK.items()
}


def variable(instance: Instance, at: Type, address: int) -> Any:
    """The value of a script's variable. NaN is the one NaN."""
    if at.is_array:
        (header,) = struct.unpack("<I", instance.read(address, 4))
        data, length = struct.unpack("<2I", instance.read(header, 8))
        held = np.frombuffer(instance.read(data, WIDTH[at.kind] * length), _NUMPY[at.kind])
        if at.kind in (Kind.STRING, Kind.FLOAT, Kind.DOUBLE):
            return [_shown(instance, at.kind, value) for value in held.tolist()]
        return (held != 0 if at.kind is Kind.BOOL else held).tolist()
    words = instance.read(address, 16)
    if at.is_optional and not words[8]:
        return None
    return _value(instance, at.kind, words)


def _value(instance: Instance, kind: Kind, held: bytes) -> Any:
    (value,) = struct.unpack_from(PACK[kind], held)
    return _shown(instance, kind, value)


def _shown(instance: Instance, kind: Kind, value: Any) -> Any:
    if kind is Kind.STRING:
        return instance.read(value & 0xFFFFFFFF, value >> 32).decode()
    if kind is Kind.BOOL:
        return bool(value)
    return canonical(value) if isinstance(value, float) else value
