"""Trees as short text, without places: what tests of the parser compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from totemlang.diagnostics import Diagnostic
from totemlang.source import Source, Span
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules


def parsed(text: str, *, library: bool = False) -> tuple[tree.Statement, ...]:
    """The items of a program that is right."""
    program, findings = parse(Source(text, "test.totem"), default_rules(), library=library)
    assert findings == (), [found.message for found in findings]
    assert program is not None
    return program.items


def findings(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a program that is wrong."""
    program, found = parse(Source(text, "test.totem"), default_rules())
    assert program is None
    assert found
    return found


def marked(found: Diagnostic) -> str:
    """The text that a finding points at."""
    return found.source.text[found.span.start : found.span.end]


def expression(text: str) -> tree.Expression:
    """The tree of one expression."""
    (statement,) = parsed(f"x = {text}\n")
    assert isinstance(statement, tree.Assignment)
    return statement.value


def bracketed(node: tree.Expression) -> str:
    """An expression with a bracket around every operation."""
    match node:
        case tree.NumberLiteral(text=text):
            return text
        case tree.BoolLiteral(value=value):
            return str(value)
        case tree.StringLiteral(value=value):
            return repr(value)
        case tree.Reference(name=name):
            return name.text
        case tree.FieldAccess(of=of, field=field):
            return f"{bracketed(of)}.{field.text}"
        case tree.Index(of=of, keys=keys):
            return f"{bracketed(of)}[{', '.join(map(bracketed, keys))}]"
        case tree.Call(function=function, arguments=arguments):
            return f"{function.text}({', '.join(map(bracketed, arguments))})"
        case tree.ArrayLiteral(elements=elements):
            return f"[{', '.join(map(bracketed, elements))}]"
        case tree.Unary(operator=operator, operand=operand):
            return f"({operator} {bracketed(operand)})"
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({bracketed(left)} {operator} {bracketed(right)})"
    raise AssertionError(node)


def outline(node: Any) -> Any:
    """A node without places: its class and fields, names and expressions as text."""
    if isinstance(node, tree.Expression):
        return bracketed(node)
    if isinstance(node, tree.Name):
        return node.text
    if isinstance(node, tree.TypeExpression):
        size = node.size if node.size is not None else ""
        brackets = f"[{size}]" * (node.is_array or node.size is not None)
        return f"{node.word.text}{brackets}{'?' * node.is_optional}"
    if isinstance(node, tuple):
        return [outline(part) for part in node]
    if isinstance(node, tree.Node):
        fields = [f.name for f in attrs.fields(type(node)) if f.name not in ("span", "source")]
        return [type(node).__name__, *(outline(getattr(node, name)) for name in fields)]
    return node


def nodes(node: Any) -> Iterator[tree.Node]:
    """A node and all within it."""
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif isinstance(node, tree.Node):
        yield node
        for f in attrs.fields(type(node)):
            yield from nodes(getattr(node, f.name))


def text_of(source: str, span: Span) -> str:
    """What a span covers."""
    return source[span.start : span.end]
