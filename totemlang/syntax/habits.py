"""Answers to habits of R, Python, SQL, C and others: signs and words that mean something there.

Data only. A foreign sign is answered by the lexer, which reads on as if the right one stood
there; a foreign word by the parser, where it stands at the start of a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen


@frozen
class Habit:
    """What to say, and which terminal to read instead ("" for none: the sign is left out)."""

    hint: str
    instead: str = ""


_COMMENT = "a comment starts with `#`"

SIGN_HABITS: Mapping[str, Habit] = MappingProxyType(
    {
        "&&": Habit("write `and`", "AND"),
        "||": Habit("write `or`", "OR"),
        "&": Habit("write `and`; for bits bit_and(a, b)", "AND"),
        "|": Habit("write `or`; for bits bit_or(a, b)", "OR"),
        "!": Habit("write `not`", "NOT"),
        "===": Habit("write `==`", "EQUAL"),
        "!==": Habit("write `!=`", "UNEQUAL"),
        "<>": Habit("write `!=`", "UNEQUAL"),
        "=<": Habit("write `<=`", "LESS_EQUAL"),
        "=>": Habit("write `>=`", "GREATER_EQUAL"),
        "<-": Habit("write `=` to assign (and `< -` to compare with a negative number)", "ASSIGN"),
        ":=": Habit("write `=`", "ASSIGN"),
        "/=": Habit("write `x = x / y`", "ASSIGN"),
        "//=": Habit("write `x = x // y`", "ASSIGN"),
        "%=": Habit("write `x = x % y`", "ASSIGN"),
        "**=": Habit("write `x = x ** y`", "ASSIGN"),
        "^": Habit("a power is `a ** b`; for bits bit_xor(a, b)", "POWER"),
        "<<": Habit("write shift_left(a, n)", "PLUS"),
        ">>": Habit("write shift_right(a, n)", "PLUS"),
        "%%": Habit("the remainder is `a % b`", "REMAINDER"),
        "%/%": Habit("division of whole numbers is `a // b`", "FLOOR_DIVIDE"),
        "%in%": Habit("write contains(xs, x)", "EQUAL"),
        "%*%": Habit("write ml.dot(xs, ys)", "TIMES"),
        "%>%": Habit("write the call around its argument: f(g(x))", "PLUS"),
        "|>": Habit("write the call around its argument: f(g(x))", "PLUS"),
        "->": Habit("a value goes to the left: `x = value`", "ASSIGN"),
        "$": Habit("a column is `row.kwh`", "DOT"),
        "::": Habit("a function of the library is `stats.mean`", "DOT"),
        "~": Habit("write bit_not(x), or `!=` for unequal", "NOT"),
        "@": Habit("there are no decorators and no matrix products", "TIMES"),
        "..": Habit("a loop counts with `for i = 0; i < n; i++ do`", "COMMA"),
        "...": Habit("a list is written out: [1, 2, 3]", "COMMA"),
        "×": Habit("write `*`", "TIMES"),
        "·": Habit("write `*`", "TIMES"),
        "÷": Habit("write `/`", "DIVIDE"),
        "−": Habit("this is not the minus of the keyboard: write `-`", "MINUS"),
        "–": Habit("this is not the minus of the keyboard: write `-`", "MINUS"),
        "—": Habit("this is not the minus of the keyboard: write `-`", "MINUS"),
        "*/": Habit(_COMMENT),
        "\u00a0": Habit("this is a no-break space: type a plain one"),
        "\\": Habit("a line goes on inside open brackets and after a comma"),
    }
)
"""Signs that are not in the language."""

QUOTES: Mapping[str, str] = MappingProxyType(
    {"`": "`", "'": "'", "“": "”", "”": "”", "„": "“", "‘": "’", "’": "’", "«": "»"}
)
"""Quotes that are not those of the language, and what closes them."""

LINE_HABITS: Mapping[str, str] = MappingProxyType(
    {
        "def": "write `function double f(double x)` … `end function`",
        "fn": "write `function double f(double x)` … `end function`",
        "func": "write `function double f(double x)` … `end function`",
        "fun": "write `function double f(double x)` … `end function`",
        "lambda": "write `function double f(double x)` … `end function`",
        "void": "a function gives a value: `function double f(double x)`",
        "let": "write the type first: `double x = 1.5`",
        "var": "write the type first: `double x = 1.5`",
        "val": "write the type first: `double x = 1.5`",
        "auto": "write the type first: `double x = 1.5`",
        "const": "write `double x = 1.5`; at the top of a job it is a constant",
        "final": "write `double x = 1.5`; at the top of a job it is a constant",
        "static": "write `double x = 1.5`; at the top of a job it is a constant",
        "set": "write `x = value`",
        "select": "a `map` emits what each row gives: `emit row.home, row.kwh`",
        "from": "a job names its data with `dataset readings(timestamp ts, double kwh)`",
        "where": "a `map` emits under `if … then` … `end if`",
        "group": "emit the key first: `emit row.home, row.kwh`; a `reduce` gets each group",
        "having": "a `reduce` emits under `if … then` … `end if`",
        "join": "a small table joins by `lookup`: `points[row.grade].point`",
        "insert": "a result leaves by `emit`",
        "create": "a job names its data with `dataset readings(timestamp ts, double kwh)`",
        "with": "stages follow each other: each `map` or `reduce` takes what the last one emits",
        "print": "nothing is printed; a result leaves by `emit`, a script's variables are shown",
        "echo": "nothing is printed; a result leaves by `emit`, a script's variables are shown",
        "printf": "nothing is printed; a result leaves by `emit`, a script's variables are shown",
        "yield": "write `emit key, value`",
        "import": "the library is there: call stats.mean(xs)",
        "include": "the library is there: call stats.mean(xs)",
        "library": "the library is there: call stats.mean(xs)",
        "require": "the library is there: call stats.mean(xs)",
        "using": "the library is there: call stats.mean(xs)",
        "class": "there are no classes; values are scalars and arrays of them",
        "struct": "there are no records; values are scalars and arrays of them",
        "type": "types are added by the rules of the data's provider",
        "switch": "write `if … then`, `else if … then`, `else`, `end if`",
        "case": "write `if … then`, `else if … then`, `else`, `end if`",
        "when": "write `if … then`, `else if … then`, `else`, `end if`",
        "match": "write `if … then`, `else if … then`, `else`, `end if`",
        "unless": "write `if not … then`",
        "until": "write `while not … limit n do` … `end while`",
        "repeat": "write `while … limit n do` … `end while`",
        "loop": "write `for i = 0; i < n; i++ do` … `end for`",
        "foreach": "write `for x in xs do` … `end for`",
        "next": "write `continue`",
        "goto": "there are no jumps; `break` and `continue` leave a round",
        "exit": "`break` leaves a loop, `return` a function",
        "stop": "`break` leaves a loop, `return` a function",
        "pass": "a block may be empty: leave the line out",
        "try": "an operation that fails ends the record; test for it first",
        "except": "an operation that fails ends the record; test for it first",
        "catch": "an operation that fails ends the record; test for it first",
        "raise": "a record that should not count is not emitted: `if … then` … `end if`",
        "throw": "a record that should not count is not emitted: `if … then` … `end if`",
        "assert": "a record that should not count is not emitted: `if … then` … `end if`",
        "begin": "a block starts with its command and ends with `end` and the command's word",
        "input": "a value comes with the request: `param double price = 0.20`",
        "global": "there are no variables outside of functions but constants",
        "del": "a variable ends with its block",
        "async": "stages run in parallel by themselves",
    }
)
"""Words that start a line elsewhere, in lower case."""

FUNCTION_HABITS = frozenset({"def", "fn", "func", "fun", "lambda", "void"})

ELSE_IF_HABITS = frozenset({"elif", "elseif", "elsif", "elsf", "eliff"})

END_HABITS: Mapping[str, str] = MappingProxyType(
    {
        "endif": "IF",
        "fi": "IF",
        "endfor": "FOR",
        "endwhile": "WHILE",
        "wend": "WHILE",
        "endfunction": "FUNCTION",
        "enddef": "FUNCTION",
        "endmap": "MAP",
        "endreduce": "REDUCE",
        "esac": "IF",
        "done": "",
        "od": "",
    }
)
"""Words that close a block elsewhere, and the block ("": the innermost)."""

TYPE_HABITS: Mapping[str, str] = MappingProxyType(
    {
        "integer": "int",
        "int32": "int",
        "i32": "int",
        "smallint": "int",
        "short": "int",
        "byte": "int",
        "uint": "int",
        "unsigned": "int",
        "int64": "long",
        "i64": "long",
        "bigint": "long",
        "number": "double",
        "numeric": "double",
        "decimal": "double",
        "real": "double",
        "float64": "double",
        "f64": "double",
        "float32": "float",
        "f32": "float",
        "boolean": "bool",
        "logical": "bool",
        "str": "string",
        "text": "string",
        "char": "string",
        "character": "string",
        "varchar": "string",
        "datetime": "timestamp",
        "time": "timestamp",
        "posixct": "timestamp",
        "timedelta": "duration",
        "interval": "duration",
        "difftime": "duration",
        "array": "double[]",
        "list": "double[]",
        "vector": "double[]",
    }
)
"""Type words of other languages, in lower case, and what comes nearest."""
