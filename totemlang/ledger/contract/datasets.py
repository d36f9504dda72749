"""Data sets as their providers publish them: metadata, policy, ceilings, and never a row.

Each version of the metadata keeps its own record, so a job that was judged by it can be judged
again.
"""

from __future__ import annotations

from functools import lru_cache

from totemlang.diagnostics import BadData
from totemlang.ledger.canonical import digest, parse_own
from totemlang.ledger.contract.arguments import DATASET, DIGEST, Name, Optional, Text
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.records import (
    PAGE_AFTER,
    PAGE_COUNT,
    Record,
    check_clock,
    check_organisation,
    load,
    need,
    now,
    page,
    save,
    tell,
    written,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import Stub
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.metadata_json import bound_from_json, metadata_from_json, metadata_hash
from totemlang.schema.policy import Ceiling, Policy, policy_from_json

DOCUMENT = Text(256 * 2**10, lines=True)

OPEN_POLICY = '{"totem_policy": 1}'
"""The policy of who states none."""


@declared(
    roles=("provider",),
    name=Name(),
    about=Text(1_000, lines=True),
    metadata=DOCUMENT,
    policy=Optional(DOCUMENT),
)
def dataset_publish(stub: Stub, name: str, about: str, metadata: str, policy: str | None) -> Record:
    """Publish a data set of the caller's organisation, or a new version of it.

    What it earns goes to whoever published it first, or first since it was withdrawn.
    """
    policy = policy or OPEN_POLICY
    described, rules = publishable(metadata, policy)
    caller, moment = stub.caller(), now(stub)
    dataset = f"{caller.organisation}/{name}"
    before = load(stub, f"dataset/{dataset}")
    if before is not None:
        check_clock(before, moment)
    provider = caller.member
    if before is not None and before["state"] == "published":
        provider = before["provider"]
    version = digest([metadata, policy])
    record: Record = {
        "dataset": dataset,
        "organisation": caller.organisation,
        "provider": provider,
        "about": about,
        "billing": rules.billing.value,
        "metadata_hash": metadata_hash(described),
        "version": version,
        "versions": 1 if before is None else before["versions"] + 1,
        "state": "published",
        "changed": written(moment),
    }
    save(stub, f"dataset/{dataset}", record)
    save(stub, f"published/{version}", {"metadata": metadata, "policy": policy})
    tell(stub, "dataset_publish", dataset=dataset, version=version)
    return record


@declared(roles=("provider",), dataset=DATASET)
def dataset_withdraw(stub: Stub, dataset: str) -> Record:
    """Take a data set out of the catalogue: no new requests and jobs; accepted jobs go on."""
    record = open_dataset(stub, dataset)
    check_organisation(stub.caller(), record["organisation"], "the data set")
    check_clock(record, now(stub))
    record |= {"state": "withdrawn", "changed": written(now(stub))}
    save(stub, f"dataset/{dataset}", record)
    tell(stub, "dataset_withdraw", dataset=dataset)
    return record


@declared(query=True, after=PAGE_AFTER, count=PAGE_COUNT)
def catalogue(stub: Stub, after: str | None, count: int | None) -> Record:
    """What is published, by the page; `next` goes on behind it."""
    found = page(stub, "dataset", after, count)
    records = [parse_own(value) for _, value in found]
    return {
        "datasets": [record for record in records if record["state"] == "published"],
        "next": found[-1][0] if found else None,
    }


@declared(query=True, dataset=DATASET, version=Optional(DIGEST))
def dataset_show(stub: Stub, dataset: str, version: str | None) -> Record:
    """A data set with its metadata and policy, now or as an earlier job saw it."""
    record = need(stub, f"dataset/{dataset}", f"data set {dataset}")
    return record | published(stub, version or record["version"])


def publishable(metadata: str, policy: str | None) -> tuple[Metadata, Policy]:
    """Metadata and policy as they may be published. Who publishes asks before he sends: what is
    refused stands on the ledger for ever, and figures that were measured are not to stand there.

    Raises:
        Refusal: they may not (LDG140, LDG141).
    """
    described, rules = _read(metadata, policy or OPEN_POLICY)
    if rules.is_flat:
        _check_flat(described, rules)
    return described, rules


def open_dataset(stub: Stub, dataset: str) -> Record:
    """A data set that is in the catalogue."""
    record = need(stub, f"dataset/{dataset}", f"data set {dataset}")
    if record["state"] != "published":
        raise Refusal(Reason.STATE, f"the data set {dataset} is withdrawn")
    return record


def published(stub: Stub, version: str) -> Record:
    """The documents of a version, as texts."""
    return need(stub, f"published/{version}", "such version of a data set")


def documents(stub: Stub, version: str) -> tuple[Metadata, Policy]:
    """Metadata and policy of a version."""
    found = published(stub, version)
    return _read(found["metadata"], found["policy"])


@lru_cache(32)
def _read(metadata: str, policy: str) -> tuple[Metadata, Policy]:
    try:
        return metadata_from_json(metadata), policy_from_json(policy)
    except BadData as error:
        raise Refusal(Reason.METADATA, str(error)) from None


def _check_flat(metadata: Metadata, policy: Policy) -> None:
    """Nothing measured may be published of data that is billed flat."""
    if metadata.rows is not None and (metadata.rows_exact or metadata.rows != policy.rows):
        raise Refusal(Reason.FLAT_FIGURES, "the number of rows is not the declared ceiling")
    for column in metadata.columns:
        if column != _declared(column, policy.ceilings.get(column.name, Ceiling())):
            raise Refusal(
                Reason.FLAT_FIGURES, f"column {column.name!r} says more than the policy declares"
            )


def _declared(column: ColumnMetadata, ceiling: Ceiling) -> ColumnMetadata:
    kind = column.type.kind
    try:
        lower, upper = (bound_from_json(kind, bound) for bound in (ceiling.lower, ceiling.upper))
    except (ValueError, OverflowError):
        raise Refusal(
            Reason.METADATA, f"the policy: a bound of column {column.name!r} is no {kind.value}"
        ) from None
    return ColumnMetadata(
        column.name,
        column.type,
        ceiling.distinct,
        ceiling.missing,
        lower,
        upper,
        ceiling.max_bytes,
        ceiling.total_bytes,
    )
