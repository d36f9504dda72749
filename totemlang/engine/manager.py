"""The totem manager: owns a job's budget and leases it to the attempts that do the work.

Nothing here waits or talks: callers tell what has happened, and carry the decisions that follow to
whom they concern. A request is refused only when every live attempt waits, duplicates are stopped,
and all that dead attempts held or used is back; so whether a job runs out depends on program, data
and budget alone. At every moment used + leased + free = budget.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen


@frozen(order=True)
class Attempt:
    """One try at a partition of a stage of a job; `number` counts tries from 0."""

    job: str
    stage: int
    partition: int
    number: int

    @property
    def work(self) -> tuple[str, int, int]:
        """What is being tried."""
        return self.job, self.stage, self.partition


@frozen
class Granted:
    """The attempt waits no longer: it holds so much totem more."""

    attempt: Attempt
    totem: int


@frozen
class Stopped:
    """The attempt is a duplicate and must end; it counts as live until it is told to be dead."""

    attempt: Attempt


@frozen
class Exhausted:
    """The budget does not suffice: the whole job ends."""


Decision = Granted | Stopped | Exhausted


@define
class _Lease:
    """What an attempt holds and has used, as far as the manager was told; what it waits for."""

    leased: int = 0
    used: int = 0
    wants: tuple[int, int] | None = None
    is_stopped: bool = False


@define
class TotemManager:
    """A budget, and who holds what of it. Amounts are whole numbers, at least 0.

    `workers` is how many attempts are expected to run at a time; it decides sizes of leases only.
    """

    budget: int
    workers: int = 1
    free: int = field(init=False)
    accepted: int = field(default=0, init=False)
    """Used by attempts that were accepted."""
    is_exhausted: bool = field(default=False, init=False)
    _live: dict[Attempt, _Lease] = field(factory=dict, init=False)
    _done: set[tuple[str, int, int]] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        """All is free."""
        if self.budget < 0:
            raise ValueError("a budget is never negative")
        self.free = self.budget

    @property
    def used(self) -> int:
        """Used, by all that was told of: accepted attempts and live ones."""
        return self.accepted + sum(lease.used for lease in self._live.values())

    @property
    def leased(self) -> int:
        """Held by live attempts and not used yet, as far as was told."""
        return sum(lease.leased for lease in self._live.values())

    @property
    def live(self) -> frozenset[Attempt]:
        """Attempts that have begun and are neither accepted nor dead."""
        return frozenset(self._live)

    # --- what attempts tell: `used` is what they used since they last told, of what they hold.
    # It is below 0 where they had drawn more than they came to need.

    def begin(self, attempt: Attempt) -> None:
        """An attempt begins, and holds nothing."""
        if attempt in self._live or attempt.work in self._done:
            raise ValueError("an attempt begins once, at work that is not done")
        self._live[attempt] = _Lease()
        self._check()

    def more(self, attempt: Attempt, used: int, most: int) -> int:
        """The attempt has used so much of what it holds and would like up to `most` more.

        Gives what it gets, perhaps nothing; it never waits for that.
        """
        lease = self._tell(attempt, used)
        given = 0
        if not (self.is_exhausted or lease.is_stopped or self._waiting()):
            given = min(most, self._share())
        self.free -= given
        lease.leased += given
        self._check()
        return given

    def need(self, attempt: Attempt, used: int, least: int, most: int) -> list[Decision]:
        """The attempt has used so much, returns all else, and waits for `least` to `most`."""
        lease = self._tell(attempt, used)
        self._return(lease)
        lease.wants = (least, max(least, most))
        return self._decide()

    def accept(self, attempt: Attempt, used: int) -> tuple[bool, list[Decision]]:
        """The attempt is done and has used so much more. False: it was done before by another.

        Other attempts at the same work are stopped.
        """
        lease = self._tell(attempt, used)
        if attempt.work in self._done:
            return False, self.dead(attempt)
        self._return(lease)
        self._done.add(attempt.work)
        self.accepted += lease.used
        del self._live[attempt]
        others = [other for other in self._live if other.work == attempt.work]
        return True, self._stopped(others) + self._decide()

    def dead(self, attempt: Attempt) -> list[Decision]:
        """The attempt is no more: what it held and what it used is free again."""
        lease = self._live.pop(attempt)
        self.free += lease.leased + lease.used
        return self._decide()

    # --- within

    def _tell(self, attempt: Attempt, used: int) -> _Lease:
        lease = self._live[attempt]
        if lease.wants is not None:
            raise ValueError("who waits does nothing else")
        if not -lease.used <= used <= lease.leased:
            raise ValueError("an attempt uses what it holds, and no more")
        lease.leased -= used
        lease.used += used
        return lease

    def _return(self, lease: _Lease) -> None:
        self.free += lease.leased
        lease.leased = 0

    def _waiting(self) -> bool:
        return any(lease.wants and not lease.is_stopped for lease in self._live.values())

    def _share(self) -> int:
        """What one attempt may get beyond its need: all for the only worker, else a part."""
        most = max(self.workers, len(self._live))
        return self.free if most == 1 else self.free // (2 * most)

    def _decide(self) -> list[Decision]:
        """Grant what can be granted; where all wait in vain, stop duplicates or end the job."""
        found: list[Decision] = []
        if self.is_exhausted:
            self._check()
            return found
        for attempt in sorted(self._live):
            lease = self._live[attempt]
            if lease.wants is None or lease.is_stopped:
                continue
            least, most = lease.wants
            if least <= self.free:
                lease.wants = None
                totem = max(least, min(most, self._share()))
                self.free -= totem
                lease.leased += totem
                found.append(Granted(attempt, totem))
        if self._live and all(lease.wants for lease in self._live.values()):
            found += self._out()
        self._check()
        return found

    def _out(self) -> list[Decision]:
        """All live attempts wait, with nothing in their hands."""
        if any(lease.is_stopped for lease in self._live.values()):
            return []  # what they have used comes back first
        tried: set[tuple[str, int, int]] = set()
        doubles = []
        for attempt in sorted(self._live):
            if attempt.work in tried:
                doubles.append(attempt)
            tried.add(attempt.work)
        if doubles:
            return self._stopped(doubles)
        self.is_exhausted = True
        return [Exhausted()]

    def _stopped(self, attempts: Iterable[Attempt]) -> list[Decision]:
        found: list[Decision] = []
        for attempt in attempts:
            lease = self._live[attempt]
            if not lease.is_stopped:
                lease.is_stopped = True
                found.append(Stopped(attempt))
        return found

    def _check(self) -> None:
        if self.free < 0 or self.used + self.leased + self.free != self.budget:
            raise AssertionError("totem was made or lost")
