"""Signs on operands: which operation they mean, and what to write where they mean none."""

from __future__ import annotations

from collections.abc import Iterator

from totemlang.check.builtins import ARITHMETIC, COMMUTING, SIGNS
from totemlang.check.context import Body, BodyKind
from totemlang.check.conversion import MISSING_HINT
from totemlang.check.literals import natural_kind
from totemlang.check.matching import Given, Match, match
from totemlang.check.settle import place, settle
from totemlang.check.typed import LogicValue, TypedExpression
from totemlang.check.values import Operand, Pending, given, operation, type_of
from totemlang.schema.types import BOOL, Kind, Type
from totemlang.source import Span
from totemlang.syntax import tree
from totemlang.tables.operations import BINARY, NUMBERS, OPERATIONS


def negated(body: Body, node: tree.Expression, operand: Operand) -> Operand:
    """`-x`; of a number literal, the signed literal."""
    if operand is None:
        return None
    if isinstance(operand, Pending):
        natural = operand.natural
        if isinstance(operand.node, tree.NumberLiteral):
            natural = Type(natural_kind(operand.node.text, negative=True))
        if natural in NUMBERS:
            return Pending(node, natural, (operand,))
    found = match(OPERATIONS["neg"], [given(operand)])
    if found is None:
        _refuse_sign(body, "-", (operand,), node.span)
        return None
    value = place(body, operand, found.targets[0], "the sign")
    return operation(body, found, (value,), node.span) if value is not None else None


def inverted(body: Body, node: tree.Expression, operand: Operand) -> Operand:
    """`not x`."""
    value = place(body, operand, BOOL, "`not`")
    if value is None:
        return None
    return operation(body, Match("not", None, (BOOL,), BOOL), (value,), node.span)


def logic(body: Body, node: tree.Binary, left: Operand, right: Operand) -> Operand:
    """`a and b`, `a or b`: the right side is evaluated only where it decides."""
    sides = [place(body, side, BOOL, f"`{node.operator}`") for side in (left, right)]
    if body.kind is BodyKind.CONSTANT:
        hint = "write it in a function, or where it is used"
        body.report("CTL116", node.span, f"`{node.operator}` cannot stand in a constant", hint)
        return None
    body.world.require("Bool", node.span)
    if sides[0] is None or sides[1] is None:
        return None
    return LogicValue(BOOL, node.span, node.operator, sides[0], sides[1])


def signed(
    body: Body,
    node: tree.Expression,
    sign: str,
    left: Operand,
    right: Operand,
    wanted: Type | None = None,
) -> Operand:
    """`a + b` and the like; between number literals it waits for its type."""
    if left is None or right is None:
        settle(body, left)
        settle(body, right)
        return None
    found = _matching(sign, left, right, wanted)
    if found is None:
        _refuse_sign(body, sign, (left, right), node.span)
        return None
    if isinstance(left, Pending) and isinstance(right, Pending) and sign in ARITHMETIC:
        shown = node if isinstance(node, tree.Binary) else _as_binary(node, sign, left, right)
        return Pending(shown, found[0].result, (left, right))
    return combined(body, found, left, right, node.span)


def combined(
    body: Body,
    found: tuple[Match, bool],
    left: TypedExpression | Pending,
    right: TypedExpression | Pending,
    span: Span,
) -> TypedExpression | None:
    """The operation that was found for two operands, which may have to change places."""
    how, swapped = found
    ordered = (right, left) if swapped else (left, right)
    values = [
        place(body, operand, at, "the sign")
        for operand, at in zip(ordered, how.targets, strict=True)
    ]
    if values[0] is None or values[1] is None:
        return None
    return operation(body, how, (values[0], values[1]), span)


def _as_binary(node: tree.Expression, sign: str, left: Pending, right: Pending) -> tree.Binary:
    """`add(a, b)` as `a + b`: the two are the same operation."""
    return tree.Binary(node.span, sign, node.span, left.node, right.node)


