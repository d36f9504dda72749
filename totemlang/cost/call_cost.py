"""The cost of a call: the function's formula, with the arguments in place of its symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from totemlang.cost.abstract import AbstractValue, Array, intervals, with_variety, within
from totemlang.cost.analysis import Summary
from totemlang.cost.interval import Interval
from totemlang.cost.paths import Region
from totemlang.cost.tally import TOTEM, Tally, called_at, line_total
from totemlang.cost.transfer import variety_with_absence
from totemlang.cost.variety import Variety, combined
from totemlang.schema.types import Type

if TYPE_CHECKING:
    from totemlang.cost.body_cost import Body


def call(body: Body, region: Region, index: int) -> int:
    """Charge a call, and leave what is known of its result.

    What a function of the program charges is shown at its own lines. What one of the library
    charges has no line of the program (0), but it is known which line called it.
    """
    types = body.step(index).operands
    arguments = region.pop(len(types))
    body.charge(region, index, arguments)
    number = body.instruction(index).immediates[0]
    summary = body.analysis.summaries[number]
    body.analysis.worked(summary.tally.weight)
    bounds = bounds_of(summary, arguments)
    used = summary.tally
    if body.analysis.lines_are_lost:
        used = Tally({TOTEM: used.of(TOTEM)})
    tally = used.within(bounds)
    total = tally.of(TOTEM)
    if total.upper is None and summary.tally.of(TOTEM).upper is not None:
        body.note_unbounded(index, "how much the function called")
    region.settle()
    region.add(TOTEM, total)
    if body.line_at is not None:
        _charge_lines(body, region, index, tally)
    region.stack.append(_result(summary, bounds, arguments, types))
    return index + 1


def bounds_of(summary: Summary, arguments: Sequence[AbstractValue]) -> dict[str, Interval]:
    """What the symbols of a function's parameters lie between in a call."""
    bounds: dict[str, Interval] = {}
    for pairs, argument in zip(summary.quantities, arguments, strict=True):
        for (low, high), quantity in zip(pairs, intervals(argument), strict=True):
            if low and low == high:
                bounds[low] = quantity
            elif low:
                bounds[low] = Interval(quantity.low, quantity.low)
                bounds[high] = Interval(quantity.high, quantity.high)
    return bounds


def _charge_lines(body: Body, region: Region, index: int, tally: Tally) -> None:
    analysis = body.analysis
    if analysis.function(body.instruction(index).immediates[0]).library:
        total = tally.of(TOTEM)
        region.add_lines(Tally({line_total(0): total, called_at(body.line(index)): total}))
        return
    lines = Tally({resource: use for resource, use in tally.uses.items() if resource != TOTEM})
    analysis.line_work += lines.weight
    if not analysis.lines_are_lost:
        region.add_lines(lines)


def _result(
    summary: Summary,
    bounds: dict[str, Interval],
    arguments: Sequence[AbstractValue],
    types: Sequence[Type],
) -> AbstractValue:
    """A function of its arguments takes no more values than these together."""
    found = within(summary.result, bounds)
    if isinstance(found, Array):
        return found
    given = zip(arguments, types, strict=True)
    together = combined(variety_with_absence(value, at) for value, at in given)
    own = found.variety.choices
    counts = [count for count in (own, together.choices) if count is not None]
    return with_variety(found, Variety(min(counts, default=None), together.sources))
