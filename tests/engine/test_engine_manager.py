"""The totem manager under any order of events: nothing is made or lost, it refuses only rightly.

Attempts ask, work, wait, die, are doubled and come too late, as no real engine would dare to.
"""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from totemlang.engine.manager import (
    Attempt,
    Decision,
    Exhausted,
    Granted,
    Stopped,
    TotemManager,
)

AMOUNT = st.integers(0, 40)


def attempt(partition: int, number: int = 0) -> Attempt:
    return Attempt("job", 0, partition, number)


class Interleavings(RuleBasedStateMachine):
    """Keeps its own books of what attempts hold, use and wait for."""

    @initialize(budget=st.integers(0, 200), workers=st.integers(1, 4))
    def open(self, budget: int, workers: int) -> None:
        self.manager = TotemManager(budget, workers)
        self.held: dict[Attempt, int] = {}
        self.used: dict[Attempt, int] = {}
        self.waiting: dict[Attempt, int] = {}
        self.stopped: set[Attempt] = set()
        self.tries: dict[int, int] = {}
        self.accepted: dict[int, int] = {}
        self.exhausted = False

    # --- events

    @rule(partition=st.integers(0, 5))
    def begin(self, partition: int) -> None:
        if partition in self.accepted:
            with pytest.raises(ValueError, match="not done"):
                self.manager.begin(attempt(partition, 99))
            return
        number = self.tries.get(partition, 0)
        self.tries[partition] = number + 1
        self.manager.begin(attempt(partition, number))
        self.held[attempt(partition, number)] = 0
        self.used[attempt(partition, number)] = 0

    def running(self) -> list[Attempt]:
        return sorted(set(self.held) - set(self.waiting))

    @precondition(lambda self: self.running())
    @rule(data=st.data(), most=AMOUNT)
    def ask_for_more(self, data: st.DataObject, most: int) -> None:
        who = data.draw(st.sampled_from(self.running()))
        used = self.use(who, data)
        given = self.manager.more(who, used, most)
        assert 0 <= given <= most
        self.held[who] += given

    @precondition(lambda self: self.running())
    @rule(data=st.data(), least=AMOUNT, more=AMOUNT)
    def wait(self, data: st.DataObject, least: int, more: int) -> None:
        who = data.draw(st.sampled_from(self.running()))
        used = self.use(who, data)
        self.held[who] = 0
        self.waiting[who] = least
        self.carry(self.manager.need(who, used, least, least + more))

    @precondition(lambda self: self.running())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(self.running()))
        used = self.use(who, data)
        is_first, decisions = self.manager.accept(who, used)
        assert is_first == (who.partition not in self.accepted)
        if is_first:
            self.accepted[who.partition] = self.used[who]
        del self.held[who], self.used[who]
        self.stopped.discard(who)
        self.carry(decisions)
        others = {other for other in self.held if other.partition == who.partition}
        assert others <= self.stopped

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.held)))
        del self.held[who], self.used[who]
        self.waiting.pop(who, None)
        self.stopped.discard(who)
        self.carry(self.manager.dead(who))

    @precondition(lambda self: self.running())
    @rule(data=st.data(), beyond=st.integers(1, 9))
    def claim_to_have_used_what_was_not_held(self, data: st.DataObject, beyond: int) -> None:
        who = data.draw(st.sampled_from(self.running()))
        with pytest.raises(ValueError, match="no more"):
            self.manager.more(who, self.held[who] + beyond, 1)
        with pytest.raises(ValueError, match="no more"):
            self.manager.more(who, -self.used[who] - beyond, 1)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def ask_while_waiting(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.waiting)))
        with pytest.raises(ValueError, match="waits"):
            self.manager.more(who, 0, 1)

    # --- books

    def use(self, who: Attempt, data: st.DataObject) -> int:
        """Use some of what is held, or find that some of what was told was not needed."""
        used = data.draw(st.integers(-self.used[who], self.held[who]))
        self.held[who] -= used
        self.used[who] += used
        return used

    def carry(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case Granted(who, totem):
                    assert totem >= self.waiting.pop(who)
                    assert who not in self.stopped
                    self.held[who] += totem
                case Stopped(who):
                    self.stopped.add(who)
                    doubles = [a for a in self.held if a.partition == who.partition]
                    assert len(doubles) > 1 or who.partition in self.accepted
                case Exhausted():
                    self.exhausted = True
                    self.check_refusal()

    def check_refusal(self) -> None:
        """All wait with empty hands; each does other work; and nobody's need can be met."""
        assert set(self.waiting) == set(self.held)
        assert not self.stopped
        assert not any(self.held.values())
        partitions = [who.partition for who in self.held]
        assert len(set(partitions)) == len(partitions)
        real = sum(self.accepted.values()) + sum(self.used.values())
        assert all(real + least > self.manager.budget for least in self.waiting.values())

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        if not hasattr(self, "manager"):
            return
        manager = self.manager
        assert manager.used + manager.leased + manager.free == manager.budget
        assert manager.free >= 0
        assert manager.leased == sum(self.held.values())
        assert manager.used == sum(self.used.values()) + sum(self.accepted.values())
        assert manager.live == set(self.held)

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        """While anything is live there is somebody to hear of: one runs, or must be ended."""
        if not hasattr(self, "manager") or self.exhausted or not self.held:
            return
        assert self.running() or self.stopped

    @invariant()
    def nobody_waits_for_what_is_there(self) -> None:
        if not hasattr(self, "manager") or self.exhausted:
            return
        for who, least in self.waiting.items():
            assert who in self.stopped or least > self.manager.free


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_usage_of_an_attempt_that_died_is_free_again() -> None:
    manager = TotemManager(100)
    manager.begin(attempt(0))
    assert manager.more(attempt(0), 0, 100) == 100
    assert manager.more(attempt(0), 60, 0) == 0
    assert (manager.used, manager.leased, manager.free) == (60, 40, 0)
    assert manager.dead(attempt(0)) == []
    assert (manager.used, manager.leased, manager.free) == (0, 0, 100)


def test_who_waits_gets_what_another_returns_and_only_the_last_is_refused() -> None:
    manager = TotemManager(100, workers=2)
    for partition in (0, 1):
        manager.begin(attempt(partition))
    held = manager.more(attempt(0), 0, 1000)
    assert 0 < held <= 50
    assert manager.need(attempt(1), 0, 100, 100) == []
    assert manager.need(attempt(0), held, 10, 10) == [Granted(attempt(0), 10)]
    accepted, decisions = manager.accept(attempt(0), 10)
    assert accepted
    assert decisions == [Exhausted()]


def test_a_duplicate_is_stopped_before_a_job_is_refused() -> None:
    manager = TotemManager(100)
    first, second = attempt(0), attempt(0, 1)
    for each in (first, second):
        manager.begin(each)
        assert Granted(each, 50) in manager.need(each, 0, 50, 50)
    assert manager.need(first, 50, 10, 10) == []
    assert manager.need(second, 50, 10, 10) == [Stopped(second)]
    assert manager.dead(second) == [Granted(first, 10)]
