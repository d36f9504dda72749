"""An auditor's replay: the part is run again beside the data, and must come to the same bits.

What it comes to is the verdict of a dispute: the contract never charges more than was reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import define, field, frozen

from totemlang.data.locate import Spec
from totemlang.diagnostics import OutOfTotem, TotemError
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.ledger.canonical import digest
from totemlang.ledger.client import Job, Ledger, Part
from totemlang.node.judging import judged_part
from totemlang.node.receipts import BadReceipt, SignedReceipt, hold_to_job, verify_receipt
from totemlang.node.running import opened


@frozen
class Replay:
    """What a part comes to when it is run again.

    `charge` is what it should have been charged; `differences` say what is another than the
    provider reported, or stated in his receipt; none: he was right.
    """

    job: str
    part: int
    status: str
    charge: int
    result: str
    differences: tuple[str, ...] = field(factory=tuple)

    @property
    def is_right(self) -> bool:
        """Whether the provider reported what the replay came to."""
        return not self.differences


@define
class _Noted:
    """The engine's account of a replay: the charges of the stages that were finished, however the
    run ends. A part that was stopped is charged for these, even where it would have run out later.
    """

    left: int
    stages: list[int] = field(factory=list, init=False)

    def reserve(self, job: str, budget: int) -> None:
        """Nothing is paid."""

    def deduct(self, job: str, stage: str, totem: int) -> int:
        """Note a stage. Raises OutOfTotem where the budget does not have it."""
        if totem > self.left:
            raise OutOfTotem(stage, self.left)
        self.left -= totem
        self.stages.append(totem)
        return self.left

    def settle(self, job: str) -> int:
        """Nothing is paid."""
        return self.left

    def cancel(self, job: str) -> int:
        """Nothing is paid."""
        return self.left


def replay(
    ledger: Ledger,
    job: str,
    part: int,
    data: Mapping[str, Spec],
    *,
    receipt: SignedReceipt | None = None,
    run: Callable[..., Outcome] = run_job,
) -> Replay:
    """Run a part again, on the data sets and lookups by name in the program.

    Raises:
        Refusal: where the caller may not see the job.
        Forbidden: where this version judges it otherwise than the ledger did.
    """
    known = ledger.job_show(job)
    told = known.parts[part]
    judged = judged_part(ledger, known, part)
    noted = _Noted(told.budget)
    try:
        outcome = run(
            judged.runs,
            opened(data),
            told.budget,
            parameters=judged.parameters,
            metadata=judged.metadata,
            quote=judged.quote,
            policy=judged.policy,
            account=noted,
        )
    except TotemError as error:
        return Replay(job, part, error.status, 0, "", (f"it cannot be run: {error}",))
    stages = tuple(noted.stages)
    result = "" if outcome.receipt is None else outcome.receipt.result
    differences = list(_differences(told, outcome.status, stages, result))
    if receipt is not None:
        differences += _of_receipt(ledger, known, part, judged.code, receipt, result)
    charge = _charge(told, outcome, stages)
    return Replay(job, part, outcome.status, charge, result, tuple(differences))


def judge(ledger: Ledger, job: str, replays: Sequence[Replay]) -> Job:
    """Settle a dispute, as an auditor, by the replays of all its parts in order.

    Raises:
        Refusal: where the contract does not take the verdict.
    """
    evidence = digest(
        [[r.part, r.status, r.charge, r.result, list(r.differences)] for r in replays]
    )
    return ledger.job_judgement(job, [each.charge for each in replays], evidence)


def _differences(told: Part, status: str, stages: tuple[int, ...], result: str) -> tuple[str, ...]:
    found = []
    if told.status in ("done", "failed", "bad_data", "out_of_totem") and told.status != status:
        found.append(f"the part is {status}, not {told.status}")
    if stages[: len(told.by_stage)] != told.by_stage:
        found.append("the stages come to other charges")
    if told.result is not None and told.result != result:
        found.append("the result is another")
    return tuple(found)


def _of_receipt(
    ledger: Ledger, job: Job, part: int, code: str, receipt: SignedReceipt, result: str
) -> list[str]:
    try:
        signer = verify_receipt(receipt, ledger.chain.trust(), ledger=ledger.id)
        hold_to_job(receipt, signer, job, part, code)
    except BadReceipt as error:
        return [str(error)]
    stated = receipt.receipt.get("result", "")
    return [] if stated == result else ["the receipt states another result"]


def _charge(told: Part, outcome: Outcome, stages: tuple[int, ...]) -> int:
    """What the part is charged: never more than was, and of a flat part its bill or nothing."""
    if outcome.status in ("bad_data", "forbidden"):
        return 0
    if told.is_flat:
        return told.charge
    if told.status == "out_of_totem":
        return min(told.charge, outcome.usage.used)
    return min(told.charge, sum(stages[: len(told.by_stage)]))
