"""What entries come to: values, totem, errors, jobs on data."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from totemlang.cli.repl.job import Data, Job
from totemlang.cli.repl.session import Session
from totemlang.cli.values import shown
from totemlang.diagnostics import OperationFailed, Refused
from totemlang.execution import run
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules

Type = Callable[..., Result]


def session_on(*specs: str) -> Session:
    return Session(
        default_rules(),
        default_prices(),
        lambda program, data: run(program, data).checked(),
        Job(Data(specs)),
    )


@pytest.fixture
def session() -> Session:
    """A session without data."""
    return session_on()


def told(session: Session, text: str) -> list[tuple[str, int]]:
    """The values that an entry shows, as text, and what each answer cost."""
    found = []
    for answer in session.take(text):
        texts = [f"{name} = {shown(*held)}" for name, held in answer.changed.items()]
        if answer.value is not None:
            texts.append(f"{shown(*answer.value)} {answer.value[0]}")
        found.append((", ".join(texts), answer.totem))
    return found


def test_vector_a_entry_by_entry_costs_what_it_costs_at_once(session: Session) -> None:
    assert told(session, "int a = 1, b = 2") == [("a = 1, b = 2", 8)]
    assert told(session, "int c = add (a, b)") == [("c = 3", 8)]
    assert told(session, "float d = 4.1") == [("d = 4.1", 4)]
    loop = "for i = 1; i <= 3; i++ do\n  c = add (c, i)\n  d = sub (d, 0.1)\nend for"
    assert told(session, loop) == [("c = 9, d = 3.8, i = 4", 92)]
    assert session.charged == session.used == 112


@pytest.mark.parametrize(
    ("expression", "value", "totem"),
    [
        ("1", "1 int", 0),
        ("a", "5 int", 0),
        ("a + 1", "6 int", 8),
        ("3000000000", "3000000000 long", 0),
        ("0.1 + 0.2", "0.3 double", 16),
        ("f", "0.1 float", 0),
        ("f + 0.1", "0.2 float", 8),
        ("float(0.1)", "0.1 float", None),
        ("a > 1 and not true", "false bool", None),
        ("xs", "[1, 2] double[]", 0),
        ("[1, 2]", "[1, 2] int[]", None),
        ("sum(xs)", "3 double", 16),
        ("twice(a)", "10 double", None),
        ("stats.mean(xs)", "1.5 double", None),
        ('words("a b")', '["a", "b"] string[]', None),
        ('date("2019-02-25")', "2019-02-25 date", 0),
        ('date("2019-02-26") - date("2019-02-25")', "1 d 00:00:00 duration", None),
        ("a # five", "5 int", 0),
        ("(a +\n 1)", "6 int", 8),
    ],
)
def test_expressions_have_their_own_type(
    session: Session, expression: str, value: str, totem: int | None
) -> None:
    session.take("int a = 5\nfloat f = 0.1\ndouble[] xs = [1.0, 2.0]")
    session.take("function double twice(double x)\n    return 2 * x\nend function")
    before = session.charged
    ((text, charged),) = told(session, expression)
    assert text == value
    assert totem is None or charged == totem
    assert session.charged == before + charged
    assert str(session.type_of(expression)) == value.rpartition(" ")[2]
    assert "repl" not in " ".join(session.variables)


def test_an_entry_that_is_refused_is_forgotten(session: Session) -> None:
    session.take("int a = 1")
    for wrong in ("int b = kwh", "a = ", "if", "int a = 2", "b + 1", "a + true", "end for"):
        with pytest.raises(Refused) as refused:
            session.take(wrong)
        for finding in refused.value.diagnostics:
            assert finding.source.text in (wrong, "")
            assert 0 <= finding.span.start <= finding.span.end <= len(wrong)
    assert session.script == ("int a = 1",)
    assert told(session, "int b = a + 1") == [("b = 2", 8)]


def test_findings_are_placed_in_the_entry(session: Session) -> None:
    session.take("int a = 1\nint b = 2")
    with pytest.raises(Refused) as refused:
        session.take("int c = (a +\n  kwh)")
    (finding,) = refused.value.diagnostics
    position = finding.source.position(finding.span.start)
    assert (finding.source.name, position.line, position.column) == ("entry", 2, 3)


def test_an_entry_that_fails_is_forgotten(session: Session) -> None:
    session.take("int a = 1\nint[] xs = [1]")
    with pytest.raises(OperationFailed, match="line 2"):
        session.take("a = 2\nxs[3] = 1\na = 3")
    assert told(session, "a") == [("1 int", 0)]
    with pytest.raises(OperationFailed, match="line 1"):
        session.take("1 // (a - 1)")


def test_several_entries_pasted_at_once(session: Session) -> None:
    assert [
        text for text, _ in told(session, "int a = 1\na + 1\nif a > 0 then\n  a = 7\nend if\na")
    ] == [
        "a = 1",
        "2 int",
        "a = 7",
        "7 int",
    ]


def test_not_a_number_is_no_change(session: Session) -> None:
    session.take("double x = sqrt(-1.0)")
    assert told(session, "int a = 1") == [("a = 1", 4)]


def test_reset_forgets_all_but_the_charge(session: Session) -> None:
    session.take("int a = 1")
    session.reset()
    assert (session.script, dict(session.variables), session.used) == ((), {}, 0)
    assert session.charged == 4
    assert told(session, "int a = 2") == [("a = 2", 4)]


def test_rules_bind_entries() -> None:
    rows = [rule for rule in default_rules().rows if rule.command not in ("Double", "While")]
    from totemlang.tables.rules import load_rules

    text = "CMD,Reaction,CMD type,Domain\n" + "".join(
        f'{r.command},{r.reaction},{r.command_type},"{r.domain}"\n' for r in rows
    )
    session = session_on()
    session.rules = load_rules(text, "own.csv")
    assert told(session, "1 + 1") == [("2 int", 8)]
    for wrong in ("double x = 0.1", "0.1", "while true limit 1 do\nend while"):
        with pytest.raises(Refused, match="CommandError"):
            session.take(wrong)


MAP = "map by_customer(bills row)\n    emit row.C_id, row.Bill\nend map"
REDUCE = "reduce total(int C_id, double[] values)\n    emit C_id, sum(values) as Bill\nend reduce"
ROWS = [[1, 100.0], [2, 400.0], [3, 200.0]]


def rows(session: Session, text: str = "") -> list[list[object]]:
    """The rows of a job that an entry runs (or the job so far)."""
    answer = session.take(text)[0] if text else session.run_job()
    assert answer.outcome is not None
    assert answer.outcome.table is not None
    columns = answer.outcome.table.to_pydict().values()
    return [list(row) for row in zip(*columns, strict=True)]


def test_a_job_is_built_stage_by_stage(folder: Path) -> None:
    session = session_on("bills=bills.csv")
    assert [answer.added for answer in session.take(MAP)] == [True]
    assert [answer.added for answer in session.take(REDUCE)] == [True]
    assert session.job.stages == ("by_customer", "total")
    assert rows(session) == ROWS
    with pytest.raises(Refused):
        session.take(REDUCE.replace("values) as", "value) as"))
    assert rows(session) == ROWS
    session.take(REDUCE.replace("sum(values)", "2 * sum(values)"))
    assert rows(session)[0] == [1, 200.0]
    assert session.job.stages == ("by_customer", "total")


def test_a_whole_job_runs_at_once(folder: Path) -> None:
    session = session_on("bills.csv")
    job = f"dataset invoices(date Date, int C_id, double Bill)\n{MAP}\n{REDUCE}"
    assert rows(session, job.replace("bills row", "invoices row")) == ROWS
    assert session.charged == 198
    assert rows(session, job.replace("bills row", "invoices row")) == ROWS
    assert session.charged == 396


def test_a_job_uses_functions_and_columns_without_types(folder: Path) -> None:
    session = session_on("bills.csv")
    session.take("function double twice(double x)\n    return 2 * x\nend function")
    session.take("int not_seen = 1")
    session.take("dataset bills")
    session.take(MAP.replace("row.Bill", "twice(row.Bill) as Bill"))
    assert rows(session)[:2] == [[1, 200.0], [2, 400.0]]


def test_a_script_beside_a_job(folder: Path) -> None:
    session = session_on("bills.csv")
    session.take("int a = 1")
    session.take(MAP)
    assert told(session, "a + 1") == [("2 int", 8)]
    assert len(rows(session)) == 6


def repl(type_in: Type, *lines: str, data: tuple[str, ...] = ()) -> Result:
    """A session from a pipe."""
    return type_in("repl", *data, stdin="\n".join(lines) + "\n")


def test_commands(type_in: Type, folder: Path) -> None:
    (folder / "load.totem").write_text("int z = 40\nz += 2\n")
    said = repl(
        type_in,
        "int a = 1",
        ":type a / 2",
        ":vars",
        ":totem",
        ":load load.totem",
        "z",
        ":show",
        ":estimate",
        ":help",
        ":help sum",
        ":reset",
        ":vars",
        ":quit",
        "never = reached",
    )
    assert said.exit_code == 0, said.stderr
    assert said.stderr == ""
    for text in (
        "a = 1  int",
        "4 totem",
        "double",
        "4 totem since the start",
        "z = 42  int",
        "42  int",
        "int z = 40",
        "upper 16",
        ":estimate",
        "sum(xs)",
        "script and job are empty",
        "there are no variables yet",
    ):
        assert text in said.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sum", "sum(xs): "),
        ("stats.median", "double stats.median(int[] xs)"),
        ("stats.median", "half of the values lie below it"),
        ("time", "time.eu_summer time.eu_local"),
        ("median", "no help on 'median': write `stats.median(xs)`"),
        ("stats.nothing", "functions have help, built in or of energy, math"),
        ("../rules", "no help on '../rules'"),
    ],
)
def test_help_knows_functions_and_habits(type_in: Type, name: str, told: str) -> None:
    said = repl(type_in, f":help {name}")
    assert said.exit_code == 0
    assert told in said.stdout + said.stderr


def test_a_command_that_takes_nothing_says_so(type_in: Type) -> None:
    said = repl(type_in, ":estimate 1 + 1")
    assert ":estimate stands alone" in said.stderr


def test_text_breaks_between_words(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = repl(type_in, ":help").stdout.splitlines()
    assert "Enter a statement, an expression or a" in [line.rstrip() for line in lines]


def test_rows_left_out_name_no_option_of_another_command(type_in: Type, folder: Path) -> None:
    (folder / "many.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(50)))
    job = "dataset many(int n)\nmap all(many row)\n    emit row.n\nend map\n"
    (folder / "many.totem").write_text(job)
    said = repl(type_in, ":load many.totem", data=("--data", "many.csv"))
    assert "50 rows, 40 shown" in said.stdout
    assert "-o" not in said.stdout


def test_no_error_leaves_the_loop(type_in: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    said = repl(
        type_in,
        "int a = kwh",
        "int[] xs = []",
        "1 // len(xs)",
        ":nonsense",
        ":type",
        ":load none.totem",
        ":run",
        ":help nonsense",
        "((((",
        "",
        "\x00",
        "1 + 1",
    )
    assert said.exit_code == 0
    assert said.stdout.splitlines()[-2:] == ["2  int", "8 totem"]
    assert "entry:1:9" in said.stderr
    assert "^^^" in said.stderr
    assert "OperationError at line 1" in said.stderr
    assert "Traceback" not in said.stderr


def test_an_internal_error_does_not_leave_the_loop_either(
    type_in: Type, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault for the test")

    monkeypatch.setattr("totemlang.cli.repl.commands.variables_table", fail)
    said = repl(type_in, "int a = 1", ":vars", "a")
    assert "internal error" in said.stderr
    assert said.stdout.splitlines()[-2] == "1  int"


def test_a_job_from_a_pipe(type_in: Type, folder: Path) -> None:
    said = repl(type_in, MAP, REDUCE, ":run", ":estimate", ":show", data=("--data", "bills.csv"))
    assert said.exit_code == 0, said.stderr
    assert "job: by_customer → total; :run runs it" in said.stdout
    assert "174 totem" in said.stdout  # the file's amounts are whole, so they are offered as int
    assert "upper 174" in said.stdout
    assert "dataset bills(date Date, int C_id, int Bill)" in said.stdout
    said = repl(type_in, ":load job.totem", data=("--data", "bills.csv"))
    assert "3 rows" in said.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a pseudo-terminal")
def test_on_a_terminal(folder: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    environment = {
        **os.environ,
        "TERM": "xterm",
        "COLUMNS": "100",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    log = io.StringIO()
    child = pexpect.spawn(
        sys.executable,
        ["-c", "from totemlang.cli.main import totemc; totemc()", "repl", "--data", "bills.csv"],
        env=environment,
        encoding="utf-8",
        timeout=20,
        dimensions=(40, 100),
    )
    child.logfile_read = log
    child.expect("Ctrl-D to leave")
    child.expect("bills")
    child.expect("totem>")
    child.send("int a = 41\r")
    child.expect("4 totem")
    child.send("a + 1\r")
    child.expect("42")
    child.expect("8 totem")
    child.send("a + kwh\r")
    child.expect("there is no")
    child.expect("totem>")
    child.sendintr()
    child.send("if a > 1 then\r")
    child.expect(r"\.\.\.>")
    child.send("a = 2\rend if\r")
    child.expect("a = 2")
    child.expect(r"\d+ totem")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, log.getvalue()
