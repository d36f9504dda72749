"""Every golden case: what is refused, where, and what to write instead; how programs are typed.

`TOTEM_UPDATE_CASES=1 pytest tests/check/test_check_cases.py` writes what comes out into the files;
the difference is then read like any other change of the specification.
"""

from __future__ import annotations

import os

import pytest
from check_cases import Case, cases, outcome

from totemlang.check.codes import CODES

ALL = list(cases())


@pytest.mark.parametrize("case", ALL, ids=str)
def test_case(case: Case) -> None:
    """The findings, or the typed program, are those of the file."""
    found = outcome(case)
    if os.environ.get("TOTEM_UPDATE_CASES") and found != case.expected:
        text = case.file.read_text(encoding="utf-8")
        start = text.index(f"[case {case.name}]\n")
        head, tail = text[:start], text[start:]
        mark = f"[{case.kind}]\n"
        old = tail.index(mark) + len(mark)
        stop = tail.find("\n[case ", old)
        rest = tail[stop:] if stop >= 0 else ""
        case.file.write_text(f"{head}{tail[:old]}{found}\n{rest}", encoding="utf-8")
    assert found == case.expected


def test_case_names_differ() -> None:
    """A case is found by its name."""
    names = [(case.file, case.name) for case in ALL]
    assert len(names) == len(set(names))


def test_every_code_has_a_case() -> None:
    """Each finding of the checker is shown by at least one case."""
    shown = {word for case in ALL for word in case.expected.split()}
    assert set(CODES) - shown == {"CMD103", "SYN101"}, "these need trees by hand"
