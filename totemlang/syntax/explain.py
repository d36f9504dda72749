"""Says in words why a line is wrong: first what is known by sight, else what was expected."""

from __future__ import annotations

from totemlang.source import Span
from totemlang.syntax.explain_heads import HEAD_EXPLANATIONS
from totemlang.syntax.explain_lines import LINE_EXPLANATIONS
from totemlang.syntax.explain_values import VALUE_EXPLANATIONS
from totemlang.syntax.failure import Explanation, Failure, found
from totemlang.syntax.reports import Reports
from totemlang.syntax.tokens import ASSIGNS, NAMES, OPERATORS, SPELLING, STEPS

_QUIET = OPERATORS | {"DOT", "AS", "NOT", "OPTIONAL", "$END"}


def explain(failure: Failure, reports: Reports) -> None:
    """Report why a line was not taken."""
    for explanation in (*LINE_EXPLANATIONS, *HEAD_EXPLANATIONS, *VALUE_EXPLANATIONS):
        said = explanation(failure)
        if said is not None:
            break
    else:
        said = _plainly(failure)
    reports.add(said.code, said.message, said.span or _place(failure), said.hint, said.error_class)


def _place(failure: Failure) -> Span:
    """Where to point: at the wrong token, or at the end of the line's last one."""
    wrong = failure.wrong
    return wrong.span if wrong.type != "NEWLINE" else Span(wrong.start, wrong.start)


def _plainly(failure: Failure) -> Explanation:
    alternatives = _in_words(failure.expected)
    if failure.at == 0 or not alternatives:
        message = f"no statement starts with {found(failure.wrong)}"
        goes_on = failure.wrong.type in OPERATORS | {"CLOSE", "CLOSE_SQUARE", "COMMA", "DOT"}
        hint = "a line goes on inside open brackets and after a comma" if goes_on else ""
        return Explanation("SYN020", message, hint, error_class=failure.control_class)
    listed = ", ".join(alternatives[:-1]) + " or " * (len(alternatives) > 1) + alternatives[-1]
    message = f"expected {listed}, found {found(failure.wrong)}"
    return Explanation("SYN020", message, error_class=failure.control_class)


def _in_words(expected: frozenset[str]) -> list[str]:
    """The terminals that would do, as few words as say it."""
    words: list[str] = []
    rest = set(expected - _QUIET)
    if rest >= STEPS:
        rest -= STEPS | ASSIGNS
        rest.add("ASSIGN")
    if "NUMBER" in rest and "STRING" in rest:
        words.append("a value")
        rest -= {"NUMBER", "STRING", "TRUE", "FALSE", "OPEN", "OPEN_SQUARE", "TYPE", *NAMES}
    elif "NAME" in rest:
        words.append("a name")
        rest -= {*NAMES, "STRING"}
    elif "NUMBER" in rest:
        words.append("a number")
        rest.discard("NUMBER")
    if "TYPE" in rest:
        words.append("a type")
        rest.discard("TYPE")
    if "NEWLINE" in rest:
        words.append("the end of the line")
        rest.discard("NEWLINE")
    # What may follow any value is worth a word only where nothing else may stand.
    if words or rest - {"OPEN", "OPEN_SQUARE"}:
        rest -= {"OPEN_SQUARE"} if "OPEN" not in rest else {"OPEN", "OPEN_SQUARE"}
    signs = sorted(f"`{SPELLING[name]}`" for name in rest if name in SPELLING)
    return (signs + words)[:5]
