"""What to write instead of a call that means nothing: usage, near names, habits."""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.check.builtins import CALLED_SIGNS, WORDS, Builtin
from totemlang.check.context import Body
from totemlang.check.matching import Given
from totemlang.check.names import LookupName
from totemlang.check.suggestions import HABITS
from totemlang.schema.types import BOOL, DATE, STRING, TIMESTAMP, Kind
from totemlang.syntax import tree
from totemlang.tables.operations import BINARY, NUMBERS

_KINDS = frozenset(kind.value for kind in Kind)


def unknown_function(body: Body, node: tree.Call) -> None:
    """Report a name that cannot be called."""
    name = node.function.text
    if name in CALLED_SIGNS:
        sign = CALLED_SIGNS[name]
        message = f"`{name}` takes two values, not {len(node.arguments)}"
        body.report("TYP104", node.span, message, f"write `{name}(a, b)` or `a {sign} b`")
        return
    body.report(
        "CMD102", node.function.span, f"there is no function `{name}`", _name_hint(body, name)
    )


def _name_hint(body: Body, name: str) -> str:
    world = body.world
    if name in world.rules.labelled and name not in _KINDS:
        return f"the domain of `{name}` is checked where a value is stored: `{name} x = …`"
    library = world.library.function_names()
    if name in HABITS:
        return HABITS[name]
    if name.lower() in HABITS:
        return HABITS[name.lower()]
    before, _, last = name.rpartition(".")
    if before and body.names.find(before) is not None:
        return HABITS.get(last, f"a function takes its value in brackets: `{last}({before})`")
    same = [known for known in library if known.rpartition(".")[2] == last]
    if same:
        return f"did you mean `{same[0]}`?"
    if isinstance(body.names.find(name), LookupName):
        return f"a lookup is asked as `{name}[key].column`"
    if body.names.find(name) is not None:
        return f"`{name}` is a value; brackets after it call a function"
    candidates = (*world.functions, *WORDS, *library) if "." not in name else (*library, *WORDS)
    return world.suggestions.near(name, candidates)


def builtin_hint(builtin: Builtin, operands: Sequence[Given]) -> str:
    """What a built-in function takes, or what is meant instead."""
    types = [g.type for g in operands]
    one = types[0] if len(types) == 1 else None
    name = builtin.name
    if one is not None and one in NUMBERS and name in _UNIT_OF:
        return f"a duration is `{_UNIT_OF[name]}(n)`; `{name}` is a part of a moment"
    if one == TIMESTAMP and name in _PART_OF:
        return f"the part of a moment is `{_PART_OF[name]}(ts)`"
    if one is not None and one in BINARY and name in _PART_OF:
        return f"`{name}` takes whole numbers: use a smaller unit, or `{name}(round(x))`"
    if one == DATE and name in ("hour", "minute"):
        return f"a date has no {name}: keep the timestamp"
    if one == STRING and name in ("date", "timestamp", *(kind.value for kind in _NUMBER_KINDS)):
        return f"strings are not read: declare the column as {name}"
    if name == "sum" and one == BOOL.array:
        return "to count what is true, emit `int(flag)` and add that up"
    if name == "sum" and one is not None and one.is_array:
        return "what adds up are numbers and durations"
    if name in ("sum", "min", "max", "count") and one in NUMBERS:
        return f"in a reduce the values of a key come as an array: declare `{one}[]`"
    if name == "sum" and len(types) > 1:
        return "of single values write `a + b`; `sum(xs)` takes one array"
    if name == "floor" and types[:1] == [DATE]:
        return "a date is a day already; write `floor(timestamp(day), d)`"
    if name in ("round", "floor", "ceil") and len(types) == 2 and types[0] in NUMBERS:
        return f"for places after the point write `{name}(x * 100) / 100`"
    if name == "value" and any(t.is_array for t in types):
        return "arrays are never missing; `xs[i]` is an element"
    return f"write `{builtin.usage}`"


_NUMBER_KINDS = tuple(at.kind for at in NUMBERS)
_UNIT_OF = {"day": "days", "hour": "hours", "minute": "minutes"}
_PART_OF = {"days": "day", "hours": "hour", "minutes": "minute", "seconds": "minute"}
