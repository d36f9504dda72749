"""`totem provider`: the node's duties, lookups sent along, codes, results, receipts, replays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from five_members import GRANT, Five, five_members

from vectors import BILLS, JOB

NAMED = """\
dataset bills(int C_id, double Bill)
lookup names(int C_id, string name)

map by_customer(bills row)
    emit default(names[row.C_id].name, "?") as name, row.Bill
end map

reduce total(string name, double[] values)
    emit name, sum(values) as total
end reduce
"""

NAMES = "C_id,name\n1,Ann\n2,Bea\n3,Cleo\n"

FLAT = {
    "totem_policy": 1,
    "privacy_unit": "C_id",
    "ceilings": {
        "rows": 10,
        "columns": {
            "Date": {"missing": 0},
            "C_id": {"distinct": 5, "missing": 0},
            "Bill": {"missing": 0},
        },
    },
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A consortium in which both providers have published their bills, and ada has access."""
    five = five_members(tmp_path_factory.mktemp("five"))
    five.path("bills.csv").write_text(BILLS)
    five.path("job.totem").write_text(JOB)
    five.path("named.totem").write_text(NAMED)
    five.path("names.csv").write_text(NAMES)
    for who, organisation in (("nora", "north"), ("sam", "south")):
        five.says(f"dataset publish bills {five.path('bills.csv')}", who)
        five.says(f"request open {organisation}/bills --purpose study", "ada")
        five.says("request grant latest", who)
    return five.folder


@pytest.fixture
def five(published: Path, tmp_path: Path) -> Five:
    """A consortium of a test's own; where data is was noted with whole paths."""
    folder = tmp_path / "five"
    shutil.copytree(published, folder)
    return Five(folder)


def submitted(five: Five, options: str = "--data north/bills", program: str = "job.totem") -> str:
    """A job of ada's: its name."""
    job: str = five.gives(f"job submit {five.path(program)} {options}", "ada")["job"]
    return job


def test_a_step_does_all_that_is_due(five: Five) -> None:
    job = submitted(five)
    deeds = five.gives("provider step", "nora")["deeds"]
    assert [(deed["job"], deed["what"]) for deed in deeds] == [
        (job, "accepted"),
        (job, "ran"),
        (job, "delivered"),
    ]
    assert five.says("provider step", "nora") == "nothing is due\n"
    result = five.gives(f"job result {job}", "ada")
    assert result["rows"] == [[1, 100.0], [2, 400.0], [3, 200.0]]
    assert five.gives(f"job settle {job}", "ada")["charge"] == 198


def test_nobody_else_waits_for_duties(five: Five) -> None:
    for line in ("provider step", "provider serve --for 0"):
        assert "ada@lab is no provider, but consumer" in five.refuses(line, "ada", exit_code=2)
    assert not (five.path("ada") / "node").exists()


def test_two_providers_and_one_result(five: Five) -> None:
    job = submitted(five, "--data north/bills --data south/bills")
    for who in ("nora", "sam", "nora", "sam"):
        five.says("provider step", who)
    found = five.gives(f"job result {job}", "ada")
    assert found["rows"] == [[1, 200.0], [2, 800.0], [3, 400.0]]
    assert found["totem"] == {
        "used": 396,
        "budget": 396,
        "remaining": 0,
        "by_stage": [
            {"stage": "by_customer", "totem": 180},
            {"stage": "total", "totem": 216},
        ],
    }
    assert found["merging"] > 0
    assert found["job"] == five.gives(f"job show {job}", "ada")
    file = five.path("result.csv")
    told = five.type_in(f"job result {job} -o {file}", who="ada").stderr
    assert file.read_text() == "C_id,value\n1,200.0\n2,800.0\n3,400.0\n"
    assert "as north, south signed and the ledger has it" in told
    assert "merging, and what stands below, used" in told


def test_results_that_do_not_merge_stand_under_their_provider(five: Five) -> None:
    file = five.path("all.totem")
    file.write_text(
        "dataset bills(int C_id, double Bill)\n\nmap all(bills row)\n"
        "    emit row.C_id, row.Bill\nend map\n"
    )
    job = submitted(five, "--data north/bills --data south/bills", "all.totem")
    for who in ("nora", "sam", "nora", "sam"):
        five.says("provider step", who)
    rows = five.gives(f"job result {job}", "ada")["rows"]
    assert len(rows) == 12
    assert {row[0] for row in rows} == {"north", "south"}


