"""Time of an operation in the machine, beside py-evm on the same loop, and of other loops.

    python -m benchmarks.vm_loop [--rounds N] [--evm-python PYTHON]

The loop adds up i from 0 to n − 1: per round two additions, a comparison and two assignments. In
the EVM that is twelve opcodes, here fourteen instructions, each metered in both. Both sides are
also given per *operation of the loop* (add, add, compare), which does not depend on how a machine
cuts it up. py-evm (the extra `bench`) may live in another environment, named by `--evm-python`;
the sides take turns, and the best of three counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

from totemlang.bytecode.lowering import lower
from totemlang.check.checker import check
from totemlang.check.library import default_library
from totemlang.diagnostics import Refused
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verified import VerifiedModule
from totemlang.verify.verifier import verify
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import prepare

REPEATS = 3
OPERATIONS_A_ROUND = 3
EVM_OPCODES_A_ROUND = 12

ADD_UP = """
long c = 0
for i = 0; i < {n}; i++ do
    c = c + i
end for
"""

LOOPS = {
    "int, overflow checked": """
int c = 0
for i = 0; i < {n}; i++ do
    c = (c + 3 * i) % 1000
end for
""",
    "double": """
double x = 0.5
for i = 0; i < {n}; i++ do
    x = 3.9 * x * (1 - x)
end for
""",
    "float, rounded": """
float x = 0.5
for i = 0; i < {n}; i++ do
    x = 3.9 * x * (1 - x)
end for
""",
    "array elements": """
double[] xs = [1.5, 2.5, 3.5, 4.5]
double total = 0
for i = 0; i < {n}; i++ do
    total += xs[i % 4]
    xs[i % 4] = total / 2
end for
""",
    "branches": """
int even = 0, odd = 0
for i = 0; i < {n}; i++ do
    if i % 2 == 0 and i >= 0 then
        even++
    else
        odd++
    end if
end for
""",
    "calls": """
function double twice(double x)
    return x + x
end function
double y = 0
for i = 0; i < {n}; i++ do
    y = twice(0.5)
end for
""",
}

EVM = """
import sys, time
from eth import constants
from eth.chains.base import Chain
from eth.db.atomic import AtomicDB
from eth.vm.forks import LondonVM
rounds = int(sys.argv[1])
kind = Chain.configure(
    "Loop", vm_configuration=((constants.GENESIS_BLOCK_NUMBER, LondonVM),), chain_id=1
)
chain = kind.from_genesis(AtomicDB(), {"difficulty": 1, "gas_limit": 10**12, "timestamp": 1})
code = bytes.fromhex("60006000" "5b8091019060010180" "63%08x" "11600457" "00" % rounds)
started = time.perf_counter()
done = chain.get_vm().execute_bytecode(
    origin=bytes(20), gas_price=1, gas=10**12, to=bytes([1]) * 20, sender=bytes(20), value=0,
    data=b"", code=code,
)
print(time.perf_counter() - started)
assert not done.is_error
"""


def compiled(text: str) -> VerifiedModule:
    """A program through the whole pipeline."""
    rules, prices, library = default_rules(), default_prices(), default_library()
    program, found = parse(Source(text), rules)
    if program is None or found:
        raise Refused(found)
    typed, found = check(program, rules, library, {})
    if typed is None:
        raise Refused(found)
    return verify(lower(typed, rules, prices), rules, prices, library)


def machine_seconds(text: str, rounds: int) -> tuple[float, int]:
    """Seconds of one run, and instructions of a round."""
    verified = compiled(text.replace("{n}", str(rounds)))
    machine = Machine(verified, (), (), Meter(2**62), prepared=prepare(verified))
    started = time.perf_counter()
    machine.run_script()
    seconds = time.perf_counter() - started
    assert verified.script is not None
    names = [i.operation for i in verified.script.code.instructions]
    return seconds, len(names) - names.index("for") - 1


def evm_seconds(python: str, rounds: int) -> float:
    """Seconds of one run of py-evm."""
    done = subprocess.run([python, "-c", EVM, str(rounds)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"py-evm does not run in {python}:\n{done.stderr[-500:]}")
    return float(done.stdout)


def best(measure: Callable[[], float]) -> float:
    """The best of a few runs."""
    return min(measure() for _ in range(REPEATS))


def main() -> None:
    """Print nanoseconds."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=1_000_000)
    options.add_argument("--evm-python", default=sys.executable)
    options.add_argument("--no-evm", action="store_true")
    chosen = options.parse_args()
    rounds, evm_rounds = chosen.rounds, max(1, chosen.rounds // 50)
    here, there = float("inf"), float("inf")
    instructions = 0
    for _ in range(REPEATS):
        seconds, instructions = machine_seconds(ADD_UP, rounds)
        here = min(here, seconds / rounds * 1e9)
        if not chosen.no_evm:
            there = min(there, evm_seconds(chosen.evm_python, evm_rounds) / evm_rounds * 1e9)
    print(f"{'ns':28}{'a round':>10}{'an operation':>14}{'an instruction':>16}")
    report("totem, sum of i", here, instructions)
    if not chosen.no_evm:
        report("py-evm, sum of i", there, EVM_OPCODES_A_ROUND)
        per_instruction = (there / EVM_OPCODES_A_ROUND) / (here / instructions)
        print(
            f"py-evm takes {there / here:.0f} times as long for the loop, "
            f"{per_instruction:.0f} times for an instruction"
        )
    for name, text in LOOPS.items():
        one = best(lambda text=text: machine_seconds(text, rounds)[0])  # type: ignore[misc]
        _, instructions = machine_seconds(text, 1)
        print(
            f"{name:28}{one / rounds * 1e9:10.0f}{'':14}{one / rounds * 1e9 / instructions:16.1f}"
        )


def report(name: str, round_ns: float, instructions: int) -> None:
    """One line."""
    operation = round_ns / OPERATIONS_A_ROUND
    print(f"{name:28}{round_ns:10.0f}{operation:14.0f}{round_ns / instructions:16.1f}")


if __name__ == "__main__":
    main()
