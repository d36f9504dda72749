"""A quote as people and machines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from totemlang.cli.colours import highlighted
from totemlang.cli.table import plain_table
from totemlang.source import Source

if TYPE_CHECKING:
    from totemlang.cli.shell import Shell
    from totemlang.cost.quote import LineQuote, Quote
    from totemlang.program import Program


def quote_document(quote: Quote, *, is_flat: bool = False) -> dict[str, Any]:
    """The document of `estimate --json`; `upper` null where a symbol has no bound."""
    document: dict[str, Any] = {
        "billing": "flat" if is_flat else "metered",
        "lower": quote.lower,
        "expected": quote.expected,
        "upper": quote.upper,
        "formula": quote.formula,
        "by_line": [
            {"line": line.line, "formula": line.formula, "upper": line.upper}
            for line in quote.by_line
        ],
        "symbols": {
            name: {
                "lower": symbol.lower,
                "expected": symbol.expected,
                "upper": symbol.upper,
                "meaning": symbol.meaning,
            }
            for name, symbol in quote.symbols.items()
        },
    }
    sizes = {
        "result_rows": quote.result_rows,
        "result_bytes": quote.result_bytes,
        "largest_group_bytes": quote.largest_group_bytes,
    }
    document |= {name: size for name, size in sizes.items() if size is not None}
    if quote.hint:
        document["hint"] = quote.hint
    return document


def show_quote(shell: Shell, quote: Quote, program: Program, *, is_flat: bool = False) -> None:
    """Print the figures, the formula with its symbols, the lines, the largest result, the hint."""
    shell.show(
        Text.assemble(
            ("totem  ", "bold"),
            f"lower {quote.lower:,}   expected {quote.expected:,}   upper ",
            (totem(quote.upper), "bold"),
        ),
    )
    if is_flat:
        shell.show("billed flat: the upper bound, whatever the data holds")
    shell.show_prose(Text.assemble(("formula  ", "bold"), quote.formula))
    if quote.symbols:
        rows = [
            (name, f"{s.lower:,}", f"{s.expected:,}", totem(s.upper), s.meaning)
            for name, s in quote.symbols.items()
        ]
        head = ("symbol", "lower", "expected", "upper", "meaning")
        shell.show("", plain_table(head, rows, "lrrrl"))
    shell.show("", _by_line(quote, program), "")
    if program.module.script is None:
        shell.show(_largest(quote))
    if quote.hint:
        shell.show_prose(Text.assemble(("hint  ", "bold cyan"), quote.hint))


def totem(upper: int | None) -> str:
    """An amount, or that there is none."""
    return "without bound" if upper is None else f"{upper:,}"


def _by_line(quote: Quote, program: Program) -> Any:
    source = program.module.source or program.source
    rows = []
    for line in quote.by_line:
        share = f"{100 * (line.upper or 0) / quote.upper:.1f} %" if quote.upper else ""
        rows.append((*_place(line, source), line.formula, totem(line.upper), share))
    return plain_table(("line", "source", "formula", "upper", ""), rows, "rllrr")


def _place(line: LineQuote, source: Source) -> tuple[str, Text]:
    """Number and source of a line, or what is charged for no line."""
    if not line.line:
        return "", Text("reading, ordering, code of the library", style="italic dim")
    known = line.line <= len(source.line_starts)
    text = highlighted(source.line(line.line)) if known else Text()
    if line.library:
        text.append(f"  + {line.library:,} in the library", style="italic dim")
    return str(line.line), text


def _largest(quote: Quote) -> str:
    parts = []
    if quote.result_rows is not None:
        parts.append(f"{quote.result_rows:,} rows")
    if quote.result_bytes is not None:
        parts.append(f"{quote.result_bytes:,} bytes")
    text = "largest result  " + (", ".join(parts) or "not known from this metadata")
    if quote.largest_group_bytes:
        text += f"; largest group {quote.largest_group_bytes:,} bytes"
    return text
