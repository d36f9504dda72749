"""Python source in the making: lines, each with the instruction it came from.

Nothing of a module's text gets in: names are made of a letter and a number here, and `literal`
writes numbers of exact type alone. Strings, arrays and what has no plain literal stand in a pool.
"""

from __future__ import annotations

import math
from collections import Counter

from attrs import define, field, frozen

INDENT = " "


@frozen
class Site:
    """Where a line of generated code comes from: an instruction of a body.

    `paid` is False for the lines that charge the block that starts at `instruction`.
    """

    body: int
    instruction: int
    paid: bool = True


def literal(value: object) -> str | None:
    """A number, truth value or None as Python writes it; None for whatever belongs in the pool."""
    if value is None or value is True or value is False:
        return str(value)
    if type(value) is int:
        return int.__repr__(value) if value >= 0 else f"({int.__repr__(value)})"
    if type(value) is float and math.isfinite(value):
        text = float.__repr__(value)
        return f"({text})" if text.startswith("-") else text
    return None


@define
class Function:
    """A Python function being written: its lines so far and the outer names that it assigns."""

    header: str
    lines: list[str] = field(factory=list)
    sites: list[Site | None] = field(factory=list)
    refunds: Counter[int] = field(factory=Counter)
    """Totem that a failure at a line takes back."""
    assigned: set[str] = field(factory=set)
    depth: int = 1
    opened_at: int = -1

    def line(self, text: str, site: Site | None = None) -> None:
        """Write a line at the present depth."""
        self.lines.append(INDENT * self.depth + text)
        self.sites.append(site)

    def open(self, text: str, site: Site | None = None) -> None:
        """Write the head of a suite; what follows stands in it."""
        self.line(text, site)
        self.depth += 1
        self.opened_at = len(self.lines)

    def close(self) -> None:
        """End a suite."""
        if self.opened_at == len(self.lines):
            self.line("pass")
        self.depth -= 1
        self.opened_at = -1

    def outer(self, name: str) -> str:
        """A name of the surrounding function that this one assigns."""
        self.assigned.add(name)
        return name

    def cut(self, length: int) -> None:
        """Take back all lines from `length` on."""
        del self.lines[length:], self.sites[length:]

    def finished(self, outer: str) -> tuple[list[str], list[Site | None], Counter[int]]:
        """All lines, header first, at depth 0, their sites, and refunds by line.

        `outer` is the word for names assigned outside.
        """
        head = [self.header]
        if self.assigned:
            head.append(f"{INDENT}{outer} " + ", ".join(sorted(self.assigned)))
        if not self.lines:
            head.append(INDENT + "pass")
        before: list[Site | None] = [None] * len(head)
        refunds = Counter({len(head) + line: totem for line, totem in self.refunds.items()})
        return head + self.lines, before + self.sites, refunds
