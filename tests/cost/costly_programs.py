"""Random jobs whose cost depends on their data: loops as long as values, strings that grow.

`strategies.programs` covers the breadth of the language; here is what makes a bound hard: loops
within loops whose bounds hang on each other, early exits, counters, words, arrays as long as a
value, functions of sizes, keys that are computed, stages on what other stages emit.
"""

from __future__ import annotations

from random import Random
from typing import Any

from attrs import define, field, frozen

FUNCTIONS = """\
function long work(int n)
    long s = 0
    for i = 0; i < n; i++ do
        for j = i; j < n; j += 2 do
            s += j
        end for
    end for
    return s
end function

function double total(double[] xs)
    double s = 0.0
    for x in xs do
        if x > 2.0 then
            return s
        end if
        s += x
    end for
    return s
end function

function string wrapped(string s, int n)
    string t = s
    for i = 0; i < n; i++ do
        t = concat(t, "-", s)
    end for
    return t
end function

function int longest(string[] xs)
    int n = 0
    for x in xs do
        if len(x) > n then
            n = len(x)
        end if
    end for
    return n
end function

function int nested(int n, int m)
    if n > m then
        return int(work(m))
    end if
    return int(work(n)) + n // max(m, 1)
end function

"""

COLUMNS = (
    ("text", "string"),
    ("name", "string?"),
    ("n", "int"),
    ("m", "long"),
    ("x", "double"),
    ("b", "bool"),
    ("ts", "timestamp"),
    ("day", "date"),
)


@frozen
class CostlyJob:
    """Source, columns (name, type) and rows as the machine has them."""

    source: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


