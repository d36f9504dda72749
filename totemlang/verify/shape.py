"""What holds of a module apart from its code: names, declared types, constants, how parts fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from totemlang.bytecode.constants import is_unicode, is_value
from totemlang.bytecode.limits import (
    MAX_CONSTANTS,
    MAX_DEFINITIONS,
    MAX_FIELDS,
    MAX_INSTRUCTIONS,
    MAX_KEY_PARTS,
    MAX_NAME_CHARACTERS,
)
from totemlang.bytecode.module import Code, Function, GlobalKind, Lookup, Module
from totemlang.schema.types import KEY_KINDS, Field, Kind
from totemlang.tables.rules import LabelledType, RuleBook
from totemlang.verify.body import command_of
from totemlang.verify.faults import Faults

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_DOTTED = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}(\.[A-Za-z][A-Za-z0-9_]{0,63})+")
_WHOLE = frozenset({Kind.INT, Kind.LONG})
_NUMBERS = _WHOLE | {Kind.FLOAT, Kind.DOUBLE}
_LARGEST = 2**31 - 1
"""The largest length or number of bytes that a declared type may name."""


@frozen
class Shape:
    """Judges the parts of a module that are no code, against the rules in force."""

    module: Module
    rules: RuleBook
    faults: Faults

    def judge(self) -> None:
        """Note everything that is wrong, the chain of stages aside."""
        self.sizes()
        self.constants()
        self.data()
        self.globals()
        self.functions()
        self.script()

    def sizes(self) -> None:
        """Nothing is more than a node takes on."""
        module = self.module
        for what, found, limit in (
            ("constants", len(module.constants), MAX_CONSTANTS),
            ("globals", len(module.globals), MAX_DEFINITIONS),
            ("functions", len(module.functions), MAX_DEFINITIONS),
            ("lookups", len(module.lookups), MAX_DEFINITIONS),
            ("stages", len(module.stages), MAX_DEFINITIONS),
            ("instructions", _instructions(module), MAX_INSTRUCTIONS),
        ):
            if found > limit:
                self.faults.add("BYT119", f"the module has more than {limit:,} {what}")

    def constants(self) -> None:
        """Every constant is a value of its type."""
        for number, (at, value) in enumerate(self.module.constants):
            if not is_value(at, value):
                self.faults.add("BYT120", f"constant {number} is no value of {at}")

    # --- declarations

    def data(self) -> None:
        """The data set and the lookups."""
        dataset = self.module.dataset
        if dataset is not None:
            self.command("Dataset")
            self.name(dataset.name, "the data set")
            self.fields(dataset.columns, "the data set")
            if not dataset.columns:
                self.faults.add("BYT117", "the data set has no columns: its rows would be free")
            for column in dataset.columns:
                if column.type.is_array:
                    self.faults.add("BYT117", f"column {column.name} of the data set is an array")
        for lookup in self.module.lookups:
            self.lookup(lookup)
        self.unique([lookup.name for lookup in self.module.lookups], "lookup")

    def lookup(self, lookup: Lookup) -> None:
        """A lookup: parts of the key of kinds that a key may have, and columns."""
        what = f"lookup {lookup.name}"
        self.command("Lookup")
        self.name(lookup.name, what)
        self.fields((*lookup.keys, *lookup.columns), what)
        if not 1 <= len(lookup.keys) <= MAX_KEY_PARTS or not lookup.columns:
            self.faults.add("BYT116", f"{what} has too few or too many parts of its key or columns")
        for key in lookup.keys:
            if not is_key(key):
                self.faults.add("BYT116", f"{what}: {key.type} is no type for a key")
        for column in lookup.columns:
            if column.type.is_array:
                self.faults.add("BYT116", f"{what}: column {column.name} is an array")

    def globals(self) -> None:
        """Parameters and constants."""
        for known in self.module.globals:
            what = f"{known.kind.value} {known.field.name}"
            self.name(known.field.name, what)
            self.field(known.field, what)
            if known.kind is GlobalKind.PARAMETER:
                self.command("Param")
            elif known.initial is None:
                self.faults.add("BYT114", f"{what} has no value")
            if known.field.type.is_optional:
                self.faults.add("BYT114", f"{what} may be missing, which it may not")
        self.unique([known.field.name for known in self.module.globals], "parameter or constant")

    def functions(self) -> None:
        """Functions; of the library, the code is held against the library elsewhere."""
        names = set()
        for function in self.module.functions:
            what = f"function {function.name}"
            form = _DOTTED if function.library else _NAME
            if not form.fullmatch(function.name):
                self.faults.add("BYT110", "a function has a name against the convention")
            mark = function.name, tuple(p.type for p in function.parameters if function.library)
            if mark in names:
                self.faults.add("BYT110", f"{what} stands twice")
            names.add(mark)
            if not function.library:
                self.command("Function")
                self.fields(function.parameters, what)
                self.kind(function.result.kind)
            self.parameters(function.code, function.parameters, what)
            self.slots(function.code, function)

    def script(self) -> None:
        """A module is a script or a job, and a script's variables are slots of it."""
        module = self.module
        if (module.script is not None) == bool(module.stages):
            self.faults.add("BYT111", "the module is neither a script nor a job, or both")
        if module.script is None:
            if module.variables:
                self.faults.add("BYT118", "there are variables without a script")
            return
        if module.dataset is not None or module.lookups or module.merge is not None:
            self.faults.add("BYT111", "a script has no data set, no lookups and no merge")
        self.slots(module.script)
        self.unique([name for name, _ in module.variables], "variable")
        for name, slot in module.variables:
            self.name(name, "a variable")
            if not 0 <= slot < len(module.script.slots):
                self.faults.add("BYT118", f"variable {name} has no slot")

    # --- parts

    def command(self, command: str) -> None:
        """The rules must have the command."""
        if not self.rules.allows(command):
            message = f"the rules of {self.rules.name} do not have the command {command}"
            if all(found.message != message for found in self.faults.found):
                self.faults.add("BYT103", message)

    def kind(self, kind: Kind) -> None:
        """The rules must have the kind."""
        self.command(command_of(kind))

    def name(self, name: str, what: str) -> None:
        """A name as programs write it."""
        if not _NAME.fullmatch(name):
            self.faults.add("BYT110", f"{what} has a name against the convention")

    def unique(self, names: Sequence[str], what: str) -> None:
        """No name stands twice."""
        seen: set[str] = set()
        for name in names:
            if name in seen:
                self.faults.add("BYT110", f"two of a kind, {what}, are called {name}")
            seen.add(name)

    def fields(self, fields: Sequence[Field], what: str) -> None:
        """Columns or parameters: each well declared, names different."""
        if len(fields) > MAX_FIELDS:
            self.faults.add("BYT119", f"{what} has more than {MAX_FIELDS:,} columns or parameters")
        for one in fields:
            self.field(one, what)
        self.unique([one.name for one in fields], f"columns or parameters of {what}")

    def field(self, field: Field, what: str) -> None:
        """A name that can stand as a heading, a kind that the rules have, a sound constraint."""
        printable = field.name.isprintable() and is_unicode(field.name)
        if not (printable and 1 <= len(field.name) <= MAX_NAME_CHARACTERS):
            self.faults.add("BYT110", f"a column or parameter of {what} has no proper name")
        self.kind(field.type.kind)
        if not is_sound(field):
            self.faults.add("BYT121", f"{what}: the bounds of {field.name} do not fit {field.type}")
        word = field.constraint.word
        labelled = self.rules.labelled.get(word)
        if word and labelled is None:
            self.faults.add("BYT104", f"the rules of {self.rules.name} have no type {word}")
        elif labelled is not None and not is_of(field, labelled):
            self.faults.add("BYT104", f"{word} has another domain in {self.rules.name}")

    def parameters(self, code: Code, parameters: Sequence[Field], what: str) -> None:
        """The first slots of a body are its parameters."""
        found = code.slots[: len(parameters)]
        if found != tuple(parameter.type for parameter in parameters):
            self.faults.add("BYT112", f"the first slots of {what} are not its parameters")

    def slots(self, code: Code, function: Function | None = None) -> None:
        """The rules have the kind of every slot; they do not bind the library."""
        if function is None or not function.library:
            for kind in sorted({slot.kind for slot in code.slots}, key=lambda kind: kind.value):
                self.kind(kind)


