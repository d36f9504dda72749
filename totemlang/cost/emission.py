"""What a stage emits, as the flow into the next: how many records, what keys, what values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from totemlang.bytecode.module import Stage
from totemlang.cost.abstract import (
    Array,
    Text,
    most_values,
    with_variety,
    within,
)
from totemlang.cost.body_cost import Body
from totemlang.cost.flow import Column, Flow, bounded_symbol
from totemlang.cost.interval import UNKNOWN, exactly
from totemlang.cost.literals import zero_value
from totemlang.cost.paths import Leaving, Outcome, Values
from totemlang.cost.polynomial import Symbol, of
from totemlang.cost.summation import Items
from totemlang.cost.tally import RECORDS, Tally, emitted_bytes
from totemlang.cost.variety import ANYTHING, Variety, tuples


@frozen
class Emission:
    """A flow with the symbols that it brings in."""

    flow: Flow
    symbols: dict[str, Symbol]


def emitted_flow(
    stage: Stage,
    body: Body,
    outcome: Outcome,
    items: Items,
    taken: Flow,
    count_name: str,
    bytes_name: Callable[[str], str],
) -> Emission:
    """The records that a stage emits over all its records or groups."""
    path = outcome.paths.get(Leaving.FALLING)
    tally = Tally() if path is None else path.tally
    symbols: dict[str, Symbol] = {}
    count = tally.of(RECORDS).over(items).interval
    if count.exact is None:
        made = bounded_symbol(
            count_name,
            count,
            f"records that {stage.name} emits",
            f"only the data tells which records {stage.name} emits: emit fewer, or always",
        )
        symbols[made.name] = made
        count = exactly(of(made))
    record = outcome.emitted
    if record is None:
        record = tuple(zero_value(column.type) for column in stage.emitted.columns)
    values = tuple(within(value, items.each) for value in record)
    columns = []
    for place, (value, field) in enumerate(zip(values, stage.emitted.columns, strict=True)):
        assert not isinstance(value, Array)
        total = UNKNOWN
        if isinstance(value, Text):
            total = tally.of(emitted_bytes(place)).over(items).interval
        if isinstance(value, Text) and total.exact is None:
            meaning = f"bytes of all {field.name} that {stage.name} emits"
            together = bounded_symbol(bytes_name(field.name), total, meaning)
            symbols[together.name] = together
            total = exactly(of(together))
        choices = most_values(value, field.type.kind)
        plain = with_variety(value, ANYTHING)
        assert not isinstance(plain, Array)
        columns.append(Column(field, plain, total, choices))
    flow = Flow(
        count,
        tuple(columns),
        stage.emitted.key_parts,
        _most_keys(stage, record, values),
        _least_keys(stage, body.always, taken),
        _key_advice(stage, record, values, taken),
    )
    return Emission(flow, symbols)


def _most_keys(stage: Stage, record: Values, values: Values) -> int | None:
    """How many different keys there can be, whatever the data."""
    parts: list[Variety] = []
    for value, settled, field in zip(record, values, stage.emitted.columns, strict=True):
        if len(parts) == stage.emitted.key_parts:
            break
        assert not isinstance(value, Array)
        parts.append(evolve(value.variety, choices=most_values(settled, field.type.kind)))
    return tuples(parts)


def _least_keys(stage: Stage, always: Sequence[Values], taken: Flow) -> int:
    """How many there are if no record fails: those of a column that every record emits as key."""
    if stage.emitted.key_parts != 1:
        return 0
    found = 0
    for record in always:
        value = record[0]
        bare = "" if isinstance(value, Array) else value.variety.bare
        for column in taken.columns:
            if bare and column.field.name == bare and column.at_least is not None:
                found = max(found, column.at_least)
    return found


def _key_advice(stage: Stage, record: Values, values: Values, taken: Flow) -> str:
    """What a provider could publish of the key, where too little is known of a part of it."""
    unpublished: list[str] = []
    open_parts = 0
    parts = zip(record, values, stage.emitted.columns, strict=True)
    for value, settled, field in list(parts)[: stage.emitted.key_parts]:
        assert not isinstance(value, Array)
        bare = value.variety.bare if taken.first else ""
        if any(c.field.name == bare and c.choices is None for c in taken.columns):
            unpublished.append(bare)
        elif most_values(settled, field.type.kind) is None:
            open_parts += 1
    if unpublished:
        return f"publish distinct of {', '.join(unpublished)}"
    if not open_parts:
        return ""
    keys = ", ".join(field.name for field in stage.emitted.columns[: stage.emitted.key_parts])
    return f"only the data tells how many different {keys} there are: make them fewer"
