"""The prompt itself: keys, several lines, completion, history."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from totemlang.cli.repl.completion import SessionCompleter
from totemlang.cli.repl.job import Data, Job
from totemlang.cli.repl.prompt import Terminal, from_lines
from totemlang.cli.repl.session import Session
from totemlang.schema.types import DOUBLE
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own for the history."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session on a small file; nothing is run in it."""
    path = tmp_path / "readings.csv"
    path.write_text("home,kwh,KWH/hh\na,1.5,1\nb,,2\n")

    def run(*_: object) -> object:
        raise AssertionError("nothing is run here")

    data = Data((str(path),))
    return Session(default_rules(), default_prices(), run, Job(data))  # type: ignore[arg-type]


def typed(session: Session, keys: str) -> list[str]:
    """The entries that a person makes with some keys, Ctrl-D at their end."""
    with create_pipe_input() as pipe:
        pipe.send_text(keys + "\x04")
        entries = []
        terminal = Terminal(session, pipe, DummyOutput())
        while True:
            try:
                entries.append(next(terminal))
            except StopIteration:
                return entries
            except KeyboardInterrupt:
                entries.append("interrupted")


@pytest.mark.parametrize(
    ("keys", "entries"),
    [
        ("1 + 2\r", ["1 + 2"]),
        ("int a = 1\ra\r", ["int a = 1", "a"]),
        ("if a then\rb = 1\rend if\r", ["if a then\n    b = 1\nend if"]),
        (
            "if a then\rb = 1\relse\rb = 2\rend if\r",
            ["if a then\n    b = 1\nelse\n    b = 2\nend if"],
        ),
        ("double[] xs = [1,\r2]\r", ["double[] xs = [1,\n    2]"]),
        ("for x in xs do\r\r", ["for x in xs do\n    "]),
        (":type (\r", [":type ("]),
        ("1 +\x1b\r2\r", ["1 +\n2"]),
        ("half typed\x03whole\r", ["interrupted", "whole"]),
    ],
)
def test_keys_make_entries(session: Session, keys: str, entries: list[str]) -> None:
    assert typed(session, keys) == entries


def test_a_pasted_job_is_one_entry(session: Session) -> None:
    job = (
        "map f(r row)\n    emit row.home, row.kwh\nend map\n"
        "reduce g(string h, double[] k)\n    emit h, sum(k)\nend reduce"
    )
    assert typed(session, f"\x1b[200~{job}\x1b[201~\r") == [job]


def test_entries_are_remembered_for_the_next_time(session: Session, state: Path) -> None:
    typed(session, "int first = 1\r")
    assert typed(session, "\x1b[A\r") == ["int first = 1"]
    assert (state / "totem" / "repl_history").exists()


def test_a_history_that_cannot_be_kept_is_no_error(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    assert typed(session, "1\r") == ["1"]


def test_entries_from_a_pipe() -> None:
    text = "int a = 1\nif a > 0 then\n  a = 2\nend if\n\nfor x in xs do\n\na\nif a"
    assert [entry for entry in from_lines(io.StringIO(text)) if entry.strip()] == [
        "int a = 1",
        "if a > 0 then\n  a = 2\nend if",
        "for x in xs do\n",
        "a",
        "if a",
    ]


def completions(session: Session, text: str) -> Iterator[str]:
    completer = SessionCompleter(session)
    for found in completer.get_completions(Document(text), CompleteEvent()):
        yield text[: len(text) + found.start_position] + found.text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("row.k", "row.kwh"),
        ("emit row.home, row.k", "emit row.home, row.kwh"),
        ("x = kwh_t", "x = kwh_total"),
        ("stats.me", "stats.mean"),
        ("x = cou", "x = count"),
        ("wh", "while"),
        ("dou", "double"),
        ("x = tw", "x = twice"),
        (":es", ":estimate"),
        (":type kwh_t", ":type kwh_total"),
        (":help stats.med", ":help stats.median"),
        ("dataset", 'dataset readings(string home, double? kwh, int? "KWH/hh")'),
    ],
)
def test_what_can_be_typed_next(session: Session, text: str, wanted: str) -> None:
    session.variables = {"kwh_total": (DOUBLE, 1.0)}
    session.script = ("function double twice(double x)\n    return 2 * x\nend function",)
    found = list(completions(session, text))
    assert wanted in found or wanted.replace("int?", "int") in found


@pytest.mark.parametrize("text", ["", "x = ", '"wh', "a # wh", "zzz"])
def test_nothing_is_offered_where_nothing_fits(session: Session, text: str) -> None:
    assert list(completions(session, text)) == []


def test_files_are_offered_to_load(session: Session, tmp_path: Path) -> None:
    (tmp_path / "study.totem").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert list(completions(session, f":load {tmp_path}/")) == [f":load {tmp_path}/study.totem"]
