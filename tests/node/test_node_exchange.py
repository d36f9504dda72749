"""What travels beside the ledger: lookups to the node, large results to who shows a code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from valley import (
    Valley,
    program,
    valley,
)

from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.diagnostics import UsageError
from totemlang.ledger.canonical import canonical
from totemlang.ledger.contract import Refusal
from totemlang.node import Wanted
from totemlang.schema.metadata_json import metadata_to_json

NAMED = """dataset bills(int C_id, double Bill)
lookup names(int id, string name)

map by_name(bills row)
    emit default(names[row.C_id].name, "nobody"), row.Bill
end map

reduce total(string name, double[] values)
    emit name, sum(values)
end reduce
"""


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Valley:
    return valley(tmp_path)


def test_lookups_travel_to_the_node_and_the_part_waits_for_them(
    here: Valley, tmp_path: Path
) -> None:
    names = tmp_path / "names.csv"
    names.write_text("id,name\n1,ann\n3,cid\n")
    job = here.submit(NAMED, None, lookups={"names": names})
    here.step()
    here.step()
    assert [deed.told for deed in here.deeds] == ["for the lookups that are sent along"]
    assert here.nodes["nora"].receive(names.read_bytes(), ".csv") == job.sent["names"]
    job = here.ended(job)
    outcome = here.ada.result(job.job)
    assert outcome.table is not None
    assert outcome.table.column("name").to_pylist() == ["ann", "cid", "nobody"]


def test_a_lookup_may_be_the_providers_own(here: Valley, tmp_path: Path) -> None:
    names = tmp_path / "north" / "names.csv"
    names.write_text("id,name\n1,ann\n3,cid\n")
    nora = here.five["nora"]
    described = metadata_to_json(describe(open_data(names), "names"))
    dataset = nora.dataset_publish("names", "names of customers", described).dataset
    asked = here.ada.request(dataset, "names for the bills")
    here.nodes["nora"].keys.grant(asked.request, here.five.clock() + timedelta(days=9))
    here.nodes["nora"].holdings = {"names": names, "bills": tmp_path / "north" / "bills.csv"}
    wanted = Wanted({"bills": "north/bills", "names": "north/names"})
    job = here.ended(here.ada.submit(program(NAMED), [wanted]))
    outcome = here.ada.result(job.job)
    assert outcome.table is not None
    assert outcome.table.column("name").to_pylist() == ["ann", "cid", "nobody"]


def test_a_large_result_is_fetched_with_a_code_that_is_good_once(
    here: Valley, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.node.delivery.MAX_VALUE_BYTES", 2_000)
    job = here.ended(here.submit())
    assert here.ada.delivered(job.job, 0).result is None
    entry = here.ada.enter(job.job, 0)
    with pytest.raises(UsageError, match="not signed with its key"):
        here.nodes["nora"].let_in(evolve(entry, code="00" * 16))
    delivery = here.nodes["nora"].let_in(type(entry).from_json(entry.to_json()))
    outcome = here.ada.result(job.job, fetched={0: delivery})
    assert outcome.table is not None
    assert outcome.table.num_rows == 3
    with pytest.raises(Refusal, match="LDG171"):
        here.nodes["nora"].let_in(entry)


def test_a_code_is_good_for_fifteen_minutes_and_this_key_alone(here: Valley) -> None:
    job = here.ended(here.submit())
    entry = here.ada.enter(job.job, 0)
    here.five.wait(minutes=16)
    with pytest.raises(Refusal, match="LDG172"):
        here.nodes["nora"].let_in(entry)
    fresh = here.ada.enter(job.job, 0)
    bob = here.five["bob"].me
    stolen = evolve(
        fresh,
        key=bob.certificate.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        signature=bob.sign(
            canonical(["totem entry 1", fresh.ledger, fresh.job, fresh.part, fresh.code])
        ),
    )
    with pytest.raises(Refusal, match="LDG170"):
        here.nodes["nora"].let_in(stolen)
    assert here.nodes["nora"].let_in(fresh).result is not None
