"""Every function of the library is held to the rules of user code: it checks, ends, has a bound."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from library_calls import ran

from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.resources import resource_names, resource_text

_FUNCTION = re.compile(r"^function (\S+) (\w+\.\w+)\((.*)\)$", re.MULTILINE)

_ARGUMENTS = {
    "double": "1.0",
    "float": "1.0",
    "long": "1",
    "int": "1",
    "bool": "true",
    "string": '"one"',
    "date": 'date("2024-02-29")',
    "timestamp": 'timestamp("2024-02-29T12:30:00")',
    "duration": "hours(1)",
}


def calls() -> Iterator[tuple[str, str]]:
    """Each function with a script that calls it once on values of its parameters' types."""
    for file in resource_names("stdlib"):
        for result, name, parameters in _FUNCTION.findall(resource_text("stdlib", file)):
            lines, names = [], []
            for number, parameter in enumerate(parameters.split(", ")):
                kind = parameter.split()[0]
                value = _ARGUMENTS[kind.removesuffix("[]")]
                lines.append(
                    f"{kind} p{number} = " + (f"[{value}]" if kind.endswith("[]") else value)
                )
                names.append(f"p{number}")
            lines.append(f"{result} found = {name}({', '.join(names)})")
            yield f"{name}({parameters})", "\n".join(lines)


@pytest.mark.parametrize("text", [text for _, text in calls()], ids=[name for name, _ in calls()])
def test_a_function_checks_is_bounded_and_stays_within_its_bound(text: str) -> None:
    program = Program(Source(text))
    assert program.diagnostics == ()
    quote = program.estimate({})
    assert quote.upper is not None
    assert quote.lower <= ran(text).totem <= quote.upper


def test_the_library_has_all_its_rooms() -> None:
    assert set(resource_names("stdlib")) == {
        f"{room}.totem" for room in ("energy", "math", "ml", "stats", "text", "time")
    }
