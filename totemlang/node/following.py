"""Following a ledger: the jobs that are open, and whatever becomes one later."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from totemlang.ledger.canonical import NotCanonical, parse
from totemlang.ledger.chain import entries
from totemlang.ledger.client import Job, Ledger, every
from totemlang.ledger.contract import Refusal

_ENDED = ("refused", "withdrawn", "expired")


@define
class Following:
    """The jobs of a member (`consumer`) or his organisation (`provider`) that are not over.

    All jobs are listed once; from then on the ledger's events tell which ones changed.
    """

    ledger: Ledger
    side: str
    _behind: int | None = field(default=None, init=False)
    _open: dict[str, None] = field(factory=dict, init=False)

    def open_jobs(self) -> Iterator[Job]:
        """Every job that is open now, or was when it was last looked at; oldest first."""
        if self._behind is None:
            head = self.ledger.chain.head()
            listed = every(lambda after: self.ledger.job_list(self.side, after))
            known = sorted(listed, key=lambda job: job.submitted)
            self._open = {job.job: None for job in known if job.state not in _ENDED}
            self._behind = head.first + head.count - 1
        else:
            for name in self._news():
                self._open.setdefault(name)
        for name in list(self._open):
            try:
                job = self.ledger.job_show(name)
            except Refusal:  # somebody else's
                del self._open[name]
                continue
            if job.is_final:  # seen once more, for what is due at the end
                del self._open[name]
            yield job

    def _news(self) -> Iterator[str]:
        """The jobs that events since the last look are about."""
        while True:
            found = entries(self.ledger.chain, after=self._behind or 0)
            for entry in found:
                self._behind = entry.number
                if entry.event is not None and entry.event[0].startswith("job_"):
                    try:
                        yield str(parse(entry.event[1])["job"])
                    except (NotCanonical, KeyError, TypeError):
                        continue
            if not found:
                return
