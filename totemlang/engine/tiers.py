"""The tiers that run bytecode, and which of them a run is worth."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

try:
    import resource
except ImportError:  # Windows bounds no addresses
    resource = None  # type: ignore[assignment]

from attrs import define, field

from totemlang.bytecode.module import Value
from totemlang.data.lookup import LookupTable
from totemlang.diagnostics import UsageError
from totemlang.engine.interpreted import InterpretedMachine
from totemlang.engine.ordering import BringTogether, group
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.meter import Purse
from totemlang.vm.prepared import Prepared, prepare
from totemlang.vm.tier import StageMachine

if TYPE_CHECKING:
    from totemlang.native.translation.plan import Plan

AUTO, INTERPRETER, NATIVE = "auto", "interpreter", "native"
TIERS = (AUTO, INTERPRETER, NATIVE)

NATIVE_ROWS = 200_000
NATIVE_TOTEM = 10_000_000
"""Rows, or totem expected, from which on a compiler is worth waiting for.

To import, translate and compile takes 0.2 s, which interpreting so much takes too."""


@define(eq=False)
class Tier:
    """A tier by name, `interpreter` or `native`, for the machines of one job.

    A module that is too large for the native tier is interpreted there.
    """

    name: str
    _prepared: Prepared | None = field(default=None, init=False)
    _plan: Plan | None = field(default=None, init=False)

    @property
    def is_native(self) -> bool:
        """Whether its machines run native code, several of them at the same time in a process."""
        return self.name == NATIVE

    @property
    def map_rows(self) -> int:
        """Rows that a map takes at once."""
        return 131_072 if self.is_native else 16_384

    @property
    def stream_rows(self) -> int:
        """Rows, at most, that a map takes at once where nothing has to hold what it emits."""
        return 1 << 20 if self.is_native else self.map_rows

    @property
    def bring_together(self) -> BringTogether:
        """How rows are brought together by key."""
        if not self.is_native:
            return group
        from totemlang.engine.native_groups import bring_together

        return bring_together

    def machine(
        self,
        verified: VerifiedModule,
        globals: Sequence[Value],
        lookups: Sequence[LookupTable],
        purse: Purse,
    ) -> StageMachine:
        """A machine for one thread, paid from the purse."""
        found = self._native(verified, globals, lookups, purse) if self.is_native else None
        if found is not None:
            return found
        if self._prepared is None:
            self._prepared = prepare(verified)
        return InterpretedMachine(verified, globals, lookups, purse, prepared=self._prepared)

    def _native(
        self,
        verified: VerifiedModule,
        globals: Sequence[Value],
        lookups: Sequence[LookupTable],
        purse: Purse,
    ) -> StageMachine | None:
        from totemlang.native.limits import NotNative
        from totemlang.native.machine import NativeMachine
        from totemlang.native.translation.translator import plan_of

        try:
            if self._plan is None:
                self._plan = plan_of(verified)
            return NativeMachine(verified, globals, lookups, purse, plan=self._plan)
        except NotNative:
            return None


def chosen_tier(wanted: str, rows: int, totem: int = 0) -> Tier:
    """The tier for data of so many rows, and a run that is expected to use so much totem.

    Raises:
        UsageError: for a tier that there is not.
    """
    if wanted not in TIERS:
        raise UsageError(f"there is no tier {wanted!r} (there are: {', '.join(TIERS)})")
    missing = _missing_for_native()
    if wanted == NATIVE and missing:
        raise UsageError(f"the native tier needs {missing}")
    if wanted == AUTO:
        is_large = rows >= NATIVE_ROWS or totem >= NATIVE_TOTEM
        return Tier(NATIVE if is_large and not missing else INTERPRETER)
    return Tier(wanted)


def _missing_for_native() -> str:
    """What the native tier needs and does not have; "" where it has all."""
    if find_spec("wasmtime") is None:
        return "the package wasmtime"
    # Each memory of a machine or grouping takes four gigabytes of addresses, used or not.
    if resource is not None and resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        return "unlimited address space (see `ulimit -v`)"
    return ""
