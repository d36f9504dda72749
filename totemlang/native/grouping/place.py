"""A module of grouping in a store: its memories, calls into it, and views of what lies there."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import wasmtime
from attrs import define, field, frozen

from totemlang.native.calling import Entrance, Trapped, memory_size
from totemlang.native.compiled import compiled, engine
from totemlang.native.exports import Exports
from totemlang.native.grouping.layout import Signature
from totemlang.native.grouping.module import module_text

_PAGE = 1 << 16
_NOT_NEEDED = 4
"""The advice to the system that pages are not needed (madvise)."""

_LARGE_PAGES = 14
"""The advice to have large pages: groups of many keys are found all over the memory."""


def _system_advice() -> Any:
    """The system's `madvise`, where it is known what it takes."""
    if sys.platform != "linux":
        return None
    found = ctypes.CDLL(None).madvise
    found.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return found


_madvise = _system_advice()


@frozen(eq=False)
class Place:
    """Where groupings live: a store, and the memory of it that columns are emitted to.

    A store belongs to one thread at a time. Without a memory all columns are copied.
    """

    store: wasmtime.Store
    memory: wasmtime.Memory | None = None


def own_place() -> Place:
    """A place by itself."""
    return Place(wasmtime.Store(engine()))


@define(eq=False)
class Room:
    """A linear memory of a store that only its holder uses."""

    store: wasmtime.Store
    memory: wasmtime.Memory
    _base: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Note where it lies: with 4 GiB reserved for each memory it never moves."""
        self._base = ctypes.addressof(self.memory.data_ptr(self.store).contents)
        self._advise(1 << 32, _LARGE_PAGES)

    @classmethod
    def new(cls, store: wasmtime.Store) -> Room:
        """A new memory."""
        limits = wasmtime.Limits(1, None)
        return cls(store, wasmtime.Memory(store, wasmtime.MemoryType(limits)))

    @property
    def size(self) -> int:
        """Bytes that it has."""
        return memory_size(self.store, self.memory)

    def reach(self, size: int) -> None:
        """Make it at least so large. Raises MemoryError where it may not be."""
        missing = (size + _PAGE - 1) // _PAGE - self.memory.size(self.store)
        if missing > 0:
            try:
                self.memory.grow(self.store, missing)
            except wasmtime.WasmtimeError:
                raise MemoryError("the memory of a grouping cannot grow") from None

    def give_back(self) -> None:
        """Let the system have its pages; it is all zeros then.

        The store keeps a memory as long as it lives, and a machine's lives for many stages.
        """
        self._advise(self.size, _NOT_NEEDED)

    def _advise(self, size: int, advice: int) -> None:
        if _madvise is not None:
            _madvise(self._base, size, advice)

    def view(self, at: int, number: int, form: Any) -> npt.NDArray[Any]:
        """Items of a NumPy type that lie there, to be read or written; valid while it lives."""
        dtype = np.dtype(form)
        size = number * dtype.itemsize
        if at < 0 or at + size > self.size:
            raise IndexError("outside of the memory")
        if not size:
            return np.empty(0, dtype)
        held = (ctypes.c_ubyte * size).from_address(self._base + at)
        return np.frombuffer(held, dtype)

    def words(self, at: int, number: int, stride: int, form: Any = np.int64) -> npt.NDArray[Any]:
        """Words `stride` bytes apart, the first at `at`."""
        if not number:
            return np.empty(0, form)
        lines = self.view(at, (number - 1) * stride + 8, np.uint8)
        return np.ndarray((number,), form, lines, 0, (stride,))


@frozen(eq=False)
class Loop:
    """A loop that takes rows in, to be called by other generated code.

    `function` takes the rows from one to another (exclusive) and, if it `is_bounded`, the `most`
    groups; it gives the row that it stopped before. It `takes` rows unless they must be looked at
    first. `memory` is the grouping's own.
    """

    name: str
    function: wasmtime.Func
    memory: wasmtime.Memory
    is_bounded: bool
    most: int
    takes: bool


@frozen(eq=False)
class Instance:
    """An instance of a signature's module on two memories."""

    exports: Exports
    functions: dict[str, Entrance] = field(factory=dict, init=False)
    """Those that were called."""

    @classmethod
    def new(
        cls,
        store: wasmtime.Store,
        signature: Signature,
        own: wasmtime.Memory,
        source: wasmtime.Memory,
    ) -> Instance:
        """Instantiate the module."""
        module = compiled(module_text(signature))
        return cls(Exports(store, module, wasmtime.Instance(store, module, [own, source])))

    def function(self, name: str) -> wasmtime.Func:
        """A function, for another instance of the store."""
        return self.exports.function(name)

    def call(self, name: str, *arguments: int) -> int:
        """Call a function; gives its result (0 of one without).

        Raises MemoryError where the memory may not grow as needed.
        """
        entrance = self.functions.get(name)
        if entrance is None:
            entrance = self.functions[name] = self.exports.entrance(name)
        try:
            return entrance(*arguments)
        except Trapped:
            raise MemoryError("the memory of a grouping cannot grow") from None
