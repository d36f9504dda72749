"""Running a program in this process: data in, stage after stage, an outcome out.

Each stage is charged and accepted by the account before the next begins, so what ends a job early
does not depend on how its rows were cut. At a stage's end the job is, in this order: out of totem,
failed (metered billing only), or goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.bytecode.module import Value
from totemlang.data.bind import bind
from totemlang.data.file import DataFile
from totemlang.data.load_lookup import load_lookup
from totemlang.diagnostics import (
    BadData,
    Forbidden,
    OperationFailed,
    OutOfTotem,
    TotemError,
    UsageError,
)
from totemlang.engine.account import Account, NullAccount
from totemlang.engine.billing import Bill, flat_bounds, unaffordable
from totemlang.engine.chain import Chain, StageRun
from totemlang.engine.crew import Crew, home_for, workers_for
from totemlang.engine.manager import TotemManager
from totemlang.engine.outcome import DONE, Outcome, Usage
from totemlang.engine.progress import Progress, Reporter
from totemlang.engine.receipt import Receipt, make_receipt
from totemlang.engine.result_hash import table_hash, variables_hash
from totemlang.engine.script import ScriptRun
from totemlang.engine.spool import Scratch
from totemlang.engine.tiers import AUTO, chosen_tier
from totemlang.engine.work import Work
from totemlang.schema.metadata import Metadata
from totemlang.schema.policy import Policy
from totemlang.schema.types import Type
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.global_values import global_values
from totemlang.vm.totals import Totals

if TYPE_CHECKING:
    from totemlang.cost.quote import Quote

SCRIPT = "script"
"""The name of a script's one stage."""

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
            result and a batch are held whatever the limit.
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
        _How(
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


@frozen(eq=False)
class _Result:
    """What a run came to: a job's table or a script's variables."""

    hash: str
    table: pa.Table | None = None
    variables: Mapping[str, tuple[Type, Value]] = field(factory=dict)


@frozen
class _How:
    """What changes nothing but speed: `share` bytes of rows may be held by each holder."""

    share: int
    scratch: Scratch
    batch_rows: int | None
    workers: int
    partitions: int | None
    tier: str
    crew: Crew


@define
class LocalRun:
    """One run; `execute` is called once."""

    verified: VerifiedModule
    data: Mapping[str, DataFile]
    parameters: Mapping[str, Value]
    metadata: Mapping[str, Metadata]
    quote: Quote | None
    policy: Policy
    bill: Bill
    reporter: Reporter
    how: _How
    at: str = field(default=SCRIPT, init=False)
    number: int = field(default=0, init=False)
    """Name and number of the stage being run."""
    used: int = field(default=0, init=False)
    totals: Totals = field(factory=Totals, init=False)
    """What the stages that are done have used, and what for."""

    def execute(self) -> Outcome:
        """Run, and end the job in the account whatever happens."""
        self.bill.open()
        try:
            result = self._run()
            self.bill.settle()
        except OutOfTotem:
            return self._ran_out()
        except BadData as error:
            self.bill.cancel()
            return Outcome(error.status, self.bill.budget, error=error)
        except (OperationFailed, Forbidden) as error:
            self.bill.settle()
            usage = Usage(self.bill.total, tuple(self.bill.charged))
            return self._ended(error, usage)
        except KeyboardInterrupt:
            with suppress(TotemError):
                self.bill.settle()  # who stops his own job pays for the stages that were finished
            raise
        except BaseException:
            with suppress(TotemError):
                self.bill.cancel()
            raise
        return self._done(result)

    def _work(self) -> Work:
        """Load the lookups and bind the data: all that may turn out bad."""
        module = self.verified.module
        lookups = [
            load_lookup(
                lookup,
                self._file(lookup.name),
                self.verified.prices,
                self.metadata.get(lookup.name),
                memory_limit=self.how.share,
            )
            for lookup in module.lookups
        ]
        bound = None
        if module.dataset is not None:
            name = module.dataset.name
            published = self.metadata.get(name)
            bound = bind(module.dataset, self._file(name), published, keep_bytes=self.how.share)
        rows = 0 if bound is None else bound.rows
        expected = 0 if self.quote is None else self.quote.expected
        tier = chosen_tier(self.how.tier, rows, expected)
        return Work(
            self.bill.job,
            self.verified,
            global_values(self.verified, self.parameters),
            lookups,
            bound,
            tier,
            self.how.share,
            self.how.scratch,
            self.how.batch_rows or tier.map_rows,
            self.how.workers,
        )

    def _file(self, name: str) -> DataFile:
        if name not in self.data:
            raise UsageError(f"the program takes {name}, and there is no data of that name")
        return self.data[name]

    def _run(self) -> _Result:
        work = self._work()
        manager = TotemManager(self.bill.budget, self.how.workers)
        if work.data is None:
            return self._run_script(ScriptRun(work, manager))
        home = home_for(work, manager)
        with closing(self.how.crew(work, manager, self.how.workers, home)) as crew:
            stages = Chain(
                work,
                home,
                crew,
                self.how.partitions,
                self.policy,
                self._begun,
                self._tell,
                self._finished,
            )
            table = stages.run(work.data)
        columns = self.verified.module.stages[-1].emitted.columns
        return _Result(table_hash(table, columns), table)

    def _run_script(self, run: ScriptRun) -> _Result:
        module = self.verified.module
        assert module.script is not None
        self._tell(0, 1, 0, True)
        run.run()
        self.bill.stage_done(SCRIPT, run.used)
        if run.error is not None:
            raise run.error
        self.totals = run.totals
        self._tell(1, 1, run.used, True)
        slots = module.script.slots
        variables = {name: (slots[slot], run.variables[name]) for name, slot in module.variables}
        return _Result(variables_hash(variables), variables=variables)

    def _begun(self, number: int) -> None:
        self.at, self.number = self.verified.module.stages[number].name, number

    def _tell(self, rows: int, of_rows: int, totem: int, now: bool) -> None:
        stage = (self.at, self.number + 1)
        self.reporter.tell(stage, rows, of_rows, self.used + totem, now=now)

    def _finished(self, _: int, run: StageRun) -> None:
        """Charge a finished stage; metered billing stops at records that failed."""
        self.used += run.used
        self.totals = self.totals.plus(run.totals)
        self.bill.stage_done(self.at, run.used)
        if run.failures.count and not self.bill.is_flat:
            raise OperationFailed(run.failures.reason, run.failures.line, self.at)

    # --- ends

    def _ran_out(self) -> Outcome:
        if self.bill.is_flat:  # the bound is proved: only data beyond its ceilings can pass it
            self.bill.cancel()
            broken = BadData("the data breaks the ceilings that its provider declared")
            return Outcome(broken.status, self.bill.budget, error=broken)
        self.bill.run_out(self.at)
        error = OutOfTotem(self.at, self.bill.budget)
        return self._ended(error, Usage(self.bill.budget))

    def _ended(self, error: TotemError, usage: Usage) -> Outcome:
        receipt = self._receipt(error.status, "", usage)
        return Outcome(error.status, self.bill.budget, usage, receipt=receipt, error=error)

    def _done(self, result: _Result) -> Outcome:
        charged = tuple(self.bill.charged)
        usage = Usage(self.bill.total, charged)
        if not self.bill.is_flat:
            usage = Usage(self.bill.total, charged, self.totals.by_group, self.totals.by_line)
        stages = self.verified.module.stages
        return Outcome(
            DONE,
            self.bill.budget,
            usage,
            result.table,
            stages[-1].emitted.columns if stages else (),
            result.variables,
            self._receipt(DONE, result.hash, usage),
        )

    def _receipt(self, status: str, result: str, usage: Usage) -> Receipt:
        quote = self.quote
        return make_receipt(
            self.verified,
            self.parameters,
            self.metadata,
            status=status,
            result=result,
            is_flat=self.bill.is_flat,
            quote=None if quote is None else (quote.lower, quote.expected, quote.upper),
            totem=usage.used,
            by_stage=tuple((stage.name, stage.totem) for stage in usage.by_stage),
        )
