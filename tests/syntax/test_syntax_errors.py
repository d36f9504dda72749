"""What is said of one wrong line: code, place, and a hint that says what to write instead."""

from __future__ import annotations

import pytest
from syntax_outline import findings, marked

from totemlang.diagnostics import ErrorClass

HABITS = [
    # R
    ("x <- 3", "SYN021", "<-", "write `=`"),
    ("x = row$kwh", "SYN021", "$", "row.kwh"),
    ("x = a %in% b", "SYN021", "%in%", "contains(xs, x)"),
    ("x = a %% b", "SYN021", "%%", "`a % b`"),
    ("x = a %/% b", "SYN021", "%/%", "`a // b`"),
    ("library(stats)", "SYN021", "library", "the library is there"),
    ("for i in 1:10 do\nend for", "CTL104", ":", "for i = 0; i < n; i++ do"),
    ("next", "SYN021", "next", "write `continue`"),
    # Python
    ("x = 'single'", "SYN021", "'single'", 'write "single"'),
    ('x = """long"""', "SYN021", '"""', "`#`"),
    ("x = xs[1:3]", "SYN021", ":", "substr"),
    ("x = a if c else b", "SYN021", "if", "if … then"),
    ("x: int = 3", "SYN021", ":", "the type stands in front"),
    ("x = y in xs", "SYN021", "in", "contains(xs, x)"),
    ("if x not in xs then\nend if", "SYN021", "not", "not contains(xs, x)"),
    ("if x is y then\nend if", "SYN021", "is", "missing(x)"),
    ("x //= 3", "SYN021", "//=", "x = x // y"),
    ("a, b = 1, 2", "SYN021", ",", "one name and one value each"),
    ('x = f"a"', "SYN021", '"a"', "concat"),
    ("import stats", "SYN021", "import", "the library is there"),
    ("print(x)", "SYN021", "print", "`emit`"),
    ("pass", "SYN021", "pass", "leave the line out"),
    # SQL
    ("SELECT a, b FROM t", "SYN021", "SELECT", "`map` emits"),
    ("x = a <> b", "SYN021", "<>", "write `!=`"),
    ("x = `KWH`", "SYN021", "`KWH`", 'row["KWH/hh"]'),
    ("x = y like z", "SYN021", "like", "starts_with"),
    ("-- a comment", "SYN021", "--", "`#`"),
    # C and its children
    ("x = a && b", "SYN021", "&&", "write `and`"),
    ("x = a || b", "SYN021", "||", "write `or`"),
    ("x = !a", "SYN021", "!", "write `not`"),
    ("x = 3;", "SYN021", ";", "leave it out"),
    ("x = 3; y = 4", "SYN021", ";", "a line of its own"),
    ("x := 3", "SYN021", ":=", "write `=`"),
    ("x = c ? a : b", "SYN021", "?", "if … then"),
    ("x = {1, 2}", "SYN021", "{", "write [1, 2]"),
    ("++i", "SYN021", "++", "write `i++`"),
    ("i = i++", "SYN035", "++", "a line of its own"),
    ("x = a--1", "SYN035", "--", "a - -1"),
    ("x = a << 2", "SYN021", "<<", "shift_left"),
    ("x = a ^ 2", "SYN021", "^", "a ** b"),
    ("// a comment", "SYN021", "//", "`#`"),
    ("x = 3 // a comment", "SYN021", "//", "`#`"),
    ("/* a\ncomment */", "SYN021", "/*", "`#`"),
    ("int x[4] = y", "SYN021", "[", "`int[4] x`"),
    ("double f(double x)", "SYN021", "double", "function double f"),
    ("var x = 3", "SYN021", "var", "write the type first"),
]


@pytest.mark.parametrize(("line", "code", "at", "hint"), HABITS, ids=[line for line, *_ in HABITS])
def test_habits_of_other_languages_are_answered(line: str, code: str, at: str, hint: str) -> None:
    (found,) = findings(f"{line}\n")
    assert (found.code, marked(found)) == (code, at)
    assert hint in found.hint


