"""All functions of the native runtime in one module, called with Python values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import wasmtime
from attrs import define
from hypothesis import settings

from totemlang.native.runtime.selection import definition, names, runtime_text
from totemlang.vm.failures import FAILURES, REASONS, reason_of

LOOKUPS = tuple(f"{word}lookup_{parts}" for word in ("", "build_") for parts in ("l", "s", "ils"))
FORMATS = {"bool": "B", "int": "i", "long": "q", "float": "f", "double": "d", "string": "q"}
"""How elements of each form stand in memory."""

BASE = 1024

EXAMPLES = settings(deadline=None, max_examples=50)
"""The first call compiles, so the time of an example says nothing."""


@lru_cache(maxsize=1)
def _compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    wanted = [name for name in (*names(), *LOOKUPS) if name != "failed"]
    functions = [name for name in wanted if definition(name).text.startswith("(func")]
    exports = "\n".join(f'(export "{name}" (func ${name}))' for name in functions)
    text = f"""(module
        (memory $memory (export "memory") 2)
        (global $failed (export "failed") (mut i32) (i32.const 0))
        (func (export "heap") (result i32) (global.get $heap))
        {runtime_text(wanted, given={"failed"})}
        {exports})"""
    engine = wasmtime.Engine()
    return engine, wasmtime.Module(engine, text)


@define
class Failed:
    """A call that failed, with its reason."""

    reason: str


def meant(meaning: Callable[..., Any], *operands: Any) -> Any:
    """What a meaning gives, or `Failed`."""
    try:
        return meaning(*operands)
    except FAILURES as error:
        return Failed(reason_of(error))


class Machine:
    """An instance. Strings, lists of strings and lists of numbers go in and out as what they are.

    A list is given as `(form, list)`; results that are strings or arrays are read with `text` and
    `array`. Each call begins with an empty temporary area.
    """

    def __init__(self, pages: int | None = None) -> None:
        """Start; `pages` bounds the memory."""
        engine, module = _compiled()
        self.store = wasmtime.Store(engine)
        if pages is not None:
            self.store.set_limits(memory_size=pages << 16)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.memory: Any = self.exports["memory"]
        self.failed: Any = self.exports["failed"]
        self.raw("start_memory", BASE)
        self.mark = self.raw("heap")

    def raw(self, name: str, *arguments: Any) -> Any:
        """Call a function with WebAssembly values."""
        return self.exports[name](self.store, *arguments)  # type: ignore[operator]

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function with Python values: its result, or `Failed`."""
        self.raw("reset", self.mark)
        return self.again(name, *arguments)

    def again(self, name: str, *arguments: Any) -> Any:
        """Call a function and keep what is in the temporary area."""
        result = self.raw(name, *[self.put(argument) for argument in arguments])
        failed = self.failed.value(self.store)
        if failed:
            self.failed.set_value(self.store, 0)
            return Failed(REASONS[failed - 1])
        return result

    def put(self, value: Any) -> Any:
        """A value as the machine takes it."""
        if isinstance(value, str):
            return self.string(value.encode())
        if isinstance(value, tuple):
            return self.array_of(*value)
        return value

    def bytes_at(self, data: bytes) -> int:
        """Bytes in the temporary area."""
        at: int = self.raw("alloc", len(data))
        self.write(at, data)
        return at

    def write(self, at: int, data: bytes) -> None:
        """Write memory; addresses come as signed numbers."""
        self.memory.write(self.store, data, at & 0xFFFFFFFF)

    def read(self, at: int, size: int) -> bytes:
        """Read memory."""
        start = at & 0xFFFFFFFF
        return bytes(self.memory.read(self.store, start, start + size))

    def string(self, data: bytes) -> int:
        """A string in the temporary area."""
        return self.bytes_at(data) | len(data) << 32

    def array_of(self, form: str, values: Sequence[Any]) -> int:
        """An array in the temporary area."""
        stored = [self.put(value) for value in values] if form == "string" else values
        data = self.bytes_at(struct.pack(f"<{len(stored)}{FORMATS[form]}", *stored))
        return self.bytes_at(struct.pack("<iiii", data, len(stored), 0, 0))

    def aggregate(
        self, form: str, count: int, total: bytes, least: bytes, over: bool = False
    ) -> int:
        """An array of which there is only an aggregate: 100 bytes, the longest 7."""
        record = struct.pack("<qqq", count, 100, 7) + total.ljust(8, b"\0")
        record += least.ljust(8, b"\0") * 2 + struct.pack("<i", over)
        return self.bytes_at(struct.pack("<iiii", 0, 0, self.bytes_at(record), 0))

    def text(self, packed: int) -> str:
        """A string that the machine gave."""
        return self.read(packed & 0xFFFFFFFF, packed >> 32 & 0xFFFFFFFF).decode()

    def array(self, form: str, header: int) -> list[Any]:
        """The elements of an array that the machine gave."""
        data, length = struct.unpack("<ii", self.read(header, 8))
        size = struct.calcsize(FORMATS[form])
        found = struct.unpack(f"<{length}{FORMATS[form]}", self.read(data, length * size))
        return [self.text(value) for value in found] if form == "string" else list(found)


@lru_cache(maxsize=1)
def machine() -> Machine:
    """The instance that tests share: a call leaves nothing behind but released memory."""
    return Machine()


def bits(value: float) -> bytes:
    """A double's bits, any NaN as one."""
    return struct.pack("<d", float("nan") if value != value else value)


def single(value: float) -> float:
    """The nearest binary32 number."""
    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found
