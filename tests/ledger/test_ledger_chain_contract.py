"""The consortium's own contract on the embedded ledger: a job from catalogue to settlement."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from consortium import BEGIN, COURT, GRID, LAB, NORTH, SOUTH
from embedded_consortium import Embedded, embedded

from totemlang.ledger.chain import export_lines, find_transaction, rebuild, restore, verify
from totemlang.ledger.contract import Reason, Refusal, execute
from totemlang.ledger.contract.codes import hash_of_code
from totemlang.ledger.contract.deliveries import salted


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Embedded:
    world = embedded(tmp_path)
    world.grant(10_000)
    return world


def test_a_job_from_catalogue_to_settlement(world: Embedded, tmp_path: Path) -> None:
    job = world.submit(250, 300)
    key, code = "ab" * 32, "cd" * 16
    world.run(job, start=False)
    world.call(
        LAB, "code_issue", job=job, part=0, key=key, code_hash=hash_of_code(job, 0, key, code)
    )
    world.call(NORTH, "code_spend", job=job, part=0, key=key, code=code)
    with pytest.raises(Refusal) as caught:
        world.call(NORTH, "code_spend", job=job, part=0, key=key, code=code)
    assert caught.value.reason is Reason.CODE_SPENT
    for part, provider in enumerate((NORTH, SOUTH)):
        world.call(provider, "job_start", job=job, part=part)
        world.report(job, 0, 90, part)
        world.report(job, 1, 108, part)
        world.finish(job, part)
    value = salted({"rows": 3}, b"0123456789abcdef")
    stated = hashlib.sha256(value).hexdigest()
    world.call(NORTH, "result_deliver", {"value": value}, job=job, part=0, hash=stated)
    assert world.call(LAB, "result_read", job=job, part=0) == {"value": {"rows": 3}}
    world.call(LAB, "job_settle", job=job)
    with pytest.raises(Refusal):
        world.call(LAB, "job_settle", job=job)
    assert world.account()["balance"] == 10_000 - 2 * 198
    assert world.account(NORTH)["balance"] == 198

    chain = world.chain(COURT)
    found = verify(chain).checked()
    assert found.taken == 0
    assert rebuild(chain) == found.transactions
    assert verify(chain).finding is None
    copy = restore(export_lines(chain), tmp_path / "copy.db", execute, clock=world.now)
    assert copy.head() == chain.head()
    assert verify(copy).checked().taken == 1  # the delivery, whose value does not travel


def test_the_revoked_are_out_at_once(world: Embedded) -> None:
    lab = world.chain(LAB)
    text = world.authority.revoke(lab.member().certificate.pem, now=BEGIN).decode()
    receipt = world.chain(GRID).call("chain_revoke", {"list": text})
    assert find_transaction(lab, receipt.id) is not None
    with pytest.raises(Exception, match="LDG203"):
        world.call(LAB, "account_transfer", member=NORTH.member, totem=1, note=None)
    assert verify(lab).finding is None
