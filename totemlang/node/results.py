"""The result of a job for its consumer: the parts merged, then the stages below the merge run."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
from attrs import define, field, frozen

from totemlang.bytecode.halves import below_merge, is_map_first
from totemlang.bytecode.module import Module
from totemlang.check.library import default_library
from totemlang.data.file import DataFile, open_data
from totemlang.diagnostics import OperationFailed, OutOfTotem, TotemError, UsageError
from totemlang.engine.account import Account, NullAccount
from totemlang.engine.local import run_job
from totemlang.engine.outcome import DONE, Outcome, StageUsage, Usage
from totemlang.ledger.canonical import LARGEST
from totemlang.node.judging import JudgedPart
from totemlang.node.merging import (
    MERGE,
    MergedRows,
    check_columns,
    merge_rows,
    stack_rows,
    stacked_columns,
)
from totemlang.node.receipts import SignedReceipt, Signer
from totemlang.schema.types import Field
from totemlang.verify.verifier import verify


@frozen(eq=False)
class PartResult:
    """What a provider has released for his part, verified."""

    organisation: str
    table: pa.Table
    columns: tuple[Field, ...]
    receipt: SignedReceipt
    signer: Signer


def whole_result(
    judged: JudgedPart,
    parts: Sequence[PartResult],
    *,
    lookups: Mapping[str, DataFile] | None = None,
    budget: int | None = None,
    account: Account | None = None,
    run: Callable[..., Outcome] = run_job,
) -> Outcome:
    """One result of the parts'. What merging and the stages below it use is its `usage`.

    With one provider it is his table, and costs nothing more. Results that do not merge are
    stacked under a first column `provider`.

    Args:
        judged: the program, as any of its parts was judged.
        parts: what the providers released.
        lookups: what was sent along and stands below the merge, by name.
        budget: totem that this may use (None: as much as it takes).
        account: what it is paid from (None: nobody's); it then needs a budget.
        run: what runs the stages below.

    Raises:
        BadData: where a part has other columns than the program emits.
        UsageError: where a lookup is missing, or a budget.
        Refused: where the account has less than the budget.
    """
    module = judged.module
    emitted = judged.runs.module.stages[-1].emitted
    for part in parts:
        check_columns(part.table, part.columns, emitted.columns)
    if len(parts) == 1:
        return Outcome(DONE, budget or 0, Usage(), parts[0].table, emitted.columns)
    if module.merge is None:
        rows = stack_rows([(part.organisation, part.table) for part in parts], emitted.columns)
        return Outcome(DONE, budget or 0, Usage(), rows, stacked_columns(emitted.columns))
    if account is not None and budget is None:
        raise UsageError("what merging may cost must be said where an account pays for it")
    return _Merge(judged, module, lookups or {}, run).execute(parts, budget, account)


@define
class _Merge:
    judged: JudgedPart
    module: Module
    lookups: Mapping[str, DataFile]
    run: Callable[..., Outcome]

    def execute(
        self, parts: Sequence[PartResult], budget: int | None, account: Account | None
    ) -> Outcome:
        payer, job = account or NullAccount(), uuid.uuid4().hex
        limit = LARGEST if budget is None else budget
        emitted = self.judged.runs.module.stages[-1].emitted
        assert self.module.merge is not None
        payer.reserve(job, limit)
        try:
            rows = merge_rows(
                [part.table for part in parts],
                emitted,
                self.module.merge.combine,
                self.judged.runs.prices,
            )
            payer.deduct(job, MERGE, rows.totem)
        except OutOfTotem as error:
            return Outcome(error.status, limit, Usage(limit), error=error)
        except OperationFailed as error:
            payer.settle(job)
            return Outcome(error.status, limit, Usage(), error=error)
        except BaseException:
            with suppress(TotemError):
                payer.cancel(job)
            raise
        below = below_merge(self.module)
        if below is None:
            payer.settle(job)
            usage = Usage(rows.totem, (StageUsage(MERGE, rows.totem),))
            return Outcome(DONE, limit, usage, rows.table, emitted.columns)
        return self._run_below(below, rows, limit, payer, job)

    def _run_below(
        self, below: Module, rows: MergedRows, limit: int, payer: Account, job: str
    ) -> Outcome:
        """The stages below. The map that hands merged rows to a reduce is no stage of the program:
        reading them there, once more than the program does, is left out of what is charged.
        """
        prices = self.judged.runs.prices
        verified = verify(below, self.judged.runs.rules, prices, default_library())
        extra = 0 if is_map_first(self.module) else rows.reading
        onward = _Onward(payer, job, extra)
        dataset = below.dataset
        assert dataset is not None
        missing = {lookup.name for lookup in below.lookups} - set(self.lookups)
        if missing:
            payer.cancel(job)
            wanted = ", ".join(sorted(missing))
            raise UsageError(f"below merge the program takes {wanted}: only what was sent along")
        with tempfile.TemporaryDirectory(prefix="totem-") as folder:
            names = [column.name for column in dataset.columns]
            path = Path(folder) / "merged.arrow"
            table = rows.table.rename_columns(names)
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
            outcome = self.run(
                verified,
                {dataset.name: open_data(path), **self.lookups},
                min(limit - rows.totem + extra, LARGEST),
                parameters=self.judged.parameters,
                account=onward,
                job=job,
            )
        return self._told(outcome, rows.totem, extra, limit)

    def _told(self, outcome: Outcome, merging: int, extra: int, limit: int) -> Outcome:
        if not outcome.usage.by_stage:
            used = limit if outcome.status == "out_of_totem" else 0
            return Outcome(outcome.status, limit, Usage(used), error=outcome.error)
        stages = [(stage.name, stage.totem) for stage in outcome.usage.by_stage]
        if extra or not is_map_first(self.module):
            (_, first), *stages = stages
            merging += first - extra
        by_stage = tuple(StageUsage(*stage) for stage in ((MERGE, merging), *stages))
        usage = Usage(sum(stage.totem for stage in by_stage), by_stage)
        return Outcome(
            outcome.status, limit, usage, outcome.table, outcome.columns, error=outcome.error
        )


@define
class _Onward:
    """The engine's account for the stages below: what is left of a reserve that stands already.

    Of the first stage `extra` is not charged.
    """

    account: Account
    job: str
    extra: int
    _first: bool = field(default=True, init=False)

    def reserve(self, job: str, budget: int) -> None:
        """It is reserved."""

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Charge a stage."""
        if self._first:
            self._first = False
            totem = max(0, totem - self.extra)
        return self.account.deduct(self.job, stage, totem)

    def settle(self, job: str) -> int:
        """End it: what was deducted stays spent."""
        return self.account.settle(self.job)

    def cancel(self, job: str) -> int:
        """End it without charge."""
        return self.account.cancel(self.job)
