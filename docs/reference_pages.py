"""The reference, generated: pages from the operation table, the rules, the prices, the built-in
functions, the library's own text and the findings that the source can report.

Nothing here knows an operation or a function by itself, so the pages cannot fall behind the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from totemlang.bytecode.codes import CODES as BYTECODE_CODES
from totemlang.bytecode.formula import term
from totemlang.check.builtins import BUILTINS, CALLED_SIGNS, SIGNS
from totemlang.check.codes import CODES
from totemlang.schema.types import Kind
from totemlang.tables.operations import OPERATIONS, Operation
from totemlang.tables.prices import default_prices
from totemlang.tables.resources import resource_names, resource_text
from totemlang.tables.rules import default_rules

ROOT = Path(__file__).resolve().parents[1]

_SECTIONS = (
    (0x00, "Values and slots"),
    (0x10, "Arithmetic"),
    (0x20, "Comparison, logic, bits"),
    (0x30, "Conversion and parts of a date"),
    (0x40, "Time"),
    (0x50, "Arrays"),
    (0x60, "Strings"),
    (0x70, "Missing values, lookups, checks of declared types"),
    (0x80, "Control"),
)
"""The operation table numbers its rows by sixteen a subject; control has all from 0x80."""


def pages() -> dict[str, str]:
    """Every page of the reference: file name in docs/reference and its text."""
    return {
        "operations.md": "\n".join(_operations()) + "\n",
        "builtins.md": "\n".join(_builtins()) + "\n",
        "library.md": "\n".join(_library()) + "\n",
        "rules.md": "\n".join(_rules()) + "\n",
        "diagnostics.md": "\n".join(_diagnostics()) + "\n",
    }


def _operations() -> Iterator[str]:
    yield from _head(
        "Operations",
        "Every operation of the bytecode, from the one table that checker, verifier, estimator, "
        "machine and listing read. `T` is the type that an instruction names, `T[]` its array, "
        "`T?` its optional, `E` its scalar. The price is weight × measure; `bytes(0)` are the "
        "bytes of operand 0 (the deepest on the stack), of an array or string all of them. An "
        "operation that may fail is an OperationError on some values.",
    )
    for number, title in _SECTIONS:
        rows = [row for row in OPERATIONS.values() if _section(row) == number]
        yield from ("", f"## {title}", "")
        yield from _table(
            ("number", "operation", "at types", "takes → leaves", "price", "fails", "notes"),
            (
                (
                    f"`{row.number:02x}`",
                    f"`{row.name}`",
                    _over(row),
                    f"`{' '.join(row.operands) or '—'} → {row.result or '—'}`",
                    _price(row),
                    "may" if row.fails else "",
                    row.note,
                )
                for row in rows
            ),
        )


def _section(row: Operation) -> int:
    return max(start for start, _ in _SECTIONS if start <= row.number)


def _over(row: Operation) -> str:
    names = [str(at) for at in row.over]
    scalars = [name for name in names if name.isalpha()]
    kinds = [kind.value for kind in Kind]
    shown = "every scalar" if len(scalars) == len(kinds) else ", ".join(scalars)
    for sign, words in (("[]", "arrays"), ("?", "optionals")):
        of = [name for name in names if name.endswith(sign)]
        if of:
            many = f"every {words[:-1]}" if len(of) == len(kinds) else ", ".join(of)
            shown = f"{shown}, {many}" if shown else many
    return shown


def _price(row: Operation) -> str:
    weights = default_prices()
    terms = [
        term(weights.weight(name), measure) for name, measure in row.price if weights.weight(name)
    ]
    return " + ".join(f"`{text}`" for text in terms) or "free"


def _builtins() -> Iterator[str]:
    yield from _head(
        "Built-in functions and operators",
        "Each means one of the rows of the [operation table](operations.md), chosen by the types "
        "of its operands; all else is [library](library.md).",
    )
    yield from ("", "## Functions", "")
    yield from _table(
        ("function", "gives", "operations", "costs"),
        (
            (
                f"`{row.usage}`",
                row.summary,
                ", ".join(f"`{name}`" for name in row.rows),
                "; ".join(_price(operation) for operation in row.operations),
            )
            for row in BUILTINS.values()
        ),
    )
    aggregates = ", ".join(f"`array.{row.name}`" for row in BUILTINS.values() if row.aggregate)
    yield from ("", f"Aggregates are also known by the names of their opcodes: {aggregates}.")
    yield from ("", "## Operators", "")
    called = {sign: name for name, sign in CALLED_SIGNS.items()}
    yield from _table(
        ("sign", "as a call", "operations", "costs"),
        (
            (
                f"`{sign}`",
                f"`{called[sign]}(a, b)`" if sign in called else "",
                ", ".join(f"`{name}`" for name in names),
                "; ".join(_price(OPERATIONS[name]) for name in names),
            )
            for sign, names in SIGNS.items()
        ),
    )


_FUNCTION = re.compile(r"function (\S+) (\w+\.\w+)\((.*)\)")
_CONSTANT = re.compile(r"(\w+) (\w+) = (.+)")


def _library() -> Iterator[str]:
    yield from _head(
        "The library",
        "Written in TOTEM itself (`stdlib/`), so that it is priced, bounded and the same on every "
        "machine by construction. A function is called by its dotted name; of several with one "
        "name, the types of the arguments decide. Whole numbers and floats stand where a double "
        "is taken.",
    )
    for name in resource_names("stdlib"):
        room = name.removesuffix(".totem")
        lines = resource_text("stdlib", name).splitlines()
        about = "\n".join(line.removeprefix("#").strip() for line in _opening(lines))
        said = about.removeprefix(f"{room}: ")
        yield from ("", f"## {room}", "", said[0].upper() + said[1:])
        constants = [found for line in lines if (found := _CONSTANT.fullmatch(line))]
        if constants:
            yield ""
            yield from _table(
                ("constant", "value"),
                ((f"`{m[1]} {room}.{m[2]}`", f"`{m[3]}`") for m in constants),
            )
        yield ""
        yield from _table(("function", "gives"), _functions(lines))


def _opening(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def _functions(lines: list[str]) -> Iterator[tuple[str, str]]:
    said: dict[str, str] = {}
    comment: list[str] = []
    for line in lines:
        if line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        elif found := _FUNCTION.fullmatch(line):
            result, name, parameters = found.groups()
            said[name] = " ".join(comment) or said.get(name, "")
            yield f"`{result} {name}({parameters})`", said[name]
            comment = []
        else:
            comment = []


def _rules() -> Iterator[str]:
    rules, prices = default_rules(), default_prices()
    yield from _head(
        "Rules and prices",
        "Two tables in `rules/` that a consortium may replace by its own (`--rules`, `--prices`); "
        "bytecode, quotes and receipts name them by their hashes.",
    )
    yield from ("", "## Commands", "")
    yield (
        "A command that is not here is not in the language. A row of type Labelled adds a type "
        "word; a narrower domain (`Set of Z in [0, 100]`) is checked wherever a value is stored."
    )
    yield ""
    yield from _table(
        ("CMD", "written", "Reaction", "CMD type", "Domain"),
        (
            (row.command, f"`{row.word}`", f"`{row.reaction}`", row.command_type, row.domain)
            for row in rules.rows
        ),
    )
    yield from ("", "## The Totem Estimator Table", "")
    yield "An operation costs its weight times the bytes of what it touches."
    yield ""
    yield from _table(
        ("weight of", "totem"), ((name, str(weight)) for name, weight in prices.weights.items())
    )
    yield ""
    own = "its own, at least 1"
    yield from _table(
        ("type", "bytes"),
        (
            (f"`{kind.value}`", own if size is None else str(size))
            for kind, size in prices.sizes.items()
        ),
    )


def _diagnostics() -> Iterator[str]:
    yield from _head(
        "Findings",
        "Every finding has a stable code, a class, a place, a message and mostly a hint; "
        "`totemc check --json` gives all of them. Codes say which room reports: SRC and SYN "
        "reading, CMD and HND the rules, NAM, CTL, TYP, OPR the checker, CST the quote, BYT the "
        "verifier of bytecode, LDG the ledger.",
    )
    yield ""
    said = {code: row.meaning for code, row in [*CODES.items(), *BYTECODE_CODES.items()]}
    for code, message in sorted(_reported(), key=lambda found: (found[0], not found[1])):
        said.setdefault(code, message or "the message says it")
    yield from _table(("code", "says"), ((f"`{code}`", said[code]) for code in sorted(said)))


_CODE = re.compile(r"[A-Z]{3}\d{3}")


def _reported() -> Iterator[tuple[str, str]]:
    """Codes in the source, each with the text that follows it in the same call or tuple."""
    for path in sorted((ROOT / "totemlang").rglob("*.py")):
        tree = ast.parse(path.read_text())
        plain = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        for scope in [*_functions_of(tree), *plain]:
            named = _named_texts(scope)
            for node in ast.walk(scope):
                if isinstance(node, ast.Call):
                    yield from _pair([*node.args, *(each.value for each in node.keywords)], named)
                elif isinstance(node, ast.Tuple):
                    yield from _pair(node.elts, named)


def _functions_of(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _named_texts(scope: ast.AST) -> dict[str, str]:
    """Variables that hold a text: the first that is assigned."""
    found: dict[str, str] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _literal(node.value)
            if text:
                found.setdefault(node.targets[0].id, text)
    return found


def _pair(items: Sequence[ast.expr], named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A code among items with the text right after it, written or in a variable."""
    for item, text in pairwise(each for each in items if not isinstance(each, ast.Attribute)):
        code = _literal(item)
        if _CODE.fullmatch(code):
            said = named.get(text.id, "") if isinstance(text, ast.Name) else _literal(text)
            yield code, said


def _literal(node: ast.expr) -> str:
    """The text of a string; what is put into it at run time is `…`. Empty for all else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.IfExp):
        return _literal(node.body)
    if isinstance(node, ast.BinOp):
        return _literal(node.left) and _literal(node.left) + (_literal(node.right) or "…")
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or "…" for part in node.values)
    return ""


def _head(title: str, about: str) -> Iterator[str]:
    yield f"# {title}"
    yield ""
    yield "<!-- Generated by `make docs`; do not edit. -->"
    yield ""
    yield about


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = list(head)
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
