"""Requests and jobs as people name them: whole, by a beginning that says which, or `latest`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import AccessRequest, Job, Ledger

LATEST = "latest"
SIDES = ("consumer", "provider")

_WHOLE = re.compile(r"[0-9a-f]{24}", re.ASCII)
_T = TypeVar("_T")


def request_named(ledger: Ledger, text: str) -> str:
    """A request's whole name. Raises UsageError where none or several are meant."""
    return _named(text, "request", lambda: requests_of(ledger), lambda each: each.request)


def job_named(ledger: Ledger, text: str) -> str:
    """A job's whole name: of one's own jobs, else of those that wait for an auditor.

    Raises:
        UsageError: where none or several are meant.
    """

    def known() -> Sequence[Job]:
        own = jobs_of(ledger)
        is_own = any(text == LATEST or each.job.startswith(text) for each in own)
        return own if is_own else list(disputed_jobs(ledger))

    return _named(text, "job", known, lambda each: each.job)


def requests_of(ledger: Ledger, side: str | None = None) -> list[AccessRequest]:
    """The member's requests and those to his organisation, or one side of them, oldest first."""
    from totemlang.ledger.client import every

    found = {}
    for one in SIDES if side is None else (side,):
        for each in every(partial(ledger.request_list, one)):
            found[each.request] = each
    return sorted(found.values(), key=lambda each: (each.asked, each.request))


def jobs_of(ledger: Ledger, side: str | None = None) -> list[Job]:
    """The member's jobs and those of his organisation's data, or one side, oldest first."""
    from totemlang.ledger.client import every

    found = {}
    for one in SIDES if side is None else (side,):
        for each in every(partial(ledger.job_list, one)):
            found[each.job] = each
    return sorted(found.values(), key=lambda each: (each.submitted, each.job))


def disputed_jobs(ledger: Ledger) -> Iterator[Job]:
    """The jobs that wait for an auditor, as far as the member may see them, oldest first."""
    from totemlang.ledger.chain import entries
    from totemlang.ledger.contract import Refusal

    after = -1
    told: set[str] = set()
    while page := entries(ledger.chain, after=after):
        after = page[-1].number
        for entry in page:
            if entry.function != "job_dispute" or entry.refusal is not None:
                continue
            name = str(entry.arguments["job"])
            if name in told:
                continue
            told.add(name)
            try:  # every dispute stands on the ledger
                job = ledger.job_show(name)
            except Refusal:  # of others, and the member is no auditor
                continue
            if job.state == "disputed":
                yield job


def _named(
    text: str, what: str, known: Callable[[], Sequence[_T]], name: Callable[[_T], str]
) -> str:
    if _WHOLE.fullmatch(text):
        return text
    names = [name(each) for each in known()]
    if text == LATEST and names:
        return names[-1]
    found = [each for each in names if len(text) >= 4 and each.startswith(text)]
    if len(found) == 1:
        return found[0]
    none = f"none of yours (totem {what} list); name others' by their whole names"
    why = "several begin so" if found else none
    raise UsageError(f"which {what} is {text!r}? {why}")
