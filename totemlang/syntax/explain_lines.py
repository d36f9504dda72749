"""What is wrong with the form of a line: its start, its head, its end.

Each function knows one mistake by sight and says what to write instead, or gives None.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.diagnostics import ErrorClass
from totemlang.syntax.failure import Explanation, Failure, found, is_word
from totemlang.syntax.habits import LINE_HABITS, TYPE_HABITS
from totemlang.syntax.shown import shown
from totemlang.syntax.suggest import nearest
from totemlang.syntax.tokens import ASSIGNS, BLOCKS, NAMES, OPERATORS, STEPS, WORDS, Token

_TYPED = frozenset({"DATASET", "LOOKUP", "REDUCE", "MAP", "FUNCTION", "PARAM"})
_FOR = "a loop is `for i = 0; i < n; i++ do` or `for x in xs do`"
_WHILE = "a loop is `while x > 1 limit 100 do`: at most so many rounds"


def _starts_elsewhere(failure: Failure) -> Explanation | None:
    """A word that starts a line in another language."""
    word = failure.head.text.lower()
    if failure.head.type != "NAME" or failure.at != 1 or word not in LINE_HABITS:
        return None
    if failure.wrong.type in ASSIGNS | STEPS:
        return None
    message = f"`{failure.head.text}` is not a command of TOTEM"
    return Explanation("SYN021", message, LINE_HABITS[word], failure.head.span)


def _unknown_type(failure: Failure) -> Explanation | None:
    """`integer x = 3`, `number[] xs = …`."""
    kinds = [token.type for token in failure.tokens[: failure.at + 2]]
    if failure.head.type != "NAME":
        return None
    if kinds[:2] == ["NAME", "OPEN_SQUARE"]:
        empty = failure.at == 2 and kinds[2] == "CLOSE_SQUARE"
        named = failure.at > 2 and kinds[-3] == "CLOSE_SQUARE" and kinds[-2] in NAMES
        if (empty or named) and kinds[-1] in NAMES | ASSIGNS:
            return _no_type(failure, failure.head)
    elif failure.at == 1 and kinds[1] in NAMES | {"TYPE"}:
        if kinds[2] in ASSIGNS | {"NEWLINE", "COMMA"}:
            return _no_type(failure, failure.head)
    elif failure.at == 1 and kinds[1] == "OPTIONAL":
        return _no_type(failure, failure.head)
    return None


def _unknown_type_in_list(failure: Failure) -> Explanation | None:
    """`strin name` in a list of parameters or columns, `param number x`."""
    if failure.command not in _TYPED:
        return None
    before, wrong, after = failure.before, failure.wrong, failure.after
    follows = {*NAMES, "TYPE", "OPEN_SQUARE", "OPTIONAL"}
    if failure.wants("TYPE") and wrong.type == "NAME" and after and after.type in follows:
        return _no_type(failure, wrong)
    if failure.open_brackets and before and before.type == "NAME" and wrong.type in follows:
        return _no_type(failure, before)
    return None


def _no_type(failure: Failure, word: Token) -> Explanation:
    known = failure.rules.labelled
    meant = nearest(word.text, known) or TYPE_HABITS.get(word.text.lower(), "")
    if meant.removesuffix("[]") in known:
        hint = f"did you mean `{meant}`?"
    else:
        hint = f"the types are {', '.join(sorted(known))}" if known else ""
    message = f"there is no type `{shown(word.text)}`"
    return Explanation("CMD002", message, hint, word.span, ErrorClass.COMMAND)


def _prefix_step(failure: Failure) -> Explanation | None:
    """`++i`."""
    if failure.at or failure.wrong.type not in STEPS or failure.after is None:
        return None
    sign = failure.wrong.text
    if sign == "--" and failure.after.type != "NEWLINE" and len(failure.tokens) > 4:
        return Explanation("SYN021", "`--` does not start a comment", "a comment starts with `#`")
    hint = f"write `{shown(failure.after.text)}{sign}`" if failure.after.type in NAMES else ""
    return Explanation("SYN021", f"`{sign}` stands behind the variable", hint)


def _slash_comment(failure: Failure) -> Explanation | None:
    """`// a comment`."""
    signs = [token.type for token in failure.tokens[: failure.at + 1]]
    if "FLOOR_DIVIDE" not in signs:
        return None
    at = signs.index("FLOOR_DIVIDE")
    words = failure.before and failure.before.type in NAMES and failure.wrong.type in NAMES
    if at == 0 or words:
        return Explanation(
            "SYN021",
            "`//` does not start a comment",
            "a comment starts with `#`; `//` divides whole numbers",
            failure.tokens[at].span,
        )
    return None


def _call_alone(failure: Failure) -> Explanation | None:
    """`f(x)` as a statement."""
    if failure.at != 1 or failure.head.type not in NAMES | {"TYPE"}:
        return None
    if failure.wrong.type == "OPEN":
        hint = "give it a name, `double y = f(x)`, or emit it"
        message = "the value of a call goes nowhere here"
        return Explanation("SYN027", message, hint, failure.head.span)
    if failure.wrong.type == "DOT":
        kinds = [token.type for token in failure.tokens]
        if ASSIGNS.intersection(kinds):
            return Explanation(
                "SYN027", "a field of a row cannot be assigned", "rows are read-only"
            )
        hint = "give it a name, `double y = stats.mean(xs)`, or emit it"
        return Explanation("SYN027", "this value goes nowhere", hint, failure.head.span)
    return None


def _compared_alone(failure: Failure) -> Explanation | None:
    """`x == 3` as a statement, `x + 1` as a statement."""
    if failure.at != 1 or failure.head.type not in NAMES:
        return None
    if failure.wrong.type == "EQUAL":
        return Explanation("SYN027", "`==` compares, and nothing takes the answer", "write `=`")
    if failure.wrong.type in OPERATORS:
        return Explanation("SYN027", "this value goes nowhere", "assign it: `x = …`")
    if failure.wrong.type == "COMMA":
        hint = "one name and one value each: `double a = 1.0, b = 2.0`"
        return Explanation("SYN021", "names are not assigned together", hint)
    if failure.wrong.type == "COLON":
        hint = f"the type stands in front: `double {shown(failure.head.text)} = …`"
        return Explanation("SYN021", "`:` has no meaning here", hint)
    return None


def _word_alone(failure: Failure) -> Explanation | None:
    """A line that holds a single name or value."""
    if failure.at == 1 and failure.wrong.type == "NEWLINE" and failure.head.type in NAMES:
        message = f"`{shown(failure.head.text)}` alone is not a statement"
        return Explanation("SYN027", message, "", failure.head.span)
    if failure.at == 0 and failure.wrong.type in {"NUMBER", "STRING", "TRUE", "FALSE", "OPEN"}:
        hint = "a line starts with a type, a name or a command"
        return Explanation("SYN027", "this value goes nowhere", hint)
    return None


def _declaration(failure: Failure) -> Explanation | None:
    """`int x`, `int x[4] = …`, `double f(double x)`, `int end = 3`."""
    if failure.head.type != "TYPE":
        return None
    before, wrong = failure.before, failure.wrong
    if before is None or before.type not in NAMES or not failure.wants("ASSIGN"):
        return None
    name = shown(before.text)
    if wrong.type in ("NEWLINE", "COMMA"):
        hint = f"write `{failure.head.text} {name} = …`"
        return Explanation("SYN028", f"`{name}` is declared without a value", hint, before.span)
    if wrong.type == "OPEN_SQUARE":
        hint = f"write `{failure.head.text}[4] {name}`"
        return Explanation("SYN021", "the length belongs to the type", hint)
    if wrong.type == "OPEN":
        hint = f"write `function {failure.head.text} {name}(…)` … `end function`"
        return Explanation("SYN021", "this does not declare a function", hint, failure.head.span)
    if wrong.type in ASSIGNS:
        return Explanation("SYN028", "a declaration gives the first value", "write `=`")
    return None


def _not_a_name(failure: Failure) -> Explanation | None:
    """A word of the language, a number or a string where a name belongs."""
    wrong = failure.wrong
    if not failure.wants("NAME") or failure.wants("NUMBER") or failure.at == 0:
        return None
    if wrong.type == "NUMBER" and failure.before and failure.before.type != "DOT":
        hint = "a name is a letter from a to z, then letters, digits and `_`"
        message = f"`{shown(wrong.text)}` is against the naming convention"
        return Explanation("SYN011", message, hint, error_class=ErrorClass.NAMING)
    if wrong.type == "TYPE" or is_word(wrong):
        following = failure.after.type if failure.after else ""
        if wrong.type == "TYPE" and following in NAMES | {"TYPE"}:
            return None
        message = f"`{wrong.text}` is a word of the language and cannot be a name"
        return Explanation("SYN032", message, error_class=ErrorClass.NAMING)
    return None


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
    if failure.command in BLOCKS and failure.wants("CLOSE", "COMMA") and wrong.type == "ASSIGN":
        return Explanation("SYN033", "a parameter has no value of its own", "leave `= …` out")
    if failure.command in BLOCKS and behind == "CLOSE" and failure.wants("NEWLINE"):
        message = f"the line of a `{failure.head.text}` ends here"
        hint = "`order by c` or `order by c desc` may follow" if failure.wants("ORDER") else ""
        return Explanation("SYN033", message, hint)
    if wrong.type == "NAME" and wrong.text.lower() in ("asc", "ascending", "descending"):
        return Explanation(
            "SYN033", f"there is no `{wrong.text}`", "ascending is plain; else `desc`"
        )
    return None


def _emit(failure: Failure) -> Explanation | None:
    """`emit` with nothing, with a second tuple, with two values that no comma parts."""
    if failure.command != "EMIT":
        return None
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


def _wrong_case(failure: Failure) -> Explanation | None:
    """`AND`, `Then`: words of the language are lower case."""
    for token in (failure.wrong, failure.before):
        if token is None or token.type != "NAME" or token.text == token.text.lower():
            continue
        if WORDS.get(token.text.lower()) in failure.expected or token.text.lower() in (
            "and",
            "or",
            "not",
            "then",
            "do",
        ):
            hint = f"write `{token.text.lower()}`"
            message = f"`{token.text}` is written in lower case"
            return Explanation("SYN031", message, hint, token.span)
    return None


def _control(failure: Failure, code: str, message: str, hint: str) -> Explanation:
    return Explanation(code, message, hint, error_class=failure.control_class)


LINE_EXPLANATIONS: tuple[Callable[[Failure], Explanation | None], ...] = (
    _starts_elsewhere,
    _slash_comment,
    _wrong_case,
    _unknown_type,
    _unknown_type_in_list,
    _prefix_step,
    _call_alone,
    _compared_alone,
    _word_alone,
    _declaration,
    _not_a_name,
    _for_head,
    _while_head,
    _if_head,
    _goes_on,
    _definition_head,
    _emit,
    _return_alone,
)
"""In the order in which they are asked."""
