"""estimate and run: figures, results, files, exit codes, accounts."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import Result

from totemlang.ledger.chain import verify
from totemlang.ledger.client import Ledger, Movement, every
from totemlang.ledger.founding import found_alone
from totemlang.ledger.identity import Identity
from totemlang.ledger.run_account import recover

Type = Callable[..., Result]

ON_BILLS = ("job.totem", "--data", "bills.csv")


PAID = ("--ledger", "mine")


def founded(folder: Path, totem: int) -> Ledger:
    """A ledger of one's own in `mine`, with so much totem; open as its owner."""
    found = found_alone(folder / "mine", name="alice", totem=totem)
    return Ledger.open(found.folder, Identity.load(found.identity))


def amounts(ledger: Ledger) -> tuple[int, int, int]:
    """Balance, reserved, spent."""
    found = ledger.account_show()
    return found.balance, found.reserved, found.spent


def movements(ledger: Ledger) -> list[Movement]:
    """Everything that moved in the account."""
    return list(every(lambda after: ledger.account_history(after=after)))


def document(said: Result) -> dict[str, object]:
    found = json.loads(said.stdout)
    assert isinstance(found, dict)
    return found


def test_vector_b_is_quoted_at_198(type_in: Type) -> None:
    quote = document(type_in("estimate", *ON_BILLS, "--json"))
    assert (quote["lower"], quote["expected"], quote["upper"]) == (198, 198, 198)
    assert {"formula", "by_line", "symbols"} <= quote.keys()
    shown = type_in("estimate", *ON_BILLS).stdout
    assert "lower 198   expected 198   upper 198" in shown
    assert "emit C_id, array.sum(values)" in shown


def test_a_quote_needs_the_metadata_alone(type_in: Type, folder: Path) -> None:
    type_in("describe", "bills.csv", "-o", "bills.json")
    (folder / "bills.csv").unlink()
    for option in ("--data", "--metadata"):
        quote = document(type_in("estimate", "job.totem", option, "bills.json", "--json"))
        assert quote["upper"] == 198
    named = type_in("estimate", "job.totem", "--data", "bills=bills.json", "--json")
    assert document(named)["upper"] == 198


def test_a_quote_says_what_the_metadata_leaves_open(type_in: Type) -> None:
    said = type_in("estimate", "job.totem", "--json")
    assert said.exit_code in (0, 1)
    if said.exit_code == 0:
        assert document(said)["upper"] is None


def test_vector_b_runs(type_in: Type) -> None:
    said = type_in("run", *ON_BILLS, "--budget", "1000", "--json")
    assert said.exit_code == 0
    found = document(said)
    assert found["status"] == "done"
    assert [c["type"] for c in found["columns"]] == ["int", "double"]  # type: ignore[attr-defined]
    assert found["rows"] == [[1, 100.0], [2, 400.0], [3, 200.0]]
    totem = found["totem"]
    assert isinstance(totem, dict)
    assert (totem["used"], totem["budget"], totem["remaining"]) == (198, 1000, 802)
    assert sum(stage["totem"] for stage in totem["by_stage"]) == 198
    assert [stage["stage"] for stage in totem["by_stage"]] == ["by_customer", "total"]
    receipt = found["receipt"]
    assert isinstance(receipt, dict)
    assert receipt["totem"] == 198


def test_without_a_budget_the_upper_bound_is_taken_and_said(type_in: Type) -> None:
    said = type_in("run", *ON_BILLS)
    assert said.exit_code == 0
    assert "taking the quote's upper bound, 198 totem" in said.stderr
    assert "used 198 of 198 totem" in said.stderr
    assert "3 rows" in said.stdout
    assert type_in("run", *ON_BILLS, "--quiet").stderr == ""


def test_vector_a_runs(type_in: Type) -> None:
    said = type_in("run", "script.totem", "--json")
    found = document(said)
    assert found["variables"] == {"a": 1, "b": 2, "c": 9, "d": 3.8, "i": 4}
    assert found["totem"]["used"] == 112  # type: ignore[index]
    assert "columns" not in found
    shown = type_in("run", "script.totem").stdout
    assert "3.8" in shown


def test_bytecode_runs_as_its_source(type_in: Type) -> None:
    assert type_in("compile", "job.totem", "--strip").exit_code == 0
    source = document(type_in("run", *ON_BILLS, "--json"))
    compiled = document(type_in("run", "job.totemc", "--data", "bills.csv", "--json"))
    for key in ("rows", "totem", "receipt", "columns"):
        assert source[key] == compiled[key]
    assert (
        document(type_in("estimate", "job.totemc", "--data", "bills.csv", "--json"))["upper"] == 198
    )


