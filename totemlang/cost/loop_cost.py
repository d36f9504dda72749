"""The cost of a loop: its body is gone through once, with symbols for all that it changes.

What a round costs is then a formula in those symbols (the loop's variable, an element's bytes, a
counter), and the loop costs the sum over its rounds. What the symbols lie between follows from how
a round changes them (see `invariants`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from totemlang.cost.abstract import AbstractValue, Array, Number, Text, interval_within
from totemlang.cost.arithmetic import EXACT_UP_TO, RANGES, positive_part
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.interval import Interval, exactly
from totemlang.cost.invariants import Changing, Settling, changing_slots
from totemlang.cost.loop_sum import Loop
from totemlang.cost.naming import Namer
from totemlang.cost.paths import Leaving, Outcome, Path, Region, Values
from totemlang.cost.polynomial import ZERO, Symbol, number, of
from totemlang.cost.rounds import Test
from totemlang.cost.summation import Item
from totemlang.cost.tally import TOTEM, Tally, Use, exact_use, line_total
from totemlang.diagnostics import ErrorClass
from totemlang.schema.types import Type

if TYPE_CHECKING:
    from totemlang.cost.body_cost import Body

COMPARISONS = ("lt", "le", "gt", "ge")


@frozen
class _Place:
    """Where the parts of a loop lie: its body, its step; `end` is its last instruction."""

    index: int
    body: tuple[int, int]
    step: tuple[int, int] | None
    end: int


def walk_for(body: Body, region: Region, index: int) -> int:
    """`for`: test, body, step."""
    do = _do(body, index)
    step = body.step(do).partner
    end = body.step(step).partner
    place = _Place(index, (do + 1, step), (step + 1, end), end)
    slot = body.instruction(index).immediates[0]
    entry = tuple(region.slots)
    first = entry[slot]
    assert isinstance(first, Number)
    at = body.code.code.slots[slot]
    changing, head = _at_head(body, place, entry, without=slot)
    tested = _variable(changing.namer, at, Interval(first.value.low, None))
    test_outcome = body.walk(index + 1, do, _with(head, slot, Number(exactly(of(tested)))))
    test = _test(body, do - 1, step + 2, first.value)
    inside = _variable(changing.namer, at, test.inside)
    reached = test_outcome.paths[Leaving.FALLING]
    start = _with(reached.slots, slot, Number(exactly(of(inside))))
    body_outcome = body.walk(*place.body, start)
    step_outcome = _after_round(body, place, body_outcome)
    bounds, rounds = _settle(
        changing,
        entry,
        step_outcome,
        {tested.name: test.tested, inside.name: test.inside},
        test.rounds,
    )
    _expect_rounds(body, index, rounds)
    first_value = interval_within(first.value, bounds)
    together = evolve(test, first=first_value).together(rounds)
    loop = Loop(
        rounds,
        bounds,
        {inside.name: Item(bounds[inside.name], together)},
        test_outcome,
        body_outcome,
        step_outcome,
        reached.slots,
    )
    body.analysis.worked(loop.weight)
    region.absorb(loop.outcome())
    return end + 1


def walk_while(body: Body, region: Region, index: int) -> int:
    """`while`: at most as many rounds as its limit says, and a test more than rounds."""
    do = _do(body, index)
    end = body.step(do).partner
    place = _Place(index, (do + 1, end), None, end)
    (limit,) = region.pop(1)
    assert isinstance(limit, Number)
    entry = tuple(region.slots)
    changing, head = _at_head(body, place, entry)
    price = _price(body, index, exact_use(number(body.step(index).price.fixed)))
    test_outcome = _charged(body.walk(index + 1, do, head), price)
    reached = test_outcome.paths[Leaving.FALLING]
    body_outcome = body.walk(*place.body, reached.slots)
    after = _after_round(body, place, body_outcome)
    rounds = Interval(ZERO, positive_part(limit.value))
    bounds, rounds = _settle(changing, entry, after, {}, rounds)
    _expect_rounds(body, index, rounds)
    loop = Loop(rounds, bounds, {}, test_outcome, body_outcome, after, reached.slots)
    body.analysis.worked(loop.weight)
    region.absorb(loop.outcome())
    return end + 1


def walk_foreach(body: Body, region: Region, index: int) -> int:
    """`for x in xs`: a round an element, whose bytes add up to those of the array."""
    end = body.step(index).partner
    place = _Place(index, (index + 1, end), None, end)
    (array,) = region.pop(1)
    assert isinstance(array, Array)
    slot = body.instruction(index).immediates[0]
    entry = tuple(region.slots)
    changing, head = _at_head(body, place, entry, without=slot)
    element, items = _element(changing.namer, array, body.code.code.slots[slot])
    price = exact_use(number(body.step(index).price.fixed))
    if body.step(index).price.sized:
        price = price.plus(body.sized(index, [array], element))
    body_outcome = body.walk(*place.body, _with(head, slot, element))
    body_outcome = _charged(body_outcome, _price(body, index, price))
    after = _after_round(body, place, body_outcome)
    given = {name: item.each for name, item in items.items()}
    bounds, rounds = _settle(changing, entry, after, given, array.length)
    _expect_rounds(body, index, rounds)
    loop = Loop(rounds, bounds, items, None, body_outcome, after, _with(head, slot, element))
    body.analysis.worked(loop.weight)
    region.absorb(loop.outcome(head_join=entry))
    return end + 1


def _do(body: Body, index: int) -> int:
    """The `do` of a loop: the first after its test, in which `and` and `or` may open blocks."""
    at = index + 1
    while body.instruction(at).operation != "do":
        at = max(at, body.step(at).partner) + 1
    return at


# --- symbols


def _at_head(
    body: Body, place: _Place, entry: Values, without: int | None = None
) -> tuple[Changing, Values]:
    """What slots hold at the head of the loop in any round; `without` is the loop's own slot."""
    slots = changing_slots(body.code.code.instructions, place.index + 1, place.end)
    if without is not None:
        slots.pop(without, None)
    carried = body.accesses
    local = {s for s in slots if carried.is_local(s, place.index + 1, place.end)}
    body.analysis.worked((place.end - place.index) // 8 + 10 * (len(slots) - len(local)))
    changing = Changing(Namer(body.analysis.fresh_name), body.code.code.slots)
    return changing, changing.at_head(entry, slots, local)


def _variable(namer: Namer, at: Type, where: Interval) -> Symbol:
    """A symbol for the loop's variable, which lies in an interval."""
    low = None if where.low is None else evaluate(where.low, Side.LOWER)
    high = None if where.high is None else evaluate(where.high, Side.UPPER)
    reach = max(map(abs, RANGES[at.kind]))
    made = namer.symbol("round", low, high, reach)
    bounded = evolve(made, floor=where.low, ceiling=where.high)
    namer.symbols[made.name] = bounded
    return bounded


def _element(namer: Namer, array: Array, at: Type) -> tuple[AbstractValue, Mapping[str, Item]]:
    """The element of a round: a symbol, and what is known of it in all rounds together."""
    element = array.element
    if isinstance(element, Number) and at.kind in EXACT_UP_TO:
        return element, {}
    each = element.bytes if isinstance(element, Text) else element.value
    low = None if each.low is None else evaluate(each.low, Side.LOWER)
    high = None if each.high is None else evaluate(each.high, Side.UPPER)
    made = namer.symbol("element", low, high, max(map(abs, RANGES.get(at.kind, (0, 2**40)))))
    symbol = evolve(made, floor=each.low, ceiling=each.high)
    value = exactly(of(symbol))
    if isinstance(element, Text):
        return evolve(element, bytes=value), {symbol.name: Item(each, array.total)}
    return evolve(element, value=value), {symbol.name: Item(each)}


def _with(values: Values, slot: int, value: AbstractValue) -> Values:
    return (*values[:slot], value, *values[slot + 1 :])


# --- rounds


def _test(body: Body, comparison: int, constant: int, first: Interval) -> Test:
    """The test of a counted loop, from the comparison just made and the constant of its step."""
    last = body.instruction(comparison)
    number_of = body.instruction(constant).immediates[0]
    by = body.analysis.verified.module.constants[number_of][1]
    assert isinstance(by, int)
    assert body.compared is not None
    assert last.type is not None
    _, _, right = body.compared
    assert isinstance(right, Number)
    return Test(last.operation, first, right.value, by, last.type.kind)


def _after_round(body: Body, place: _Place, outcome: Outcome) -> Outcome | None:
    """What follows a round that is completed: the step, if there is one."""
    through = outcome.paths.get(Leaving.FALLING)
    again = outcome.paths.get(Leaving.CONTINUING)
    if through is None or again is None:
        path = again if through is None else through
    else:
        path = through.join(again)
    if path is None:
        return None
    if place.step is None:
        return Outcome({Leaving.FALLING: Path(path.tally, path.slots)}, Tally())
    stepped = body.walk(*place.step, path.slots)
    after = stepped.paths[Leaving.FALLING].after(path.tally)
    return Outcome({Leaving.FALLING: after}, stepped.lines)


def _settle(
    changing: Changing,
    entry: Values,
    after: Outcome | None,
    given: Mapping[str, Interval],
    rounds: Interval,
) -> tuple[dict[str, Interval], Interval]:
    """Bounds of the loop's symbols, and its rounds in terms of what was known before it."""
    end = None if after is None else after.paths[Leaving.FALLING].slots
    settling = Settling(changing.tracked(entry, end), given, rounds)
    bounds = settling.settle()
    outer = interval_within(rounds, bounds)
    own = settling.names
    low, high = outer.low, outer.high
    return bounds, Interval(
        low if low is not None and low.names.isdisjoint(own) else ZERO,
        high if high is not None and high.names.isdisjoint(own) else None,
    )


def _expect_rounds(body: Body, index: int, rounds: Interval) -> None:
    if rounds.high is None:
        body.analysis.note(
            "CTL201",
            ErrorClass.CONTROL,
            "nothing bounds how often this loop goes round",
            body.code.code.span(index),
            "bound it by a literal, a parameter, a length or a column whose range is published, "
            "for example `min(n, 1_000)`, or write `while … limit n do`",
        )


def _price(body: Body, index: int, use: Use) -> Tally:
    """The price of each test or round, at the line of the loop."""
    uses = {TOTEM: use}
    if body.line_at is not None:
        uses[line_total(body.line(index))] = use
    return Tally(uses)


def _charged(outcome: Outcome, price: Tally) -> Outcome:
    """A piece with a price before it."""
    total = Tally({TOTEM: price.of(TOTEM)})
    lines = Tally({r: use for r, use in price.uses.items() if r != TOTEM})
    paths = {leaving: path.after(total) for leaving, path in outcome.paths.items()}
    return Outcome(paths, lines.plus(outcome.lines), outcome.emitted)
