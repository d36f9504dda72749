"""Names and scopes: what a name means where, the naming convention, no hiding.

Variables, parameters, constants, rows and lookups share one space; functions, stages and data
sets have spaces of their own. Since no name may hide another, every visible name has exactly one
meaning, and a block only has to forget its own names at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from attrs import Factory, define, frozen

from totemlang.bytecode.module import Lookup, Value
from totemlang.schema.types import FREE, Constraint, Field, Type
from totemlang.source import Span

CONVENTION = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
CONVENTION_HINT = "a name is a letter, then letters, digits and `_`, at most 64 in all"


@frozen
class Binding:
    """What a name means. As such: something whose declaration was wrong, of unknown type."""


@frozen
class Variable(Binding):
    """A slot of the body; `read_only` says why it may not be assigned, or is empty."""

    slot: int
    type: Type | None
    constraint: Constraint = FREE
    read_only: str = ""


@frozen
class GlobalName(Binding):
    """A parameter of the program or a constant of a job, by its index."""

    index: int
    type: Type | None
    constraint: Constraint
    word: str


@frozen
class LibraryConstant(Binding):
    """A constant of a library file: a literal."""

    type: Type
    value: Value


@frozen
class RowName(Binding):
    """The row that a map takes: columns by name with their slots; None where not known."""

    dataset: str
    columns: Mapping[str, tuple[int, Field]] | None


@frozen
class LookupName(Binding):
    """A lookup, by its index; None where its columns are not known."""

    index: int
    lookup: Lookup | None


@define
class Names:
    """The visible names of a body, the innermost block last."""

    _visible: dict[str, tuple[Binding, Span]] = Factory(dict)
    _blocks: list[list[str]] = Factory(lambda: [[]])
    _ended: set[str] = Factory(set)

    def find(self, name: str) -> Binding | None:
        """What a name means here."""
        found = self._visible.get(name)
        return found[0] if found is not None else None

    def declared_at(self, name: str) -> Span | None:
        """Where a visible name was declared."""
        found = self._visible.get(name)
        return found[1] if found is not None else None

    def declare(self, name: str, binding: Binding, span: Span) -> None:
        """Give a name a meaning until the end of the innermost block."""
        if name not in self._visible:
            self._blocks[-1].append(name)
        self._visible[name] = (binding, span)

    def has_ended(self, name: str) -> bool:
        """Whether a name meant something in a block that has ended."""
        return name in self._ended

    def known(self) -> Iterator[str]:
        """All visible names, innermost first."""
        return reversed(self._visible)

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block: what is declared in it is forgotten at its end."""
        self._blocks.append([])
        try:
            yield
        finally:
            for name in self._blocks.pop():
                del self._visible[name]
                self._ended.add(name)

    def inner(self) -> Names:
        """Names of a body that sees these and declares its own."""
        return Names(dict(self._visible))
