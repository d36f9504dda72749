"""How control is written: branches, loops, calls, returns, emits."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from totemlang.schema.types import BOOL
from totemlang.vm.counted_loops import comparison_at, learn_from_test, range_of
from totemlang.vm.items import Interval, Item
from totemlang.vm.operations import HANDLERS, operation
from totemlang.vm.parts import Open, Piece
from totemlang.vm.python_text import Function
from totemlang.vm.shape import LOOPS, OPENING
from totemlang.vm.translator import BREAK, CONTINUE, MAX_INDENT, MAX_LOOPS, RETURN, Translator

_COMPARISONS = frozenset({"lt", "le", "gt", "ge"})


def translate(to: Translator) -> None:
    """Write a whole body, from its first instruction to its last."""
    end = len(to.verified.code.instructions)
    to.at = 0
    to.enter_block(0)
    while to.at < end:
        one(to)
        to.at += 1


def one(to: Translator) -> None:
    """Write the instruction at hand; control may move on to another."""
    name = to.instruction.operation
    to.begin_instruction()
    if name in CONTROL:
        to.settle_failing()
        CONTROL[name](to)
        if name in _JOINING:
            to.facts.clear()
            to.facts.update(_loop_facts(to))
        # What follows is another block: it is charged before anything of it is done.
        to.enter_block(to.at + 1)
        return
    compared = comparison_at(to) if name in _COMPARISONS else None
    HANDLERS.get(name, operation)(to)
    if compared is not None:
        to.push(evolve(to.pop(), compares=compared))


def _loop_facts(to: Translator) -> dict[int, Interval]:
    return {o.slot: o.facts for o in to.opened if o.facts is not None}


# --- pieces: control that goes on in a function of its own


def _begin(to: Translator, *, slot: int = -1) -> Open:
    """A block of control opens at the instruction at hand."""
    opened = Open(to.shape.frames[to.at], to.instruction.operation, 0, slot=slot)
    loops = sum(o.operation in LOOPS and o.function == len(to.pieces) for o in to.opened)
    if to.apart and (to.function.depth > MAX_INDENT or loops + 3 > MAX_LOOPS):
        name = f"p{to.number}x{to.at}"
        to.pieces.append(Piece(Function(f"def {name}():"), resume=name))
        to.forget_charge()
        opened.piece = True
    opened.function = len(to.pieces)
    to.opened.append(opened)
    return opened


def _finish(to: Translator) -> Open:
    """The innermost block of control ends; the caller goes on after its piece."""
    opened = to.opened.pop()
    if opened.piece:
        piece = to.pieces.pop()
        to.finished.append(piece.function)
        to.forget_charge()
        if not piece.exits:
            to.write(f"{piece.resume}()")
        else:
            left = to.target("x")
            to.write(f"{left} = {piece.resume}()")
            for how in sorted(piece.exits):
                to.open(f"if {left} == {how}:")
                {BREAK: _write_break, CONTINUE: _write_continue, RETURN: _write_return}[how](to)
                to.close()
    return opened


def _loop_around(to: Translator) -> Open:
    return next(o for o in reversed(to.opened) if o.operation in LOOPS)


def _leave(to: Translator, how: int) -> None:
    to.pieces[-1].exits.add(how)
    to.write(f"return {how}")


# --- branches


def open_if(to: Translator) -> None:
    """Take the condition."""
    condition = to.pop()
    _begin(to)
    to.open(f"if {condition.text}:", to.site(condition.fails_at))
    to.write(f"{to.counter()} += 1")


def open_else(to: Translator) -> None:
    """The other branch."""
    to.close()
    to.open("else:")


def open_logic(to: Translator) -> None:
    """Take the left side, which may decide; what stands below it is needed after."""
    left = to.pop()
    for place, item in enumerate(to.stack):
        if not item.simple:
            to.settle(place)
    opened = _begin(to)
    opened.result = to.target("q", to.at)
    to.write(f"{opened.result} = {left.text}", to.site(left.fails_at))
    decided = "not " if opened.operation == "or" else ""
    to.open(f"if {decided}{opened.result}:")
    to.write(f"{to.counter()} += 1")


# --- loops


def open_for(to: Translator) -> None:
    """Test, body, step. A test that is one plain expression stands in the head of the loop."""
    slot = to.instruction.immediates[0]
    start = to.facts.get(slot)
    opened = _begin(to, slot=slot)
    frame = opened.frame
    opened.start = start
    to.facts.clear()
    test = _plain_test(to, frame.opening + 1, frame.do)
    if test is not None:
        to.enter_block(frame.opening + 1)
        opened.tested = frame.opening + 1
        learn_from_test(to, opened, test)
        opened.range = range_of(to, opened, test)
        if opened.range:
            variable, first = to.target("s", slot), to.target("u", frame.opening)
            to.write(f"{first} = {variable}")
            to.open(f"for {variable} in {opened.range}:")
        else:
            to.open(f"while {test.text}:")
        to.write(f"{to.counter()} += 1")
        to.at = frame.do
    else:
        to.open("while True:")


def _plain_test(to: Translator, start: int, do: int) -> Item | None:
    """The test as an expression, if it is one block and nothing else has to be written for it."""
    instructions = to.verified.code.instructions
    if any(instructions[at].operation in CONTROL for at in range(start, do)):
        return None
    before, depth = to.at, len(to.function.lines)
    for to.at in range(start, do):
        one(to)
    test = to.pop()
    to.at = before
    if len(to.function.lines) == depth and not test.may_fail:
        return test
    to.function.cut(depth)
    to.unsettled.clear()
    return None


def open_while(to: Translator) -> None:
    """Take the limit of rounds."""
    limit = to.pop()
    opened = _begin(to)
    opened.result = to.target("w", to.at)
    to.write(f"{opened.result} = {limit.text}", to.site(limit.fails_at))
    to.open("while True:")


def do(to: Translator) -> None:
    """Take the test."""
    test = to.pop()
    opened = to.opened[-1]
    to.open(f"if not {test.text}:", to.site(test.fails_at))
    to.write("break")
    to.close()
    if opened.operation == "while":
        rounds = opened.result
        to.write(f"if {rounds} <= 0: raise Failure(too_many_rounds)", to.site(), fails=True)
        to.write(f"{to.target('w', opened.frame.opening)} -= 1")
    else:
        learn_from_test(to, opened, test)
    to.write(f"{to.counter(opened.frame.opening)} += 1")


def step(to: Translator) -> None:
    """The body of a `for` is written; its step follows, where no range takes it."""
    opened = to.opened[-1]
    if opened.range:
        to.enter_block(opened.frame.step + 1)
        to.at = opened.frame.end - 1


def open_foreach(to: Translator) -> None:
    """Take the array; an index is charged each round."""
    array = to.pop()
    slot = to.instruction.immediates[0]
    _begin(to)
    to.open(f"for {to.target('s', slot)} in {array.text}:", to.site(array.fails_at))
    to.write(f"{to.counter()} += 1")
    price = to.step.price
    to.charge(price.fixed, to.site(to.at + 1, paid=False))
    if price.sized:
        element = Item(to.name("s", slot), to.verified.code.slots[slot], simple=True)
        to.charge_sized(to.sized_price(price.sized, [array], element))


def leave_loop(to: Translator) -> None:
    """`break` and `continue`."""
    if to.instruction.operation == "break":
        _write_break(to)
    else:
        _write_continue(to)


def _write_break(to: Translator) -> None:
    if _loop_around(to).function == len(to.pieces):
        to.write("break")
    else:
        _leave(to, BREAK)
    to.forget_charge()


def _write_continue(to: Translator) -> None:
    opened = _loop_around(to)
    if opened.function == len(to.pieces):
        if opened.operation == "for":
            _write_step(to, opened)
        to.write("continue")
    else:
        _leave(to, CONTINUE)
    to.forget_charge()


def _write_step(to: Translator, opened: Open) -> None:
    """The step of a `for`, and the charge of the next test where its head holds the test."""
    here, facts = to.at, dict(to.facts)
    if opened.facts is not None:
        to.facts[opened.slot] = opened.facts
    to.enter_block(opened.frame.step + 1)
    first = opened.frame.end if opened.range else opened.frame.step + 1
    for to.at in range(first, opened.frame.end):
        one(to)
    to.at = here
    to.facts.clear()
    to.facts.update(facts)
    if opened.tested >= 0:
        to.enter_block(opened.tested)


def end(to: Translator) -> None:
    """The innermost block of control ends."""
    opened = to.opened[-1]
    if opened.operation in ("and", "or"):
        right = to.pop()
        to.write(f"{opened.result} = {right.text}", to.site(right.fails_at))
        to.close()
        _finish(to)
        to.push(Item(opened.result, BOOL, simple=True))
        return
    if opened.operation == "for" and opened.tested >= 0:
        to.enter_block(opened.tested)
    to.close()
    if opened.range and to.shape.reads_outside(opened.slot, opened.frame.opening, to.at):
        _write_last(to, opened)
    _finish(to)


def _write_last(to: Translator, opened: Open) -> None:
    """The variable of a loop that came to its end is the first value that fails the test."""
    first = to.name("u", opened.frame.opening)
    steps = f"{int(opened.step)} * len({opened.range})"
    to.open("else:")
    to.write(f"{to.target('s', opened.slot)} = {first} + {steps}")
    to.close()


# --- calls, returns, emits


def call(to: Translator) -> None:
    """Call a function; its result is held in a variable, for the next block is charged first."""
    number = to.instruction.immediates[0]
    arguments = to.take_statement(len(to.step.operands))
    text = f"f{number}({', '.join(argument.text for argument in arguments)})"
    result = to.around.results[number]
    to.push(Item(text, result, fails_at=to.at, owned=result.is_array))
    to.settle(len(to.stack) - 1)
    to.forget_charge()


def leave_function(to: Translator) -> None:
    """`return`: take the result. An array is the function's own, as the verifier sees to."""
    if to.stack[-1].unchecked:
        to.settle(len(to.stack) - 1)
    result = to.pop()
    if len(to.pieces) == 1:
        to.write(f"return {result.text}", to.site(result.fails_at))
    else:
        to.write(f"{to.target('y')} = {result.text}", to.site(result.fails_at))
        _leave(to, RETURN)
    to.forget_charge()


def _write_return(to: Translator) -> None:
    if len(to.pieces) == 1:
        to.write(f"return {to.name('y')}")
    else:
        _leave(to, RETURN)


def emit(to: Translator) -> None:
    """Take the parts of the key and the values: all are evaluated before any is emitted."""
    count = len(to.step.operands)
    if to.on_emit is None:
        raise AssertionError("only a stage emits")
    to.on_emit(to, to.take_statement(count))


CONTROL: dict[str, Callable[[Translator], None]] = {
    "if": open_if,
    "else": open_else,
    "and": open_logic,
    "or": open_logic,
    "for": open_for,
    "while": open_while,
    "foreach": open_foreach,
    "do": do,
    "step": step,
    "end": end,
    "break": leave_loop,
    "continue": leave_loop,
    "call": call,
    "return": leave_function,
    "emit": emit,
}
"""Control instructions; each ends a block."""

_JOINING = OPENING | {"else", "end", "do", "step"}
"""After these, what was known of variables may have come another way."""
