"""An assembler for tests: bytecode as text becomes a module.

One instruction a line as in a listing; a constant stands in braces where its number would, and is
pooled in order of first use: `const.int {5}`, `check_range.int[] {0} {9}`. `#` starts a comment.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from attrs import define, field

from totemlang.bytecode.constants import Pool
from totemlang.bytecode.module import (
    Code,
    Dataset,
    Emitted,
    Function,
    Global,
    GlobalKind,
    Instruction,
    Merge,
    Module,
    OrderBy,
    Stage,
    StageKind,
)
from totemlang.schema.types import FREE, Constraint, Field, parse_type
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules

_TOKEN = re.compile(r"\{.*?\}|\S+")


def fields(text: str, constraint: Constraint = FREE) -> tuple[Field, ...]:
    """`int a, double[] b` as fields."""
    pairs = (part.split() for part in text.split(",") if part.strip())
    return tuple(Field(name, parse_type(at), constraint) for at, name in pairs)


@define
class Assembler:
    """Collects the parts of a module in the order of the module: its constants follow."""

    pool: Pool = field(factory=Pool)
    globals: list[Global] = field(factory=list)
    functions: list[Function] = field(factory=list)
    stages: list[Stage] = field(factory=list)
    columns: tuple[Field, ...] = ()

    def code(self, slots: str, text: str) -> Code:
        """A body: `slots` as `int a, double b`."""
        lines = (line.split("#")[0].strip() for line in text.splitlines())
        instructions = tuple(self.instruction(line) for line in lines if line)
        named = fields(slots)
        return Code(tuple(f.type for f in named), instructions, (), tuple(f.name for f in named))

    def instruction(self, line: str) -> Instruction:
        """One line."""
        name, *rest = _TOKEN.findall(line)
        operation, _, written = name.partition(".")
        at = parse_type(written) if written else None
        numbers = []
        for token in rest:
            if token.startswith("{"):
                value: Any = ast.literal_eval(token[1:-1])
                exact = at if operation == "const" else at and at.element
                numbers.append(self.pool.number(exact, value))
            else:
                numbers.append(int(token))
        return Instruction(operation, at, tuple(numbers))

    def param(self, text: str, initial: str | None, constraint: Constraint = FREE) -> None:
        """A parameter of the program."""
        code = None if initial is None else self.code("", initial)
        self.globals.append(Global(fields(text, constraint)[0], GlobalKind.PARAMETER, code))

    def function(
        self,
        result: str,
        name: str,
        parameters: str,
        text: str,
        *,
        locals_: str = "",
        library: bool = False,
        constraint: Constraint = FREE,
    ) -> None:
        """A function."""
        taken = fields(parameters, constraint)
        code = self.code(", ".join(filter(None, [parameters, locals_])), text)
        self.functions.append(Function(name, taken, parse_type(result), code, library))

    def stage(
        self,
        kind: StageKind,
        name: str,
        parameters: str,
        emitted: str,
        text: str,
        *,
        locals_: str = "",
        key_parts: int = 0,
        emitted_key_parts: int = 1,
        order_by: OrderBy | None = None,
    ) -> None:
        """A stage; the columns of the first are those of the data set."""
        taken = fields(parameters)
        self.columns = self.columns or taken
        code = self.code(", ".join(filter(None, [parameters, locals_])), text)
        columns = Emitted(fields(emitted), emitted_key_parts)
        self.stages.append(Stage(name, kind, taken, key_parts, order_by, columns, code))

    def script(self, slots: str, text: str, variables: Sequence[tuple[str, int]] = ()) -> Module:
        """The module of a script."""
        return self.module(script=self.code(slots, text), variables=tuple(variables))

    def job(self, merge: Merge | None = None) -> Module:
        """The module of a job."""
        dataset = Dataset("d", self.columns)
        return self.module(dataset=dataset, stages=tuple(self.stages), merge=merge)

    def module(self, **parts: Any) -> Module:
        """A module under the rules and prices that the package ships."""
        return Module(
            rules_hash=default_rules().hash,
            prices_hash=default_prices().hash,
            constants=self.pool.constants,
            globals=tuple(self.globals),
            functions=tuple(self.functions),
            **parts,
        )


def script(slots: str, text: str) -> Module:
    """A script without anything around."""
    return Assembler().script(slots, text)
