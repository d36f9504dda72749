"""Random jobs out of templates: a map of some kind, a reduce, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from attrs import define, frozen

from benchmarks.large_data import Column
from benchmarks.large_map import Emitted, MapWriter


@frozen
class LargeProgram:
    """A job's source, the columns that it takes and what it is made of."""

    source: str
    columns: tuple[Column, ...]
    marks: tuple[str, ...]


def job_of(random: Random, rows: int) -> LargeProgram:
    """A job and its data."""
    first = MapWriter(random, rows)
    keys, values, lines = first.write()
    taken = ", ".join(column.declared for column in first.columns)
    stages = [f"dataset rows({taken})", *first.head, f"map m(rows row)\n{lines}\nend map"]
    rest = RestWriter(random, first.marks)
    if random.random() < 0.95:
        after, text = rest.reduce("r", keys, values)
        stages += [text, *rest.following(keys, after)]
    else:
        first.marks.append("no reduce")
    return LargeProgram("\n\n".join(stages) + "\n", tuple(first.columns), tuple(first.marks))


@define
class RestWriter:
    """Writes what stands after the map."""

    random: Random
    marks: list[str]

    def reduce(
        self, name: str, keys: Sequence[Emitted], values: Sequence[Emitted]
    ) -> tuple[list[Emitted], str]:
        """What it emits beside its keys, and its text."""
        plain = self.random.random() < 0.7
        self.marks.append("reduce of aggregates" if plain else "reduce of rows")
        only_totals = plain and self.random.random() < 0.3
        emitted, texts = [], []
        for value in values:
            functions = _functions(value.kind, plain)
            if only_totals:
                functions = [one for one in functions if one[1][:3] not in ("min", "max")]
            asked = self.random.sample(functions, self.random.choice((1, 1, 2)))
            for number, (kind, text) in enumerate(asked):
                found = Emitted(f"{value.name}_{number}", kind)
                emitted.append(found)
                texts.append(f"{text.format(value.name)} as {found.name}")
        if not values:
            texts, emitted = ["1 as one"], [Emitted("one", "int")]
        statement = "emit " + ", ".join([*_one(key.name for key in keys), *texts])
        if values and self.random.random() < 0.2:
            statement = f"if count({values[0].name}) > 2 then\n{statement}\nend if"
        taken = [*_one(f"{key.kind} {key.name}" for key in keys), *_arrays(values)]
        order = ""
        if not plain and values and self.random.random() < 0.4:
            order = f" order by {values[0].name}{self.random.choice(('', ' desc'))}"
        return emitted, f"reduce {name}({', '.join(taken)}){order}\n{statement}\nend reduce"

    def following(self, keys: Sequence[Emitted], values: Sequence[Emitted]) -> list[str]:
        """The stages that take what the reduce emits."""
        way = self.random.choices(("nothing", "map", "top", "regroup", "whole"), (5, 2, 2, 2, 1))[0]
        self.marks.append(f"then {way}")
        columns = [*keys, *values]
        taken = ", ".join(f"{column.kind} {column.name}" for column in columns)
        if way == "nothing":
            return []
        if way == "map":
            names = [column.name for column in self.random.sample(columns, min(3, len(columns)))]
            return [f"map after({taken})\nemit {', '.join(names)}\nend map"]
        if way == "top":
            return [self._top(columns)]
        fitting = [c for c in columns if c.kind not in ("float", "double", "duration")]
        if way == "regroup" and len(columns) > 1 and fitting:
            key = self.random.choice(fitting)
            rest = [column for column in columns if column is not key]
            names = [key.name, *(column.name for column in rest)]
            text = f"map again({taken})\nemit {', '.join(names)}\nend map"
            return [text, self.reduce("r2", [key], rest)[1]]
        return [self.reduce("r2", [], columns)[1]]

    def _top(self, columns: Sequence[Emitted]) -> str:
        order = f"order by {self.random.choice(columns).name}{self.random.choice(('', ' desc'))}"
        names = [f"{column.name}[i] as {column.name}" for column in columns]
        return f"""reduce top({", ".join(_arrays(columns))}) {order}
for i = 0; i < min(10, len({columns[0].name})); i++ do
    emit {", ".join(names)}
end for
end reduce"""


def _one(parts: Iterable[str]) -> list[str]:
    """A key as it is written: of several parts in brackets, of none not at all."""
    found = list(parts)
    return [f"({', '.join(found)})"] if len(found) > 1 else found


def _arrays(columns: Sequence[Emitted]) -> list[str]:
    return [f"{column.kind}[] {column.name}" for column in columns]


def _functions(kind: str, plain: bool) -> list[tuple[str, str]]:
    """What may be asked of an array, with what it gives; `plain`: by aggregates alone."""
    own = [(kind, "min({0})"), (kind, "max({0})"), ("long", "count({0})"), ("int", "len({0})")]
    if kind == "bool":
        own = own[2:]
    if kind in ("int", "long"):
        own += 3 * [("long", "sum({0})")] + [("double", "stats.mean({0})")]
    if kind in ("float", "double"):
        own += 3 * [("double", "sum({0})")] + [("double", "1.0 * sum({0}) / count({0})")]
        own += [("double", "stats.mean({0})")]
    if kind == "duration":
        own += 3 * [("duration", "sum({0})")]
    if not plain:
        own += [(kind, "{0}[0]"), (kind, "{0}[len({0}) - 1]"), (kind, "{0}[len({0}) // 2]")]
        if kind in ("int", "long", "float", "double"):
            own += [("double", "stats.variance({0})"), ("double", "stats.median({0})")]
    return own
