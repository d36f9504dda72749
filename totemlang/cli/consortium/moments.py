"""Times as people type them: a date, a time, or how many days from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger

_DAYS = re.compile(r"(\d{1,5})d", re.ASCII)


def moment(text: str) -> datetime:
    """`2027-01-31`, `2027-01-31T12:00`, or `90d` from now; UTC where no zone is given.

    Raises:
        click.BadParameter: for any other text.
    """
    days = _DAYS.fullmatch(text)
    try:
        if days is not None:
            return datetime.now(UTC) + timedelta(days=int(days[1]))
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is no time: write 2027-01-31, 2027-01-31T12:00 or 90d"
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def soon(ledger: Ledger) -> datetime:
    """As early as the ledger can take it: blocks may be a little ahead of this clock."""
    head = ledger.chain.head().time
    return max(head, datetime.now(UTC)) + timedelta(seconds=1)
