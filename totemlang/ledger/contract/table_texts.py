"""Rules and price tables as texts: what they are called by, and whether they are valid."""

from __future__ import annotations

from typing import Any

from totemlang.diagnostics import Refused
from totemlang.ledger.contract.arguments import Text
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.tables.prices import load_prices
from totemlang.tables.rules import load_rules

KINDS = ("rules", "prices")
TABLE_TEXT = Text(64 * 2**10, lines=True)


def table_key(kind: str, digest: str) -> str:
    """Where a version stands."""
    return f"table/{kind}/{digest}"


def hash_of_table(kind: str, text: str) -> str:
    """What pins a table: the hash of what it says.

    Raises:
        Refusal: it is no valid table (LDG130), with the findings.
    """
    try:
        if kind == "rules":
            return load_rules(text, "rules.csv").hash
        return load_prices(text, "prices.csv").hash
    except Refused as refused:
        raise Refusal(Reason.TABLE, f"the {kind} are not valid", findings_of(refused)) from None


def findings_of(refused: Refused) -> tuple[dict[str, Any], ...]:
    """The first findings of a refusal by an earlier room, without the text they stand in."""
    return tuple(found.to_json() for found in refused.diagnostics[:20])
