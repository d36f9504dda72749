"""Where the data files of the package are: grammar, library and tables.

In an installed package they travel inside it (`totemlang/_data`); in a work tree they stand at
the top of the repository, where people look for them.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]

FOLDERS = frozenset({"grammar", "stdlib", "rules"})


def resource_text(folder: str, name: str) -> str:
    """The text of a data file.

    Raises:
        ValueError: there is no such folder or file among the package's data.
    """
    if name not in resource_names(folder):
        raise ValueError(f"the package has no file {name!r} in {folder}")
    return _folder(folder).joinpath(name).read_text(encoding="utf-8")


def resource_names(folder: str) -> tuple[str, ...]:
    """The names of the data files in a folder, sorted.

    Raises:
        ValueError: there is no such folder among the package's data.
    """
    found = (entry.name for entry in _folder(folder).iterdir() if entry.is_file())
    return tuple(sorted(name for name in found if not name.startswith(".")))


def _folder(folder: str) -> Path:
    if folder not in FOLDERS:
        raise ValueError(f"the package has no data folder {folder!r}")
    installed = _PACKAGE / "_data" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder
