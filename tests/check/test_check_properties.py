"""Whatever the tree, the checker answers: with findings, or with a typed program that is sound."""

from __future__ import annotations

from check_cases import cases
from hypothesis import HealthCheck, example, given, settings
from random_trees import mutated, programs
from typed_rules import faults

from totemlang.check.checker import check
from totemlang.check.codes import CODES
from totemlang.check.library import default_library
from totemlang.check.text import program_text
from totemlang.schema.metadata import Metadata
from totemlang.source import NOWHERE, Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.rules import default_rules

SOURCES = tuple(case.source for case in cases() if not case.rules)
ODD = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def _answers(program: tree.Program) -> None:
    schemas: dict[str, Metadata] = {}
    typed, findings = check(program, default_rules(), default_library(), schemas)
    assert (typed is None) == bool(findings)
    for finding in findings:
        assert CODES[finding.code].error_class is finding.error_class
        finding.to_json()
    if typed is not None:
        assert faults(typed) == []
        program_text(typed)


@settings(ODD, max_examples=60)
@given(programs)
@example(tree.Program(NOWHERE, (), (), Source("")))
def test_any_tree_is_answered(program: tree.Program) -> None:
    """No tree makes the checker fail."""
    _answers(program)


@ODD
@given(mutated(SOURCES))
def test_programs_with_changed_tokens_are_answered(text: str) -> None:
    """Programs that are nearly right are refused, or typed soundly."""
    program, findings = parse(Source(text), default_rules())
    if program is not None and not findings:
        _answers(program)


def test_accepted_cases_are_typed_soundly() -> None:
    """Every golden program that is accepted holds against the operation table."""
    accepted = 0
    for source in SOURCES:
        program, _ = parse(Source(source + "\n"), default_rules())
        assert program is not None
        typed, _ = check(program, default_rules(), default_library(), {})
        if typed is not None:
            accepted += 1
            assert faults(typed) == []
    assert accepted > 30
