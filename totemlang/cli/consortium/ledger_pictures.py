"""Transactions and blocks as people see them: who, what, about what, what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from totemlang.cli.consortium.shown import facts, listed, short, state, totem, when
from totemlang.cli.table import safe

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from totemlang.ledger.chain import Block, Entry


def entry_table(entries: Iterable[Entry]) -> RenderableType:
    """Transactions in a table: block, time, who, what, about what, what came of it."""
    head = ("block", "time", "member", "function", "about", "outcome")
    return listed(head, (_cells(each) for each in entries), "rlllll", whole=4)


def _cells(entry: Entry) -> tuple[str | Text, ...]:
    return (
        str(entry.block),
        when(entry.time),
        entry.member,
        entry.function,
        _about(entry),
        outcome(entry),
    )


def entry_line(entry: Entry) -> Text:
    """A transaction in a line."""
    from rich.text import Text

    cells = (c if isinstance(c, Text) else Text(safe(c)) for c in _cells(entry))
    return Text("   ").join(cells)


def outcome(entry: Entry) -> Text:
    """What came of a call: the refusal's code, or what its event says."""
    from rich.text import Text

    if entry.refusal is not None:
        return Text(safe(f"{entry.refusal['code']} {entry.refusal['message']}"), style="red")
    told = _event(entry)
    if "state" in told:
        return state(safe(str(told["state"])))
    return Text("done", style="green")


def _event(entry: Entry) -> dict[str, Any]:
    from totemlang.ledger.canonical import NotCanonical, parse_canonical

    if entry.event is None:
        return {}
    try:
        found = parse_canonical(entry.event[1])
    except NotCanonical:
        return {}
    return found if isinstance(found, dict) else {}


_NAMED = ("job", "request", "dataset", "run", "name", "kind")


def _about(entry: Entry) -> str:
    """The thing that a call is about, and the amount where there is one."""
    known = _event(entry) | entry.arguments
    words = [
        short(str(known[name])) if name in ("job", "request") else str(known[name])
        for name in _NAMED
        if isinstance(known.get(name), str)
    ][:1]
    if "member" in entry.arguments:
        words.append(str(entry.arguments["member"]))
    if isinstance(known.get("part"), int):
        words.append(f"part {known['part']}")
    if isinstance(known.get("stage"), int):
        words.append(f"stage {known['stage']}")
    number = known.get("totem", _budgets(known.get("parts")))
    if isinstance(number, int):
        words.append(f"{totem(number)} totem")
    return ", ".join(words)


def _budgets(parts: object) -> int | None:
    """What a submission reserves in all."""
    if not isinstance(parts, list):
        return None
    return sum(int(part["budget"]) for part in parts if isinstance(part, dict))


def block_facts(block: Block) -> RenderableType:
    """A block's header."""
    header = block.header
    return facts(
        (
            ("block", str(header.number)),
            ("hash", block.hash),
            ("follows", header.previous),
            ("root", header.root),
            ("time", when(header.time)),
            ("sealed by", block.sealer),
            ("transactions", f"{header.count}, from number {header.first}"),
        )
    )
