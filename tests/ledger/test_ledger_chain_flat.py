"""A flat job on the chain: the same bytes for all contents, but for signatures and a salted hash.

Both lives use the same clock and draw the same nonces, so that nothing but what the provider knows
of the data could make a difference.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from consortium import COURT, GRID, LAB, NORTH, SOUTH
from embedded_consortium import Embedded, embedded

from totemlang.ledger.chain import verify
from totemlang.ledger.contract.deliveries import salted


def life(folder: Path, result: object, end: str, monkeypatch: pytest.MonkeyPatch) -> Embedded:
    """A flat job of two providers, on data that came to some result."""
    folder.mkdir()
    world, numbers = embedded(folder), itertools.count(1)
    monkeypatch.setattr("secrets.token_hex", lambda size: f"{next(numbers):0{2 * size}x}")
    world.grant(5_000)
    job = world.submit(900, 900, flat=True)
    world.run(job)
    for part in range(2):
        for stage, bound in enumerate(world.job(job)["parts"][part]["bounds"]):
            world.report(job, stage, bound, part)
        world.finish(job, part, flat=True)
    for part, provider in enumerate((NORTH, SOUTH)):
        value = salted(result, os.urandom(16))
        stated = hashlib.sha256(value).hexdigest()
        its: dict[str, Any] = {"job": job, "part": part, "hash": stated}
        world.call(provider, "result_deliver", {"value": value}, **its)
    if end == "settled":
        world.call(LAB, "job_settle", job=job)
    elif end == "expired":
        world.wait(days=2)
        world.call(COURT, "job_expire", job=job)
    else:
        world.call(LAB, "job_dispute", job=job, reason="too dear")
        bill = [part["charge"] for part in world.job(job)["parts"]]
        world.call(COURT, "job_judgement", job=job, charges=bill, evidence="a" * 64)
    assert verify(world.chain(GRID)).checked().taken == 0
    return world


def written(world: Embedded) -> tuple[list[tuple[bytes, ...]], list[tuple[bytes, ...]]]:
    """What stands on the ledger of all calls, and apart from them of the deliveries."""
    with world.chain(GRID).store.reading() as connection:
        rows = connection.execute("SELECT body, record, writes FROM entries").fetchall()
    private = [row for row in rows if b'"function":"result_deliver"' in row[0]]
    return [row for row in rows if row not in private], private


@pytest.mark.parametrize("end", ["settled", "expired", "judged"])
def test_a_flat_job_is_the_same_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    small = life(tmp_path / "small", {"rows": []}, end, monkeypatch)
    large = life(tmp_path / "large", {"rows": [[5, 10**9]] * 1_000}, end, monkeypatch)
    (some, private), (others, hidden) = written(small), written(large)
    assert some == others
    assert len(some) > 20
    # Of a result there is its salted hash: another each time, of the same length.
    assert [list(map(len, row)) for row in private] == [list(map(len, row)) for row in hidden]
    assert all(one != other for one, other in zip(private, hidden, strict=True))
