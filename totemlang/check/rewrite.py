"""Typed trees walked, and rebuilt with some nodes replaced, by explicit stack: they may be deep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import attrs

from totemlang.check.typed import (
    CallValue,
    OperationValue,
    TypedBody,
    TypedExpression,
    TypedFunction,
    TypedStatement,
)

Node = TypedExpression | TypedStatement
Some = TypeVar("Some", bound=Node)

_NODES = (TypedExpression, TypedStatement)


def replaced(
    statements: tuple[TypedStatement, ...], changed: Mapping[int, TypedStatement]
) -> tuple[TypedStatement, ...]:
    """Statements in which those named by identity are others."""
    if not changed:
        return statements

    def change(node: Node, rebuilt: Node) -> Node:
        return changed.get(id(node), rebuilt)

    return tuple(rewritten(statement, change, TypedStatement) for statement in statements)


def renumbered_body(body: TypedBody, numbers: Mapping[int, int]) -> TypedBody:
    """The body with the functions that it calls numbered anew."""
    if all(numbers[each.function] == each.function for each in _calls_in(body.statements)):
        return body

    def change(_: Node, rebuilt: Node) -> Node:
        if isinstance(rebuilt, CallValue):
            return attrs.evolve(rebuilt, function=numbers[rebuilt.function])
        return rebuilt

    statements = tuple(rewritten(statement, change) for statement in body.statements)
    return attrs.evolve(body, statements=statements)


def renumbered_function(function: TypedFunction, numbers: Mapping[int, int]) -> TypedFunction:
    """The function with the functions that it calls numbered anew."""
    return attrs.evolve(function, body=renumbered_body(function.body, numbers))


def _calls_in(statements: Sequence[Node]) -> Iterator[CallValue]:
    """All calls in some statements."""
    rest = list(statements)
    while rest:
        node = rest.pop()
        if isinstance(node, CallValue):
            yield node
        rest += parts(node)


def rewritten(
    root: Some,
    change: Callable[[Node, Node], Node],
    only: type[Node] | tuple[type[Node], ...] = _NODES,
) -> Some:
    """A tree changed from its leaves up: `change` gets each node as it was and as rebuilt.

    Nodes that are not `only` of a kind, and all within them, stay as they are.
    """
    done: dict[int, Node] = {}
    rest: list[tuple[Node, bool]] = [(root, False)]
    while rest:
        node, ready = rest.pop()
        if ready:
            done[id(node)] = change(node, _rebuilt(node, done))
        elif id(node) not in done:
            rest.append((node, True))
            rest += [(child, False) for child in parts(node) if isinstance(child, only)]
    result: Any = done[id(root)]
    found: Some = result
    return found


_PLAIN = frozenset({"Type", "Type | None", "Span", "Value", "Constraint", "int", "str", "bool"})
"""What attributes are that never hold a node: they need not be looked at."""


@cache
def _holding(kind: type[Node]) -> tuple[str, ...]:
    """The attributes of a kind of node that may hold nodes."""
    return tuple(each.name for each in attrs.fields(kind) if each.type not in _PLAIN)


def parts(node: Node) -> list[Node]:
    """The typed nodes directly within one, in order."""
    found: list[Node] = []
    for name in _holding(type(node)):  # type: ignore[arg-type]
        held = getattr(node, name)
        if isinstance(held, tuple):
            found += [each for each in held if isinstance(each, _NODES)]
        elif isinstance(held, _NODES):
            found.append(held)
    return found


def _rebuilt(node: Node, done: Mapping[int, Node]) -> Node:
    changes: dict[str, Any] = {}
    for name in _holding(type(node)):  # type: ignore[arg-type]
        held = getattr(node, name)
        new = _new(held, done)
        if new is not held:
            changes[name] = new
    return attrs.evolve(node, **changes) if changes else node


def _new(held: Any, done: Mapping[int, Node]) -> Any:
    if not isinstance(held, tuple):
        return done.get(id(held), held)
    fresh: Sequence[Any] = tuple([done.get(id(each), each) for each in held])
    same = all(a is b for a, b in zip(fresh, held, strict=True))
    return held if same else fresh


def operations_in(root: TypedExpression) -> Iterator[OperationValue]:
    """All operations in an expression."""
    rest: list[Node] = [root]
    while rest:
        node = rest.pop()
        if isinstance(node, OperationValue):
            yield node
        rest.extend(parts(node))
