"""Records of the state: one JSON object a key, times as texts, lists that are read by the page.

Keys are words and names with `/` between them, so everything of a kind stands together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from totemlang.ledger.canonical import canonical, parse_own
from totemlang.ledger.contract.arguments import Optional, Text, Whole
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import Caller, Stub

Record = dict[str, Any]

CONSORTIUM = "consortium"
PAGE = 100
"""Entries of a page."""

PAGE_AFTER = Optional(Text(200))
PAGE_COUNT = Optional(Whole(1, PAGE))


def load(stub: Stub, key: str) -> Record | None:
    """A record as it stood when the call began."""
    found = stub.get(key)
    return None if found is None else parse_own(found)


def roles_by_organisation(stub: Stub) -> Mapping[str, frozenset[str]] | None:
    """The organisations with the roles that they may hold, None before there is a consortium."""
    found = stub.get(CONSORTIUM)
    return None if found is None else _organisations(found)


@lru_cache(16)
def _organisations(consortium: bytes) -> Mapping[str, frozenset[str]]:
    """Every call asks for them and they hardly ever change."""
    held = parse_own(consortium)["organisations"]
    return MappingProxyType({name: frozenset(roles) for name, roles in held.items()})


def approvals_needed(stub: Stub) -> int:
    """Organisations that must approve what concerns all: two, or the only one that can."""
    known = roles_by_organisation(stub) or {}
    return min(2, sum("operator" in roles for roles in known.values()))


def need(stub: Stub, key: str, what: str) -> Record:
    """A record that must be there; `what` names it in the refusal."""
    found = load(stub, key)
    if found is None:
        raise Refusal(Reason.UNKNOWN, f"there is no {what}")
    return found


def save(stub: Stub, key: str, record: Record) -> None:
    """Set a record."""
    stub.put(key, canonical(record))


def entries(stub: Stub, prefix: str, after: str | None = None) -> Iterator[tuple[str, bytes]]:
    """What stands under `prefix/`, from behind `after`: the last parts of keys, and values."""
    start = f"{prefix}/" if after is None else f"{prefix}/{after}\0"
    for key, value in stub.range(start, f"{prefix}0"):  # 0 is what follows /
        yield key[len(prefix) + 1 :], value


def page(stub: Stub, prefix: str, after: str | None, count: int | None) -> list[tuple[str, bytes]]:
    """At most `count` entries under a prefix, from behind `after`."""
    if after is not None and "\0" in after:
        raise Refusal(Reason.ARGUMENT, "after: a name as the last page gave it")
    found = []
    for entry in entries(stub, prefix, after):
        found.append(entry)
        if len(found) == (count or PAGE):
            break
    return found


def index(stub: Stub, key: str) -> None:
    """Note that something exists, in an index that is read by the page."""
    stub.put(key, b"1")


def new_identifier(stub: Stub) -> str:
    """A name for what this call makes: 96 bits of the transaction's id."""
    return stub.transaction_id()[:24]


def now(stub: Stub) -> datetime:
    """The transaction's time, to the millisecond."""
    found = stub.time().astimezone(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def written(moment: datetime) -> str:
    """A time as records hold it; such texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def later(moment: datetime, wait: timedelta) -> str:
    """A time some while later, as records hold it."""
    try:
        return written(moment + wait)
    except OverflowError:
        raise Refusal(Reason.CLOCK, "the calendar ends") from None


def check_clock(record: Record, moment: datetime) -> None:
    """Refuse a call from before the record's last change."""
    if written(moment) < record["changed"]:
        raise Refusal(Reason.CLOCK)


def check_organisation(caller: Caller, organisation: str, what: str) -> None:
    """Refuse a caller of another organisation."""
    if caller.organisation != organisation:
        raise Refusal(Reason.NOT_YOURS, f"{what} belongs to {organisation}")


def tell(stub: Stub, name: str, /, **payload: object) -> None:
    """The call's one event."""
    stub.event(name, canonical(payload))
