"""What a consortium was founded as, held to what its founders agreed on in the genesis block.

Members know a ledger by the hash of that block, which states organisations, rules and prices. Any
operator could take the block and found it otherwise; then it bears the same id, and is not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from totemlang.ledger.canonical import NotCanonical, parse_own
from totemlang.ledger.chain import BrokenLedger, Chain, Fault, Finding
from totemlang.ledger.contract.records import CONSORTIUM


def hold_to_founding(chain: Chain) -> None:
    """Hold the consortium's record to its genesis. A malformed state is left to verification.

    Raises:
        BrokenLedger: where it was founded with other organisations, rules or prices.
    """
    agreed, found = chain.genesis.founding, chain.get(CONSORTIUM)
    if found is None or not agreed:
        return
    try:
        same = _is_as_agreed(agreed, parse_own(found))
    except (NotCanonical, KeyError, TypeError, AttributeError):
        return
    if not same:
        message = "the consortium was founded otherwise than the genesis block says"
        raise BrokenLedger(Finding(Fault.GENESIS, message, 0))


def _is_as_agreed(agreed: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    if any(record[kind] != agreed[kind] for kind in ("rules", "prices") if kind in agreed):
        return False
    # Organisations are admitted and given more roles since, never fewer.
    held = record["organisations"]
    first = agreed.get("organisations", {})
    return all(set(roles) <= set(held.get(name, ())) for name, roles in first.items())
