"""What runs are paid from: reserved, charged stage by stage, ended once, never left locked."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from client_consortium import Members, members

from totemlang.diagnostics import OutOfTotem, Refused, UsageError
from totemlang.engine.account import Account
from totemlang.ledger.chain import Chain, verify
from totemlang.ledger.client import Ledger, every
from totemlang.ledger.process import Owner, this_process
from totemlang.ledger.run_account import RunAccount, account_for_runs, recover


@pytest.fixture(name="five")
def _five(tmp_path: Path) -> Members:
    return members(tmp_path, totem=1_000)


def _account(five: Members, name: str = "ada") -> RunAccount:
    return account_for_runs(five[name], "nora@north")


def _amounts(ledger: Ledger) -> tuple[int, int, int]:
    """Balance, reserved, spent."""
    found = ledger.account_show()
    return found.balance, found.reserved, found.spent


def test_it_is_what_the_engine_asks_for(five: Members) -> None:
    account: Account = _account(five)
    account.reserve("job", 198)
    assert _amounts(five["ada"]) == (802, 198, 0)
    assert account.deduct("job", "map by_customer", 90) == 108
    assert account.settle("job") == 108
    assert _amounts(five["ada"]) == (910, 0, 90)
    assert five["nora"].account_show().earned == 90


def test_a_budget_that_is_not_there_is_refused_with_what_to_do(five: Members) -> None:
    with pytest.raises(Refused, match="1,000 totem, 143,339,214 are needed") as caught:
        _account(five).reserve("job", 143_339_214)
    assert caught.value.diagnostics[0].code == "LDG121"
    assert "grant" in caught.value.diagnostics[0].hint


def test_out_of_totem_takes_the_whole_reserve_and_ends_the_run(five: Members) -> None:
    account = _account(five)
    account.reserve("job", 198)
    account.deduct("job", "map f", 90)
    with pytest.raises(OutOfTotem, match="the budget of 198 was used up in reduce f"):
        account.deduct("job", "reduce f", 109)
    assert _amounts(five["ada"]) == (802, 0, 198)
    with pytest.raises(UsageError, match="no open run"):
        account.settle("job")


def test_a_charge_of_exactly_the_reserve_is_no_exhaustion(five: Members) -> None:
    account = _account(five)
    account.reserve("job", 198)
    assert account.deduct("job", "map f", 198) == 0
    assert account.deduct("job", "reduce f", 0) == 0
    assert account.settle("job") == 0


def test_a_cancelled_run_costs_nothing(five: Members) -> None:
    account = _account(five)
    account.reserve("job", 198)
    account.deduct("job", "map f", 90)
    assert account.cancel("job") == 198
    assert _amounts(five["ada"]) == (1_000, 0, 0)


def test_a_run_that_somebody_has_ended_is_over(five: Members) -> None:
    account = _account(five)
    account.reserve("job", 198)
    run = five["ada"].run_list().items[0]
    five["ada"].run_settle(run.run)
    with pytest.raises(Refused, match="LDG110"):
        account.deduct("job", "map f", 1)


@pytest.mark.parametrize("name", ["", "x" * 121, "two\nlines", "\ud800"])
def test_names_of_runs_are_plain(five: Members, name: str) -> None:
    with pytest.raises(UsageError, match="name of a run"):
        _account(five).reserve(name, 1)


def test_any_stage_may_be_charged_whatever_its_name(five: Members) -> None:
    account = _account(five)
    account.reserve("job", 10)
    for stage in ("", "é" * 300, "two\nlines"):
        account.deduct("job", stage, 1)
    assert account.settle("job") == 7


def test_runs_are_paid_to_the_machine_where_nobody_is_named(five: Members) -> None:
    with pytest.raises(Refused, match="machine@lab, to whom the run would be paid"):
        account_for_runs(five["ada"]).reserve("job", 1)


def test_the_reserve_of_a_living_process_is_left_alone(five: Members) -> None:
    _account(five).reserve("job", 10)
    five.wait(days=29)
    assert recover(five["ada"]) == ()
    assert five["ada"].account_show().reserved == 10


def test_a_run_of_another_machine_has_a_day(five: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("totemlang.ledger.process._machine", lambda: "e" * 16)
    there = _account(five)
    there.reserve("job", 10)
    monkeypatch.undo()
    five.wait(hours=20)
    there.deduct("job", "map f", 4)
    five.wait(hours=23)
    assert recover(five["ada"]) == ()
    five.wait(hours=2)
    assert [(run.run, run.charge, run.returned) for run in recover(five["ada"])] == [("job", 4, 6)]
    assert _amounts(five["ada"]) == (996, 0, 4)


def test_anybody_ends_a_run_that_is_forgotten(five: Members) -> None:
    account = _account(five)
    account.reserve("job", 10)
    account.deduct("job", "map f", 4)
    run = five["ada"].run_list().items[0]
    five.wait(days=31)
    five["carl"].run_expire("ada@lab", run.run)
    assert _amounts(five["ada"]) == (996, 0, 4)
    assert run.deadline is not None
    assert run.deadline - run.changed <= timedelta(days=30)


def test_an_interrupted_reserve_comes_back(five: Members) -> None:
    class Interrupted:
        """A channel whose answer an interrupt swallows, after the commit."""

        def __init__(self, chain: Chain) -> None:
            self.chain, self.id = chain, chain.id

        def call(
            self, function: str, arguments: Mapping[str, object], transient: Any = None
        ) -> Any:
            answer = self.chain.call(function, arguments, transient or {})
            if function == "run_reserve":
                raise KeyboardInterrupt
            return answer

    ledger = evolve(five["ada"], channel=Interrupted(five["ada"].chain))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        RunAccount(ledger, "nora@north").reserve("job", 10)
    assert _amounts(five["ada"]) == (1_000, 0, 0)
    assert [run.state for run in five["ada"].run_list().items] == ["cancelled"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_the_reserve_of_a_killed_process_is_free_as_soon_as_it_is_needed(five: Members) -> None:
    def die() -> None:
        account = _account(five)
        account.reserve("dead", 600)
        account.deduct("dead", "map f", 10)
        os.kill(os.getpid(), signal.SIGKILL)

    alive = _account(five)
    alive.reserve("alive", 300)
    child = multiprocessing.get_context("fork").Process(target=die)
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert _amounts(five["ada"]) == (100, 900, 0)
    alive.reserve("next", 650)  # takes the dead one's reserve, and not the living one's
    assert _amounts(five["ada"]) == (40, 950, 10)
    found = {run.run.partition(" ")[0]: run.state for run in every(five["ada"].run_list)}
    assert found == {"alive": "running", "dead": "settled", "next": "running"}
    assert verify(five["ada"].chain).finding is None


def test_a_process_is_known_by_number_and_birth() -> None:
    me = this_process()
    assert Owner.of(me.mark) == me
    assert not me.is_gone()
    if me.born:
        assert evolve(me, born="1").is_gone()  # the number was given again
    assert not evolve(me, machine="0" * 16).is_gone()
    assert Owner.of("nobody") is None
