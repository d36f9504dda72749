"""A consumer's wishes: access to data, a job at one provider or several, its result.

consumer = Consumer(ledger)
job = consumer.submit(program, [Wanted({"readings": "north/readings"})])
for job in consumer.follow(job.job):
    print(job.state, job.remaining)
outcome = consumer.result(job.job)
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define, field, frozen

from totemlang.data.describe import describe
from totemlang.data.file import DataFile, open_data
from totemlang.diagnostics import UsageError
from totemlang.engine.account import Account
from totemlang.engine.outcome import Outcome
from totemlang.ledger.client import (
    Access,
    AccessRequest,
    Job,
    Judgement,
    Ledger,
    Offer,
    Sent,
    access_key,
    every,
    prove,
)
from totemlang.ledger.contract import Reason, Refusal
from totemlang.node.delivery import Delivery
from totemlang.node.entrance import Entry, issue
from totemlang.node.judging import judged_part
from totemlang.node.receipts import SignedReceipt, Signer, hold_to_job, verify_receipt
from totemlang.node.results import PartResult, whole_result
from totemlang.program import Program
from totemlang.schema.metadata_json import metadata_to_json

PAUSE = 0.2
"""Seconds between two looks at a job that is followed."""

AT_WORK = ("submitted", "accepted", "running")
"""States of a job of which there may be a result yet."""

NO_REQUEST = "0" * 24
"""The request of who has none, where only a quote is asked."""


@frozen
class Wanted:
    """What is wanted of one provider: a data set (`organisation/name`) for each name in the
    program, and the budget (None: the quote's upper bound).
    """

    data: Mapping[str, str]
    budget: int | None = None


@define
class Consumer:
    """A consumer on a ledger."""

    ledger: Ledger
    wait: Callable[[float], None] = field(default=time.sleep)

    # --- access

    def request(self, dataset: str, purpose: str) -> AccessRequest:
        """Ask for access to a data set, saying what for."""
        return self.ledger.request_open(dataset, purpose)

    def access(self, dataset: str) -> AccessRequest:
        """The granted request for a data set that is good for longest.

        Raises:
            UsageError: where there is none; it says what to do.
        """
        own = every(lambda after: self.ledger.request_list("consumer", after))
        found = [each for each in own if each.dataset == dataset]
        now = self.ledger.chain.clock()
        granted = [
            each
            for each in found
            if each.state == "granted" and each.deadline is not None and each.deadline >= now
        ]
        if not granted:
            state = f"it is {found[-1].state}" if found else "request it, saying what for"
            raise UsageError(f"there is no access to {dataset}: {state}")
        return max(granted, key=lambda each: (each.deadline is not None, each.deadline, each.asked))

    # --- jobs

    def judge(
        self,
        program: Program,
        wanted: Sequence[Wanted],
        *,
        parameters: Mapping[str, object] | None = None,
        lookups: Mapping[str, Path] | None = None,
    ) -> Judgement:
        """What the ledger says of a job, with its quotes; no access is needed, nothing reserved.

        A budget that is left out is judged as if it were enough.
        """
        offers = [_offer(each, {}) for each in wanted]
        sent = sent_lookups(lookups or {})
        return self.ledger.job_judge(
            program.bytecode(), _source_hash(program), offers, _text(parameters), sent
        )

    def submit(
        self,
        program: Program,
        wanted: Sequence[Wanted],
        *,
        parameters: Mapping[str, object] | None = None,
        lookups: Mapping[str, Path] | None = None,
        hours: int = 24,
    ) -> Job:
        """Submit a job to one provider or several: judged, and its budgets reserved, in one call.

        `parameters` are JSON values by name, `lookups` the files that are sent along; they go to
        the providers' nodes too (`ProviderNode.receive`), which wait for them.

        Raises:
            Refusal: where the ledger refuses.
            UsageError: where access is missing, or a budget for a quote without upper bound.
        """
        text, sent = _text(parameters), sent_lookups(lookups or {})
        granted = {name: self.access(name) for each in wanted for name in each.data.values()}
        requests = {name: found.request for name, found in granted.items()}
        if any(each.budget is None for each in wanted):
            judged = self.judge(program, wanted, parameters=parameters, lookups=lookups)
            wanted = [
                each if each.budget is not None else Wanted(each.data, _upper(judged, number))
                for number, each in enumerate(wanted)
            ]
        offers = [_offer(each, requests) for each in wanted]
        keys = {request: access_key(self.ledger, request) for request in requests.values()}
        code, source = program.bytecode(), _source_hash(program)
        proven = prove(code, source, offers, keys, text, sent)
        return self.ledger.job_submit(code, source, proven, hours, text, sent)

    def follow(self, job: str, *, until: Sequence[str] = AT_WORK) -> Iterator[Job]:
        """The job at every change, its balance going down, as long as its state is one of `until`;
        the last one is past that.
        """
        before = None
        while True:
            found = self.ledger.job_show(job)
            if found != before:
                yield found
            if found.state not in until:
                return
            before = found
            self.wait(PAUSE)

    def parts(self, job: str, fetched: Mapping[int, Delivery] | None = None) -> list[PartResult]:
        """What every provider has released, held to the ledger, to his signature and his receipt.

        `fetched` are results that were fetched with a code, by part.

        Raises:
            Refusal: where something has not been delivered.
            BadReceipt: where it is not what the ledger and the receipt say.
        """
        known = self.ledger.job_show(job)
        code = judged_part(self.ledger, known, 0).code  # all parts run the same
        found = []
        for number, part in enumerate(known.parts):
            delivery = (fetched or {}).get(number) or self.delivered(job, number)
            signer = self._held(delivery.receipt, known, number, code)
            table, columns = delivery.table()
            found.append(PartResult(part.organisation, table, columns, delivery.receipt, signer))
        return found

    def receipt(self, job: str, part: int) -> SignedReceipt:
        """The receipt of a part, however it ended, held to its signature and to the ledger.

        Raises:
            Refusal: where none has been delivered.
            BadReceipt: where it is not what the ledger says.
        """
        known, found = self.ledger.job_show(job), self.delivered(job, part).receipt
        self._held(found, known, part, judged_part(self.ledger, known, part).code)
        return found

    def _held(self, receipt: SignedReceipt, job: Job, part: int, code: str) -> Signer:
        signer = verify_receipt(receipt, self.ledger.chain.trust(), ledger=self.ledger.id)
        hold_to_job(receipt, signer, job, part, code)
        return signer

    def is_released(self, job: str) -> bool:
        """Whether every part of a job has been handed over."""
        try:
            for number in range(len(self.ledger.job_show(job).parts)):
                self.ledger.result_read(job, number)
        except Refusal as refusal:
            if refusal.reason is Reason.UNKNOWN:
                return False
            raise
        return True

    def delivered(self, job: str, part: int) -> Delivery:
        """What was handed over of a part; nothing is verified."""
        return Delivery.from_json(self.ledger.result_read(job, part).value)

    def result(
        self,
        job: str,
        *,
        lookups: Mapping[str, Path] | None = None,
        fetched: Mapping[int, Delivery] | None = None,
        budget: int | None = None,
        account: Account | None = None,
    ) -> Outcome:
        """The result of a job that is done: parts verified and made one; see `whole_result`.

        Raises:
            UsageError: where the job is not done.
            BadReceipt: where what was released is not what the ledger says.
        """
        known = self.ledger.job_show(job)
        undone = [part.status for part in known.parts if part.status != "done"]
        if undone or known.state in AT_WORK:
            raise UsageError(f"the job is {known.state}: there is no result")
        files = {name: open_data(path) for name, path in (lookups or {}).items()}
        for name, path in (lookups or {}).items():
            if known.sent.get(name) != hashlib.sha256(Path(path).read_bytes()).hexdigest():
                raise UsageError(f"{name} is not the lookup that was sent along")
        judged = judged_part(self.ledger, known, 0)
        parts = self.parts(job, fetched)
        return whole_result(judged, parts, lookups=files, budget=budget, account=account)

    def enter(self, job: str, part: int) -> Entry:
        """A one-time code for a part, signed, to be shown to its provider's node (`let_in`)."""
        return issue(self.ledger, job, part)

    def settle(self, job: str) -> Job:
        """Agree to what was reported: everybody has his totem at once."""
        return self.ledger.job_settle(job)


def sent_lookups(lookups: Mapping[str, Path]) -> dict[str, Sent]:
    """What a submission says of the lookups that are sent along: hash of content, metadata.

    Raises:
        BadData: where one cannot be read.
    """
    found = {}
    for name, path in sorted(lookups.items()):
        file: DataFile = open_data(path)
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        found[name] = Sent(content, metadata_to_json(describe(file, name)))
    return found


def _offer(wanted: Wanted, requests: Mapping[str, str]) -> Offer:
    data = {
        name: Access(dataset, requests.get(dataset, NO_REQUEST))
        for name, dataset in wanted.data.items()
    }
    return Offer(2**62 if wanted.budget is None else wanted.budget, data)


def _upper(judged: Judgement, part: int) -> int:
    upper = judged.parts[part].quote.upper
    if upper is None:
        raise UsageError(
            f"nothing bounds the quote of {judged.parts[part].organisation}: give a budget"
        )
    return upper


def _source_hash(program: Program) -> str:
    source = program.module.source or program.source
    return hashlib.sha256(source.text.encode()).hexdigest()


def _text(parameters: Mapping[str, object] | None) -> str | None:
    return json.dumps(parameters, sort_keys=True) if parameters else None
