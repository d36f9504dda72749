"""TOTEM: a small, total, metered language for questions to private data.

    import totemlang
    program = totemlang.compile(text)
    program.estimate({"readings": metadata}).upper
    outcome = totemlang.run(program, {"readings": "readings.parquet"}, budget=1_000_000)
    outcome.table

In a consortium the two ends of a job are a `Consumer` and a `ProviderNode`, on a `Ledger`.
Heavy packages are imported when a run needs them, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

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
from totemlang.program import ForeignProgram, Program
from totemlang.schema.metadata import Metadata
from totemlang.source import Source
from totemlang.tables.prices import PriceTable, default_prices
from totemlang.tables.rules import RuleBook, default_rules

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger
    from totemlang.ledger.identity import Identity
    from totemlang.node import Consumer, ProviderNode

__version__ = "0.1.0"

_LATER = {
    "Consumer": "totemlang.node",
    "Identity": "totemlang.ledger.identity",
    "Ledger": "totemlang.ledger.client",
    "ProviderNode": "totemlang.node",
}
"""Names whose modules are imported when they are first used."""

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
    """The parts of a consortium, which need more packages than the language does."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


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
    program = ForeignProgram(
        Source("", "<bytecode>"),
        rules or default_rules(),
        prices or default_prices(),
        container=container,
    )
    program.accept()
    return program
