"""Walks through trees without recursion: what stands in an expression, how deep a tree is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import attrs

from totemlang.syntax import tree

MAX_BLOCKS = 60
"""Blocks within each other. The parser stops earlier; trees made by hand stop here."""

MAX_EXPRESSION = 120
"""Expressions within each other, likewise."""


_PLAIN = frozenset({"Span", "Source", "str", "bool", "int", "int | None"})
"""What attributes are that never hold a node: they need not be looked at."""


@cache
def _holding(kind: type[tree.Node]) -> tuple[str, ...]:
    """The attributes of a kind of node that may hold nodes."""
    return tuple(each.name for each in attrs.fields(kind) if each.type not in _PLAIN)


def children(node: tree.Node) -> Iterator[tree.Node]:
    """The nodes directly within a node, in order."""
    for name in _holding(type(node)):  # type: ignore[arg-type]
        held = getattr(node, name)
        if isinstance(held, tree.Node):
            yield held
        elif isinstance(held, tuple):
            yield from (each for each in held if isinstance(each, tree.Node))


def expressions_in(root: tree.Expression) -> Iterator[tree.Expression]:
    """An expression and all within it."""
    rest: list[tree.Node] = [root]
    while rest:
        node = rest.pop()
        if isinstance(node, tree.Expression):
            yield node
        rest.extend(children(node))


def too_deep(program: tree.Program) -> tree.Node | None:
    """A node that stands deeper than later passes can follow; None where there is none."""
    rest: list[tuple[tree.Node, int, int]] = [(item, 0, 0) for item in program.items]
    while rest:
        node, blocks, depth = rest.pop()
        blocks += isinstance(node, _BLOCKS)
        depth += isinstance(node, tree.Expression)
        if blocks > MAX_BLOCKS or depth > MAX_EXPRESSION:
            return node
        for name in _holding(type(node)):  # type: ignore[arg-type]
            held = getattr(node, name)  # of every node of a program: a generator would be felt
            if isinstance(held, tree.Node):
                rest.append((held, blocks, depth))
            elif isinstance(held, tuple):
                rest += [(each, blocks, depth) for each in held if isinstance(each, tree.Node)]
    return None


_BLOCKS = (tree.If, tree.For, tree.ForEach, tree.While)
