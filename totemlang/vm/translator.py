"""One body of verified bytecode becomes Python functions, in one pass over its instructions.

Expressions are put together again from the stack and written where they are used. Whatever may
fail or charges keeps the order of the bytecode: before such a line is written, all that may fail
and stands before it on the stack is evaluated. Blocks are charged on entry. The charges of blocks
that follow each other for sure are one: a failure between them takes back what was charged too
early, and totem that does not suffice for all of it does not end the run before that is sure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from attrs import define, evolve, field

from totemlang.bytecode.module import Instruction
from totemlang.schema.types import Kind
from totemlang.verify.verified import Block, Step, VerifiedCode
from totemlang.vm.items import MAX_DEPTH, RANGES, Interval, Item
from totemlang.vm.measures import MeasureWriter, Sized
from totemlang.vm.parts import Charge, Open, Piece, Surroundings
from totemlang.vm.python_text import INDENT, Function, Site
from totemlang.vm.shape import Shape

BREAK, CONTINUE, RETURN = 1, 2, 3
"""What a piece of a body tells the one that called it."""

MAX_INDENT = 45
MAX_LOOPS = 12
"""Beyond these, control goes on in a function of its own: Python nests 100 and 20 deep."""


@define
class Translator:
    """Writes one body. `parameters` slots are set from outside and never stored to."""

    number: int
    verified: VerifiedCode
    shape: Shape
    lines: list[int]
    parameters: int
    around: Surroundings
    main: Function
    prepaid: int = -1
    """A block whose charge whoever calls has paid, or -1."""
    on_emit: Callable[[Translator, list[Item]], None] | None = None
    stack: list[Item] = field(factory=list)
    unsettled: list[int] = field(factory=list)
    opened: list[Open] = field(factory=list)
    facts: dict[int, Interval] = field(factory=dict)
    pieces: list[Piece] = field(factory=list)
    finished: list[Function] = field(factory=list)
    counters: dict[int, str] = field(factory=dict)
    """What counts how often control goes into a block, by the instruction that opens it."""
    amounts: dict[int, str] = field(factory=dict)
    """Where the size-dependent charges of an instruction add up."""
    variables: set[str] = field(factory=set)
    at: int = 0
    _temporary: int = 0
    _charge: Charge | None = None
    _starts: dict[int, Block] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Begin in the function that the caller made."""
        self.pieces.append(Piece(self.main))
        self._starts = {block.start: block for block in self.verified.blocks}

    # --- names

    @property
    def apart(self) -> bool:
        """Whether the body is so deep that its variables are shared by several functions."""
        return self.shape.depth + 8 > MAX_INDENT or self.shape.loops + 3 > MAX_LOOPS

    @property
    def function(self) -> Function:
        """The Python function being written."""
        return self.pieces[-1].function

    @property
    def instruction(self) -> Instruction:
        """The instruction at hand."""
        return self.verified.code.instructions[self.at]

    @property
    def step(self) -> Step:
        """What the verifier says of it."""
        return self.verified.steps[self.at]

    def name(self, letter: str, number: int = -1) -> str:
        """A variable of the body, to be read."""
        name = letter if number < 0 else f"{letter}{number}"
        return f"{name}b{self.number}" if self.apart else name

    def target(self, letter: str, number: int = -1) -> str:
        """A variable of the body, to be assigned."""
        name = self.name(letter, number)
        if self.apart:
            self.variables.add(name)
            self.function.outer(name)
        return name

    def temporary(self) -> str:
        """A variable for a part of a statement."""
        self._temporary += 1
        return self.target("t", self._temporary)

    def begin_instruction(self) -> None:
        """Variables for parts serve again once nothing stands on the stack."""
        if not self.stack:
            self._temporary = 0

    def counter(self, instruction: int = -1) -> str:
        """The counter of the instruction at hand, or another."""
        at = self.at if instruction < 0 else instruction
        self.counters[at] = name = f"n{self.number}x{at}"
        return self.function.outer(name)

    # --- lines

    def site(self, instruction: int = -1, *, paid: bool = True) -> Site:
        """The place of a line: the instruction at hand, or another."""
        return Site(self.number, self.at if instruction < 0 else instruction, paid)

    def write(self, text: str, site: Site | None = None, *, fails: bool = False) -> None:
        """Write a line; `fails` tells that it may raise a failure."""
        if fails and self._charge is not None:
            self._charge.failing.append(len(self.function.lines))
        self.function.line(text, site)

    def open(self, text: str, site: Site | None = None) -> None:
        """Write the head of a suite."""
        self._charge = None
        self.function.open(text, site)

    def close(self) -> None:
        """End a suite."""
        self._charge = None
        self.function.close()

    # --- charges

    def enter_block(self, start: int) -> None:
        """Charge the block that starts at an instruction."""
        block = self._starts.get(start)
        if block is None:
            return
        if start != self.prepaid:
            self.charge(block.fixed, self.site(start, paid=False))
        if self.around.traced:
            self.write(f"trace({self.number}, {start})")

    def charge(self, amount: int, site: Site) -> None:
        """Deduct a fixed amount before what follows."""
        if not amount:
            return
        if self._charge is not None:
            self._add(self._charge, amount)
            return
        self._charge = Charge(len(self.function.lines), amount)
        self.function.lines.append(self._deduction(amount))
        self.function.sites.append(site)
        self._check_left(site)

    def _add(self, charge: Charge, amount: int) -> None:
        """Add the charge of a block that surely follows, unless something fails before."""
        charge.amount += amount
        self.function.lines[charge.line] = self._deduction(charge.amount)
        if charge.failing:
            charge.later += amount
            for line in charge.failing:
                self.function.refunds[line] += amount
            for line in charge.checks:
                self.function.lines[line] = self._check(charge.later)

    def forget_charge(self) -> None:
        """What follows is not charged together with what stands before."""
        self._charge = None

    def _deduction(self, amount: int) -> str:
        return INDENT * self.function.depth + f"{self.function.outer('left')} -= {int(amount)}"

    def _check(self, later: int) -> str:
        how = f"more(left, {int(later)})" if later else "more(left)"
        return INDENT * self.function.depth + f"if left < 0: left = {how}"

    def _check_left(self, site: Site) -> None:
        later = 0
        if self._charge is not None:
            self._charge.checks.append(len(self.function.lines))
            later = self._charge.later
        self.function.lines.append(self._check(later))
        self.function.sites.append(site)

    def charge_sized(self, amount: str) -> None:
        """Deduct an amount that depends on sizes, and add it up for the instruction at hand."""
        held = self.target("a")
        total = self.amounts.setdefault(self.at, f"z{self.number}x{self.at}")
        self.write(f"{held} = {amount}")
        self.write(f"{self.function.outer('left')} -= {held}")
        self._check_left(self.site())
        self.write(f"{self.function.outer(total)} += {held}")

    def sized_price(self, terms: Sized, operands: list[Item], result: Item | None) -> str:
        """The price of the instruction at hand as an expression."""
        carried = self.instruction.immediates
        lookup = carried[0] if self.instruction.operation == "lookup" else -1
        writer = MeasureWriter(operands, result, self.around.prices.bytes, lookup)
        return writer.price(terms)

    # --- the stack

    def push(self, item: Item) -> None:
        """Leave an expression on the stack."""
        if item.may_fail:
            self.unsettled.append(len(self.stack))
        self.stack.append(item)

    def pop(self) -> Item:
        """Take the topmost expression."""
        if self.unsettled and self.unsettled[-1] == len(self.stack) - 1:
            self.unsettled.pop()
        return self.stack.pop()

    def settle(self, place: int) -> Item:
        """Evaluate the expression at a place of the stack into a variable, in its turn."""
        before = self.unsettled[: bisect_right(self.unsettled, place)]
        del self.unsettled[: len(before)]
        for at in before:
            if at == place:
                break
            self.stack[at] = self.store_temporary(self.stack[at])
        self.stack[place] = self.store_temporary(self.stack[place])
        return self.stack[place]

    def settle_failing(self) -> None:
        """Evaluate all that may fail."""
        if self.unsettled:
            self.settle(self.unsettled[-1])

    def store_temporary(self, item: Item) -> Item:
        """Write an expression to a variable of its own."""
        name = self.temporary()
        return self.store(name, item)

    def store(self, name: str, item: Item) -> Item:
        """Write an expression to a variable, checked or rounded as its type asks."""
        site = self.site(item.fails_at)
        kind = item.type.kind
        if item.unchecked and kind is Kind.FLOAT:
            self.write(f"binary32[0] = {item.text}", site, fails=item.fails_at >= 0)
            self.write(f"{name} = binary32[0]")
            return item.named(name)
        self.write(f"{name} = {item.text}", site, fails=item.fails_at >= 0)
        if not item.unchecked:
            return item.named(name)
        least, most = RANGES[kind]
        low, high = item.within or (least - 1, most + 1)
        reason = "out_of_range" if kind in _WHOLE else "time_out_of_range"
        if low < least and high > most:
            test = f"not {least} <= {name} <= {most}"
        else:
            test = f"{name} < {least}" if low < least else f"{name} > {most}"
        self.write(f"if {test}: raise Failure({reason})", site, fails=True)
        return evolve(item.named(name), within=(max(low, least), min(high, most)))

    def simple(self, place: int) -> Item:
        """The expression at a place of the stack as one that may be repeated."""
        item = self.stack[place]
        return item if item.simple else self.settle(place)

    def checked(self, place: int) -> Item:
        """The expression at a place of the stack, range-checked, and not too deep."""
        item = self.stack[place]
        return self.settle(place) if item.unchecked or item.depth > MAX_DEPTH else item

    def take_statement(self, count: int) -> list[Item]:
        """Take the operands of a statement, each checked, in order."""
        start = len(self.stack) - count
        for place in range(start, len(self.stack)):
            self.checked(place)
        return [self.pop() for _ in range(count)][::-1]


_WHOLE = (Kind.INT, Kind.LONG, Kind.DURATION)
