"""Colours: every word gets the right one, and nothing of the text is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String

from totemlang.syntax.highlight import TotemLexer
from totemlang.tables.resources import resource_names, resource_text

PROGRAM = """\
# Peak
dataset readings(timestamp ts, double? kwh)
map by_hour(readings row)
    if not missing(row.kwh) and true then
        emit hour(row.ts) as hour, 2 * stats.mean([1.5e3]) as kw, "a\\n\\q"
    end if
end map
reduce top(int hour, double[] kw) order by kw desc
    while x < 3 limit 4 do
    end while
end reduce
function int f(int x)
end function
"""


def coloured(text: str) -> list[tuple[object, str]]:
    return list(TotemLexer().get_tokens_unprocessed(text))  # type: ignore[no-any-return]


def test_pygments_knows_the_language() -> None:
    assert isinstance(get_lexer_by_name("totem"), TotemLexer)


def test_words_have_their_colours() -> None:
    found = {(kind, text) for _, kind, text in coloured(PROGRAM)}
    assert {
        (Comment.Single, "# Peak"),
        (Keyword, "dataset"),
        (Keyword.Type, "timestamp"),
        (Operator, "?"),
        (Keyword, "if"),
        (Operator.Word, "not"),
        (Name.Function, "missing"),
        (Operator.Word, "and"),
        (Keyword.Constant, "true"),
        (Keyword, "then"),
        (Keyword, "emit"),
        (Keyword, "as"),
        (Name, "hour"),
        (Name.Attribute, "ts"),
        (Name.Function, "mean"),
        (Number.Float, "1.5e3"),
        (Number.Integer, "2"),
        (String, "a"),
        (String.Escape, "\\n"),
        (Error, "\\q"),
        (Keyword, "order"),
        (Keyword, "by"),
        (Keyword, "desc"),
        (Keyword, "limit"),
        (Keyword, "function"),
        (Name.Function, "f"),
    } <= found


def test_a_type_word_that_is_called_is_a_function() -> None:
    assert [kind for _, kind, text in coloured("date d = date(ts)") if text == "date"] == [
        Keyword.Type,
        Name.Function,
    ]


def test_the_library_has_no_errors() -> None:
    for name in resource_names("stdlib"):
        wrong = [text for _, kind, text in coloured(resource_text("stdlib", name)) if kind is Error]
        assert wrong == []


@given(st.text(max_size=100))
@settings(deadline=None)
def test_nothing_is_lost(text: str) -> None:
    assert "".join(part for _, _, part in coloured(text)) == text
