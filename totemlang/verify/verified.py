"""What verification leaves: the module together with what every instruction takes, gives and costs.

**Blocks.** A block is a maximal run of instructions up to and including the next control
instruction (`call`, `if`, `and`, `do`, `end`, … see the operation table). Its fixed prices are
charged on entry, before any of its operations; a price that depends on a size is charged just
before its operation. There is no refund. Three prices belong to a round: a round of `foreach`
charges its index before the body; a test of `while` charges its logic operation with the first
block of the condition. The price of reading (a row, a group) is charged before the first block.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from attrs import field, frozen

from totemlang.bytecode.module import Code, Module
from totemlang.check.library import Library
from totemlang.schema.types import Type
from totemlang.tables.measure import Measure
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook


@frozen
class Price:
    """The price of an instruction: `fixed` totem, and terms (totem a unit, formula) of its sizes.

    Bytes of operands of fixed size are folded into the numbers: `sized` holds only what depends
    on values (strings, arrays, exponents, lookups).
    """

    fixed: int = 0
    sized: tuple[tuple[int, Measure], ...] = ()


@frozen
class Step:
    """An instruction as verified: types taken from the stack (deepest first), left there, price.

    `partner` is, for an instruction that opens a block of control, the index of its `end` (of
    `if` with `else`: of the `else`); for `else`, `do` and `step` the index of what comes next
    (`end`, `step` or `end`, `end`); else -1.
    """

    operands: tuple[Type, ...]
    result: Type | None
    price: Price
    group: str
    partner: int = -1


@frozen
class Block:
    """Instructions `start` to `stop` (exclusive) that are charged together: `fixed` totem."""

    start: int
    stop: int
    fixed: int


@frozen
class VerifiedCode:
    """A body that can go wrong only by an OperationError: a step an instruction, and its blocks."""

    code: Code
    steps: tuple[Step, ...]
    blocks: tuple[Block, ...]


@frozen
class VerifiedModule:
    """A module that this node may run, under the rules and prices that it was verified against."""

    module: Module
    rules: RuleBook
    prices: PriceTable
    functions: tuple[VerifiedCode, ...]
    stages: tuple[VerifiedCode, ...]
    script: VerifiedCode | None
    initial: tuple[VerifiedCode | None, ...]
    """One for each global, None where it has no default."""
    library: Library | None = field(default=None, eq=False, repr=False)
    """The library of the node that verified it; None in a process that it was sent to."""
    own: tuple[bool, ...] = field(default=(), eq=False, repr=False)
    """Of each function whether it is that of the library, and all that it calls, too."""

    @cached_property
    def hash(self) -> str:
        """The hash of the module's container without the section for people; see `module_hash`."""
        from totemlang.bytecode.container import module_hash

        return module_hash(self.module)

    def __reduce__(self) -> tuple[Any, ...]:
        """Processes that it is sent to run it, for which they need no library."""
        held = (self.module, self.rules, self.prices, self.functions, self.stages)
        return VerifiedModule, (*held, self.script, self.initial)
