"""What the verifier demands of control: frames that open and close, loops that end, no dead code.

Values cross the border of no frame but that of `and` and `or`: where control joins, the stack is
empty. So there is nothing to compare at a join, and `break` leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable

from totemlang.bytecode.limits import MAX_NESTING
from totemlang.bytecode.module import Instruction
from totemlang.schema.types import BOOL, LONG, Type
from totemlang.verify.passed import has_passed
from totemlang.verify.scope import BodyKind
from totemlang.verify.stack import Entry, Role
from totemlang.verify.walk import LOOPS, Effect, Frame, Region, Walk

STEPS = {Role.UPWARD: "add", Role.DOWNWARD: "sub"}
"""How the variable of a loop moves towards its bound."""

DELIMITERS = frozenset({"else", "end", "step"})
"""What may stand after an instruction that control never passes."""


def _open(walk: Walk, region: Region, slots: tuple[int, ...] = ()) -> Frame:
    if len(walk.frames) >= MAX_NESTING:
        raise walk.stop("BYT146", f"more than {MAX_NESTING} blocks within each other")
    frame = Frame(region, walk.index, walk.index, slots=slots, at=walk.instruction.type)
    walk.frames.append(frame)
    walk.loops += region in LOOPS
    return frame


def _protect(walk: Walk, slots: tuple[int, ...], by: int) -> None:
    for slot in slots:
        walk.protected[slot] += by


def _next_part(walk: Walk, frame: Frame, region: Region) -> None:
    """The frame goes on with another part, which starts after the instruction at hand."""
    if frame.region not in (Region.FOR_TEST, Region.WHILE_TEST):
        walk.partners[frame.opening] = walk.index
    frame.region, frame.opening = region, walk.index


def _frame(walk: Walk, *regions: Region) -> Frame:
    """The innermost frame, which must be of one of these regions."""
    if walk.region not in regions:
        raise walk.stop("BYT140", "it closes nothing that is open")
    return walk.frames[-1]


# --- branches


def open_if(walk: Walk) -> Effect:
    """Takes the condition; the body, perhaps `else` and another, then `end`."""
    walk.take(BOOL)
    walk.statement()
    _open(walk, Region.THEN)
    return Effect((BOOL,))


def open_else(walk: Walk) -> Effect:
    """Ends the body of `if`."""
    frame = _frame(walk, Region.THEN)
    walk.statement()
    frame.falls_through = walk.reached
    _next_part(walk, frame, Region.ELSE)
    walk.reached = True
    return Effect()


def open_logic(walk: Walk) -> Effect:
    """`and`, `or`: takes the left side; what follows leaves the result, then `end`."""
    (left,) = walk.take(BOOL)
    region = Region.AND if walk.instruction.operation == "and" else Region.OR
    frame = _open(walk, region)
    frame.base, frame.depth = walk.stack.base, left.depth
    walk.stack.base = len(walk.stack)
    return Effect((BOOL,), BOOL, BOOL)


# --- loops


def open_for(walk: Walk) -> Effect:
    """A counted loop: its variable has just been stored, and its test follows."""
    slot = walk.immediate
    walk.statement()
    walk.expect_slot(slot, walk.at)
    walk.expect_writable(slot)
    before, after = walk.near(-1), walk.near(1)
    if before is None or before.operation not in ("assign", "set") or before.immediates != (slot,):
        walk.fault("BYT141", "the store of its first value does not stand before it")
    if after != Instruction("load", walk.at, (slot,)):
        walk.fault("BYT141", "its condition does not begin with its variable")
    _open(walk, Region.FOR_TEST, (slot,))
    walk.tested = slot
    return Effect()


def open_while(walk: Walk) -> Effect:
    """Takes the largest number of rounds; the condition follows."""
    walk.take(LONG)
    walk.statement()
    _open(walk, Region.WHILE_TEST)
    return Effect((LONG,))


def open_foreach(walk: Walk) -> Effect:
    """Takes an array; its slot holds an element each round. An array in a slot stays as it is."""
    (array,) = walk.take(walk.at.array)
    walk.statement()
    slot = walk.immediate
    walk.expect_slot(slot, walk.at)
    walk.expect_writable(slot)
    slots = (slot,) if array.slot < 0 else (slot, array.slot)
    _open(walk, Region.EACH_BODY, slots)
    _protect(walk, slots, 1)
    return Effect((walk.at.array,), None, walk.at)


def do(walk: Walk) -> Effect:
    """Takes the test; the body of the loop follows."""
    frame = _frame(walk, Region.FOR_TEST, Region.WHILE_TEST)
    (test,) = walk.take(BOOL)
    if not walk.stack.is_empty:
        raise walk.stop("BYT133", f"{len(walk.stack)} values are left below the test")
    if frame.region is Region.WHILE_TEST:
        _next_part(walk, frame, Region.WHILE_BODY)
    else:
        if test.role not in STEPS:
            hint = "the variable, then its bound, then lt le gt or ge"
            walk.fault("BYT141", "the condition does not compare the variable with a bound", hint)
        frame.direction = test.role
        walk.tested = -1
        _next_part(walk, frame, Region.FOR_BODY)
        _protect(walk, frame.slots, 1)
    walk.loops += 1
    return Effect((BOOL,))


def step(walk: Walk) -> Effect:
    """Ends the body of `for`: four instructions lead the variable towards its bound, then `end`."""
    frame = _frame(walk, Region.FOR_BODY)
    walk.statement()
    if not _leads_to_bound(walk, frame):
        hint = "load the variable, a constant over 0, add (for lt, le) or sub, set, end"
        raise walk.stop("BYT141", "the step does not lead the variable to its bound", hint)
    _protect(walk, frame.slots, -1)
    _next_part(walk, frame, Region.FOR_STEP)
    walk.loops -= 1
    walk.reached = True
    return Effect()


def _leads_to_bound(walk: Walk, frame: Frame) -> bool:
    following = [walk.near(offset) for offset in range(1, 6)]
    load, constant, move, store, end = following
    at, slots = frame.at, frame.slots
    return (
        load == Instruction("load", at, slots)
        and constant is not None
        and constant.operation == "const"
        and _is_positive(walk, constant, at)
        and move == Instruction(STEPS.get(frame.direction, ""), at)
        and store == Instruction("set", at, slots)
        and end == Instruction("end")
    )


def _is_positive(walk: Walk, constant: Instruction, at: Type | None) -> bool:
    if len(constant.immediates) != 1 or constant.type != at:
        return False
    (number,) = constant.immediates
    if walk.scope.constant_type(number) != at:
        return False
    value = walk.scope.module.constants[number][1]
    return isinstance(value, int) and value > 0


def leave_loop(walk: Walk) -> Effect:
    """`break` and `continue`."""
    if not walk.loops:
        walk.fault("BYT142", "it stands outside of a loop")
    walk.statement()
    walk.reached = False
    return Effect()


# --- ends


def end(walk: Walk) -> Effect:
    """Ends the innermost frame."""
    if not walk.frames:
        raise walk.stop("BYT140", "it closes nothing that is open")
    frame = walk.frames.pop()
    walk.partners[frame.opening] = walk.index
    if frame.region in (Region.FOR_STEP, Region.WHILE_BODY):
        walk.partners[frame.start] = walk.index
    _ENDS[frame.region](walk, frame)
    return Effect()


def _end_then(walk: Walk, frame: Frame) -> None:
    _expect_nothing_left(walk)
    walk.reached = True


def _end_else(walk: Walk, frame: Frame) -> None:
    _expect_nothing_left(walk)
    walk.reached = walk.reached or frame.falls_through


def _end_logic(walk: Walk, frame: Frame) -> None:
    (right,) = walk.take(BOOL)
    if walk.stack.own:
        raise walk.stop("BYT133", "its right side leaves more than one value")
    walk.stack.base = frame.base
    walk.push(Entry(BOOL, depth=1 + max(frame.depth, right.depth)))


def _end_loop(walk: Walk, frame: Frame) -> None:
    _expect_nothing_left(walk)
    if frame.region in LOOPS:
        walk.loops -= 1
        _protect(walk, frame.slots, -1)
    walk.reached = True


def _end_too_soon(walk: Walk, frame: Frame) -> None:
    raise walk.stop("BYT140", f"the {frame.region.value} ends before the loop is whole")


def _expect_nothing_left(walk: Walk) -> None:
    if not walk.stack.is_empty:
        raise walk.stop("BYT133", f"{len(walk.stack)} values are left on the stack")


_ENDS: dict[Region, Callable[[Walk, Frame], None]] = {
    Region.THEN: _end_then,
    Region.ELSE: _end_else,
    Region.AND: _end_logic,
    Region.OR: _end_logic,
    Region.FOR_TEST: _end_too_soon,
    Region.FOR_BODY: _end_too_soon,
    Region.FOR_STEP: _end_loop,
    Region.WHILE_TEST: _end_too_soon,
    Region.WHILE_BODY: _end_loop,
    Region.EACH_BODY: _end_loop,
}

# --- leaving a body, and results


def leave_function(walk: Walk) -> Effect:
    """`return`: takes the result of the function.

    An array must be the function's own: a caller may `set` it, which is free, so it may not be one
    that is still in use elsewhere, of which a copy would have to be made.
    """
    if walk.scope.kind is not BodyKind.FUNCTION:
        raise walk.stop("BYT145", "it stands outside of a function")
    (value,) = walk.take(*walk.scope.takes)
    if value.type.is_array and value.plain and value.slot < walk.scope.parameters:
        hint = "store it in a variable and return that, which pays for the copy"
        walk.fault("BYT136", "a function returns an array that is not its own", hint)
    walk.statement()
    walk.reached = False
    return Effect(walk.scope.takes)


def emit(walk: Walk) -> Effect:
    """Takes the parts of the key and the values, of the exact types of the emitted columns."""
    if walk.scope.kind is not BodyKind.STAGE:
        raise walk.stop("BYT145", "it stands outside of a stage")
    values = walk.take(*walk.scope.takes)
    for entry, column in zip(values, walk.scope.columns, strict=True):
        if not has_passed(walk.scope, entry, entry.type, column.constraint):
            walk.fault("BYT138", f"{column.name} has not passed the checks of its type")
    walk.statement()
    return Effect(walk.scope.takes)


def expect_reached(walk: Walk) -> None:
    """After an instruction that control never passes, the block must end."""
    if not walk.reached and walk.instruction.operation not in DELIMITERS:
        walk.fault("BYT143", "it is never reached")
        walk.reached = True


def finish(walk: Walk) -> None:
    """What must hold at the end of a body."""
    if walk.frames:
        raise walk.stop("BYT140", f"the {walk.frames[-1].region.value} does not end")
    if walk.scope.kind is BodyKind.INITIAL:
        (value,) = walk.take(*walk.scope.takes)
        if not has_passed(walk.scope, value, value.type, walk.scope.columns[0].constraint):
            walk.fault("BYT138", "the value has not passed the checks of its type")
    elif walk.scope.kind is BodyKind.FUNCTION and walk.reached:
        walk.fault("BYT144", "a path ends without `return`")
    _expect_nothing_left(walk)
