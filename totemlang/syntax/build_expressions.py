"""Makes the expressions of the tree as the automaton reduces them, and keeps them shallow.

Each `make_…` method belongs to the rule or alias of that name in the grammar and is given the
values of the rule's right side. Methods report what is wrong and go on; none raises.
"""

from __future__ import annotations

from typing import Any

from attrs import define, evolve, field, frozen

from totemlang.diagnostics import ErrorClass
from totemlang.schema.types import INT_RANGE, Kind
from totemlang.source import Span
from totemlang.syntax import tree
from totemlang.syntax.limits import MAX_ARGUMENTS, MAX_ARRAY_LITERAL, MAX_EXPRESSION_DEPTH
from totemlang.syntax.reports import Reports
from totemlang.syntax.tokens import SPELLING, Token
from totemlang.tables.rules import RuleBook

_CUT = -1
"""The depth of what stands for an expression that was reported: whatever holds it is cut too."""


@frozen
class TypePart:
    """What stands behind a type word: `[]`, `[4]` or `?`, by its first sign, and the size."""

    sign: str
    span: Span
    size: int | None = None


def stretch(values: list[Any]) -> Span:
    """From the first of a rule's values to the last."""
    first, last = values[0], values[-1]
    return Span(
        first.start if type(first) is Token else first.span.start,
        last.end if type(last) is Token else last.span.end,
    )


