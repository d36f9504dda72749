"""Running a program on this machine: what is asked for, checked, and given to a run."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from totemlang.bytecode.module import Value
from totemlang.data.file import DataFile
from totemlang.diagnostics import (
    Forbidden,
    UsageError,
)
from totemlang.engine.account import Account, NullAccount
from totemlang.engine.billing import Bill, flat_bounds, unaffordable
from totemlang.engine.crew import Crew, workers_for
from totemlang.engine.local_run import How, LocalRun
from totemlang.engine.outcome import Outcome
from totemlang.engine.progress import Progress, Reporter
from totemlang.engine.spool import Scratch
from totemlang.engine.tiers import AUTO
from totemlang.schema.metadata import Metadata
from totemlang.schema.policy import Policy
from totemlang.verify.verified import VerifiedModule

if TYPE_CHECKING:
    from totemlang.cost.quote import Quote

DEFAULT_MEMORY_LIMIT = 1 << 30
"""Bytes of rows that a run holds before it writes them to scratch files: 1 GiB."""

_SHARES = 4
"""Holders of rows at one time: data kept, rows grouped, their sorted copy, values of a call."""


def run_job(
    verified: VerifiedModule,
    data: Mapping[str, DataFile],
    budget: int,
    *,
    parameters: Mapping[str, Value] | None = None,
    metadata: Mapping[str, Metadata] | None = None,
    quote: Quote | None = None,
    policy: Policy | None = None,
    account: Account | None = None,
    job: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    memory_limit: int = DEFAULT_MEMORY_LIMIT,
    scratch: Scratch | None = None,
    batch_rows: int | None = None,
    workers: int = 1,
    partitions: int | None = None,
    tier: str = AUTO,
    crew: Crew = workers_for,
) -> Outcome:
    """Run a verified program, job or script.

    Args:
        verified: the program.
        data: its data set and lookups by name.
        budget: totem that it may use; with flat billing, that its bill may come to.
        parameters: values of its parameters by name, typed and checked.
        metadata: what was published of data sets and lookups, by name; the data is held
            against it before anything is charged.
        quote: where given, a budget under its lower bound is refused; flat billing needs it.
        policy: of the data set (None: metered, everything published, no caps).
        account: what the job is paid from (None: nobody's).
        job: its name in the account (None: a new random one).
        progress: is told of progress, about ten times a second.
        memory_limit: bytes of rows to hold before they go to scratch files. One group, the
            result, a batch and 1 MiB for each holder of rows are held whatever the limit.
        scratch: where scratch files are made (None: the system's place).
        batch_rows: rows that a map takes at once (None: as it suits the tier).
        workers: how many run stages at the same time.
        partitions: in how many tasks each stage is cut (None: as it suits the data).
        tier: `interpreter`, `native`, or `auto`: by the size of the data.
        crew: makes the workers of the job.

    How rows are cut, who runs them and in what memory changes nothing but speed.

    Returns:
        The outcome; its status says what happened to the run.

    Raises:
        Refused: where the account does not have the budget, or it is under the lower bound.
        UsageError: for data that is not there, or flat billing without a bound.
        Forbidden: where a group may become larger than the policy allows.
        LedgerUnreachable: where the account does not answer.
    """
    if workers < 1 or (partitions is not None and partitions < 1):
        raise UsageError("a job has at least one worker and one partition")
    rules = policy or Policy()
    _check_groups(rules, quote)
    bounds = None
    if rules.is_flat:
        budget, bounds = flat_bounds(quote, budget)
    elif quote is not None and budget < quote.lower:
        raise unaffordable(budget, quote.lower)
    run = LocalRun(
        verified,
        data,
        parameters or {},
        metadata or {},
        quote,
        rules,
        Bill(account or NullAccount(), job or uuid.uuid4().hex, budget, bounds),
        Reporter(progress, budget, max(1, len(verified.module.stages))),
        How(
            memory_limit // _SHARES,
            scratch or Scratch(),
            batch_rows,
            workers,
            partitions,
            tier,
            crew,
        ),
    )
    return run.execute()


def _check_groups(policy: Policy, quote: Quote | None) -> None:
    most = policy.largest_group_bytes
    if most is None or quote is None:
        return
    if quote.largest_group_bytes is None or quote.largest_group_bytes > most:
        raise Forbidden(f"a group of this job may hold more than {most:,} bytes")
