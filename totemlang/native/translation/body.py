"""One body of verified bytecode becomes a function of WebAssembly, in one pass.

The stack of the bytecode is followed while writing: what stands on it are constants and locals.
Operations are written where they stand in the bytecode, so charges and failures keep its order.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from totemlang.bytecode.module import Instruction
from totemlang.native.layout import Layout
from totemlang.native.translation.choices import Choice
from totemlang.native.translation.counted_loop import Counted
from totemlang.native.translation.dues import Dues
from totemlang.native.translation.filters import Branchless
from totemlang.native.translation.following import Following
from totemlang.native.translation.items import METERING, Item, item_of
from totemlang.native.translation.memory_use import MemoryUse
from totemlang.native.translation.ownership import Ownership
from totemlang.native.translation.plan import Counting
from totemlang.native.translation.ranges import Operands, operand_ranges
from totemlang.native.values import value_types
from totemlang.schema.types import Type
from totemlang.tables.prices import PriceTable
from totemlang.verify.verified import Block, Step, VerifiedCode, VerifiedModule
from totemlang.vm.shape import Shape

MOST_LOCAL_COUNTERS = 48
"""Beyond these, the counters of a stage stand in memory all the time."""


@frozen
class Traits:
    """What callers must know of a body: whether it may fail, and whether it takes memory."""

    fails: bool
    allocates: bool


@frozen
class Surroundings:
    """What the bodies of a module share."""

    verified: VerifiedModule
    layout: Layout
    counting: Counting
    reasons: Mapping[str, int]
    constants: tuple[Item, ...]
    globals: tuple[int, ...]
    """Where each global's value stands."""
    lookups: tuple[int, ...]
    """Where the table of each lookup stands."""
    traits: list[Traits]
    """Of the functions, as far as they are written."""

    @property
    def prices(self) -> PriceTable:
        """The prices that the module was verified against."""
        return self.verified.prices


