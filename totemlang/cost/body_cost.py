"""The cost of a body: one way through its instructions, with abstract values in slots and stack.

Charges are taken where the machine takes them. Both sides of a branch are gone through and joined,
a loop's body once (see `loop_cost`), a function's never: its formula is instantiated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import Factory, define, field

from totemlang.bytecode.module import Instruction
from totemlang.cost.abstract import AbstractValue, simplified
from totemlang.cost.analysis import Analysis, LineAt
from totemlang.cost.complexity import too_complex
from totemlang.cost.effects import EFFECTS, computed
from totemlang.cost.interval import exactly
from totemlang.cost.invariants import Accesses, accesses_of
from totemlang.cost.paths import Outcome, Region, Values
from totemlang.cost.sizes import Measuring
from totemlang.cost.tally import NOTHING, Use, use_of
from totemlang.diagnostics import ErrorClass, Refused
from totemlang.verify.verified import Step, VerifiedCode

MAX_DEPTH = 100
"""Blocks of control within each other that are followed."""

COMPARISONS = frozenset({"lt", "le", "gt", "ge"})


@define
class Body:
    """A body under analysis.

    `line_at` tells lines (None: lines are not kept, as in the library). `depth` counts the blocks
    around the place at hand. `compared` is the comparison made last, with its operands. `always`
    are the records that every run of the body emits. The first `parameters` slots hold something
    from the start.
    """

    analysis: Analysis
    code: VerifiedCode
    line_at: LineAt | None
    control: Mapping[str, Control]
    depth: int = 0
    compared: tuple[str, AbstractValue, AbstractValue] | None = None
    always: list[Values] = Factory(list)
    parameters: int = 0
    accesses: Accesses = field(init=False)

    def __attrs_post_init__(self) -> None:
        """See where slots are used."""
        self.accesses = accesses_of(self.code.code, self.parameters)

    def instruction(self, index: int) -> Instruction:
        """The instruction at an index."""
        return self.code.code.instructions[index]

    def step(self, index: int) -> Step:
        """What verification says of the instruction at an index."""
        return self.code.steps[index]

    def line(self, index: int) -> int:
        """The source line of an instruction; 0 where none is known."""
        return 0 if self.line_at is None else self.line_at(index)

    def run(self, slots: Values) -> Outcome:
        """Go through the whole body, from what slots hold at first."""
        return self.walk(0, len(self.code.code.instructions), slots)

    def walk(self, start: int, stop: int, slots: Values) -> Outcome:
        """Go through instructions from `start` to before `stop`."""
        if self.depth > MAX_DEPTH:
            raise too_complex("there are too many blocks within each other")
        self.depth += 1
        region = Region(list(slots), keeps_lines=self.line_at is not None)
        analysis, control, instructions = self.analysis, self.control, self.code.code.instructions
        index = start
        while index < stop and region.reached:
            analysis.worked(1)
            handler = control.get(instructions[index].operation)
            if handler is None:
                self._apply(region, index)
                index += 1
            else:
                index = handler(self, region, index)
        self.depth -= 1
        return region.outcome()

    def _apply(self, region: Region, index: int) -> None:
        instruction, step = self.instruction(index), self.step(index)
        operands = region.pop(len(step.operands))
        effect = EFFECTS.get(instruction.operation, computed)
        result = effect(self.analysis, instruction, step, operands, region.slots)
        self.charge(region, index, operands, result)
        if step.result is not None:
            assert result is not None
            region.stack.append(result)
        if instruction.operation in COMPARISONS:
            self.compared = (instruction.operation, operands[0], operands[1])

    def charge(
        self,
        region: Region,
        index: int,
        operands: Sequence[AbstractValue],
        result: AbstractValue | None = None,
    ) -> None:
        """Charge the price of an instruction at its line."""
        price = self.step(index).price
        region.charge_fixed(self.line(index), price.fixed)
        if price.sized:
            region.charge(self.line(index), self.sized(index, operands, result))

    def sized(
        self, index: int, operands: Sequence[AbstractValue], result: AbstractValue | None
    ) -> Use:
        """What an instruction costs by the sizes of its operands and result."""
        try:
            found = self._measured(index, operands, result)
        except Refused:  # Too involved: once more, with simpler operands.
            simple = None if result is None else simplified(result)
            found = self._measured(index, [simplified(value) for value in operands], simple)
        if found.upper is None:
            name = self.instruction(index).operation
            self.note_unbounded(index, f"how many bytes or elements `{name}`")
        return found

    def _measured(
        self, index: int, operands: Sequence[AbstractValue], result: AbstractValue | None
    ) -> Use:
        step, instruction = self.step(index), self.instruction(index)
        lookup = instruction.operation == "lookup"
        rows = self.analysis.lookups[instruction.immediates[0]].rows if lookup else exactly(0)
        result_type = step.result if step.result is not None else instruction.type
        prices = self.analysis.verified.prices
        measuring = Measuring(operands, step.operands, result, result_type, rows, prices)
        found = NOTHING
        for weight, measure in step.price.sized:
            found = found.plus(use_of(measuring.measured(measure), weight))
        return found

    def note_unbounded(self, index: int, what: str) -> None:
        """Note that nothing bounds what happens at an instruction."""
        self.analysis.note(
            "CST103",
            ErrorClass.COST,
            f"nothing bounds {what} has to touch here",
            self.code.code.span(index),
            "declare a size (`string[20]`, `double[48]`), or take it from a literal or parameter",
        )


Control = Callable[[Body, Region, int], int]
"""What an instruction of control does; gives the index at which to go on."""