@pytest.mark.parametrize("name", ["result.csv", "result.json", "result.parquet", "result.arrow"])
def test_results_become_files(type_in: Type, folder: Path, name: str) -> None:
    said = type_in("run", *ON_BILLS, "-o", name)
    assert (said.exit_code, said.stdout) == (0, "")
    assert f"wrote {name}" in said.stderr
    path = folder / name
    if name.endswith("csv"):
        rows = list(csv.reader(path.read_text().splitlines()))
        assert rows[0][0] == "C_id"
        assert rows[1:] == [["1", "100.0"], ["2", "400.0"], ["3", "200.0"]]
    elif name.endswith("json"):
        assert json.loads(path.read_text())["rows"] == [[1, 100.0], [2, 400.0], [3, 200.0]]
    elif name.endswith("parquet"):
        assert pyarrow.parquet.read_table(path)["C_id"].to_pylist() == [1, 2, 3]
    else:
        with pyarrow.ipc.open_file(path) as file:
            assert file.read_all()["C_id"].to_pylist() == [1, 2, 3]


def test_results_in_a_form_on_standard_output(type_in: Type) -> None:
    said = type_in("run", *ON_BILLS, "--format", "csv")
    assert said.stdout.splitlines()[1:] == ["1,100.0", "2,400.0", "3,200.0"]
    said = type_in("run", *ON_BILLS, "--format", "json")
    assert json.loads(said.stdout)["rows"][0] == [1, 100.0]
    said = type_in("run", *ON_BILLS, "--format", "parquet")
    table = pyarrow.parquet.read_table(pyarrow.BufferReader(said.stdout_bytes))
    assert table.num_rows == 3


def test_a_plot(type_in: Type) -> None:
    said = type_in("run", *ON_BILLS, "--plot")
    assert said.exit_code == 0
    assert "█" in said.stdout


@pytest.mark.parametrize(
    ("budget", "code", "status"),
    [("0", 1, "refused"), ("197", 1, "refused"), ("198", 0, "done"), ("199", 0, "done")],
)
def test_a_budget_under_the_lower_bound_is_refused(
    type_in: Type, budget: str, code: int, status: str
) -> None:
    said = type_in("run", *ON_BILLS, "--budget", budget, "--json")
    assert said.exit_code == code
    assert document(said)["status"] == status


EARLY = """\
param long n = 100
int a = 0
for i = 0; i < n; i++ do
    a += 1
    if a >= 50 then
        break
    end if
end for
"""


def test_out_of_totem_takes_the_budget_and_gives_no_result(type_in: Type, folder: Path) -> None:
    (folder / "early.totem").write_text(EARLY)
    quote = document(type_in("estimate", "early.totem", "--json"))
    lower = int(str(quote["lower"]))
    needed = document(type_in("run", "early.totem", "--json"))["totem"]["used"]  # type: ignore[index]
    assert lower < needed
    ledger = founded(folder, 100_000)
    short = type_in("run", "early.totem", "--budget", str(needed - 1), "--json", *PAID)
    assert short.exit_code == 3
    found = document(short)
    assert found["status"] == "out_of_totem"
    assert "variables" not in found
    assert found["totem"]["used"] == found["totem"]["budget"] == needed - 1  # type: ignore[index]
    assert "out of totem" in short.stderr
    assert amounts(ledger) == (100_000 - needed + 1, 0, needed - 1)
    enough = type_in("run", "early.totem", "--budget", str(needed), "--json")
    assert enough.exit_code == 0


def test_a_failure_on_the_data_has_its_code_and_names_no_value(type_in: Type, folder: Path) -> None:
    (folder / "fails.totem").write_text(
        "dataset bills(int C_id, double Bill)\n"
        "map f(bills row)\n    emit 6 // (row.C_id - 2), row.Bill\nend map\n"
    )
    said = type_in("run", "fails.totem", "--data", "bills.csv", "--json")
    assert said.exit_code == 4
    assert document(said)["status"] == "failed"
    assert "line 3" in said.stderr
    assert "200" not in said.stderr


def test_data_that_breaks_its_metadata_costs_nothing(type_in: Type, folder: Path) -> None:
    type_in("describe", "bills.csv", "-o", "bills.json")
    with (folder / "bills.csv").open("a") as file:
        file.write("2019-02-27,4,100\n")
    ledger = founded(folder, 1_000)
    said = type_in(
        *("run", *ON_BILLS, "--metadata", "bills.json", "--budget", "500", "--json", *PAID)
    )
    assert said.exit_code == 5
    assert document(said)["status"] == "bad_data"
    assert amounts(ledger) == (1_000, 0, 0)


