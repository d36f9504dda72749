"""Rules and price tables as texts: what they are called by, and whether they are valid."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from totemlang.diagnostics import Refused
from totemlang.ledger.contract.arguments import Text
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.tables.prices import PriceTable, load_prices
from totemlang.tables.rules import RuleBook, load_rules

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
            return rules_of(text).hash
        return prices_of(text).hash
    except Refused as refused:
        raise Refusal(Reason.TABLE, f"the {kind} are not valid", findings_of(refused)) from None


@lru_cache(16)
def rules_of(text: str) -> RuleBook:
    """The rules that a text gives; every submission asks for them. Raises Refused."""
    return load_rules(text, "rules.csv")


@lru_cache(16)
def prices_of(text: str) -> PriceTable:
    """The prices that a text gives; every submission asks for them. Raises Refused."""
    return load_prices(text, "prices.csv")


def findings_of(refused: Refused) -> tuple[dict[str, Any], ...]:
    """The first findings of a refusal by an earlier room, without the text they stand in."""
    return tuple(found.to_json() for found in refused.diagnostics[:20])
