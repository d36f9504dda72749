"""`totem dataset`, `request`, `job` and `provider`: a job by hand, from catalogue to settlement."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest
from five_members import GRANT, Five, five_members

from vectors import BILLS, JOB

HASH = "ab" * 32


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a consortium in which two providers have published their bills."""
    five = five_members(tmp_path_factory.mktemp("five"))
    five.path("bills.csv").write_text(BILLS)
    five.path("job.totem").write_text(JOB)
    for who in ("nora", "sam"):
        five.says(f"dataset publish bills {five.path('bills.csv')}", who)
    return five.folder


@pytest.fixture
def five(published: Path, tmp_path: Path) -> Five:
    """A consortium of a test's own."""
    folder = tmp_path / "five"
    shutil.copytree(published, folder)
    return Five(folder)


def granted(five: Five, *organisations: str) -> None:
    """Ada asks, and each organisation grants."""
    for organisation in organisations:
        five.says(f"request open {organisation}/bills --purpose study", "ada")
        five.says("request grant latest", {"north": "nora", "south": "sam"}[organisation])


def submitted(five: Five, options: str = "") -> str:
    """A job of ada's for north, or as the options say: its name."""
    options = options or "--data north/bills"
    job: str = five.gives(f"job submit {five.path('job.totem')} {options}", "ada")["job"]
    return job


def test_a_job_by_hand_from_request_to_settlement(five: Five) -> None:
    granted(five, "north")
    job = submitted(five)
    assert five.gives("account show", "ada")["reserved"] == 198
    five.says(f"provider accept {job}", "nora")
    five.says(f"provider start {job}", "nora")
    assert "108 left, go on" in five.says(f"provider report {job} 90", "nora")
    assert "0 left, go on" in five.says(f"provider report {job} 108", "nora")
    five.says(f"provider finish {job} --result {HASH} --receipt {HASH}", "nora")
    assert five.gives(f"job watch {job}", "ada")["state"] == "finished"
    assert "is settled: 198 paid, 0 back" in five.says(f"job settle {job}", "ada")
    assert five.gives("account show", "nora")["earned"] == 198
    told = five.refuses(f"job settle {job}", "ada")
    assert "LDG110" in told
    shown = five.says(f"job show {job}", "ada")
    for word in ("settled", "by_customer", "108", "north/bills"):
        assert word in shown


def test_the_contract_quotes_before_any_access(five: Five) -> None:
    options = f"{five.path('job.totem')} --data north/bills --data south/bills"
    found = five.gives(f"job quote {options}", "ada")
    assert [part["quote"]["upper"] for part in found["parts"]] == [198, 198]
    assert "by_customer" in five.says(f"job quote {options}", "ada")


def test_no_job_without_access_and_the_way_to_it(five: Five) -> None:
    file = five.path("job.totem")
    told = five.refuses(f"job submit {file} --data north/bills", "ada")
    assert "LDG142" in told
    assert "north/bills was never asked for" in told
    assert "totem request open DATASET --purpose" in told
    five.says("request open north/bills --purpose study", "ada")
    told = five.refuses(f"job submit {file} --data north/bills", "ada")
    assert "the request for north/bills is asked" in told
    five.says("request refuse latest --reason purpose", "nora")
    assert "is refused" in five.refuses(f"job submit {file} --data north/bills", "ada")


def test_requests_are_asked_answered_and_ended(five: Five) -> None:
    five.says("request open north/bills --purpose study", "ada")
    five.refuses("request key latest", "ada")
    answer = five.gives("request grant latest --until 30d", "nora")
    assert answer["state"] == "granted"
    assert five.gives("request key latest", "ada")["key_hash"] == answer["key_hash"]
    assert five.gives("request list", "nora")["requests"][0]["consumer"] == "ada@lab"
    five.says("request deliver latest", "nora")
    assert five.gives("request revoke latest", "nora")["state"] == "revoked"
    five.says("request open south/bills --purpose study", "ada")
    assert five.gives("request withdraw latest", "ada")["state"] == "withdrawn"
    assert "LDG110" in five.refuses("request expire latest", "ada")


def test_the_access_key_is_shown_to_nobody(five: Five) -> None:
    granted(five, "north")
    secret = five.path("nora/access.secret").read_text().strip()
    for line in ("request show latest", "request list", "request key latest"):
        assert secret not in five.says(line, "ada")
    assert "LDG106" in five.refuses(
        f"request key {five.gives('request show latest', 'ada')['request']}", "sam"
    )


def test_two_providers_have_a_part_each(five: Five) -> None:
    granted(five, "north", "south")
    job = submitted(
        five, "--data north/bills --data south/bills --budget north=250 --budget south=300"
    )
    parts = five.gives(f"job show {job}", "ada")["parts"]
    assert [(part["organisation"], part["budget"]) for part in parts] == [
        ("north", 250),
        ("south", 300),
    ]
    five.says(f"provider accept {job}", "nora")
    assert five.gives(f"job show {job}", "ada")["state"] == "submitted"
    five.says("provider refuse latest --reason capacity", "sam")
    assert five.gives("account show", "ada")["balance"] == GRANT
    assert five.type_in(f"job watch {job}", who="ada").exit_code == 1


