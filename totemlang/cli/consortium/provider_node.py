"""`totem provider serve` and `step`: the node's duties, for as long as one wants."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import define, field

from totemlang.cli.consortium.folders import (
    acting,
    identity_option,
    ledger_option,
    need_path,
    open_ledger,
)
from totemlang.cli.consortium.holdings import given_holdings, noted_holdings
from totemlang.cli.consortium.shown import short, state
from totemlang.cli.group import Command
from totemlang.cli.options import files, read_bytes
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.progress import watching
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import LedgerUnreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from totemlang.engine.progress import Progress
    from totemlang.ledger.client import Job, Ledger
    from totemlang.node.provider import Deed, ProviderNode

_AGAIN = 5.0
"""Seconds until a ledger that did not answer is asked again."""

NODE = "node"
"""The node's own folder, in that of the member."""

_data_option = click.option(
    "--data",
    multiple=True,
    shell_complete=files,
    metavar="NAME=PATH",
    help="Where a data set is, if not where it was published from. Repeatable.",
)
_folder_option = click.option(
    "--node",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="What the node keeps: results, lookups; else `node` in the member's folder.",
)


@click.command(
    cls=Command,
    examples=(
        ("totem provider serve --as nora", "until it is interrupted"),
        ("totem provider serve --data meters='m_*.parquet' --as nora", "with other files"),
    ),
)
@_data_option
@_folder_option
@click.option(
    "--for", "seconds", type=click.FloatRange(min=0), metavar="SECONDS", help="Not for longer."
)
@identity_option
@ledger_option
@speaks
def serve(
    shell: Shell,
    data: tuple[str, ...],
    folder: Path | None,
    seconds: float | None,
    identity: Path | None,
    path: Path | None,
) -> None:
    """Do a provider's duties as they come: answer, run, report, deliver.

    After a crash it goes on where the ledger says that it stopped. Several may serve together.
    """
    deeds: list[Deed] = []

    def tell(deed: Deed) -> None:
        deeds.append(deed)
        drawing.end()
        _say(shell, deed)

    with (
        _node(shell, data, folder, identity, path) as (node, drawing),
        _until_interrupted() as stop,
    ):
        if seconds is not None:
            timer = threading.Timer(seconds, stop.set)
            timer.daemon = True
            timer.start()
        shell.say(f"{node.ledger.member} serves {', '.join(node.holdings) or 'no data sets'}")
        while not stop.is_set():
            try:
                node.serve(stop, tell)
            except LedgerUnreachable as error:  # it may come back, and others rely on the node
                shell.complain(f"{error}; trying again in {_AGAIN:.0f} seconds")
                stop.wait(_AGAIN)
    if shell.as_json:
        shell.document(_document(deeds))


@click.command(
    cls=Command,
    examples=(("totem provider step --as nora", "accept, run and deliver what is due"),),
)
@_data_option
@_folder_option
@identity_option
@ledger_option
@speaks
def step(
    shell: Shell,
    data: tuple[str, ...],
    folder: Path | None,
    identity: Path | None,
    path: Path | None,
) -> None:
    """Do all that is due to a provider now, then stop."""
    deeds: list[Deed] = []
    with _node(shell, data, folder, identity, path) as (node, drawing):
        while True:
            now = []
            for deed in node.step():
                now.append(deed)
                drawing.end()
                _say(shell, deed)
            deeds += now
            if all(deed.what == "waits" for deed in now):
                break
    if shell.as_json:
        shell.document(_document(deeds))
    elif not deeds:
        shell.show("nothing is due")


@click.command(
    cls=Command,
    examples=(("totem provider receive homes.csv --as nora", "what a consumer's job waits for"),),
)
@click.argument("file", type=click.Path(path_type=Path))
@_folder_option
@identity_option
@ledger_option
@speaks
def receive(
    shell: Shell, file: Path, folder: Path | None, identity: Path | None, path: Path | None
) -> None:
    """Take in a lookup that a consumer sends along with his job, by whatever way it came."""
    keeping = _keeping(folder, acting(need_path(path), identity))
    found = keeping.receive(read_bytes(file), file.suffix.lower())
    if shell.as_json:
        shell.document({"content": found})
    else:
        shell.show(f"{file} is taken in: {found}")


