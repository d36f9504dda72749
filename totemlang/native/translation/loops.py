"""How loops are written. What ends rounds and blocks of control around is in `control`.

A loop at instruction `n` is `block $b{n}` around `loop $l{n}`; `continue` leaves `block $c{n}`.
"""

from __future__ import annotations

from totemlang.native.translation import counted, elements
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.dues import owe, tick
from totemlang.native.translation.items import Item
from totemlang.native.translation.sizes import SizeWriter
from totemlang.native.translation.stores import write_slot
from totemlang.native.values import SHIFT, WIDTH, load
from totemlang.schema.types import Kind
from totemlang.vm.failures import TOO_MANY_ROUNDS
from totemlang.vm.shape import LOOPS


def _head(to: BodyWriter) -> None:
    """A line before a loop, for what the loop needs."""
    to.heads[to.at] = len(to.lines)
    to.write("")


def _open_loop(to: BodyWriter) -> None:
    at = to.at
    _mark(to)
    to.write(f"block $b{at} loop $l{at}")


def _mark(to: BodyWriter) -> None:
    at = to.at
    to.opened.append(at)
    if _gives_back(to, at):
        to.local(f"$m{at}", "i32")
        to.write(f"(local.set $m{at} (global.get $heap))")


def _gives_back(to: BodyWriter, opening: int) -> bool:
    return to.memory.within(opening, to.shape.frames[opening].end)


def _close_loop(to: BodyWriter, opening: int) -> None:
    to.write(f"br $l{opening} end end")


def _end_round(to: BodyWriter, opening: int) -> None:
    to.write("end")  # of the block that `continue` leaves
    if _gives_back(to, opening):
        mark = f"(local.get $m{opening})"
        to.write(f"(if (i32.ne (global.get $heap) {mark}) (then (call $reset {mark})))")


def open_for(to: BodyWriter) -> None:
    """Test, body, step."""
    _head(to)
    elements.announce(to, to.at)
    if counted.is_counted(to):
        counted.announce(to)
        _mark(to)
    else:
        _open_loop(to)


def open_while(to: BodyWriter) -> None:
    """Take the limit of rounds."""
    limit = to.pop()
    to.local(f"$w{to.at}", "i64")
    to.write(f"(local.set $w{to.at} {limit.text})")
    _head(to)
    _open_loop(to)


def do(to: BodyWriter) -> None:
    """Take the test."""
    test = to.pop()
    opening = to.opened[-1]
    if opening in to.rounds:
        to.write(f"block $c{opening}")
        return
    to.write(f"(br_if $b{opening} (i32.eqz {test.text}))")
    if to.verified.code.instructions[opening].operation == "while":
        rounds = f"(local.get $w{opening})"
        to.fail_if(f"(i64.le_s {rounds} (i64.const 0))", TOO_MANY_ROUNDS)
        to.write(f"(local.set $w{opening} (i64.sub {rounds} (i64.const 1)))")
    to.count(opening)
    to.write(f"block $c{opening}")


def step(to: BodyWriter) -> None:
    """The body of a `for` is written; its step follows."""
    _end_round(to, to.opened[-1])


def open_foreach(to: BodyWriter) -> None:
    """Take the array; an index is charged each round."""
    array = to.pop()
    at, slot = to.at, to.immediate
    kind = array.type.kind
    held, place = to.local(f"$a{at}", "i32"), to.local(f"$i{at}", "i32")
    text = array.text
    if kind is Kind.STRING and array.owned and _stores_texts(to, at):
        text = f"(call $copy_array_string {text})"
    to.write(f"(local.set $a{at} {text})")
    if kind is not Kind.STRING and counted.can_run_over(to):
        _run_over(to, held, array)
        return
    if array.owned:  # nothing changes its header: from the first element to the last, by address
        to.local(f"$e{at}", "i32")
        to.write(f"(local.set $i{at} (i32.load {held}))")
        size = f"(i32.shl (i32.load offset=4 {held}) (i32.const {SHIFT[kind]}))"
        to.write(f"(local.set $e{at} (i32.add {place} {size}))")
        beyond, element, step = f"(local.get $e{at})", f"({load(kind)} {place})", WIDTH[kind]
    else:
        to.write(f"(local.set $i{at} (i32.const 0))")
        where = f"(i32.add (i32.load {held}) (i32.shl {place} (i32.const {SHIFT[kind]})))"
        beyond, element, step = f"(i32.load offset=4 {held})", f"({load(kind)} {where})", 1
    _head(to)
    _open_loop(to)
    to.write(f"(br_if $b{at} (i32.ge_u {place} {beyond}))")
    item = Item(array.type.element, element)
    if kind is Kind.STRING and slot in to.owns.kept:
        write_slot(to, slot, item)
    else:
        to.set_slot(slot, (element,))
    to.write(f"(local.set $i{at} (i32.add {place} (i32.const {step})))")
    to.count(at)
    price = to.step.price
    if price.fixed and to.dues is None:
        to.charge(f"(i64.const {price.fixed})")
    if price.sized:
        writer = SizeWriter([array], to.slot(slot), to.around.prices.bytes)
        amount = writer.price(price.sized)
        if not (array.owned and not _is_within_loop(to) and owe(to, amount)):
            to.charge_sized(amount)
    to.write(f"block $c{at}")


def _is_within_loop(to: BodyWriter) -> bool:
    instructions = to.verified.code.instructions
    return any(instructions[at].operation in LOOPS for at in to.opened if at != to.at)


def _run_over(to: BodyWriter, held: str, array: Item) -> None:
    """A loop over elements of one size each whose rounds need not be counted.

    Nothing is stored to the array meanwhile, so where it stands is looked up once.
    """
    at, kind = to.at, array.type.kind
    place = f"(local.get $i{at})"
    data = to.local(f"$base{at}", "i32")
    to.write(f"(local.set $base{at} (i32.load {held}))(local.set $i{at} (i32.const 0))")
    _head(to)
    _mark(to)
    counted.run_over(to, f"(i32.load offset=4 {held})", array)
    element = f"(i32.add {data} (i32.shl {place} (i32.const {SHIFT[kind]})))"
    to.set_slot(to.immediate, (f"({load(kind)} {element})",))
    to.write(f"block $c{at}")


def _stores_texts(to: BodyWriter, opening: int) -> bool:
    """Whether pieces that a loop runs over may stand in a buffer that changes meanwhile."""
    stop = to.shape.frames[opening].end
    slots = to.verified.code.slots
    return any(
        slots[slot].kind is Kind.STRING and to.shape.stores_within(slot, opening, stop)
        for slot in to.owns.kept
    )


def _loop_around(to: BodyWriter) -> int:
    instructions = to.verified.code.instructions
    return next(at for at in reversed(to.opened) if instructions[at].operation in LOOPS)


def leave_loop(to: BodyWriter) -> None:
    """`break` and `continue`."""
    loop, breaks = _loop_around(to), to.instruction.operation == "break"
    if breaks and loop in to.rounds:
        counted.leave(to, loop)
    else:
        to.write(f"br ${'b' if breaks else 'c'}{loop}")


def end_loop(to: BodyWriter, opening: int) -> None:
    """The body of a loop is written, or the step of a `for`."""
    is_for = to.verified.code.instructions[opening].operation == "for"
    if not is_for:
        _end_round(to, opening)
    if opening in to.rounds:
        counted.step_on(to, opening)
        counted.close(to, opening)
    else:
        tick(to, to.at)
        _close_loop(to, opening)
