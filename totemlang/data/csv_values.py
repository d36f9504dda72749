"""What the text of a CSV field means: which forms a kind has, and how a column of text is read.

    bool       true false (also True, TRUE)      date       2013-01-31
    int, long  -12                               timestamp  2013-01-31 23:30[:00[.123456]][Z|+01:00]
    double     1.5  -.5e3  NaN  inf              string     anything

White space around a value that is no string is left out. An empty field is missing (a quoted empty
one is an empty string); NA, N/A and null (also NULL, Null) are missing in a column of another kind
than string.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from totemlang.data.kinds import ARROW
from totemlang.data.normalise import normalise
from totemlang.diagnostics import BadData
from totemlang.schema.types import INT_RANGE, Kind

MISSING_WORDS = ("", "NA", "N/A", "null", "NULL", "Null")

_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_NUMBER = r"-?([0-9]{1,40}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?"


@frozen
class Form:
    """One way to write values of a kind: a pattern that the whole field matches."""

    kind: Kind
    pattern: str
    zoned: bool = False


FORMS: tuple[Form, ...] = (
    Form(Kind.BOOL, "true|false|True|False|TRUE|FALSE"),
    Form(Kind.INT, "-?[0-9]{1,10}"),
    Form(Kind.LONG, "-?[0-9]{1,19}"),
    Form(Kind.DOUBLE, _NUMBER + "|NaN|nan|-?inf|-?Infinity"),
    Form(Kind.DATE, "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    Form(Kind.TIMESTAMP, _MOMENT),
    Form(Kind.TIMESTAMP, _MOMENT + "(Z|[+-][0-9]{2}(:?[0-9]{2})?)", zoned=True),
)
"""In the order in which a column's form is chosen: the first that all its values have."""


def forms_of(kind: Kind) -> tuple[Form, ...]:
    """The forms in which a column declared of that kind may be written; none for a duration."""
    if kind is Kind.FLOAT:
        return tuple(Form(kind, f.pattern) for f in FORMS if f.kind is Kind.DOUBLE)
    return tuple(form for form in FORMS if form.kind is kind)


def trimmed(texts: pa.Array) -> pa.Array:
    """The fields without white space around, missing words as missing."""
    found = pc.ascii_trim_whitespace(texts)
    absent = pc.is_in(found, value_set=pa.array(MISSING_WORDS, pa.string()))
    return pc.if_else(absent, pa.scalar(None, pa.string()), found)


def fits(values: pa.Array, form: Form) -> bool:
    """Whether all values (trimmed, missing ones aside) are written in a form and in its range."""
    matches = pc.match_substring_regex(values, f"^({form.pattern})$")
    if pc.all(matches).as_py() is False:
        return False
    try:
        _parsed(values, form)
    except (pa.ArrowInvalid, BadData):
        return False
    return True


def read_text(texts: pa.Array, form: Form | None, column: str, file: str) -> pa.Array:
    """A column of fields as values of a form's kind; None: as strings, as they stand.

    Raises:
        BadData: where a field is not written in that form.
    """
    if form is None:
        return texts
    values = trimmed(texts)
    if not fits(values, form):
        raise BadData(f"{file}: column {column!r} holds a text that is no {form.kind.value}")
    return normalise(_parsed(values, form), form.kind, column, file)


def _parsed(values: pa.Array, form: Form) -> pa.Array:
    kind = form.kind
    if kind is Kind.INT:
        whole = pc.cast(values, pa.int64())
        bounds = pc.min_max(whole)
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        if low is not None and (low < INT_RANGE[0] or high > INT_RANGE[1]):
            raise pa.ArrowInvalid("out of range")
        return pc.cast(whole, ARROW[kind])
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        found = pc.cast(values, ARROW[kind])
        grown = pc.and_(pc.is_inf(found), pc.match_substring_regex(values, "[0-9]"))
        if pc.any(grown).as_py():
            raise pa.ArrowInvalid("out of range")
        return found
    if kind is Kind.TIMESTAMP:
        values = pc.replace_substring_regex(values, r"(\.[0-9]{6})0+", r"\1")
        values = (
            pc.replace_substring_regex(values, r"([+-][0-9]{2})$", r"\1:00")
            if form.zoned
            else values
        )
        return normalise(
            pc.cast(values, pa.timestamp("us", "UTC" if form.zoned else None)), kind, "", ""
        )
    return pc.cast(values, ARROW[kind])
