"""What the passes share while they check: the program around, and the body they are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Protocol

from attrs import Factory, define, field, frozen

from totemlang.check.names import LibraryConstant, Names
from totemlang.check.report import Reporter
from totemlang.check.suggestions import Suggestions
from totemlang.check.typed import TypedEmit, TypedExpression
from totemlang.schema.types import FREE, Constraint, Field, Kind, Type
from totemlang.source import Span
from totemlang.tables.rules import RuleBook


@frozen
class Signature:
    """A function as its callers see it; `number` tells it apart in `CallValue.function`.

    A parameter's or result's type is None where its declaration was wrong.
    """

    name: str
    number: int
    parameters: tuple[tuple[str, Type | None, Constraint], ...]
    result: Type | None
    result_constraint: Constraint = FREE

    def __str__(self) -> str:
        """As one would declare it."""
        types = ", ".join(f"{at or '?'} {name}" for name, at, _ in self.parameters)
        return f"{self.name}({types})"


class LibraryView(Protocol):
    """What a body asks of the library."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its files, the first parts of dotted names."""

    def overloads(self, name: str) -> tuple[Signature, ...]:
        """The functions of a dotted name; none where there is no such name."""

    def constant(self, name: str) -> LibraryConstant | None:
        """The constant of a dotted name."""

    def function_names(self) -> tuple[str, ...]:
        """All dotted names that can be called."""

    def constant_names(self) -> tuple[str, ...]:
        """All dotted names of constants."""


@define
class World:
    """A program (or library file) being checked: rules, findings, functions, global names.

    `own_file` is the library file's name while one is checked: then its functions are known by
    their bare names too, and rules do not bind.
    """

    rules: RuleBook
    reporter: Reporter
    library: LibraryView
    suggestions: Suggestions = Factory(Suggestions)
    functions: dict[str, Signature] = Factory(dict)
    names: Names = Factory(Names)
    own_file: str = ""
    hidden: Mapping[str, str] = Factory(dict)
    """Names that exist but cannot be seen from functions and stages, with the reason."""
    _forbidden: set[str] = Factory(set)

    def require(self, command: str, span: Span) -> None:
        """Report, once, a command that the rules do not have."""
        if self.own_file or command in self._forbidden or self.rules.allows(command):
            return
        self._forbidden.add(command)
        self.reporter.add(
            "CMD101",
            span,
            f"the command {command} is not in the language under {self.rules.name}",
            f"{self.rules.name} has no row {command}; whoever keeps these rules decides",
        )

    def require_kind(self, kind: Kind, span: Span) -> None:
        """Report, once, a kind of value that the rules do not have."""
        self.require(kind.value.capitalize(), span)


class BodyKind(Enum):
    """What a body belongs to."""

    SCRIPT = "script"
    FUNCTION = "function"
    STAGE = "stage"
    CONSTANT = "constant"


@frozen
class EmitPart:
    """A column of an emit: its name, its value (None where it was wrong), its place."""

    name: str
    value: TypedExpression | None
    span: Span


@frozen
class EmitRecord:
    """An emit as found; `in_loop` tells that a record may run it more than once."""

    node: TypedEmit
    parts: tuple[EmitPart, ...]
    key_parts: int
    in_loop: bool


@define
class Body:
    """A body being checked: its slots, its visible names, what it called and emitted.

    - The first `parameters` slots are parameters; `result` is that of a function.
    - `expected` are the types that the next stage takes by position.
    - `loops` and `depth`: how many loops and blocks the statement stands in; `looped`: how many
      loops around run over the array in a slot.
    - `known` holds values of whole expressions on literals, by identity; `unknown` the names that
      were reported; `results` the slots of a script's variables.
    """

    world: World
    kind: BodyKind
    names: Names
    slots: list[Field] = Factory(list)
    result: Type | None = None
    result_constraint: Constraint = FREE
    parameters: int = 0
    expected: tuple[Type | None, ...] = ()
    loops: int = 0
    emits: list[EmitRecord] = Factory(list)
    called: list[tuple[int, Span]] = Factory(list)
    known: dict[int, tuple[TypedExpression, int]] = field(factory=dict, repr=False)
    unknown: set[str] = Factory(set)
    looped: Counter[int] = Factory(Counter)
    depth: int = 0
    results: dict[str, int] = Factory(dict)

    def report(self, code: str, span: Span, message: str, hint: str = "") -> None:
        """Add a finding."""
        self.world.reporter.add(code, span, message, hint)

    def slot(self, name: str, at: Type | None, constraint: Constraint = FREE) -> int:
        """A new slot; one of unknown type gets some type, for the program is refused anyway."""
        self.slots.append(Field(name, at or Type(Kind.INT), constraint))
        return len(self.slots) - 1