def test_a_run_is_paid_from_the_account(type_in: Type, folder: Path) -> None:
    ledger = founded(folder, 1_000)
    said = type_in("run", *ON_BILLS, *PAID, "--budget", "300")
    assert said.exit_code == 0
    assert amounts(ledger) == (802, 0, 198)
    assert [(m.event, m.totem) for m in movements(ledger)] == [
        ("grant", 1_000),
        ("reserve", 300),
        ("settle", 198),
    ]
    (run,) = ledger.run_list().items
    assert (run.stages, run.last, run.state) == (2, "total", "settled")
    poor = type_in("run", *ON_BILLS, *PAID, "--budget", "803", "--json")
    assert (poor.exit_code, document(poor)["status"]) == (1, "refused")
    assert "LDG121" in poor.stderr
    assert "802 totem, 803 are needed" in poor.stderr
    assert verify(ledger.chain).finding is None


def test_who_pays_and_to_whom(type_in: Type, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert type_in("run", *ON_BILLS, "--payee", "bob@home").exit_code == 2
    assert type_in("run", *ON_BILLS, *PAID).exit_code == 69
    ledger = founded(folder, 1_000)
    assert type_in("run", *ON_BILLS, *PAID, "--identity", "none").exit_code == 2
    said = type_in("run", *ON_BILLS, *PAID, "--payee", "bob@home")
    assert said.exit_code == 1
    assert "bob@home, to whom the run would be paid, has no account" in said.stderr
    (folder / "mine" / "me").rename(folder / "alice")
    said = type_in("run", *ON_BILLS, *PAID)
    assert (said.exit_code, "who pays?" in said.stderr) == (2, True)
    assert "TOTEM_IDENTITY" in said.stderr
    assert type_in("run", *ON_BILLS, *PAID, "--identity", "alice").exit_code == 0
    monkeypatch.setenv("TOTEM_IDENTITY", "alice")
    assert type_in("run", *ON_BILLS, "--ledger", "mine/ledger.db").exit_code == 0
    assert amounts(ledger) == (1_000 - 2 * 198, 0, 2 * 198)


WITH_PARAMETERS = """\
dataset bills(int C_id, double Bill)
lookup names(int id, string name)
param double rate = 0.1
param int[] only
param date since = date("2019-01-01")

map f(bills row)
    if contains(only, row.C_id) then
        emit default(names[row.C_id].name, "nobody"), rate * row.Bill as tax
    end if
end map

reduce g(string name, double[] tax)
    emit name, sum(tax) as tax
end reduce
"""


def test_parameters_and_lookups(type_in: Type, folder: Path) -> None:
    (folder / "tax.totem").write_text(WITH_PARAMETERS)
    (folder / "names.csv").write_text("id,name\n1,ann\n3,cid\n")
    (folder / "params.json").write_text('{"only": [1, 2], "rate": 0.5}')
    data = ("--data", "bills=bills.csv", "--data", "names=names.csv")
    said = type_in("run", "tax.totem", *data, "--param", "only=[1,2,3]", "--json")
    assert document(said)["rows"] == [["ann", 10.0], ["cid", 20.0], ["nobody", 40.0]]
    said = type_in("run", "tax.totem", *data, "--params", "params.json", "--json")
    assert document(said)["rows"] == [["ann", 50.0], ["nobody", 200.0]]
    said = type_in(
        *("run", "tax.totem", *data, "--params", "params.json", "--param", "rate=1", "--json"),
        *("--param", 'since=date("2019-02-01")'),
    )
    assert document(said)["rows"] == [["ann", 100.0], ["nobody", 400.0]]
    for wrong, reason in (
        ((), "only has no default"),
        (("--param", "only=[1]", "--param", "rat=1"), "no parameter 'rat'"),
        (("--param", "only"), "write NAME=VALUE"),
        (("--param", "only=[1.5]"), "only must be"),
        (("--params", "names.csv"), "is not JSON"),
    ):
        said = type_in("run", "tax.totem", *data, *wrong)
        assert said.exit_code == 2
        assert reason in said.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((*ON_BILLS, "--tier", "fast"), "interpreter"),
        ((*ON_BILLS, "--engine", "spark"), "local"),
        ((*ON_BILLS, "--workers", "0"), "--workers"),
        ((*ON_BILLS, "--budget", "-1"), "--budget"),
        ((*ON_BILLS, "--budget", "9223372036854775808"), "--budget"),
        ((*ON_BILLS, "-o", "none/result.csv"), "no folder none"),
        ((*ON_BILLS, "-o", "result.xlsx"), "what format"),
        ((*ON_BILLS, "--json", "--format", "csv"), "--json prints one document"),
        ((*ON_BILLS, "--memory-limit", "lots"), "number of bytes"),
        (("job.totem",), "bind it with --data"),
        (("script.totem", "--data", "bills.csv"), "takes no data"),
        (("script.totem", "--plot"), "a script has variables"),
        (("script.totem", "--format", "csv"), "a script has variables"),
    ],
)
def test_wrong_use_is_said_before_anything_is_charged(
    type_in: Type, folder: Path, arguments: tuple[str, ...], reason: str
) -> None:
    ledger = founded(folder, 1_000)
    head = ledger.chain.head()
    said = type_in("run", *arguments, *PAID)
    assert said.exit_code == 2
    assert reason in said.stderr
    assert ledger.chain.head() == head


