"""Emits: names of columns, and what all emits of a stage agree on.

An emitted part is of the type that the next stage takes at its position, if it widens to that;
of the last stage, of the narrowest type that all its emits widen to.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.check.context import Body, BodyKind, EmitPart, EmitRecord
from totemlang.check.conversion import optional, widened
from totemlang.check.expressions import value
from totemlang.check.matching import join_all, widens
from totemlang.check.rewrite import replaced
from totemlang.check.settle import kept
from totemlang.check.typed import CheckedValue, TypedEmit, TypedExpression, TypedStatement
from totemlang.schema.types import FREE, INT, Constraint, Field, Type
from totemlang.syntax import tree


@frozen
class Wanted:
    """What the next stage takes at a position: its type (None: unknown) and constraint."""

    type: Type | None
    constraint: Constraint = FREE


@frozen
class Columns:
    """What a stage emits: fields in order, the first `key_parts` are the key.

    `settled` tells for each whether its type is certain (else it is a stand-in after a finding).
    """

    fields: tuple[Field, ...]
    key_parts: int
    settled: tuple[bool, ...]


def emit(body: Body, node: tree.Emit) -> list[TypedStatement]:
    """`emit key, v1, v2`, recorded with the names of its columns."""
    body.world.require("Emit", node.span)
    parts: list[EmitPart] = []
    taken: set[str] = set()
    for position, part in enumerate((*node.key, *node.values)):
        wanted = body.expected[position] if position < len(body.expected) else None
        found = _emittable(body, value(body, part.value, wanted))
        name = _name(part, taken)
        if name in taken:
            hint = "name one of them: `… as name`"
            body.report("NAM106", part.span, f"two columns are called `{name}`", hint)
        taken.add(name)
        parts.append(EmitPart(name, found, part.span))
    if body.kind is not BodyKind.STAGE:
        hint = "a function gives its value by `return`" if body.kind is BodyKind.FUNCTION else ""
        hint = hint or "a script shows its variables; rows are emitted in `map` and `reduce`"
        body.report("CTL105", node.span, "`emit` stands outside of a stage", hint)
        return []
    emitted = TypedEmit(node.span, tuple(p.value for p in parts if p.value is not None))
    body.emits.append(EmitRecord(emitted, tuple(parts), len(node.key), body.loops > 0))
    return [emitted]


def _emittable(body: Body, found: TypedExpression | None) -> TypedExpression | None:
    if found is None or found.type.is_scalar:
        return found
    if found.type.is_optional:
        optional(body, found)
    else:
        hint = "emit its elements under a key in a loop, or combine them: `sum(xs)`"
        body.report("TYP110", found.span, "an array cannot be emitted", hint)
    return None


def _name(part: tree.EmitPart, taken: set[str]) -> str:
    """As written after `as`; else of the variable or field; else `value`, `value2`, …"""
    if part.alias is not None:
        return part.alias.text
    written = _own_name(part.value)
    if written:
        return written
    number = 1
    while (name := "value" if number == 1 else f"value{number}") in taken:
        number += 1
    return name


def _own_name(written: tree.Expression) -> str:
    if isinstance(written, tree.Index) and isinstance(written.of, tree.Reference):
        written = written.of
    if isinstance(written, tree.Reference):
        return written.name.text
    return written.field.text if isinstance(written, tree.FieldAccess) else ""


def agreed(body: Body, stage: tree.Name, wanted: tuple[Wanted, ...] | None) -> Columns | None:
    """What the emits of a stage agree on; reports where they do not.

    None where there are no emits at all, or they differ in number.
    """
    if not body.emits:
        hint = "each record of a stage gives rows by `emit key, value`"
        body.report("CTL112", stage.span, f"`{stage.text}` emits nothing", hint)
        return None
    first = body.emits[0]
    differ = False
    for record in body.emits[1:]:
        if len(record.parts) != len(first.parts) or record.key_parts != first.key_parts:
            line = body.world.reporter.source.position(first.node.span.start).line
            message = f"this emits {_shape(record)}, the emit on line {line} {_shape(first)}"
            body.report("TYP111", record.node.span, message, "all emits of a stage agree")
            differ = True
            continue
        for part, known in zip(record.parts, first.parts, strict=True):
            if part.name != known.name:
                message = f"this column is called `{part.name}` here and `{known.name}` above"
                body.report("NAM107", part.span, message, f"write `… as {known.name}`")
    if differ:
        return None
    wants = wanted if wanted is not None and len(wanted) == len(first.parts) else None
    fields, settled = [], []
    for position, known in enumerate(first.parts):
        want = wants[position] if wants is not None else Wanted(None)
        at = _column_type(body, position, want)
        fields.append(Field(known.name, at or INT, want.constraint if at == want.type else FREE))
        settled.append(at is not None)
    return Columns(tuple(fields), first.key_parts, tuple(settled))


def _shape(record: EmitRecord) -> str:
    key, rest = record.key_parts, len(record.parts) - record.key_parts
    parts = f"a key of {key} parts" if key > 1 else "a key"
    return f"{parts} and {rest} value{'s' * (rest != 1)}"


def _column_type(body: Body, position: int, want: Wanted) -> Type | None:
    parts = [record.parts[position] for record in body.emits]
    types = [part.value.type for part in parts if part.value is not None]
    if len(types) < len(parts):
        return None
    if want.type is not None and all(widens(at, want.type) for at in types):
        return want.type
    joined = join_all(types)
    if joined is None:
        other = next(p for p in parts if p.value is not None and p.value.type != types[0])
        message = f"`{other.name}` is {other.value.type if other.value else ''} here"
        body.report("TYP111", other.span, f"{message} and {types[0]} above", "all emits agree")
    return joined


def finished(
    body: Body, statements: list[TypedStatement], columns: Columns
) -> tuple[TypedStatement, ...]:
    """The statements with every emit of exactly the columns' types."""
    changed: dict[int, TypedStatement] = {}
    for record in body.emits:
        values = [part.value for part in record.parts]
        fitted = [
            _fitted(body, found, field)
            for found, field in zip(values, columns.fields, strict=True)
            if found is not None
        ]
        if any(new is not old for new, old in zip(fitted, values, strict=False)):
            changed[id(record.node)] = TypedEmit(record.node.span, tuple(fitted))
    return replaced(tuple(statements), changed)


def _fitted(body: Body, found: TypedExpression, field: Field) -> TypedExpression:
    fitted = widened(body, found, field.type) or found
    kept(body, fitted, field.constraint)
    if field.constraint.is_free:
        return fitted
    return CheckedValue(fitted.type, fitted.span, fitted, field.constraint)
