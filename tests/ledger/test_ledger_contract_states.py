"""The tables of states: enforced, drawn in the docs, and without a state that has no exit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from totemlang.ledger.contract import CONTRACT, Reason, Refusal
from totemlang.ledger.contract.pages import main, pages
from totemlang.ledger.contract.refusals import Unsound
from totemlang.ledger.contract.states import (
    EXPIRE,
    JOB,
    LIFECYCLES,
    REQUEST,
    Lifecycle,
    State,
    Transition,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EACH = [(lifecycle, state) for lifecycle in LIFECYCLES for state in lifecycle.states]


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_pages_are_fresh(name: str) -> None:
    again = f"run `python -m totemlang.ledger.contract.pages {DOCS}`"
    assert (DOCS / name).read_text() == pages()[name], again


def test_pages_are_written(tmp_path: Path) -> None:
    main(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == set(pages())


@pytest.mark.parametrize(
    ("lifecycle", "state"), EACH, ids=[f"{kind.kind}-{state.name}" for kind, state in EACH]
)
def test_every_state_ends_by_waiting_alone(lifecycle: Lifecycle, state: State) -> None:
    record = {"state": state.name, "changed": "", "deadline": "2026-03-01T11:00:00.000Z"}
    moment = NOON
    for _ in lifecycle.states:
        if lifecycle[record["state"]].is_final:
            break
        record = lifecycle.advance(record, EXPIRE, moment)
        moment += timedelta(days=100)
    assert lifecycle[record["state"]].is_final
    assert state.is_final or record["deadline"] is None


@pytest.mark.parametrize(
    ("lifecycle", "state"), EACH, ids=[f"{kind.kind}-{state.name}" for kind, state in EACH]
)
def test_what_is_not_in_the_table_is_refused(lifecycle: Lifecycle, state: State) -> None:
    actions = {t.action for t in lifecycle.transitions} | {"vanish"}
    possible = {t.action for t in lifecycle.transitions if t.source == state.name}
    record = {"state": state.name, "changed": "", "deadline": "2027-01-01T00:00:00.000Z"}
    for action in sorted(actions - possible):
        with pytest.raises(Refusal) as caught:
            lifecycle.advance(record, action, NOON)
        assert caught.value.reason is Reason.STATE
    if state.is_final:
        assert not possible


def test_deadlines_and_clocks_hold_to_the_millisecond() -> None:
    record = JOB.begin(NOON)
    end = NOON + timedelta(days=1)
    assert JOB.advance(record, "accept_last", end)["state"] == "accepted"
    with pytest.raises(Refusal, match="LDG112"):
        JOB.advance(record, EXPIRE, end)
    beyond = end + timedelta(milliseconds=1)
    with pytest.raises(Refusal, match="LDG111"):
        JOB.advance(record, "accept_last", beyond)
    assert JOB.advance(record, EXPIRE, beyond)["state"] == "expired"
    with pytest.raises(Refusal, match="LDG107"):
        JOB.advance(record, "accept_last", NOON - timedelta(milliseconds=1))
    with pytest.raises(Refusal, match="LDG107"):
        REQUEST.begin(datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "transitions",
    [
        (),
        (Transition("open", "close", "closed", "anybody"),),
        (Transition("open", EXPIRE, "open", "anybody"),),
        (Transition("open", EXPIRE, "gone", "anybody"),),
        (
            Transition("open", EXPIRE, "closed", "anybody"),
            Transition("closed", "reopen", "open", "anybody"),
        ),
    ],
    ids=["no exit", "no expiry", "a circle", "an unknown state", "a final state with an exit"],
)
def test_a_table_with_a_hole_cannot_be_made(transitions: tuple[Transition, ...]) -> None:
    states = (State("open", "it is open", wait=timedelta(days=1)), State("closed", "it is closed"))
    with pytest.raises(Unsound):
        Lifecycle("door", states, transitions)


def test_codes_of_refusals_and_functions_are_declared_once() -> None:
    codes = [reason.code for reason in Reason]
    assert len(set(codes)) == len(codes) == len(Reason.__members__)
    for name, function in CONTRACT.items():
        assert name == function.name
        assert function.doc.endswith(".")
