"""Functions that give a letter in another case: the pinned table as a tree of comparisons."""

from __future__ import annotations

from totemlang.vm.case_table import LOWER, UPPER, Runs

_LETTER = "(local.get $letter)"


def letter_functions() -> list[str]:
    """`lower_letter` and `upper_letter`, from a code point beyond ASCII to a code point."""
    return [_function("lower_letter", LOWER), _function("upper_letter", UPPER)]


def _function(name: str, runs: Runs) -> str:
    body = _tree(tuple(sorted(runs)))
    return f"(func ${name} (param $letter i32) (result i32)\n{body})"


def _tree(runs: Runs) -> str:
    """The half of the runs that a letter may lie in, again and again, until there is one."""
    if len(runs) == 1:
        return _mapped(*runs[0])
    middle = len(runs) // 2
    test = f"(i32.lt_u {_LETTER} (i32.const {runs[middle][0]}))"
    below, above = _tree(runs[:middle]), _tree(runs[middle:])
    return f"(if (result i32) {test}\n(then {below})\n(else {above}))"


def _mapped(first: int, last: int, step: int, distance: int) -> str:
    """The letter moved on if it is of the run: within it, and so many steps from the first."""
    offset = f"(i32.sub {_LETTER} (i32.const {first}))"
    within = f"(i32.le_u {offset} (i32.const {last - first}))"
    if step != 1:
        among = f"(i32.eqz (i32.rem_u {offset} (i32.const {step})))"
        within = f"(i32.and {within} {among})"
    return f"(select (i32.add {_LETTER} (i32.const {distance})) {_LETTER} {within})"