@define
class ExpressionBuilder:
    """Builder of expressions and types. `library`: of its source, which no rules bind."""

    rules: RuleBook
    reports: Reports
    library: bool = False
    _depths: dict[int, int] = field(factory=dict)

    def forbid(self, word: str, span: Span) -> None:
        """Report a command that the rules do not have; "" is a word that nobody wrote."""
        if word and not self.library and word not in self.rules.keywords:
            self.reports.add(
                "CMD001",
                f"{word} is not a command here",
                span,
                f"the rules of {self.rules.name} do not have it",
                ErrorClass.COMMAND,
            )

    # --- names and types

    def make_name(self, values: list[Any]) -> tree.Name:
        """A name as written."""
        return tree.Name(stretch(values), values[0].text)

    def make_any_length(self, values: list[Any]) -> TypePart:
        """`[]`."""
        return TypePart("[]", stretch(values))

    def make_sized(self, values: list[Any]) -> TypePart:
        """`[4]`."""
        text = values[1].text.replace("_", "")
        if text.isdecimal() and 1 <= int(text) <= INT_RANGE[1]:
            return TypePart("[n]", stretch(values), int(text))
        message = f"a size is a whole number from 1 to {INT_RANGE[1]}"
        self.reports.add("SYN030", message, values[1].span)
        return TypePart("[n]", stretch(values), 1)

    def make_optional(self, values: list[Any]) -> TypePart:
        """`?`."""
        return TypePart("?", stretch(values))

    def make_type(self, values: list[Any]) -> tree.TypeExpression:
        """A type word with what stands behind it."""
        word = tree.Name(values[0].span, values[0].text)
        self.forbid(word.text, word.span)
        parts: list[TypePart] = values[1] if len(values) > 1 else []
        span = Span(word.span.start, parts[-1].span.end if parts else word.span.end)
        labelled = self.rules.labelled.get(word.text)
        is_string = labelled.kind is Kind.STRING if labelled else word.text == Kind.STRING.value
        match [part.sign for part in parts]:
            case []:
                return tree.TypeExpression(span, word)
            case ["[]"]:
                return tree.TypeExpression(span, word, is_array=True)
            case ["[n]"]:
                return tree.TypeExpression(span, word, not is_string, parts[0].size)
            case ["?"]:
                return tree.TypeExpression(span, word, is_optional=True)
            case ["[n]", "?"] if is_string:
                return tree.TypeExpression(span, word, False, parts[0].size, True)
        hint = "a type is `int`, `int[]`, `int[4]` or `int?`, for strings also `string[8]`"
        message = f"there is no type `{self.reports.source.text[span.start : span.end][:64]}`"
        self.reports.add("SYN030", message, span, hint)
        return tree.TypeExpression(span, word)

    # --- literals and names

    def make_number(self, values: list[Any]) -> tree.Expression:
        """`42`."""
        return self._sized(tree.NumberLiteral(values[0].span, values[0].text))

    def make_string(self, values: list[Any]) -> tree.Expression:
        """`"text"`."""
        return self._sized(tree.StringLiteral(values[0].span, values[0].text))

    def make_true(self, values: list[Any]) -> tree.Expression:
        """`true`."""
        return self._sized(tree.BoolLiteral(values[0].span, True))

    def make_false(self, values: list[Any]) -> tree.Expression:
        """`false`."""
        return self._sized(tree.BoolLiteral(values[0].span, False))

    def make_reference(self, values: list[Any]) -> tree.Expression:
        """A name standing for a value."""
        return self._sized(tree.Reference(values[0].span, values[0]))

    def make_array(self, values: list[Any]) -> tree.Expression:
        """`[a, b]`."""
        elements = values[1] if len(values) == 3 else ()
        if len(elements) > MAX_ARRAY_LITERAL:
            message = f"an array is listed with at most {MAX_ARRAY_LITERAL:,} elements"
            return self._too_many(values, message, "a table of values belongs into a lookup")
        return self._sized(tree.ArrayLiteral(stretch(values), elements), *elements)

    # --- composed

    def make_brackets(self, values: list[Any]) -> tree.Expression:
        """`(e)`: brackets leave no trace in the tree but in the place of what they hold."""
        inner: tree.Expression = evolve(values[1], span=stretch(values))
        self._depths[id(inner)] = self._depths.get(id(values[1]), 0)
        return inner

    def make_binary(self, values: list[Any]) -> tree.Expression:
        """`a + b`."""
        left, sign, right = values
        operator = SPELLING[sign.type]
        node = tree.Binary(stretch(values), operator, sign.span, left, right)
        return self._sized(node, left, right)

    def make_unary(self, values: list[Any]) -> tree.Expression:
        """`-x`, `not x`."""
        sign, operand = values
        node = tree.Unary(stretch(values), SPELLING[sign.type], operand)
        return self._sized(node, operand)

    def make_field(self, values: list[Any]) -> tree.Expression:
        """`row.kwh`."""
        of = self._as_lookup(values[0])
        name = tree.Name(values[2].span, values[2].text)
        return self._sized(tree.FieldAccess(stretch(values), of, name), of)

    def make_index(self, values: list[Any]) -> tree.Expression:
        """`xs[i]`, or a column in quotes: `row["KWH/hh"]`, `table[k]["KWH/hh"]`."""
        of, key = self._as_lookup(values[0]), values[2]
        quoted = isinstance(key, tree.StringLiteral)
        if quoted and isinstance(of, tree.Reference | tree.Index):
            name = tree.Name(key.span, key.value)
            return self._sized(tree.FieldAccess(stretch(values), of, name), of)
        return self._sized(tree.Index(stretch(values), values[0], (key,)), values[0], key)

    def make_tuple_index(self, values: list[Any]) -> tree.Expression:
        """`table[(k, j)]`."""
        of, keys = values[0], (values[3], *values[5])
        return self._sized(tree.Index(stretch(values), of, keys), of, *keys)

    def make_call(self, values: list[Any]) -> tree.Expression:
        """`f(x)`, `stats.mean(xs)`, `date(ts)`."""
        called, arguments = values[0], values[2] if len(values) == 4 else ()
        if len(arguments) > MAX_ARGUMENTS:
            hint = "put the values into an array: `max([a, b, c])`"
            return self._too_many(values, f"a call takes at most {MAX_ARGUMENTS} values", hint)
        if isinstance(called, Token):
            self.forbid(called.text, called.span)
            name = tree.Name(called.span, called.text)
        else:
            text = _dotted(called)
            if text is None:
                if not self._is_cut(called):
                    message = "only a function can be called, by its name"
                    self.reports.add("SYN027", message, called.span)
                return self._cut(stretch(values))
            name = tree.Name(called.span, text)
        return self._sized(tree.Call(stretch(values), name, arguments), *arguments)

    def make_expressions(self, values: list[Any]) -> tuple[tree.Expression, ...]:
        """Expressions between commas."""
        return (values[0], *(values[1] if len(values) > 1 else ()))

    def _as_lookup(self, of: tree.Expression) -> tree.Expression:
        """Read `x["key"]` as a key, not a column, for something of it is asked."""
        if isinstance(of, tree.FieldAccess) and isinstance(of.of, tree.Reference):
            field_span = of.field.span
            if field_span.end - field_span.start != len(of.field.text):  # stood in quotes
                key = tree.StringLiteral(field_span, of.field.text)
                return self._sized(tree.Index(of.span, of.of, (key,)), of.of)
        return of

    def _sized(self, node: tree.Expression, *parts: tree.Expression) -> tree.Expression:
        """Note how deep the expression is; one that is too deep is cut off, and reported once."""
        depth = 0
        for part in parts:
            known = self._depths.get(id(part), 0)
            if known == _CUT:
                return self._cut(node.span)
            depth = max(depth, known)
        depth += 1
        if depth > MAX_EXPRESSION_DEPTH:
            self.reports.add(
                "SYN006",
                f"more than {MAX_EXPRESSION_DEPTH} operations hang on each other here",
                node.span,
                "give parts of it names of their own; to test for many values, "
                "contains([a, b, c], x)",
            )
            return self._cut(node.span)
        self._depths[id(node)] = depth
        return node

    def _too_many(self, values: list[Any], message: str, hint: str) -> tree.Expression:
        self.reports.add("SYN036", message, stretch(values), hint)
        return self._cut(stretch(values))

    def _cut(self, span: Span) -> tree.Expression:
        """What stands for an expression that is no good and has been reported."""
        node = tree.BoolLiteral(span, True)
        self._depths[id(node)] = _CUT
        return node

    def _is_cut(self, part: tree.Expression) -> bool:
        return self._depths.get(id(part)) == _CUT


def _dotted(called: tree.Expression) -> str | None:
    """The dotted name that an expression spells, or None."""
    parts: list[str] = []
    while isinstance(called, tree.FieldAccess):
        if called.field.span.end - called.field.span.start != len(called.field.text):
            return None
        parts.append(called.field.text)
        called = called.of
    if not isinstance(called, tree.Reference):
        return None
    return ".".join([called.name.text, *reversed(parts)])
