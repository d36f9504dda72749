"""What of an outcome must be the same however a job was run."""

from __future__ import annotations

from totemlang.engine.outcome import Outcome


def essence(outcome: Outcome) -> tuple[object, ...]:
    """Status, totem by all that it is told by, and the result's bits by their hash."""
    usage, receipt = outcome.usage, outcome.receipt
    return (
        outcome.status,
        str(outcome.error),
        usage.used,
        usage.by_stage,
        tuple(usage.by_group.items()),
        tuple(usage.by_line.items()),
        receipt and receipt.result,
    )
