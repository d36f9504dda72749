"""Heads of stages: what a map or reduce takes, by the position of what the stage above emits."""

from __future__ import annotations

from attrs import frozen

from totemlang.bytecode.module import Dataset, OrderBy, StageKind
from totemlang.check.context import World
from totemlang.check.emits import Wanted
from totemlang.check.typewords import declared_type, element_of
from totemlang.schema.types import FREE, Constraint, Type
from totemlang.syntax import tree


@frozen
class Taken:
    """A parameter of a stage as declared; `type` is None where it was wrong."""

    name: tree.Name
    type: Type | None
    constraint: Constraint


@frozen
class Head:
    """A stage as declared. `row` is the row's name where it is the first map of a job."""

    node: tree.MapDefinition | tree.ReduceDefinition
    kind: StageKind
    taken: tuple[Taken, ...]
    key_parts: int
    order_by: OrderBy | None
    row: tree.Name | None = None

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """What is taken of each emitted column: its type, singly."""
        return tuple(
            Wanted(t.type.element if t.type is not None else None, element_of(t.constraint))
            for t in self.taken
        )


def head_of(world: World, node: tree.MapDefinition | tree.ReduceDefinition) -> Head:
    """What a stage takes, as far as it can be known from its head alone."""
    if isinstance(node, tree.MapDefinition):
        world.require("Map", node.span)
        taken = tuple(_singly(world, p, "a map takes values one by one") for p in node.parameters)
        return Head(node, StageKind.MAP, taken, 0, None, node.row)
    world.require("Reduce", node.span)
    if node.key or (node.parameters and not _is_array(node.parameters[0])):
        key = node.key or node.parameters[:1]
        arrays = node.parameters if node.key else node.parameters[1:]
        reason = "a key is a single value"
        taken = tuple(_singly(world, p, reason) for p in key)
        taken += tuple(_gathered(world, p, keyed=True) for p in arrays)
        kind = StageKind.REDUCE
    else:
        key = ()
        taken = tuple(_gathered(world, p, keyed=False) for p in node.parameters)
        kind = StageKind.REDUCE_ALL
    return Head(node, kind, taken, len(key), _order(world, node, taken, len(key)))


def _is_array(node: tree.Parameter) -> bool:
    return node.type is not None and node.type.is_array


def _declared(world: World, node: tree.Parameter) -> tuple[Type | None, Constraint]:
    if node.type is None:
        message = f"`{node.name.text}` needs a type"
        world.reporter.add("TYP115", node.span, message, f"write `double {node.name.text}`")
        return None, FREE
    return declared_type(world, node.type)


def _singly(world: World, node: tree.Parameter, reason: str) -> Taken:
    at, constraint = _declared(world, node)
    if at is not None and not at.is_scalar:
        hint = f"write `{at.element} {node.name.text}`"
        if at.is_optional:
            reason = "what is emitted is never missing"
        world.reporter.add("TYP115", node.span, reason, hint)
        at = None
    return Taken(node.name, at, constraint)


def _gathered(world: World, node: tree.Parameter, *, keyed: bool) -> Taken:
    at, constraint = _declared(world, node)
    if at is not None and not at.is_array:
        reason = "a reduce without key takes every column as an array"
        if keyed:
            reason = "a reduce takes the values of a key as an array"
        hint = f"write `{at.element}[] {node.name.text}`"
        if keyed:
            hint += "; a key of several parts stands in brackets: `((T a, U b), V[] x)`"
        world.reporter.add("TYP115", node.span, reason, hint)
        at = None
    elif constraint.length is not None:
        hint = f"write `[]`, and ask `len({node.name.text})` in the body"
        world.reporter.add("TYP115", node.span, "how many values a key has is not declared", hint)
        constraint = element_of(constraint)
    return Taken(node.name, at, constraint)


def _order(
    world: World, node: tree.ReduceDefinition, taken: tuple[Taken, ...], key_parts: int
) -> OrderBy | None:
    clause = node.order_by
    if clause is None:
        return None
    name = clause.parameter.text
    for index, parameter in enumerate(taken):
        if parameter.name.text == name and index >= key_parts:
            return OrderBy(index, clause.descending)
    arrays = [t.name.text for t in taken[key_parts:]]
    near = world.suggestions.near(name, arrays)
    hint = near or ("keys come in ascending order anyway" if name not in arrays else "")
    message = f"`{name}` is no array parameter of this reduce"
    world.reporter.add("CTL115", clause.parameter.span, message, hint)
    return None


def row_hint(dataset: Dataset | None, datasets: tuple[str, ...]) -> str:
    """How the first map of a job begins."""
    name = dataset.name if dataset is not None else next(iter(datasets), "readings")
    return f"the first stage is `map name({name} row)`"
