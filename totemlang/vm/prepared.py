"""A verified module as one compiled piece of Python, with what is needed to read its counters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import CodeType

from attrs import define, field, frozen

from totemlang.bytecode.module import Stage
from totemlang.schema.types import Field
from totemlang.source import Source
from totemlang.verify.blocks import EACH_ROUND, EACH_TEST
from totemlang.verify.verified import Block, VerifiedCode, VerifiedModule
from totemlang.vm.control import translate
from totemlang.vm.parts import Surroundings
from totemlang.vm.python_text import INDENT, Function, Site
from totemlang.vm.shape import line_of, lines_of, shape_of
from totemlang.vm.stage_loops import clear_slots, write_stage
from totemlang.vm.translator import Translator

READ = "Read"
"""The operation group of reading rows and groups."""

BY_ROUND = frozenset({EACH_ROUND, EACH_TEST})
"""Operations that end a block and are charged not with it, but by rounds or tests."""


@frozen
class Body:
    """A body as it was translated.

    `counters` name the counters of blocks of control by the instruction that opens them,
    `amounts` the sums of size-dependent charges by instruction; `entries` counts how often the
    body is run, "" where the machine knows it or calls tell it. `read` and `ordered` are the sums
    charged for reading groups and for putting them in order, or ""; they are charged at the line
    `place`, where the body's head stands.
    """

    name: str
    verified: VerifiedCode
    lines: tuple[int, ...]
    place: int
    counters: dict[int, str]
    amounts: dict[int, str]
    entries: str = ""
    read: str = ""
    ordered: str = ""

    @cached_property
    def charges(self) -> tuple[tuple[Block, tuple[tuple[str, int, int], ...]], ...]:
        """What each block charges on entry, by operation group and line; free ones left out."""
        found = []
        for block in self.verified.blocks:
            sums: dict[tuple[str, int], int] = {}
            for at in range(block.start, block.stop):
                step = self.verified.steps[at]
                if step.price.fixed and self.operation(at) not in BY_ROUND:
                    place = (step.group, self.lines[at])
                    sums[place] = sums.get(place, 0) + step.price.fixed
            found.append((block, tuple((*place, totem) for place, totem in sums.items())))
        return tuple(found)

    def operation(self, at: int) -> str:
        """The operation of an instruction."""
        return self.verified.code.instructions[at].operation


@frozen
class Prepared:
    """Python made of a module. `sites` says for each line (from 1) where it comes from.

    `refunds` has the totem that a failure at a line takes back, by line.
    Bodies are numbered: functions, stages, the script (if there is one), initial values. `names`
    are the counters in the order in which `counted()` gives them. `counted_emits` tells of each
    stage whether records may emit any number of times.
    """

    verified: VerifiedModule
    code: CodeType
    source: str
    sites: tuple[Site | None, ...]
    refunds: Mapping[int, int]
    bodies: tuple[Body, ...]
    names: tuple[str, ...]
    counted_emits: tuple[bool, ...]

    @property
    def first_stage(self) -> int:
        """Number of the first stage's body."""
        return len(self.verified.functions)

    @property
    def script(self) -> int:
        """Number of the script's body."""
        return self.first_stage + len(self.verified.stages)


def prepare(verified: VerifiedModule, *, traced: bool = False) -> Prepared:
    """Translate a module and compile it. `traced`: each block entered is told to `trace`."""
    return _ModuleWriter(verified, traced).prepared()


