"""Whether a value has passed the checks that a declared type asks for."""

from __future__ import annotations

from collections.abc import Hashable

from totemlang.bytecode.checks import Check, checks_of
from totemlang.bytecode.constants import identity
from totemlang.bytecode.module import Instruction
from totemlang.schema.types import Constraint, Type
from totemlang.verify.scope import Scope
from totemlang.verify.stack import Entry


def has_passed(scope: Scope, entry: Entry, at: Type, constraint: Constraint) -> bool:
    """Whether the checks of the constraint are among those that the value has passed last."""
    passed = {_said(scope, check) for check in entry.checks}
    return all(_wanted(check) in passed for check in checks_of(at, constraint))


def keeps_to(scope: Scope, entry: Entry, at: Type, domain: Constraint) -> bool:
    """Whether a value has passed the checks of a domain of the rules, or for shorter strings."""
    passed = {_said(scope, check) for check in entry.checks}
    return all(
        any(
            check.operation == "check_bytes" and check.immediates[0] <= wanted.counts[0]
            for check in entry.checks
        )
        if wanted.operation == "check_bytes"
        else _wanted(wanted) in passed
        for wanted in checks_of(at, domain)
    )


def _wanted(check: Check) -> tuple[Hashable, ...]:
    bounds = (identity(check.type.element, bound) for bound in check.bounds or ())
    return (check.operation, check.counts, *bounds)


def _said(scope: Scope, check: Instruction) -> tuple[Hashable, ...]:
    """A check with its constants, which have different numbers in different modules."""
    if check.operation != "check_range":
        return check.operation, check.immediates
    known = scope.module.constants
    bounds = tuple(identity(*known[number]) for number in check.immediates)
    return (check.operation, (), *bounds)
