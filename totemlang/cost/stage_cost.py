"""The cost of a stage: what a record or group costs, summed over all of them; and what it emits."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from totemlang.bytecode.module import Stage, StageKind
from totemlang.cost.abstract import AbstractValue, Array, Text
from totemlang.cost.analysis import Analysis
from totemlang.cost.arithmetic import add
from totemlang.cost.body_cost import Body
from totemlang.cost.bounding import smaller
from totemlang.cost.control_cost import CONTROL
from totemlang.cost.emission import emitted_flow
from totemlang.cost.evaluation import Side, evaluate
from totemlang.cost.flow import Column, Flow, Given, bounded_symbol, single_values
from totemlang.cost.function_cost import empty_slots, head_line, lines_of
from totemlang.cost.interval import Interval, exactly
from totemlang.cost.paths import Leaving
from totemlang.cost.polynomial import ONE, ZERO, Polynomial, Symbol, number, of
from totemlang.cost.size_rules import product_of_sizes
from totemlang.cost.sizes import Measuring, value_bytes
from totemlang.cost.summation import Item, Items
from totemlang.cost.tally import NOTHING, TOTEM, Tally, Use, line_total, use_of
from totemlang.tables.measure import BitLength, ElementBytesOf, LengthOf


@frozen
class StageCost:
    """A stage in a quote: totem for reading (and ordering), for its code, by line; what it emits.

    `symbols` are those that stand for what is only known when the stage runs.
    """

    name: str
    reading: Use
    code: Use
    lines: Tally
    emitted: Flow
    group_bytes: Polynomial | None = ZERO
    symbols: dict[str, Symbol] = field(factory=dict)

    @property
    def totem(self) -> Use:
        """All that the stage charges."""
        return self.reading.plus(self.code)


@frozen
class Naming:
    """Names of a stage's symbols; the stage's own name stands in them where there are several."""

    stage: str
    of_many_keys: bool

    @property
    def keys(self) -> str:
        """The number of groups."""
        return f"keys({self.stage})" if self.of_many_keys else "keys"

    @property
    def emitted(self) -> str:
        """The number of records emitted."""
        return f"emitted({self.stage})"

    def bytes(self, column: str) -> str:
        """The bytes of an emitted column of strings."""
        return f"bytes({self.stage}.{column})"


def stage_cost(analysis: Analysis, index: int, flow: Flow, naming: Naming) -> StageCost:
    """The cost of a stage on the records that flow into it."""
    stage = analysis.verified.module.stages[index]
    taken = _named_as_taken(stage, flow)
    symbols: dict[str, Symbol] = {}
    if stage.kind is StageKind.MAP:
        given = single_values(taken.columns, analysis.fresh_name)
        items = Items(flow.count, given.items, shrinking=not flow.first)
    elif stage.kind is StageKind.REDUCE:
        keys = _keys(taken, naming)
        symbols[keys.name] = keys
        given = _group(analysis, stage, taken, exactly(of(keys)))
        items = Items(exactly(of(keys)), given.items, shrinking=True)
    else:
        given = _group(analysis, stage, taken, exactly(1))
        items = Items(exactly(1), given.items, shrinking=True)
    reading = _reading(analysis, stage, given.values).over(items)
    body = Body(
        analysis,
        analysis.verified.stages[index],
        lines_of(analysis.verified.stages[index], analysis.verified.module.source),
        CONTROL,
        parameters=len(given.values),
    )
    outcome = body.run(empty_slots(body.code, given.values))
    emitted = emitted_flow(stage, body, outcome, items, taken, naming.emitted, naming.bytes)
    path = outcome.paths.get(Leaving.FALLING)
    code = NOTHING if path is None else path.tally.of(TOTEM).over(items)
    head = head_line(body.code, analysis.verified.module.source)
    lines = Tally({line_total(head): reading}).plus(outcome.lines.over(items))
    return StageCost(
        stage.name,
        reading,
        code,
        lines,
        emitted.flow,
        _group_bytes(analysis, stage, taken, items),
        {**symbols, **emitted.symbols},
    )


def _named_as_taken(stage: Stage, flow: Flow) -> Flow:
    """The flow with its columns under the names and declared types of the parameters."""
    columns = tuple(
        evolve(column, field=evolve(parameter, type=column.field.type))
        for column, parameter in zip(flow.columns, stage.parameters, strict=True)
    )
    return evolve(flow, columns=columns)


# --- groups


def _keys(flow: Flow, naming: Naming) -> Symbol:
    """The number of groups: at least one if there are records, at most as many as keys can be."""
    count = flow.count
    low = evaluate(count.low, Side.LOWER) if count.low is not None else 0
    least = max(flow.least_keys, 1 if low else 0)
    high = count.high
    if flow.most_keys is not None:
        most = number(flow.most_keys)
        high = most if high is None else smaller(high, most, Side.UPPER)
    names = ", ".join(column.field.name for column in flow.columns[: flow.key_parts])
    made = bounded_symbol(
        naming.keys,
        Interval(number(least), high),
        f"different {names} that {naming.stage} takes",
        flow.key_advice,
    )
    expected = made.expected
    if flow.most_keys is not None and made.high is not None:
        expected = made.high
    return evolve(made, ceiling=count.high, expected=expected)


def _group(analysis: Analysis, stage: Stage, flow: Flow, groups: Interval) -> Given:
    """The values of one of so many groups: parts of the key, arrays as long as the group."""
    key_columns = [_key_column(column, groups) for column in flow.columns[: stage.key_parts]]
    given = single_values(key_columns, analysis.fresh_name)
    values, items = list(given.values), dict(given.items)
    keyed = stage.kind is StageKind.REDUCE
    most = flow.count.high
    size = Symbol(
        analysis.fresh_name("group"),
        low=1 if keyed else 0,
        high=None if most is None else evaluate(most, Side.UPPER),
        ceiling=most,
        reach=2**40,
    )
    length = exactly(of(size))
    items[size.name] = Item(Interval(ONE if keyed else ZERO, most), flow.count)
    for column in flow.columns[stage.key_parts :]:
        total: Interval = Interval()
        if isinstance(column.value, Text):
            total = product_of_sizes(length, column.value.bytes)
            if total.exact is None and column.total.high is not None:
                symbol = Symbol(analysis.fresh_name(column.field.name), low=0, reach=2**53)
                total = exactly(of(symbol))
                each = Interval(ONE if keyed else ZERO, column.total.high)
                items[symbol.name] = Item(each, column.total)
        element = evolve(column.value, variety=evolve(column.variety, sources=None, bare=""))
        values.append(Array(length, element, total))
    return Given(tuple(values), items)


def _key_column(column: Column, groups: Interval) -> Column:
    """A part of the key: a value a group, so strings add up to less than over all records."""
    if not isinstance(column.value, Text):
        return column
    by_groups = product_of_sizes(groups, column.value.bytes)
    high = by_groups.high
    if high is None or column.total.high is None:
        high = column.total.high if high is None else high
    else:
        one, other = (evaluate(bound, Side.UPPER) for bound in (high, column.total.high))
        if one is None or (other is not None and other < one):
            high = column.total.high
    return evolve(column, total=Interval(by_groups.low, high))


# --- reading


def _reading(analysis: Analysis, stage: Stage, values: Sequence[AbstractValue]) -> Use:
    """Reading a record or group, and putting a group in order."""
    prices = analysis.verified.prices
    types = [parameter.type for parameter in stage.parameters]
    size = exactly(0)
    for value, at in zip(values, types, strict=True):
        size = add(size, value_bytes(value, at, prices))
    found = use_of(size, prices.weight("read"))
    if stage.order_by is None:
        return found
    place = stage.order_by.parameter
    measuring = Measuring([values[place]], [types[place]], None, None, exactly(0), prices)
    ordering = measuring.measured(ElementBytesOf(0) * LengthOf(0) * BitLength(LengthOf(0)))
    return found.plus(use_of(ordering, prices.weight("relational")))


def _group_bytes(analysis: Analysis, stage: Stage, flow: Flow, items: Items) -> Polynomial | None:
    """The bytes of the largest group, by the estimator table: what a node may have to hold."""
    most, keys = flow.count.high, items.count.low
    if stage.kind is StageKind.MAP:
        return ZERO
    if most is None or keys is None:
        return None
    if stage.kind is StageKind.REDUCE:
        most = most - keys + 1
    found = ZERO
    for column in flow.columns[stage.key_parts :]:
        each = analysis.verified.prices.bytes(column.field.type.kind)
        if each is not None:
            found = found + most.scaled(each)
            continue
        longest = column.each.high
        known = [column.total.high] if column.total.high is not None else []
        if longest is not None:
            known.append(product_of_sizes(exactly(most), exactly(longest)).high or ZERO)
        if not known:
            return None
        found = found + (known[0] if len(known) == 1 else smaller(known[0], known[1], Side.UPPER))
    return found
