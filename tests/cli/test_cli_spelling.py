"""What is typed in another form than it has: wrong use, said before the ledger is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner

from totemlang.cli.consortium.main import totem
from totemlang.cli.consortium.moments import coming, moment
from totemlang.cli.consortium.spelling import dataset_name, member_name, own_dataset_name

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("dataset show meters", "a data set is ORGANISATION/NAME"),
        ("dataset publish north/meters m.csv", "without an organisation"),
        ("dataset withdraw north/", "a data set is ORGANISATION/NAME"),
        ("request open meters --purpose study", "a data set is ORGANISATION/NAME"),
        ("request grant latest --until 2020-01-01", "'2020-01-01' is past"),
        ("rules propose new.csv --starts 2020-01-01", "'2020-01-01' is past"),
        ("account grant ada 5", "a member is NAME@ORGANISATION"),
        ("account transfer ada@ 5", "a member is NAME@ORGANISATION"),
        ("account show ada@lab@lab", "a member is NAME@ORGANISATION"),
        ("account grant ada@lab 1,5", "no whole number"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_it_is_wrong_use(line: str, told: str, as_json: bool) -> None:
    result = CliRunner().invoke(totem, line.split() + ["--json"] * as_json)
    assert result.exit_code == 2
    assert told in result.stderr
    if as_json:
        document = json.loads(result.stdout)
        assert document["status"] == "usage"
        assert told in document["message"]
    else:
        assert result.stdout == ""


@pytest.mark.parametrize(
    ("held", "text"),
    [(member_name, "ada.b@lab-2"), (dataset_name, "north/m_1.v2"), (own_dataset_name, "m_1.v2")],
)
def test_what_is_spelled_well_is_taken_as_it_is(held: Callable[[str], str], text: str) -> None:
    assert held(text) == text


@pytest.mark.parametrize("held", [member_name, dataset_name, own_dataset_name])
@pytest.mark.parametrize("text", ["", "a" * 200, "ä@ö/ü", "a@b\n", "a/b\n", "a\n", "@", "/"])
def test_what_is_not_is_refused(held: Callable[[str], str], text: str) -> None:
    with pytest.raises(click.BadParameter):
        held(text)


@pytest.mark.parametrize(
    ("text", "span"), [("30d", 720 * HOUR), ("12h", 12 * HOUR), ("0h", 0 * HOUR)]
)
def test_days_and_hours_count_from_now(text: str, span: timedelta) -> None:
    before = datetime.now(UTC)
    assert before + span <= coming(text) <= datetime.now(UTC) + span


@pytest.mark.parametrize("text", ["yesterday", "30", "-1d", "5m", "2027-13-01", "99999d" * 2, ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        moment(text)
