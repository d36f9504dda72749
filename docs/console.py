"""Console blocks in Markdown, run: what the pages show is what the commands print.

A block fenced as ```console holds commands after `$ ` and what each prints; a line `…` in an output
stands for any lines, `…` within a line for any text. `export NAME=VALUE` holds for the whole page.
A block fenced as ```totem NAME.totem is written to that file before. Programs on a page have no
findings, but for those fenced as ```totem refused and for pieces of programs, ```totem fragment.
All blocks of a page run in order in one folder, which has `examples` in it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100

_EXPORT = re.compile(r"^export (\w+)=(\S*)$", re.MULTILINE)
_FENCE = re.compile(r"^```([a-z]+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """A fenced block: language, what stands behind it, text, and where the text is in the page."""

    language: str
    argument: str
    text: str
    start: int
    end: int


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page in order."""
    for found in _FENCE.finditer(page):
        yield Block(found[1], found[2] or "", found[3], found.start(3), found.end(3))


def refreshed(page: str, folder: Path) -> str:
    """The page with every console block as it comes out now, run in `folder`."""
    (folder / "examples").symlink_to(ROOT / "examples")
    pieces, at, exported = [], 0, dict[str, str]()
    for block in blocks(page):
        if block.language == "totem" and block.argument.endswith(".totem"):
            (folder / block.argument.split()[-1]).write_text(block.text)
        elif block.language == "console":
            pieces += [page[at : block.start], _rerun(block.text, folder, exported)]
            at = block.end
    return "".join([*pieces, page[at:]])


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        last = next(i for i, line in enumerate(lines) if not line.endswith("\\\n"))
        yield "".join(lines[: last + 1]), "".join(lines[last + 1 :])


def _rerun(text: str, folder: Path, exported: dict[str, str]) -> str:
    said = []
    for command, shown in commands(text):
        exported.update(_EXPORT.findall(command))
        printed = _printed(command, folder, exported)
        said.append(f"$ {command}" + (shown if agrees(shown, printed) else printed))
    return "".join(said)


def agrees(shown: str, printed: str) -> bool:
    """Whether an output is what the page shows; a line `…` is any lines, in one any text."""
    parts = re.split(r"^…\n", shown, flags=re.MULTILINE)
    pattern = "(?:.*\n)*".join(_pattern(part) for part in parts)
    return re.fullmatch(pattern, printed) is not None


def _pattern(shown: str) -> str:
    """A pattern for lines in which `…` is any text; spaces behind it keep columns in place."""
    escaped = re.escape(shown)
    return re.sub(r"…((?:\\ )*)", lambda found: ".* +" if found[1] else ".*", escaped)


def _printed(command: str, folder: Path, exported: dict[str, str]) -> str:
    """What a command prints, as on a terminal of `WIDTH` columns without colours."""
    environment = {
        "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"],
        "HOME": str(folder),
        "COLUMNS": str(WIDTH),
        "NO_COLOR": "1",
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    } | exported
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    printed = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    return printed + "\n" if printed else ""
