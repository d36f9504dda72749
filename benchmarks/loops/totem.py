"""Loops in TOTEM, in either tier.

    python -m benchmarks.loops.totem native add_up 100000000

Only the run is timed; compiling is not. `unmetered` is the native tier without metering.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from benchmarks.loops.catalogue import LOOPS, TOTEM_LOOPS
from totemlang.program import Program
from totemlang.source import Source
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import prepare


def machine_for(tier: str, verified: VerifiedModule) -> Any:
    """A machine of a tier, ready to run."""
    if tier == "interpreter":
        return Machine(verified, (), (), Meter(2**62), prepared=prepare(verified))
    from benchmarks.unmetered import unmetered_build
    from totemlang.native.machine import NativeMachine
    from totemlang.native.translation import translator

    if tier == "unmetered":
        with unmetered_build():
            plan = translator.translate_module(verified)
    else:
        plan = translator.translate_module(verified)
    return NativeMachine(verified, (), (), Meter(2**62), plan=plan)


def seconds(tier: str, loop: str, rounds: int) -> float:
    """Seconds of one run."""
    text = LOOPS[loop].totem if loop in LOOPS else TOTEM_LOOPS[loop]
    machine = machine_for(tier, Program(Source(text.replace("{n}", str(rounds)))).accept())
    began = time.process_time()
    machine.run_script()
    return time.process_time() - began


if __name__ == "__main__":
    print(seconds(sys.argv[1], sys.argv[2], int(sys.argv[3])))
