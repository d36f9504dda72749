"""Paying for a run, stage by stage, under the two ways to bill.

Metered billing deducts what each stage used. Flat billing deducts the bounds quoted for the stages,
whatever they used, so that nothing an account shows depends on the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import define, field

from totemlang.diagnostics import Diagnostic, ErrorClass, OutOfTotem, Refused, UsageError
from totemlang.engine.account import Account
from totemlang.engine.outcome import StageUsage

if TYPE_CHECKING:
    from totemlang.cost.quote import Quote


@define
class Bill:
    """A job's bill. `bounds` of the stages in order mean flat billing, None metered.

    `charged` is what was deducted for the stages that are done.
    """

    account: Account
    job: str
    budget: int
    bounds: Sequence[int] | None = None
    charged: list[StageUsage] = field(factory=list, init=False)

    @property
    def is_flat(self) -> bool:
        """Whether the bill was known before the run."""
        return self.bounds is not None

    @property
    def total(self) -> int:
        """What was deducted so far."""
        return sum(stage.totem for stage in self.charged)

    def open(self) -> None:
        """Reserve the budget.

        Raises:
            Refused: where the account does not have it.
        """
        self.account.reserve(self.job, self.budget)

    def stage_done(self, stage: str, used: int) -> None:
        """Deduct for a finished stage, which used so much; when this returns the next may run.

        The last of the bounds brings the flat bill to the whole budget.

        Raises:
            OutOfTotem: where the account does not have it any more; the job has ended then.
        """
        totem = used
        if self.bounds is not None:
            number, rest = len(self.charged), self.budget - self.total
            last = number >= len(self.bounds) - 1
            totem = rest if last else min(self.bounds[number], rest)
        self.account.deduct(self.job, stage, totem)
        self.charged.append(StageUsage(stage, totem))

    def run_out(self, stage: str) -> None:
        """End the job, whose budget does not suffice for a stage: the whole reserve is taken."""
        with suppress(OutOfTotem):
            self.account.deduct(self.job, stage, self.budget - self.total + 1)

    def settle(self) -> None:
        """End a job that was done or failed."""
        self.account.settle(self.job)

    def cancel(self) -> None:
        """End a job that costs nothing."""
        self.account.cancel(self.job)


def flat_bounds(quote: Quote | None, budget: int) -> tuple[int, tuple[int, ...]]:
    """The flat bill of a job, and the bound of each stage.

    Raises:
        UsageError: where the declared ceilings leave the bound open.
        Refused: where the bill is over the budget.
    """
    if quote is None or quote.upper is None:
        raise UsageError("a flat bill needs an upper bound: the provider's ceilings leave it open")
    if budget < quote.upper:
        raise unaffordable(budget, quote.upper)
    return quote.upper, tuple(stage.upper or 0 for stage in quote.by_stage)


def unaffordable(budget: int, needed: int) -> Refused:
    """The refusal of a budget with which the job cannot finish; nothing was charged."""
    return Refused(
        (
            Diagnostic(
                "CST050",
                ErrorClass.COST,
                f"the budget is {budget:,}, the program needs at least {needed:,} totem",
                hint="nothing was charged; see `totemc estimate` for what it can cost",
            ),
        )
    )
