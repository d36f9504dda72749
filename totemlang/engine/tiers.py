"""The tiers that run bytecode, and which of them a run is worth."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from totemlang.bytecode.module import Value
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import UsageError
from totemlang.engine.interpreted import InterpretedMachine
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.meter import Purse
from totemlang.vm.tier import StageMachine

AUTO, INTERPRETER, NATIVE = "auto", "interpreter", "native"
TIERS = (AUTO, INTERPRETER, NATIVE)


@frozen
class Tier:
    """A tier by name, `interpreter` or `native`."""

    name: str

    @property
    def runs_in_threads(self) -> bool:
        """Whether machines of one process run at the same time."""
        return self.name == NATIVE

    def machine(
        self,
        verified: VerifiedModule,
        globals: Sequence[Value],
        lookups: Sequence[LookupTable],
        purse: Purse,
    ) -> StageMachine:
        """A machine for one thread, paid from the purse."""
        return InterpretedMachine(verified, globals, lookups, purse)


def chosen_tier(wanted: str, rows: int) -> Tier:
    """The tier for data of so many rows.

    Raises:
        UsageError: for a tier that there is not.
    """
    if wanted not in TIERS:
        raise UsageError(f"there is no tier {wanted!r} (there are: {', '.join(TIERS)})")
    return Tier(INTERPRETER)
