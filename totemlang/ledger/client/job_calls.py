"""The client's calls about jobs: submitted, followed, run, settled; codes and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from totemlang.ledger.client.answers import Delivery, PrivateValue
from totemlang.ledger.client.calls import Calls
from totemlang.ledger.client.job_answers import (
    Job,
    JobCode,
    JobReport,
    Jobs,
    JobStates,
    Judgement,
    Offer,
    OneTimeCode,
    Sent,
)
from totemlang.ledger.contract.deliveries import VALUE


class JobCalls(Calls):
    """One method a function of the contract, under its name and with its arguments."""

    def job_submit(
        self,
        bytecode: bytes,
        source_hash: str,
        parts: Sequence[Offer],
        hours: int,
        parameters: str | None = None,
        sent: Mapping[str, Sent] | None = None,
    ) -> Job:
        """Submit a job, as a consumer: judged, and its budgets reserved. `prove` makes proofs."""
        _ready_to_judge()
        return self._call(
            Job,
            "job_submit",
            bytecode=bytecode,
            source_hash=source_hash,
            parameters=parameters,
            sent=sent,
            parts=parts,
            hours=hours,
        )

    def job_judge(
        self,
        bytecode: bytes,
        source_hash: str,
        parts: Sequence[Offer],
        parameters: str | None = None,
        sent: Mapping[str, Sent] | None = None,
    ) -> Judgement:
        """What `job_submit` would say, with the quotes; no access is needed."""
        return self._ask(
            Judgement,
            "job_judge",
            bytecode=bytecode,
            source_hash=source_hash,
            parameters=parameters,
            sent=sent,
            parts=parts,
        )

    def job_show(self, job: str) -> Job:
        """A job with its parts."""
        return self._ask(Job, "job_show", job=job)

    def job_code(self, job: str) -> JobCode:
        """What was submitted."""
        return self._ask(JobCode, "job_code", job=job)

    def job_list(self, side: str, after: str | None = None, count: int | None = None) -> Jobs:
        """One's own jobs (`consumer`), or those with a part of one's organisation (`provider`)."""
        return self._ask(Jobs, "job_list", side=side, after=after, count=count)

    def job_states(self) -> JobStates:
        """The states of jobs and every transition."""
        return self._ask(JobStates, "job_states")

    def job_accept(self, job: str, part: int) -> Job:
        """Accept a part, having checked the proofs of its access keys."""
        return self._call(Job, "job_accept", job=job, part=part)

    def job_refuse(self, job: str, part: int, reason: str) -> Job:
        """Refuse a part, for `policy`, `capacity`, `access_key` or `other`, and so the job."""
        return self._call(Job, "job_refuse", job=job, part=part, reason=reason)

    def job_start(self, job: str, part: int) -> Job:
        """Start a part of a job that all have accepted."""
        return self._call(Job, "job_start", job=job, part=part)

    def job_report(self, job: str, part: int, stage: int, totem: int) -> JobReport:
        """Charge a finished stage (from 0): the second check."""
        return self._call(JobReport, "job_report", job=job, part=part, stage=stage, totem=totem)

    def job_finish(
        self, job: str, part: int, result: str | None = None, receipt: str | None = None
    ) -> Job:
        """End a part; a metered one commits to the hashes of result and receipt."""
        return self._call(Job, "job_finish", job=job, part=part, result=result, receipt=receipt)

    def job_fail(self, job: str, part: int, status: str, receipt: str | None = None) -> Job:
        """End a job whose part is `failed`, `bad_data` or `out_of_totem`."""
        return self._call(Job, "job_fail", job=job, part=part, status=status, receipt=receipt)

    def job_stop(self, job: str) -> Job:
        """Stop a job, as its consumer, one of its providers, or an operator."""
        return self._call(Job, "job_stop", job=job)

    def job_settle(self, job: str) -> Job:
        """Agree to what was reported, as the consumer: everybody has his totem at once."""
        return self._call(Job, "job_settle", job=job)

    def job_expire(self, job: str) -> Job:
        """Let a job go on whose state's deadline has passed."""
        return self._call(Job, "job_expire", job=job)

    def job_dispute(self, job: str, reason: str) -> Job:
        """Dispute what was reported, as the consumer or a provider."""
        return self._call(Job, "job_dispute", job=job, reason=reason)

    def job_judgement(self, job: str, charges: Sequence[int], evidence: str) -> Job:
        """Settle a dispute, as an auditor, by a charge for every part."""
        return self._call(Job, "job_judgement", job=job, charges=charges, evidence=evidence)

    def code_issue(self, job: str, part: int, key: str, code_hash: str) -> OneTimeCode:
        """Issue a one-time code; `code_hash` is `hash_of_code`'s, `key` a public key's SHA-256."""
        return self._call(
            OneTimeCode, "code_issue", job=job, part=part, key=key, code_hash=code_hash
        )

    def code_spend(self, job: str, part: int, key: str, code: str) -> OneTimeCode:
        """Spend the code that a consumer has shown with his key, as the provider."""
        return self._call(OneTimeCode, "code_spend", job=job, part=part, key=key, code=code)

    def result_deliver(self, job: str, part: int, hash: str, value: bytes) -> Delivery:
        """Hand over a part's result; `value` as `salted` makes it, `hash` its SHA-256."""
        return self._call(Delivery, "result_deliver", {VALUE: value}, job=job, part=part, hash=hash)

    def result_read(self, job: str, part: int) -> PrivateValue:
        """The result of a part of one's own job."""
        return self._ask(PrivateValue, "result_read", job=job, part=part)


def _ready_to_judge() -> None:
    """Import what judges a program before the ledger is locked for it: others need not wait."""
    from totemlang.ledger.contract import evaluation

    del evaluation
