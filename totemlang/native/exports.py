"""What an instance exports, found by name; the types of functions are looked at once a module."""

from __future__ import annotations

import ctypes
from weakref import WeakKeyDictionary

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime._extern import wrap_extern

from totemlang.native.calling import DIRECT, Entrance, Signature, signature_of

_signatures: WeakKeyDictionary[wasmtime.Module, dict[str, Signature]] = WeakKeyDictionary()
"""Of the functions that were asked for, by module: the same for all its instances."""


class Exports:
    """The exports of an instance of a module, each looked up when it is asked for."""

    def __init__(
        self, store: wasmtime.Store, module: wasmtime.Module, instance: wasmtime.Instance
    ) -> None:
        """Nothing is looked up yet."""
        self._store, self._instance = store, instance
        self._known = _signatures.setdefault(module, {})
        self._found: dict[str, object] = {}

    def entrance(self, name: str, *, is_brief: bool = False) -> Entrance:
        """A function, to be called. Raises KeyError: there is none of that name."""
        function = self.function(name)
        signature = self._known.get(name)
        if signature is None:
            signature = self._known[name] = signature_of(self._store, function)
        return Entrance(self._store, function, signature, is_brief=is_brief)

    def function(self, name: str) -> wasmtime.Func:
        """A function, for another instance. Raises KeyError: there is none of that name."""
        function = self._find(name)
        assert isinstance(function, wasmtime.Func)
        return function

    def memory(self, name: str) -> wasmtime.Memory:
        """A memory. Raises KeyError: there is none of that name."""
        found = self._find(name)
        assert isinstance(found, wasmtime.Memory)
        return found

    def _find(self, name: str) -> object:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look_up(name)
        return found

    def _look_up(self, name: str) -> object:
        if not DIRECT:
            return self._instance.exports(self._store)[name]
        said, item = name.encode(), ffi.wasmtime_extern_t()
        if not ffi.wasmtime_instance_export_get(
            self._store._context(),
            ctypes.byref(self._instance._instance),
            ctypes.create_string_buffer(said),
            len(said),
            ctypes.byref(item),
        ):
            raise KeyError(name)
        return wrap_extern(item)
