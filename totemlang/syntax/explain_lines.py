"""What is wrong with a line by its start: no statement begins like that, or none ends there.

Each function knows one mistake by sight and says what to write instead, or gives None.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.diagnostics import ErrorClass
from totemlang.syntax.failure import Explanation, Failure, is_word, lacks_command
from totemlang.syntax.habits import LINE_HABITS, TYPE_HABITS
from totemlang.syntax.shown import shown
from totemlang.syntax.suggest import nearest
from totemlang.syntax.tokens import ASSIGNS, NAMES, OPERATORS, STEPS, WORDS, Token

_TYPED = frozenset({"DATASET", "LOOKUP", "REDUCE", "MAP", "FUNCTION", "PARAM"})


def _starts_elsewhere(failure: Failure) -> Explanation | None:
    """A word that starts a line in another language."""
    word = failure.head.text.lower()
    if failure.head.type != "NAME" or failure.at != 1 or word not in LINE_HABITS:
        return None
    if failure.wrong.type in ASSIGNS | STEPS:
        return None
    message = f"`{failure.head.text}` is not a command of TOTEM"
    return Explanation("SYN021", message, LINE_HABITS[word], failure.head.span)


def _type_behind(failure: Failure) -> Explanation | None:
    """`x int = 3`, `dataset d(kwh double)`, `int a = 1, int b = 2`."""
    before, wrong, after = failure.before, failure.wrong, failure.after
    if before is None or wrong.type != "TYPE":
        return None
    if failure.head.type == "TYPE" and before.type == "COMMA" and not failure.open_brackets:
        hint = "several names share the type in front: `int a = 1, b = 2`"
        return Explanation("SYN028", "the type stands once in a line", hint)
    listed = failure.command in _TYPED and failure.open_brackets
    if before.type != "NAME" or not (listed or failure.at == 1) or after is None:
        return None
    if after.type in ASSIGNS | {"COMMA", "CLOSE"}:
        hint = f"write `{wrong.text} {shown(before.text)}`"
        return Explanation("SYN028", "the type stands in front of the name", hint)
    return None


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
    if sign == "--" and failure.after.type != "NEWLINE" and len(failure.tokens) > 3:
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
        if lacks_command(failure.tokens):
            hint = f"write `map {shown(failure.head.text)}(…)`, `reduce` or `function`"
            return Explanation(
                "SYN033", "a definition starts with its command", hint, failure.head.span
            )
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


def _array_of_arrays(failure: Failure) -> Explanation | None:
    """`x[1][2] = 3`."""
    if failure.wrong.type != "OPEN_SQUARE" or failure.head.type not in NAMES or failure.at < 4:
        return None
    if failure.wants("ASSIGN"):
        hint = "keep the rows one after the other: x[i * n + j]"
        return Explanation("SYN035", "arrays hold no arrays", hint)
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


LINE_EXPLANATIONS: tuple[Callable[[Failure], Explanation | None], ...] = (
    _starts_elsewhere,
    _slash_comment,
    _wrong_case,
    _type_behind,
    _unknown_type,
    _unknown_type_in_list,
    _prefix_step,
    _call_alone,
    _compared_alone,
    _array_of_arrays,
    _word_alone,
    _declaration,
    _not_a_name,
)
"""In the order in which they are asked."""
