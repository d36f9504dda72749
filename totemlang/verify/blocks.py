"""Cutting a body into blocks: what is charged together before any of it is done."""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.bytecode.module import Code
from totemlang.tables.operations import OPERATIONS
from totemlang.verify.verified import Block, Step

EACH_ROUND, EACH_TEST = "foreach", "while"


def cut(code: Code, steps: Sequence[Step]) -> tuple[Block, ...]:
    """The blocks of a body: each ends with a control instruction, or with the body.

    The index of a round of `foreach` is in no block: it is charged before the body, each round.
    The logic operation of `while` is in the block that follows it: a test is charged with the
    first block of the condition.
    """
    blocks: list[Block] = []
    start = fixed = 0
    for index, step in enumerate(steps):
        operation = code.instructions[index].operation
        if operation not in (EACH_ROUND, EACH_TEST):
            fixed += step.price.fixed
        if OPERATIONS[operation].control:
            blocks.append(Block(start, index + 1, fixed))
            start = index + 1
            fixed = step.price.fixed if operation == EACH_TEST else 0
    if start < len(steps):
        blocks.append(Block(start, len(steps), fixed))
    return tuple(blocks)
