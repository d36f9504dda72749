"""What a body is written with: its surroundings, open blocks of control, pieces, charges."""

from __future__ import annotations

from attrs import define, field, frozen

from totemlang.schema.types import Type
from totemlang.tables.prices import PriceTable
from totemlang.vm.items import Interval
from totemlang.vm.python_text import Function
from totemlang.vm.shape import Frame


@frozen
class Surroundings:
    """What the bodies of a module share: values in the pool, prices, functions' results."""

    constants: tuple[tuple[Type, object], ...]
    globals: tuple[Type, ...]
    results: tuple[Type, ...]
    prices: PriceTable
    traced: bool = False


@define
class Open:
    """A block of control that is being written.

    `function` is the Python function (by number of pieces around) that holds its head. Of the
    variable of a `for`, `start` and `facts` are what is known at first and within the body; where
    a `range` counts it in steps of `step`, that starts at the variable with its first value.
    `tested` is the first instruction of its test where that stands in the head of a `while`, so
    that each round ends with the charge of the next test. `result` is where `and` and `or` leave
    theirs, and `while` the rounds left.
    """

    frame: Frame
    operation: str
    function: int
    piece: bool = False
    slot: int = -1
    start: Interval | None = None
    range: str = ""
    step: int = 0
    facts: Interval | None = None
    tested: int = -1
    result: str = ""


@define
class Piece:
    """A Python function that a body is written to, and how control may leave it."""

    function: Function
    exits: set[int] = field(factory=set)
    resume: str = ""


@define
class Charge:
    """The last charge written, as long as charges of blocks that follow are added to it.

    `failing` are the lines since that may fail: a failure there takes back what was added later.
    `checks` are those that ask for more totem, `later` what was added behind a failing line.
    """

    line: int
    amount: int
    failing: list[int] = field(factory=list)
    checks: list[int] = field(factory=list)
    later: int = 0
