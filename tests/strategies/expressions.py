"""Random expressions of the language, by type: text that the checker should accept.

A `Chooser` is anything with the methods of `random.Random`; with Hypothesis' `randoms()` failures
shrink, with a seeded `Random` thousands of programs are cheap.
"""

from __future__ import annotations

from random import Random

from attrs import define, field

SCALARS = ("bool", "int", "long", "float", "double", "date", "timestamp", "duration", "string")
NUMBERS = ("int", "long", "float", "double")
WHOLE = ("int", "long")
WORDS = ("", "a", "sun", "wind wind", "Öl", "GRID 42", "x,y;z")
DATES = ("2019-02-25", "2020-02-29", "1970-01-01", "2013-12-31")
TIMES = ("2019-02-25T10:30:00", "2013-01-01T00:00:00", "2020-02-29T23:59:59.999999")


@define
class Scope:
    """Names in sight by type; `fixed` are those that may not be assigned."""

    names: dict[str, list[str]] = field(factory=dict)
    fixed: set[str] = field(factory=set)

    def inner(self) -> Scope:
        """A copy for a block."""
        return Scope({kind: list(names) for kind, names in self.names.items()}, set(self.fixed))

    def add(self, kind: str, name: str, *, fixed: bool = False) -> None:
        """Bring a name into sight."""
        self.names.setdefault(kind, []).append(name)
        if fixed:
            self.fixed.add(name)

    def of(self, kind: str) -> list[str]:
        """The names of a type."""
        return self.names.get(kind, [])

    def assignable(self, kind: str) -> list[str]:
        """The names of a type that may be assigned."""
        return [name for name in self.of(kind) if name not in self.fixed]


