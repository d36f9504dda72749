"""rules.csv decides which commands exist, and is believed only when all of it makes sense."""

from __future__ import annotations

import contextlib
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totemlang.diagnostics import ErrorClass, Refused
from totemlang.schema.types import Kind
from totemlang.tables.handlers import BASE_COMMANDS, COMMAND_OF_KIND
from totemlang.tables.operations import OPERATIONS
from totemlang.tables.resources import resource_text
from totemlang.tables.rules import default_rules, load_rules

SHIPPED = resource_text("rules", "rules.csv")
HEADER = "CMD,Reaction,CMD type,Domain\n"


def with_row(row: str) -> str:
    return f"{SHIPPED}{row}\n"


def without(command: str) -> str:
    return "\n".join(line for line in SHIPPED.splitlines() if not line.startswith(f"{command},"))


def codes(text: str) -> list[tuple[str, ErrorClass]]:
    with pytest.raises(Refused) as refused:
        load_rules(text, "mine.csv")
    return [(found.code, found.error_class) for found in refused.value.diagnostics]


def test_the_five_rows_of_the_thesis_stand_first_as_printed() -> None:
    assert SHIPPED.splitlines()[1:6] == [
        "Int,HandleNumber(),Labelled,Set of Z",
        'Bool,HandleBoolean(),Labelled,"Set of β = {0, 1}"',
        "Float,HandleNumber(),Labelled,Set of Q",
        "For,HandleForLoop(),Control Statement,Labelled Type Vars",
        "If,HandleIf(),Conditional Statement,Labelled Type Vars",
    ]


def test_the_shipped_rules_have_every_command_of_the_language() -> None:
    rules = default_rules()
    assert {row.command for row in rules.rows} == BASE_COMMANDS
    assert all(rules.allows(command) for command in BASE_COMMANDS)
    assert not rules.allows("Goto")
    assert rules.name == "rules.csv"


def test_every_kind_has_its_word_and_no_bounds() -> None:
    rules = default_rules()
    assert {word: labelled.kind for word, labelled in rules.labelled.items()} == {
        kind.value: kind for kind in Kind
    }
    assert all(labelled.constraint.is_free for labelled in rules.labelled.values())


def test_every_command_that_an_operation_names_is_a_command() -> None:
    named = {row.command for row in OPERATIONS.values() if row.command}
    assert named | set(COMMAND_OF_KIND.values()) <= BASE_COMMANDS


@pytest.mark.parametrize("command", sorted(BASE_COMMANDS))
def test_taking_a_row_out_takes_the_command_out(command: str) -> None:
    rules = load_rules(without(command), "theirs.csv")
    assert not rules.allows(command)
    assert command.lower() not in rules.keywords | set(rules.labelled)
    assert rules.hash != default_rules().hash


@pytest.mark.parametrize(
    ("domain", "kind", "lower", "upper"),
    [
        ("Set of Z in [0, 100]", Kind.INT, 0, 100),
        ("Set of Z in [-2147483648, 2147483647]", Kind.INT, None, None),
        ("Set of Z in [0, 2147483648]", Kind.LONG, 0, 2**31),
        ("Set of Z", Kind.INT, None, None),
        ("Set of Q in [0.1, 1]", Kind.FLOAT, 0.10000000149011612, 1.0),
        ("Set of R in [0.1, 1e3]", Kind.DOUBLE, 0.1, 1000.0),
        ("Set  of R in [ -1,1 ]", Kind.DOUBLE, -1.0, 1.0),
    ],
)
def test_a_row_adds_a_type_of_numbers(
    domain: str, kind: Kind, lower: float | None, upper: float | None
) -> None:
    rules = load_rules(with_row(f'Percent,HandleNumber(),Labelled,"{domain}"'), "mine.csv")
    added = rules.labelled["percent"]
    assert (added.kind, added.constraint.lower, added.constraint.upper) == (kind, lower, upper)
    assert added.constraint.word == "percent"
    assert rules.allows("Percent")
    assert "percent" in rules.keywords


def test_rows_add_types_of_every_other_kind() -> None:
    rules = load_rules(
        with_row(
            "Meter,HandleString(),Labelled,Set of strings of at most 8 bytes\n"
            'Flag,HandleBoolean(),Labelled,"Set of β = {0, 1}"\n'
            "Birthday,HandleDate(),Labelled,Set of days"
        ),
        "mine.csv",
    )
    assert rules.labelled["meter"].constraint.max_bytes == 8
    assert rules.labelled["flag"].kind is Kind.BOOL
    assert rules.labelled["birthday"].kind is Kind.DATE


