"""Size-dependent charges of the instruction at hand."""

from __future__ import annotations

from totemlang.native.translation.body import BodyWriter
from totemlang.native.translation.items import Item
from totemlang.native.translation.sizes import SizeWriter
from totemlang.vm.measures import needs_result


def charge_before(to: BodyWriter, operands: list[Item]) -> bool:
    """Charge the sizes of the instruction at hand; True if that needs the result and is due."""
    terms = to.step.price.sized
    if not terms:
        return False
    if needs_result(terms):
        return True
    to.charge_sized(price(to, operands, None))
    return False


def price(to: BodyWriter, operands: list[Item], result: Item | None, rows: str = "") -> str:
    """The size-dependent price of the instruction at hand."""
    writer = SizeWriter(operands, result, to.around.prices.bytes, rows)
    return writer.price(to.step.price.sized)
