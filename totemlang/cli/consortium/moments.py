"""Times as people type them: a date, a time, or how many days or hours from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger

_TYPING = timedelta(minutes=1)
"""How long ago `now` may be when it is read."""

_SPAN = re.compile(r"(\d{1,5})([dh])", re.ASCII)


def moment(text: str) -> datetime:
    """`2027-01-31`, `2027-01-31T12:00`, `90d` or `12h` from now; UTC where no zone is given.

    Raises:
        click.BadParameter: for any other text.
    """
    span = _SPAN.fullmatch(text)
    try:
        if span is not None:
            hours = int(span[1]) * (24 if span[2] == "d" else 1)
            return datetime.now(UTC) + timedelta(hours=hours)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is no time: write 2027-01-31, 2027-01-31T12:00, 90d or 12h"
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def coming(text: str) -> datetime:
    """A moment that is not past. Raises click.BadParameter for any other text."""
    found = moment(text)
    if found < datetime.now(UTC) - _TYPING:
        raise click.BadParameter(f"{text!r} is past")
    return found


def soon(ledger: Ledger) -> datetime:
    """As early as the ledger can take it: blocks may be a little ahead of this clock."""
    head = ledger.chain.head().time
    return max(head, datetime.now(UTC)) + timedelta(seconds=1)
