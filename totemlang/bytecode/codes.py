"""Every fault of a module in one table: its code, its class and what it means.

Codes are stable for ever. Numbers below 100 are of the container, those from 101 of the verifier;
a code that is no longer used is not given out again.
"""

from __future__ import annotations

from totemlang.check.codes import Code
from totemlang.diagnostics import ErrorClass

_FAULTS: tuple[tuple[str, ErrorClass, str], ...] = (
    ("BYT001", ErrorClass.SYNTAX, "no compiled program"),
    ("BYT002", ErrorClass.SYNTAX, "a module of another version"),
    ("BYT003", ErrorClass.SYNTAX, "a module that is too large"),
    ("BYT004", ErrorClass.SYNTAX, "a module that is damaged, or not in its one valid form"),
    ("BYT006", ErrorClass.SYNTAX, "a module that cannot be written"),
    ("BYT101", ErrorClass.COMMAND, "a module compiled under other rules"),
    ("BYT102", ErrorClass.COST, "a module compiled under other prices"),
    ("BYT103", ErrorClass.COMMAND, "the rules in force do not have the command"),
    ("BYT104", ErrorClass.COMMAND, "a type word that the rules do not have, or bound otherwise"),
    ("BYT110", ErrorClass.NAMING, "a name that cannot be one, or stands twice"),
    ("BYT111", ErrorClass.TYPE, "neither a script nor a job, or both"),
    ("BYT112", ErrorClass.TYPE, "a stage or function that does not take what it is given"),
    ("BYT113", ErrorClass.TYPE, "emitted columns that no stage can emit"),
    ("BYT114", ErrorClass.TYPE, "a constant without value, or one that may be missing"),
    ("BYT115", ErrorClass.TYPE, "an order or merge of what cannot be ordered or merged"),
    ("BYT116", ErrorClass.TYPE, "a lookup with no proper key or columns"),
    ("BYT117", ErrorClass.TYPE, "a job without data set, or one with no proper columns"),
    ("BYT118", ErrorClass.TYPE, "a variable of a script that is no slot"),
    ("BYT119", ErrorClass.TYPE, "more of a kind than a node takes on"),
    ("BYT120", ErrorClass.TYPE, "a constant that is no value of its type, or of another type"),
    ("BYT121", ErrorClass.TYPE, "bounds that do not fit their type"),
    ("BYT130", ErrorClass.TYPE, "an operation that does not exist, or not at that type"),
    ("BYT131", ErrorClass.TYPE, "an instruction that names what is not there"),
    ("BYT132", ErrorClass.TYPE, "an operand of another type"),
    ("BYT133", ErrorClass.TYPE, "too few or too many values on the stack"),
    ("BYT134", ErrorClass.TYPE, "a slot or global of another type"),
    ("BYT135", ErrorClass.TYPE, "a store to what is read-only"),
    ("BYT136", ErrorClass.COST, "a store that is charged otherwise than it must be"),
    ("BYT137", ErrorClass.COST, "the parts of an element's update taken apart"),
    ("BYT138", ErrorClass.TYPE, "a value that has not passed its checks, or passes them idly"),
    ("BYT140", ErrorClass.CONTROL, "control that opens or closes where it cannot"),
    ("BYT141", ErrorClass.CONTROL, "a for that is not sure to end"),
    ("BYT142", ErrorClass.CONTROL, "break or continue outside of a loop"),
    ("BYT143", ErrorClass.CONTROL, "code that is never reached"),
    ("BYT144", ErrorClass.CONTROL, "a path through a function that ends without return"),
    ("BYT145", ErrorClass.CONTROL, "an instruction that its body may not have"),
    ("BYT146", ErrorClass.CONTROL, "blocks nest too deeply"),
    ("BYT147", ErrorClass.TYPE, "the stack or an expression is too deep"),
    ("BYT150", ErrorClass.CONTROL, "a call of what does not stand before, or calls too deep"),
    ("BYT151", ErrorClass.TYPE, "library code that is not this node's"),
)

CODES: dict[str, Code] = {code: Code(code, kind, meaning) for code, kind, meaning in _FAULTS}
"""All faults by code."""
