"""The consortium: founded once, with its organisations, their roles and its first tables."""

from __future__ import annotations

from totemlang.ledger.contract.arguments import Choice, Many, Name, Named
from totemlang.ledger.contract.declare import ROLES, declared
from totemlang.ledger.contract.records import (
    CONSORTIUM,
    Record,
    load,
    need,
    now,
    roles_by_organisation,
    save,
    tell,
    written,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.table_texts import KINDS, TABLE_TEXT, hash_of_table, table_key
from totemlang.ledger.stub import Stub


@declared(
    name=Name(),
    organisations=Named(Many(Choice(ROLES), 4, least=1), 100, Name(), least=1),
    rules=TABLE_TEXT,
    prices=TABLE_TEXT,
)
def consortium_found(
    stub: Stub, name: str, organisations: dict[str, list[str]], rules: str, prices: str
) -> Record:
    """Found the consortium: the roles that each organisation's certificates may carry, and the
    rules and prices in force from the start. It is the first call of a ledger.
    """
    if load(stub, CONSORTIUM) is not None:
        raise Refusal(Reason.FOUNDED)
    caller, moment = stub.caller(), written(now(stub))
    allowed = organisations.get(caller.organisation, [])
    if "operator" not in allowed or "operator" not in caller.roles:
        raise Refusal(Reason.ROLE, "the founder is an operator of one of the organisations")
    record: Record = {
        "name": name,
        "organisations": {org: sorted(set(roles)) for org, roles in organisations.items()},
        "founded": moment,
        "founder": caller.member,
    }
    for kind, text in zip(KINDS, (rules, prices), strict=True):
        digest = hash_of_table(kind, text)
        save(
            stub,
            table_key(kind, digest),
            {
                "kind": kind,
                "hash": digest,
                "text": text,
                "state": "approved",
                "changed": moment,
                "proposer": caller.organisation,
                "approved_by": [caller.organisation],
                "starts": moment,
                "from": moment,
            },
        )
        save(stub, f"force/{kind}", {"versions": [{"from": moment, "hash": digest}]})
        record[kind] = digest
    save(stub, CONSORTIUM, record)
    tell(stub, "consortium_found", name=name)
    return record


@declared(query=True)
def consortium_show(stub: Stub) -> Record:
    """Name, organisations with the roles they may hold, founding tables."""
    return need(stub, CONSORTIUM, "consortium")


def has_role(stub: Stub, *roles: str) -> bool:
    """Whether the caller may act in one of these roles, by certificate and organisation."""
    caller = stub.caller()
    allowed = (roles_by_organisation(stub) or {}).get(caller.organisation, frozenset())
    return any(role in caller.roles and role in allowed for role in roles)
