"""Parameters sent with a request: every literal of the language, JSON, and nothing that is lost."""

from __future__ import annotations

import pytest

from totemlang.data.parameters import read_text, typed_value
from totemlang.diagnostics import UsageError
from totemlang.schema.types import Field, parse_type

HOUR = 3_600_000_000


def value(kind: str, text: str) -> object:
    """What `--param x=TEXT` is worth where the program says `param KIND x`."""
    field = Field("x", parse_type(kind))
    return typed_value(field, read_text(field, text))


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        ("int", "1_000", 1000),
        ("int", "-1_000", -1000),
        ("double", "1_0.5e1", 105.0),
        ("bool", "true", True),
        ("duration", "hours(3)", 3 * HOUR),
        ("duration", "-hours(3)", -3 * HOUR),
        ("duration", "days( -1 )", -24 * HOUR),
        ("duration", "minutes(1_440)", 24 * HOUR),
        ("date", 'date("2019-02-25")', 17952),
        ("date", "date(2019, 2, 25)", 17952),
        ("date", "2019-02-25", 17952),
        ("timestamp", 'timestamp("1970-01-01T00:00:01.25")', 1_250_000),
        ("timestamp", "1970-01-01T01:00:00+01:00", 0),
        ("string", '"te\\u{e9}xt"', "teéxt"),
        ("string", '"te\\u00e9xt"', "teéxt"),
        ("string", "no quotes, no escapes \\n", "no quotes, no escapes \\n"),
        ("int[]", "[1_000, -2]", (1000, -2)),
        ("date[]", '[date("1970-01-02"), date(1970, 1, 3)]', (1, 2)),
        ("duration[]", "[hours(1), -hours(1)]", (HOUR, -HOUR)),
        ("string[]", '["a", "\\u{e9}"]', ("a", "é")),
        ("long[]", "[]", ()),
        ("double[]", "[1_0, 2]", (10.0, 2.0)),
    ],
)
def test_literals_mean_what_they_mean_in_a_program(kind: str, text: str, meant: object) -> None:
    assert value(kind, text) == meant


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "1__0"),
        ("int", "1e2"),
        ("int", "0x10"),
        ("int", "-true"),
        ("int", "--1"),
        ("int", "1 2"),
        ("int", "hours"),
        ("duration", "hours(1.5)"),
        ("duration", "hours(1, 2)"),
        ("duration", "hours(999999999999999)"),
        ("date", "date(2019, 2, 29)"),
        ("date", "date(2019, 2)"),
        ("date", "20190225"),
        ("date", "2019-W09-1"),
        ("timestamp", "2019-02-25T10:30:00.1234567"),
        ("timestamp", "2019-02-25 10:30:00"),
        ("double", "1e400"),
        ("double[]", "[1, [2]]"),
        ("double[]", "[1, 2"),
        ("int[]", "[" * 100_000),
        ("int", "9" * 5000),
        ("date", "date(" * 20_000),
        ("duration", "-hours(" * 20_000),
    ],
)
def test_other_texts_are_refused(kind: str, text: str) -> None:
    with pytest.raises(UsageError, match="parameter x must be"):
        value(kind, text)
