"""A small table that a program asks by key, held in memory."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from attrs import frozen

from totemlang.bytecode.module import Value


@frozen(eq=False)
class LookupTable:
    """The rows of a lookup.

    `index` gives the row of a key: the value of a key of one part, the tuple of the values of a
    key of several. `columns` are the columns beside the key, None where a cell is missing.
    `total_bytes` are the bytes of all key parts and columns over all rows, in the estimator
    table's measure (a string its own bytes, at least 1; a missing value those of its type, a
    missing string 1).
    """

    index: Mapping[Hashable, int]
    columns: tuple[Sequence[Value], ...]
    total_bytes: int

    @property
    def rows(self) -> int:
        """Number of rows; all keys differ."""
        return len(self.index)

    def cell(self, key: tuple[Value, ...], column: int) -> Value:
        """The cell at a key, None where there is no such row or nothing in it."""
        row = self.index.get(key[0] if len(key) == 1 else key)
        return None if row is None else self.columns[column][row]
