"""Submitting a job (S103): judged by the contract itself, compared with the balance, reserved.

All in one call: a job that is on the ledger has its whole budget in escrow. What judges programs
is large, and imported by whoever submits one, not by whoever reads a balance.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from totemlang.bytecode.limits import MAX_MODULE_BYTES
from totemlang.diagnostics import BadData
from totemlang.ledger.canonical import LARGEST, digest, digest_bytes
from totemlang.ledger.contract.arguments import (
    DATASET,
    DIGEST,
    IDENTIFIER,
    Argument,
    Base64,
    Many,
    Named,
    Optional,
    Parts,
    Text,
    Whole,
)
from totemlang.ledger.contract.datasets import documents, open_dataset
from totemlang.ledger.contract.declare import declared
from totemlang.ledger.contract.jobs import MOST_PARTS, WAITING, write_job
from totemlang.ledger.contract.postings import Postings
from totemlang.ledger.contract.records import (
    Record,
    index,
    need,
    new_identifier,
    now,
    save,
    written,
)
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.requests import check_access
from totemlang.ledger.contract.states import JOB
from totemlang.ledger.contract.table_texts import prices_of, rules_of, table_key
from totemlang.ledger.contract.tables import hash_in_force
from totemlang.ledger.stub import Stub
from totemlang.schema.metadata import Metadata
from totemlang.schema.metadata_json import metadata_from_json
from totemlang.schema.policy import Billing, Policy

if TYPE_CHECKING:
    from totemlang.cost.quote import Quote
    from totemlang.ledger.contract.evaluation import Premises

ACCESS = Parts({"dataset": DATASET, "request": IDENTIFIER, "proof": DIGEST})
SENT = Parts({"content": DIGEST, "metadata": Text(16 * 2**10, lines=True)})
PART = Parts(
    {
        "budget": Whole(0),
        "data": Named(ACCESS, 20, least=1),
    }
)
PROGRAM: dict[str, Argument] = {
    "bytecode": Base64(MAX_MODULE_BYTES),
    "source_hash": DIGEST,
    "parameters": Optional(Text(256 * 2**10, lines=True)),
    "sent": Optional(Named(SENT, 20)),
    "parts": Many(PART, MOST_PARTS, least=1),
}


@declared(PROGRAM, roles=("consumer",), hours=Whole(1, 720))
def job_submit(
    stub: Stub,
    bytecode: bytes,
    source_hash: str,
    parameters: str | None,
    sent: dict[str, Any] | None,
    parts: list[Record],
    hours: int,
) -> Record:
    """Submit a job to one provider, or to several, each of whom runs what stands above `merge`.

    `data` names a data set for each name in the program, with the request that gives access and
    the proof of its key; `sent` are the lookups that the consumer sends along; `hours` how long
    the job may run.
    """
    caller, moment, job = stub.caller(), now(stub), new_identifier(stub)
    judged = _judge(stub, bytecode, source_hash, parameters, sent, parts, proven=True)
    total = sum(part["budget"] for part in judged["parts"])
    if total > LARGEST:
        raise Refusal(Reason.BUDGET, "the budgets come to more than an account can hold")
    record: Record = {
        "job": job,
        "consumer": caller.member,
        "submitted": written(moment),
        "hours": hours,
        "submission": submission_digest(bytecode, source_hash, parameters, sent, parts),
        **judged,
        **JOB.begin(moment),
    }
    postings = Postings(stub)
    postings.reserve(caller.member, total, job)
    postings.write()
    # A program that is sent often stands on the ledger once.
    save(
        stub,
        f"program/{record['program']}",
        {"bytecode": base64.b64encode(bytecode).decode()},
    )
    save(stub, f"sent/{job}", {"parameters": parameters or "{}", "sent": sent or {}})
    index(stub, f"jobs-of/{caller.member}/{job}")
    for organisation in sorted({part["organisation"] for part in record["parts"]}):
        index(stub, f"jobs-to/{organisation}/{job}")
    return write_job(stub, record, "job_submit")


@declared(PROGRAM, query=True, roles=("consumer",))
def job_judge(
    stub: Stub,
    bytecode: bytes,
    source_hash: str,
    parameters: str | None,
    sent: dict[str, Any] | None,
    parts: list[Record],
) -> Record:
    """What `job_submit` would say, with the quotes; nothing is reserved and no access is needed."""
    return _judge(stub, bytecode, source_hash, parameters, sent, parts, proven=False)


def submission_digest(
    bytecode: bytes,
    source_hash: str,
    parameters: str | None,
    sent: dict[str, Any] | None,
    parts: list[Record],
) -> str:
    """What an access proof is bound to: everything that is submitted, proofs aside."""
    bare = [
        {
            "budget": part["budget"],
            "data": {
                name: [access["dataset"], access["request"]]
                for name, access in part["data"].items()
            },
        }
        for part in parts
    ]
    program = [digest_bytes(bytecode), source_hash, parameters or "{}", sent or {}]
    return digest(["totem submission 1", *program, bare])


def _judge(
    stub: Stub,
    bytecode: bytes,
    source_hash: str,
    parameters: str | None,
    sent: dict[str, Any] | None,
    parts: list[Record],
    *,
    proven: bool,
) -> Record:
    from totemlang.engine.receipt import parameters_hash
    from totemlang.ledger.contract.evaluation import evaluate

    tables = {kind: hash_in_force(stub, kind) for kind in ("rules", "prices")}
    texts = {kind: need(stub, table_key(kind, known), kind) for kind, known in tables.items()}
    lookups = {name: _sent(name, each["metadata"]) for name, each in (sent or {}).items()}
    chosen = [_chosen(stub, part, proven=proven) for part in parts]
    premises = [_premises(stub, each, lookups) for each in chosen]
    judged = evaluate(
        bytecode,
        rules_of(texts["rules"]["text"]),
        prices_of(texts["prices"]["text"]),
        premises,
        parameters or "{}",
        source_hash,
    )
    main = judged.dataset
    for each in chosen:
        if main not in each:
            raise Refusal(Reason.DATA, f"{main} is a data set of the provider")
    return {
        "program": digest_bytes(bytecode),
        "code": judged.code_hash,
        "source": source_hash,
        "parameters": parameters_hash(judged.parameters),
        "sent": {name: each["content"] for name, each in (sent or {}).items()},
        "rules": tables["rules"],
        "prices": tables["prices"],
        "stages": list(judged.stages),
        "parts": [
            _part(part, datasets, main, known, quote)
            for part, datasets, known, quote in zip(
                parts, chosen, premises, judged.quotes, strict=True
            )
        ],
    }


def _chosen(stub: Stub, part: Record, *, proven: bool) -> dict[str, Record]:
    """The data sets of a part by name in the program, all of one organisation."""
    found: dict[str, Record] = {}
    for name, access in part["data"].items():
        record = open_dataset(stub, access["dataset"])
        if proven:
            check_access(stub, access["request"], access["dataset"])
        found[name] = record | {"request": access["request"], "proof": access["proof"]}
    if len({record["organisation"] for record in found.values()}) != 1:
        raise Refusal(Reason.DATA, "the data sets of a part belong to one organisation")
    return found


def _premises(stub: Stub, datasets: dict[str, Record], lookups: dict[str, Metadata]) -> Premises:
    """What a part is quoted on, under the strictest of its data sets' policies."""
    from totemlang.ledger.contract.evaluation import Premises

    if set(datasets) & set(lookups):
        raise Refusal(Reason.DATA, "a lookup is the provider's or sent along, not both")
    known = {name: documents(stub, record["version"]) for name, record in datasets.items()}
    metadata = {name: described for name, (described, _) in known.items()} | lookups
    return Premises(metadata, strictest([policy for _, policy in known.values()]))


