"""Bytecode as people read it: blocks with their price, instructions with theirs, source lines.

What a verified module adds is the prices; a module by itself can be listed too, as can one without
a section for people. Texts of a foreign module are shown without what could steer a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from attrs import frozen

from totemlang.bytecode.formula import term
from totemlang.bytecode.module import Code, Instruction, Module, OrderBy, Stage, StageKind
from totemlang.schema.types import Field, Type
from totemlang.tables.measure import Measure
from totemlang.tables.operations import CONSTANT, FUNCTION, GLOBAL, LOOKUP, OPERATIONS, SLOT

_OPEN = frozenset({"if", "else", "and", "or", "for", "while", "foreach", "do", "step"})
_CLOSE = frozenset({"else", "do", "step", "end"})
_LONGEST = 60
_COLUMN = 34


class Price(Protocol):
    """The price of an instruction."""

    @property
    def fixed(self) -> int:
        """Totem that no value changes."""

    @property
    def sized(self) -> Sequence[tuple[int, Measure]]:
        """Totem by sizes of values."""


class Step(Protocol):
    """A verified instruction."""

    @property
    def price(self) -> Price:
        """What it costs."""


class Block(Protocol):
    """Instructions that are charged together."""

    @property
    def start(self) -> int:
        """The first of them."""

    @property
    def fixed(self) -> int:
        """Totem charged on entry."""


class Priced(Protocol):
    """A verified body."""

    @property
    def steps(self) -> Sequence[Step]:
        """One for each instruction."""

    @property
    def blocks(self) -> Sequence[Block]:
        """In order."""


class Verified(Protocol):
    """A verified module: bodies with prices, in the order of the module's."""

    @property
    def module(self) -> Module:
        """The module."""

    @property
    def initial(self) -> Sequence[Priced | None]:
        """Of the globals."""

    @property
    def functions(self) -> Sequence[Priced]:
        """Of the functions."""

    @property
    def script(self) -> Priced | None:
        """Of the script."""

    @property
    def stages(self) -> Sequence[Priced]:
        """Of the stages."""


def listing(of: Module | Verified) -> str:
    """The listing of a module, with prices where it has been verified. Ends with a line end."""
    lines = _Listing(of, None) if isinstance(of, Module) else _Listing(of.module, of)
    return "\n".join(lines.all()) + "\n"


