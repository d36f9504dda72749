"""Many processes at once: the account never gives more than it holds, and no record is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from totemlang.ledger import Balance, EmbeddedLedger

RUN = """
import sys
from totemlang.diagnostics import OutOfTotem, Refused
from totemlang.ledger import EmbeddedLedger

path, job = sys.argv[1:]
account = EmbeddedLedger(path).account("alice")
print("ready", flush=True)
sys.stdin.readline()
try:
    account.reserve(job, 100)
except Refused:
    print("refused")
else:
    for stage in range(3):
        account.deduct(job, f"stage {stage}", 30)
    try:
        account.deduct(job, "stage 3", 11)
    except OutOfTotem:
        print("ran")
"""

CREATE = """
import sys
from totemlang.diagnostics import UsageError
from totemlang.ledger import EmbeddedLedger

path, job = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
ledger = EmbeddedLedger.create(path)
try:
    ledger.create_account("alice")
except UsageError:
    print("there")
else:
    print("made")
ledger.grant("alice", 1)
"""


def _at_once(script: str, path: Path, number: int) -> list[str]:
    """Start so many processes, let them go together, and give what each said."""
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), f"job{i}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(number)
    ]
    for process in crowd:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in crowd:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = []
    for process in crowd:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        said.append(out.strip())
    return said


def test_twenty_runs_on_a_balance_for_five(tmp_path: Path) -> None:
    ledger = EmbeddedLedger.create(tmp_path / "ledger.db")
    ledger.create_account("alice")
    ledger.grant("alice", 599)
    said = _at_once(RUN, ledger.path, 20)
    assert sorted(said) == ["ran"] * 5 + ["refused"] * 15
    assert ledger.verify().balances == (Balance("alice", granted=599, spent=500),)


def test_a_ledger_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    said = _at_once(CREATE, path, 8)
    assert sorted(said) == ["made"] + ["there"] * 7
    assert EmbeddedLedger(path).verify().balances == (Balance("alice", granted=8),)
