"""check, compile, disasm, verify, describe: what is said of programs and data without running."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Type = Callable[..., Result]

WRONG = "int a = 1\nb = 2\nint c = a + kwh\n"


def test_check_of_a_sound_program(type_in: Type) -> None:
    said = type_in("check", "job.totem")
    assert (said.exit_code, said.stdout) == (0, "")
    assert said.stderr == "job.totem: nothing is wrong\n"
    assert type_in("check", "job.totem", "--quiet").stderr == ""
    assert json.loads(type_in("check", "job.totem", "--json").stdout) == []


def test_check_says_everything_at_once(type_in: Type, folder: Path) -> None:
    (folder / "wrong.totem").write_text(WRONG)
    said = type_in("check", "wrong.totem")
    assert said.exit_code == 1
    assert "wrong.totem:2:1" in said.stderr
    assert "wrong.totem:3:13" in said.stderr
    assert "^^^" in said.stderr
    found = json.loads(type_in("check", "wrong.totem", "--json").stdout)
    assert [(f["line"], f["column"], f["end_line"], f["end_column"]) for f in found] == [
        (2, 1, 2, 2),
        (3, 13, 3, 16),
    ]
    for finding in found:
        assert {"code", "class", "severity", "message", "file"} <= finding.keys()
        assert finding["file"] == "wrong.totem"
        assert finding["class"] == "NamingError"


def test_check_reads_standard_input(type_in: Type) -> None:
    said = type_in("check", "-", "--json", stdin=WRONG)
    assert said.exit_code == 1
    assert json.loads(said.stdout)[0]["file"] == "<standard input>"


def test_check_lists_findings_about_tables_too(type_in: Type, folder: Path) -> None:
    (folder / "rules.csv").write_text("garbage\n")
    said = type_in("check", "job.totem", "--rules", "rules.csv", "--json")
    (found,) = json.loads(said.stdout)
    assert (said.exit_code, found["code"], found["file"]) == (1, "CMD010", "rules.csv")


@pytest.mark.parametrize("form", ["listing", "tree"])
def test_every_form_of_a_program_is_json_where_json_is_asked_for(type_in: Type, form: str) -> None:
    lines = json.loads(type_in("compile", "job.totem", "--emit", form, "--json").stdout)[form]
    assert lines == type_in("compile", "job.totem", "--emit", form).stdout.rstrip("\n").split("\n")


def test_check_of_what_is_no_text(type_in: Type, folder: Path) -> None:
    (folder / "latin.totem").write_bytes("int a = 1 # gr\u00fc\u00df\n".encode("latin-1"))
    said = type_in("check", "latin.totem", "--json")
    (found,) = json.loads(said.stdout)
    assert (said.exit_code, found["code"], found["line"], found["column"]) == (1, "SRC001", 1, 15)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "if true then\n" * 20_000,
        "int " + "a" * 1_000_000 + " = 1\n",
        "\0\ud7ff" * 99,
    ],
    ids=["brackets", "nesting", "name", "control characters"],
)
def test_hostile_sources_are_refused(type_in: Type, folder: Path, text: str) -> None:
    (folder / "hostile.totem").write_text(text)
    said = type_in("check", "hostile.totem")
    assert said.exit_code == 1
    assert "hostile.totem" in said.stderr
    assert len(said.stderr) < 100_000


def test_rules_decide_what_exists(type_in: Type, folder: Path) -> None:
    rows = json.loads(type_in("rules", "--json").stdout)["rows"]
    table = ["CMD,Reaction,CMD type,Domain"]
    table += [
        f'{r["cmd"]},{r["reaction"]},{r["type"]},"{r["domain"]}"' for r in rows if r["cmd"] != "For"
    ]
    (folder / "own.csv").write_text("\n".join(table) + "\n")
    assert type_in("check", "script.totem").exit_code == 0
    said = type_in("check", "script.totem", "--rules", "own.csv", "--json")
    assert said.exit_code == 1
    found = json.loads(said.stdout)
    assert found[0]["class"] == "CommandError"
    assert "own.csv" in found[0]["message"] + found[0]["hint"]
    assert type_in("run", "script.totem", "--rules", "own.csv").exit_code == 1
    assert type_in("compile", "script.totem").exit_code == 0
    assert type_in("verify", "script.totemc").exit_code == 0
    assert type_in("verify", "script.totemc", "--rules", "own.csv").exit_code == 1


def test_rules_without_a_handler_are_refused(type_in: Type, folder: Path) -> None:
    (folder / "own.csv").write_text("CMD,Reaction,CMD type,Domain\nFoo,HandleFoo(),Labelled,x\n")
    for command in (("rules",), ("check", "script.totem"), ("run", "script.totem")):
        said = type_in(*command, "--rules", "own.csv")
        assert said.exit_code == 1
        assert "HND001" in said.stderr
        assert "own.csv:2" in said.stderr


def test_the_tables_in_force(type_in: Type) -> None:
    rules = json.loads(type_in("rules", "--json").stdout)
    prices = json.loads(type_in("prices", "--json").stdout)
    assert {"cmd": "If", "reaction": "HandleIf()"}.items() <= rules["rows"][4].items()
    assert prices["weights"]["add"] == 2
    assert prices["bytes"]["date"] == 3
    assert rules["hash"] in type_in("rules").stdout
    assert prices["hash"] in type_in("prices").stdout


def test_compile_is_the_same_to_the_byte(type_in: Type, folder: Path) -> None:
    said = type_in("compile", "job.totem")
    assert said.exit_code == 0
    assert said.stderr.startswith("wrote job.totemc: ")
    first = (folder / "job.totemc").read_bytes()
    assert type_in("compile", "job.totem", "-o", "again.totemc").exit_code == 0
    assert (folder / "again.totemc").read_bytes() == first
    piped = type_in("compile", "job.totem", "-o", "-")
    assert piped.stdout_bytes == first
    stripped = type_in("compile", "job.totem", "--strip", "-o", "-").stdout_bytes
    assert len(stripped) < len(first)


def test_the_facts_of_a_compiled_program(type_in: Type) -> None:
    told = json.loads(type_in("compile", "job.totem", "--json").stdout)
    assert told["output"] == "job.totemc"
    assert type_in("compile", "job.totem", "--strip", "-o", "bare.totemc").exit_code == 0
    for name in ("job.totemc", "bare.totemc"):
        verified = json.loads(type_in("verify", name, "--json").stdout)
        assert verified == {
            "verified": True,
            **{key: told[key] for key in ("hash", "rules", "prices")},
        }


def test_a_program_with_errors_is_not_compiled(type_in: Type, folder: Path) -> None:
    (folder / "wrong.totem").write_text(WRONG)
    assert type_in("compile", "wrong.totem").exit_code == 1
    assert not (folder / "wrong.totemc").exists()


def test_other_forms_of_a_program(type_in: Type, folder: Path) -> None:
    listing = type_in("compile", "job.totem", "--emit", "listing").stdout
    assert "reduce total(int C_id, double[] values)" in listing
    type_in("compile", "job.totem")
    assert type_in("disasm", "job.totemc").stdout == listing
    tree = type_in("compile", "job.totem", "--emit", "tree").stdout
    assert "items[0]: DatasetDefinition name=bills  @1:1" in tree
    assert "Reference name=C_id  @8:10" in tree
    assert type_in("compile", "job.totem", "--emit", "tree", "-o", "tree.txt").stdout == ""
    assert (folder / "tree.txt").read_text() == tree


def test_the_operations_of_vector_a(type_in: Type) -> None:
    said = type_in("compile", "script.totem", "--emit", "operations", "--json")
    assert said.exit_code == 0
    found = json.loads(said.stdout)
    rounds = ["MathOperation", "MathOperation", "MathOperation", "RelationalOperation"] * 3
    assert found["TOTEM_operators"] == [
        *("INTassign", "INTassign", "MathOperation", "FLOATassign", "INTassign"),
        *("RelationalOperation", *rounds),
    ]
    assert found["mapped_executions"] == [
        *("int a=1", "int b=2", "c=add(a,b)", "float d=4.1", "int i=1", "i<4"),
        *(("c=add(c,i)", "d=sub(d,0.1)", "i=add(i,1)", "i<4") * 3),
    ]
    shown = type_in("compile", "script.totem", "--emit", "operations").stdout.splitlines()
    assert shown[0].split() == ["TOTEM_operators", "mapped_executions"]
    assert shown[3].split() == ["MathOperation", "c=add(a,b)"]
    assert len(shown) == 19


def test_the_operations_of_a_script_that_fails(type_in: Type, folder: Path) -> None:
    (folder / "fails.totem").write_text("param int n\nint a = 1\nint b = a // n\nint c = 3\n")
    said = type_in("compile", "fails.totem", "--emit", "operations", "--param", "n=0")
    assert said.exit_code == 4
    assert "line 3" in said.stderr
    assert (
        "int c"
        in type_in("compile", "fails.totem", "--emit", "operations", "--param", "n=1").stdout
    )
    assert type_in("compile", "fails.totem", "--emit", "operations").exit_code == 2
    assert type_in("compile", "job.totem", "--emit", "operations").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("verify", "script.totem"), 1),
        (("disasm", "bills.csv"), 1),
        (("verify", "none.totemc"), 2),
        (("check", "none.totem"), 2),
        (("compile", "-"), 2),
        (("compile", "job.totem", "-o", "none/out.totemc"), 2),
        (("compile", "job.totem", "--emit", "tree", "--strip"), 2),
        (("compile", "job.totem", "--emit", "asm"), 2),
        (("check", "job.totem", "--data", "x=bills.csv"), 2),
        (("check", "job.totem", "--metadata", "bills.csv"), 5),
        (("describe", "none.csv"), 2),
        (("describe", "job.totem"), 5),
        (("chek", "job.totem"), 2),
    ],
)
def test_what_cannot_be_done_has_its_code(
    type_in: Type, arguments: tuple[str, ...], code: int
) -> None:
    said = type_in(*arguments, stdin="")
    assert said.exit_code == code
    assert said.stderr.strip()
    assert "Traceback" not in said.stderr


def test_describe(type_in: Type, folder: Path) -> None:
    said = type_in("describe", "bills.csv")
    assert "bills: 6 rows, 3 columns" in said.stdout
    (folder / "one.csv").write_text("k\n1\n")
    assert "one: 1 row, 1 column\n" in type_in("describe", "one.csv").stdout
    assert said.stdout.count("\n") == 6
    assert type_in("describe", "bills.csv", "-o", "meta.json", "--quiet").stdout == ""
    printed = type_in("describe", "bills.csv", "--json").stdout
    assert (folder / "meta.json").read_text() == printed
    document = json.loads(printed)
    assert (document["name"], document["rows"]) == ("bills", 6)
    assert [column["name"] for column in document["columns"]] == ["Date", "C_id", "Bill"]


def test_describe_keeps_to_the_policy(type_in: Type, folder: Path) -> None:
    policy = {"totem_policy": 1, "withhold": {"extremes": ["Bill"], "distinct": ["C_id"]}}
    (folder / "policy.json").write_text(json.dumps(policy))
    said = type_in("describe", "bills.csv", "--policy", "policy.json", "--json")
    columns = {column["name"]: column for column in json.loads(said.stdout)["columns"]}
    assert "upper" not in columns["Bill"]
    assert "distinct" not in columns["C_id"]
    assert columns["Date"]["distinct"] == 3


def test_columns_without_types_take_them_from_the_data(type_in: Type, folder: Path) -> None:
    text = "dataset bills\nmap f(bills row)\n    emit row.C_id, row.Bill\nend map\n"
    (folder / "untyped.totem").write_text(text)
    assert type_in("check", "untyped.totem").exit_code == 1
    assert type_in("check", "untyped.totem", "--data", "bills.csv").exit_code == 0
    type_in("describe", "bills.csv", "-o", "meta.json")
    assert type_in("check", "untyped.totem", "--metadata", "meta.json").exit_code == 0


def test_help_shows_examples(type_in: Type) -> None:
    overview = type_in("--help").stdout
    for command in ("check", "estimate", "run", "repl", "describe", "completion"):
        assert f"  {command} " in overview
        assert type_in(command, "--help").exit_code == 0
    assert "totemc run peak.totem --data readings.parquet" in type_in("run", "--help").stdout
    assert "totemc, version" not in type_in("--version").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(type_in: Type, shell: str) -> None:
    said = type_in("completion", shell)
    assert said.exit_code == 0
    assert "_TOTEMC_COMPLETE" in said.stdout


def test_an_internal_error_is_reported_to_a_file(
    type_in: Type, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault for the test")

    monkeypatch.setattr("totemlang.cli.check.open_program", fail)
    said = type_in("check", "job.totem")
    assert said.exit_code == 70
    assert "Traceback" not in said.stderr
    (report,) = (folder / "state" / "totem" / "reports").iterdir()
    assert str(report) in said.stderr
    assert "a fault for the test" in report.read_text()


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    for command in (["rules"], ["rules", "--json"], ["--help"], ["describe", "bills.csv"]):
        ran = subprocess.run(
            [
                *("sh", "-c", '"$@" | true; exit 0', "sh"),
                *(sys.executable, "-c", "from totemlang.cli.main import totemc; totemc()"),
                *command,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
