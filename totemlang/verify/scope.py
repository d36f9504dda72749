"""What the code of a body may refer to, as the verifier sees it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import Factory, frozen

from totemlang.bytecode.module import Function, Module
from totemlang.schema.types import Constraint, Field, Kind, Type
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook


class BodyKind(Enum):
    """Where a body stands, which decides what it may do."""

    INITIAL = "initial value"
    FUNCTION = "function"
    SCRIPT = "script"
    STAGE = "stage"


def domains_of(rules: RuleBook) -> dict[Kind, tuple[Constraint, ...]]:
    """The domains of the kinds of which the rules have no unbounded type: a value has one."""
    found: dict[Kind, list[Constraint]] = {}
    for labelled in rules.labelled.values():
        found.setdefault(labelled.kind, []).append(labelled.constraint)
    return {
        kind: tuple(domains)
        for kind, domains in found.items()
        if not any(domain.is_free for domain in domains)
    }


@frozen
class Scope:
    """A body's surroundings in its module.

    It may use the first `globals` globals and the first `functions` functions: those that stand
    before it. Its first `parameters` slots are read-only. `columns` are what its `return`
    or `emit` takes or its initial value is, with the checks that they must have passed. `rules`
    is None for library code, which they do not bind; `domains` are those of kinds that they bound.
    """

    module: Module
    name: str
    kind: BodyKind
    rules: RuleBook | None
    prices: PriceTable
    globals: int = 0
    functions: int = 0
    parameters: int = 0
    columns: tuple[Field, ...] = ()
    domains: Mapping[Kind, tuple[Constraint, ...]] = Factory(dict)

    @property
    def takes(self) -> tuple[Type, ...]:
        """The types of `columns`."""
        return tuple(column.type for column in self.columns)

    def function(self, number: int) -> Function | None:
        """A function that this body may call."""
        return self.module.functions[number] if 0 <= number < self.functions else None

    def global_type(self, number: int) -> Type | None:
        """The type of a global that this body may use."""
        return self.module.globals[number].field.type if 0 <= number < self.globals else None

    def constant_type(self, number: int) -> Type | None:
        """The type of a constant."""
        known = self.module.constants
        return known[number][0] if 0 <= number < len(known) else None
