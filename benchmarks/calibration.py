"""Nanoseconds a totem for each class of operation: does the price table follow what they take?

    python -m benchmarks.calibration [--tiers native interpreter] [--output FILE]

Each operation is run in a loop of a script whose operands change every round, else a compiler
would take it out of the loop. Short ones stand there in a chain, each on the outcome of the one
before: the time is that of a longer chain less that of a shorter one, so it is the time that the
operation keeps others waiting. Of the rest, time and totem of the loop without them are taken off.

An operation is flagged where a totem of it takes more than three times as long as the median, or
less than a third; for those a weight is proposed that would bring it to the median. The weights of
the thesis (add 2; assign, relational and read 1) stay as they are, whatever is measured.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from attrs import frozen

from benchmarks.loops.totem import machine_for
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.prices import default_prices

ROUNDS = {"native": 1_000_000, "interpreter": 20_000}
OF_THE_THESIS = frozenset({"add", "assign", "relational", "read"})
FAR = 3.0

DECLARED = """\
int i0 = 0, i1 = 1, i2 = 1, i3 = 3, i5 = 5, i9 = 9
long l0 = 0, l2 = 1, l3 = 3, l9 = 9
float f0 = 0.0, f3 = 1.0
double d0 = 0.0, d1 = 1.0, d2 = 1.0, d3 = 1.0
bool b1 = true, b2 = true, b3 = false
string s1 = "half past four", s2 = "half past five", s3 = ""
date day1 = date("2019-02-25")
timestamp t1 = timestamp("2019-02-25T10:30:00"), t3 = t1
duration p1 = minutes(30), p2 = days(0)
double[] xs = fill(48, 0.25), ones = fill(4, 1.0)
float[] small = fill(4, float(0))
double[] zeros = fill(4, 0.0)
int[] none = fill(4, 0), units = fill(4, 1), fives = fill(4, 5), next = [1, 2, 3, 0]
long[] few = fill(4, long(0)), longs = fill(4, 1)
bool[] truths = fill(4, true)
string[] texts = ["half past four", "half past nine", "quarter past six", "noon"]
timestamp[] times = [t1, t1 + hours(7), t1 + days(40), t1 - minutes(1)]
duration[] spans = fill(4, minutes(30)), nothings = fill(4, days(0))
function double same(double x)
    return x
