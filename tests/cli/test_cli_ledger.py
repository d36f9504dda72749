"""`totem ledger` and `totem account`: founded, shown, verified, copied, paid from."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from five_members import GRANT, Five, enrol, five_members

from totemlang.cli.consortium.main import totem
from totemlang.ledger.client import Ledger
from totemlang.ledger.identity import Identity
from totemlang.tables.resources import resource_text


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a founded consortium, which each test copies."""
    return five_members(tmp_path_factory.mktemp("five")).folder


@pytest.fixture
def five(founded: Path, tmp_path: Path) -> Five:
    """A consortium of a test's own."""
    folder = tmp_path / "five"
    shutil.copytree(founded, folder)
    return Five(folder)


def test_a_ledger_of_ones_own_needs_no_other_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("TOTEM_IDENTITY", "TOTEM_LEDGER"):
        monkeypatch.delenv(name, raising=False)
    run = CliRunner().invoke
    made = run(totem, ["ledger", "init", "mine", "--name", "me", "--grant", "1,000"])
    assert made.stdout == "me@home has a ledger in mine: 1,000 totem\n"
    shown = run(totem, ["account", "show", "--ledger", "mine", "--json"])
    assert json.loads(shown.stdout)["balance"] == 1000
    again = run(totem, ["ledger", "init", "mine"])
    assert again.exit_code == 2
    assert "name a folder that is new" in again.stderr


def test_totem_is_granted_sent_and_accounted_for(five: Five) -> None:
    five.says("account transfer nora@north 1,500 --note thanks", "ada")
    mine = five.gives("account show", "ada")
    assert (mine["balance"], mine["granted"]) == (GRANT - 1500, GRANT)
    assert five.gives("account show nora@north", "gro")["balance"] == 1500
    told = five.says("account history", "nora")
    assert "received" in told
    assert "ada@lab thanks" in told
    assert [each["event"] for each in five.gives("account history --last 1", "ada")["entries"]] == [
        "sent"
    ]
    assert five.gives("account supply", "carl") == {"granted": GRANT}


def test_a_refusal_names_its_rule_and_what_helps(five: Five) -> None:
    told = five.refuses("account grant ada@lab 5", "ada")
    assert "error[LDG104]" in told
    assert "account_grant is for the role operator" in told
    assert "hint: `totem enrol show` says your roles" in told
    told = five.refuses("account transfer ada@lab 1", "nora")
    assert "error[LDG121]" in told
    assert "nora@north has 0 totem, 1 are needed" in told
    assert "totem account grant MEMBER TOTEM" in told
    told = five.refuses("account show", "gro")
    assert "hint: its owner opens it: `totem account open`" in told
    document = json.loads(five.type_in("account grant x@lab 5 --json", who="ada").stdout)
    assert document["status"] == "refused"
    assert document["diagnostics"][0]["code"] == "LDG104"


def test_what_is_refused_stands_on_the_ledger_too(five: Five) -> None:
    five.refuses("account transfer ada@lab 1", "nora")
    (entry,) = five.gives("ledger history --refused")["transactions"]
    assert entry["refusal"]["code"] == "LDG121"
    assert "LDG121" in five.says("ledger history --member nora@north")
    shown = five.says(f"ledger show {entry['id']}")
    assert "nora@north" in shown
    assert "account_transfer" in shown


def test_the_ledger_is_shown_whole_by_block_and_by_transaction(five: Five) -> None:
    shown = five.says("ledger show")
    for word in ("valley", "10,000 totem", "lab            consumer, operator", "account_grant"):
        assert word in shown
    document = five.gives("ledger show")
    assert document["supply"] == GRANT
    assert document["head"]["number"] == document["transactions"]
    block = five.gives(f"ledger show {document['head']['number']}")
    assert block["hash"] == document["head"]["hash"]
    assert [each["function"] for each in block["entries"]] == ["account_grant"]
    assert "sealed by" in five.says("ledger show 0")
    assert "there is no block 99" in five.refuses("ledger show 99", exit_code=2)
    assert "no transaction" in five.refuses("ledger show beef", exit_code=2)


