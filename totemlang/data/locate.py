"""From what people write after `--data` to files in order."""

from __future__ import annotations

import glob
import stat
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from totemlang.data.limits import Limits
from totemlang.diagnostics import BadData, UsageError

SUFFIXES = frozenset({".parquet", ".pq", ".csv", ".tsv", ".arrow", ".ipc", ".feather"})

Spec = str | PathLike[str] | Sequence[str | PathLike[str]]


def locate(spec: Spec, limits: Limits) -> tuple[Path, ...]:
    """The files that a specification names, in order.

    A text is a file, a folder (its data files by name, not those in folders within), a glob
    (by name) or several of them with commas between; a sequence is each of its elements in
    order. A file stands only once.

    Raises:
        UsageError: where there is no such file.
        BadData: for more files than the limit, or one that is no regular file.
    """
    parts = [spec] if isinstance(spec, str | PathLike) else list(spec)
    found: dict[Path, None] = {}
    for part in parts:
        for path in _part(part):
            found.setdefault(path)
            if len(found) > limits.files:
                raise BadData(f"more than {limits.files:,} files in one data set")
    if not found:
        raise UsageError("no data file was named")
    for path in found:
        try:
            regular = stat.S_ISREG(path.stat().st_mode)
        except OSError:
            raise BadData(f"{path.name}: cannot be opened") from None
        if not regular:
            raise BadData(f"{path.name}: not a regular file")
    return tuple(found)


def _part(part: str | PathLike[str]) -> list[Path]:
    try:
        whole = Path(part)
        if whole.is_dir():
            return _folder(whole)
        if whole.exists() or not isinstance(part, str):
            return [whole]
        pieces = [piece.strip() for piece in part.split(",")] if "," in part else [part]
        return [path for piece in pieces if piece for path in _piece(piece)]
    except (OSError, ValueError):
        raise UsageError("the name of a data file cannot be used") from None


def _piece(piece: str) -> list[Path]:
    path = Path(piece)
    if path.is_dir():
        return _folder(path)
    if path.exists():
        return [path]
    matches = sorted(glob.glob(piece)) if glob.has_magic(piece) else []
    if not matches:
        raise UsageError(f"there is no file {piece}")
    return [Path(match) for match in matches if not Path(match).is_dir()]


def _folder(folder: Path) -> list[Path]:
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "_"))
    )
    if not found:
        known = " ".join(sorted(SUFFIXES))
        raise UsageError(f"the folder {folder} holds no data file ({known})")
    return found