end function
"""

FRESH = {
    "i": "i0 = none[n % 4]\n    i2 = units[n % 4]\n    i9 = n + 7",
    "l": "l0 = few[n % 4]\n    l2 = longs[n % 4]\n    l9 = n + 7",
    "f": "f0 = small[n % 4]",
    "d": "d0 = zeros[n % 4]\n    d2 = ones[n % 4]\n    i5 = fives[n % 4]",
    "b": "b2 = truths[n % 4]\n    b1 = b3 == b2",
    "p": "p1 = spans[n % 4]\n    p2 = nothings[n % 4]",
    "c": "i0 = none[n % 4]",
    "s": "s1 = texts[n % 4]",
    "t": "t1 = times[n % 4]",
    "y": "day1 = date(times[n % 4])",
    "x": "xs[n % 48] = d2",
    "m": "d1 = n",
}
"""What gives operands another value each round, by a word for the kind of operands."""

CHAINS = (8, 24)
"""Lengths of the two chains of a short operation."""


@frozen
class Operation:
    """An operation: what it is stored to, the expression, what to renew and its weight.

    Where the target is in the expression the operation is short and stands there in a chain: so
    none can be left out or run beside the other.
    """

    target: str
    expression: str
    fresh: str
    weight: str

    @property
    def copies(self) -> tuple[int, int]:
        """How often it stands in the loops that are compared."""
        return CHAINS if self.target in self.expression else (0, 1)


OPERATIONS = tuple(
    Operation(*each)
    for each in (
        ("i3", "i3 + i0", "i", "add"),
        ("l3", "l3 + l0", "l", "add"),
        ("f3", "f3 + f0", "f", "add"),
        ("d3", "d3 + d0", "d", "add"),
        ("i3", "i3 - i0", "i", "subtract"),
        ("d3", "d3 - d0", "d", "subtract"),
        ("i3", "i3 * i2", "i", "multiply"),
        ("l3", "l3 * l2", "l", "multiply"),
        ("d3", "d3 * d2", "d", "multiply"),
        ("d3", "d3 / d2", "d", "divide"),
        ("i3", "i3 // i2", "i", "divide"),
        ("i3", "i3 % i9", "i", "divide"),
        ("l3", "l3 % l9", "l", "divide"),
        ("d3", "d3 ** i5", "d", "power"),
        ("d3", "sqrt(d3)", "d", "square_root"),
        ("d3", "max(d3, d2)", "d", "relational"),
        ("i3", "i3 - int(i3 > i9)", "i", "relational"),
        ("b3", "b3 and b2", "b", "logic"),
        ("b3", "b3 or b2", "b", "logic"),
        ("i3", "bit_and(bit_xor(i3, i2), i9)", "i", "bits"),
        ("l3", "round(double(l3))", "l", "convert"),
        ("i3", "hour(t1)", "t", "convert"),
        ("i3", "month(day1)", "y", "convert"),
        ("t3", "t3 + p2", "p", "add"),
        ("t3", "floor(t3, p1)", "p", "divide"),
        ("i3", "next[i3]", "c", "index"),
        ("d3", "same(d3)", "d", "call"),
        ("d3", "sum(xs)", "x", "add"),
        ("d3", "max(xs)", "x", "relational"),
        ("b3", "s1 < s2", "s", "relational"),
        ("s3", "upper(s1)", "s", "convert"),
        ("s3", "substr(s1, 0, 4)", "s", "convert"),
        ("i3", "len(words(s1))", "s", "relational"),
        ("d3", "stats.stddev(xs)", "x", "library"),
        ("d3", "math.exp(d2)", "d", "library"),
        ("d3", "math.sin(d1)", "m", "library"),
    )
)


@frozen
class Found:
    """What was measured of an operation in a tier."""

    operation: Operation
    totem: float
    nanoseconds: float

    @property
    def a_totem(self) -> float:
        """Nanoseconds a totem."""
        return self.nanoseconds / self.totem


def run(tier: str, statements: str, rounds: int, repeat: int = 3) -> tuple[float, int]:
    """Seconds (the best of some runs) and totem of a loop of statements."""
    text = f"{DECLARED}for n = 0; n < {rounds}; n++ do\n    {statements}\nend for\n"
    verified = Program(Source(text)).accept()
    best, used = float("inf"), 0
    for _ in range(repeat):
        machine = machine_for(tier, verified)
        began = time.process_time()
        machine.run_script()
        best = min(best, time.process_time() - began)
        used = machine.totals().used
    return best, used


def measured(tier: str, operation: Operation) -> Found:
    """Time and totem of an operation alone."""
    rounds = ROUNDS[tier]
    if operation.weight == "library" or "(xs)" in operation.expression:
        rounds //= 10
    fresh = FRESH[operation.fresh]
    statement = f"\n    {operation.target} = {operation.expression}"
    fewer, more = operation.copies
    short, paid = run(tier, fresh + statement * fewer, rounds)
    long, used = run(tier, fresh + statement * more, rounds)
    times = rounds * (more - fewer)
    return Found(operation, (used - paid) / times, max(long - short, 0.0) / times * 1e9)


def proposed(found: Found, median: float) -> str:
    """What to say of an operation that is far off the median."""
    off = found.a_totem / median
    if 1 / FAR <= off <= FAR:
        return ""
    name = found.operation.weight
    if name == "library":
        return f"{off:.2g} × the median"
    weight = default_prices().weight(name)
    if name in OF_THE_THESIS:
        return f"{off:.2g} × the median ({name} {weight} is the thesis's)"
    return f"{off:.2g} × the median: {name} {weight} → {max(1, round(weight * off))}"


def report(tier: str) -> str:
    """The table of a tier in markdown."""
    found = [measured(tier, operation) for operation in OPERATIONS]
    median = statistics.median(each.a_totem for each in found if each.nanoseconds > 0)
    lines = [
        f"## {tier.capitalize()}: median {median:.3g} ns a totem",
        "",
        "| operation | weight | totem | ns | ns a totem | flagged |",
        "|---|---|---:|---:|---:|---|",
    ]
    lines += [
        f"| `{each.operation.expression}` | {each.operation.weight} | {each.totem:.0f} "
        f"| {each.nanoseconds:.2f} | {each.a_totem:.3g} | {proposed(each, median)} |"
        for each in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print; write if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tiers", nargs="+", default=list(ROUNDS), choices=list(ROUNDS))
    parser.add_argument("--output", type=Path)
    chosen = parser.parse_args()
    text = "# Calibration: nanoseconds a totem\n\n`make bench-calibration`, processor time.\n\n"
    text += "\n".join(report(tier) for tier in chosen.tiers)
    print(text)
    if chosen.output:
        chosen.output.parent.mkdir(parents=True, exist_ok=True)
        chosen.output.write_text(text)


if __name__ == "__main__":
    main()
