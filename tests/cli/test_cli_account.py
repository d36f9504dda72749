"""`totemc account`: totem is granted, seen and audited from the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from totemlang.cli.main import totemc
from totemlang.ledger import EmbeddedLedger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "ledger.db"


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(totemc, ["account", *arguments, "--ledger", str(path)])


def test_totem_is_granted_and_shown(path: Path) -> None:
    assert run(path, "create", "alice").stdout == "alice opened: 0 totem available\n"
    assert run(path, "create", "bob", "--grant", "7").stdout == "bob opened: 7 totem available\n"
    assert "1,000 totem available" in run(path, "grant", "alice", "1000").stdout
    shown = run(path, "show").stdout
    assert re.search(r"alice +1,000 +1,000 +0 +0\b", shown)
    assert re.search(r"bob +7 +7 +0 +0\b", shown)


def test_recovering_where_nothing_is_reserved(path: Path) -> None:
    run(path, "create", "alice", "--grant", "1000")
    assert "nothing to recover: nothing is reserved" in run(path, "recover").stdout
    assert "nothing to recover: nothing is reserved" in run(path, "recover", "alice").stdout


def test_an_account_with_an_open_job(path: Path) -> None:
    run(path, "create", "alice", "--grant", "1000")
    account = EmbeddedLedger(path).account("alice")
    account.reserve("job-1", 198)
    account.deduct("job-1", "map f", 90)
    assert json.loads(run(path, "show", "alice", "--json").stdout) == {
        "account": "alice",
        "granted": 1000,
        "reserved": 108,
        "spent": 90,
        "available": 802,
        "open_jobs": [
            {
                "job": "job-1",
                "account": "alice",
                "budget": 198,
                "used": 90,
                "returned": 0,
                "status": "open",
            }
        ],
    }
    assert re.search(r"job-1 +alice +198 +90 +108", run(path, "show", "alice").stdout)
    history = json.loads(run(path, "history", "alice", "--last", "1", "--json").stdout)
    assert [(r["number"], r["event"], r["stage"], r["totem"]) for r in history] == [
        (4, "deduct", "map f", 90)
    ]
    assert re.search(r"4 .* deduct +90 +map f +job-1", run(path, "history", "alice").stdout)
    assert "reserve belongs to a run that may still be at work" in run(path, "recover").stdout


def test_an_audit_gives_the_head_and_names_the_bad_record(path: Path) -> None:
    run(path, "create", "alice", "--grant", "1000")
    said = run(path, "verify")
    assert said.exit_code == 0
    assert "the ledger is whole: 2 records" in said.stdout
    head = json.loads(run(path, "verify", "--json").stdout)["head"]
    run(path, "grant", "alice", "1")
    assert run(path, "verify", "--head", head).exit_code == 0
    assert run(path, "verify", "--head", "5f2c").exit_code == 5
    with closing(sqlite3.connect(path)) as connection:
        trigger = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE name = 'records_stay'"
        ).fetchone()[0]
        connection.execute("DROP TRIGGER records_stay")
        connection.execute("UPDATE records SET totem = 1001 WHERE number = 2")
        connection.execute(trigger)
        connection.commit()
    said = run(path, "verify")
    assert said.exit_code == 5
    assert "record 2 of the ledger is bad" in said.stderr


def test_the_reserve_of_a_killed_process_comes_back(path: Path) -> None:
    run(path, "create", "alice", "--grant", "1000")
    script = (
        "import os, signal, sys\n"
        "from totemlang.ledger import EmbeddedLedger\n"
        "account = EmbeddedLedger(sys.argv[1]).account('alice')\n"
        "account.reserve('job', 300)\n"
        "account.deduct('job', 'map f', 90)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert re.search(r"job +alice +300 +90 +210", run(path, "recover", "alice").stdout)
    assert EmbeddedLedger(path).balance("alice").available == 910


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show",), 69, "there is no ledger at"),
        (("grant", "alice", "5"), 69, "there is no ledger at"),
        (("create", "two words"), 2, "name of an account"),
        (("create", "alice", "--grant", "-1"), 2, "whole number from 0"),
    ],
)
def test_what_cannot_be_done_is_said(
    path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    said = run(path, *arguments)
    assert (said.exit_code, said.stdout) == (code, "")
    assert message in said.stderr


def test_unknown_accounts(path: Path) -> None:
    run(path, "create", "alice")
    for arguments in (
        ("show", "bob"),
        ("history", "bob"),
        ("recover", "bob"),
        ("grant", "bob", "1"),
    ):
        said = run(path, *arguments)
        assert said.exit_code == 2
        assert "no account bob" in said.stderr


def test_errors_are_documents_too(path: Path) -> None:
    said = run(path, "show", "--json")
    assert said.exit_code == 69
    assert json.loads(said.stdout)["status"] == "ledger_unreachable"


def test_a_foreign_file_is_no_ledger(path: Path) -> None:
    path.write_text("id,kwh\n" * 400)
    said = run(path, "show")
    assert said.exit_code == 69
    assert "ledger.db" in said.stderr
    assert os.path.getsize(path) == 2800