SLIPS = [
    ("if x = 3 then\nend if", "SYN035", "=", "`=` assigns, and a condition cannot", "write `==`"),
    ("x = y = 3", "SYN035", "=", "`=` assigns, and an expression cannot", "`==`"),
    ("x = f(y = 3)", "SYN035", "=", "`=` assigns, and an expression cannot", "their place"),
    ("x == 3", "SYN027", "==", "nothing takes the answer", "write `=`"),
    ("f(x)", "SYN027", "f", "goes nowhere", "give it a name"),
    ("stats.mean(xs)", "SYN027", "stats", "goes nowhere", "give it a name"),
    ("ifelse(a > 0, 1, 2)", "SYN027", "ifelse", "goes nowhere", "give it a name"),
    ("row.x = 3", "SYN027", ".", "cannot be assigned", "read-only"),
    ("x", "SYN027", "x", "`x` alone is not a statement", ""),
    ("3 + 4", "SYN027", "3", "goes nowhere", "a line starts with"),
    ("int x", "SYN028", "x", "declared without a value", "write `int x = …`"),
    ("int a = 1, int b = 2", "SYN028", "int", "stands once", "`int a = 1, b = 2`"),
    ("x int = 3", "SYN028", "int", "in front of the name", "write `int x`"),
    ("int[0] x = y", "SYN030", "0", "a size is a whole number from 1", ""),
    ("string[8][] x = y", "SYN030", "string[8][]", "no type `string[8][]`", "string[8]"),
    ("int[]? x = y", "SYN030", "int[]?", "no type `int[]?`", "`int?`"),
    ("x = 3 +", "SYN020", "", "a value is missing after `+`", ""),
    ("x = f(1,)", "SYN020", ")", "a value is missing after `,`", ""),
    ("x = (1, 2)", "SYN035", ",", "brackets hold one value", "[a, b]"),
    ("x = L[k, j]", "SYN035", ",", "an index is one value", "table[(k, j)]"),
    ("x[1][2] = 3", "SYN035", "[", "arrays hold no arrays", "x[i * n + j]"),
    ("x = a b", "SYN020", "b", "expected an operator between `a` and `b`", ""),
    ("x = a adn b", "SYN020", "adn", "has no meaning here", "did you mean `and`?"),
    ("x = a AND b", "SYN031", "AND", "lower case", "write `and`"),
    ("x = (a + b)(3)", "SYN027", "(a + b)", "only a function can be called", ""),
    ("x = .5", "SYN007", ".", "both sides", "write 0.5"),
    ("x = +3", "SYN020", "+", "no plus sign", "leave the `+` out"),
    ("x = a == not b", "SYN035", "not", "binds looser", "(not b)"),
    ("x = )", "SYN015", ")", "closes nothing", ""),
    ("x = (3]", "SYN015", "]", "cannot close `(`", "line 1, column 5"),
    ("x = § 3", "SYN010", "§", "`§` (U+00A7)", ""),
    ("emit", "SYN033", "", "emits something", "`emit key, value`"),
    ("emit a, (b, c)", "SYN033", ",", "a value is not a tuple", "only the key"),
    ("emit (a as b), c", "SYN033", ")", "stands without brackets", "two or more parts"),
    ("emit a b", "SYN020", "b", "expected an operator or a comma", ""),
    ("emit a, sum(x) total", "SYN033", "total", "stands behind `as`", "write `as total`"),
    ("map f(row)\nend map", "SYN033", ")", "says whose rows", "`(readings row)`"),
    ("reduce f(k)\nend reduce", "SYN033", "k", "a type in front", "`double[] k`"),
    ("reduce f(int k, x)\nend reduce", "SYN033", "x", "a type in front", "`double[] x`"),
    ("function int f(x)\nend function", "SYN033", "x", "a type in front", "`double x`"),
    ("lookup L", "SYN033", "", "its key and its columns", "`lookup L(string key"),
    (
        "reduce f(int[] k) order by k, j\nend reduce",
        "SYN033",
        ",",
        "ordered by one column",
        "keep their order",
    ),
    (
        "reduce f(int[] k) order by k desc limit 5\nend reduce",
        "SYN033",
        "limit",
        "no `limit` here",
        "i < min(5, len(xs))",
    ),
    ("emit a as end", "SYN032", "end", "cannot be a name", ""),
    ("return", "SYN033", "", "a function returns a value", "write `return e`"),
    ("merge x", "SYN020", "x", "expected the end of the line, found `x`", ""),
    ("emti a", "SYN031", "emti", "no command is called `emti`", "did you mean `emit`?"),
    ("brake", "SYN031", "brake", "no command is called `brake`", "did you mean `break`?"),
    ("lookup L(string k)", "SYN034", "string k", "two columns or more", "the first is the key"),
    ("dataset d(kwh double)", "SYN028", "double", "in front of the name", "`double kwh`"),
]