def is_key(field: Field) -> bool:
    """Whether a keyed reduce, a merge or a lookup may take this as a part of its key."""
    return field.type.is_scalar and field.type.kind in KEY_KINDS


def is_of(field: Field, labelled: LabelledType) -> bool:
    """Whether a field that bears a type's word has its kind and domain (or shorter strings)."""
    found, domain = field.constraint, labelled.constraint
    shorter = domain.max_bytes is None or (
        found.max_bytes is not None and found.max_bytes <= domain.max_bytes
    )
    same = (found.lower, found.upper) == (domain.lower, domain.upper)
    return field.type.kind is labelled.kind and same and shorter


def is_sound(field: Field) -> bool:
    """Whether a constraint bounds what the type has, within what is possible."""
    found, at = field.constraint, field.type
    if found.length is not None and not (at.is_array and 0 <= found.length <= _LARGEST):
        return False
    if found.max_bytes is not None and not (
        at.kind is Kind.STRING and 0 <= found.max_bytes <= _LARGEST
    ):
        return False
    bounds = [bound for bound in (found.lower, found.upper) if bound is not None]
    if bounds and at.kind not in _NUMBERS:
        return False
    if any(isinstance(bound, float) and math.isnan(bound) for bound in bounds):
        return False
    if at.kind in _WHOLE and not all(isinstance(bound, int) for bound in bounds):
        return False
    return len(bounds) < 2 or bounds[0] <= bounds[1]


def _instructions(module: Module) -> int:
    codes: Iterable[Code | None] = (
        *(known.initial for known in module.globals),
        *(function.code for function in module.functions),
        module.script,
        *(stage.code for stage in module.stages),
    )
    return sum(len(code.instructions) for code in codes if code is not None)