@define
class _Writer:
    random: Random
    lines: list[str] = field(factory=list)
    count: int = 0

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def put(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    # --- expressions; names are lists by kind

    def whole(self, names: dict[str, list[str]]) -> str:
        """A small whole number."""
        choices = [str(self.random.randint(-1, 4))]
        choices += names["int"] * 2
        choices += [f"len({a})" for a in names["doubles"] + names["strings"] + names["string"]]
        choices += [f"int(work({n}))" for n in names["int"]]
        choices += [f"nested({n}, 3)" for n in names["int"]]
        choices += [f"longest({a})" for a in names["strings"]]
        one, other = self.random.choice(choices), self.random.choice(choices)
        form = self.random.randint(0, 7)
        if form < 4:
            return one
        return (
            f"({one} + {other})",
            f"({one} - {other})",
            f"min({one}, {other})",
            f"({one} * 2 // 3)",
        )[form - 4]

    def text(self, names: dict[str, list[str]]) -> str:
        """A string."""
        choices = ['"a"', '"sun and wind"', '""', *names["string"] * 2]
        one = self.random.choice(choices)
        form = self.random.randint(0, 7)
        if form < 4:
            return one
        return (
            f"lower({one})",
            f"concat({one}, {self.random.choice(choices)})",
            f"substr({one}, 0, 2)",
            f"wrapped({one}, min(3, {self.whole(names)}))",
        )[form - 4]

    def condition(self, names: dict[str, list[str]]) -> str:
        """A truth value."""
        return self.pick(
            f"{self.whole(names)} > {self.whole(names)}",
            f"{self.whole(names)} == {self.whole(names)}",
            f"len({self.text(names)}) > {self.random.randint(0, 6)}",
            f"{self.text(names)} == {self.text(names)}",
            f"starts_with({self.text(names)}, {self.text(names)}) or {self.whole(names)} <= 2",
            f"not (len({self.text(names)}) < 4) and {self.whole(names)} != 1",
        )

    # --- statements

    def block(self, names: dict[str, list[str]], indent: int, depth: int, *, loop: bool) -> None:
        inner = {kind: list(known) for kind, known in names.items()}
        for _ in range(self.random.randint(1, 3)):
            self.statement(inner, indent, depth)
        if loop and self.random.random() < 0.3:
            self.put(indent, f"if {self.condition(inner)} then")
            self.put(indent + 1, self.pick("break", "continue"))
            self.put(indent, "end if")

    def statement(self, names: dict[str, list[str]], indent: int, depth: int) -> None:
        choice = self.random.randint(0, 11)
        if choice < 3 and depth:
            self.loop(names, indent, depth)
        elif choice < 4 and depth:
            self.put(indent, f"if {self.condition(names)} then")
            self.block(names, indent + 1, depth - 1, loop=False)
            if self.random.random() < 0.5:
                self.put(indent, "else")
                self.block(names, indent + 1, depth - 1, loop=False)
            self.put(indent, "end if")
        elif choice < 6 and names["counter"]:
            self.put(indent, f"{self.random.choice(names['counter'])} += {self.whole(names)}")
        elif choice < 7 and names["grown"]:
            grown = self.random.choice(names["grown"])
            self.put(indent, f"{grown} = {self.pick('concat', 'max')}({grown}, {self.text(names)})")
        elif choice < 8 and names["doubles"] and names["counter"]:
            self.put(indent, f"{names['counter'][0]} += int(total({names['doubles'][-1]}) * 0)")
        else:
            self.declaration(names, indent)

    def declaration(self, names: dict[str, list[str]], indent: int) -> None:
        kind = self.pick("counter", "grown", "doubles", "strings", "int", "string")
        new = self.name("v")
        if kind == "counter":
            self.put(indent, f"int {new} = {self.whole(names)}")
            names["counter"].append(new)
            names["int"].append(new)
        elif kind == "grown":
            self.put(indent, f"string {new} = {self.text(names)}")
            names["grown"].append(new)
            names["string"].append(new)
        elif kind == "doubles":
            self.put(indent, f"double[] {new} = fill(max(0, {self.whole(names)}), 1.5)")
            names["doubles"].append(new)
        elif kind == "strings":
            made = self.pick(
                f"words({self.text(names)})",
                f'words({self.text(names)}, " ,a")',
                f"[{self.text(names)}, {self.text(names)}]",
            )
            self.put(indent, f"string[] {new} = {made}")
            names["strings"].append(new)
        elif kind == "int":
            self.put(indent, f"int {new} = min(5, max(0, {self.whole(names)}))")
            names["int"].append(new)
        else:
            self.put(indent, f"string {new} = {self.text(names)}")
            names["string"].append(new)

    def loop(self, names: dict[str, list[str]], indent: int, depth: int) -> None:
        inner = {kind: list(known) for kind, known in names.items()}
        new = self.name("i")
        choice = self.random.randint(0, 5)
        end = "end for"
        if choice == 0 and names["strings"]:
            inner["string"].append(new)
            self.put(indent, f"for {new} in {self.random.choice(names['strings'])} do")
        elif choice == 1:
            end = "end while"
            self.put(indent, f"while {self.condition(names)} limit min(3, {self.whole(names)}) do")
        else:
            inner["int"].append(new)
            step = self.pick("++", "++", " += 2", " += 3")
            first = self.pick("0", "1", self.whole(names))
            bound = f"min(5, {self.whole(names)})"
            self.put(
                indent,
                self.pick(
                    f"for {new} = {first}; {new} {self.pick('<', '<=')} {bound}; {new}{step} do",
                    f"for {new} = {bound}; {new} > 0; {new}-- do",
                    f"for {new} = 0; {new} < len({self.text(names)}) / 2; {new}++ do",
                ),
            )
        self.block(inner, indent + 1, depth - 1, loop=True)
        self.put(indent, end)

    # --- stages

    def emits(self, names: dict[str, list[str]], key: str, indent: int) -> None:
        """Emits of a string key or a whole one, a string and a double."""
        part = self.text(names) if key == "string" else self.whole(names)
        keyed = self.pick(part, part, self.key(names, key))
        emit = f"emit {keyed} as key, {self.text(names)} as text, 1.5 as x"
        choice = self.random.randint(0, 3)
        if choice == 0:
            self.put(indent, f"if {self.condition(names)} then")
            self.put(indent + 1, emit)
            self.put(indent, "end if")
        elif choice == 1:
            new = self.name("i")
            self.put(indent, f"for {new} = 0; {new} < min(3, {self.whole(names)}); {new}++ do")
            self.put(indent + 1, emit)
            self.put(indent, "end for")
        elif choice == 2 and key == "string":
            new = self.name("w")
            inner = {**names, "string": [*names["string"], new]}
            self.put(indent, f"for {new} in words({self.text(names)}) do")
            self.put(indent + 1, f"if len({new}) > {self.random.randint(0, 4)} then")
            self.put(indent + 2, f"emit {self.text(inner)} as key, {new} as text, 1.5 as x")
            self.put(indent + 1, "end if")
            self.put(indent, "end for")
        else:
            self.put(indent, emit)

    def key(self, names: dict[str, list[str]], kind: str) -> str:
        """A key that is a column, or hangs on one."""
        known = names.get("key " + kind, [])
        return self.random.choice(known) if known else self.pick('"k"' if kind == "string" else "3")

    def job(self) -> CostlyJob:
        self.lines = FUNCTIONS.splitlines()
        self.put(0, "dataset rows(" + ", ".join(f"{at} {name}" for name, at in COLUMNS) + ")")
        self.put(0, "map first(rows row)")
        names: dict[str, list[str]] = {
            "int": ["row.n", "int(row.m % 4)"],
            "string": ["row.text", 'default(row.name, "none")'],
            "doubles": [],
            "strings": [],
            "counter": [],
            "grown": [],
            "key string": ["row.text"],
            "key int": ["row.n", "month(row.ts)", "hour(row.ts)", "year(row.day)", "row.n % 3"],
        }
        key = self.pick("string", "int")
        self.body(names, key)
        self.put(0, "end map")
        for _ in range(self.random.randint(0, 3)):
            key = self.stage(key)
        self.lines.append("")
        return CostlyJob("\n".join(self.lines), COLUMNS, self.rows())

    def body(self, names: dict[str, list[str]], key: str) -> None:
        for _ in range(self.random.randint(0, 4)):
            self.statement(names, 1, 2)
        for _ in range(self.random.choice((1, 1, 2))):
            self.emits(names, key, 1)

    def stage(self, key: str) -> str:
        new, stage = self.pick("string", "int"), self.name("s")
        kind = self.pick("map", "reduce", "reduce", "all")
        names: dict[str, list[str]] = {
            "int": [],
            "string": [],
            "doubles": [],
            "strings": [],
            "counter": [],
            "grown": [],
            "key string": [],
            "key int": [],
        }
        if kind == "map":
            names[key] = ["k"] if key == "string" else ["min(9, k)"]
            names["string"].append("t")
            names["key " + key] = ["k"]
            head = f"map {stage}({key} k, string t, double x)"
        elif kind == "reduce":
            names[key] = ["k"] if key == "string" else ["min(9, k)"]
            names["strings"], names["doubles"] = ["t"], ["x"]
            names["key " + key] = ["k"]
            order = self.pick("", "", " order by t", " order by x desc")
            head = f"reduce {stage}({key} k, string[] t, double[] x){order}"
        else:
            names["strings"], names["doubles"] = ["t"], ["x"]
            if key == "string":
                names["strings"].append("k")
            head = f"reduce {stage}({key}[] k, string[] t, double[] x)"
        names["int"] = names["int"] or ["2"]
        self.put(0, head)
        self.body(names, new)
        self.put(0, f"end {kind.replace('all', 'reduce')}")
        return new

    def rows(self) -> tuple[tuple[Any, ...], ...]:
        return tuple(self.row() for _ in range(self.pick(0, 1, 3, 6, 10)))

    def row(self) -> tuple[Any, ...]:
        texts = ("", "a", "sun and wind", "x,y z", "Öl und Gas", "kilowatt hours of the day")
        return (
            self.pick(*texts),
            self.pick(None, *texts),
            self.random.randint(-2, 6),
            self.random.randint(0, 10),
            self.pick(0.0, 1.5, 3.0, -2.5),
            self.random.random() < 0.5,
            self.pick(0, 3_600_000_000, 1_550_000_000_000_000, 1_551_000_000_000_000),
            self.pick(0, 17_000, 17_400),
        )


def costly_job(random: Random) -> CostlyJob:
    """A job from a source of randomness."""
    return _Writer(random).job()