@click.command(
    cls=Command,
    examples=(
        ("totem provider admit entry.json --as nora", "the code is good once"),
        ("totem provider admit entry.json -o delivery.json --as nora", "and what the part gave"),
    ),
)
@click.argument("file", metavar="ENTRY.json", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DELIVERY.json",
    help="Where to write what the part gave.",
)
@_folder_option
@identity_option
@ledger_option
@speaks
def admit(
    shell: Shell,
    file: Path,
    output: Path | None,
    folder: Path | None,
    identity: Path | None,
    path: Path | None,
) -> None:
    """Let a consumer in who shows a one-time code with his key: the code is spent on the ledger.

    With -o he gets what his part came to, where that was too large to be delivered.
    """
    import json

    from totemlang.node.entrance import Entry, admit, let_in

    if output is not None:
        require_writable(output)
    try:
        entry = Entry.from_json(json.loads(read_bytes(file)))
    except (ValueError, RecursionError):
        raise UsageError(f"{file} is no entry with a one-time code: see totem job code") from None
    ledger = open_ledger(path, identity)
    if output is None:
        admit(ledger, entry)
    else:
        keeping = _keeping(folder, acting(need_path(path), identity))
        delivery = let_in(ledger, keeping, entry)
        write_file(output, json.dumps(delivery.to_json()).encode())
        shell.say(f"wrote {output}")
    if shell.as_json:
        shell.document({"job": entry.job, "part": entry.part, "key": entry.key_hash})
    else:
        shell.show(f"the code is good, and spent: part {entry.part} of job {short(entry.job)}")


def _keeping(folder: Path | None, identity: Path) -> Any:
    from totemlang.node.keeping import Keeping

    return Keeping.at(folder or identity / NODE)


@define
class _Drawing:
    """The progress of what a node runs, drawn while it runs and not between."""

    shell: Shell
    _open: ExitStack = field(factory=ExitStack, init=False)
    _listen: Callable[[Progress], None] | None = field(default=None, init=False)

    def draw(self, job: Job, part: int, moment: Progress) -> None:
        """Show how far a part has come."""
        if self._listen is None:
            self._listen = self._open.enter_context(watching(self.shell))
        if self._listen is not None:
            self._listen(moment)

    def end(self) -> None:
        """Take the picture away: the part has ended."""
        self._open.close()
        self._listen = None


@contextmanager
def _node(
    shell: Shell,
    data: tuple[str, ...],
    folder: Path | None,
    identity: Path | None,
    path: Path | None,
) -> Iterator[tuple[ProviderNode, _Drawing]]:
    """The node of whoever acts, drawing the progress of what it runs where somebody watches."""
    from totemlang.ledger.client import AccessKeys
    from totemlang.node.provider import ProviderNode

    place = need_path(path)
    own = acting(place, identity)
    holdings = noted_holdings(own) | given_holdings(data)
    drawing = _Drawing(shell)
    with open_ledger(place, own) as ledger:
        _require_provider(ledger)
        try:
            yield (
                ProviderNode(
                    ledger,
                    _keeping(folder, own),
                    holdings,
                    AccessKeys.kept(ledger, own),
                    progress=drawing.draw if shell.is_watched else None,
                ),
                drawing,
            )
        finally:
            drawing.end()


def _require_provider(ledger: Ledger) -> None:
    """Nothing would ever be due to anybody else. Raises UsageError."""
    roles = ledger.identity.certificate.roles if ledger.identity is not None else frozenset()
    if "provider" not in roles:
        raise UsageError(f"{ledger.member} is no provider, but {', '.join(sorted(roles))}")


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """An event that an interruption sets, so that what is begun is ended first."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    try:
        for each in (signal.SIGINT, signal.SIGTERM):
            before[each] = signal.signal(each, end)
    except ValueError:  # not the main thread: whoever embeds this decides
        pass
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(shell: Shell, deed: Deed) -> None:
    from rich.text import Text

    from totemlang.cli.table import safe

    if shell.as_json:
        return
    told = f", {deed.told}" if deed.told else ""
    line = Text.assemble(f"job {short(deed.job)} part {deed.part}: ", state(deed.what), safe(told))
    shell.show(line)


def _document(deeds: list[Deed]) -> dict[str, Any]:
    return {
        "deeds": [
            {"job": each.job, "part": each.part, "what": each.what, "told": each.told}
            for each in deeds
        ]
    }
