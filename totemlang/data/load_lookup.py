"""Reading a lookup's table from a file, which is small and held whole."""

from __future__ import annotations

from collections.abc import Hashable

from totemlang.bytecode.module import Dataset, Lookup, Value
from totemlang.data.bind import bind
from totemlang.data.file import DataFile
from totemlang.data.lookup import LookupTable
from totemlang.data.python_values import to_values
from totemlang.diagnostics import BadData
from totemlang.schema.metadata import Metadata
from totemlang.schema.types import Kind
from totemlang.tables.prices import PriceTable


def load_lookup(
    lookup: Lookup,
    data: DataFile,
    prices: PriceTable,
    metadata: Metadata | None = None,
    *,
    memory_limit: int,
) -> LookupTable:
    """The table of a lookup: its key parts and columns, bound as a data set is.

    Raises:
        BadData: as `bind`; for a key that stands twice or is missing; for a table of more than
            `memory_limit` bytes.
    """
    fields = (*lookup.keys, *lookup.columns)
    bound = bind(Dataset(lookup.name, fields), data, metadata, keep_bytes=memory_limit, anew=True)
    if bound.kept is None:
        raise BadData(f"{data.name}: too large for a lookup (over {memory_limit:,} bytes)")
    columns: list[list[Value]] = [[] for _ in fields]
    total = 0
    for batch in bound.batches(may_code=True):
        for values, field, array in zip(columns, fields, batch.columns, strict=True):
            found = to_values(array, field.type.kind)
            total += _bytes(found, field.type.kind, prices)
            values.extend(found)
    keys = columns[: len(lookup.keys)]
    rows: list[Hashable] = list(keys[0]) if len(keys) == 1 else list(zip(*keys, strict=True))
    index = {key: row for row, key in enumerate(rows)}
    if len(index) != len(rows):
        raise BadData(f"{data.name}: a key of lookup {lookup.name} stands twice")
    return LookupTable(index, tuple(columns[len(keys) :]), total)


def _bytes(values: list[Value], kind: Kind, prices: PriceTable) -> int:
    size = prices.bytes(kind)
    if size is not None:
        return size * len(values)
    return sum(max(1, len(str(v).encode())) if v is not None else 1 for v in values)