@define
class ExpressionWriter:
    """Writes expressions; `functions` maps a result type to (name, parameter types)."""

    random: Random
    functions: dict[str, list[tuple[str, tuple[str, ...]]]] = field(factory=dict)

    def pick(self, *choices: str) -> str:
        """One of several texts."""
        return self.random.choice(choices)

    def expression(self, kind: str, scope: Scope, depth: int = 2) -> str:
        """An expression of the type, an array's included."""
        if kind.endswith("[]"):
            return self._array(kind[:-2], scope, depth)
        names = scope.of(kind)
        if depth <= 0 or self.random.random() < 0.25:
            if names and self.random.random() < 0.7:
                return self.random.choice(names)
            return self.literal(kind)
        calls = self.functions.get(kind)
        if calls and self.random.random() < 0.15:
            name, parameters = self.random.choice(calls)
            arguments = ", ".join(self.expression(p, scope, depth - 1) for p in parameters)
            return f"{name}({arguments})"
        arrays = scope.of(f"{kind}[]")
        if arrays and self.random.random() < 0.2:
            array = self.random.choice(arrays)
            return self.pick(f"{array}[0]", f"{array}[len({array}) - 1]", f"min({array})")
        optionals = scope.of(f"{kind}?")
        if optionals and self.random.random() < 0.4:
            optional = self.random.choice(optionals)
            return self.pick(f"default({optional}, {self.literal(kind)})", f"value({optional})")
        return getattr(self, f"_{kind}")(scope, depth - 1)

    def literal(self, kind: str) -> str:
        """A literal of the type."""
        number = self.random.randint(0, 12)
        if kind == "bool":
            return self.pick("true", "false")
        if kind == "int":
            return self.pick(str(number), str(number), "-1", "1_000", "2147483647")
        if kind == "long":
            return f"long({number})" if self.random.random() < 0.5 else str(number)
        if kind in ("float", "double"):
            return self.pick(f"{number}.5", "0.1", "1e-3", "-2.25", "3.0")
        if kind == "date":
            return f'date("{self.random.choice(DATES)}")'
        if kind == "timestamp":
            return f'timestamp("{self.random.choice(TIMES)}")'
        if kind == "duration":
            return self.pick(f"hours({number + 1})", f"minutes({number + 1})", "days(1)")
        return f'"{self.random.choice(WORDS)}"'

    def _two(self, kind: str, scope: Scope, depth: int) -> tuple[str, str]:
        return self.expression(kind, scope, depth), self.expression(kind, scope, depth)

    def _number(self, kind: str, scope: Scope, depth: int) -> str:
        a, b = self._two(kind, scope, depth)
        return self.pick(
            f"({a} + {b})",
            f"({a} - {b})",
            f"({a} * {b})",
            f"add({a}, {b})",
            f"min({a}, {b})",
            f"max({a}, {b})",
            f"abs({a})",
            f"-({a})",
            f"({a}) ** 2",
        )

    def _whole(self, kind: str, scope: Scope, depth: int) -> str:
        a, b = self._two(kind, scope, depth)
        other = self.pick(
            f"({a} // {b})",
            f"({a} % 7)",
            f"bit_and({a}, {b})",
            f"bit_xor({a}, {b})",
            f"{kind}({self.expression('bool', scope, depth)})",
        )
        return other if self.random.random() < 0.4 else self._number(kind, scope, depth)

    def _int(self, scope: Scope, depth: int) -> str:
        if self.random.random() < 0.3:
            when = self.expression("timestamp", scope, depth)
            text = self.expression("string", scope, depth)
            return self.pick(f"hour({when})", f"weekday({when})", f"year({when})", f"len({text})")
        return self._whole("int", scope, depth)

    def _long(self, scope: Scope, depth: int) -> str:
        if self.random.random() < 0.3:
            d = self.expression("double", scope, depth)
            arrays = scope.of("int[]") + scope.of("long[]")
            if arrays and self.random.random() < 0.5:
                return f"sum({self.random.choice(arrays)})"
            return self.pick(f"floor({d})", f"round({d})", f"ceil({d})")
        return self._whole("long", scope, depth)

    def _float(self, scope: Scope, depth: int) -> str:
        if self.random.random() < 0.3:
            a, b = self._two("float", scope, depth)
            return self.pick(f"({a} / {b})", f"float({self.expression('int', scope, depth)})")
        return self._number("float", scope, depth)

    def _double(self, scope: Scope, depth: int) -> str:
        if self.random.random() < 0.4:
            a, b = self._two("double", scope, depth)
            arrays = scope.of("double[]") + scope.of("float[]")
            if arrays and self.random.random() < 0.5:
                return f"sum({self.random.choice(arrays)})"
            return self.pick(
                f"({a} / {b})",
                f"sqrt(abs({a}))",
                f"double({self.expression('int', scope, depth)})",
                f"({self.expression('duration', scope, depth)} / hours(1))",
                f"({self.expression('int', scope, depth)} / 4)",
            )
        return self._number("double", scope, depth)

    def _bool(self, scope: Scope, depth: int) -> str:
        a, b = self._two("bool", scope, depth)
        kind = self.random.choice(SCALARS)
        x, y = self._two(kind, scope, depth)
        optionals = [name for k in SCALARS for name in scope.of(f"{k}?")]
        if optionals and self.random.random() < 0.3:
            return f"missing({self.random.choice(optionals)})"
        text = self.expression("string", scope, depth)
        return self.pick(
            f"({a} and {b})",
            f"({a} or {b})",
            f"(not {a})",
            f"({x} {self.pick('==', '!=', '<', '<=', '>', '>=')} {y})",
            f"({x} {self.pick('==', '<', '>')} {y})",
            f'starts_with({text}, "s")',
        )

    def _date(self, scope: Scope, depth: int) -> str:
        when = self.expression("timestamp", scope, depth)
        day = self.expression("date", scope, depth)
        return self.pick(
            f"date({when})", f"({day} + days(2))", f"max({day}, {self.literal('date')})"
        )

    def _timestamp(self, scope: Scope, depth: int) -> str:
        a = self.expression("timestamp", scope, depth)
        gap = self.expression("duration", scope, depth)
        day = self.expression("date", scope, depth)
        return self.pick(
            f"({a} + {gap})", f"({a} - {gap})", f"floor({a}, hours(6))", f"timestamp({day})"
        )

    def _duration(self, scope: Scope, depth: int) -> str:
        a, b = self._two("duration", scope, depth)
        x, y = self._two("timestamp", scope, depth)
        return self.pick(f"({a} + {b})", f"({x} - {y})", f"({a} * 3)", f"({a} % minutes(7))")

    def _string(self, scope: Scope, depth: int) -> str:
        a, b = self._two("string", scope, depth)
        return self.pick(
            f"lower({a})",
            f"upper({a})",
            f"substr({a}, 0, 3)",
            f"concat({a}, {b})",
            f"max({a}, {b})",
        )

    def _array(self, kind: str, scope: Scope, depth: int) -> str:
        names = scope.of(f"{kind}[]")
        if names and self.random.random() < 0.5:
            name = self.random.choice(names)
            return name if self.random.random() < 0.5 else f"sort({name})"
        if kind == "string" and self.random.random() < 0.4:
            return f"words({self.expression('string', scope, depth - 1)})"
        if self.random.random() < 0.4:
            return f"fill({self.random.randint(1, 5)}, {self.expression(kind, scope, depth - 1)})"
        parts = [self.expression(kind, scope, 0) for _ in range(self.random.randint(1, 4))]
        return f"[{', '.join(parts)}]"
