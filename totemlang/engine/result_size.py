"""How large a result is, in the measure of the price list, wherever its rows were cut."""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.diagnostics import Forbidden
from totemlang.engine.reductions import byte_lengths
from totemlang.engine.spool import Spool
from totemlang.engine.tasks import LOOSE_ROWS
from totemlang.schema.policy import Policy
from totemlang.schema.types import Field
from totemlang.tables.prices import PriceTable


def check_result(
    result: Spool, columns: Sequence[Field], policy: Policy, prices: PriceTable
) -> None:
    """Raise `Forbidden` where the policy does not let a result of this size go."""
    rows, size = policy.largest_result_rows, policy.largest_result_bytes
    if rows is not None and result.rows > rows:
        raise Forbidden(f"the result has more than {rows:,} rows")
    if size is not None and result_bytes(result, columns, prices) > size:
        raise Forbidden(f"the result has more than {size:,} bytes")


def result_bytes(result: Spool, columns: Sequence[Field], prices: PriceTable) -> int:
    """Bytes of the values of a result: of a string its own, at least 1."""
    sizes = [prices.bytes(column.type.kind) for column in columns]
    total = sum(size * result.rows for size in sizes if size is not None)
    texts = [place for place, size in enumerate(sizes) if size is None]
    if texts:
        for batch in result.batches(LOOSE_ROWS):
            total += sum(int(byte_lengths(batch.column(place)).sum()) for place in texts)
    return total
