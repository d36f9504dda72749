"""The library: loaded as far as it is used, sound as shipped, refused where its source is wrong."""

from __future__ import annotations

import pytest

from totemlang.check.builtins import BUILTINS, CALLED_SIGNS, SIGNS
from totemlang.check.checker import check
from totemlang.check.library import Library, default_library
from totemlang.check.suggestions import HABITS
from totemlang.check.typed import CallValue, TypedReturn
from totemlang.diagnostics import Refused
from totemlang.schema.types import DOUBLE, INT, Type
from totemlang.source import Source
from totemlang.syntax.parser import parse
from totemlang.tables.operations import OPERATIONS
from totemlang.tables.rules import default_rules

TWO_FILES = {
    "one": """double half = 0.5
function double one.twice(double x)
    return x / half
end function
function double one.four(double x)
    return twice(twice(x))
end function
""",
    "two": """function double two.eight(double x)
    return one.four(x) + one.half - one.half
end function
function int two.eight(int x)
    return x
end function
""",
    "broken": "function int broken.f(int x)\n    return y\nend function\n",
    "ring": """function int ring.f(int x)
    return ring.g(x)
end function
function int ring.g(int x)
    return f(x)
end function
""",
}


def test_the_shipped_library_is_sound() -> None:
    """Nothing is wrong with any function of it, used or not."""
    assert default_library().findings() == ()


def test_a_closure_has_callees_first_numbered_within_itself() -> None:
    """Each function stands once, before those that call it."""
    found = Library.of_texts(TWO_FILES).closure("two.eight", [DOUBLE])
    assert [function.name for function in found] == ["one.twice", "one.four", "two.eight"]
    assert all(function.library for function in found)
    assert [function.source.name for function in found] == ["one.totem", "one.totem", "two.totem"]
    (returned,) = found[1].body.statements
    assert isinstance(returned, TypedReturn)
    assert isinstance(returned.value, CallValue)
    assert returned.value.function == 0


def test_a_closure_is_found_by_the_types_of_parameters() -> None:
    """Overloads are different functions."""
    library = Library.of_texts(TWO_FILES)
    (function,) = library.closure("two.eight", [INT])
    assert function.result == INT
    for name, types in (("two.eight", [Type(DOUBLE.kind).array]), ("two.nine", []), ("x.y", [])):
        with pytest.raises(KeyError):
            library.closure(name, types)


def test_files_are_read_only_where_they_are_used() -> None:
    """Nor are functions checked that nobody calls."""
    asked: list[str] = []

    def read(name: str) -> str:
        asked.append(name)
        return TWO_FILES[name]

    library = Library(tuple(TWO_FILES), read)
    assert asked == []
    library.closure("one.twice", [DOUBLE])
    library.closure("one.four", [DOUBLE])
    assert asked == ["one"]


def test_functions_of_the_library_stand_before_those_of_the_program() -> None:
    """Each only once, whoever calls it."""
    text = """function double f(double x)
    return two.eight(x) + one.twice(x)
end function
double y = f(1) + one.twice(2)
"""
    tree, _ = parse(Source(text), default_rules())
    assert tree is not None
    program, findings = check(tree, default_rules(), Library.of_texts(TWO_FILES), {})
    assert findings == ()
    assert program is not None
    names = [function.name for function in program.functions]
    assert names == ["one.twice", "one.four", "two.eight", "f"]
    assert [function.library for function in program.functions] == [True, True, True, False]


def test_a_wrong_library_is_refused_with_its_own_place() -> None:
    """It is not the program's fault: nothing is reported of the program."""
    tree, _ = parse(Source("int a = broken.f(1)\n"), default_rules())
    assert tree is not None
    with pytest.raises(Refused) as refused:
        check(tree, default_rules(), Library.of_texts(TWO_FILES), {})
    (finding,) = refused.value.diagnostics
    assert (finding.code, finding.source.name) == ("NAM103", "broken.totem")


def test_all_that_is_wrong_with_a_library_is_found() -> None:
    """Also what nobody calls, and functions that call each other."""
    found = Library.of_texts(TWO_FILES).findings()
    assert [finding.code for finding in found] == ["NAM103"]
    sound = {name: text for name, text in TWO_FILES.items() if name != "broken"}
    found = Library.of_texts(sound).findings()
    assert [finding.code for finding in found] == ["CTL106"]


def test_every_scalar_operation_can_be_written() -> None:
    """No row of the table that computes a value is out of reach of the language."""
    written = {row for builtin in BUILTINS.values() for row in builtin.rows}
    written |= {row for rows in SIGNS.values() for row in rows} | {"neg", "not", "array", "element"}
    implied = {"const", "load", "global", "widen_long", "widen_double", "present", "lookup"}
    computing = {
        name
        for name, row in OPERATIONS.items()
        if row.result and not row.control and not name.startswith("check_")
    }
    assert computing - written - implied == {"take_element", "same_length"}


def test_no_habit_hides_a_function() -> None:
    """What is answered as a habit of another language is no function of this one."""
    assert not HABITS.keys() & {*BUILTINS, *CALLED_SIGNS}
    assert not HABITS.keys() & set(default_library().function_names())
