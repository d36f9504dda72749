"""What the verifier demands of instructions that make values: operands, result, plainness."""

from __future__ import annotations

from attrs import evolve

from totemlang.bytecode.module import Instruction
from totemlang.schema.types import STRING
from totemlang.tables.operations import OPERATIONS, pattern_type
from totemlang.verify.passed import has_passed
from totemlang.verify.stack import BOUND_TO_PLACE, Entry, Role
from totemlang.verify.walk import Effect, Region, Walk

UPDATES = frozenset({"add", "sub", "mul"})
"""Operations that an element may be updated by."""

TESTS = {"lt": Role.UPWARD, "le": Role.UPWARD, "gt": Role.DOWNWARD, "ge": Role.DOWNWARD}
"""Comparisons that end a loop which counts in a direction."""

CHECKS = frozenset({"check_bytes", "check_length", "check_range", "same_length"})
"""Operations that leave the value they check."""

_ELEMENTWISE = frozenset({"check_bytes", "check_range"})


def operation(walk: Walk) -> Effect:
    """An operation that is its row of the table and no more."""
    instruction = walk.instruction
    row = OPERATIONS[instruction.operation]
    operands = walk.take_any(len(row.operands))
    update = _is_update(instruction, operands)
    for place, (entry, pattern) in enumerate(zip(operands, row.operands, strict=True)):
        wanted = pattern_type(pattern, instruction.type)
        if entry.role in BOUND_TO_PLACE and not (update and place == 0):
            walk.fault("BYT137", f"it takes {entry.role.value}")
        elif entry.type != wanted:
            walk.fault("BYT132", f"it takes {wanted} and finds {entry.type}")
    effect = walk.leave(pattern_type(row.result, instruction.type), operands)
    role = Role.UPDATED if update else _test_role(walk, operands)
    if role is not Role.VALUE:
        (left,) = walk.stack.take(1)
        walk.stack.push(evolve(left, role=role, slot=operands[0].slot))
    return effect


def _is_update(instruction: Instruction, operands: list[Entry]) -> bool:
    return instruction.operation in UPDATES and operands[0].role is Role.TAKEN


def _test_role(walk: Walk, operands: list[Entry]) -> Role:
    """Whether the result is the test of the loop whose condition this is."""
    if operands and operands[0].role is Role.LOOP_VARIABLE and walk.region is Region.FOR_TEST:
        return TESTS.get(walk.instruction.operation, Role.VALUE)
    return Role.VALUE


def constant(walk: Walk) -> Effect:
    """A constant of the instruction's type."""
    found = walk.scope.constant_type(walk.immediate)
    if found is None:
        raise walk.stop("BYT131", f"there is no constant {walk.immediate}")
    if found != walk.at:
        walk.fault("BYT120", f"constant {walk.immediate} is {found}")
    walk.push(Entry(walk.at, plain=True))
    return Effect((), walk.at, walk.at)


def load(walk: Walk) -> Effect:
    """A slot. The variable of a loop is loaded once in its condition: first."""
    slot = walk.immediate
    walk.expect_slot(slot, walk.at)
    role = Role.VALUE
    if slot == walk.tested:
        if walk.region is Region.FOR_TEST and walk.index == walk.frames[-1].start + 1:
            role = Role.LOOP_VARIABLE
        else:
            walk.fault("BYT141", "the bound of a loop depends on the loop's own variable")
    walk.push(Entry(walk.at, plain=True, role=role, slot=slot))
    return Effect((), walk.at, walk.at)


def global_value(walk: Walk) -> Effect:
    """A parameter or constant of the program that stands before this body."""
    found = walk.scope.global_type(walk.immediate)
    if found is None:
        raise walk.stop("BYT131", f"there is no global {walk.immediate} before it")
    if found != walk.at:
        walk.fault("BYT134", f"global {walk.immediate} holds {found}")
    walk.push(Entry(walk.at, plain=True))
    return Effect((), walk.at, walk.at)


