"""Loops that have as many rounds in each record: their bounds are numbers, parameters, lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from totemlang.native.translation.counted_loop import Counted
from totemlang.native.translation.items import Item
from totemlang.native.translation.ranges import INT as INT_RANGE
from totemlang.schema.types import INT
from totemlang.vm.shape import Frame

if TYPE_CHECKING:
    from totemlang.native.translation.body import BodyWriter


@frozen
class Same:
    """Rounds that are the same in each record: an expression (i64), and the number if known.

    Those over the elements of an array (`over_array`) are no more than its maker could write.
    """

    rounds: str
    number: int | None = None
    over_array: bool = False


def same_rounds(to: BodyWriter, loop: Counted, start: int) -> Same | None:
    """The rounds of a counted `for` whose variable begins at a number; None: they differ."""
    bound = _bound(to, loop.frame)
    if bound is None:
        return None
    step = loop.step
    number, text = bound
    more = abs(step) - 1 + (loop.operator in ("le", "ge"))
    if number is not None:
        last = number - start if step > 0 else start - number
        known = max(0, (last + more) // abs(step))
        return Same(f"(i64.const {known})", known)
    first = f"(i64.const {start - more if step > 0 else start + more})"
    way = f"(i64.sub {text} {first})" if step > 0 else f"(i64.sub {first} {text})"
    count = f"(i64.div_s {way} (i64.const {abs(step)}))" if abs(step) > 1 else way
    rounds = f"(select {count} (i64.const 0) (i64.gt_s {way} (i64.const 0)))"
    return Same(rounds, over_array="offset=4" in text and step > 0 and start >= 0)


def _bound(to: BodyWriter, frame: Frame) -> tuple[int | None, str] | None:
    """The bound of a `for`: a number, or an expression (i64)."""
    test = to.verified.code.instructions[frame.opening + 2 : frame.do - 1]
    first, *others = (each for each in test if each.operation != "widen_long")
    sizes = [each.operation for each in others]
    if first.operation == "const" and not sizes:
        number = to.around.constants[first.immediates[0]].number
        is_narrow = isinstance(number, int) and INT_RANGE.low <= number <= INT_RANGE.high
        return (int(number or 0), "") if is_narrow else None
    if first.operation != "global":
        return None
    at = to.around.verified.module.globals[first.immediates[0]].field.type
    address = f"(i32.const {to.around.globals[first.immediates[0]]})"
    if at.is_array and sizes in (["len"], ["count"]):
        return None, f"(i64.load32_u offset=4 (i32.load {address}))"
    if not sizes and at == INT:
        return None, f"(i64.load32_s {address})"
    return None


def same_length(array: Item) -> Same | None:
    """The elements of an array that is the same in each record; None: of another."""
    is_global = array.origin[0] == "global"
    length = f"(i64.load32_u offset=4 {array.text})"
    return Same(length, over_array=True) if is_global else None
