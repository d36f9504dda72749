"""The states of jobs, requests and runs, and every transition between them: the code enforces
these tables, and the drawings in the docs are made of them.

Every state that is not final has a deadline, after which anybody may call it expired, so nothing
stays locked because somebody vanished. That is checked when the table is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import field, frozen

from totemlang.ledger.contract.records import Record, check_clock, later, written
from totemlang.ledger.contract.refusals import Reason, Refusal, Unsound, hold

EXPIRE = "expire"
"""The transition that anybody may ask for when a state's deadline has passed."""


@frozen
class State:
    """A state; `wait` None: final, or (with `until` set) the record says how long."""

    name: str
    meaning: str
    wait: timedelta | None = None
    until: str = ""

    @property
    def is_final(self) -> bool:
        """Whether nothing happens any more."""
        return self.wait is None and not self.until


@frozen
class Transition:
    """From a state to another (or the same), by what, and by whom."""

    source: str
    action: str
    target: str
    who: str


@frozen
class Lifecycle:
    """The states of a kind of record. The first state is where it begins."""

    kind: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    _by_name: dict[str, State] = field(init=False, repr=False, eq=False)
    _targets: dict[tuple[str, str], str] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Index the table and refuse one with a state that has no exit."""
        object.__setattr__(self, "_by_name", {state.name: state for state in self.states})
        targets = {(t.source, t.action): t.target for t in self.transitions}
        object.__setattr__(self, "_targets", targets)
        hold(len(targets) == len(self.transitions), "a transition stands twice")
        known = set(self._by_name)
        named = {t.source for t in self.transitions} | set(targets.values())
        hold(known >= named, "a transition names an unknown state")
        for state in self.states:
            leaving = [t for t in self.transitions if t.source == state.name]
            hold(state.is_final == (not leaving), f"{state.name} is final, or has an exit")
            exits = state.is_final or (state.name, EXPIRE) in targets
            hold(exits, f"nobody can end {state.name} by waiting")
        hold(self._all_end(), "a state from which expiry leads to no end")

    def _all_end(self) -> bool:
        """Whether expiry alone leads from every state to a final one."""
        for state in self.states:
            name, seen = state.name, set()
            while not self[name].is_final:
                if name in seen:
                    return False
                seen.add(name)
                name = self._targets[name, EXPIRE]
        return True

    def __getitem__(self, name: str) -> State:
        """The state of that name."""
        return self._by_name[name]

    def begin(self, moment: datetime) -> Record:
        """What a record of this kind begins with: state, time of change, deadline."""
        first = self.states[0]
        found = {"state": first.name, "changed": written(moment)}
        return found | {"deadline": self._deadline(first, moment, None)}

    def advance(
        self, record: Record, action: str, moment: datetime, until: str | None = None
    ) -> Record:
        """The record after a transition; `until` is the deadline of a state that needs telling.

        Raises:
            Refusal: the state has no such transition (LDG110), its deadline has passed (LDG111)
                or, to expire it, has not (LDG112), or the time is before the last change (LDG107).
        """
        check_clock(record, moment)
        name = record["state"]
        target = self._targets.get((name, action))
        if target is None:
            message = f"the {self.kind} is {name}: {action} is not possible"
            raise Refusal(Reason.STATE, message)
        deadline = record["deadline"]
        is_late = deadline is not None and written(moment) > deadline
        if is_late and action != EXPIRE:
            raise Refusal(Reason.DEADLINE, f"the {self.kind} was {name} until {deadline}")
        if not is_late and action == EXPIRE:
            raise Refusal(Reason.EARLY, f"the {self.kind} is {name} until {deadline}")
        changed = record | {"state": target, "changed": written(moment)}
        if target != name:
            changed["deadline"] = self._deadline(self[target], moment, until)
        return changed

    def _deadline(self, state: State, moment: datetime, until: str | None) -> str | None:
        if state.is_final:
            return None
        if state.wait is not None:
            return later(moment, state.wait)
        if until is None:
            raise Unsound(f"{state.name} needs a deadline")
        return until

    def drawing(self) -> Iterator[str]:
        """The table as a Mermaid drawing."""
        yield "stateDiagram-v2"
        yield f"    [*] --> {self.states[0].name}"
        for found in self.transitions:
            yield f"    {found.source} --> {found.target}: {found.action}"
        for state in self.states:
            if state.is_final:
                yield f"    {state.name} --> [*]"


_DAY = timedelta(days=1)

REQUEST = Lifecycle(
    "request",
    (
        State("asked", "the consumer has asked, with a purpose", wait=30 * _DAY),
        State("granted", "the consumer holds an access key", until="the day the provider set"),
        State("refused", "the provider has said no"),
        State("withdrawn", "the consumer has taken it back"),
        State("revoked", "the provider has ended the access"),
        State("expired", "nobody answered, or the access has run out"),
    ),
    (
        Transition("asked", "grant", "granted", "provider"),
        Transition("asked", "refuse", "refused", "provider"),
        Transition("asked", "withdraw", "withdrawn", "consumer"),
        Transition("asked", EXPIRE, "expired", "anybody"),
        Transition("granted", "revoke", "revoked", "provider or operator"),
        Transition("granted", "withdraw", "withdrawn", "consumer"),
        Transition("granted", EXPIRE, "expired", "anybody"),
    ),
)

_ENDED = ("finished", "failed", "out_of_totem", "stopped")

JOB = Lifecycle(
    "job",
    (
        State("submitted", "the contract has judged it and reserved its budget", wait=_DAY),
        State("accepted", "every provider has accepted it", wait=_DAY),
        State("running", "a provider has started", until="the hours the consumer allowed"),
        State("finished", "every provider has committed to its result", wait=_DAY),
        State("failed", "an operation failed, data was bad, or time ran out", wait=_DAY),
        State("out_of_totem", "a provider's part of the budget is used up", wait=_DAY),
        State("stopped", "somebody entitled has stopped it while it ran", wait=_DAY),
        State("disputed", "the escrow is held until an auditor has replayed it", wait=14 * _DAY),
        State("settled", "providers are paid, the rest is back"),
        State("refused", "a provider has refused; everything is back"),
        State("withdrawn", "stopped before it ran; everything is back"),
        State("expired", "nobody answered or nobody started; everything is back"),
    ),
    (
        Transition("submitted", "accept", "submitted", "provider"),
        Transition("submitted", "accept_last", "accepted", "the last provider"),
        Transition("submitted", "refuse", "refused", "provider"),
        Transition("submitted", "stop", "withdrawn", "provider, consumer or operator"),
        Transition("submitted", EXPIRE, "expired", "anybody"),
        Transition("accepted", "start", "running", "provider"),
        Transition("accepted", "stop", "withdrawn", "provider, consumer or operator"),
        Transition("accepted", EXPIRE, "expired", "anybody"),
        Transition("running", "start", "running", "another provider"),
        Transition("running", "report", "running", "provider"),
        Transition("running", "finish", "running", "provider"),
        Transition("running", "finish_last", "finished", "the last provider"),
        Transition("running", "run_out", "out_of_totem", "the contract's second check"),
        Transition("running", "fail", "failed", "provider"),
        Transition("running", "stop", "stopped", "provider, consumer or operator"),
        Transition("running", EXPIRE, "failed", "anybody"),
        *(Transition(name, "settle", "settled", "consumer") for name in _ENDED),
        *(Transition(name, "dispute", "disputed", "consumer or provider") for name in _ENDED),
        *(Transition(name, EXPIRE, "settled", "anybody") for name in _ENDED),
        Transition("disputed", "judge", "settled", "auditor"),
        Transition("disputed", EXPIRE, "settled", "anybody; as the providers reported"),
    ),
)

RUN = Lifecycle(
    "run",
    (
        State("running", "a member runs a program on his own data", wait=30 * _DAY),
        State("settled", "what was deducted is paid, the rest is back"),
        State("out_of_totem", "the whole budget is paid"),
        State("cancelled", "it cost nothing; everything is back"),
    ),
    (
        Transition("running", "deduct", "running", "its member"),
        Transition("running", "settle", "settled", "its member"),
        Transition("running", "run_out", "out_of_totem", "the contract's second check"),
        Transition("running", "cancel", "cancelled", "its member"),
        Transition("running", EXPIRE, "settled", "anybody; as deducted so far"),
    ),
)

ADMISSION = Lifecycle(
    "proposal",
    (
        State("proposed", "an operator has proposed an organisation", wait=30 * _DAY),
        State("admitted", "two organisations, or the only one, have approved it"),
        State("withdrawn", "the proposer has taken it back"),
        State("expired", "nobody has approved it"),
    ),
    (
        Transition("proposed", "approve", "proposed", "another operator"),
        Transition("proposed", "admit", "admitted", "the last approval"),
        Transition("proposed", "withdraw", "withdrawn", "the proposer's organisation"),
        Transition("proposed", EXPIRE, "expired", "anybody"),
    ),
)

LIFECYCLES = (JOB, REQUEST, RUN, ADMISSION)
