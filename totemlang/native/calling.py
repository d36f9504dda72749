"""Calling generated code: the way of the C interface that looks at no types takes 2 µs, not 40.

A call that takes no longer keeps the interpreter's lock: threads that hand it to each other for a
microsecond wait for each other's waking up.
"""

from __future__ import annotations

from ctypes import POINTER, PyDLL, byref, sizeof
from struct import Struct
from typing import Any

import wasmtime
from attrs import frozen
from wasmtime import _ffi as ffi

_OURS = (
    "wasmtime_val_raw_t",
    "wasmtime_func_call_unchecked",
    "wasmtime_instance_export_get",
    "dll",
)
DIRECT = all(hasattr(ffi, name) for name in _OURS) and sizeof(ffi.wasmtime_val_raw_t) == 16
"""Whether this build of the library offers that way."""


def _keeping_the_lock(name: str) -> Any:
    """A function of the library that lets no other thread run meanwhile."""
    known = getattr(ffi.dll, name)
    function = getattr(PyDLL(ffi.dll._name, handle=ffi.dll._handle), name)
    function.argtypes, function.restype = known.argtypes, known.restype
    return function


_call_briefly = _keeping_the_lock("wasmtime_func_call_unchecked") if DIRECT else None
_data_size = _keeping_the_lock("wasmtime_memory_data_size") if DIRECT else None


def memory_size(store: wasmtime.Store, memory: wasmtime.Memory) -> int:
    """Bytes of a memory."""
    if _data_size is None:
        return memory.data_len(store)
    return int(_data_size(store._context(), byref(memory._memory)))


class Trapped(Exception):
    """Generated code has ended its run: no memory, no stack or no totem."""


@frozen
class Signature:
    """Of each parameter whether it has 64 bits, and of the result (None: there is none)."""

    wide: tuple[bool, ...]
    result: bool | None


def signature_of(store: wasmtime.Store, function: wasmtime.Func) -> Signature:
    """What a function of whole numbers takes and gives."""
    found = function.type(store)
    results = [str(each) == "i64" for each in found.results]
    wide = tuple(str(each) == "i64" for each in found.params)
    return Signature(wide, results[0] if results else None)


class Entrance:
    """A function of an instance. Parameters and the result are whole numbers.

    One that `is_brief` takes a microsecond, whatever it is given.
    """

    def __init__(
        self,
        store: wasmtime.Store,
        function: wasmtime.Func,
        signature: Signature,
        *,
        is_brief: bool = False,
    ) -> None:
        """Make room for what it takes."""
        self._call: Any = None
        if DIRECT:
            self._call = _call_briefly if is_brief else ffi.wasmtime_func_call_unchecked
        self._store = store
        self._function = function
        self._wide, self._result = signature.wide, signature.result
        self._count = max(len(self._wide), 1)
        self._values: Any = (ffi.wasmtime_val_raw_t * self._count)() if DIRECT else None
        # A value has 16 bytes, of which a whole number takes the first: one call sets them all.
        self._set = Struct("<" + "q8x" * len(self._wide)).pack_into

    def __call__(self, *arguments: int) -> int:
        """Call it.

        Raises:
            Trapped: it did not come to its end.
        """
        return self._directly(arguments) if DIRECT else self._as_documented(arguments)

    def _directly(self, arguments: tuple[int, ...]) -> int:
        values = self._values
        self._set(values, 0, *arguments)
        trap = POINTER(ffi.wasm_trap_t)()
        error = self._call(
            self._store._context(), byref(self._function._func), values, self._count, byref(trap)
        )
        if error:
            raise Trapped(str(wasmtime.WasmtimeError._from_ptr(error)))
        if trap:
            raise Trapped(str(wasmtime.Trap._from_ptr(trap)))
        if self._result is None:
            return 0
        return int(values[0].i64) if self._result else values[0].i32 & 0xFFFFFFFF

    def _as_documented(self, arguments: tuple[int, ...]) -> int:
        signed = [a if wide else _signed(a) for a, wide in zip(arguments, self._wide, strict=True)]
        try:
            result = self._function(self._store, *signed)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise Trapped(str(error)) from None
        if self._result is None:
            return 0
        return int(result) if self._result else int(result) & 0xFFFFFFFF


def _signed(value: int) -> int:
    """A number of 32 bits as one with a sign."""
    return (value + 2**31) % 2**32 - 2**31