def test_a_domain_narrows_a_type_of_the_language_itself() -> None:
    text = SHIPPED.replace("Set of Z\n", '"Set of Z in [0, 9]"\n', 1)
    narrowed = load_rules(text, "mine.csv").labelled["int"]
    assert (narrowed.kind, narrowed.constraint.upper) == (Kind.INT, 9)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("Percent,HandleFraction(),Labelled,Set of Z", "HND001"),
        ("Percent,HandleNumber,Labelled,Set of Z", "HND001"),
        ("Loop,HandleForLoop(),Control Statement,Labelled Type Vars", "HND002"),
        ("Percent,HandleNumber(),Control Statement,Set of Z", "HND002"),
        ("Percent,HandleNumber(),Labelled,Set of C", "HND003"),
        ("Percent,HandleNumber(),Labelled,", "HND003"),
        ('Percent,HandleNumber(),Labelled,"Set of Z in [9, 1]"', "HND003"),
        ('Percent,HandleNumber(),Labelled,"Set of Z in [0.5, 1]"', "HND003"),
        ('Percent,HandleNumber(),Labelled,"Set of Z in [0, 9223372036854775808]"', "HND003"),
        ('Percent,HandleNumber(),Labelled,"Set of Q in [0, 1e39]"', "HND003"),
        ('Percent,HandleNumber(),Labelled,"Set of R in [0, 1e999]"', "HND003"),
        ('Percent,HandleNumber(),Labelled,"Set of R in [nan, inf]"', "HND003"),
        ("Meter,HandleString(),Labelled,Set of strings of at most 0 bytes", "HND003"),
        ("Flag,HandleBoolean(),Labelled,Set of Z", "HND003"),
        ("Birthday,HandleDate(),Labelled,Set of moments", "HND003"),
        ("2nd,HandleNumber(),Labelled,Set of Z", "CMD011"),
        (",HandleNumber(),Labelled,Set of Z", "CMD011"),
        ("Größe,HandleNumber(),Labelled,Set of Z", "CMD011"),
        ("int,HandleNumber(),Labelled,Set of Z", "CMD012"),
        ("Sum,HandleNumber(),Labelled,Set of Z", "CMD013"),
        ("Limit,HandleNumber(),Labelled,Set of Z", "CMD013"),
        ("Percent,HandleNumber(),Labelled", "CMD010"),
        ("Percent,HandleNumber(),Labelled,Set of Z,more", "CMD010"),
        ('Percent,"HandleNumber(),Labelled,Set of Z', "CMD010"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row: str, code: str) -> None:
    expected = {"HND": ErrorClass.HANDLE, "CMD": ErrorClass.COMMAND}[code[:3]]
    assert codes(with_row(row)) == [(code, expected)]


@pytest.mark.parametrize(
    ("command", "row", "code"),
    [
        ("Int", 'Int,HandleBoolean(),Labelled,"Set of β = {0, 1}"', "HND002"),
        ("Int", "Int,HandleForLoop(),Control Statement,Labelled Type Vars", "HND002"),
        ("Int", "Int,HandleNumber(),Labelled,Set of R", "HND003"),
        ("Int", 'Int,HandleNumber(),Labelled,"Set of Z in [0, 2147483648]"', "HND003"),
        ("For", "For,HandleNumber(),Labelled,Set of Z", "HND002"),
        ("For", "For,HandleForLoop(),Stage,Labelled Type Vars", "HND002"),
        ("For", "For,HandleForLoop(),Control Statement,Ints only", "HND003"),
    ],
)
def test_a_command_of_the_language_keeps_its_meaning(command: str, row: str, code: str) -> None:
    assert [found for found, _ in codes(f"{without(command)}\n{row}\n")] == [code]


def test_all_that_is_wrong_is_said_at_once_with_its_line() -> None:
    text = with_row("A1,Handle(),Labelled,Set of Z\nSum,HandleNumber(),Labelled,Set of Z")
    with pytest.raises(Refused) as refused:
        load_rules(text, "mine.csv")
    findings = refused.value.diagnostics
    assert [found.code for found in findings] == ["HND001", "CMD013"]
    lines = [found.source.position(found.span.start).line for found in findings]
    assert lines == [25, 26]
    assert findings[0].source.name == "mine.csv"


@pytest.mark.parametrize(
    "text", ["", "\n\n", "a,b\n", "CMD;Reaction\n", "\0", "\ud800", HEADER * 2]
)
def test_what_is_no_rules_table_is_refused(text: str) -> None:
    assert codes(text)[0][1] in (ErrorClass.COMMAND, ErrorClass.HANDLE)


def test_large_tables_are_refused_unread() -> None:
    assert codes(HEADER + "x" * 70_000) == [("CMD010", ErrorClass.COMMAND)]
    rows = "".join(f"T{n},HandleNumber(),Labelled,Set of Z\n" for n in range(1_001))
    assert codes(HEADER + rows)[-1] == ("CMD010", ErrorClass.COMMAND)


def test_the_hash_says_what_the_rules_say() -> None:
    header, *rows = SHIPPED.splitlines()
    shuffled = "\r\n".join(["\ufeff" + header, "", *reversed(rows)]).replace("Int,", "INT ,", 1)
    assert load_rules(shuffled, "other.csv").hash == default_rules().hash
    narrowed = SHIPPED.replace("Set of Z\n", '"Set of Z in [0, 9]"\n', 1)
    assert load_rules(narrowed, "other.csv").hash != default_rules().hash


def test_rules_travel_between_processes() -> None:
    copied = pickle.loads(pickle.dumps(default_rules()))
    assert copied == default_rules()
    assert copied.labelled == default_rules().labelled


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_loads_or_is_refused(rows: str) -> None:
    with contextlib.suppress(Refused):
        load_rules(HEADER + rows, "any.csv")
