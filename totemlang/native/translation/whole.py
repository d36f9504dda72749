"""Whole numbers by what is known of their operands: fewer checks, and no division by a constant.

`ranges` says between which numbers an operand lies. What is not written here is written by the
table, which holds for all numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.items import Item
from totemlang.native.translation.ranges import LONG, Range, range_of_type, result_range
from totemlang.schema.types import Kind, Type
from totemlang.tables.native import OVER

_SHORT_BITS = 31
"""Numbers of so many bits are divided by a product of 64 bits."""


def shortened(to: BodyWriter, name: str, operands: list[Item], result: Type) -> Item | None:
    """Write an operation that is shorter with what is known; None: it is not."""
    rule = _RULES.get(name)
    if rule is None:
        return None
    ranges = to.ranges[to.at]
    whole = range_of_type(result)
    known = [each for each in ranges if each is not None]
    if whole is None or len(known) != len(operands):
        return None
    return rule(_Writer(to, name, operands, known, result, whole))


class _Writer:
    """An operation at hand: its operands, where they lie, its result."""

    def __init__(
        self,
        to: BodyWriter,
        name: str,
        operands: list[Item],
        ranges: list[Range],
        result: Type,
        whole: Range,
    ) -> None:
        """Take the operation apart."""
        self.to = to
        self.name = name
        self.operands = operands
        self.ranges = ranges
        self.result = result
        self.whole = whole
        self.value = "i32" if result.kind is Kind.INT else "i64"
        self.texts = [each.text for each in operands]
        found = result_range(name, tuple(ranges))
        self.fits = found is not None and found.within(whole)

    def constant(self, number: int) -> str:
        """A constant of the result's type."""
        return f"({self.value}.const {number})"

    def op(self, name: str, *operands: str) -> str:
        """An instruction of the result's type."""
        return f"({self.value}.{name} {' '.join(operands)})"

    def held(self, text: str) -> Item:
        """The result, in a local."""
        return Item(self.result, self.to.held(text, self.value))


def _widened(at: _Writer) -> Item:
    """An `int` as a `long`; the number of 32 bits is kept beside it."""
    (item,), (within,) = at.operands, at.ranges
    if item.number is not None:
        return evolve(item, type=at.result, text=at.constant(int(item.number)), narrow=item.text)
    sign = "u" if within.low >= 0 else "s"
    return Item(at.result, f"(i64.extend_i32_{sign} {item.text})", narrow=item.text)


def _sum(at: _Writer) -> Item | None:
    """`add` and `sub`: where the sign of one operand is known, the result tells if it is over."""
    first, second = at.texts
    item_text = at.op(at.name, first, second)
    if at.fits:
        return at.held(item_text)
    one, other = at.ranges
    if other.low >= 0 or other.high <= 0:
        rises, beside = (other.low >= 0) == (at.name == "add"), first
    elif at.name == "add" and (one.low >= 0 or one.high <= 0):
        rises, beside = one.low >= 0, second
    else:
        return None
    item = at.held(item_text)
    at.to.fail_if(at.op("lt_s" if rises else "gt_s", item.text, beside), OVER)
    return item


def _product(at: _Writer) -> Item | None:
    first, second = at.texts
    if at.fits:
        return at.held(at.op("mul", first, second))
    if at.value == "i32":
        return None
    for text, within in ((first, at.ranges[1]), (second, at.ranges[0])):
        by = within.only
        if by is not None and abs(by) > 1:
            low, high = _factors(by)
            beyond = f"(i64.sub {text} (i64.const {low}))"
            at.to.fail_if(f"(i64.gt_u {beyond} (i64.const {high - low}))", OVER)
            return at.held(at.op("mul", first, second))
    return None


def _factors(by: int) -> tuple[int, int]:
    """The least and the greatest number whose product with a constant is a `long`."""
    ends = LONG.low, LONG.high
    least, most = ends if by > 0 else ends[::-1]
    return -(-least // by), most // by


def _negated(at: _Writer) -> Item | None:
    return at.held(at.op("sub", at.constant(0), at.texts[0])) if at.fits else None


def _remainder(at: _Writer) -> Item | None:
    """`mod` by a constant over 0, or of what is never negative by what is over 0."""
    text, within, by = at.texts[0], at.ranges[0], at.ranges[1]
    number = by.only
    if number in (1, -1):
        return Item(at.result, at.constant(0), number=0)
    if by.low > 0 and within.low >= 0 and within.high < by.low:
        return at.held(text)
    if number is None or number < 0:
        return at.held(at.op("rem_u", text, at.texts[1])) if _counts(within, by) else None
    if number == 0:
        return None
    if number & (number - 1) == 0:
        return at.held(at.op("and", text, at.constant(number - 1)))
    if within.low >= 0:
        quotient = _quotient(at, text, within, number)
        return at.held(at.op("sub", text, at.op("mul", quotient, at.constant(number))))
    rest = at.to.held(at.op("rem_s", text, at.constant(number)), at.value)
    return at.held(at.op("add", rest, at.op("and", _sign(at, rest), at.constant(number))))


def _divided(at: _Writer) -> Item | None:
    """`floor_div` likewise."""
    text, within, by = at.texts[0], at.ranges[0], at.ranges[1]
    number = by.only
    if number == 1:
        return at.held(text)
    if number == -1:
        return at.held(at.op("sub", at.constant(0), text)) if within.low > at.whole.low else None
    if number is None or number < 0:
        return at.held(at.op("div_u", text, at.texts[1])) if _counts(within, by) else None
    if number == 0:
        return None
    if number & (number - 1) == 0:
        return at.held(at.op("shr_s", text, at.constant(number.bit_length() - 1)))
    if within.low >= 0:
        return at.held(_quotient(at, text, within, number))
    quotient = at.to.held(at.op("div_s", text, at.constant(number)), at.value)
    rest = at.op("sub", text, at.op("mul", quotient, at.constant(number)))
    return at.held(at.op("add", quotient, _sign(at, rest)))


def _counts(within: Range, by: Range) -> bool:
    return within.low >= 0 and by.low > 0


def _sign(at: _Writer, text: str) -> str:
    """All bits of a negative number, none of another."""
    return at.op("shr_s", text, at.constant(31 if at.value == "i32" else 63))


def _quotient(at: _Writer, text: str, within: Range, by: int) -> str:
    """What is never negative by a constant: for short numbers a product and a shift are exact.

    Granlund and Montgomery: with 2^b >= by, n < 2^31 and m = ceil(2^(31+b) / by), the floor of
    n·m / 2^(31+b) is that of n / by; and n·m < 2^63.
    """
    if within.high >> _SHORT_BITS:
        return at.op("div_u", text, at.constant(by))
    if by > within.high:
        return at.constant(0)
    shift = _SHORT_BITS + (by - 1).bit_length()
    factor = -(-(1 << shift) // by)
    wide = text if at.value == "i64" else f"(i64.extend_i32_u {text})"
    product = f"(i64.shr_u (i64.mul {wide} (i64.const {factor})) (i64.const {shift}))"
    return product if at.value == "i64" else f"(i32.wrap_i64 {product})"


_RULES: dict[str, Callable[[_Writer], Item | None]] = {
    "widen_long": _widened,
    "add": _sum,
    "sub": _sum,
    "mul": _product,
    "neg": _negated,
    "floor_div": _divided,
    "mod": _remainder,
}