def test_a_flat_job_tells_nothing_of_the_data(five: Five) -> None:
    five.path("flat.json").write_text(json.dumps(FLAT))
    options = f"{five.path('bills.csv')} --policy {five.path('flat.json')}"
    assert "billed flat" in five.says(f"dataset publish secret {options}", "nora")
    five.says("request open north/secret --purpose study", "ada")
    five.says("request grant latest", "nora")
    job = submitted(five, "--data north/secret")
    five.says("provider step", "nora")
    part = five.gives(f"job show {job}", "ada")["parts"][0]
    assert part["by_stage"] == part["bounds"]
    assert part["result"] is None
    assert five.gives(f"job result {job}", "ada")["rows"][0] == [1, 100.0]


def test_a_job_waits_for_the_lookups_that_are_sent_along(five: Five) -> None:
    names = five.path("names.csv")
    job = submitted(five, f"--data bills=north/bills --send names={names}", "named.totem")
    (deed,) = five.gives("provider step", "nora")["deeds"]
    assert deed["what"] == "waits"
    assert "is taken in" in five.says(f"provider receive {names}", "nora")
    assert [d["what"] for d in five.gives("provider step", "nora")["deeds"]][-1] == "delivered"
    rows = five.gives(f"job result {job} --send names={names}", "ada")["rows"]
    assert rows == [["Ann", 100.0], ["Bea", 400.0], ["Cleo", 200.0]]


def test_data_that_is_not_what_was_published_costs_nothing(five: Five) -> None:
    other = five.path("other.csv")
    other.write_text(BILLS + "2019-02-28,4,1\n")
    job = submitted(five)
    deeds = five.gives(f"provider step --data bills={other}", "nora")["deeds"]
    assert deeds[-1]["told"] == "bad_data"
    assert five.type_in(f"job watch {job}", who="ada").exit_code == 5
    assert five.gives(f"job settle {job}", "ada")["returned"] == 198


def test_a_node_without_the_data_refuses(five: Five) -> None:
    five.path("nora/holdings.json").unlink()
    job = submitted(five)
    deeds = five.gives("provider step", "nora")["deeds"]
    assert deeds[0]["what"] == "refused"
    assert five.gives(f"job show {job}", "ada")["state"] == "refused"
    assert five.gives("account show", "ada")["balance"] == GRANT


def test_a_receipt_is_kept_and_replayed(five: Five) -> None:
    job = submitted(five)
    five.says("provider step", "nora")
    file = five.path("receipt.json")
    assert "nora@north" in five.says(f"job receipt {job}", "ada")
    five.says(f"job receipt {job} -o {file}", "ada")
    data = f"--data bills={five.path('bills.csv')}"
    told = five.says(f"job replay {job} {data} --receipt {file}", "carl")
    assert "as the provider reported" in told
    five.path("other.csv").write_text(BILLS.replace("2,200", "2,201"))
    other = five.type_in(f"job replay {job} --data bills={five.path('other.csv')}", who="carl")
    assert other.exit_code == 1
    assert "the result is another" in other.stdout


def test_a_part_that_ran_out_has_a_receipt_and_no_result(five: Five) -> None:
    file = five.path("high.totem")
    file.write_text(
        "dataset bills(int C_id, double Bill)\n\nmap high(bills row)\n"
        "    if row.Bill > 100 then\n        emit row.C_id, row.Bill\n    end if\nend map\n\n"
        "reduce most(int C_id, double[] bills)\n    emit C_id, max(bills)\nend reduce\n"
    )
    lower = five.gives(f"job quote {file} --data north/bills", "ada")["parts"][0]["quote"]["lower"]
    job = submitted(five, f"--data north/bills --budget {lower}", "high.totem")
    five.says("provider step", "nora")
    assert five.type_in(f"job watch {job}", who="ada").exit_code == 3
    assert five.gives(f"job receipt {job}", "ada")["statement"]["receipt"]["status"] == (
        "out_of_totem"
    )
    assert "there is no result" in five.refuses(f"job result {job}", "ada", exit_code=2)


def test_an_inflated_charge_is_judged_by_its_replay(five: Five) -> None:
    file = five.path("high.totem")
    file.write_text(
        "dataset bills(int C_id, double Bill)\n\nmap high(bills row)\n"
        "    if row.Bill > 100 then\n        emit row.C_id, row.Bill\n    end if\nend map\n"
    )
    job = submitted(five, "--data north/bills", "high.totem")
    bounds = five.gives(f"job show {job}", "ada")["parts"][0]["bounds"]
    five.says(f"provider accept {job}", "nora")
    five.says(f"provider start {job}", "nora")
    for bound in bounds:
        five.says(f"provider report {job} {bound}", "nora")
    five.says(f"provider finish {job} --result {'0' * 64} --receipt {'0' * 64}", "nora")
    assert "nothing has been delivered" in five.refuses(f"job result {job}", "ada")
    five.says(f"job dispute {job} nothing_came", "ada")
    assert [each["job"] for each in five.gives("job disputes", "carl")["jobs"]] == [job]
    assert "nothing_came" in five.says("job disputes", "carl")
    assert five.gives("job disputes", "sam") == {"jobs": []}
    judged = five.gives(f"job judge {job} --data bills={five.path('bills.csv')}", "carl")
    assert judged["charge"] <= sum(bounds)
    assert judged["verdict"]["by"] == "carl@court"
    assert five.says("job disputes", "carl") == "no disputes\n"


