"""Functions: what callers see of them, and their bodies, which return on every path."""

from __future__ import annotations

from attrs import evolve

from totemlang.check.builtins import BUILTINS, CALLED_SIGNS
from totemlang.check.context import Body, BodyKind, Signature, World
from totemlang.check.declarations import conventional, declare_local
from totemlang.check.names import Variable
from totemlang.check.statements import sequence
from totemlang.check.typed import TypedBody, TypedFunction
from totemlang.check.typewords import declared_type
from totemlang.schema.types import FREE, INT, Constraint, Field, Type
from totemlang.syntax import tree


def signature(
    world: World, node: tree.FunctionDefinition, number: int, name: str = ""
) -> Signature:
    """What callers see of a function; `name` where it is known by another than it bears."""
    world.require("Function", node.span)
    result, constraint = declared_type(world, node.result)
    parameters = tuple((p.name.text, *_parameter(world, p)) for p in node.parameters)
    return Signature(name or node.name.text, number, parameters, result, constraint)


def _parameter(world: World, node: tree.Parameter) -> tuple[Type | None, Constraint]:
    if node.type is None:
        message = f"`{node.name.text}` needs a type"
        world.reporter.add("TYP115", node.span, message, f"write `double {node.name.text}`")
        return None, FREE
    at, constraint = declared_type(world, node.type)
    if at is not None and at.is_array and not evolve(constraint, length=None).is_free:
        message = f"an array of `{node.type.word.text}` cannot be a parameter of a function"
        hint = f"write `{at} {node.name.text}`: elements are checked where they are stored"
        world.reporter.add("TYP115", node.span, message, hint)
        return None, FREE
    return at, constraint


def named(world: World, node: tree.FunctionDefinition) -> None:
    """Report a name against the convention, or one that a built-in function bears."""
    conventional(world, node.name)
    if node.name.text in BUILTINS or node.name.text in CALLED_SIGNS:
        message = f"`{node.name.text}` is built in"
        world.reporter.add("NAM108", node.name.span, message, "choose another name")


def function_body(
    world: World, node: tree.FunctionDefinition, known: Signature
) -> tuple[TypedFunction, Body]:
    """The typed function, sound where nothing was reported, and its body as checked."""
    body = Body(world, BodyKind.FUNCTION, world.names.inner())
    body.result, body.result_constraint = known.result, known.result_constraint
    for parameter, (name, at, constraint) in zip(node.parameters, known.parameters, strict=True):
        slot = body.slot(name, at, constraint)
        variable = Variable(slot, at, constraint, "a parameter")
        declare_local(body, parameter.name, variable)
    body.parameters = len(body.slots)
    fields = tuple(body.slots)
    statements, ends = sequence(body, node.body)
    if not ends:
        hint = "every path ends in `return e`"
        if known.result is not None and known.result.is_optional:
            hint += "; where there is nothing to give, return a value that says so"
        message = f"`{node.name.text}` can end without a result"
        world.reporter.add("CTL103", node.name.span, message, hint)
    typed = TypedFunction(
        known.name,
        tuple(Field(f.name, f.type, f.constraint) for f in fields),
        known.result or INT,
        TypedBody(tuple(body.slots), tuple(statements), node.span),
        bool(world.own_file),
        world.reporter.source,
    )
    return typed, body
