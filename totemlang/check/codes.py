"""Every finding of the checker in one table: its code, its class and what it means.

Codes are stable for ever. Numbers from 101 belong to the checker; a code that is no longer used
is not given out again. The reference is generated from this table.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.diagnostics import ErrorClass


@frozen
class Code:
    """A kind of finding: `meaning` is one line without names of the program."""

    code: str
    error_class: ErrorClass
    meaning: str


_CLASSES = {
    "SYN": ErrorClass.SYNTAX,
    "CMD": ErrorClass.COMMAND,
    "NAM": ErrorClass.NAMING,
    "CTL": ErrorClass.CONTROL,
    "TYP": ErrorClass.TYPE,
    "OPR": ErrorClass.OPERATION,
}

_MEANINGS = {
    "SYN101": "expressions or blocks nest too deeply",
    "CMD101": "the rules in force do not have the command",
    "CMD102": "no such function",
    "CMD103": "no such type",
    "NAM101": "a name against the naming convention",
    "NAM102": "a name is declared twice, or hides one of an outer scope",
    "NAM103": "no such variable, parameter, constant or lookup",
    "NAM104": "no such column",
    "NAM105": "a parameter bears the name of a column emitted at another position",
    "NAM106": "two emitted columns bear the same name",
    "NAM107": "the emits of a stage name a column differently",
    "NAM108": "a function bears the name of a built-in one",
    "NAM109": "no such data set",
    "CTL101": "break or continue outside of a loop",
    "CTL102": "a statement that is never reached",
    "CTL103": "a path through a function ends without return",
    "CTL104": "return outside of a function",
    "CTL105": "emit outside of a stage",
    "CTL106": "a function calls itself, directly or through others",
    "CTL107": "the condition of a for does not compare its variable with a bound",
    "CTL108": "the step of a for does not lead to its bound",
    "CTL109": "a statement that does not belong where it stands",
    "CTL110": "stages do not chain: a map or reduce takes what it cannot be given",
    "CTL111": "merge where results of several providers cannot become one",
    "CTL112": "a stage emits nothing",
    "CTL113": "a definition that only a program with stages can use",
    "CTL114": "a second data set or merge",
    "CTL115": "order by something that is no array parameter of the reduce",
    "CTL116": "a constant or default that is not known before the run",
    "CTL117": "a function returns an array that is not its own",
    "TYP101": "a value of one type where another is expected",
    "TYP102": "a value that may be missing is used bare",
    "TYP103": "an operator does not take these types",
    "TYP104": "a built-in function does not take these arguments",
    "TYP105": "a function takes another number of arguments",
    "TYP106": "no form of a library function takes these arguments",
    "TYP107": "indexing something that is no array",
    "TYP108": "a row, lookup or data set is no value",
    "TYP109": "a type that cannot be a key",
    "TYP110": "a type that cannot be emitted",
    "TYP111": "the emits of a stage disagree in types or number",
    "TYP112": "a parameter of a stage has another type than what is emitted there",
    "TYP113": "a column has another type in the data",
    "TYP114": "the type of a column is not known",
    "TYP115": "a type that cannot stand here",
    "TYP116": "elements of an array differ in type, or there are none to tell it",
    "TYP117": "the exponent of ** is not a whole number",
    "TYP118": "the variable of a for is not a whole number",
    "OPR101": "a literal is out of the range of its type",
    "OPR102": "an operation on literals that must fail",
    "OPR103": "a literal breaks the domain or size of a declared type",
    "OPR104": "a literal is no date or timestamp",
    "OPR105": "assignment to something that is read-only",
}

CODES: dict[str, Code] = {
    code: Code(code, _CLASSES[code[:3]], meaning) for code, meaning in _MEANINGS.items()
}
"""All findings by code."""