def test_a_result_is_fetched_with_a_code(five: Five) -> None:
    job = submitted(five, "--data north/bills --data south/bills")
    five.says(f"provider accept {job}", "nora")
    five.says(f"provider accept {job}", "sam")
    entry, delivery = five.path("entry.json"), five.path("delivery.json")
    five.says("provider step", "nora")
    five.says(f"job code {job} --part 0 -o {entry}", "ada")
    early = five.type_in(f"provider admit {entry} -o {delivery}", who="nora")
    assert (early.exit_code, delivery.exists()) == (2, False)  # part 1 has not ended
    five.says("provider step", "sam")
    five.says(f"provider admit {entry} -o {delivery}", "nora")
    five.refuses(f"provider admit {entry} -o {delivery}", "nora")
    rows = five.gives(f"job result {job} --delivery 0={delivery}", "ada")["rows"]
    assert rows == [[1, 200.0], [2, 800.0], [3, 400.0]]
    delivery.write_text(delivery.read_text().replace("1", "2"))
    five.refuses(f"job result {job} --delivery 0={delivery}", "ada")


def test_a_node_serves_until_it_is_told_to_stop(five: Five) -> None:
    environment = os.environ | {"TOTEM_LEDGER": str(five.path("ledger.db"))}
    command = "from totemlang.cli.consortium.main import totem; totem()"
    node = subprocess.Popen(
        [sys.executable, "-c", command, "provider", "serve", "--as", five.path("nora")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        job = submitted(five)
        assert five.type_in(f"job watch {job} --for 60", who="ada").exit_code == 0
        until = time.monotonic() + 60
        while five.type_in(f"job result {job}", who="ada").exit_code and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        node.send_signal(signal.SIGTERM)
        told, _ = node.communicate(timeout=60)
    assert node.returncode == 0, told
    assert "nora@north serves bills" in told
    assert "ran, done" in told
    assert five.gives(f"job result {job}", "ada")["status"] == "done"


def test_a_balance_going_down_is_drawn_on_a_terminal(five: Five) -> None:
    job = submitted(five)
    five.says(f"provider accept {job}", "nora")
    five.says(f"provider start {job}", "nora")
    command = "from totemlang.cli.consortium.main import totem; totem()"
    environment = os.environ | {"TOTEM_LEDGER": str(five.path("ledger.db")), "TERM": "xterm"}
    screen = pexpect.spawn(
        sys.executable,
        ["-c", command, "job", "watch", job, "--as", str(five.path("ada"))],
        env=environment,
        dimensions=(30, 120),
        encoding="utf-8",
        timeout=60,
    )
    screen.expect("198 of 198 left")
    five.says(f"provider report {job} 90", "nora")
    screen.expect("108 of 198 left")
    screen.expect("total 2/2")
    five.says(f"job stop {job}", "ada")
    screen.expect("stopped")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 1


def served(five: Five, who: str) -> subprocess.Popen[str]:
    """A provider's node as a process of its own."""
    command = "from totemlang.cli.consortium.main import totem; totem()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "provider", "serve", "--for", "60", "--as", five.path(who)],
        env=os.environ | {"TOTEM_LEDGER": str(five.path("ledger.db"))},
        stdout=subprocess.DEVNULL,
        text=True,
    )


def test_a_job_in_one_command(five: Five) -> None:
    nodes = [served(five, who) for who in ("nora", "sam")]
    try:
        options = f"{five.path('job.totem')} --data north/bills --data south/bills"
        done = five.gives(f"job run {options}", "ada")
        assert done["rows"] == [[1, 200.0], [2, 800.0], [3, 400.0]]
        assert (done["job"]["state"], done["job"]["charge"]) == ("settled", 396)
        file = five.path("kept.csv")
        five.says(f"job run {options} --keep-open -o {file}", "ada")
        assert file.read_text().startswith("C_id,value\n1,200.0\n")
        assert five.gives("job show latest", "ada")["state"] == "finished"
    finally:
        for node in nodes:
            node.terminate()
            node.wait(60)
    assert [node.returncode for node in nodes] == [0, 0]
