"""What is wrong with the head of a command: a loop, a condition, a definition, an `emit`.

Each function knows one mistake by sight and says what to write instead, or gives None.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.syntax.failure import Explanation, Failure, found
from totemlang.syntax.shown import shown
from totemlang.syntax.tokens import BLOCKS, NAMES, STEPS

_FOR = "a loop is `for i = 0; i < n; i++ do` or `for x in xs do`"
_WHILE = "a loop is `while x > 1 limit 100 do`: at most so many rounds"


def _for_head(failure: Failure) -> Explanation | None:
    """A `for` of another language."""
    if failure.command != "FOR":
        return None
    wrong, kinds = failure.wrong, [token.type for token in failure.tokens]
    if failure.at == 1 and wrong.type == "OPEN":
        return _control(failure, "CTL104", "the head of a loop has no brackets", _FOR)
    if failure.at == 1 and wrong.type == "TYPE":
        message = "the variable of a loop is a whole number by itself: no type stands here"
        return _control(failure, "CTL104", message, _FOR)
    if wrong.type == "COLON" or (
        wrong.type in NAMES and wrong.text.lower() in ("to", "of", "from")
    ):
        return _control(failure, "CTL104", "a loop does not count like this", _FOR)
    if kinds[-2:-1] != ["DO"] and wrong.type == "NEWLINE" and failure.wants("DO"):
        return _control(failure, "CTL105", "a `for` line ends in `do`", "write `do`")
    if failure.at == 2 and failure.wants("ASSIGN"):
        return _control(failure, "CTL104", f"a loop does not start with {found(wrong)}", _FOR)
    if failure.wants("SEMICOLON") and wrong.type in ("DO", "NEWLINE", "COMMA"):
        which = "condition" if "SEMICOLON" not in kinds[: failure.at] else "step"
        return _control(failure, "CTL104", f"the loop has no {which}", _FOR)
    if failure.wants("INCREASE") and failure.before and failure.before.type in NAMES:
        hint = "a step is i++, i--, i += k or i -= k"
        return _control(failure, "CTL104", "this is not the step of a loop", hint)
    if wrong.type in STEPS and failure.after and failure.after.type in NAMES:
        hint = f"write `{shown(failure.after.text)}{wrong.text}`"
        return _control(failure, "CTL104", f"`{wrong.text}` stands behind the variable", hint)
    return None


def _while_head(failure: Failure) -> Explanation | None:
    """A `while` without its limit."""
    if failure.command != "WHILE":
        return None
    if failure.wants("LIMIT") and failure.wrong.type in ("DO", "NEWLINE"):
        return _control(failure, "CTL104", "a `while` says how many rounds it may take", _WHILE)
    if failure.wants("DO") and failure.wrong.type == "NEWLINE":
        return _control(failure, "CTL105", "a `while` line ends in `do`", "write `do`")
    return None


def _if_head(failure: Failure) -> Explanation | None:
    """An `if` without `then`, or with its statement on the same line."""
    if failure.command == "IF" and failure.wants("THEN"):
        if failure.wrong.type == "NEWLINE":
            return _control(failure, "CTL105", "an `if` line ends in `then`", "write `then`")
        if failure.wrong.type == "DO":
            return _control(failure, "CTL105", "an `if` line ends in `then`, not in `do`", "")
    return None


def _goes_on(failure: Failure) -> Explanation | None:
    """Something behind `then`, `do` or `else`."""
    before = failure.before
    if before is None or before.type not in ("THEN", "DO", "ELSE"):
        return None
    if failure.wants("NEWLINE"):
        word = before.text
        hint = "the statement stands on the next line, and `end` on a line of its own"
        return _control(failure, "CTL105", f"`{word}` ends its line", hint)
    return None


def _definition_head(failure: Failure) -> Explanation | None:
    """Heads of functions, stages and tables."""
    wrong, before = failure.wrong, failure.before
    if failure.command == "FUNCTION" and failure.at == 1:
        hint = "its result's type stands first: `function double f(double x)`"
        return Explanation(
            "SYN033", "a function gives a value of some type", hint, failure.head.span
        )
    behind = before.type if before else ""
    if failure.command in ("MAP", "REDUCE") and wrong.type == "CLOSE" and behind == "OPEN":
        hint = "`map f(readings row)`, `map f(T a, U b)` or `reduce f(T key, U[] values)`"
        return Explanation("SYN033", f"a `{failure.head.text}` takes something", hint)
    if failure.command == "MAP" and wrong.type == "CLOSE" and behind in NAMES:
        row = shown(before.text) if before else "row"
        hint = f"write the data set in front of it: `(readings {row})`"
        return Explanation("SYN033", "a first map says whose rows it takes", hint)
    if failure.command == "MAP" and wrong.type == "COMMA" and not failure.wants("COMMA"):
        hint = "a first map takes `(readings row)`, a later one `(T a, U b)`"
        return Explanation("SYN033", "a row stands alone", hint)
    if failure.command in BLOCKS and failure.wants("CLOSE", "COMMA") and wrong.type == "ASSIGN":
        return Explanation("SYN033", "a parameter has no value of its own", "leave `= …` out")
    if failure.command in BLOCKS and behind == "CLOSE" and failure.wants("NEWLINE"):
        message = f"the line of a `{failure.head.text}` ends here"
        hint = "`order by c` or `order by c desc` may follow" if failure.wants("ORDER") else ""
        return Explanation("SYN033", message, hint)
    follows = failure.after.type if failure.after else ""
    bare = wrong.type in NAMES and follows in ("COMMA", "CLOSE")
    if failure.command in BLOCKS and failure.wants("TYPE") and bare:
        hint = "write `double {0}`, or `double[] {0}` for an array".format(shown(wrong.text))
        return Explanation("SYN033", "a parameter has a type in front of it", hint)
    if failure.command == "LOOKUP" and wrong.type == "NEWLINE" and failure.at == 2:
        name = shown(failure.tokens[1].text)
        hint = f"write `lookup {name}(string key, double x)`"
        return Explanation("SYN033", "a lookup names its key and its columns", hint)
    if wrong.type == "NAME" and wrong.text.lower() in ("asc", "ascending", "descending"):
        return Explanation(
            "SYN033", f"there is no `{wrong.text}`", "ascending is plain; else `desc`"
        )
    return None


def _order(failure: Failure) -> Explanation | None:
    """`order by a, b` and `order by a limit 5`."""
    kinds = {token.type for token in failure.tokens[: failure.at]}
    if failure.command != "REDUCE" or "ORDER" not in kinds or not failure.wants("NEWLINE"):
        return None
    if failure.wrong.type == "COMMA":
        hint = "rows that are equal in it keep their order"
        return Explanation("SYN033", "rows are ordered by one column", hint)
    if failure.wrong.text.lower() in ("limit", "top", "head"):
        hint = "emit as many as you want: `for i = 0; i < min(5, len(xs)); i++ do`"
        return Explanation("SYN033", f"there is no `{shown(failure.wrong.text)}` here", hint)
    return None


def _emit(failure: Failure) -> Explanation | None:
    """`emit` with nothing, with a second tuple, with brackets around one named part."""
    if failure.command != "EMIT":
        return None
    if failure.wrong.type == "CLOSE" and not failure.wants("CLOSE") and failure.wants("COMMA"):
        hint = "brackets hold a key of two or more parts"
        return Explanation("SYN033", "a key of one part stands without brackets", hint)
    before, wrong = failure.before, failure.wrong
    named = before is not None and before.type == "CLOSE" and wrong.type == "NAME"
    if named and failure.wants("AS") and failure.after and failure.after.type != "OPEN":
        hint = f"write `as {shown(wrong.text)}`"
        return Explanation("SYN033", "a name for a column stands behind `as`", hint)
    if failure.at == 1 and failure.wrong.type == "NEWLINE":
        return Explanation("SYN033", "an `emit` emits something", "`emit key, value`")
    if failure.wrong.type == "COMMA" and failure.open_brackets and failure.wants("CLOSE"):
        hint = "only the key, which stands first, is a tuple; arrays are [a, b]"
        return Explanation("SYN033", "a value is not a tuple", hint)
    return None


def _return_alone(failure: Failure) -> Explanation | None:
    """`return` without a value."""
    if failure.command == "RETURN" and failure.at == 1 and failure.wrong.type == "NEWLINE":
        return Explanation("SYN033", "a function returns a value", "write `return e`")
    return None


def _control(failure: Failure, code: str, message: str, hint: str) -> Explanation:
    return Explanation(code, message, hint, error_class=failure.control_class)


HEAD_EXPLANATIONS: tuple[Callable[[Failure], Explanation | None], ...] = (
    _for_head,
    _while_head,
    _if_head,
    _goes_on,
    _order,
    _definition_head,
    _emit,
    _return_alone,
)
"""In the order in which they are asked."""
