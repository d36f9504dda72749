"""Type words: from `string[8]`, `double[4]`, `percent?` to a machine type and a constraint.

Which words there are is decided by the rules in force.
"""

from __future__ import annotations

from attrs import evolve

from totemlang.check.context import World
from totemlang.schema.types import FREE, INT_RANGE, Constraint, Kind, Shape, Type
from totemlang.syntax import tree
from totemlang.tables.rules import LabelledType

_KINDS = {kind.value: kind for kind in Kind}


def declared_type(world: World, node: tree.TypeExpression) -> tuple[Type | None, Constraint]:
    """What a declared type means; None, with a finding, where it means nothing."""
    labelled = _labelled(world, node.word)
    if labelled is None:
        return None, FREE
    constraint = labelled.constraint
    world.require_kind(labelled.kind, node.span)
    if node.is_optional and (node.is_array or _is_sized_scalar(labelled, node)):
        hint = "an array is always there; `[]` is empty" if node.is_array else ""
        world.reporter.add("TYP115", node.span, "an array cannot be missing", hint)
        return None, FREE
    if node.size is not None:
        if not 1 <= node.size <= INT_RANGE[1]:
            world.reporter.add("TYP115", node.span, "a size is at least 1 and at most 2147483647")
            return None, FREE
        if node.is_array:
            constraint = evolve(constraint, length=node.size)
        elif labelled.kind is Kind.STRING:
            most = constraint.max_bytes
            size = node.size if most is None else min(node.size, most)
            constraint = evolve(constraint, max_bytes=size)
        else:
            world.reporter.add("TYP115", node.span, f"`{node.word.text}` has no size")
            return None, FREE
    shape = Shape.ARRAY if node.is_array else Shape.OPTIONAL if node.is_optional else Shape.SCALAR
    return Type(labelled.kind, shape), constraint


def _is_sized_scalar(labelled: LabelledType, node: tree.TypeExpression) -> bool:
    return node.size is not None and labelled.kind is not Kind.STRING


def _labelled(world: World, word: tree.Name) -> LabelledType | None:
    found = world.rules.labelled.get(word.text)
    if found is not None:
        return found
    kind = _KINDS.get(word.text)
    if kind is None:
        near = world.suggestions.near(word.text, world.rules.labelled)
        world.reporter.add("CMD103", word.span, f"there is no type `{word.text}`", near)
        return None
    world.require_kind(kind, word.span)
    return LabelledType(kind.value, kind, FREE) if world.own_file else None


def element_of(constraint: Constraint) -> Constraint:
    """The constraint on one element of an array of a declared type."""
    return constraint if constraint.length is None else evolve(constraint, length=None)
