"""Running a part beside the data, from its start on the ledger to its end there.

What is told of the end depends on the billing. Metered: done with the hashes of result and receipt,
failed, bad data, out of totem. Flat: done, or stopped by the provider; nothing else of the data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from attrs import define, field

from totemlang.data.file import DataFile, open_data
from totemlang.data.locate import Spec
from totemlang.diagnostics import BadData, LedgerUnreachable, TotemError
from totemlang.engine.outcome import DONE, Outcome
from totemlang.engine.progress import Progress
from totemlang.engine.receipt import Receipt
from totemlang.ledger.chain import Rejected
from totemlang.ledger.client import Job, Ledger
from totemlang.ledger.contract import Reason, Refusal
from totemlang.node.delivery import Delivery
from totemlang.node.judging import JudgedPart
from totemlang.node.keeping import Keeping
from totemlang.node.part_account import PartAccount
from totemlang.node.receipts import SignedReceipt, sign_receipt
from totemlang.node.result_form import write_result

GLANCE = 1.0
"""Seconds between two looks whether a job that runs was stopped."""


class Stopped(TotemError):
    """The job was stopped, or its time was over, while it ran."""

    status = "stopped"
    exit_code = 1


@define
class Runner:
    """One part that is run once; `run_part` says how it ended."""

    ledger: Ledger
    keeping: Keeping
    job: Job
    part: int
    run: Callable[..., Outcome]
    progress: Callable[[Progress], None] | None = None
    _looked: float = field(factory=time.monotonic, init=False)

    def run_part(self, judged: JudgedPart, data: Callable[[], Mapping[str, DataFile]]) -> str:
        """Run the part and end it on the ledger; gives the status it ended with.

        Raises:
            LedgerUnreachable, Rejected: where the ledger does not answer; the part goes on later.
            Refusal: where another node is at work on the part, or the job was stopped.
        """
        kept = self.keeping.kept(self.job.job, self.part)
        if kept is not None:  # all was done but the last word to the ledger
            return self._finish(kept)
        if self.job.parts[self.part].status == "accepted":
            self.keeping.note_started(self.job.job, self.part)
            try:
                self.job = self.ledger.job_start(self.job.job, self.part)
            except Refusal:  # another node was faster, or the job has ended
                self.keeping.forget_started(self.job.job, self.part)
                raise
        account = PartAccount(self.ledger, self.job, self.part)
        try:
            outcome = self._run(judged, data, account)
        except (LedgerUnreachable, Rejected):
            raise
        except Stopped as stopped:
            return str(stopped)
        except Refusal as refusal:
            if refusal.reason not in (Reason.STAGE, Reason.STATE):
                return self._give_up(refusal)
            state = self.ledger.job_show(self.job.job).state
            if state == "running":
                raise  # another node is at work on the part
            return f"the job is {state}"
        except TotemError as error:
            return self._give_up(error)
        return self._end(outcome, account)

    def _run(
        self,
        judged: JudgedPart,
        data: Callable[[], Mapping[str, DataFile]],
        account: PartAccount,
    ) -> Outcome:
        return self.run(
            judged.runs,
            data(),
            self.job.parts[self.part].budget,
            parameters=judged.parameters,
            metadata=judged.metadata,
            quote=judged.quote,
            policy=judged.policy,
            account=account,
            job=self.job.job,
            progress=self._tell,
        )

    def _tell(self, progress: Progress) -> None:
        if self.progress is not None:
            self.progress(progress)
        if time.monotonic() - self._looked < GLANCE:
            return
        self._looked = time.monotonic()
        state = self.ledger.job_show(self.job.job).state
        if state not in ("accepted", "running"):
            raise Stopped(f"the job is {state}")

    # --- ends

    def _end(self, outcome: Outcome, account: PartAccount) -> str:
        if account.is_ended:
            return outcome.status
        if outcome.is_done:
            if outcome.table is None or outcome.receipt is None:
                raise BadData("a job gave neither result nor receipt")
            encoded = write_result(outcome.table, outcome.columns)
            delivery = Delivery(self._signed(outcome.receipt), encoded)
            self.keeping.keep(self.job.job, self.part, delivery)
            return self._finish(delivery)
        if self.job.parts[self.part].is_flat:
            return self._stop(outcome.status)
        receipt = None
        if outcome.receipt is not None:
            signed = self._signed(outcome.receipt)
            receipt = signed.hash
            self.keeping.keep(self.job.job, self.part, Delivery(signed, None))
        status = outcome.status if outcome.status in ("bad_data", "out_of_totem") else "failed"
        return self._fail(status, receipt)

    def _finish(self, delivery: Delivery) -> str:
        receipt = delivery.receipt
        status = str(receipt.receipt.get("status", ""))
        part = self.ledger.job_show(self.job.job).parts[self.part]
        if part.status != "running":
            return status
        if status != DONE:
            named = status if status == "out_of_totem" else "failed"
            return self._fail(named, receipt.hash)
        if part.is_flat:
            self.ledger.job_finish(self.job.job, self.part)
        else:
            result = str(receipt.receipt.get("result", ""))
            self.ledger.job_finish(self.job.job, self.part, result, receipt.hash)
        return status

    def _give_up(self, error: TotemError) -> str:
        """The data cannot be read or is not what it was: the provider's own fault. Or the job was
        stopped, which the ledger has told by refusing a report.
        """
        job = self.ledger.job_show(self.job.job)
        part = job.parts[self.part]
        if job.state != "running":
            return f"the job is {job.state}"
        if part.is_flat:
            return self._stop(error.status)
        return self._fail("bad_data", None)

    def _fail(self, status: str, receipt: str | None) -> str:
        """End the job with a status; where the contract does not take it, as one that was bounded
        cannot run out, the fault is the provider's, who stops it.
        """
        try:
            self.ledger.job_fail(self.job.job, self.part, status, receipt)
        except Refusal as refusal:
            job = self.ledger.job_show(self.job.job)
            if job.state == "running" and job.parts[self.part].status == "running":
                self.ledger.job_stop(self.job.job)
            return f"{status}, which the ledger does not take: {refusal}"
        return status

    def _stop(self, status: str) -> str:
        """A flat job tells nothing of its data: its provider stops it, at no charge."""
        self.ledger.job_stop(self.job.job)
        return f"{status}: stopped, so that the ledger learns nothing of the data"

    def _signed(self, receipt: Receipt) -> SignedReceipt:
        now = self.ledger.chain.clock()
        return sign_receipt(self.ledger.me, self.ledger.id, self.job.job, self.part, receipt, now)


def opened(files: Mapping[str, Spec]) -> dict[str, DataFile]:
    """Files opened. Raises BadData, UsageError."""
    return {name: open_data(spec) for name, spec in files.items()}
