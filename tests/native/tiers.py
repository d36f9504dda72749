"""Whole runs in both tiers: everything that an outcome tells must be the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from totemlang.engine.outcome import Outcome
from totemlang.engine.tiers import Tier
from totemlang.native.machine import NativeMachine


@contextmanager
def native_machines() -> Iterator[list[NativeMachine]]:
    """Runs within make native machines, which are listed here."""
    made: list[NativeMachine] = []

    def machine(_: Tier, *given: Any) -> NativeMachine:
        made.append(NativeMachine(*given))
        return made[-1]

    with patch.object(Tier, "machine", machine):
        yield made


def told(outcome: Outcome) -> dict[str, Any]:
    """What an outcome tells."""
    usage = outcome.usage
    error = outcome.error
    return {
        "status": outcome.status,
        "totem": outcome.totem,
        "by line": {line: totem for line, totem in usage.by_line.items() if totem},
        "by group": {group: totem for group, totem in usage.by_group.items() if totem},
        "by stage": {each.name: each.totem for each in usage.by_stage if each.totem},
        "result": None if outcome.receipt is None else outcome.receipt.result,
        "error": None if error is None else (str(error), getattr(error, "line", None)),
    }


def assert_tiers_agree(run: Callable[[], Outcome]) -> Outcome:
    """Run in both tiers; the outcome of the interpreter."""
    expected = run()
    with native_machines() as made:
        found = run()
    assert told(found) == told(expected)
    assert not any(machine.given_up for machine in made)
    assert made or expected.status not in ("done", "out_of_totem")
    return expected
