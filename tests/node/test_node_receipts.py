"""A receipt is evidence: of this provider, this job, these bits; anybody checks it offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from consortium import BEGIN
from valley import BILLS, HIGHEST, NORTH, Valley, valley, write_bills

from totemlang.ledger.canonical import canonical
from totemlang.ledger.client import Job
from totemlang.ledger.contract import Refusal
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    Trust,
    new_key,
    request_certificate,
)
from totemlang.node import BadReceipt, SignedReceipt, hold_to_job, judge, replay, verify_receipt
from totemlang.node.judging import judged_part


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Valley:
    return valley(tmp_path)


def signed(here: Valley, identity: Identity, **changes: Any) -> SignedReceipt:
    """A receipt of the first job with another statement, signed by somebody."""
    statement = dict(done(here).statement) | changes
    return SignedReceipt(statement, identity.certificate.pem, identity.sign(canonical(statement)))


def done(here: Valley) -> SignedReceipt:
    """The receipt of a job that is done."""
    jobs = here.five["ada"].job_list("consumer").items
    job = jobs[0] if jobs else here.ended(here.submit())
    return here.ada.delivered(job.job, 0).receipt


def test_a_receipt_is_verified_offline(here: Valley) -> None:
    receipt = SignedReceipt.parse(json.dumps(done(here).to_json()).encode())
    trust = here.five["carl"].chain.genesis.trust
    signer = verify_receipt(receipt, trust, ledger=here.five["ada"].id)
    assert signer.member == "nora@north"
    job = here.five["ada"].job_list("consumer").items[0]
    assert receipt.hash == job.parts[0].receipt
    assert receipt.receipt["result"] == job.parts[0].result


def test_a_receipt_that_was_altered_is_none(here: Valley) -> None:
    receipt, trust = done(here), here.five["carl"].chain.trust()
    changed = dict(receipt.statement) | {"receipt": dict(receipt.receipt) | {"totem": 1}}
    with pytest.raises(BadReceipt, match="not what its provider signed"):
        verify_receipt(evolve(receipt, statement=changed), trust)
    with pytest.raises(BadReceipt, match="not what its provider signed"):
        verify_receipt(evolve(receipt, signature=receipt.signature[:-1] + b"\0"), trust)
    with pytest.raises(BadReceipt, match="another ledger"):
        verify_receipt(receipt, trust, ledger="0" * 64)


def test_only_a_provider_whom_the_consortium_names_signs_receipts(
    here: Valley, tmp_path: Path
) -> None:
    trust = here.five["carl"].chain.trust()
    with pytest.raises(BadReceipt, match="not a provider's"):
        verify_receipt(signed(here, here.five["bob"].me), trust)
    forged = CertificateAuthority.create(tmp_path / "forged", "valley", now=BEGIN)
    key = new_key()
    text = forged.enrol(request_certificate(key, "nora", "north"), ["provider"], now=BEGIN)
    with pytest.raises(BadReceipt, match="no authority"):
        verify_receipt(signed(here, Identity.of(text, key)), trust)
    early = signed(here, here.five["nora"].me, time="2020-01-01T00:00:00.000Z")
    with pytest.raises(BadReceipt, match="valid at the time"):
        verify_receipt(early, trust)
    assert verify_receipt(
        signed(here, Identity.of(text, key)), Trust((Authority(forged.certificate),))
    )


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("job", lambda s: s | {"part": 1}),
        ("job", lambda s: s | {"job": "0" * 24}),
        ("program", lambda s: s | {"receipt": s["receipt"] | {"bytecode": "0" * 64}}),
        ("rules", lambda s: s | {"receipt": s["receipt"] | {"rules": "0" * 64}}),
        ("price table", lambda s: s | {"receipt": s["receipt"] | {"prices": "0" * 64}}),
        ("parameters", lambda s: s | {"receipt": s["receipt"] | {"parameters": "0" * 64}}),
        ("metadata", lambda s: s | {"receipt": s["receipt"] | {"metadata": {}}}),
        ("billing", lambda s: s | {"receipt": s["receipt"] | {"billing": "flat"}}),
        ("quote", lambda s: s | {"receipt": s["receipt"] | {"quote": None}}),
        ("charge", lambda s: s | {"receipt": s["receipt"] | {"totem": 1}}),
        ("list of stages", lambda s: s | {"receipt": s["receipt"] | {"by_stage": []}}),
        ("result", lambda s: s | {"receipt": s["receipt"] | {"result": "0" * 64}}),
        ("hash", lambda s: s | {"receipt": s["receipt"] | {"more": 1}}),
    ],
)
def test_a_receipt_is_held_to_its_job(
    here: Valley, what: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    receipt, nora = done(here), here.five["nora"].me
    job = here.five["ada"].job_list("consumer").items[0]
    code = judged_part(here.five["ada"], job, 0).code
    trust = here.five["carl"].chain.trust()
    hold_to_job(receipt, verify_receipt(receipt, trust), job, 0, code)
    other = change(dict(receipt.statement))
    forged = SignedReceipt(other, nora.certificate.pem, nora.sign(canonical(other)))
    with pytest.raises(BadReceipt, match=f"another {what} than the ledger"):
        hold_to_job(forged, verify_receipt(forged, trust), job, 0, code)


def test_a_receipt_of_another_organisation_is_not_the_parts(here: Valley) -> None:
    receipt = signed(here, here.five["sam"].me)
    job = here.five["ada"].job_list("consumer").items[0]
    signer = verify_receipt(receipt, here.five["carl"].chain.trust())
    with pytest.raises(BadReceipt, match="another provider"):
        hold_to_job(receipt, signer, job, 0, job.code)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b'{"statement":{},"certificate":"","signature":""}', b"x" * 300_000]
)
def test_what_is_no_receipt_is_refused(text: bytes) -> None:
    with pytest.raises(BadReceipt, match="no signed receipt"):
        SignedReceipt.parse(text)


# --- replay by an auditor


def disputed(here: Valley, job: Job) -> Job:
    """A job that Ada disputes."""
    return here.five["ada"].job_dispute(job.job, "it cost too much")


def test_an_auditor_replays_a_job_and_finds_it_right(here: Valley, tmp_path: Path) -> None:
    job = here.ended(here.submit(BILLS + HIGHEST, None, None))
    receipts = [here.ada.delivered(job.job, number).receipt for number in (0, 1)]
    carl = here.five["carl"]
    found = [
        replay(
            carl,
            job.job,
            number,
            {"bills": tmp_path / organisation / "bills.csv"},
            receipt=receipts[number],
        )
        for number, organisation in enumerate(("north", "south"))
    ]
    assert all(each.is_right for each in found)
    assert [each.charge for each in found] == [part.charge for part in job.parts]
    disputed(here, job)
    assert judge(carl, job.job, found).charge == sum(part.charge for part in job.parts)


def test_an_auditor_finds_other_data_and_settles_by_what_it_comes_to(
    here: Valley, tmp_path: Path
) -> None:
    text = BILLS.replace(
        "    emit row",
        "    if row.Bill < 120 then\n        double x = sqrt(row.Bill)\n    end if\n    emit row",
    )
    job = here.ended(here.submit(text))
    fewer = [*NORTH[:3], (2, 200.0), *NORTH[4:]]  # one of less than 120
    data = write_bills(tmp_path / "true.csv", fewer)
    found = replay(here.five["carl"], job.job, 0, {"bills": data})
    assert found.differences == (
        "the stages come to other charges",
        "the result is another",
    )
    assert found.charge == job.parts[0].charge - 48  # one square root of 6 · 8 less
    disputed(here, job)
    settled = judge(here.five["carl"], job.job, [found])
    assert (settled.state, settled.charge) == ("settled", found.charge)


def test_data_that_cannot_be_read_is_charged_nothing(here: Valley, tmp_path: Path) -> None:
    job = here.ended(here.submit())
    (tmp_path / "bad.csv").write_text("Date,C_id,Bill\n1,2\n")
    found = replay(here.five["carl"], job.job, 0, {"bills": tmp_path / "bad.csv"})
    assert (found.status, found.charge, found.is_right) == ("bad_data", 0, False)


def test_only_an_auditor_judges(here: Valley, tmp_path: Path) -> None:
    job = here.ended(here.submit())
    disputed(here, job)
    found = replay(here.five["ada"], job.job, 0, {"bills": tmp_path / "north" / "bills.csv"})
    assert found.is_right
    with pytest.raises(Refusal, match="LDG104"):
        judge(here.five["ada"], job.job, [found])
