"""Times as the ledger writes them: UTC to the millisecond, one text a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far a transaction's time may be from its block's, and a block's from the machine's."""

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def whole(moment: datetime) -> datetime:
    """A moment in UTC, cut to milliseconds."""
    found = moment.astimezone(UTC)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def write(moment: datetime) -> str:
    """`2026-03-01T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def read(text: object) -> datetime:
    """Read it back. Raises ValueError for any other form."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        raise ValueError("no time in the ledger's form")
    return datetime.fromisoformat(text)
