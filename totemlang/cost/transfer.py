"""What an operation leaves, as an abstract value: by its rule, and by what holds of every one.

An operation without a rule leaves anything of its type; so a new row of the operation table is
bounded soundly before somebody writes a better rule for it.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from totemlang.cost.abstract import AbstractValue, Array, Number, anything, simplified, variety_of
from totemlang.cost.applied import Applied, Rules
from totemlang.cost.number_rules import NUMBER_RULES
from totemlang.cost.size_rules import SIZE_RULES
from totemlang.cost.time_rules import TIME_RULES
from totemlang.cost.variety import ANYTHING, Variety, combined
from totemlang.diagnostics import Refused
from totemlang.schema.types import Kind, Type

RULES: Rules = {**NUMBER_RULES, **TIME_RULES, **SIZE_RULES}


INVOLVED = 10_000
"""The work of an operation that has to be worked out again on coarser operands."""


def result_of(applied: Applied, worked: Callable[[int], None]) -> AbstractValue:
    """What is known of the result of an operation that is no control and names no slot.

    `worked` is told of work beyond the ordinary, and raises `Refused` where it is too much.
    """
    found = _by_rule(applied, worked)
    if isinstance(found, Array):
        return found
    operands = zip(applied.operands, applied.types, strict=True)
    variety = combined(variety_with_absence(value, at) for value, at in operands)
    own = found.variety
    if own == ANYTHING:
        own = variety
    elif own.choices is None and own.sources is None:
        own = Variety(variety.choices, variety.sources, own.bare)
    if isinstance(found, Number) and applied.result.kind is Kind.BOOL and own.choices is None:
        own = Variety(2, own.sources)
    return found if own == found.variety else evolve(found, variety=own)


def _by_rule(applied: Applied, worked: Callable[[int], None]) -> AbstractValue:
    rule = RULES.get(applied.operation)
    if rule is None:
        return anything(applied.result)
    try:
        return rule(applied)
    except Refused:  # Too involved: once more, with simpler operands.
        worked(INVOLVED)
        return rule(evolve(applied, operands=[simplified(value) for value in applied.operands]))


def variety_with_absence(value: AbstractValue, at: Type) -> Variety:
    """The variety of an operand; being missing is a value of its own to an operation."""
    variety = variety_of(value)
    if not at.is_optional:
        return Variety(variety.choices, variety.sources) if variety.bare else variety
    most = variety.choices
    return Variety(None if most is None else most + 1, variety.sources)
