"""`totem ledger show` and `history`: what stands on a ledger, as pictures and as JSON."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from totemlang.cli.consortium.folders import as_reader
from totemlang.cli.consortium.ledger_pictures import block_facts, entry_line, entry_table, outcome
from totemlang.cli.consortium.shown import facts, iso, listed, when
from totemlang.cli.group import Command
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.chain import Entry
    from totemlang.ledger.client import Ledger

_LATEST = 15
_FOLLOWED_EVERY = 0.3
"""Seconds between two looks at a ledger that is followed."""


@click.command(
    cls=Command,
    examples=(
        ("totem ledger show --ledger ledger.db", "the consortium, its tables, the latest calls"),
        ("totem ledger show 17", "block 17"),
        ("totem ledger show 5f2c…", "a transaction by its id, with arguments and outcome"),
    ),
)
@click.argument("what", required=False, metavar="[BLOCK|TRANSACTION]")
@as_reader
@speaks
def show(shell: Shell, what: str | None, ledger: Ledger) -> None:
    """Show a ledger, one of its blocks, or a transaction."""
    if what is None:
        _show_ledger(shell, ledger)
    elif what.isascii() and what.isdigit() and len(what) < 19:
        _show_block(shell, ledger, int(what))
    else:
        _show_transaction(shell, ledger, what)


@click.command(
    cls=Command,
    examples=(
        ("totem ledger history", "everything, oldest first"),
        ("totem ledger history --member ada@lab --function job_submit", "as far as it fits"),
        ("totem ledger history --last 10 --follow", "and what comes, as it comes"),
    ),
)
@click.option("--member", metavar="MEMBER", help="Only calls of a member.")
@click.option("--function", metavar="NAME", help="Only calls of a function, or job_* of several.")
@click.option("--about", metavar="WORD", help="Only calls with this in their arguments or writes.")
@click.option("--refused", is_flag=True, help="Only what the contract refused.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N of them.")
@click.option("--follow", is_flag=True, help="Go on with what comes, until interrupted.")
@as_reader
@speaks
def history(
    shell: Shell,
    member: str | None,
    function: str | None,
    about: str | None,
    refused: bool,
    last: int | None,
    follow: bool,
    ledger: Ledger,
) -> None:
    """List what members called, and what came of it, oldest first."""
    from collections import deque
    from fnmatch import fnmatchcase

    def wanted(entry: Entry) -> bool:
        return (
            member in (None, entry.member)
            and (function is None or fnmatchcase(entry.function, function))
            and (not refused or entry.refusal is not None)
            and (about is None or _is_about(entry, about))
        )

    if follow and shell.as_json:
        raise UsageError("--json prints one document, --follow has no end: give one of them")
    head = ledger.chain.head()
    is_narrowed = bool(member or function or about or refused)
    seen = [-1 if last is None or is_narrowed else head.first + head.count - last - 1]
    found = deque((each for each in _all(ledger, seen) if wanted(each)), maxlen=last)
    if shell.as_json:
        shell.document({"transactions": [each.to_json() for each in found]})
        return
    shell.show(entry_table(found))
    while follow:
        time.sleep(_FOLLOWED_EVERY)
        for each in _all(ledger, seen):
            if wanted(each):
                shell.show(entry_line(each))


def _all(ledger: Ledger, seen: list[int]) -> Any:
    """Every transaction behind the last that was seen."""
    from totemlang.ledger.chain import entries

    while page := entries(ledger.chain, after=seen[0]):
        yield from page
        seen[0] = page[-1].number


def _is_about(entry: Entry, word: str) -> bool:
    import json

    return word in json.dumps(entry.to_json(), ensure_ascii=False)


def _show_ledger(shell: Shell, ledger: Ledger) -> None:
    chain = ledger.chain
    head = chain.head()
    known = _consortium(ledger)
    number = head.first + head.count
    if shell.as_json:
        shell.document(
            {
                "ledger": ledger.id,
                "consortium": known or {"name": chain.genesis.consortium},
                "authorities": [
                    {"name": a.certificate.name, "fingerprint": a.certificate.fingerprint}
                    for a in chain.genesis.authorities
                ],
                "head": {"number": head.number, "hash": head.hash, "time": iso(head.time)},
                "transactions": number,
                "supply": _granted(ledger),
            }
        )
        return
    authorities = ", ".join(each.certificate.name for each in chain.genesis.authorities)
    granted = _granted(ledger)
    shell.show(
        facts(
            (
                ("consortium", chain.genesis.consortium),
                ("ledger", ledger.id),
                ("authorities", authorities),
                ("blocks", f"{head.number + 1:,} with {number:,} transactions"),
                ("head", f"{head.number} of {when(head.time)}, {head.hash}"),
                ("granted", f"{granted:,} totem"),
                ("rules", known.get("rules", "")),
                ("prices", known.get("prices", "")),
            )
        ),
        "",
    )
    if known:
        rows = [(name, ", ".join(roles)) for name, roles in known["organisations"].items()]
        shell.show(listed(("organisation", "roles"), rows, "ll"), "")
    latest = tuple(_all(ledger, [number - _LATEST - 1]))
    if latest:
        shell.show(entry_table(latest))
    if number > len(latest):
        shell.say(f"the latest {len(latest)} of {number:,}: totem ledger history has them all")


def _consortium(ledger: Ledger) -> dict[str, Any]:
    """The consortium's record, which anybody who has the file may read."""
    return _record(ledger, "consortium")


def _granted(ledger: Ledger) -> int:
    return int(_record(ledger, "supply").get("granted", 0))


def _record(ledger: Ledger, key: str) -> dict[str, Any]:
    from totemlang.ledger.canonical import parse_canonical

    found = ledger.chain.get(key)
    return {} if found is None else parse_canonical(found)


def _show_block(shell: Shell, ledger: Ledger, number: int) -> None:
    from totemlang.ledger.chain import block_at

    block = block_at(ledger.chain, number)
    if block is None:
        last = ledger.chain.head().number
        raise UsageError(f"there is no block {number}: the last is {last}")
    if shell.as_json:
        shell.document(block.to_json())
        return
    shell.show(block_facts(block), "", entry_table(block.entries))


def _show_transaction(shell: Shell, ledger: Ledger, identifier: str) -> None:
    import json

    from totemlang.ledger.chain import find_transaction

    entry = find_transaction(ledger.chain, identifier)
    if entry is None:
        raise UsageError(f"there is no transaction {identifier}: give its whole id, or a block")
    if shell.as_json:
        shell.document(entry.to_json())
        return
    shell.show(
        facts(
            (
                ("transaction", entry.id),
                ("block", str(entry.block)),
                ("time", when(entry.time)),
                ("signed by", entry.member),
                ("function", entry.function),
                ("outcome", outcome(entry)),
            )
        ),
        "",
    )
    rows = [(name, _cut(json.dumps(value))) for name, value in entry.arguments.items()]
    rows += [(key, _cut(_text(value))) for key, value in entry.writes.public.items()]
    shell.show(listed(("arguments, then what was written", "value"), rows, "ll"))


def _text(value: bytes | None) -> str:
    return "deleted" if value is None else value.decode("utf-8", "replace")


def _cut(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
