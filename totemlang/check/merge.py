"""Merge: whether the rows of several providers can become one, and by which aggregates.

A reduce qualifies if it emits its own key unchanged, at most one row a key, and each value is
`sum`, `count`, `min` or `max` of one of its parameters.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from totemlang.bytecode.module import StageKind
from totemlang.check.context import Body, EmitRecord
from totemlang.check.typed import (
    OperationValue,
    SlotValue,
    TypedEmit,
    TypedExpression,
    TypedIf,
    TypedStage,
    TypedStatement,
)
from totemlang.source import Span

_COMBINES = {
    "sum": "sum",
    "exact_sum": "sum",
    "sum_time": "sum",
    "count": "count",
    "min_of": "min",
    "max_of": "max",
}


@frozen
class Obstacle:
    """Why a stage does not merge, and where that is seen."""

    reason: str
    span: Span
    hint: str = ""


def combination(stage: TypedStage, body: Body) -> tuple[str, ...] | Obstacle:
    """How each value of a stage combines over providers, or what speaks against it."""
    if stage.kind is not StageKind.REDUCE:
        reason = "only the rows of a reduce with a key can become one"
        hint = "`merge` stands after a reduce that emits its key and aggregates"
        return Obstacle(reason, stage.span, hint)
    if any(record.in_loop for record in body.emits) or _most(stage.body.statements) > 1:
        at = body.emits[-1].node.span
        return Obstacle("the reduce may emit more than one row a key", at)
    found: tuple[str, ...] | None = None
    for record in body.emits:
        combined = _of_emit(stage, record)
        if isinstance(combined, Obstacle):
            return combined
        if found is not None and combined != found:
            reason = "the emits combine in different ways"
            return Obstacle(reason, record.node.span, "use the same aggregates in all")
        found = combined
    return found or ()


def _most(statements: Iterable[TypedStatement]) -> int:
    """How many emits one run may reach, loops aside."""
    most = 0
    for statement in statements:
        if isinstance(statement, TypedEmit):
            most += 1
        elif isinstance(statement, TypedIf):
            most += max(_most(statement.body), _most(statement.otherwise))
    return most


def _of_emit(stage: TypedStage, record: EmitRecord) -> tuple[str, ...] | Obstacle:
    keys, values = record.parts[: record.key_parts], record.parts[record.key_parts :]
    slots = [part.value.slot if isinstance(part.value, SlotValue) else -1 for part in keys]
    if slots != list(range(stage.key_parts)):
        own = ", ".join(field.name for field in stage.parameters[: stage.key_parts])
        own = f"({own})" if stage.key_parts > 1 else own
        span = keys[0].span.to(keys[-1].span)
        return Obstacle("the reduce does not emit its own key unchanged", span, f"emit `{own}`")
    combined = []
    for part in values:
        aggregate = _aggregate(stage, part.value)
        if aggregate is None:
            reason = f"`{part.name}` is no `sum`, `count`, `min` or `max` of a parameter"
            hint = "emit the sums that it is made of, and compute it in a map below `merge`"
            return Obstacle(reason, part.span, hint)
        combined.append(aggregate)
    for part, column in zip(record.parts, stage.emitted, strict=True):
        if part.value is not None and part.value.type != column.type:
            reason = f"`{part.name}` is {part.value.type} and becomes {column.type} before merging"
            return Obstacle(reason, part.span, f"let the next stage take `{part.value.type}`")
    for part, column in zip(values, stage.emitted[len(keys) :], strict=True):
        if not column.constraint.is_free:
            bound = column.constraint.word or "a size"
            reason = f"`{part.name}` is held to {bound} before merging, not after"
            return Obstacle(reason, part.span, f"let the next stage take `{column.type}`")
    return tuple(combined)


def _aggregate(stage: TypedStage, value: TypedExpression | None) -> str | None:
    if not isinstance(value, OperationValue) or len(value.operands) != 1:
        return None
    (of,) = value.operands
    if not isinstance(of, SlotValue) or of.slot >= len(stage.parameters):
        return None
    return _COMBINES.get(value.operation)
