"""Random programs of the language with data that fits them: scripts and jobs.

The programs end, are cheap to run and mostly succeed; operations on the data may still fail. Every
construct of the language can appear.
"""

from __future__ import annotations

from random import Random

from attrs import define, field, frozen
from hypothesis import strategies as st

from strategies.expressions import SCALARS, ExpressionWriter, Scope

KEYS = ("bool", "int", "long", "date", "timestamp", "string")
AGGREGATED = ("int", "long", "float", "double")

RowValue = bool | int | float | str | None


@frozen
class RandomProgram:
    """Source, and for a job its columns (name, type) with rows of values as the VM has them."""

    source: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[RowValue, ...], ...] = ()


@frozen
class Emitted:
    """Columns of an emit (name, type): the parts of the key, then the values."""

    keys: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]


@define
class ProgramWriter:
    """Writes one program."""

    random: Random
    lines: list[str] = field(factory=list)
    count: int = 0
    writer: ExpressionWriter = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Share the source of randomness."""
        self.writer = ExpressionWriter(self.random)

    def name(self, stem: str = "v") -> str:
        """A name that is not in use."""
        self.count += 1
        return f"{stem}{self.count}"

    def put(self, indent: int, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * indent + text)

    # --- statements

    def statements(self, scope: Scope, indent: int, depth: int, *, loop: bool = False) -> None:
        """Some statements of a block."""
        for _ in range(self.random.randint(1, 4)):
            self.statement(scope, indent, depth)
        if loop and self.random.random() < 0.3:
            self.put(indent, f"if {self.writer.expression('bool', scope)} then")
            self.put(indent + 1, self.writer.pick("break", "continue"))
            self.put(indent, "end if")

    def statement(self, scope: Scope, indent: int, depth: int) -> None:
        """One statement, with what stands within it."""
        choice = self.random.random()
        if depth > 0 and choice < 0.15:
            self.branch(scope, indent, depth)
        elif depth > 0 and choice < 0.35:
            self.loop(scope, indent, depth)
        elif choice < 0.65:
            self.declaration(scope, indent)
        else:
            self.assignment(scope, indent)

    def declaration(self, scope: Scope, indent: int) -> None:
        """A new variable."""
        kind = self.random.choice(SCALARS)
        if self.random.random() < 0.3:
            kind += "[]"
        name = self.name()
        self.put(indent, f"{kind} {name} = {self.writer.expression(kind, scope)}")
        scope.add(kind, name)

    def assignment(self, scope: Scope, indent: int) -> None:
        """Change a variable or element, if there is one."""
        kind = self.random.choice(SCALARS)
        arrays = scope.assignable(f"{kind}[]")
        names = scope.assignable(kind)
        if arrays and self.random.random() < 0.5:
            place = f"{self.random.choice(arrays)}[0]"
        elif names:
            place = self.random.choice(names)
        else:
            self.declaration(scope, indent)
            return
        if kind in AGGREGATED and self.random.random() < 0.5:
            if kind in ("int", "long") and self.random.random() < 0.3:
                self.put(indent, f"{place}{self.writer.pick('++', '--')}")
                return
            sign = self.writer.pick("+=", "-=", "*=")
            self.put(indent, f"{place} {sign} {self.writer.expression(kind, scope, 1)}")
        else:
            self.put(indent, f"{place} = {self.writer.expression(kind, scope)}")

    def branch(self, scope: Scope, indent: int, depth: int) -> None:
        """A conditional statement."""
        self.put(indent, f"if {self.writer.expression('bool', scope)} then")
        self.statements(scope.inner(), indent + 1, depth - 1)
        if self.random.random() < 0.3:
            self.put(indent, f"else if {self.writer.expression('bool', scope)} then")
            self.statements(scope.inner(), indent + 1, depth - 1)
        if self.random.random() < 0.5:
            self.put(indent, "else")
            self.statements(scope.inner(), indent + 1, depth - 1)
        self.put(indent, "end if")

    def loop(self, scope: Scope, indent: int, depth: int) -> None:
        """A loop of any kind."""
        inner = scope.inner()
        arrays = [(k, a) for k in SCALARS for a in scope.of(f"{k}[]")]
        choice = self.random.random()
        if choice < 0.25:
            limit = self.random.randint(0, 5)
            condition = self.writer.expression("bool", scope)
            self.put(indent, f"while ({condition}) and false limit {limit} do")
            self.statements(inner, indent + 1, depth - 1, loop=True)
            self.put(indent, "end while")
            return
        name = self.name("i")
        if choice < 0.5 and arrays:
            kind, array = self.random.choice(arrays)
            inner.add(kind, name, fixed=True)
            self.put(indent, f"for {name} in {array} do")
        else:
            inner.add("int", name, fixed=True)
            bound = str(self.random.randint(0, 5))
            if arrays and self.random.random() < 0.5:
                bound = f"min(6, len({self.random.choice(arrays)[1]}))"
            up = f"for {name} = 0; {name} {self.writer.pick('<', '<=')} {bound}; {name}++ do"
            down = f"for {name} = {bound}; {name} > 0; {name}-- do"
            self.put(indent, up if self.random.random() < 0.8 else down)
        self.statements(inner, indent + 1, depth - 1, loop=True)
        self.put(indent, "end for")

    def function(self) -> None:
        """A function that later code may call."""
        scope = Scope()
        kinds = [self.random.choice(SCALARS) for _ in range(self.random.randint(0, 3))]
        if self.random.random() < 0.3:
            kinds.append("double[]")
        parameters = []
        for kind in kinds:
            name = self.name("p")
            scope.add(kind, name, fixed=True)
            parameters.append(f"{kind} {name}")
        result = self.random.choice(SCALARS)
        name = self.name("f")
        self.put(0, f"function {result} {name}({', '.join(parameters)})")
        self.statements(scope, 1, 1)
        self.put(1, f"return {self.writer.expression(result, scope)}")
        self.put(0, "end function")
        self.writer.functions.setdefault(result, []).append((name, tuple(kinds)))

    # --- programs

    def script(self) -> RandomProgram:
        """A program without stages."""
        for _ in range(self.random.randint(0, 2)):
            self.function()
        scope = Scope()
        self.statements(scope, 0, 2)
        self.statements(scope, 0, 2)
        return RandomProgram("\n".join(self.lines) + "\n")

    def job(self) -> RandomProgram:
        """A program with stages: a map, then reduces and maps of all kinds."""
        columns = [(self.name("c"), self.column_type()) for _ in range(self.random.randint(1, 4))]
        declared = ", ".join(f"{kind} {name}" for name, kind in columns)
        self.put(0, f"dataset rows({declared})")
        shared = Scope()
        if self.random.random() < 0.5:
            name, kind = self.name("k"), self.random.choice(SCALARS)
            self.put(
                0, f"{self.writer.pick('param ', '')}{kind} {name} = {self.writer.literal(kind)}"
            )
            shared.add(kind, name, fixed=True)
        if self.random.random() < 0.4:
            self.function()
        scope = shared.inner()
        for name, kind in columns:
            scope.add(kind, f"row.{name}", fixed=True)
        self.put(0, f"map {self.name('m')}(rows row)")
        emitted = self.body(scope)
        self.put(0, "end map")
        for _ in range(self.random.randint(0, 3)):
            emitted = self.stage(shared, emitted)
        return RandomProgram("\n".join(self.lines) + "\n", tuple(columns), self.rows(columns))

    def column_type(self) -> str:
        """The type of a column of the data."""
        kind = self.random.choice(SCALARS)
        return kind + "?" if self.random.random() < 0.3 else kind

    def body(self, scope: Scope) -> Emitted:
        """Statements with emits of one shape; gives what is emitted."""
        keys = [
            (self.name("e"), self.random.choice(KEYS)) for _ in range(self.random.randint(1, 2))
        ]
        values = [
            (self.name("e"), self.random.choice(SCALARS)) for _ in range(self.random.randint(1, 3))
        ]
        if self.random.random() < 0.6:
            self.statements(scope, 1, 1)
        choice = self.random.random()
        if choice < 0.5:
            self.emit(scope, 1, keys, values)
        elif choice < 0.75:
            self.put(1, f"if {self.writer.expression('bool', scope)} then")
            self.emit(scope, 2, keys, values)
            self.put(1, "end if")
        else:
            name = self.name("i")
            inner = scope.inner()
            inner.add("int", name, fixed=True)
            self.put(1, f"for {name} = 0; {name} < {self.random.randint(0, 3)}; {name}++ do")
            self.emit(inner, 2, keys, values)
            self.put(1, "end for")
        return Emitted(tuple(keys), tuple(values))

    def emit(
        self, scope: Scope, indent: int, keys: list[tuple[str, str]], values: list[tuple[str, str]]
    ) -> None:
        """An emit of given columns."""

        def part(name: str, kind: str) -> str:
            text = self.writer.expression(kind, scope, 1)
            conversion = f"{kind}({text})" if kind in AGGREGATED else text
            return f"{conversion} as {name}"

        key = ", ".join(part(name, kind) for name, kind in keys)
        written = f"({key})" if len(keys) > 1 else key
        rest = "".join(f", {part(name, kind)}" for name, kind in values)
        self.put(indent, f"emit {written}{rest}")

    def stage(self, shared: Scope, taken: Emitted) -> Emitted:
        """A further stage on what the last one emitted."""
        scope = shared.inner()
        keys = [(self.name("q"), kind) for _, kind in taken.keys]
        values = [(self.name("q"), kind) for _, kind in taken.values]
        word = self.writer.pick("map", "reduce", "reduce", "reduce")
        if word == "reduce" and self.random.random() < 0.3:
            keys, values = [], keys + values
        suffix = "[]" if word == "reduce" else ""
        parameters = [f"{kind}{suffix} {name}" for name, kind in values]
        key = [f"{kind} {name}" for name, kind in keys]
        if word == "reduce" and len(key) > 1:
            key = [f"({', '.join(key)})"]
        for name, kind in keys:
            scope.add(kind, name, fixed=True)
        for name, kind in values:
            scope.add(kind + suffix, name, fixed=True)
        order = ""
        if word == "reduce" and self.random.random() < 0.4:
            order = f" order by {self.random.choice(values)[0]}{self.writer.pick('', ' desc')}"
        self.put(0, f"{word} {self.name('s')}({', '.join(key + parameters)}){order}")
        emitted = self.body(scope)
        self.put(0, f"end {word}")
        return emitted

    def rows(self, columns: list[tuple[str, str]]) -> tuple[tuple[RowValue, ...], ...]:
        """Some rows, from none to a dozen, with equal keys among them."""
        count = self.random.choice((0, 1, 2, 3, 5, 12))
        return tuple(tuple(self.value(kind) for _, kind in columns) for _ in range(count))

    def value(self, kind: str) -> RowValue:
        """A value of a column, as the VM has it."""
        if kind.endswith("?"):
            return None if self.random.random() < 0.3 else self.value(kind[:-1])
        if kind == "bool":
            return self.random.random() < 0.5
        if kind in ("int", "long"):
            return self.random.choice((0, 1, 2, 3, -5, 7, 1000))
        if kind in ("float", "double"):
            return self.random.choice((0.0, -0.0, 0.5, 1.25, -3.75, 1024.0))
        if kind == "date":
            return self.random.choice((0, 17_000, 17_001, -400))
        if kind in ("timestamp", "duration"):
            return self.random.choice((0, 3_600_000_000, 1_550_000_000_000_000, 86_400_000_000))
        return self.random.choice(("", "a", "b", "sun and wind", "Ö"))


def random_script(random: Random) -> RandomProgram:
    """A script from a source of randomness."""
    return ProgramWriter(random).script()


def random_job(random: Random) -> RandomProgram:
    """A job with data from a source of randomness."""
    return ProgramWriter(random).job()


scripts = st.randoms(use_true_random=False).map(random_script)
jobs = st.randoms(use_true_random=False).map(random_job)
