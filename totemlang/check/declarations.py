"""Giving names their meaning: the naming convention, and no name twice or hidden."""

from __future__ import annotations

from totemlang.check.context import Body, World
from totemlang.check.names import CONVENTION, CONVENTION_HINT, Binding, Names
from totemlang.syntax import tree


def conventional(world: World, name: tree.Name) -> None:
    """Report a name against the naming convention."""
    if not CONVENTION.fullmatch(name.text):
        world.reporter.add(
            "NAM101", name.span, "this name is against the convention", CONVENTION_HINT
        )


def declare(world: World, names: Names, name: tree.Name, binding: Binding) -> None:
    """Declare a variable, parameter, constant, row or lookup.

    A name that is visible already is reported, and means nothing from there on: what it was
    meant to be is not known.
    """
    conventional(world, name)
    first = names.declared_at(name.text)
    if first is None:
        names.declare(name.text, binding, name.span)
        return
    line = world.reporter.source.position(first.start).line
    world.reporter.add(
        "NAM102",
        name.span,
        f"`{name.text}` is declared already, on line {line}",
        "to change it leave the type out; else choose another name",
    )
    names.declare(name.text, Binding(), first)


def declare_local(body: Body, name: tree.Name, binding: Binding) -> None:
    """Declare a name of a body."""
    declare(body.world, body.names, name, binding)


def once(world: World, taken: dict[str, tree.Name], name: tree.Name, what: str) -> bool:
    """Whether a name of a space of its own (functions, stages, columns) is new; else reported."""
    first = taken.setdefault(name.text, name)
    if first is name:
        return True
    line = world.reporter.source.position(first.span.start).line
    message = f"there is a {what} `{name.text}` already, on line {line}"
    world.reporter.add("NAM102", name.span, message, "choose another name")
    return False