def test_the_tiers_that_are_there(type_in: Type) -> None:
    for tier in ("auto", "interpreter", "native"):
        assert type_in("run", *ON_BILLS, "--tier", tier, "--engine", "local").exit_code == 0
    assert type_in("run", *ON_BILLS, "--memory-limit", "64M", "--workers", "3").exit_code == 0


POLICY = {
    "totem_policy": 1,
    "billing": "flat",
    "ceilings": {
        "rows": 10,
        "columns": {"C_id": {"lower": 0, "upper": 9, "distinct": 10}},
    },
}


def test_a_policy_bills_flat_wherever_it_comes_from(type_in: Type, folder: Path) -> None:
    (folder / "policy.json").write_text(json.dumps(POLICY))
    said = type_in("describe", "bills.csv", "--policy", "policy.json", "-o", "meta.json")
    assert said.exit_code == 0
    assert json.loads((folder / "meta.json").read_text())["policy"] == POLICY
    bills = []
    for given in (
        (*ON_BILLS, "--policy", "policy.json"),
        (*ON_BILLS, "--metadata", "meta.json"),
    ):
        quoted = document(type_in("estimate", *given, "--json"))
        assert quoted["billing"] == "flat"
        assert "billed flat: the upper bound" in type_in("estimate", *given).stdout
        ran = document(type_in("run", *given, "--json"))
        assert ran["totem"]["used"] == quoted["upper"]
        assert ran["receipt"]["billing"] == "flat"
        bills.append(ran["totem"]["used"])
    assert bills[0] == bills[1] > 198


def test_a_policy_caps_results(type_in: Type, folder: Path) -> None:
    capped = {"totem_policy": 1, "largest_result_rows": 1}
    (folder / "policy.json").write_text(json.dumps(capped))
    said = type_in("run", *ON_BILLS, "--policy", "policy.json")
    assert said.exit_code == 6
    assert "more than 1 rows" in said.stderr
    (folder / "policy.json").write_text('{"totem_policy": 2}')
    assert type_in("run", *ON_BILLS, "--policy", "policy.json").exit_code == 5


LONG = """\
long a = 0
for k = 0; k < 100; k++ do
    for i = 0; i < 1000000000; i++ do
        a += 1
    end for
end for
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_gives_the_reserve_back(folder: Path, number: int) -> None:
    (folder / "long.totem").write_text(LONG)
    ledger = founded(folder, 10**15)
    run = subprocess.Popen(
        [
            *(sys.executable, "-c", "from totemlang.cli.main import totemc; totemc()"),
            *("run", "long.totem", "--ledger", "mine"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(400):
        if ledger.account_show().reserved:
            break
        time.sleep(0.05)
    time.sleep(0.2)
    os.kill(run.pid, number)
    out, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "interrupted"
    assert "Traceback" not in err
    assert amounts(ledger) == (10**15, 0, 0)
    assert [m.event for m in movements(ledger)] == ["grant", "reserve", "settle"]


def test_a_killed_run_leaves_a_reserve_that_comes_back(folder: Path) -> None:
    (folder / "long.totem").write_text(LONG)
    ledger = founded(folder, 10**15)
    run = subprocess.Popen(
        [
            *(sys.executable, "-c", "from totemlang.cli.main import totemc; totemc()"),
            *("run", "long.totem", "--ledger", "mine", "--quiet"),
        ]
    )
    for _ in range(400):
        if ledger.account_show().reserved:
            break
        time.sleep(0.05)
    assert recover(ledger) == ()
    run.kill()
    run.wait()
    assert len(recover(ledger)) == 1
    assert amounts(ledger) == (10**15, 0, 0)
    assert verify(ledger.chain).finding is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a pseudo-terminal")
def test_on_a_terminal_the_balance_is_seen_going_down(folder: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(
        sys.executable,
        [
            *("-c", "from totemlang.cli.main import totemc; totemc()"),
            *("run", *ON_BILLS, "--budget", "1000"),
        ],
        env={**os.environ, "TERM": "xterm-256color"},
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 120),
    )
    child.expect("total 2/2")
    child.expect("rows")
    child.expect(r"802 totem left \(80 %\)")
    child.expect("array.sum|value")
    child.expect("3 rows")
    child.expect("used 198 of 1,000 totem, 802 back; by_customer 90, total 108")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_no_colours_and_no_progress_where_nobody_watches(type_in: Type) -> None:
    said = type_in("run", *ON_BILLS)
    assert "\x1b" not in said.stdout + said.stderr
    assert "totem left" not in said.stderr
