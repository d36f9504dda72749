"""A verified module as one compiled piece of Python, with what is needed to read its counters."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType

from attrs import define, field, frozen

from totemlang.bytecode.module import Code, Stage, StageKind
from totemlang.cost.verified import VerifiedCode, VerifiedModule
from totemlang.schema.types import Field, Kind, Type
from totemlang.source import Source
from totemlang.tables.prices import PriceTable
from totemlang.vm.control import translate
from totemlang.vm.items import Item
from totemlang.vm.python_text import INDENT, Function, Site
from totemlang.vm.shape import line_of, lines_of, shape_of
from totemlang.vm.translator import Surroundings, Translator

READ = "Read"
"""The operation group of reading rows and groups."""


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


@frozen
class Prepared:
    """Python made of a module. `sites` says for each line (from 1) where it comes from.

    Bodies are numbered: functions, stages, the script (if there is one), initial values. `names`
    are the counters in the order in which `counted()` gives them. `counted_emits` tells of each
    stage whether records may emit any number of times.
    """

    verified: VerifiedModule
    code: CodeType
    source: str
    sites: tuple[Site | None, ...]
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


_ZEROS: dict[Kind, str] = {
    Kind.BOOL: "False",
    Kind.FLOAT: "0.0",
    Kind.DOUBLE: "0.0",
    Kind.STRING: '""',
}


def zero(at: Type) -> str:
    """What a slot holds before anything is stored: an array of length 0 is never changed."""
    if at.is_array:
        return "empty"
    return "None" if at.is_optional else _ZEROS.get(at.kind, "0")


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

    def clear(self, to: Translator) -> None:
        for slot in to.shape.to_clear:
            to.write(f"{to.target('s', slot)} = {zero(to.verified.code.slots[slot])}")

    def function(
        self, parameters: tuple[Field, ...], code: VerifiedCode, around: Surroundings
    ) -> None:
        number, count = len(self.bodies), len(parameters)
        names = ", ".join(f"s{slot}" for slot in range(count))
        to = self.translator(code, around, count, f"def f{number}({names}):")
        if to.apart:
            for slot in range(count):
                to.write(f"{to.target('s', slot)} = s{slot}")
        self.clear(to)
        translate(to)
        self.keep(to, self.verified.module.functions[number].name)

    def script(self, code: VerifiedCode, around: Surroundings) -> None:
        slots = tuple(slot for _, slot in self.verified.module.variables)
        to = self.translator(code, around, 0, "def script():", slots)
        self.clear(to)
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
        is_map = stage.kind is StageKind.MAP
        header = _map_header if is_map else _reduce_header
        count = len(stage.parameters)
        to = self.translator(code, around, count, "")
        number = to.number
        counted = not emits_once(code.code)
        self.counted_emits.append(counted)
        to.prepaid = 0
        to.on_emit = _emitter(counted)
        sums = header(to, stage, self.verified.prices)
        if counted:
            to.write(f"{to.target('k')} = 0")
        to.open("try:")
        self.clear(to)
        translate(to)
        if counted:
            to.write(f"c{number}({to.name('k')})")
        to.close()
        to.open("except FAILURES as error:")
        to.write(f"failed{number}(error, {to.name('k') if counted else 0})")
        to.close()
        to.close()
        self.keep(to, stage.name, **sums)

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
        refill = Function("def refill(amount):")
        refill.line(f"{refill.outer('left')} = amount")
        rest = Function("def rest():")
        rest.line("return left")
        counted = Function("def counted():")
        counted.line("return [" + ", ".join(names) + "]")
        for function in (refill, rest, counted, *self.functions):
            written, places = function.finished(word)
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


def emits_once(code: Code) -> bool:
    """Whether every record that does not fail emits exactly once, and nothing can fail after."""
    emits = [n for n, i in enumerate(code.instructions) if i.operation == "emit"]
    return emits == [len(code.instructions) - 1]


def _emitter(counted: bool) -> Callable[[Translator, list[Item]], None]:
    """What writes an `emit` of the stage. NaN leaves as the one NaN."""

    def emit(to: Translator, items: list[Item]) -> None:
        floating = (Kind.FLOAT, Kind.DOUBLE)
        parts = []
        for item in items:
            may_be_nan = item.type.kind in floating and item.number is None
            parts.append(to.store_temporary(item) if may_be_nan and not item.simple else item)
        for column, (item, before) in enumerate(zip(parts, items, strict=True)):
            text = item.text
            if item.type.kind in floating and before.number is None:
                text = f"{text} if {text} == {text} else NAN"
            to.write(f"e{to.number}c{column}({text})")
        if counted:
            to.write(f"{to.target('k')} += 1")

    return emit


def _map_header(to: Translator, stage: Stage, prices: PriceTable) -> dict[str, str]:
    """One loop over a batch of records. What reading them costs, and their first block, is paid."""
    used = {i.immediates[0] for i in to.verified.code.instructions if i.operation == "load"}
    slots = [slot for slot in range(len(stage.parameters)) if slot in used]
    columns = ", ".join(f"x{slot}" for slot in range(len(stage.parameters)))
    to.main.header = f"def m{to.number}(rows, {columns}):"
    targets = ", ".join(to.target("s", slot) for slot in slots)
    if not slots:
        to.open("for _ in range(rows):")
    elif len(slots) == 1:
        to.open(f"for {targets} in x{slots[0]}:")
    else:
        to.open(f"for {targets} in zip({', '.join(f'x{slot}' for slot in slots)}):")
    return {}


def _reduce_header(to: Translator, stage: Stage, prices: PriceTable) -> dict[str, str]:
    """One loop over groups: each is charged with its first block, counted and put in order."""
    slots = range(len(stage.parameters))
    keys = "".join(to.target("s", slot) + ", " for slot in slots[: stage.key_parts])
    arrays = "".join(to.target("s", slot) + ", " for slot in slots[stage.key_parts :])
    to.main.header = f"def m{to.number}(groups):"
    to.open(f"for ({keys}), ({arrays}) in groups:" if keys else f"for _, ({arrays}) in groups:")
    sums = {"entries": f"n{to.number}groups", "read": f"z{to.number}read"}
    fixed = to.verified.blocks[0].fixed if to.verified.blocks else 0
    site = Site(to.number, 0, paid=False)
    held = to.target("a")
    to.write(f"{held} = {_read_price(to, stage, prices)}")
    to.function.line(f"{to.function.outer('left')} -= {held} + {fixed}", site)
    to.function.line("if left < 0: left = more(left)", site)
    to.write(f"{to.function.outer(sums['read'])} += {held}")
    to.write(f"{to.function.outer(sums['entries'])} += 1")
    if stage.order_by is not None:
        sums["ordered"] = f"z{to.number}ordered"
        by = stage.order_by
        column = to.name("s", by.parameter)
        each = prices.bytes(stage.parameters[by.parameter].type.kind)
        size = f"longest_bytes({column})" if each is None else str(each)
        weight = prices.weight("relational")
        count = f"len({column})"
        to.write(f"{held} = {weight} * {size} * {count} * {count}.bit_length()")
        to.function.line(f"{to.function.outer('left')} -= {held}", site)
        to.function.line("if left < 0: left = more(left)", site)
        to.write(f"{to.function.outer(sums['ordered'])} += {held}")
        which = by.parameter - stage.key_parts
        to.write(f"({arrays}) = arranged(({arrays}), {which}, {bool(by.descending)})")
    return sums


def _read_price(to: Translator, stage: Stage, prices: PriceTable) -> str:
    """Totem for reading a group: bytes of its key and of all its values."""
    fixed, each, parts = 0, 0, []
    for slot, parameter in enumerate(stage.parameters):
        name = to.name("s", slot)
        size = prices.bytes(parameter.type.kind)
        if parameter.type.is_array:
            each += size or 0
            parts += [f"strings_bytes({name})"] if size is None else []
        else:
            fixed += size or 0
            parts += [f"string_bytes({name})"] if size is None else []
    if each:
        first = stage.key_parts
        parts.append(f"len({to.name('s', first)}) * {each}")
    weight = prices.weight("read")
    return f"{weight} * (" + " + ".join([str(fixed), *parts]) + ")"
