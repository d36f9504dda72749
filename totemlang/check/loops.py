"""Loops: the shape of a counted `for`, the elements of an array, `while` with its limit.

That the bound of a loop is finite is for the cost room to find; here its shape is checked: the
condition compares the variable with a bound, and the step leads towards it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from totemlang.check.context import Body, BodyKind
from totemlang.check.declarations import declare_local
from totemlang.check.expressions import operand, typed, value
from totemlang.check.matching import Match
from totemlang.check.names import Variable
from totemlang.check.operators import signed
from totemlang.check.settle import resolve, settle
from totemlang.check.typed import (
    OperationValue,
    SlotValue,
    Store,
    TypedExpression,
    TypedFor,
    TypedForEach,
    TypedStatement,
    TypedWhile,
)
from totemlang.check.typewords import element_of
from totemlang.check.values import Pending, known_value, operation
from totemlang.check.walk import expressions_in
from totemlang.schema.types import BOOL, FREE, INT, INT_RANGE, LONG, LONG_RANGE, STRING, Type
from totemlang.syntax import tree
from totemlang.tables.operations import BINARY, WHOLE

Block = Callable[[Body, Sequence[tree.Statement]], tuple[list[TypedStatement], bool]]

READ_ONLY = "the loop's own variable"
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UP = frozenset({"<", "<="})


def counted(body: Body, node: tree.For, block: Block) -> list[TypedStatement]:
    """`for i = a; i < b; i++ do … end for`."""
    body.world.require("For", node.span)
    name = node.variable.text
    start = value(body, node.start)
    at = _counter_type(body, start)
    with body.names.block():
        slot = body.slot(name, at)
        if body.kind is BodyKind.SCRIPT and body.depth == 0:
            body.results[name] = slot
        declare_local(body, node.variable, Variable(slot, at, FREE, READ_ONLY))
        sign, condition = _condition(body, node, slot, at)
        step = _step(body, node, sign, slot, at)
        statements = _round(body, node.body, block)
    if start is None or condition is None or step is None:
        return []
    first = Store(node.start.span, slot, start, FREE, True)
    return [TypedFor(node.span, slot, first, condition, step, tuple(statements))]


def _round(body: Body, statements: Sequence[tree.Statement], block: Block) -> list[TypedStatement]:
    body.loops += 1
    found, _ = block(body, statements)
    body.loops -= 1
    return found


def _counter_type(body: Body, start: TypedExpression | None) -> Type | None:
    if start is None:
        return None
    if start.type in WHOLE:
        return start.type
    hint = "count whole numbers and compute from them: `x = i * 0.1`"
    message = f"the variable of a `for` is int or long, not {start.type}"
    body.report("TYP118", start.span, message, hint if start.type in BINARY else "")
    return None


def _condition(
    body: Body, node: tree.For, slot: int, at: Type | None
) -> tuple[str, TypedExpression | None]:
    """The sign that compares the variable with its bound, and the comparison."""
    name = node.variable.text
    condition = node.condition
    sides = _sides(condition, name)
    if sides is None:
        found = value(body, condition)
        hint = f"write `{name} < n` or `{name} <= n`; other conditions need `while … limit n`"
        if found is not None:
            message = f"the condition of a `for` compares `{name}` with a bound"
            body.report("CTL107", condition.span, message, hint)
        return "", None
    sign, bound = sides
    if any(isinstance(e, tree.Reference) and e.name.text == name for e in expressions_in(bound)):
        message = f"the bound depends on `{name}` itself"
        hint = "a loop that ends in another way is `while … limit n`"
        body.report("CTL107", bound.span, message, hint)
        return sign, None
    right = operand(body, bound)
    if at is None:
        settle(body, right)
        return sign, None
    left = SlotValue(at, condition.span, slot)
    compared = settle(body, signed(body, condition, sign, left, right))
    _reachable(body, name, sign, at, bound, compared)
    return sign, compared


def _reachable(
    body: Body,
    name: str,
    sign: str,
    at: Type,
    bound: tree.Expression,
    compared: TypedExpression | None,
) -> None:
    """Report a bound on literals that the variable would have to leave its type to pass."""
    if not isinstance(compared, OperationValue):
        return
    known = known_value(body, compared.operands[1])
    if isinstance(known, bool) or not isinstance(known, int | float):
        return
    least, most = INT_RANGE if at == INT else LONG_RANGE
    last = {"<": known <= most, "<=": known < most, ">": known >= least, ">=": known > least}
    if not last[sign]:
        hint = f"start it as a long: `for {name} = long(0); …`" if at == INT else ""
        body.report("OPR102", bound.span, f"`{name}` is {at} and cannot pass this bound", hint)


def _sides(condition: tree.Expression, name: str) -> tuple[str, tree.Expression] | None:
    """The sign with the variable on its left, and the bound."""
    if not isinstance(condition, tree.Binary) or condition.operator not in _TURNED:
        return None
    if _is(condition.left, name):
        return condition.operator, condition.right
    if _is(condition.right, name):
        return _TURNED[condition.operator], condition.left
    return None


def _is(expression: tree.Expression, name: str) -> bool:
    return isinstance(expression, tree.Reference) and expression.name.text == name


def _step(body: Body, node: tree.For, sign: str, slot: int, at: Type | None) -> Store | None:
    """The step as a store; it adds or subtracts a literal greater than 0, towards the bound."""
    step, name = node.step, node.variable.text
    written, up = _stride(step, name)
    if written is None:
        hint = f"write `{name}++`, `{name}--`, `{name} += 2` or `{name} -= 2`"
        body.report("CTL108", step.span, f"the step changes `{name}` by a whole number", hint)
        return None
    if sign and up != (sign in _UP):
        hint = f"write `{name}{'++' if sign in _UP else '--'}`"
        message = f"the step leads away from the bound of `{name}`"
        body.report("CTL108", step.span, message, hint)
        return None
    if at is None:
        return None
    stride = resolve(body, Pending(written, at), at)
    if stride is None:
        return None
    old = SlotValue(at, step.span, slot)
    how = Match("add" if up else "sub", at, (at, at), at)
    return Store(step.span, slot, operation(body, how, (old, stride), step.span), FREE, False)


def _stride(step: tree.Statement, name: str) -> tuple[tree.NumberLiteral | None, bool]:
    """The number by which a step changes the variable (None: no such step), and whether up."""
    if isinstance(step, tree.Increment) and _is(step.target, name):
        return tree.NumberLiteral(step.span, "1"), step.operator == "++"
    if (
        isinstance(step, tree.Assignment)
        and step.operator in ("+=", "-=")
        and _is(step.target, name)
        and isinstance(step.value, tree.NumberLiteral)
        and step.value.is_whole
        and step.value.text.strip("0_")
    ):
        return step.value, step.operator == "+="
    return None, True


def each(body: Body, node: tree.ForEach, block: Block) -> list[TypedStatement]:
    """`for x in xs do … end for`."""
    body.world.require("For", node.span)
    array = value(body, node.array)
    at: Type | None = None
    constraint = FREE
    if array is not None and array.type.is_array:
        at = array.type.element
        if isinstance(array, SlotValue):
            constraint = element_of(body.slots[array.slot].constraint)
    elif array is not None:
        message = f"`for … in` takes an array, this is {array.type}"
        body.report("TYP107", array.span, message, _each_hint(array.type))
    with body.names.block():
        slot = body.slot(node.variable.text, at, constraint)
        declare_local(body, node.variable, Variable(slot, at, constraint, READ_ONLY))
        over = array.slot if isinstance(array, SlotValue) and at is not None else -1
        body.looped[over] += 1
        statements = _round(body, node.body, block)
        body.looped[over] -= 1
    if array is None or at is None:
        return []
    return [TypedForEach(node.span, slot, array, tuple(statements))]


def _each_hint(at: Type) -> str:
    if at == STRING:
        return "its words are `words(s)`"
    return "to count write `for i = 0; i < n; i++ do`" if at in WHOLE else ""


def limited(body: Body, node: tree.While, block: Block) -> list[TypedStatement]:
    """`while c limit n do … end while`."""
    body.world.require("While", node.span)
    condition = typed(body, node.condition, BOOL, "a condition")
    limit = typed(body, node.limit, LONG, "`limit`")
    statements = _round(body, node.body, block)
    if condition is None or limit is None:
        return []
    return [TypedWhile(node.span, condition, limit, tuple(statements))]