def test_a_budget_that_does_not_suffice(five: Five) -> None:
    granted(five, "north")
    options = f"{five.path('job.totem')} --data north/bills"
    told = five.refuses(f"job submit {options} --budget 197", "ada")
    assert "LDG154" in told
    assert "the job needs 198" in told
    assert "LDG121" in five.refuses(f"job submit {options} --budget 1,000,000", "ada")


def test_a_stopped_job_gives_everything_back_before_it_runs(five: Five) -> None:
    granted(five, "north")
    job = submitted(five)
    assert five.gives(f"job stop {job}", "ada")["state"] == "withdrawn"
    assert five.gives("account show", "ada")["balance"] == GRANT
    assert "LDG112" in five.refuses(f"job expire {submitted(five)}", "ada")


def test_a_dispute_is_settled_by_an_auditor(five: Five) -> None:
    granted(five, "north")
    job = submitted(five)
    for line in ("accept", "start"):
        five.says(f"provider {line} {job}", "nora")
    for charge in (90, 108):
        five.says(f"provider report {job} {charge}", "nora")
    five.says(f"provider finish {job} --result {HASH} --receipt {HASH}", "nora")
    assert "which job" in five.refuses(f"job show {job[:6]}", "carl", exit_code=2)
    assert five.gives(f"job dispute {job} nothing_came", "ada")["state"] == "disputed"
    assert [five.gives(f"job show {name}", "carl")["job"] for name in (job[:6], "latest")] == [
        job
    ] * 2
    assert "LDG104" in five.refuses(f"job judge {job} --charge 5 --evidence {HASH}", "gro")
    five.refuses(f"job judge {job} --charge 5", "carl", exit_code=2)
    judged = five.gives(f"job judge {job} --charge 90 --evidence {HASH}", "carl")
    assert (judged["charge"], judged["returned"]) == (90, 108)


def test_the_end_of_a_job_is_the_exit_code_of_its_watch(five: Five) -> None:
    granted(five, "north")
    for status, code in (("failed", 4), ("bad_data", 5)):
        job = submitted(five)
        for line in ("accept", "start"):
            five.says(f"provider {line} {job}", "nora")
        five.says(f"provider fail {job} --status {status}", "nora")
        assert five.type_in(f"job watch {job}", who="ada").exit_code == code


def test_a_code_lets_in_once(five: Five) -> None:
    granted(five, "north")
    job = submitted(five)
    five.says(f"provider accept {job}", "nora")
    entry, other = five.path("entry.json"), five.path("other.json")
    five.says(f"job code {job} -o {entry}", "ada")
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    changed = json.loads(entry.read_text()) | {"code": "0" * 32}
    other.write_text(json.dumps(changed))
    assert "not signed with its key" in five.refuses(f"provider admit {other}", "nora", exit_code=2)
    assert "LDG106" in five.refuses(f"provider admit {entry}", "sam")
    assert "the code is good, and spent" in five.says(f"provider admit {entry}", "nora")
    assert "LDG171" in five.refuses(f"provider admit {entry}", "nora")


def test_jobs_and_requests_are_named_as_people_do(five: Five) -> None:
    granted(five, "north")
    job = submitted(five)
    assert five.gives(f"job show {job[:6]}", "ada")["job"] == job
    assert five.gives("job show latest", "nora")["job"] == job
    assert "which job is 'ffffff'" in five.refuses("job show ffffff", "ada", exit_code=2)
    assert "totem job list" in five.refuses("job show x", "ada", exit_code=2)
    assert [each["job"] for each in five.gives("job list --state submitted", "ada")["jobs"]] == [
        job
    ]


def test_data_sets_are_found_shown_and_withdrawn(five: Five) -> None:
    assert {each["dataset"] for each in five.gives("dataset list", "ada")["datasets"]} == {
        "north/bills",
        "south/bills",
    }
    file = five.path("meta.json")
    five.says(f"dataset show north/bills -o {file}", "ada")
    assert json.loads(file.read_text())["rows"] == 6
    shown = five.says("dataset show north/bills", "ada")
    assert "C_id" in shown
    assert "100,200" not in shown
    five.says("dataset withdraw north/bills", "nora")
    assert "LDG110" in five.refuses("request open north/bills --purpose study", "ada")
    assert "LDG106" in five.refuses("dataset withdraw south/bills", "nora")


def test_data_sets_and_programs_that_do_not_go_together(five: Five) -> None:
    file = five.path("job.totem")
    for options, told in (
        ("", "which data?"),
        ("--data bills.csv", "a data set is ORGANISATION/NAME"),
        ("--data other=north/bills", "the program takes bills"),
        ("--data north/bills --data north/bills", "given twice for north"),
        ("--data north/bills --budget west=1", "west has no data set"),
    ):
        assert told in five.refuses(f"job submit {file} {options}", "ada", exit_code=2), options