@define
class _ModuleWriter:
    """Writes all bodies of a module against the names that they share."""

    verified: VerifiedModule
    traced: bool
    functions: list[Function] = field(factory=list)
    bodies: list[Body] = field(factory=list)
    counted_emits: list[bool] = field(factory=list)
    variables: set[str] = field(factory=set)
    apart: bool = False

    @property
    def source(self) -> Source:
        return self.verified.module.source or Source("")

    def prepared(self) -> Prepared:
        module = self.verified.module
        around = Surroundings(
            module.constants,
            tuple(g.field.type for g in module.globals),
            tuple(f.result for f in module.functions),
            self.verified.prices,
            self.traced,
        )
        for function, code in zip(module.functions, self.verified.functions, strict=True):
            self.function(function.parameters, code, around)
        for stage, code in zip(module.stages, self.verified.stages, strict=True):
            self.stage(stage, code, around)
        if self.verified.script is not None:
            self.script(self.verified.script, around)
        for number, initial in enumerate(self.verified.initial):
            if initial is not None:
                self.initial(number, initial, around)
        return self.assembled()

    # --- bodies

    def translator(
        self,
        code: VerifiedCode,
        around: Surroundings,
        parameters: int,
        header: str,
        read_at_end: tuple[int, ...] = (),
    ) -> Translator:
        shape = shape_of(code.code, parameters, read_at_end)
        lines = lines_of(code, self.source.line_starts)
        number = len(self.bodies)
        main = Function(header)
        return Translator(number, code, shape, lines, parameters, around, main)

    def keep(self, to: Translator, name: str, **sums: str) -> None:
        self.functions += [*to.finished, to.main]
        self.variables |= to.variables
        self.apart |= to.apart
        lines, place = tuple(to.lines), line_of(to.verified.code.place, self.source.line_starts)
        self.bodies.append(Body(name, to.verified, lines, place, to.counters, to.amounts, **sums))

    def function(
        self, parameters: tuple[Field, ...], code: VerifiedCode, around: Surroundings
    ) -> None:
        number, count = len(self.bodies), len(parameters)
        names = ", ".join(f"s{slot}" for slot in range(count))
        to = self.translator(code, around, count, f"def f{number}({names}):")
        if to.apart:
            for slot in range(count):
                to.write(f"{to.target('s', slot)} = s{slot}")
        clear_slots(to)
        translate(to)
        self.keep(to, self.verified.module.functions[number].name)

    def script(self, code: VerifiedCode, around: Surroundings) -> None:
        slots = tuple(slot for _, slot in self.verified.module.variables)
        to = self.translator(code, around, 0, "def script():", slots)
        clear_slots(to)
        translate(to)
        to.write("return [" + ", ".join(to.name("s", slot) for slot in slots) + "]")
        self.keep(to, "script")

    def initial(self, number: int, code: VerifiedCode, around: Surroundings) -> None:
        to = self.translator(code, around, 0, f"def i{number}():")
        translate(to)
        to.settle(0)
        to.write(f"return {to.pop().text}")
        self.keep(to, self.verified.module.globals[number].field.name)

    def stage(self, stage: Stage, code: VerifiedCode, around: Surroundings) -> None:
        to = self.translator(code, around, len(stage.parameters), "")
        to.prepaid = 0
        written = write_stage(to, stage, self.verified.prices)
        self.counted_emits.append(written.counted)
        self.keep(to, stage.name, **written.sums)

    # --- the whole

    def assembled(self) -> Prepared:
        names = [n for body in self.bodies for n in body.counters.values()]
        for body in self.bodies:
            names += [*body.amounts.values()]
            names += [name for name in (body.entries, body.read, body.ordered) if name]
        shared = ["left", *names, *sorted(self.variables)]
        # Python is slow to compile closures of very many variables: these are global.
        is_global = self.apart or len(shared) > _MAX_CELLS
        word, depth = ("global", "") if is_global else ("nonlocal", INDENT)
        lines = [] if is_global else ["def build():"]
        lines += [f"{depth}{name} = 0" for name in shared]
        sites: list[Site | None] = [None] * len(lines)
        refunds: dict[int, int] = {}
        refill = Function("def refill(amount):")
        refill.line(f"{refill.outer('left')} = amount")
        rest = Function("def rest():")
        rest.line("return left")
        counted = Function("def counted():")
        counted.line("return [" + ", ".join(names) + "]")
        for function in (refill, rest, counted, *self.functions):
            written, places, taken_back = function.finished(word)
            refunds |= {len(lines) + 1 + line: totem for line, totem in taken_back.items()}
            lines += [depth + line for line in written]
            sites += places
        lines.append(f"{depth}entrances = refill, rest, counted, {{{self.entrances()}}}")
        if not is_global:
            lines += [f"{depth}return entrances", "entrances = build()"]
        source = "\n".join(lines) + "\n"
        code = compile(source, FILE_NAME, "exec", dont_inherit=True, optimize=0)
        return Prepared(
            self.verified,
            code,
            source,
            tuple(sites),
            refunds,
            tuple(self.bodies),
            tuple(names),
            tuple(self.counted_emits),
        )

    def entrances(self) -> str:
        """The functions that the machine calls, by name."""
        first = len(self.verified.functions)
        found = [f"m{first + n}" for n in range(len(self.verified.stages))]
        if self.verified.script is not None:
            found.append("script")
        found += [f"i{n}" for n, code in enumerate(self.verified.initial) if code is not None]
        return ", ".join(f'"{name}": {name}' for name in found)


_MAX_CELLS = 500

FILE_NAME = "<totem>"
"""The file that tracebacks of generated code name."""
