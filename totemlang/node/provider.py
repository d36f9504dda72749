"""A provider's node: it follows the ledger, and does what the provider owes to it.

node = ProviderNode(ledger, Keeping.at(folder), {"readings": "readings.parquet"}, keys)
for deed in node.step():
    print(deed)

It accepts a part when the consumer proves that he holds the access keys, runs it beside the data
under the data's policy, reports after every stage, commits to result and receipt, and hands them
over when the job has ended. After a crash it goes on where the ledger says that it stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

from attrs import define, field, frozen

from totemlang.data.locate import Spec
from totemlang.diagnostics import BadData, Forbidden, LedgerUnreachable, TotemError
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.engine.progress import Progress
from totemlang.ledger.chain import Rejected
from totemlang.ledger.client import AccessKeys, Job, Ledger
from totemlang.ledger.contract import Refusal
from totemlang.node.delivery import Delivery
from totemlang.node.entrance import Entry, let_in
from totemlang.node.following import Following
from totemlang.node.handing_over import hand_over
from totemlang.node.judging import JudgedPart, judged_part
from totemlang.node.keeping import Keeping
from totemlang.node.running import Runner, opened

PAUSE = 0.5
"""Seconds between two looks at the ledger."""

TRIES = 20
"""Looks in a row at which the ledger may not answer."""


@frozen
class Deed:
    """What a node did about a part: `accepted`, `refused`, `ran`, `delivered`, `expired`, `waits`.

    `told` says more: a reason, a status. Why a part waits is told once.
    """

    job: str
    part: int
    what: str
    told: str = ""

    def __str__(self) -> str:
        """In a line."""
        return f"{self.job} part {self.part}: {self.what}" + (f", {self.told}" if self.told else "")


@define
class ProviderNode:
    """The node of an organisation. Several may serve one, each with a folder of its own or not: a
    part that was begun goes on where its folder is.

    `holdings` are the files of its data sets by name, `keys` what access was granted with; `run`
    runs a job (the engine's `run_job`, or one with more workers); `progress` is told of it.
    """

    ledger: Ledger
    keeping: Keeping
    holdings: Mapping[str, Spec]
    keys: AccessKeys
    run: Callable[..., Outcome] = run_job
    progress: Callable[[Job, int, Progress], None] | None = None
    _following: Following = field(init=False)
    _waiting: dict[tuple[str, int], str] = field(factory=dict, init=False, repr=False)
    _judged: dict[tuple[str, int], JudgedPart] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Begin to follow."""
        self._following = Following(self.ledger, "provider")

    @property
    def organisation(self) -> str:
        """Whose node it is."""
        return self.ledger.member.partition("@")[2]

    def step(self) -> Iterator[Deed]:
        """Do all that is due now, telling of each deed when it is done.

        Raises:
            LedgerUnreachable: where the ledger does not answer.
        """
        for job in self._following.open_jobs():
            own = [n for n, part in enumerate(job.parts) if part.organisation == self.organisation]
            for number in own:
                yield from self._attend(job.job, number)
            if own:  # an operator's node sees jobs of others, too
                yield from self._expire(job.job, own[0])

    def serve(self, stop: threading.Event, tell: Callable[[Deed], None]) -> None:
        """Do what is due, again and again, until `stop` is set.

        Raises:
            LedgerUnreachable: where the ledger does not answer, `TRIES` times in a row.
        """
        failed = 0
        while not stop.is_set():
            try:
                for deed in self.step():
                    tell(deed)
                    if stop.is_set():
                        return
                failed = 0
            except LedgerUnreachable:
                failed += 1
                if failed == TRIES:
                    raise
            stop.wait(PAUSE)

    def receive(self, content: bytes, suffix: str) -> str:
        """Take in a lookup that a consumer sends along with his job; gives its hash."""
        return self.keeping.receive(content, suffix)

    def let_in(self, entry: Entry) -> Delivery:
        """Give a consumer what his part came to, for a one-time code that he shows with his key.

        Raises:
            Refusal: where the code is not his, was used, or is too old.
            UsageError: where his key did not sign, or the part has not ended.
        """
        return let_in(self.ledger, self.keeping, entry)

    def _attend(self, name: str, number: int) -> Iterator[Deed]:
        """What is due to a part, with nobody else at work on it."""
        with self.keeping.alone(name, number) as is_alone:
            if not is_alone:
                return
            job = self.ledger.job_show(name)  # it may have gone on meanwhile
            part = job.parts[number]
            try:
                if job.state == "submitted" and part.status == "waiting":
                    yield from self._answer(job, number)
                elif self._is_ours_to_run(job, number):
                    yield Deed(name, number, "ran", self._run(job, number))
                if hand_over(self.ledger, self.keeping, self.ledger.job_show(name), number):
                    yield Deed(name, number, "delivered")
            except LedgerUnreachable:
                raise
            except TotemError as error:  # stopped, expired, another node was faster; or a fault
                yield from self._wait(name, number, str(error))

    def _is_ours_to_run(self, job: Job, number: int) -> bool:
        """Whether a part may begin, or was begun by this node and not ended: it was killed."""
        if job.state not in ("accepted", "running"):
            return False
        status = job.parts[number].status
        begun = status == "running" and self.keeping.is_started(job.job, number)
        return status == "accepted" or begun

    def _answer(self, job: Job, number: int) -> Iterator[Deed]:
        """Accept a part or refuse it; one whose lookups have not come yet waits for them."""
        missing = [c for c in job.sent.values() if self.keeping.sent(c) is None]
        if missing:
            yield from self._wait(job.job, number, "for the lookups that are sent along")
            return
        reason, why = self._objection(job, number)
        if reason:
            self._judged.pop((job.job, number), None)
            self.ledger.job_refuse(job.job, number, reason)
            yield Deed(job.job, number, "refused", f"{reason}: {why}")
        else:
            self.ledger.job_accept(job.job, number)
            yield Deed(job.job, number, "accepted")

    def _wait(self, name: str, number: int, why: str) -> Iterator[Deed]:
        """Tell why a part waits, once."""
        if self._waiting.get((name, number)) != why:
            self._waiting[name, number] = why
            yield Deed(name, number, "waits", why)

    def _objection(self, job: Job, number: int) -> tuple[str, str]:
        """What speaks against a part, as the ledger calls it and in words; empty where nothing."""
        if not self.keys.is_proven(job, number):
            return "access_key", "the proof of the access key is not right"
        for used in job.parts[number].data.values():
            request = self.ledger.request_show(used.request)
            ended = request.deadline is None or request.deadline < self.ledger.chain.clock()
            if request.state != "granted" or ended:  # it may have ended since the submission
                told = "over" if request.state == "granted" else request.state
                return "access_key", f"the access to {used.dataset} is {told}"
        try:
            self._data(self._judge(job, number), job, number)
        except Forbidden as error:
            return "policy", str(error)
        except LedgerUnreachable:
            raise
        except (TotemError, OSError) as error:
            return "other", str(error)
        return "", ""

    def _data(self, judged: JudgedPart, job: Job, number: int) -> Mapping[str, Spec]:
        """The files of all data sets and lookups by name in the program."""
        found: dict[str, Spec] = {}
        for name, used in job.parts[number].data.items():
            held = used.dataset.partition("/")[2]
            if held not in self.holdings:
                raise BadData(f"the node does not hold {used.dataset}")
            found[name] = self.holdings[held]
        for name, lookup in judged.sent.items():
            path = self.keeping.sent(lookup.content)
            if path is None:
                raise BadData(f"the lookup {name} was not sent along")
            found[name] = path
        opened(found)
        return found

    def _judge(self, job: Job, number: int) -> JudgedPart:
        """A part as the contract judged it; worked out once between its answer and its run."""
        if (job.job, number) not in self._judged:
            self._judged[job.job, number] = judged_part(self.ledger, job, number)
        return self._judged[job.job, number]

    def _run(self, job: Job, number: int) -> str:
        judged, told = self._judge(job, number), self.progress
        runner = Runner(
            self.ledger,
            self.keeping,
            job,
            number,
            self.run,
            None if told is None else lambda progress: told(job, number, progress),
        )
        status = runner.run_part(judged, lambda: opened(self._data(judged, job, number)))
        self._judged.pop((job.job, number), None)
        return status

    def _expire(self, name: str, own: int) -> Iterator[Deed]:
        """Let a job go on whose deadline has passed, so that nothing stays locked."""
        job = self.ledger.job_show(name)
        if job.deadline is not None and self.ledger.chain.clock() > job.deadline:
            try:
                state = self.ledger.job_expire(name).state
            except (Refusal, Rejected):
                return
            yield Deed(name, own, "expired", f"the job is {state}")