def widening(walk: Walk) -> Effect:
    """A value in a wider type; it stays plain if it was, and the variable of a loop one."""
    row = OPERATIONS[walk.instruction.operation]
    (entry,) = walk.take(walk.at)
    result = pattern_type(row.result, walk.at)
    walk.push(evolve(entry, type=result, depth=entry.depth + 1, checks=()))
    return Effect((entry.type,), result, result)


def counted(walk: Walk) -> Effect:
    """`array` and `concat`: as many operands as the instruction counts."""
    row = OPERATIONS[walk.instruction.operation]
    each = STRING if row.name == "concat" else walk.at
    count = walk.immediate
    if count > walk.stack.own:
        raise walk.stop("BYT133", f"it takes {count} values and finds {walk.stack.own}")
    operands = walk.take(*[each] * count)
    return walk.leave(pattern_type(row.result, walk.instruction.type), operands)


def lookup(walk: Walk) -> Effect:
    """A cell of a lookup: the parts of the key, of their exact types, give an optional."""
    number, column = walk.instruction.immediates
    known = walk.scope.module.lookups
    if not (number < len(known) and column < len(known[number].columns)):
        raise walk.stop("BYT131", f"there is no lookup {number} with a column {column}")
    found = known[number].columns[column].type
    if found.element != walk.at:
        walk.fault("BYT132", f"the column holds {found}")
    operands = walk.take(*[key.type for key in known[number].keys])
    return walk.leave(walk.at.optional, operands)


def check(walk: Walk) -> Effect:
    """A check leaves the value and all that is known of it."""
    instruction = walk.instruction
    (entry,) = walk.take_any(1)
    if entry.role in (Role.PLACE, Role.TAKEN):
        walk.fault("BYT137", f"it takes {entry.role.value}")
    elif entry.type != walk.at:
        walk.fault("BYT132", f"it takes {walk.at} and finds {entry.type}")
    elif entry.type.is_array and instruction.operation in _ELEMENTWISE:
        _expect_paid(walk, entry)
    if any(passed.operation == instruction.operation for passed in entry.checks):
        walk.fault("BYT138", "the value has passed such a check")
    if instruction.operation == "same_length":
        walk.expect_slot(walk.immediate, walk.at)
    if instruction.operation == "check_range":
        for number in instruction.immediates:
            found = walk.scope.constant_type(number)
            if found != walk.at.element:
                raise walk.stop("BYT120", f"constant {number} is no bound for {walk.at}")
    role = Role.UPDATED if entry.role is Role.UPDATED else Role.VALUE
    checks = (*entry.checks, instruction)
    walk.push(evolve(entry, type=walk.at, role=role, checks=checks))
    return Effect((walk.at,), walk.at, walk.at)


def _expect_paid(walk: Walk, entry: Entry) -> None:
    """A check of every element is free, so somebody must pay for having the elements.

    An array that an operation made is paid for; so is a variable that a function returns, which
    is its own; one that is plain otherwise is when it is stored: `assign` must follow.
    """
    following = 1
    while (near := walk.near(following)) is not None and near.operation in CHECKS:
        following += 1
    if entry.plain and (near is None or near.operation not in ("assign", "return")):
        hint = "store it in a variable of the narrower type first, which pays for its elements"
        walk.fault("BYT138", "it checks every element of an array that is not stored", hint)


def call(walk: Walk) -> Effect:
    """A call of a function that stands before this body, arguments of its exact types."""
    function = walk.scope.function(walk.immediate)
    if function is None:
        raise walk.stop("BYT150", f"there is no function {walk.immediate} before it")
    operands = walk.take(*[parameter.type for parameter in function.parameters])
    for parameter, entry in zip(function.parameters, operands, strict=True):
        if not has_passed(walk.scope, entry, parameter.type, parameter.constraint):
            walk.fault("BYT138", f"{parameter.name} has not passed the checks of its type")
    walk.called.add(walk.immediate)
    return walk.leave(function.result, operands)
