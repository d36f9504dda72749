"""Programs through the whole pipeline, for tests of the machine."""

from __future__ import annotations

from collections.abc import Mapping

from totemlang.bytecode.lowering import lower
from totemlang.check.checker import check
from totemlang.check.library import default_library
from totemlang.schema.metadata import Metadata
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules
from totemlang.verify.verified import VerifiedModule
from totemlang.verify.verifier import verify
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter

PLENTY = 10**12


def compiled(text: str, schemas: Mapping[str, Metadata] | None = None) -> VerifiedModule:
    rules, prices, library = default_rules(), default_prices(), default_library()
    program, found = parse(Source(text), rules)
    assert program is not None
    assert not found, found
    typed, found = check(program, rules, library, schemas or {})
    assert typed is not None, found
    return verify(lower(typed, rules, prices), rules, prices, library)


def machine(text: str, budget: int = PLENTY) -> tuple[Machine, Meter]:
    meter = Meter(budget)
    return Machine(compiled(text), (), (), meter), meter
