"""Nanoseconds a totem for each class of operation: does the price table follow what they take?

    python -m benchmarks.calibration [--tiers native interpreter] [--classes NAME …]
                                     [--prices FILE] [--output FILE]

A class is a weight of `rules/prices.csv`; its figure is the geometric mean of what its operations
(`calibrated.py`) take. It is flagged where a totem of it takes more than three times as long as
the median of the classes, or less than a third; then a weight is proposed that would bring it to
the median. The weights of the thesis (add 2; assign, relational and read 1) stay as they are,
whatever is measured. The native tier decides.

Each operation is run in a loop of a script. Short ones stand there in a chain, each on the outcome
of the one before: the time is that of a longer chain less that of a shorter one. Of the rest, time
and totem of the loop without them are taken off. Reading is measured in a job.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen

from benchmarks.calibrated import DECLARED, FRESH, LIBRARY, OPERATIONS, Operation
from benchmarks.calibrated_reading import READ, reading
from benchmarks.loops.totem import machine_for
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.prices import PriceTable, default_prices, load_prices

ROUNDS = {"native": 1_000_000, "interpreter": 20_000}
REPEAT = 5
OF_THE_THESIS = frozenset({"add", "assign", "relational", "read"})
FAR = 3.0

LEAST = {"native": 0.01, "interpreter": 1.0}
"""Nanoseconds that can be told from none: what takes less is taken to take so long."""


@frozen
class Found:
    """What was measured of an operation: totem and nanoseconds of one, at least `least`."""

    statement: str
    weight: str
    totem: float
    nanoseconds: float
    least: float = 0.0

    @property
    def a_totem(self) -> float:
        """Nanoseconds a totem."""
        return max(self.nanoseconds, self.least) / self.totem


@frozen
class Loop:
    """Seconds (the best of some runs) and totem of a loop of statements."""

    seconds: float
    totem: int

    def __sub__(self, other: Loop) -> Loop:
        """What it takes more than another."""
        return Loop(self.seconds - other.seconds, self.totem - other.totem)


def run(tier: str, statements: str, rounds: int, prices: PriceTable) -> Loop:
    """Run a loop of statements, for so many rounds."""
    text = f"{DECLARED}for n = 0; n < {rounds}; n++ do\n    {statements}\nend for\n"
    verified = Program(Source(text), prices=prices).accept()
    best, used = float("inf"), 0
    for _ in range(REPEAT):
        machine = machine_for(tier, verified)
        began = time.process_time()
        machine.run_script()
        best = min(best, time.process_time() - began)
        used = machine.totals().used
    return Loop(best, used)


def measured(tier: str, operation: Operation, prices: PriceTable) -> Found:
    """Time and totem of an operation alone."""
    rounds = ROUNDS[tier] // (10 if operation.slow else 1)
    fresh = FRESH[operation.fresh]
    fewer, more = operation.copies

    def alone(statement: str) -> Loop:
        longer, shorter = (
            run(tier, fresh + f"\n    {statement}" * often, rounds, prices)
            for often in (more, fewer)
        )
        return longer - shorter

    found = alone(operation.statement)
    if operation.beside:
        found -= alone(operation.beside)
    times = rounds * (more - fewer)
    nanoseconds = found.seconds / times * 1e9
    each = (found.totem / times, nanoseconds, LEAST[tier])
    return Found(operation.statement, operation.weight, *each)


def everything(tier: str, prices: PriceTable, classes: Iterable[str]) -> list[Found]:
    """All operations of the classes, and a row read."""
    wanted = frozenset(classes)
    found = [measured(tier, each, prices) for each in OPERATIONS if each.weight in wanted]
    if READ in wanted:
        rows = ROUNDS[tier]
        seconds, totem = reading(tier, rows, prices, REPEAT)
        found.append(Found("a row of eight columns", READ, totem, seconds * 1e9))
    return found


def by_class(found: Sequence[Found]) -> dict[str, float]:
    """The figure of each class: the geometric mean of its operations' nanoseconds a totem."""
    figures: dict[str, list[float]] = {}
    for each in found:
        figures.setdefault(each.weight, []).append(each.a_totem)
    return {name: statistics.geometric_mean(those) for name, those in figures.items()}


def said(name: str, off: float, prices: PriceTable) -> str:
    """What to say of a class whose figure is `off` times the median."""
    words = ["the thesis's, stays"] if name in OF_THE_THESIS else []
    if not 1 / FAR <= off <= FAR:
        words.append("**flagged**")
        if name not in OF_THE_THESIS:
            weight = prices.weight(name)
            words.append(f"at the median with {max(1, round(weight * off))}")
    return ", ".join(words)


def report(tier: str, found: Sequence[Found], prices: PriceTable) -> str:
    """The tables of a tier in markdown: classes, and the operations they are made of."""
    figures = by_class(found)
    library = figures.pop(LIBRARY, None)
    median = statistics.median(figures.values())
    lines = [
        f"## {tier.capitalize()}: median of the classes {median:.3g} ns a totem",
        "",
        "| class | weight | ns a totem | × the median | |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [
        f"| {name} | {prices.weight(name)} | {figure:.3g} | {figure / median:.2f} "
        f"| {said(name, figure / median, prices)} |"
        for name, figure in sorted(figures.items(), key=lambda each: each[1])
    ]
    if library is not None:
        lines.append(
            f"| functions of the library | | {library:.3g} | {library / median:.2f} "
            "| cost what they are made of |"
        )
    lines += [
        "",
        "| operation | class | totem | ns | ns a totem | × the median |",
        "|---|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| `{each.statement}` | {each.weight} | {each.totem:.0f} | {each.nanoseconds:.2f} "
        f"| {each.a_totem:.3g} | {each.a_totem / median:.2f} |"
        for each in found
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print; write if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [*dict.fromkeys(each.weight for each in OPERATIONS), READ]
    parser.add_argument("--tiers", nargs="+", default=list(ROUNDS), choices=list(ROUNDS))
    parser.add_argument("--classes", nargs="+", default=names, choices=names)
    parser.add_argument("--prices", type=Path, help="another table than the package's")
    parser.add_argument("--output", type=Path)
    chosen = parser.parse_args()
    prices = default_prices()
    if chosen.prices:
        prices = load_prices(chosen.prices.read_text(), str(chosen.prices))
    text = "# Calibration: nanoseconds a totem\n\n`make bench-calibration`, processor time.\n\n"
    text += "\n".join(
        report(tier, everything(tier, prices, chosen.classes), prices) for tier in chosen.tiers
    )
    print(text)
    if chosen.output:
        chosen.output.parent.mkdir(parents=True, exist_ok=True)
        chosen.output.write_text(text)


if __name__ == "__main__":
    main()
