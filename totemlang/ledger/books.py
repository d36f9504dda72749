"""The rules of bookkeeping, once: how an event moves totem, and when it may not.

Writing the ledger and auditing it use the same transition. At every moment, for every account,
granted = available + reserved + spent, and for every job budget = used + rest + returned.
"""

from __future__ import annotations

from attrs import evolve, frozen

from totemlang.ledger.records import LARGEST, Event


class BrokenRule(Exception):
    """An event that the books do not allow; the text says which rule, and the amounts."""


@frozen
class Balance:
    """An account. `granted` in all so far; of it `reserved` for open jobs and `spent`."""

    account: str
    granted: int = 0
    reserved: int = 0
    spent: int = 0

    @property
    def available(self) -> int:
        """What a new job may reserve."""
        return self.granted - self.reserved - self.spent


@frozen
class Job:
    """A job's reserve. `status` is `open` or the event that ended it."""

    job: str
    account: str
    budget: int
    used: int = 0
    returned: int = 0
    status: str = "open"

    @property
    def rest(self) -> int:
        """What is still set aside."""
        return self.budget - self.used - self.returned

    @property
    def is_open(self) -> bool:
        """Whether it may still be charged."""
        return self.status == "open"


def apply(
    event: Event, totem: int, balance: Balance | None, job: Job | None, names: tuple[str, str]
) -> tuple[Balance, Job | None]:
    """The account and job after an event.

    Args:
        event: what happens.
        totem: how much, 0 to `LARGEST`.
        balance: the account before, None where there is none.
        job: the job before, None where there is none or the event has none.
        names: of account and job (empty where the event has none).

    Raises:
        BrokenRule: where the books do not allow it; nothing has changed.
    """
    if type(totem) is not int or not 0 <= totem <= LARGEST:
        raise BrokenRule(f"an amount of totem is a whole number from 0 to {LARGEST}")
    account, job_id = names
    if event is Event.CREATE:
        if balance is not None:
            raise BrokenRule(f"account {account} exists already")
        if totem:
            raise BrokenRule("a new account is empty")
        return Balance(account), None
    if balance is None:
        raise BrokenRule(f"there is no account {account}")
    if event is Event.GRANT:
        return _grant(totem, balance), None
    if event is Event.RESERVE:
        return _reserve(totem, balance, job, job_id)
    if job is None or job.account != account:
        raise BrokenRule(f"account {account} has no job {job_id}")
    if event is Event.REFUND:
        return _refund(totem, balance, job)
    if not job.is_open:
        raise BrokenRule(f"job {job_id} has ended already ({job.status})")
    if event is Event.DEDUCT:
        return _deduct(totem, balance, job)
    return _end(event, totem, balance, job)


def _grant(totem: int, balance: Balance) -> Balance:
    if totem > LARGEST - balance.granted:
        raise BrokenRule(
            f"account {balance.account} was granted {balance.granted} totem; "
            f"{totem} more would pass {LARGEST}"
        )
    return evolve(balance, granted=balance.granted + totem)


def _reserve(totem: int, balance: Balance, job: Job | None, job_id: str) -> tuple[Balance, Job]:
    if job is not None:
        raise BrokenRule(f"job {job_id} has a reserve already")
    if totem > balance.available:
        raise BrokenRule(
            f"account {balance.account} has {balance.available} totem available, "
            f"the budget is {totem}"
        )
    opened = Job(job_id, balance.account, totem)
    return evolve(balance, reserved=balance.reserved + totem), opened


def _deduct(totem: int, balance: Balance, job: Job) -> tuple[Balance, Job]:
    if totem > job.rest:
        raise BrokenRule(f"job {job.job} has {job.rest} totem left, the charge is {totem}")
    moved = evolve(balance, reserved=balance.reserved - totem, spent=balance.spent + totem)
    return moved, evolve(job, used=job.used + totem)


def _end(event: Event, totem: int, balance: Balance, job: Job) -> tuple[Balance, Job]:
    if totem != job.used:
        raise BrokenRule(f"job {job.job} was charged {job.used} totem, not {totem}")
    if event is Event.OUT_OF_TOTEM and job.rest:
        raise BrokenRule(f"job {job.job} is not out of totem: {job.rest} are left")
    ended = evolve(job, status=event.value)
    if event is Event.CANCEL:
        moved = evolve(balance, reserved=balance.reserved + totem, spent=balance.spent - totem)
        return moved, evolve(ended, used=0)
    return balance, ended


def _refund(totem: int, balance: Balance, job: Job) -> tuple[Balance, Job]:
    if job.is_open:
        raise BrokenRule(f"job {job.job} has not ended")
    if totem != job.rest or not totem:
        raise BrokenRule(f"job {job.job} has {job.rest} totem to return, not {totem}")
    moved = evolve(balance, reserved=balance.reserved - totem)
    return moved, evolve(job, returned=job.returned + totem)
