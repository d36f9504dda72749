"""Statements: declarations, assignments, branches, jumps; blocks and what is never reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from totemlang.check.assignments import assignment, increment
from totemlang.check.context import Body, BodyKind
from totemlang.check.declarations import declare_local
from totemlang.check.emits import emit
from totemlang.check.expressions import typed
from totemlang.check.loops import counted, each, limited
from totemlang.check.names import Variable
from totemlang.check.settle import kept
from totemlang.check.typed import (
    CheckedValue,
    ConstantValue,
    GlobalValue,
    SlotValue,
    Store,
    TypedBreak,
    TypedContinue,
    TypedExpression,
    TypedIf,
    TypedReturn,
    TypedStatement,
)
from totemlang.check.typewords import declared_type
from totemlang.schema.types import BOOL
from totemlang.syntax import tree

Found = tuple[list[TypedStatement], bool]
"""Typed statements, and whether what follows them is never reached."""


def block(body: Body, statements: Sequence[tree.Statement]) -> Found:
    """The statements of a block, whose names end with it."""
    with body.names.block():
        body.depth += 1
        try:
            return sequence(body, statements)
        finally:
            body.depth -= 1


def sequence(body: Body, statements: Sequence[tree.Statement]) -> Found:
    """Statements one after the other in the block that is open."""
    found: list[TypedStatement] = []
    over = reported = False
    for statement in statements:
        if over and not reported:
            body.report("CTL102", statement.span, "this is never reached", "take it out")
            reported = True
        typed_, ends = _RULES.get(type(statement), _misplaced)(body, statement)
        found += typed_
        over = over or ends
    return found, over


def _misplaced(body: Body, node: tree.Statement) -> Found:
    message = "this cannot stand inside of a block"
    body.report("CTL109", node.span, message, "definitions stand at the top of the program")
    return [], False


def _declaration(body: Body, node: tree.Declaration) -> Found:
    at, constraint = declared_type(body.world, node.type)
    found: list[TypedStatement] = []
    for declarator in node.declarators:
        name = declarator.name.text
        value = typed(body, declarator.value, at, f"`{name}`")
        slot = body.slot(name, at, constraint)
        declare_local(body, declarator.name, Variable(slot, at, constraint))
        if body.kind is BodyKind.SCRIPT and body.depth == 0:
            body.results[name] = slot
        if value is not None:
            kept(body, value, constraint)
            found.append(Store(declarator.span, slot, value, constraint, True))
    return found, False


def _assignment(body: Body, node: tree.Assignment) -> Found:
    return assignment(body, node), False


def _increment(body: Body, node: tree.Increment) -> Found:
    return increment(body, node), False


def _if(body: Body, node: tree.If) -> Found:
    """The branches become ifs within each other, from the last to the first."""
    body.world.require("If", node.span)
    branches = []
    for branch in node.branches:
        condition = typed(body, branch.condition, BOOL, "a condition")
        branches.append((branch, condition, *block(body, branch.body)))
    rest, over = block(body, node.otherwise)
    for branch, condition, statements, ends in reversed(branches):
        over = over and ends
        if condition is not None:
            rest = [TypedIf(branch.span, condition, tuple(statements), tuple(rest))]
    return rest, over


def _for(body: Body, node: tree.For) -> Found:
    return counted(body, node, block), False


def _for_each(body: Body, node: tree.ForEach) -> Found:
    return each(body, node, block), False


def _while(body: Body, node: tree.While) -> Found:
    return limited(body, node, block), False


def _break(body: Body, node: tree.Break) -> Found:
    return [TypedBreak(node.span)], _in_loop(body, node, "break")


def _continue(body: Body, node: tree.Continue) -> Found:
    return [TypedContinue(node.span)], _in_loop(body, node, "continue")


def _in_loop(body: Body, node: tree.Statement, word: str) -> bool:
    """Whether a jump stands in a loop, as it must."""
    body.world.require(word.capitalize(), node.span)
    if body.loops == 0:
        hint = "`return` leaves a function" if body.kind is BodyKind.FUNCTION else ""
        body.report("CTL101", node.span, f"`{word}` stands outside of a loop", hint)
    return body.loops > 0


def _return(body: Body, node: tree.Return) -> Found:
    body.world.require("Return", node.span)
    if body.kind is not BodyKind.FUNCTION:
        hint = "a stage gives its rows by `emit`" if body.kind is BodyKind.STAGE else ""
        body.report("CTL104", node.span, "`return` stands outside of a function", hint)
        typed(body, node.value, None, "")
        return [], False
    value = typed(body, node.value, body.result, "the result")
    if value is None:
        return [], True
    _own_array(body, value)
    kept(body, value, body.result_constraint)
    if not body.result_constraint.is_free:
        value = CheckedValue(value.type, value.span, value, body.result_constraint)
    return [TypedReturn(node.span, value)], True


def _own_array(body: Body, value: TypedExpression) -> None:
    """Report an array handed on: without copying it, two names would share its elements."""
    handed = isinstance(value, SlotValue) and value.slot < body.parameters
    if value.type.is_array and (handed or isinstance(value, GlobalValue | ConstantValue)):
        message = "a function returns an array of its own, not one that it was given"
        hint = f"copy it into a variable, `{value.type} own = …`, and return that"
        body.report("CTL117", value.span, message, hint)


def _emit(body: Body, node: tree.Emit) -> Found:
    return emit(body, node), False


_RULES: dict[type[Any], Callable[[Body, Any], Found]] = {
    tree.Declaration: _declaration,
    tree.Assignment: _assignment,
    tree.Increment: _increment,
    tree.If: _if,
    tree.For: _for,
    tree.ForEach: _for_each,
    tree.While: _while,
    tree.Break: _break,
    tree.Continue: _continue,
    tree.Return: _return,
    tree.Emit: _emit,
}