def strictest(policies: list[Policy]) -> Policy:
    """Flat if one of them is, with the least of every cap."""
    flat = any(policy.is_flat for policy in policies)
    return Policy(
        billing=Billing.FLAT if flat else Billing.METERED,
        largest_result_rows=_least([policy.largest_result_rows for policy in policies]),
        largest_result_bytes=_least([policy.largest_result_bytes for policy in policies]),
        largest_group_bytes=_least([policy.largest_group_bytes for policy in policies]),
    )


def _least(caps: list[int | None]) -> int | None:
    return min((cap for cap in caps if cap is not None), default=None)


def _part(
    part: Record, datasets: dict[str, Record], main: str, premises: Premises, quote: Quote
) -> Record:
    """A part as the job begins with it. Flat billing reserves the bound, whatever was offered."""
    budget = part["budget"]
    needed = quote.upper if premises.policy.is_flat else quote.lower
    if needed is None:
        raise Refusal(Reason.OPEN_BOUND)
    if budget < needed:
        raise Refusal(Reason.BUDGET, f"the budget is {budget:,}, the job needs {needed:,}")
    return {
        "organisation": datasets[main]["organisation"],
        "provider": datasets[main]["provider"],
        "data": {
            name: {
                key: record[key]
                for key in ("dataset", "version", "metadata_hash", "request", "proof")
            }
            for name, record in datasets.items()
        },
        "billing": premises.policy.billing.value,
        "quote": {
            "lower": quote.lower,
            "expected": min(quote.expected, LARGEST),
            "upper": quote.upper,
        },
        "bounds": [_held(stage.upper) for stage in quote.by_stage],
        "result_rows": _held(quote.result_rows),
        "result_bytes": _held(quote.result_bytes),
        "budget": needed if premises.policy.is_flat else budget,
        "status": WAITING,
        "used": 0,
        "charge": 0,
        "by_stage": [],
        "result": None,
        "receipt": None,
    }


def _held(bound: int | None) -> int | None:
    """A bound as the ledger holds it: none where it is beyond 64 bits."""
    return None if bound is None or bound > LARGEST else bound


def _sent(name: str, metadata: str) -> Metadata:
    try:
        return metadata_from_json(metadata)
    except BadData as error:
        raise Refusal(Reason.DATA, f"{name}, sent along: {error}") from None
