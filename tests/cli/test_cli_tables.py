"""Tables on terminals of any width: what they say is all there, and amounts are what was typed."""

from __future__ import annotations

import io

import click
import pytest
from rich.console import Console

from totemlang.cli.consortium.shown import amount, facts, listed
from totemlang.cli.shell import Shell

JOB = "de2cb536e08a5e65f1665a53"
HEAD = ("job", "provider", "state", "budget", "charged")
ROW = (JOB, "north, south and many more", "out_of_totem", "2,677,164", "1,564,152")


def drawn(width: int, *, terminal: bool) -> str:
    """A table of one job, as it is printed."""
    shell, text = Shell(), io.StringIO()
    shell.out = Console(file=text, width=width, force_terminal=terminal, color_system=None)
    shell.show(listed(HEAD, [ROW], "lllrr", whole=1), facts((("job", JOB), ("state", "done"))))
    return text.getvalue()


@pytest.mark.parametrize("width", [1, 20, 40, 80, 200])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_column_is_lost_and_no_number_is_cut(width: int, terminal: bool) -> None:
    text = drawn(width, terminal=terminal)
    first = text.splitlines()[0]
    assert [name for name in HEAD if name in first] == list(HEAD)
    assert all(cell in text for cell in (JOB, "2,677,164", "1,564,152"))
    assert "…" not in text


@pytest.mark.parametrize("width", [40, 200])
def test_no_line_in_a_file_ends_in_blanks(width: int) -> None:
    lines = drawn(width, terminal=False).splitlines()
    assert lines == [line.rstrip() for line in lines]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("198", 198), ("0", 0), ("5,000,000", 5_000_000), ("5_000_000", 5_000_000), ("1,000", 1000)],
)
def test_amounts_are_typed_as_people_write_them(typed: str, meant: int) -> None:
    assert amount(typed) == meant


@pytest.mark.parametrize(
    "typed", ["1,5", "1,00", "10,00,000", "1,000_000", ",5", "5,", "1e3", "-1", "", "9" * 19, "٣"]
)
def test_what_may_be_read_in_two_ways_is_no_amount(typed: str) -> None:
    with pytest.raises(click.BadParameter):
        amount(typed)
