"""Assignments to variables and elements, plain and compound; what may not be assigned."""

from __future__ import annotations

from totemlang.check.builtins import SIGNS
from totemlang.check.context import Body
from totemlang.check.conversion import conversion_hint, convert
from totemlang.check.expressions import operand, typed
from totemlang.check.fields import unknown_name, within
from totemlang.check.matching import Given, Match, match
from totemlang.check.names import GlobalName, LibraryConstant, LookupName, RowName, Variable
from totemlang.check.operators import signed
from totemlang.check.settle import kept, place, settle
from totemlang.check.typed import (
    SlotValue,
    Store,
    StoreElement,
    TypedExpression,
    TypedStatement,
    UpdateElement,
)
from totemlang.check.typewords import element_of
from totemlang.check.values import Operand, given, operation
from totemlang.schema.types import LONG, Type
from totemlang.source import Span
from totemlang.syntax import tree
from totemlang.tables.operations import OPERATIONS


def assignment(body: Body, node: tree.Assignment) -> list[TypedStatement]:
    """`x = e`, `x += e`, `xs[i] = e`, `xs[i] += e`."""
    if isinstance(node.target, tree.Index):
        return _to_element(body, node.target, node.operator, node.value, node.span)
    return _to_variable(body, node.target, node.operator, node.value, node.span)


def increment(body: Body, node: tree.Increment) -> list[TypedStatement]:
    """`i++`, `xs[i]--`: the same as adding or subtracting 1."""
    one = tree.NumberLiteral(node.span, "1")
    sign = node.operator[0] + "="
    if isinstance(node.target, tree.Index):
        return _to_element(body, node.target, sign, one, node.span)
    return _to_variable(body, node.target, sign, one, node.span)


def _to_variable(
    body: Body, target: tree.Expression, sign: str, written: tree.Expression, span: Span
) -> list[TypedStatement]:
    variable = _variable(body, target)
    if variable is None or variable.type is None:
        settle(body, operand(body, written))
        return []
    where = f"`{body.slots[variable.slot].name}`"
    if sign == "=":
        value = typed(body, written, variable.type, where)
    else:
        old = SlotValue(variable.type, target.span, variable.slot)
        shown = tree.Binary(span, sign[0], span, target, written)
        new = settle(body, signed(body, shown, sign[0], old, operand(body, written)))
        value = convert(body, new, variable.type, where) if new is not None else None
    if value is None:
        return []
    kept(body, value, variable.constraint)
    return [Store(span, variable.slot, value, variable.constraint, False)]


def _variable(body: Body, target: tree.Expression) -> Variable | None:
    """The variable that may be assigned; None, mostly with a finding, where there is none."""
    if not isinstance(target, tree.Reference):
        body.report("OPR105", target.span, "this cannot be assigned", "only variables can")
        return None
    name = target.name.text
    binding = body.names.find(name)
    reason, at = "", None
    if binding is None:
        hint = body.world.suggestions.near(name, body.names.known())
        unknown_name(body, target.name, hint or f"declare it with its type: `double {name} = …`")
    elif isinstance(binding, GlobalName):
        reason, at = f"a {binding.word}", binding.type
    elif isinstance(binding, LibraryConstant):
        reason = "a constant"
    elif isinstance(binding, RowName):
        reason = "a row"
    elif isinstance(binding, LookupName):
        reason = "a lookup"
    elif isinstance(binding, Variable):
        reason, at = binding.read_only, binding.type
        if not reason and not body.looped[binding.slot]:
            return binding
        if not reason:
            message = f"a loop runs over `{name}`, which is read-only within it"
            hint = f"loop over a copy: `{at} copy = {name}`"
            body.report("OPR105", target.span, message, hint)
    if reason:
        hint = f"copy it into a variable: `{at} copy = {name}`" if at is not None else ""
        body.report("OPR105", target.span, f"`{name}` is {reason} and read-only", hint)
    return None


# --- elements


def _to_element(
    body: Body, target: tree.Index, sign: str, written: tree.Expression, span: Span
) -> list[TypedStatement]:
    variable = _variable(body, target.of)
    keys = [place(body, operand(body, key), LONG, "an index") for key in target.keys]
    if variable is None or variable.type is None:
        settle(body, operand(body, written))
        return []
    if not variable.type.is_array or len(keys) > 1:
        message = f"this is {variable.type}: it has no elements"
        if variable.type.is_array:
            message = "an array has one index"
        body.report("TYP107", target.span, message)
        settle(body, operand(body, written))
        return []
    at = variable.type.element
    index = keys[0]
    if index is not None:
        array = SlotValue(variable.type, target.of.span, variable.slot)
        within(body, array, index)
        # Finds what must fail; reading the element is not part of storing it.
        operation(body, Match("element", at, (array.type, LONG), at), (array, index), target.span)
    if sign == "=":
        value = typed(body, written, at, "an element")
    else:
        value = _update(body, sign[0], at, operand(body, written), target, span)
    if index is None or value is None:
        return []
    constraint = element_of(variable.constraint)
    if sign == "=":
        kept(body, value, constraint)
        return [StoreElement(span, variable.slot, index, value, constraint)]
    row = SIGNS[sign[0]][0]
    return [UpdateElement(span, variable.slot, index, row, value, constraint)]


def _update(
    body: Body, sign: str, at: Type, new: Operand, target: tree.Index, span: Span
) -> TypedExpression | None:
    """The right side of `xs[i] += e`, at the element's type."""
    if new is None:
        return None
    row = OPERATIONS[SIGNS[sign][0]]
    found = match(row, [Given(at), given(new)])
    if found is not None and found.result == at:
        return place(body, new, at, "an element")
    value = settle(body, new)
    if value is None:
        return None
    if found is not None:
        hint = conversion_hint(found.result, at)
        body.report("TYP101", span, f"an element expects {at}, this is {found.result}", hint)
        return None
    name = target.of.name.text if isinstance(target.of, tree.Reference) else "xs"
    message = f"`{sign}=` does not take an element of type {at} and {value.type}"
    body.report("TYP103", span, message, f"write `{name}[i] = {name}[i] {sign} …`")
    return None