@define
class BodyWriter:
    """Writes one body.

    `prepaid` is a block that whoever calls has paid, or -1. `in_memory`: counters are counted in
    memory.
    """

    number: int
    verified: VerifiedCode
    shape: Shape
    around: Surroundings
    memory: MemoryUse
    owns: Ownership
    prepaid: int = -1
    in_memory: bool = True
    lines: list[str] = field(factory=list)
    locals: dict[str, str] = field(factory=dict)
    stack: list[Item] = field(factory=list)
    opened: list[int] = field(factory=list)
    """The instructions that opened the blocks of control around, the innermost last."""
    counters: dict[int, str] = field(factory=dict)
    amounts: dict[int, str] = field(factory=dict)
    counted: dict[str, int] = field(factory=dict)
    """Local counters, and where each belongs in memory."""
    slots: dict[int, int] = field(factory=dict)
    """Where the buffers of slots stand that own what they hold."""
    free: Branchless = Branchless()
    """What it does without a branch."""
    guards: list[str] = field(factory=list)
    """Conditions, each within the one before: what is done has an effect only where they hold."""
    fails: bool = False
    charges: bool = False
    dues: Dues | None = None
    """What it owes; None where blocks are charged one by one."""
    following: Following = field(factory=Following)
    """Its counters that follow from something else."""
    entries: str = "(i64.const 1)"
    """How often it was entered until now."""
    rounds: dict[int, Counted] = field(factory=dict)
    """The counted loops, by the instruction that opens them."""
    begins: dict[int, str] = field(factory=dict)
    """Where their variables begin."""
    bodies: dict[int, int] = field(factory=dict)
    """The lines from which on their bodies stand."""
    special: dict[int, int] = field(factory=dict)
    """Instructions that mean something else in a counted loop, and what opens that."""
    beside: list[str] = field(factory=list)
    """Functions of its own."""
    kept_at: int = -1
    """Where variables stand while more totem is asked for; -1: nowhere yet."""
    landings: list[str] = field(factory=lambda: ["$fail"])
    """Where failures go, the innermost last."""
    landed: set[str] = field(factory=set)
    """Those that a failure goes to."""
    choices: list[Choice] = field(factory=list)
    """The branch at hand, if its stores choose."""
    heads: dict[int, int] = field(factory=dict)
    """The lines before loops, by the instruction that opens them: what they need is read there."""
    has_records: bool = False
    """Whether it runs over the records of a batch."""
    before: list[str] = field(factory=list)
    """What stands before that."""
    views: dict[tuple[int, str], int] = field(factory=dict)
    """Arrays read before loops, by loop and array (see `elements`)."""
    inside: dict[int, tuple[str, tuple[str, int]]] = field(factory=dict)
    """By loop the counter that lies within an array while it runs, and the array."""
    ranges: tuple[Operands, ...] = ()
    """By instruction between which numbers what it takes lies."""
    at: int = 0
    _temporary: int = 0
    _addresses: dict[str, int] = field(factory=dict)
    _starts: dict[int, Block] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Find where blocks start, and what numbers may come."""
        self._starts = {block.start: block for block in self.verified.blocks}
        constants = self.around.constants
        self.ranges = operand_ranges(self.verified, self.shape, constants, self.parameters)

    # --- where we are

    @property
    def instruction(self) -> Instruction:
        """The instruction at hand."""
        return self.verified.code.instructions[self.at]

    @property
    def parameters(self) -> int:
        """Slots that are set from outside; they stand first."""
        module = self.around.verified.module
        counts = [len(each.parameters) for each in module.functions]
        counts += [len(each.parameters) for each in module.stages]
        return counts[self.number] if self.number < len(counts) else 0

    @property
    def step(self) -> Step:
        """What the verifier says of it."""
        return self.verified.steps[self.at]

    @property
    def immediate(self) -> int:
        """The first immediate of the instruction at hand."""
        return self.instruction.immediates[0]

    @property
    def guard(self) -> str:
        """The innermost condition under which what is done anyhow counts, or ""."""
        return self.guards[-1] if self.guards else ""

    # --- text

    def write(self, text: str) -> None:
        """Write an instruction or several."""
        self.lines.append(text)

    def meter(self, text: str) -> None:
        """Write what serves metering alone, on a line."""
        self.write(METERING + text)

    def local(self, name: str, value_type: str) -> str:
        """Declare a local; gives the expression that reads it."""
        self.locals[name] = value_type
        return f"(local.get {name})"

    def begin_instruction(self) -> None:
        """Locals for parts serve again once nothing stands on the stack."""
        if not self.stack:
            self._temporary = 0

    def temporary(self, value_type: str) -> str:
        """The name of a local for a part of a statement."""
        self._temporary += 1
        name = f"$t{self._temporary}{value_type}"
        self.locals[name] = value_type
        return name

    def held(self, text: str, value_type: str) -> str:
        """An expression as one that may be repeated: kept in a local."""
        name = self.temporary(value_type)
        self.write(f"(local.set {name} {text})")
        return f"(local.get {name})"

    # --- slots

    def slot_names(self, slot: int) -> tuple[str, ...]:
        """The locals of a slot."""
        at = self.verified.code.slots[slot]
        return (f"$s{slot}", f"$p{slot}")[: len(value_types(at))]

    def slot(self, slot: int) -> Item:
        """What a slot holds."""
        at = self.verified.code.slots[slot]
        names = self.slot_names(slot)
        for name, value_type in zip(names, value_types(at), strict=True):
            self.locals.setdefault(name, value_type)
        return item_of(at, [f"(local.get {name})" for name in names])

    def set_slot(self, slot: int, parts: tuple[str, ...]) -> None:
        """Store expressions into the locals of a slot."""
        self.slot(slot)
        for name, text in zip(self.slot_names(slot), parts, strict=True):
            self.write(f"(local.set {name} {text})")

    def buffer(self, slot: int) -> int:
        """Where the buffer of a slot that owns its value is noted: a static address."""
        if slot not in self.slots:
            size = 16 if self.verified.code.slots[slot].is_array else 8
            self.slots[slot] = self.around.layout.reserve(size)
        return self.slots[slot]

    # --- the stack

    def push(self, item: Item) -> None:
        """Leave a value."""
        self.stack.append(item)

    def pop(self) -> Item:
        """Take the topmost value."""
        return self.stack.pop()

    def take(self, count: int) -> list[Item]:
        """Take several values, the deepest first."""
        start = len(self.stack) - count
        taken = self.stack[start:]
        del self.stack[start:]
        return taken

    def push_result(self, at: Type, text: str, *, owned: bool = False) -> Item:
        """Leave the value of an expression, kept in a local."""
        item = Item(at, self.held(text, value_types(at)[0]), owned=owned)
        self.push(item)
        return item

    def retyped(self, item: Item, at: Type) -> None:
        """Leave the same value under another type."""
        self.push(evolve(item, type=at))

    # --- failures

    def place(self) -> int:
        """The number of the instruction at hand among the places of failures."""
        self.fails = True
        return self.around.counting.place(self.number, self.at)

    def fail_if(
        self, condition: str, reason: str, unless: str = "", other: str = "", other_reason: str = ""
    ) -> None:
        """Fail where a condition holds, and that of the filter around; see `Native`."""
        if self.guard:
            condition = f"(i32.and {self.guard} {condition})"
        why = f"(i32.const {self.around.reasons[reason]})"
        if other:
            why = f"(select (i32.const {self.around.reasons[other_reason]}) {why} {other})"
        leave = self._leave(why)
        if unless:
            leave = f"(if (i32.eqz {unless}) (then {leave}))"
        self.write(f"(if {condition} (then {leave}))")

    def fail_if_told(self) -> None:
        """Fail where the function just called has told so."""
        self.write(f"(if (global.get $failed) (then {self._leave('(i32.const 0)')}))")

    def _leave(self, why: str) -> str:
        """Leave for the landing; what follows is not owed. Reason 0: it has been told.

        Nothing is called here: what the code around has in registers may stay there.
        """
        landing = self.landings[-1]
        self.local("$why", "i32")
        self.local("$where", "i32")
        told = f"(local.set $why {why})(local.set $where (i32.const {self.place()}))"
        self.landed.add(landing)
        less = self.dues.beyond(self.at) if self.dues is not None else 0
        back = f"(local.set $left (i64.add (local.get $left) (i64.const {-less})))" if less else ""
        return f"{told}{back}(br {landing})"

    def land(self) -> str:
        """Where failures land: note which it was, and where."""
        return (
            "(if (local.get $why) (then (global.set $failed (local.get $why))))"
            "(call $stop (local.get $where))"
        )

    # --- counters and charges

    def count(self, instruction: int, times: str = "(i64.const 1)") -> None:
        """Count that control went into the block that an instruction opens, if that matters."""
        if self.dues is not None and instruction in self.dues.idle:
            return
        name = self.counters.setdefault(instruction, f"n{self.number}x{instruction}")
        self.add_up(name, times)

    def count_choice(self, instruction: int, condition: str) -> None:
        """Count where a condition holds that has just been compared.

        A choice between two numbers looks at what the comparison left, like those that follow it;
        adding the condition would first make a number of it.
        """
        name = self.counters.setdefault(instruction, f"n{self.number}x{instruction}")
        if name not in self.counted or (self.dues is not None and instruction in self.dues.idle):
            self.count(instruction, f"(i64.extend_i32_u {condition})")
            return
        held = f"(local.get ${name})"
        more = f"(i64.add {held} (i64.const 1))"
        self.meter(f"(local.set ${name} (select {more} {held} {condition}))")

    def add_up(self, name: str, amount: str) -> None:
        """Add to a counter."""
        address = self._address(name)
        if name not in self.counted and (
            self.in_memory or len(self.counted) >= MOST_LOCAL_COUNTERS
        ):
            where = f"(i32.const {address})"
            self.meter(f"(i64.store {where} (i64.add (i64.load {where}) {amount}))")
            return
        held = self.counter_local(name)
        self.meter(f"(local.set ${name} (i64.add {held} {amount}))")

    def counter_local(self, name: str) -> str:
        """Keep a counter in a local."""
        self.counted[name] = self._address(name)
        return self.local(f"${name}", "i64")

    def _address(self, name: str) -> int:
        if name not in self._addresses:
            self._addresses[name] = self.around.counting.counter(name)
        return self._addresses[name]

    def flush(self) -> None:
        """Bring local counters to memory, at the end of a batch."""
        for name, address in self.counted.items():
            where = f"(i32.const {address})"
            self.write(f"(i64.store {where} (i64.add (i64.load {where}) (local.get ${name})))")

    def enter_block(self, start: int, condition: str = "") -> None:
        """Charge the block that starts at an instruction, if the condition holds."""
        block = self._starts.get(start)
        if self.dues is not None:
            return
        if block is not None and block.fixed and start != self.prepaid:
            amount = f"(i64.const {block.fixed})"
            if condition:
                amount = f"(select {amount} (i64.const 0) {condition})"
            self.charge(amount)

    def charge(self, amount: str) -> None:
        """Deduct an amount before what follows."""
        self.charges = True
        left = self.local("$left", "i64")
        self.meter(
            f"(local.set $left (i64.sub {left} {amount}))"
            f"(if (i64.lt_s {left} (i64.const 0))"
            f" (then (local.set $left (call $refill {left}))))"
        )

    def charge_sized(self, amount: str) -> None:
        """Deduct an amount that depends on sizes, and add it up for the instruction at hand."""
        held = self.held(amount, "i64")
        self.charge(held)
        self.add_up(self.amounts.setdefault(self.at, f"z{self.number}x{self.at}"), held)

    # --- the whole

    def declarations(self, given: frozenset[str] = frozenset()) -> str:
        """The locals of the function, but for those given as parameters."""
        return " ".join(
            f"(local {name} {value_type})"
            for name, value_type in self.locals.items()
            if name not in given
        )
