"""Random maps out of templates: what they take of a data set, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from attrs import define, field, frozen

from benchmarks.large_data import Column, Columns
from totemlang.schema.types import Kind

KEYS = (Kind.INT, Kind.LONG, Kind.BOOL, Kind.DATE, Kind.TIMESTAMP, Kind.STRING, Kind.STRING)
VALUES = (Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE, Kind.DOUBLE, Kind.STRING, Kind.DURATION)
NUMBERS = (Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE)
ZERO = {
    Kind.INT: "0",
    Kind.LONG: "0",
    Kind.FLOAT: "0.0",
    Kind.DOUBLE: "0.0",
    Kind.STRING: '""',
    Kind.BOOL: "false",
    Kind.DURATION: "hours(1)",
    Kind.DATE: 'date("2020-02-29")',
    Kind.TIMESTAMP: 'timestamp("2020-02-29T10:30:00")',
}
FAILING = {
    Kind.INT: ("{0} * {0}", "{0} // ({0} % 7)", "{0} + 2_000_000_000"),
    Kind.LONG: ("{0} * {0}", "{0} // ({0} % 7)", "{0} + 9_000_000_000_000_000_000"),
    Kind.FLOAT: ("float(int({0}))", "float(floor({0}))"),
    Kind.DOUBLE: ("double(int({0}))", "double(round({0} * 4))"),
    Kind.STRING: ("substr({0}, 2, 3)",),
    Kind.DURATION: ("{0} * 3", "{0} + days(100_000_000)"),
}
SAFE = {
    Kind.INT: ("{0} % 10", "min({0}, 5)", "bit_xor({0}, 85)", "{0} // 3"),
    Kind.LONG: ("{0} % 1000", "max({0}, 5)", "bit_and({0}, 4095)", "{0} // 2"),
    Kind.FLOAT: ("{0} * float(0.5)", "abs({0})", "{0} / float(3.0)", "max({0}, float(1.0))"),
    Kind.DOUBLE: ("{0} * {0}", "sqrt({0})", "min({0}, 4.0)", "{0} / 3", "{0} + 0.1", "-{0}"),
    Kind.STRING: (
        "lower({0})",
        "upper({0})",
        'concat({0}, "-x")',
        'concat("0123456789abcdef", {0})',
    ),
    Kind.DURATION: ("{0} + minutes(1)",),
}
TYPED = {Kind.INT: "int", Kind.LONG: "long", Kind.FLOAT: "float", Kind.DOUBLE: "double"}


@frozen
class Emitted:
    """A column that a stage emits."""

    name: str
    kind: str


@define
class MapWriter:
    """Writes one map; `marks` say what it is made of, `head` is to stand before the stages."""

    random: Random
    rows: int
    columns: list[Column] = field(factory=list, init=False)
    marks: list[str] = field(factory=list, init=False)
    head: list[str] = field(factory=list, init=False)
    _made: Columns = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin."""
        self._made = Columns(self.random, self.rows)

    def _column(self, kind: Kind, prefix: str, optional: float = 0.0) -> Column:
        name = f"{prefix}{len(self.columns)}"
        found = self._made.column(name, kind, self.random.random() < optional)
        self.columns.append(found)
        return found

    def write(self) -> tuple[list[Emitted], list[Emitted], str]:
        """Key parts and values that it emits, and its body."""
        ways = "pass", "filter", "failing", "words", "times", "loop", "several", "computed"
        way = self.random.choices(ways, (4, 5, 2, 1, 1, 2, 1, 2))[0]
        self.marks.append(f"map {way}")
        if way == "words":
            return self._words()
        if way == "loop" and self.random.random() < 0.5:
            return self._nearest()
        keys = self._times() if way == "times" else self._keys()
        number = self.random.choice((0, 1, 1, 1, 2, 2, 3, 5) if keys else (1, 1, 2, 3, 5))
        kinds = self.random.choice((VALUES, VALUES, VALUES, (Kind.FLOAT, Kind.DOUBLE)))
        optional = 0.6 if way == "filter" else 0.15
        taken = [self._column(self.random.choice(kinds), "v", optional) for _ in range(number)]
        known = way == "filter" and self.random.random() < 0.5
        values = [self._value(column, way, known) for column in taken]
        body = self._emit(keys, values)
        if way == "loop":
            values, body = self._added(keys, values)
        elif way == "several":
            loop = f"for i = 0; i < 2; i++ do\n{body}\nend for"
            body = "\n".join([self.random.choice((body, loop)), body])
        elif way == "filter":
            body = self._filtered(keys, taken, known, body)
        return [key for key, _ in keys], [value for value, _ in values], body

    def _value(self, column: Column, way: str, known: bool) -> tuple[Emitted, str]:
        """What is emitted of a column; `known`: it is there."""
        text = f"row.{column.name}"
        if column.is_optional:
            zero = ZERO[column.kind]
            text = f"value({text})" if known or way == "failing" else f"default({text}, {zero})"
        if way == "computed" or self.random.random() < 0.15:
            text = self.random.choice(SAFE[column.kind]).format(text)
        elif way == "failing" and column.kind in FAILING and self.random.random() < 0.6:
            text = self.random.choice(FAILING[column.kind]).format(text)
        return Emitted(column.name, column.kind.value), text

    def _filtered(
        self, keys: list[tuple[Emitted, str]], taken: list[Column], known: bool, body: str
    ) -> str:
        """The body where conditions hold, first of all that what is `known` is there."""
        conditions = [self._condition(column) for column in taken]
        if self.random.random() < 0.4 or not taken:
            conditions.append(self._condition(self._column(self.random.choice(NUMBERS), "f", 0.7)))
        if known:
            conditions = [f"not missing(row.{c.name})" for c in taken if c.is_optional] + conditions
        joined = conditions[0]
        for condition in conditions[1:]:
            by = "and" if known else self.random.choice(("and", "and", "or"))
            joined = f"({joined}) {by} ({condition})"
        if keys and self.random.random() < 0.4:
            body = f"{keys[0][0].kind} own = {keys[0][1]}\n{body.replace(keys[0][1], 'own', 1)}"
        other = f"else\n{body}\n" if self.random.random() < 0.15 else ""
        return f"if {joined} then\n{body}\n{other}end if"

    def _added(
        self, keys: list[tuple[Emitted, str]], values: list[tuple[Emitted, str]]
    ) -> tuple[list[tuple[Emitted, str]], str]:
        """One more value, which a loop works out; some of its elements may not be there."""
        self.head.append("param long[] ns = [3, -4, 9_000_000_000, 0, 5]")
        at = f"row.{self._column(self.random.choice((Kind.INT, Kind.LONG)), 'n').name}"
        index = self.random.choice(("i", "i", f"int({at} % 5)", f"int({at} % 6)", "4 - i"))
        added = self.random.choice((f"ns[{index}]", f"ns[{index}] * ({at} % 3)", f"ns[i] // {at}"))
        values = [*values, (Emitted("total", "long"), "total")]
        loop = f"for i = 0; i < len(ns); i++ do\n    total += {added}\nend for"
        return values, f"long total = 0\n{loop}\n{self._emit(keys, values)}"

    def _emit(
        self, keys: Sequence[tuple[Emitted, str]], values: Sequence[tuple[Emitted, str]]
    ) -> str:
        parts = [f"{text} as {key.name}" for key, text in keys]
        first = [f"({', '.join(parts)})"] if len(parts) > 1 else parts
        return "emit " + ", ".join(first + [f"{text} as {value.name}" for value, text in values])

    def _keys(self) -> list[tuple[Emitted, str]]:
        number = self.random.choices((0, 1, 2, 3), (2, 8, 3, 1))[0]
        self.marks.append(f"key parts {number}")
        found: list[tuple[Emitted, str]] = []
        for _ in range(number):
            kind = self.random.choice(KEYS)
            if self.random.random() < 0.1:
                found.append(self._computed_key())
                continue
            column = self._column(kind, "k", 0.1)
            self.marks.append(f"key {kind.value}")
            text = f"row.{column.name}"
            if column.is_optional:
                text = f"default({text}, {ZERO[kind]})"
            found.append((Emitted(column.name, kind.value), text))
        return found

    def _computed_key(self) -> tuple[Emitted, str]:
        kind, text = self.random.choice(
            (
                (Kind.DOUBLE, "floor(row.{0})"),
                (Kind.FLOAT, "floor(row.{0} / 3)"),
                (Kind.LONG, "row.{0} % 1000"),
                (Kind.LONG, "row.{0} // 50"),
                (Kind.STRING, "long(len(row.{0}))"),
                (Kind.DATE, "long(weekday(row.{0}))"),
                (Kind.INT, "long(row.{0} * 0)"),
            )
        )
        self.marks.append("key computed")
        name = self._column(kind, "k").name
        return Emitted(name, "long"), text.format(name)

    def _times(self) -> list[tuple[Emitted, str]]:
        at = f"row.{self._column(Kind.TIMESTAMP, 't').name}"
        ways = [f"{what}({at})" for what in ("hour", "day", "month", "weekday", "year", "minute")]
        chosen = self.random.sample(ways, self.random.choice((1, 1, 2, 3)))
        found = [(Emitted(f"k{n}", "int"), text) for n, text in enumerate(chosen)]
        if self.random.random() < 0.3:
            found.append((Emitted("kd", "date"), f"date({at})"))
        if self.random.random() < 0.2:
            found.append((Emitted("kf", "timestamp"), f"floor({at}, minutes(30))"))
        return found

    def _words(self) -> tuple[list[Emitted], list[Emitted], str]:
        at = f"row.{self._column(Kind.STRING, 't').name}"
        at = self.random.choice((at, f"lower({at})", f"upper({at})"))
        split = self.random.choice(
            (f"words({at})", f'words({at}, " .,-_\'é")', f'words({at}, "bc")')
        )
        one = self.random.choice(("1", "len(word)"))
        emit = f"emit word as k0, {one} as n"
        if self.random.random() < 0.4:
            emit = f"if len(word) > 2 then\n{emit}\nend if"
        body = f"for word in {split} do\n{emit}\nend for"
        return [Emitted("k0", "string")], [Emitted("n", "int")], body

    def _nearest(self) -> tuple[list[Emitted], list[Emitted], str]:
        x, y = (self._column(Kind.DOUBLE, "v", 0.4) for _ in range(2))
        self.head.append("param double[] xs = [3.0, 4.5, -5.5, 1e300, 7.5]")
        self.head.append("param double[] ys = [0.0, 0.8, 2.0, -3.5, 5.5]")
        first, second = (
            f"default(row.{c.name}, 1.5)" if c.is_optional else f"row.{c.name}" for c in (x, y)
        )
        body = f"""double x = {first}
double y = {second}
int nearest = 0
double least = 1e300
for i = 0; i < len(xs); i++ do
    double dx = x - xs[i]
    double dy = y - ys[i]
    double d = dx * dx + dy * dy
    if d < least then
        least = d
        nearest = i
    end if
end for
emit nearest as k0, x as x, y as y"""
        return [Emitted("k0", "int")], [Emitted("x", "double"), Emitted("y", "double")], body

    def _condition(self, column: Column) -> str:
        row = f"row.{column.name}"
        sign = self.random.choice(("<", "<=", ">", ">=", "==", "!="))
        bound = self.random.choice(self._bounds(column.kind))
        if not column.is_optional:
            return f"{row} {sign} {bound}"
        way = self.random.randrange(11)
        if way == 0:
            return f"value({row}) {sign} {bound}"
        if way < 3:
            return f"not missing({row})"
        if way < 5:
            return f"missing({row})"
        if way < 7:
            return f"not missing({row}) and value({row}) {sign} {bound}"
        if way < 9:
            return f"missing({row}) or not (value({row}) {sign} {bound})"
        return f"default({row}, {ZERO[column.kind]}) {sign} {bound}"

    def _bounds(self, kind: Kind) -> tuple[str, ...]:
        if kind in (Kind.INT, Kind.LONG):
            return "0", "3", "100", "-2"
        if kind is Kind.FLOAT:
            return "float(0.0)", "float(4.5)", "float(-1.0)"
        if kind is Kind.DOUBLE:
            return "0.0", "4.5", "-1e100", "1e-320"
        if kind is Kind.STRING:
            return '"k1"', '""', '"0000000000000001"', '"customer-with-a-long-name-k1"'
        return (ZERO[kind],)
