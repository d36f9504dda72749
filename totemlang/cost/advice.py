"""What makes most of a bound, and what would lower it."""

from __future__ import annotations

from collections.abc import Iterator

from totemlang.cost.bounding import substitute
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import exactly
from totemlang.cost.job_cost import JobCost
from totemlang.cost.polynomial import Coefficient, Polynomial, Symbol
from totemlang.cost.tally import called_at, line_of, line_total

WORTH = 20
"""A symbol is worth a hint if knowing it lowers the bound by one part in so many."""


def hint_for(job: JobCost) -> str:
    """A sentence on the line that makes most of the bound, and on what would lower it."""
    bound = job.total.upper
    if bound is None:
        return ""
    most = evaluate(bound, Side.UPPER)
    if most is None:
        needed = list(dict.fromkeys(_open_symbols(job, bound)))
        return "; ".join(needed)
    if most <= 0:
        return ""
    parts = [_largest_line(job, most), _best_knowledge(job, bound, most)]
    return "; ".join(part for part in parts if part)


def _open_symbols(job: JobCost, bound: Polynomial) -> Iterator[str]:
    for name in sorted(bound.names):
        symbol = job.symbols.get(name)
        if symbol is not None and symbol.high is None and symbol.ceiling is None:
            yield f"nothing bounds {name}: {symbol.advice or 'it is not published'}"


def _largest_line(job: JobCost, most: Coefficient) -> str:
    """The line that costs most, with what it calls of the library."""
    shares: list[tuple[Coefficient, int]] = []
    for resource in job.lines.uses:
        line = line_of(resource)
        if not line:
            continue
        own = job.lines.of(line_total(line)).plus(job.lines.of(called_at(line)))
        value = None if own.upper is None else evaluate(own.upper, Side.UPPER)
        if value is not None:
            shares.append((value, line))
    if not shares:
        return ""
    value, line = max(shares, key=lambda share: (share[0], -share[1]))
    reading = sum(
        found
        for stage in job.stages
        if stage.reading.upper is not None
        and (found := evaluate(stage.reading.upper, Side.UPPER)) is not None
    )
    if reading > value:
        return f"reading makes {_percent(reading, most)} of the bound"
    return f"line {line} makes {_percent(value, most)} of the bound"


def _percent(part: Coefficient, whole: Coefficient) -> str:
    return f"{min(100, round(100 * part / whole))} %"


def _best_knowledge(job: JobCost, bound: Polynomial, most: Coefficient) -> str:
    """The symbol whose exact value could lower the bound most."""
    best: tuple[Coefficient, str] = (0, "")
    for name in sorted(bound.names):
        symbol = job.symbols.get(name)
        if symbol is None or not symbol.advice:
            continue
        gain = _gain(symbol, bound, most)
        if gain > best[0] and gain * WORTH >= most:
            best = gain, symbol.advice
    return f"to lower it, {best[1]}" if best[1] else ""


def _gain(symbol: Symbol, bound: Polynomial, most: Coefficient) -> Coefficient:
    gains: list[Coefficient] = [0]
    for end in (symbol.low, symbol.high):
        if end is None or symbol.low == symbol.high:
            continue
        known = substitute(bound, {symbol.name: exactly(end)}, Side.UPPER)
        value = None if known is None else evaluate(known, Side.UPPER)
        if value is not None:
            gains.append(most - value)
    return max(gains)
