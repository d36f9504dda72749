"""TOTEM: a small, total, metered language for questions to private data.

    import totemlang
    program = totemlang.compile(text)
    program.estimate({"readings": metadata}).upper
    outcome = totemlang.run(program, {"readings": "readings.parquet"}, budget=1_000_000)
    outcome.table

In a consortium the two ends of a job are a `Consumer` and a `ProviderNode`, on a `Ledger`.
What is heavy is imported when it is used, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from totemlang.diagnostics import (
        BadData,
        Diagnostic,
        Forbidden,
        LedgerUnreachable,
        OperationFailed,
        OutOfTotem,
        Refused,
        TotemError,
        UsageError,
    )
    from totemlang.execution import run
    from totemlang.ledger.client import Ledger
    from totemlang.ledger.identity import Identity
    from totemlang.node import Consumer, ProviderNode
    from totemlang.program import ForeignProgram, Program
    from totemlang.schema.metadata import Metadata
    from totemlang.source import Source
    from totemlang.tables.prices import PriceTable
    from totemlang.tables.rules import RuleBook

__version__ = "0.1.0"

_LATER = {
    **dict.fromkeys(
        (
            "BadData",
            "Diagnostic",
            "Forbidden",
            "LedgerUnreachable",
            "OperationFailed",
            "OutOfTotem",
            "Refused",
            "TotemError",
            "UsageError",
        ),
        "totemlang.diagnostics",
    ),
    "Consumer": "totemlang.node",
    "ForeignProgram": "totemlang.program",
    "Identity": "totemlang.ledger.identity",
    "Ledger": "totemlang.ledger.client",
    "Metadata": "totemlang.schema.metadata",
    "PriceTable": "totemlang.tables.prices",
    "Program": "totemlang.program",
    "ProviderNode": "totemlang.node",
    "RuleBook": "totemlang.tables.rules",
    "Source": "totemlang.source",
    "run": "totemlang.execution",
}
"""Names whose modules are imported when they are first used: a command needs few of them."""

__all__ = [
    "BadData",
    "Consumer",
    "Diagnostic",
    "Forbidden",
    "ForeignProgram",
    "Identity",
    "Ledger",
    "LedgerUnreachable",
    "Metadata",
    "OperationFailed",
    "OutOfTotem",
    "PriceTable",
    "Program",
    "ProviderNode",
    "Refused",
    "RuleBook",
    "Source",
    "TotemError",
    "UsageError",
    "compile",
    "load",
    "run",
]


def __getattr__(name: str) -> object:
    """What stands in other modules."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found


def compile(
    text: str | Source,
    *,
    rules: RuleBook | None = None,
    prices: PriceTable | None = None,
    schemas: Mapping[str, Metadata] | None = None,
) -> Program:
    """Compile a program; `schemas` is needed where it leaves the types of columns out.

    Raises:
        Refused: with all diagnostics.
    """
    from totemlang.program import Program
    from totemlang.source import Source
    from totemlang.tables.prices import default_prices
    from totemlang.tables.rules import default_rules

    source = text if isinstance(text, Source) else Source(text)
    program = Program(source, rules or default_rules(), prices or default_prices(), schemas or {})
    program.accept()
    return program


def load(
    container: bytes, *, rules: RuleBook | None = None, prices: PriceTable | None = None
) -> Program:
    """Load bytecode that somebody else compiled: it is verified, never trusted.

    Raises:
        Refused: with everything that speaks against it.
    """
    from totemlang.program import ForeignProgram
    from totemlang.source import Source
    from totemlang.tables.prices import default_prices
    from totemlang.tables.rules import default_rules

    program = ForeignProgram(
        Source("", "<bytecode>"),
        rules or default_rules(),
        prices or default_prices(),
        container=container,
    )
    program.accept()
    return program
