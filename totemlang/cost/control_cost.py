"""What control costs: branches, logic that may be cut short, leaving, calls and records."""

from __future__ import annotations

from collections.abc import Mapping

from totemlang.cost.abstract import AbstractValue, Facts, Number, variety_of
from totemlang.cost.body_cost import Body, Control
from totemlang.cost.call_cost import call
from totemlang.cost.guards import guarded
from totemlang.cost.interval import exactly
from totemlang.cost.loop_cost import walk_for, walk_foreach, walk_while
from totemlang.cost.paths import Leaving, Region, join_emitted
from totemlang.cost.polynomial import ONE
from totemlang.cost.sizes import value_bytes
from totemlang.cost.tally import RECORDS, emitted_bytes, exact_use, use_of
from totemlang.cost.variety import Variety, combined
from totemlang.schema.types import Kind

LEAVING = {
    "break": Leaving.BREAKING,
    "continue": Leaving.CONTINUING,
    "return": Leaving.RETURNING,
}


def known_truth(value: AbstractValue) -> bool | None:
    """Whether a condition is known before the run, and how it comes out."""
    assert isinstance(value, Number)
    exact = value.value.exact
    constant = None if exact is None else exact.constant
    return None if constant is None else constant != 0


def branch(body: Body, region: Region, index: int) -> int:
    """`if`: both sides, unless it is known which one is taken."""
    (condition,) = region.pop(1)
    body.charge(region, index, [condition])
    otherwise = body.step(index).partner
    has_else = body.instruction(otherwise).operation == "else"
    end = body.step(otherwise).partner if has_else else otherwise
    truth = known_truth(condition)
    assert isinstance(condition, Number)
    slots = tuple(region.slots)
    sides = []
    if truth is not False:
        taken = body.walk(index + 1, otherwise, slots)
        sides.append(guarded(taken, condition.facts.if_true))
    if truth is not True:
        other = body.walk(otherwise + 1 if has_else else end, end, slots)
        sides.append(guarded(other, condition.facts.if_false))
    region.absorb(sides[0] if len(sides) == 1 else sides[0].or_else(sides[1]))
    return end + 1


def logic(body: Body, region: Region, index: int) -> int:
    """`and`, `or`: the right side is not evaluated where the left one decides."""
    (left,) = region.pop(1)
    body.charge(region, index, [left])
    end = body.step(index).partner
    decisive = body.instruction(index).operation == "or"
    truth = known_truth(left)
    slots = tuple(region.slots)
    if truth is decisive:
        region.stack.append(left)
        return end + 1
    right = body.walk(index + 1, end, slots)
    if truth is not None:
        region.absorb(right)
        return end + 1
    cut_short = Region(list(slots), [Number(exactly(int(decisive)))]).outcome()
    region.absorb(right.or_else(cut_short))
    joined = region.stack.pop()
    assert isinstance(joined, Number)
    other = right.paths[Leaving.FALLING].stack[0]
    both = combined([variety_of(left), variety_of(other)])
    facts = _both_facts(left, other, decisive=decisive)
    region.stack.append(Number(joined.value, Variety(2, both.sources), facts))
    return end + 1


def _both_facts(left: AbstractValue, right: AbstractValue, *, decisive: bool) -> Facts:
    """What the outcome of `and` (true) or `or` (false) tells: what both operands tell."""
    assert isinstance(left, Number)
    assert isinstance(right, Number)
    if decisive:
        return Facts((), left.facts.if_false + right.facts.if_false)
    return Facts(left.facts.if_true + right.facts.if_true)


def leave(body: Body, region: Region, index: int) -> int:
    """`break`, `continue`, `return`."""
    taken = region.pop(len(body.step(index).operands))
    body.charge(region, index, taken)
    region.leave(LEAVING[body.instruction(index).operation], tuple(taken))
    return index + 1


def emit(body: Body, region: Region, index: int) -> int:
    """`emit`: one more record."""
    types = body.step(index).operands
    record = tuple(region.pop(len(types)))
    body.charge(region, index, record)
    region.settle()
    region.add(RECORDS, exact_use(ONE))
    for column, (value, at) in enumerate(zip(record, types, strict=True)):
        if at.kind is Kind.STRING:
            size = value_bytes(value, at, body.analysis.verified.prices)
            region.add(emitted_bytes(column), use_of(size))
    region.emitted = join_emitted(region.emitted, record)
    if body.depth == 1 and region.certain:
        body.always.append(record)
    return index + 1


CONTROL: Mapping[str, Control] = {
    "if": branch,
    "and": logic,
    "or": logic,
    "for": walk_for,
    "while": walk_while,
    "foreach": walk_foreach,
    "break": leave,
    "continue": leave,
    "return": leave,
    "call": call,
    "emit": emit,
}
"""What each instruction of control does; what opens a block leads past its end."""
