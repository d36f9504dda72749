"""Compiled modules on disk: only our own files, unharmed, in a folder that is ours alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from totemlang.native import compiled as cache
from totemlang.native.limits import NotNative

TEXT = '(module (func (export "f") (result i32) (i32.const 41)))'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "cache"
    monkeypatch.setenv("TOTEM_NATIVE_CACHE", str(made))
    cache.forget()
    return made


def answer(module: wasmtime.Module) -> int:
    store = wasmtime.Store(cache.engine())
    function = wasmtime.Instance(store, module, []).exports(store)["f"]
    assert isinstance(function, wasmtime.Func)
    return int(function(store))


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_module_is_compiled_once_in_a_process(folder: Path) -> None:
    assert cache.compiled(TEXT) is cache.compiled(TEXT)
    only_file(folder).unlink()
    assert answer(cache.compiled(TEXT)) == 41


def test_another_process_finds_it_on_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.compiled(TEXT)
    cache.forget()

    def never(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(wasmtime, "Module", type("Module", (wasmtime.Module,), {"__init__": never}))
    assert answer(cache.compiled(TEXT)) == 41


@pytest.mark.parametrize("harm", ["short", "changed", "empty", "other"])
def test_a_file_that_is_not_what_we_wrote_is_not_run(folder: Path, harm: str) -> None:
    cache.compiled(TEXT)
    file = only_file(folder)
    held = bytearray(file.read_bytes())
    if harm == "changed":
        held[len(held) // 2] ^= 1
    file.write_bytes({"short": held[:-1], "empty": b"", "other": b"x" * 99}.get(harm, held))
    cache.forget()
    assert answer(cache.compiled(TEXT)) == 41
    assert len(file.read_bytes()) > 99


def test_a_link_is_not_followed(folder: Path) -> None:
    cache.compiled(TEXT)
    file = only_file(folder)
    elsewhere = folder.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    cache.forget()
    assert answer(cache.compiled(TEXT)) == 41
    assert not file.is_symlink()


def test_a_folder_that_others_may_write_to_is_not_used(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    assert answer(cache.compiled(TEXT)) == 41
    assert not list(folder.iterdir())


def test_old_files_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MOST_FILES", 3)
    for number in range(6):
        cache.compiled(TEXT.replace("41", str(number)))
    assert len(list(folder.iterdir())) == 3


def test_what_others_keep_in_the_folder_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is whichever folder the variable names, perhaps one with many files of its owner's."""
    monkeypatch.setattr(cache, "_MOST_FILES", 2)
    kept = folder / "thesis.txt"
    kept.parent.mkdir(mode=0o700)
    kept.write_text("years of work")
    (folder / "photos").mkdir()
    (folder / "nowhere").symlink_to(folder / "gone")
    for number in range(4):
        cache.compiled(TEXT.replace("41", str(number)))
    assert kept.read_text() == "years of work"
    assert len(list(folder.iterdir())) == 3 + 2


def test_code_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_CODE", 10)
    with pytest.raises(NotNative):
        cache.compiled(TEXT)


def test_what_the_compiler_does_not_take_is_refused(folder: Path) -> None:
    parameters = "(param i32)" * 1001
    with pytest.raises(NotNative):
        cache.compiled(f"(module (func {parameters}))")
