"""What is wrong within an expression.

Each function knows one mistake by sight and says what to write instead, or gives None.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.syntax.failure import Explanation, Failure, found, is_word
from totemlang.syntax.shown import shown
from totemlang.syntax.suggest import nearest
from totemlang.syntax.tokens import (
    ASSIGNS,
    COMPARISONS,
    NAMES,
    OPERATORS,
    SPELLING,
    STEPS,
    VALUE_ENDS,
    VALUE_STARTS,
    WORDS,
)


def _assigned(failure: Failure) -> Explanation | None:
    """`if x = 3`, `f(x = 3)`, `x = y = 3`."""
    if failure.wrong.type not in ASSIGNS or failure.at < 2:
        return None
    if failure.command in ("IF", "WHILE"):
        hint = "to compare write `==`"
        return Explanation("SYN035", "`=` assigns, and a condition cannot", hint)
    if any(token.type == "OPEN" for token in failure.open_brackets):
        hint = "arguments go by their place; to compare write `==`"
        return Explanation("SYN035", "`=` assigns, and an expression cannot", hint)
    hint = "each name is assigned on a line of its own; to compare write `==`"
    return Explanation("SYN035", "`=` assigns, and an expression cannot", hint)


def _step_within(failure: Failure) -> Explanation | None:
    """`i = i++`, `a--1`."""
    if failure.wrong.type not in STEPS or failure.at < 2:
        return None
    sign = failure.wrong.text
    if failure.after and failure.after.type in VALUE_STARTS and failure.wrong.type == "DECREASE":
        hint = "to subtract a negative number write `a - -1`"
        return Explanation("SYN035", f"`{sign}` is a statement, not an operator", hint)
    hint = f"write `{shown(failure.tokens[0].text)}{sign}` on a line of its own, or `+ 1`"
    if failure.head.type not in NAMES:
        hint = "write it on a line of its own, or `+ 1`"
    return Explanation("SYN035", f"`{sign}` is a statement, not an operator", hint)


def _chain(failure: Failure) -> Explanation | None:
    """`a < b < c`."""
    if failure.wrong.type not in COMPARISONS:
        return None
    depth = 0
    for token in reversed(failure.tokens[: failure.at]):
        if token.type in ("CLOSE", "CLOSE_SQUARE"):
            depth += 1
        elif token.type in ("OPEN", "OPEN_SQUARE"):
            depth -= 1
        if depth < 0 or token.type in ("COMMA", "AND", "OR", "IF", "ASSIGN", "SEMICOLON"):
            return None
        if depth == 0 and token.type in COMPARISONS:
            hint = "write `a < b and b < c`"
            return Explanation("SYN029", "comparisons do not chain", hint)
    return None


def _not_within(failure: Failure) -> Explanation | None:
    """`x not in xs`, `a == not b`."""
    if failure.wrong.type != "NOT":
        return None
    if failure.after and failure.after.type == "IN":
        return Explanation("SYN021", "there is no `not in`", "write `not contains(xs, x)`")
    if failure.before and failure.before.type in OPERATORS:
        hint = "put it in brackets: `a == (not b)`"
        return Explanation("SYN035", "`not` binds looser than what stands before it", hint)
    return None


def _membership(failure: Failure) -> Explanation | None:
    """`x in xs`, `x is y`, `x like y`, `x between …`."""
    word = failure.wrong.text.lower()
    if failure.wrong.type not in NAMES or failure.before is None:
        return None
    if failure.before.type not in VALUE_ENDS:
        return None
    hints = {
        "in": "write `contains(xs, x)`",
        "is": "write `==`; for a value that may be missing, missing(x)",
        "like": "write starts_with(s, beginning), or compare with `==`",
        "between": "write `a <= x and x <= b`",
        "mod": "the remainder is `a % b`",
        "div": "division of whole numbers is `a // b`",
        "xor": "of truths it is `!=`; of bits bit_xor(a, b)",
        "isnull": "write missing(x)",
    }
    if word in hints:
        message = f"`{failure.wrong.text}` is not an operator"
        return Explanation("SYN021", message, hints[word])
    if word == "if":
        return _conditional(failure)
    return None


def _conditional(failure: Failure) -> Explanation | None:
    """`a if c else b`, `c ? a : b`, `CASE WHEN`."""
    wrong = failure.wrong
    asks = wrong.type == "OPTIONAL" and failure.before and failure.before.type in VALUE_ENDS
    if asks or (wrong.type == "IF" and failure.at > 0 and failure.head.type != "ELSE"):
        hint = "give a variable its value under `if … then` … `else` … `end if`"
        return Explanation("SYN021", "an expression has no condition within it", hint)
    return None


def _range(failure: Failure) -> Explanation | None:
    """`xs[1:3]`, `1:10`."""
    if failure.wrong.type != "COLON":
        return None
    if any(token.type == "OPEN_SQUARE" for token in failure.open_brackets):
        hint = "take elements one by one in a loop; of a string, substr(s, start, length)"
        return Explanation("SYN021", "parts of an array are not cut out", hint)
    hint = "a loop counts with `for i = 0; i < n; i++ do`"
    return Explanation("SYN021", "`:` has no meaning here", hint)


def _braces(failure: Failure) -> Explanation | None:
    """`{1, 2}`."""
    if failure.wrong.type not in ("OPEN_BRACE", "CLOSE_BRACE"):
        return None
    if failure.wants("NUMBER"):
        return Explanation("SYN021", "an array is not written in braces", "write [1, 2]")
    return Explanation("SYN021", "blocks have no braces", "a block ends with `end if`, `end for` …")


def _several_keys(failure: Failure) -> Explanation | None:
    """`table[k, j]`, `(a, b)` as a value."""
    if failure.wrong.type != "COMMA" or not failure.open_brackets or not failure.wants("PLUS"):
        return None
    if failure.open_brackets[-1].type == "OPEN_SQUARE":
        hint = "the key of a lookup with several parts is a tuple: table[(k, j)]"
        return Explanation("SYN035", "an index is one value", hint)
    hint = "only the key of an `emit` and of a lookup is a tuple; arrays are [a, b]"
    return Explanation("SYN035", "brackets hold one value here", hint)


def _prefixed_string(failure: Failure) -> Explanation | None:
    """`f"…"`, `r"…"`, `"a" "b"`."""
    before, wrong = failure.before, failure.wrong
    if wrong.type != "STRING" or before is None or before.type not in {*NAMES, "STRING"}:
        return None
    if before.end == wrong.start and before.type in NAMES:
        hint = "strings are joined by concat(a, b)"
        return Explanation("SYN021", f"`{shown(before.text)}` does not belong to a string", hint)
    if before.type == "STRING":
        return Explanation("SYN020", "two strings follow each other", "join them by concat(a, b)")
    return None


def _plus_sign(failure: Failure) -> Explanation | None:
    """`+x`, `a + * b`."""
    wrong = failure.wrong
    if wrong.type not in OPERATORS or failure.at == 0 or not failure.wants("NUMBER"):
        return None
    if wrong.type == "PLUS":
        return Explanation("SYN020", "a number has no plus sign", "leave the `+` out")
    message = f"a value is missing before `{SPELLING[wrong.type]}`"
    return Explanation("SYN020", message)


def _missing_value(failure: Failure) -> Explanation | None:
    """A line, bracket or list that ends where a value should stand."""
    before = failure.before
    if before is None or not failure.wants("NUMBER") or not failure.wants("STRING"):
        return None
    if failure.wrong.type not in {"NEWLINE", "CLOSE", "CLOSE_SQUARE", "COMMA", "THEN", "DO"}:
        if not is_word(failure.wrong):
            return None
        if before.type not in {*OPERATORS, *ASSIGNS, "COMMA", "OPEN", "OPEN_SQUARE"}:
            return None
    message = f"a value is missing after `{shown(before.text)}`"
    return Explanation("SYN020", message, error_class=failure.control_class)


def _two_values(failure: Failure) -> Explanation | None:
    """`a b`, where an operator, a comma or a line's end is missing."""
    before, wrong = failure.before, failure.wrong
    if before is None or before.type not in VALUE_ENDS or wrong.type not in VALUE_STARTS:
        return None
    if not failure.wants("PLUS"):
        return None
    meant = None
    if wrong.type == "NAME":
        words = [word for word, kind in WORDS.items() if kind in failure.expected]
        meant = nearest(wrong.text, words)
    if meant:
        return Explanation(
            "SYN020", f"{found(wrong)} has no meaning here", f"did you mean `{meant}`?"
        )
    between = "an operator or a comma" if failure.wants("COMMA") else "an operator"
    message = f"expected {between} between {found(before)} and {found(wrong)}"
    return Explanation("SYN020", message)


def _point(failure: Failure) -> Explanation | None:
    """`.5`, `1.2.3`."""
    message = "digits stand on both sides of one point"
    if failure.wrong.type == "DOT" and failure.after and failure.after.type == "NUMBER":
        return Explanation("SYN007", message, f"write 0.{shown(failure.after.text)}")
    if failure.wrong.type == "NUMBER" and failure.before and failure.before.type == "DOT":
        return Explanation("SYN007", message)
    return None


VALUE_EXPLANATIONS: tuple[Callable[[Failure], Explanation | None], ...] = (
    _assigned,
    _step_within,
    _chain,
    _not_within,
    _membership,
    _conditional,
    _range,
    _braces,
    _several_keys,
    _prefixed_string,
    _plus_sign,
    _missing_value,
    _two_values,
    _point,
)
"""In the order in which they are asked."""
