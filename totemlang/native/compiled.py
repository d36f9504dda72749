"""From text to machine code: compiled once, held in memory and, for the user alone, on disk.

What a cache folder holds is run as machine code. So only a folder that is the user's own and that
nobody else may write to is used, and only a file whose digest is right; all else is compiled anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import wasmtime

from totemlang.native.limits import MOST_CODE, MOST_STACK, NotNative

_MOST_HELD = 32
_MOST_FILES = 256
_DIGEST = hashlib.sha256().digest_size
_NEW = "new-"
_OWN_NAME = re.compile(rf"[0-9a-f]{{64}}|{_NEW}\w+")
"""Names that a module has on disk; the folder may be one that holds other things too."""

_held: OrderedDict[str, wasmtime.Module] = OrderedDict()
"""By their texts."""

_lock, _first = Lock(), Lock()


def engine() -> wasmtime.Engine:
    """The one compiler of the process: modules of two would not go together."""
    with _first:  # threads that ask at the same time would each make one
        return _engine()


@cache
def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.max_wasm_stack = MOST_STACK
    config.cranelift_opt_level = "speed"
    # Memories stay where they are: they have four gigabytes of addresses from the start.
    config.memory_reservation = 1 << 32
    config.memory_may_move = False
    return wasmtime.Engine(config)


def compiled(text: str) -> wasmtime.Module:
    """The module of a text. Modules may be shared by threads.

    Raises:
        NotNative: its code is larger than the compiler takes, or we.
    """
    with _lock:
        found = _held.get(text)
        if found is not None:
            _held.move_to_end(text)
            return found
    name = hashlib.sha256(f"{_build()} {MOST_STACK}\n{text}".encode()).hexdigest()
    module = _stored(name) or _compile(name, text)
    with _lock:
        _held[text] = module
        while len(_held) > _MOST_HELD:
            _held.popitem(last=False)
    return module


@cache
def _build() -> str:
    """Of which compiler; asking takes a millisecond, for it reads what was installed."""
    return version("wasmtime")


def forget() -> None:
    """Forget what is held in memory."""
    with _lock:
        _held.clear()


def _compile(name: str, text: str) -> wasmtime.Module:
    try:
        module = wasmtime.Module(engine(), text)
    except wasmtime.WasmtimeError as error:
        raise NotNative(f"the code does not compile: {error}") from error
    code = bytes(module.serialize())
    if len(code) > MOST_CODE:
        raise NotNative("the code is too large")
    _keep(name, code)
    return module


# --- on disk


def cache_folder() -> Path | None:
    """The folder of compiled modules; None where none can be trusted or it is turned off."""
    chosen = os.environ.get("TOTEM_NATIVE_CACHE")
    if chosen == "":
        return None
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(chosen) if chosen else Path(base).expanduser() / "totemlang" / "native"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except (OSError, RuntimeError):
        return None
    if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) & 0o077:
        return None
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        return None
    return folder


def _stored(name: str) -> wasmtime.Module | None:
    folder = cache_folder()
    if folder is None:
        return None
    try:
        held = os.open(folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(held, "rb") as file:
            found = file.read(MOST_CODE + _DIGEST + 1)
    except OSError:
        return None
    digest, code = found[:_DIGEST], found[_DIGEST:]
    if not code or _digest(name, code) != digest:
        return None
    try:
        return wasmtime.Module.deserialize(engine(), code)
    except wasmtime.WasmtimeError:
        return None  # of another processor or build


def _keep(name: str, code: bytes) -> None:
    folder = cache_folder()
    if folder is None:
        return
    with suppress(OSError):
        files = sorted(_own_files(folder), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES + 1)]:
            file.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=_NEW, delete=False) as written:
            written.write(_digest(name, code) + code)
        os.replace(written.name, folder / name)


def _own_files(folder: Path) -> list[Path]:
    """What may be removed: compiled modules and what a process left that was ended meanwhile."""
    return [file for file in folder.iterdir() if _OWN_NAME.fullmatch(file.name)]


def _digest(name: str, code: bytes) -> bytes:
    return hashlib.sha256(name.encode() + code).digest()
