"""How control is written: branches, loops, calls, returns. Structured control maps directly."""

from __future__ import annotations

from collections.abc import Callable

from totemlang.native.translation import counted, loops
from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.calls import call, leave_function
from totemlang.native.translation.choices import choice_at, is_choice
from totemlang.native.translation.filters import branchless
from totemlang.native.translation.items import Item
from totemlang.native.translation.operations import HANDLERS, operation
from totemlang.schema.types import BOOL

Emit = Callable[[BodyWriter, list[Item], str], None]
"""Writes what a stage emits, if the condition (0 or 1; "" for always) holds."""


def translate(to: BodyWriter, emit: Emit | None = None) -> None:
    """Write a whole body; `emit` writes what a stage emits."""
    to.enter_block(0)
    to.free = branchless(
        to.verified, to.shape, to.parameters, is_stage=emit is not None, counts=to.dues is not None
    )
    for at, instruction in enumerate(to.verified.code.instructions):
        to.at, name = at, instruction.operation
        to.begin_instruction()
        if counted.write(to, at):
            continue
        if name == "emit" and emit is not None:
            emit(to, to.take(len(to.step.operands)), to.guard)
        elif name in CONTROL:
            CONTROL[name](to)
            # What follows is another block: it is charged before anything of it is done.
            held = to.choices[-1].condition if to.choices else ""
            to.enter_block(to.at + 1, held or (to.guard if name == "if" else ""))
        else:
            HANDLERS.get(name, operation)(to)


# --- branches


def open_if(to: BodyWriter) -> None:
    """Take the condition. What a filter guards is done anyhow, and counted if it holds."""
    condition = to.pop()
    to.opened.append(to.at)
    follows = to.following.is_emitted(to.at)
    if to.at in to.free.filters:
        _guard(to, condition.text, follows=follows)
        return
    if not to.choices and is_choice(to.verified, to.shape, to.ranges, to.at):
        _open_choice(to, condition)
        return
    to.write(f"{condition.text} if")
    if not follows:
        to.count(to.at)


def _guard(to: BodyWriter, condition: str, *, follows: bool) -> None:
    """What comes next is done anyhow; it counts only where the condition holds, and those around.

    How often that is may follow from something else.
    """
    if to.guard:
        condition = f"(i32.and {to.guard} {condition})"
    name = f"$c{to.at}"
    held = to.local(name, "i32")
    to.write(f"(local.set {name} {condition})")
    to.guards.append(held)
    if not follows:
        to.count(to.at, f"(i64.extend_i32_u {held})")


def _open_choice(to: BodyWriter, condition: Item) -> None:
    """Take the condition of a branch whose stores choose."""
    name = f"$h{to.at}"
    held = to.local(name, "i32")
    to.write(f"(local.set {name} {condition.text})")
    to.count_choice(to.at, held)
    to.choices.append(choice_at(to.verified, to.at, held))


def open_else(to: BodyWriter) -> None:
    """The other branch."""
    if to.choices:
        to.choices.append(to.choices.pop().otherwise())
    else:
        to.write("else")


def open_logic(to: BodyWriter) -> None:
    """Take the left side, which may decide."""
    left = to.pop()
    to.opened.append(to.at)
    result = to.local(f"$q{to.at}", "i32")
    to.write(f"(local.set $q{to.at} {left.text})")
    is_or = to.instruction.operation == "or"
    asks = f"(i32.eqz {result})" if is_or else result
    follows = not is_or and to.following.asks(to, left.text)
    if to.at in to.free.logic:
        _guard(to, asks, follows=follows)
        return
    to.write(f"{asks} if")
    if not follows:
        to.count(to.at)


# --- ends


def leave(to: BodyWriter) -> None:
    """`return`, also out of a loop whose rounds were not counted until now."""
    for opening in to.opened:
        if opening in to.rounds:
            to.meter(counted.rounds_done(to, opening))
    leave_function(to)


def end(to: BodyWriter) -> None:
    """The innermost block of control ends."""
    opening = to.opened.pop()
    name = to.verified.code.instructions[opening].operation
    if name in ("and", "or"):
        right = to.pop()
        both = f"(local.get $q{opening})"
        to.following.both(to, both, opening, right.text)
        if opening in to.free.logic:
            to.guards.pop()
            to.write(f"(local.set $q{opening} (i32.{name} {both} {right.text}))")
        else:
            to.write(f"(local.set $q{opening} {right.text}) end")
        to.push(Item(BOOL, both))
    elif opening in to.free.filters:
        to.guards.pop()
    elif name == "if":
        if to.choices:
            to.choices.pop()
        else:
            to.write("end")
    else:
        loops.end_loop(to, opening)


CONTROL: dict[str, Callable[[BodyWriter], None]] = {
    "if": open_if,
    "else": open_else,
    "and": open_logic,
    "or": open_logic,
    "for": loops.open_for,
    "while": loops.open_while,
    "foreach": loops.open_foreach,
    "do": loops.do,
    "step": loops.step,
    "end": end,
    "break": loops.leave_loop,
    "continue": loops.leave_loop,
    "call": call,
    "return": leave,
}
"""Control instructions; each ends a block."""