def test_history_can_be_narrowed(five: Five) -> None:
    def functions(options: str) -> list[str]:
        found = five.gives(f"ledger history {options}")["transactions"]
        return [each["function"] for each in found]

    assert functions("--member nora@north") == ["account_open"]
    assert functions("--function account_g*") == ["account_grant"]
    assert functions("--last 2") == ["account_open", "account_grant"]
    assert functions("--about sam@south") == ["account_open"]


def test_a_whole_ledger_verifies_and_a_changed_one_is_named(five: Five) -> None:
    assert "the ledger is whole" in five.says("ledger verify")
    found = five.gives("ledger verify")
    assert found["blocks"] == found["transactions"] + 1
    with closing(sqlite3.connect(five.path("ledger.db"))) as database:
        database.execute("UPDATE state SET value = CAST(replace(value, '10000', '90000') AS BLOB)")
        database.commit()
    told = five.refuses("ledger verify", exit_code=69)
    assert "LDG230" in told
    document = json.loads(five.type_in("ledger verify --json").stdout)
    assert document["status"] == "ledger_broken"
    assert document["finding"]["hint"] == "rebuild it: totem ledger rebuild"
    five.says("ledger rebuild")
    five.says("ledger verify")


def test_history_is_held_to_checkpoints(five: Five) -> None:
    shutil.copy(five.path("ledger.db"), five.path("old.db"))
    five.says("account transfer nora@north 1", "ada")
    five.says(f"ledger checkpoint -o {five.path('nora.head')}", "nora")
    assert "as nora@north signed it" in five.says(f"ledger check {five.path('nora.head')}")
    five.says(f"ledger verify --checkpoint {five.path('nora.head')}")
    five.says(f"ledger verify --trusted {five.path('nora.head')}")
    old = f"--ledger {five.path('old.db')}"
    told = five.refuses(f"ledger check {five.path('nora.head')} {old}", exit_code=69)
    assert "LDG232" in told
    assert "the history was cut" in told


def test_an_export_makes_the_same_ledger(five: Five) -> None:
    lines, copy = five.path("ledger.jsonl"), five.path("copy.db")
    five.says(f"ledger export -o {lines}")
    five.says(f"ledger import {lines} --ledger {copy}")
    assert five.gives(f"ledger show --ledger {copy}") == five.gives("ledger show")
    assert "exists" in five.refuses(f"ledger export -o {lines}", exit_code=2)
    lines.write_text(lines.read_text().replace("account_grant", "account_groot"))
    five.refuses(f"ledger import {lines} --ledger {five.path('bad.db')}", exit_code=69)
    assert not five.path("bad.db").exists()


def test_functions_are_listed_and_called_by_name(five: Five) -> None:
    assert "job_submit" in five.says("ledger functions")
    assert "24 hexadecimal digits" in five.says("ledger functions job_accept")
    answer = five.says("ledger call account_transfer member=nora@north totem=5", "ada")
    assert json.loads(answer)["balance"] == GRANT - 5
    told = five.refuses("ledger call account_transfer member=nora@north totem=five", "ada")
    assert "LDG101" in told
    assert "LDG100" in five.refuses("ledger call account_burn", "ada")


def test_the_revoked_are_out_as_soon_as_the_ledger_knows(five: Five) -> None:
    five.says("ca revoke nora@north")
    five.says("account show", "nora")
    assert "1 more" in five.says("ca crl --send", "sam")
    told = five.refuses("account show", "nora")
    assert "LDG203" in told
    assert "revoked" in told
    five.says("ledger verify")


def test_rules_and_prices_change_with_two_organisations(five: Five) -> None:
    enrol(five, "lise@lab", "operator")
    text, file = resource_text("rules", "prices.csv"), five.path("prices.csv")
    assert text in five.says("prices show", "ada")
    file.write_text(text)
    assert "LDG113" in five.refuses(f"prices propose {file}", "gro")
    file.write_text(text.replace("add,2", "add,3"))
    proposed = five.gives(f"prices propose {file}", "gro")
    assert proposed["state"] == "proposed"
    assert "LDG131" in five.refuses(f"prices approve {proposed['hash']}", "gro")
    assert five.gives(f"prices approve {proposed['hash']}", "lise")["state"] == "approved"
    versions = five.gives("prices versions", "ada")["versions"]
    assert [each["hash"] for each in versions][-1] == proposed["hash"]
    assert five.gives(f"prices show {proposed['hash']}", "ada")["approved_by"] == ["grid", "lab"]
    assert "LDG130" in five.refuses(f"rules propose {file}", "gro")


