"""Accounts of totem: opened by their members, filled by operators, conserved by everything else."""

from __future__ import annotations

from totemlang.ledger.canonical import LARGEST, parse_own
from totemlang.ledger.contract.arguments import AMOUNT, MEMBER, Optional, Text
from totemlang.ledger.contract.consortium import has_role
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.postings import (
    Postings,
    account_key,
    entry_prefix,
    new_account,
)
from totemlang.ledger.contract.records import (
    PAGE_AFTER,
    PAGE_COUNT,
    Record,
    load,
    need,
    page,
    save,
    tell,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import Stub

SUPPLY = "supply"


@declared()
def account_open(stub: Stub) -> Record:
    """Open the caller's own account."""
    member = stub.caller().member
    if load(stub, account_key(member)) is not None:
        raise Refusal(Reason.EXISTS, f"{member} has an account already")
    account = new_account(member)
    save(stub, account_key(member), account)
    tell(stub, "account_open", member=member)
    return account


@declared(roles=("operator",), member=MEMBER, totem=AMOUNT)
def account_grant(stub: Stub, member: str, totem: int) -> Record:
    """Grant new totem to an account. All that is ever granted is at most 2^63 − 1."""
    supply = load(stub, SUPPLY) or {"granted": 0}
    if supply["granted"] + totem > LARGEST:
        raise Refusal(Reason.SUPPLY)
    postings = Postings(stub)
    postings.grant(member, totem)
    postings.write()
    save(stub, SUPPLY, {"granted": supply["granted"] + totem})
    tell(stub, "account_grant", member=member, totem=totem)
    return postings.account(member)


@declared(member=MEMBER, totem=AMOUNT, note=Optional(Text(200)))
def account_transfer(stub: Stub, member: str, totem: int, note: str | None) -> Record:
    """Send totem from the caller's account to another member's."""
    source = stub.caller().member
    if source == member:
        raise Refusal(Reason.ARGUMENT, "member: another than the caller")
    postings = Postings(stub)
    postings.transfer(source, member, totem, note or "")
    postings.write()
    tell(stub, "account_transfer", source=source, target=member, totem=totem)
    return postings.account(source)


@declared(query=True, member=Optional(MEMBER))
def account_show(stub: Stub, member: str | None) -> Record:
    """An account: the caller's, or to operators and auditors anybody's."""
    member = _readable(stub, member)
    found = load(stub, account_key(member))
    if found is None:
        raise Refusal(Reason.NO_ACCOUNT, f"{member} has no account")
    return found


@declared(query=True, member=Optional(MEMBER), after=PAGE_AFTER, count=PAGE_COUNT)
def account_history(stub: Stub, member: str | None, after: str | None, count: int | None) -> Record:
    """Every movement of an account in order, by the page; `next` goes on behind it."""
    member = _readable(stub, member)
    need(stub, account_key(member), f"account of {member}")
    found = page(stub, entry_prefix(member), after, count)
    return {
        "member": member,
        "entries": [parse_own(value) for _, value in found],
        "next": found[-1][0] if found else None,
    }


@declared(query=True)
def account_supply(stub: Stub) -> Record:
    """All totem that was ever granted: the sum of all balances and reserves."""
    return load(stub, SUPPLY) or {"granted": 0}


def _readable(stub: Stub, member: str | None) -> str:
    own = stub.caller().member
    if member not in (None, own) and not has_role(stub, "operator", "auditor"):
        raise Refusal(Reason.NOT_YOURS, f"the account belongs to {member}")
    return member or own
