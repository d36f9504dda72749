"""One run of a job or script, from its reserve to its outcome.

Each stage is charged and accepted by the account before the next begins, so what ends a job early
does not depend on how its rows were cut. At a stage's end the job is, in this order: out of totem,
failed (metered billing only), or goes on; a result that is too large is forbidden at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from totemlang.engine.billing import Bill
from totemlang.engine.chain import Chain, StageRun
from totemlang.engine.crew import Crew, home_for
from totemlang.engine.manager import TotemManager
from totemlang.engine.outcome import DONE, Outcome, Usage
from totemlang.engine.progress import Reporter
from totemlang.engine.receipt import Receipt, make_receipt
from totemlang.engine.result_hash import HashInMaking, variables_hash
from totemlang.engine.result_table import result_table
from totemlang.engine.script import ScriptRun
from totemlang.engine.spool import Scratch
from totemlang.engine.tiers import chosen_tier
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


@frozen(eq=False)
class _Result:
    """What a run came to: a job's table or a script's variables."""

    hash: str
    table: pa.Table | None = None
    variables: Mapping[str, tuple[Type, Value]] = field(factory=dict)


@frozen
class How:
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
    how: How
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
            bound = bind(
                module.dataset,
                self._file(name),
                published,
                keep_bytes=self.how.share,
                threads=self.how.workers,
            )
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
            self.how.batch_rows or tier.stream_rows,
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
            rows = stages.run(work.data)
            columns = self.verified.module.stages[-1].emitted.columns
            hash_ = HashInMaking(rows, columns)
            table = result_table(rows, columns)
        return _Result(hash_.result(), table)

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
            # Which thread ended first shows nowhere, in no order either.
            groups, lines = self.totals.by_group, self.totals.by_line
            told = dict(sorted(groups.items())), dict(sorted(lines.items()))
            usage = Usage(self.bill.total, charged, *told)
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
