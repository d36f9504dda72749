"""A module at work: its store, its memory and what can be called. For one thread."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any

import wasmtime

from totemlang.native.calling import Entrance, Trapped, memory_size
from totemlang.native.compiled import compiled, engine
from totemlang.native.exports import Exports
from totemlang.native.limits import NotNative

_I64 = wasmtime.ValType.i64

_BRIEF = 1 << 15
"""Bytes that are copied while no other thread may run: letting it takes longer than they do."""

_move_briefly = ctypes.PYFUNCTYPE(
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
)(ctypes.cast(ctypes.memmove, ctypes.c_void_p).value or 0)

MOST_BLOCK = 0x60000000
"""Bytes of a block, at most."""


class Instance:
    """An instance of a compiled text, with a memory of at most `memory` bytes.

    `more` is asked for totem by generated code: it gives some, or a negative number to end the
    run. The store is held as long as this is, for nothing of it may be used after it.
    """

    def __init__(self, text: str, memory: int, more: Callable[[int], int]) -> None:
        """Compile, or take what was compiled, and instantiate.

        Raises:
            NotNative: the system has no room for it, such as addresses where those are limited.
        """
        module = compiled(text)
        self.store = wasmtime.Store(engine())
        self.store.set_limits(memory_size=memory)
        # The table of host functions is the process's: it must not keep the machine alive.
        asked = weakref.WeakMethod(more)

        def ask(need: int) -> int:
            held = asked()
            return -1 if held is None else held(need)

        host = wasmtime.Func(self.store, wasmtime.FuncType([_I64()], [_I64()]), ask)
        try:
            self.instance = wasmtime.Instance(self.store, module, [host])
        except wasmtime.WasmtimeError as error:
            raise NotNative("there is no room for a machine") from error
        self.exports = Exports(self.store, module, self.instance)
        self.memory = self.exports.memory("memory")
        self._base = ctypes.addressof(self.memory.data_ptr(self.store).contents)
        self._size = 0
        self._hold = self.entrance("hold")
        self.release = self.entrance("release")

    def entrance(self, name: str, *, is_brief: bool = False) -> Entrance:
        """A function that the module exports; see `Entrance`."""
        return self.exports.entrance(name, is_brief=is_brief)

    @property
    def base(self) -> int:
        """Where the memory begins in this process; it does not move."""
        return self._base

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return memory_size(self.store, self.memory)

    def hold(self, size: int) -> int:
        """A block of so many bytes until it is released. Raises `Trapped`: no memory."""
        if size > MOST_BLOCK:  # in 32 bits it might seem a small one
            raise Trapped("a block is too large")
        return self._hold(size)

    def read(self, address: int, size: int) -> bytes:
        """Bytes of memory, copied."""
        self._expect(address, size)
        return ctypes.string_at(self._base + address, size)

    def write(self, address: int, data: bytes) -> None:
        """Bring bytes to memory."""
        self._expect(address, len(data))
        if data:  # an assignment, for it keeps the interpreter's lock
            held = (ctypes.c_char * len(data)).from_address(self._base + address)
            held.raw = data

    def open(self, address: int, size: int) -> Any:
        """Bytes of memory to be written where they lie; as long as this instance is held."""
        self._expect(address, size)
        return (ctypes.c_ubyte * size).from_address(self._base + address)

    def copy_in(self, address: int, source: int, size: int) -> None:
        """Bring bytes of this process to memory."""
        if size:
            self._expect(address, size)
            move = ctypes.memmove if size > _BRIEF else _move_briefly
            move(self._base + address, source, size)

    def copy_out(self, address: int, target: int, size: int) -> None:
        """Bring bytes of memory to elsewhere in this process."""
        if size:
            self._expect(address, size)
            ctypes.memmove(target, self._base + address, size)

    def _expect(self, address: int, size: int) -> None:
        if address + size > self._size:
            self._size = self.size
        if not 0 <= address <= address + size <= self._size:
            raise AssertionError("outside the memory of the machine")