@frozen
class _Listing:
    """Lists a module."""

    module: Module
    verified: Verified | None

    def all(self) -> Iterator[str]:
        """Every line."""
        module, verified = self.module, self.verified
        yield f"rules  {module.rules_hash}"
        yield f"prices {module.prices_hash}"
        if module.dataset is not None:
            yield ""
            yield f"dataset {shown(module.dataset.name)}({_fields(module.dataset.columns)})"
        for lookup in module.lookups:
            yield ""
            keys = f"({_fields(lookup.keys)})" if len(lookup.keys) > 1 else _fields(lookup.keys)
            yield f"lookup {shown(lookup.name)}({keys}, {_fields(lookup.columns)})"
        for number, known in enumerate(module.globals):
            yield ""
            yield f"{known.kind.value} {_fields([known.field])}"
            if known.initial is not None:
                yield from self.body(
                    known.initial, None if verified is None else verified.initial[number]
                )
        for number, function in enumerate(module.functions):
            origin = " (library)" if function.library else ""
            yield ""
            yield (
                f"function {function.result} {shown(function.name)}"
                f"({_fields(function.parameters)}){origin}"
            )
            yield from self.body(
                function.code, None if verified is None else verified.functions[number]
            )
        if module.script is not None:
            yield ""
            yield "script"
            yield from self.body(module.script, None if verified is None else verified.script)
        for number, stage in enumerate(module.stages):
            yield ""
            yield _stage(stage)
            yield from self.body(stage.code, None if verified is None else verified.stages[number])
            if module.merge is not None and module.merge.after == number:
                yield ""
                yield f"merge {', '.join(module.merge.combine)}".rstrip()

    def body(self, code: Code, priced: Priced | None) -> Iterator[str]:
        """The lines of a body: source lines, blocks, instructions."""
        starts: Mapping[int, int] = (
            {} if priced is None else {block.start: block.fixed for block in priced.blocks}
        )
        line, depth = 0, 0
        for index, instruction in enumerate(code.instructions):
            found = self.line(code, index)
            if found and found != line and self.module.source is not None:
                line = found
                yield f"{line:>5} | {shown(self.module.source.line(line))}".rstrip()
            if index in starts:
                yield f"        block: {starts[index]}"
            depth -= instruction.operation in _CLOSE
            text = "  " * max(depth, 0) + str(instruction)
            depth += instruction.operation in _OPEN
            price = "" if priced is None else _price(priced.steps[index].price)
            note = self.note(code, instruction)
            yield f"{index:>8}  {text:<{_COLUMN}} {price:<24} {note}".rstrip()

    def line(self, code: Code, index: int) -> int:
        """The source line of an instruction, 0 where nobody knows."""
        if self.module.source is None or index >= len(code.spans):
            return 0
        return self.module.source.position(code.spans[index].start).line

    def note(self, code: Code, instruction: Instruction) -> str:
        """What the immediates mean."""
        row = OPERATIONS.get(instruction.operation)
        kinds = () if row is None else row.immediates
        found = (
            self.meaning(code, kind, number)
            for kind, number in zip(kinds, instruction.immediates, strict=False)
        )
        return " ".join(text for text in found if text)

    def meaning(self, code: Code, kind: str, number: int) -> str:
        """What an immediate of a kind means."""
        module = self.module
        if kind == CONSTANT:
            known = 0 <= number < len(module.constants)
            return _value(module.constants[number]) if known else ""
        names: Sequence[str] = ()
        if kind == SLOT:
            names = code.slot_names
        elif kind == GLOBAL:
            names = [known.field.name for known in module.globals]
        elif kind == FUNCTION:
            names = [function.name for function in module.functions]
        elif kind == LOOKUP:
            names = [lookup.name for lookup in module.lookups]
        return _at(names, number)


def shown(text: str) -> str:
    """A text without anything that could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _at(names: Sequence[str], number: int) -> str:
    return shown(names[number]) if 0 <= number < len(names) else ""


def _value(constant: tuple[Type, object]) -> str:
    at, value = constant
    text = json.dumps(value) if isinstance(value, str) else str(value)
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{at} {text}"


def _fields(fields: Sequence[Field]) -> str:
    return ", ".join(f"{one.type} {shown(one.name)}" for one in fields)


def _stage(stage: Stage) -> str:
    keys = stage.parameters[: stage.key_parts]
    taken = _fields(stage.parameters)
    if len(keys) > 1:
        rest = _fields(stage.parameters[stage.key_parts :])
        taken = f"({_fields(keys)})" + (f", {rest}" if rest else "")
    word = "map" if stage.kind is StageKind.MAP else "reduce"
    columns, key = stage.emitted.columns, stage.emitted.key_parts
    emitted = _fields(columns)
    if key > 1:
        emitted = f"({_fields(columns[:key])}), {_fields(columns[key:])}"
    order = "" if stage.order_by is None else _order(stage, stage.order_by)
    return f"{word} {shown(stage.name)}({taken}){order} -> {emitted}".rstrip(", ")


def _order(stage: Stage, order: OrderBy) -> str:
    name = _at([parameter.name for parameter in stage.parameters], order.parameter)
    return f" order by {name}{' desc' if order.descending else ''}"


def _price(price: Price) -> str:
    parts = [str(price.fixed)] if price.fixed or not price.sized else []
    return " + ".join([*parts, *(term(weight, measure) for weight, measure in price.sized)])
