"""Ways through a piece of a body: how control leaves it, what it used by then, what slots hold.

Uses in all are kept for each way that control may leave. Uses by line are kept once for the piece:
whatever may have been skipped counts as nothing from below.
"""

from __future__ import annotations

from enum import Enum

from attrs import define, evolve, field, frozen

from totemlang.cost.abstract import AbstractValue, join, within
from totemlang.cost.interval import Bounds
from totemlang.cost.polynomial import number
from totemlang.cost.tally import TOTEM, Tally, Use, exact_use, line_total


class Leaving(Enum):
    """How control leaves a piece."""

    FALLING = "falls through"
    BREAKING = "break"
    CONTINUING = "continue"
    RETURNING = "return"


Values = tuple[AbstractValue, ...]


def join_all(left: Values, right: Values) -> Values:
    """What holds of the one and of the other, value by value."""
    return tuple(a if a is b else join(a, b) for a, b in zip(left, right, strict=True))


def all_within(values: Values, bounds: Bounds) -> Values:
    """The values where symbols lie within bounds."""
    return tuple(within(value, bounds) for value in values)


@frozen
class Path:
    """A way out: the use up to it, what slots hold, what lies on the stack (or is returned)."""

    tally: Tally
    slots: Values
    stack: Values = ()

    def join(self, other: Path) -> Path:
        """The one way or the other."""
        return Path(
            self.tally.or_else(other.tally),
            join_all(self.slots, other.slots),
            join_all(self.stack, other.stack),
        )

    def after(self, tally: Tally) -> Path:
        """This way, with what was used before."""
        return evolve(self, tally=tally.plus(self.tally))


Paths = dict[Leaving, Path]


def add_path(paths: Paths, leaving: Leaving, path: Path) -> None:
    """One more way out."""
    paths[leaving] = paths[leaving].join(path) if leaving in paths else path


def join_emitted(left: Values | None, right: Values | None) -> Values | None:
    """What holds of records emitted here and there."""
    if left is None or right is None:
        return left if right is None else right
    return join_all(left, right)


@frozen
class Outcome:
    """A piece as a whole: its ways out, its use by line, what records it may emit hold."""

    paths: Paths
    lines: Tally
    emitted: Values | None = None

    def or_else(self, other: Outcome) -> Outcome:
        """The one piece or the other."""
        paths = dict(self.paths)
        for leaving, path in other.paths.items():
            add_path(paths, leaving, path)
        return Outcome(
            paths, self.lines.or_else(other.lines), join_emitted(self.emitted, other.emitted)
        )


@define
class Region:
    """A piece while it is being walked through; `certain` while nothing can have left it."""

    slots: list[AbstractValue]
    stack: list[AbstractValue] = field(factory=list)
    uses: dict[str, Use] = field(factory=dict)
    lines: dict[str, Use] = field(factory=dict)
    paths: Paths = field(factory=dict)
    emitted: Values | None = None
    certain: bool = True
    reached: bool = True
    keeps_lines: bool = True
    _fixed: dict[int, int] = field(factory=dict)

    def pop(self, count: int) -> list[AbstractValue]:
        """Take the topmost values from the stack, the deepest first."""
        at = len(self.stack) - count
        taken = self.stack[at:]
        del self.stack[at:]
        return taken

    def charge_fixed(self, line: int, amount: int) -> None:
        """Charge a known amount at a line."""
        if amount:
            self._fixed[line] = self._fixed.get(line, 0) + amount

    def charge(self, line: int, use: Use) -> None:
        """Charge a use at a line."""
        self.add(TOTEM, use)
        self.add_line(line, use)

    def add(self, resource: str, use: Use) -> None:
        """Use a resource."""
        self.uses[resource] = self.uses[resource].plus(use) if resource in self.uses else use

    def add_line(self, line: int, use: Use) -> None:
        """Use totem at a line."""
        if self.keeps_lines:
            self.add_lines(Tally({line_total(line): use}))

    def add_lines(self, lines: Tally) -> None:
        """Use totem at lines."""
        for resource, use in lines.uses.items():
            here = use if self.certain else use.perhaps()
            known = self.lines.get(resource)
            self.lines[resource] = here if known is None else known.plus(here)

    def settle(self) -> None:
        """Take fixed charges so far into the uses; to be called before control parts."""
        if not self._fixed:
            return
        fixed, self._fixed = self._fixed, {}
        self.add(TOTEM, exact_use(number(sum(fixed.values()))))
        for line, amount in fixed.items():
            self.add_line(line, exact_use(number(amount)))

    def tally(self) -> Tally:
        """What was used so far."""
        self.settle()
        return Tally(dict(self.uses))

    def leave(self, leaving: Leaving, stack: Values = ()) -> None:
        """Control leaves here, and reaches nothing behind."""
        add_path(self.paths, leaving, Path(self.tally(), tuple(self.slots), stack))
        self.reached = False

    def absorb(self, outcome: Outcome) -> None:
        """Go through a piece that lies within this one."""
        before = self.tally()
        self.add_lines(outcome.lines)
        self.emitted = join_emitted(self.emitted, outcome.emitted)
        for leaving, path in outcome.paths.items():
            if leaving is not Leaving.FALLING:
                add_path(self.paths, leaving, path.after(before))
                self.certain = False
        through = outcome.paths.get(Leaving.FALLING)
        if through is None:
            self.reached = False
            return
        self.slots = list(through.slots)
        self.stack += through.stack
        for resource, use in through.tally.uses.items():
            self.add(resource, use)

    def outcome(self) -> Outcome:
        """The piece, at its end."""
        self.settle()
        if self.reached:
            add_path(
                self.paths,
                Leaving.FALLING,
                Path(self.tally(), tuple(self.slots), tuple(self.stack)),
            )
        return Outcome(self.paths, Tally(self.lines), self.emitted)
