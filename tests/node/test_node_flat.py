"""Flat billing: what a node writes on the ledger is the same for all contents of the data."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from valley import BILLS, FLAT, HIGHEST, METERED, NORTH, SOUTH, Valley, copied, valley, write_bills

from totemlang.ledger.chain import verify
from totemlang.ledger.client import Job

OTHERS = ((1, 1e300), (5, -0.0), (1, 7.5))
SPARSE = ((4, 1.0),)
FAILING = BILLS.replace("emit row.C_id, row.Bill", "emit 6 // (row.C_id - 5), row.Bill")

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def run_on(
    folder: Path,
    here: Valley,
    job: Job,
    rows: Sequence[tuple[int, float]],
    monkeypatch: pytest.MonkeyPatch,
    south: Sequence[tuple[int, float]] = SOUTH,
) -> list[str]:
    """Everything that the ledger holds of a job that runs on these rows.

    Before the rows are known all is the same: the ledger and its members are copies, and what is
    drawn at random is drawn alike. Signatures and seals, which ECDSA randomises, are left out.
    """
    there = copied(here, folder)
    write_bills(folder / "north" / "bills.csv", rows)
    write_bills(folder / "south" / "bills.csv", south)
    numbers = itertools.count()
    monkeypatch.setattr("secrets.token_hex", lambda size: f"{next(numbers):0{2 * size}x}")
    five = there.five
    before = five["carl"].chain.head()
    ended = there.ended(job)
    there.ada.settle(ended.job)
    assert verify(five["carl"].chain).finding is None
    with five["carl"].chain.store.reading() as connection:
        found = connection.execute(
            "SELECT body, record, writes FROM entries WHERE block > ? ORDER BY entry",
            (before.number,),
        ).fetchall()
    return [_TIME.sub("TIME", b"\n".join(map(bytes, row)).decode()) for row in found]


def without_private_hashes(written: Sequence[str]) -> list[str]:
    """The same without the hash of the salted result, which tells nothing to who has no salt."""
    kept = []
    for text in written:
        body, record, writes = (json.loads(part) for part in text.split("\n"))
        if body["function"] == "result_deliver":
            assert set(body["arguments"]) == {"job", "part", "hash"}
            assert set(record) == {"reads", "writes", "result"}
            key = "result/{job}/{part}".format(**body["arguments"])
            assert [entry[:2] for entry in writes["private"]] == [["lab", key]]
            assert writes["public"] == []
            text = body["function"]
        kept.append(text)
    return kept


@pytest.mark.parametrize("text", [BILLS, FAILING], ids=["sums", "records that fail"])
def test_what_is_written_is_the_same_for_all_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "begin").mkdir()
    here = valley(tmp_path / "begin", north=FLAT)
    job = here.submit(text)
    written = [
        without_private_hashes(run_on(tmp_path / str(number), here, job, rows, monkeypatch))
        for number, rows in enumerate((NORTH, OTHERS, SPARSE, ()))
    ]
    functions = [json.loads(t.split("\n")[0])["function"] for t in written[0] if "\n" in t]
    assert functions[:4] == ["job_accept", "job_start", "job_report", "job_report"]
    assert written[1:] == written[:1] * 3


def test_metered_billing_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "begin").mkdir()
    here = valley(tmp_path / "begin", north=METERED)
    job = here.submit(BILLS)
    changed = [(customer, bill + 1) for customer, bill in NORTH]
    one, other = (
        run_on(tmp_path / str(number), here, job, rows, monkeypatch)
        for number, rows in enumerate((NORTH, changed))
    )
    assert without_private_hashes(one) != without_private_hashes(other)


def test_data_beyond_its_ceilings_is_told_as_a_stop(tmp_path: Path) -> None:
    here = valley(tmp_path, north=FLAT)
    job = here.submit(BILLS)
    write_bills(tmp_path / "north" / "bills.csv", [(customer, 1.0) for customer in range(9)])
    job = here.ended(job)
    assert (job.state, job.stopped_by, job.parts[0].charge) == ("stopped", "nora@north", 0)
    assert job.parts[0].receipt is None


def test_a_flat_bill_is_the_bound_and_its_receipt_shows_bounds(tmp_path: Path) -> None:
    here = valley(tmp_path, north=FLAT)
    job = here.ended(here.submit(BILLS))
    part = job.parts[0]
    assert part.used == part.charge == part.budget == part.quote.upper
    assert (part.result, part.receipt) == (None, None)
    (released,) = here.ada.parts(job.job)
    assert [each["totem"] for each in released.receipt.receipt["by_stage"]] == list(part.by_stage)
    assert here.ada.result(job.job).is_done


@pytest.mark.parametrize("text", [BILLS, FAILING + HIGHEST], ids=["stacked", "merged, failing"])
def test_of_several_providers_none_is_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "begin").mkdir()
    here = valley(tmp_path / "begin", north=FLAT, south=FLAT)
    job = here.submit(text, None, None)
    contents = ((NORTH, SOUTH), (OTHERS, ()), ((), SPARSE), (SPARSE, OTHERS))
    written = [
        without_private_hashes(run_on(tmp_path / str(number), here, job, north, monkeypatch, south))
        for number, (north, south) in enumerate(contents)
    ]
    assert len(written[0]) == 13  # two lives of six, and the settlement
    assert written[1:] == written[:1] * 3


def test_where_the_other_provider_ends_the_job_a_flat_part_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "begin").mkdir()
    here = valley(tmp_path / "begin", north=FLAT, south=METERED)
    failing = FAILING.replace("C_id - 5", "C_id - 4")  # as a record of the south does
    job = here.submit(failing, None, None)
    written = [
        without_private_hashes(run_on(tmp_path / str(number), here, job, north, monkeypatch))
        for number, north in enumerate((NORTH, OTHERS, SPARSE, ()))
    ]
    functions = [json.loads(t.split("\n")[0])["function"] for t in written[0] if "\n" in t]
    assert "job_fail" in functions
    assert [len(w) for w in written] == [len(written[0])] * 4
    differing = [
        json.loads(texts[0].split("\n")[0])["function"]
        for texts in zip(*written, strict=True)
        if len(set(texts)) > 1
    ]
    # The receipt of the south's part is signed, so its hash is another each time.
    assert set(differing) <= {"job_fail", "job_settle"}