def _matching(
    sign: str,
    left: TypedExpression | Pending,
    right: TypedExpression | Pending,
    wanted: Type | None,
) -> tuple[Match, bool] | None:
    """The row that a sign means, and whether the operands change places."""
    for row, swapped in _attempts(sign):
        operands = [given(right), given(left)] if swapped else [given(left), given(right)]
        found = match(OPERATIONS[row], operands, wanted)
        if found is not None:
            return found, swapped
    return None


def _attempts(sign: str) -> Iterator[tuple[str, bool]]:
    for row in SIGNS[sign]:
        yield row, False
    for row in SIGNS[sign]:
        if (sign, row) in COMMUTING:
            yield row, True


# --- what to write instead


def _refuse_sign(
    body: Body, sign: str, operands: tuple[TypedExpression | Pending, ...], span: Span
) -> None:
    for operand in operands:
        if isinstance(operand, TypedExpression) and operand.type.is_optional:
            body.report(
                "TYP102", operand.span, f"this may be missing ({operand.type})", MISSING_HINT
            )
    if any(type_of(operand).is_optional for operand in operands):
        return
    known = [given(operand) for operand in operands]
    if sign == "**" and known[0].type in NUMBERS and known[1].type in BINARY:
        _refuse_exponent(body, operands[1])
        return
    types = [str(g.type) for g in known]
    message = f"`{sign}` does not take {' and '.join(types)}"
    body.report("TYP103", span, message, _sign_hint(sign, known))


def _refuse_exponent(body: Body, exponent: TypedExpression | Pending) -> None:
    hint = "write `math.pow(x, y)`"
    if isinstance(exponent, Pending) and isinstance(exponent.node, tree.NumberLiteral):
        text = exponent.node.text.rstrip("0")
        if text in ("0.5", ".5", "5e-1"):
            hint = "write `sqrt(x)`"
        elif text.endswith("."):
            hint = f"write `** {text[:-1]}`, or `math.pow(x, y)`"
    body.report("TYP117", exponent.span, "the exponent of `**` is a whole number", hint)


def _sign_hint(sign: str, operands: list[Given]) -> str:
    types = [g.type for g in operands]
    kinds = {t.kind for t in types}
    if any(t.is_array for t in types):
        return "arrays are combined element by element in a loop, or by `sum(xs)`, `max(xs)`"
    if sign in ("//", "%") and set(types) <= set(NUMBERS):
        whole = "`floor(x / y)`" if sign == "//" else "`x - y * floor(x / y)`"
        return f"it is for whole numbers; write {whole}"
    if kinds == {Kind.STRING}:
        return "write `concat(a, b)`" if sign == "+" else ""
    for words, hint in _KIND_HINTS:
        if words <= kinds:
            return hint
    return ""


_KIND_HINTS: tuple[tuple[frozenset[Kind], str], ...] = (
    (frozenset({Kind.DATE, Kind.TIMESTAMP}), "write `date(ts)` or `timestamp(day)` first"),
    (frozenset({Kind.STRING, Kind.DATE}), 'a date is written `date("2019-02-25")`'),
    (
        frozenset({Kind.STRING, Kind.TIMESTAMP}),
        'a moment is written `timestamp("2019-02-25T10:30:00")`',
    ),
    (frozenset({Kind.STRING}), "strings and numbers do not mix, and there is no formatting"),
    (frozenset({Kind.TIMESTAMP, Kind.INT}), "add a duration: `ts + hours(n)`, `ts + days(n)`"),
    (frozenset({Kind.TIMESTAMP, Kind.LONG}), "add a duration: `ts + hours(n)`, `ts + days(n)`"),
    (frozenset({Kind.DATE, Kind.INT}), "add a duration: `day + days(n)`"),
    (frozenset({Kind.DATE, Kind.LONG}), "add a duration: `day + days(n)`"),
    (frozenset({Kind.TIMESTAMP}), "moments are subtracted: `(a - b) / hours(1)`"),
    (frozenset({Kind.DATE}), "days are subtracted: `(a - b) / days(1)`"),
    (
        frozenset({Kind.DURATION}),
        "durations are compared with durations, divided by them, and multiplied by whole numbers",
    ),
    (frozenset({Kind.BOOL}), "write `int(b)` to count with it, `not b` to invert it"),
)
