"""Loops in Starlark (the package `starlark-pyo3`).

python -m benchmarks.loops.starlark_loop steps add_up 1000000
"""

from __future__ import annotations

import sys
import time

import starlark

from benchmarks.loops.catalogue import LOOPS


def seconds(loop: str, rounds: int) -> float:
    """Seconds of one run; parsing is not timed."""
    tree = starlark.parse("loop.star", LOOPS[loop].starlark.replace("{n}", str(rounds)))
    module, known = starlark.Module(), starlark.Globals.standard()
    began = time.process_time()
    starlark.eval(module, tree, known)
    return time.process_time() - began


if __name__ == "__main__":
    print(seconds(sys.argv[2], int(sys.argv[3])))