@pytest.mark.parametrize(
    ("line", "code", "at", "message", "hint"), SLIPS, ids=[line for line, *_ in SLIPS]
)
def test_slips_are_explained(line: str, code: str, at: str, message: str, hint: str) -> None:
    (found,) = findings(f"{line}\n")
    assert (found.code, marked(found)) == (code, at)
    assert message in found.message
    assert hint in found.hint


CONTROL = [
    ("if x > 3\nend if", "CTL105", "ends in `then`", "write `then`"),
    ("if x > 3 do\nend if", "CTL105", "ends in `then`, not in `do`", ""),
    ("if x > 3 then y = 4 end if", "CTL105", "`then` ends its line", "on the next line"),
    ("if x > 3 then\nelse y = 4\nend if", "CTL105", "`else` ends its line", "on the next line"),
    ("if then\nend if", "SYN020", "a value is missing after `if`", ""),
    ("while x > 3 do\nend while", "CTL104", "how many rounds", "limit 100"),
    ("while x limit 3\nend while", "CTL105", "ends in `do`", "write `do`"),
    ("for i = 0; i < 3; i++\nend for", "CTL105", "ends in `do`", "write `do`"),
    ("for i = 0; i < 3 do\nend for", "CTL104", "no step", "for i = 0; i < n; i++ do"),
    ("for i = 0 do\nend for", "CTL104", "no condition", "for i = 0; i < n; i++ do"),
    ("for i = 0; i < 3; i = i + 1 do\nend for", "CTL104", "not the step", "i += k"),
    ("for i = 0; i < 3; i *= 2 do\nend for", "CTL104", "not the step", "i += k"),
    ("for i = 0; i < 3; ++i do\nend for", "CTL104", "behind the variable", "write `i++`"),
    ("for i = 1 to 10 do\nend for", "CTL104", "does not count like this", "for x in xs do"),
    ("for (i = 0; i < 3; i++) do\nend for", "CTL104", "no brackets", "for x in xs do"),
    ("for int i = 0; i < 3; i++ do\nend for", "CTL104", "no type stands here", ""),
    ("for each x in xs do\nend for", "CTL104", "does not start with `x`", "for x in xs do"),
    ("else\n", "CTL103", "no `if` is open", ""),
    ("if a then\nelse\nelse\nend if", "CTL103", "nothing follows the `else`", "line 1"),
    ("if a then\nelse\nelse if b then\nend if", "CTL103", "nothing follows the `else`", "line 1"),
    ("if a then\n", "CTL101", "this `if` is never closed", "write `end if`"),
    ("for i = 0; i < 3; i++ do\nend if", "CTL102", "cannot close `for`", "`end for`"),
]


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"), CONTROL, ids=[text for text, *_ in CONTROL]
)
def test_errors_in_control_statements(text: str, code: str, message: str, hint: str) -> None:
    (found,) = findings(text)
    assert (found.code, found.error_class) == (code, ErrorClass.CONTROL)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("line", "word", "hint"),
    [
        ("integer x = 3", "integer", "did you mean `int`?"),
        ("Int x = 3", "Int", "did you mean `int`?"),
        ("number[] x = y", "number", "did you mean `double`?"),
        ("strng? x = y", "strng", "did you mean `string`?"),
        ("complex x = y", "complex", "the types are bool, date, double"),
        ("param number x", "number", "did you mean `double`?"),
        ("dataset d(timestmp ts)", "timestmp", "did you mean `timestamp`?"),
        ("reduce f(strin g, double[] x)\nend reduce", "strin", "did you mean `string`?"),
        ("map f(int a, list b)\nend map", "list", "did you mean `double[]`?"),
        ("function flaot f(int a)\nend function", "flaot", "did you mean `float`?"),
    ],
)
def test_a_word_that_is_no_type_is_no_command(line: str, word: str, hint: str) -> None:
    (found,) = findings(f"{line}\n")
    assert (found.code, found.error_class) == ("CMD002", ErrorClass.COMMAND)
    assert marked(found) == word
    assert hint in found.hint


def test_positions_count_code_points_from_one() -> None:
    (found,) = findings('x = "日本"\ny = "日本" 3\n')
    assert found.to_json() == {
        "code": "SYN020",
        "class": "SyntaxError",
        "severity": "error",
        "message": "expected an operator between a string and the number 3",
        "file": "test.totem",
        "line": 2,
        "column": 10,
        "end_line": 2,
        "end_column": 11,
    }
