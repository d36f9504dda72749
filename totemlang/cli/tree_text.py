"""A program's tree as indented text: the class of each node, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import fields

from totemlang.syntax.tree import Name, Node, Program

_INDENT = "  "


def tree_text(program: Program) -> str:
    """The tree, one node a line with its place (line:column) and its texts, parts below it."""
    return "\n".join(_lines(program, program, "", 0))


def _lines(program: Program, node: Node, label: str, depth: int) -> Iterator[str]:
    at = program.source.position(node.span.start)
    texts: list[str] = []
    parts: list[tuple[str, Node]] = []
    for field in fields(type(node)):
        value = getattr(node, field.name)
        if isinstance(value, Name):
            texts.append(f"{field.name}={value.text}")
        elif isinstance(value, Node):
            parts.append((field.name, value))
        elif isinstance(value, tuple):
            parts += [(f"{field.name}[{i}]", part) for i, part in enumerate(value)]
        elif field.name in ("text", "value", "operator", "size", "is_array", "is_optional"):
            if value not in (None, False) or field.name == "value":
                texts.append(f"{field.name}={value!r}")
        elif isinstance(value, bool) and value:
            texts.append(field.name)
    said = " ".join([f"{label}: {type(node).__name__}" if label else type(node).__name__, *texts])
    yield f"{_INDENT * depth}{said}  @{at.line}:{at.column}"
    for name, part in parts:
        yield from _lines(program, part, name, depth + 1)