def test_a_ledger_that_is_not_there_or_not_named(five: Five, tmp_path: Path) -> None:
    nowhere = tmp_path / "none.db"
    assert five.refuses(f"account show --ledger {nowhere}", "ada", exit_code=69)
    unnamed = CliRunner().invoke(
        totem, ["account", "show"], env={"TOTEM_LEDGER": None, "TOTEM_IDENTITY": None}
    )
    assert unnamed.exit_code == 2
    assert "--ledger PATH or set TOTEM_LEDGER" in unnamed.stderr
    nobody = five.refuses("account show", exit_code=2)
    assert "--as FOLDER or set TOTEM_IDENTITY" in nobody


@pytest.mark.parametrize("number", ["-1", "1.5", "1e3", "9223372036854775808", "٣"])
def test_amounts_that_are_none(five: Five, number: str) -> None:
    five.refuses(f"account grant ada@lab -- {number}", exit_code=2)


def test_organisations_join_when_two_agree(five: Five) -> None:
    enrol(five, "lise@lab", "operator")
    proposed = five.gives("organisation propose east --role provider", "gro")
    assert proposed["state"] == "proposed"
    enrol(five, "eva@east", "provider")
    assert "LDG103" in five.refuses("account open", "eva")
    assert "LDG131" in five.refuses("organisation approve east --role provider", "gro")
    assert "LDG101" in five.refuses("organisation approve east --role auditor", "lise")
    approved = five.gives("organisation approve east --role provider", "lise")
    assert approved["state"] == "admitted"
    five.says("account open", "eva")
    listed = five.gives("organisation list", "ada")
    assert listed["organisations"]["east"] == ["provider"]
    assert "east" in five.says("organisation list", "ada")
    five.says("organisation propose west --role consumer", "gro")
    assert five.gives("organisation withdraw west", "gro")["state"] == "withdrawn"


def test_an_authority_renews_its_own_certificate(five: Five) -> None:
    before = five.path("ca/authority.pem").read_text()
    assert "until 2" in five.says("ca extend --days 5000 --send", "gro")
    assert five.path("ca/authority.pem").read_text() != before
    enrol(five, "late@lab", "consumer")
    five.says("account open", "late")
    five.says("ledger verify")


def test_runs_on_ones_own_data_stand_in_the_account(five: Five) -> None:
    ledger = Ledger.open(five.path("ledger.db"), Identity.load(five.path("ada")))
    ledger.run_reserve("study", 100, "nora@north")
    assert five.gives("account runs", "ada")["runs"][0]["budget"] == 100
    assert "study" in five.says("account runs", "ada")
    assert "nothing to recover" in five.says("account recover", "ada")
    assert five.gives("account recover", "ada") == {"recovered": []}


def test_what_a_killed_run_holds_comes_back(five: Five) -> None:
    code = (
        "import os, signal\n"
        "from totemlang.ledger.client import Ledger\n"
        "from totemlang.ledger.identity import Identity\n"
        "from totemlang.ledger.run_account import account_for_runs\n"
        "ledger = Ledger.open('ledger.db', Identity.load(__import__('pathlib').Path('ada')))\n"
        "account = account_for_runs(ledger, 'nora@north')\n"
        "account.reserve('study', 100)\n"
        "account.deduct('study', 'map', 30)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=five.folder)
    assert done.returncode == -signal.SIGKILL
    (back,) = five.gives("account recover", "ada")["recovered"]
    assert (back["budget"], back["charge"], back["returned"]) == (100, 30, 70)
    assert five.gives("account show", "ada")["balance"] == GRANT - 30
