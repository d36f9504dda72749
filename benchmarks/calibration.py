"""Nanoseconds a totem for each operation: does the price table follow what operations take?

Each operation is run in a loop; time and totem of the same loop with a plain store are taken off.
"""

from __future__ import annotations

import time

from totemlang.program import Program
from totemlang.source import Source
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter

ROUNDS = 100_000

DECLARED = """\
int i1 = 12, i2 = 5, i3 = 0
long l1 = 12345678901, l2 = 77, l3 = 0
float f1 = 1.5, f2 = 0.3, f3 = 0.0
double d1 = 1.5, d2 = 0.3, d3 = 0.0
bool b1 = true, b2 = false, b3 = false
string s1 = "half past four", s2 = "half past five", s3 = ""
date day1 = date("2019-02-25"), day3 = date("2019-02-25")
timestamp t1 = timestamp("2019-02-25T10:30:00"), t3 = t1
duration p1 = minutes(30), p3 = p1
double[] xs = fill(48, 0.25)
"""

OPERATIONS = (
    ("i3", "i1 + i2"),
    ("l3", "l1 + l2"),
    ("f3", "f1 + f2"),
    ("d3", "d1 + d2"),
    ("d3", "d1 * d2"),
    ("d3", "d1 / d2"),
    ("i3", "i1 // i2"),
    ("i3", "i1 % i2"),
    ("d3", "d1 ** i2"),
    ("d3", "sqrt(d1)"),
    ("d3", "abs(d1)"),
    ("d3", "max(d1, d2)"),
    ("b3", "d1 < d2"),
    ("b3", "b1 and b2"),
    ("i3", "bit_xor(i1, i2)"),
    ("l3", "round(d1)"),
    ("i3", "hour(t1)"),
    ("i3", "month(day1)"),
    ("t3", "t1 + p1"),
    ("t3", "floor(t1, p1)"),
    ("d3", "xs[i2]"),
    ("d3", "sum(xs)"),
    ("d3", "max(xs)"),
    ("b3", "s1 < s2"),
    ("s3", "upper(s1)"),
    ("s3", "substr(s1, 5, 4)"),
    ("i3", "len(words(s1))"),
    ("d3", "stats.stddev(xs)"),
    ("d3", "math.exp(d1)"),
    ("d3", "math.sin(d1)"),
)
"""A variable and the expression that is stored to it, of its type."""


def measured(statement: str, rounds: int) -> tuple[float, int]:
    """Seconds and totem of a loop with that statement; the best of three runs."""
    text = f"{DECLARED}for n = 0; n < {rounds}; n++ do\n    {statement}\nend for\n"
    verified = Program(Source(text)).accept()
    best, used = float("inf"), 0
    for _ in range(3):
        machine = Machine(verified, [], [], Meter(2**62))
        began = time.perf_counter()
        machine.run_script()
        best = min(best, time.perf_counter() - began)
        used = machine.totals().used
    return best, used


def main() -> None:
    """Print a line an operation."""
    print(f"{'operation':20} {'totem':>7} {'ns':>8} {'ns/totem':>9}")
    for variable, expression in OPERATIONS:
        rounds = ROUNDS // 20 if "." in expression or "xs)" in expression else ROUNDS
        seconds, used = measured(f"{variable} = {expression}", rounds)
        base, paid = measured(f"{variable} = {variable[:-1]}1", rounds)
        paid -= measured_store(variable) * rounds
        totem = (used - paid) / rounds
        nanoseconds = max(seconds - base, 0.0) / rounds * 1e9
        print(f"{expression:20} {totem:7.0f} {nanoseconds:8.1f} {nanoseconds / totem:9.2f}")


def measured_store(variable: str) -> int:
    """Totem of a plain store to the variable."""
    text = f"{DECLARED}{variable} = {variable[:-1]}1\n"
    used = []
    for each in (DECLARED, text):
        machine = Machine(Program(Source(each)).accept(), [], [], Meter(2**62))
        machine.run_script()
        used.append(machine.totals().used)
    return used[1] - used[0]


if __name__ == "__main__":
    main()
