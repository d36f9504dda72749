"""The Totem Estimator Table: weights of operators and bytes of kinds, the same for a consortium.

totem(operation) = weight of the operator · bytes of what it touches.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache

from attrs import field, frozen

from totemlang.diagnostics import ErrorClass, Refused
from totemlang.schema.types import Kind
from totemlang.source import Source
from totemlang.tables.csvfile import Record, read_table
from totemlang.tables.operations import OPERATIONS
from totemlang.tables.resources import resource_text

HEADER = ("Table", "Name", "Totem")
WEIGHT, BYTES = "weight", "bytes"
OWN = "own"
"""What stands for the bytes of a string: each has its own, at least 1."""

MAX_PRICE = 1_000_000

WEIGHTS = frozenset({name for row in OPERATIONS.values() for name, _ in row.price}) | {"read"}
"""The weights that the operation table names, and that of reading a row or group."""

NEVER_FREE = frozenset({"call", "index", "logic", "relational"})
"""What each round of a loop and each call costs at least one of: else work could be free."""

_WHOLE = re.compile(r"[0-9]{1,9}")


@frozen
class PriceTable:
    """The prices in force. `name` says whose they are; `hash` pins what they say."""

    name: str = field(eq=False)
    weights: Mapping[str, int] = field(eq=False, repr=False)
    sizes: Mapping[Kind, int | None] = field(eq=False, repr=False)
    hash: str

    def weight(self, name: str) -> int:
        """The weight of an operator, named as in the operation table (`add`).

        Raises:
            KeyError: no operation has such a weight.
        """
        return self.weights[name]

    def bytes(self, kind: Kind) -> int | None:
        """The bytes of a kind in the table; None for string: its own bytes, at least 1."""
        return self.sizes[kind]


def load_prices(text: str, name: str) -> PriceTable:
    """Read a price table; `name` says whose it is, for messages.

    Raises:
        Refused: with all that is wrong: a file that is no such table (CST010), a row that is not
            of the table or stands twice (CST011), a figure that is none or out of bounds (CST012),
            a row that is missing (CST013).
    """
    source = Source(text, name)
    records, findings = read_table(source, HEADER, "CST010", ErrorClass.COST)
    rows: dict[tuple[str, str], int | None] = {}
    for record in records:
        table, row, _ = record.cells
        wrong = _wrong_name(table, row) or (
            f"{table} {row} stands in the table twice" if (table, row) in rows else ""
        )
        if wrong:
            findings.add("CST011", ErrorClass.COST, wrong, record.span)
            continue
        rows[table, row] = None
        try:
            rows[table, row] = _figure(record)
        except ValueError as error:
            findings.add("CST012", ErrorClass.COST, str(error), record.span)
    wanted = {(WEIGHT, name) for name in WEIGHTS} | {(BYTES, kind.value) for kind in Kind}
    for table, row in sorted(wanted - rows.keys()):
        findings.add("CST013", ErrorClass.COST, f"there is no row for {table} {row}")
    if findings.found:
        raise Refused(tuple(findings.found))
    weights = {row: figure or 0 for (table, row), figure in rows.items() if table == WEIGHT}
    sizes = {kind: rows[BYTES, kind.value] for kind in Kind}
    return PriceTable(name, weights, sizes, _hash_of(weights, sizes))


@cache
def default_prices() -> PriceTable:
    """The prices that the package ships."""
    return load_prices(resource_text("rules", "prices.csv"), "prices.csv")


def _wrong_name(table: str, row: str) -> str:
    """Why the table has no such row, or nothing."""
    if table == WEIGHT:
        return "" if row in WEIGHTS else f"no operation has the weight {row!r}"
    if table == BYTES:
        return "" if row in {kind.value for kind in Kind} else f"there is no type {row!r}"
    return f"{table!r} is neither {WEIGHT} nor {BYTES}"


def _figure(record: Record) -> int | None:
    """The figure of a row. Raises ValueError with what is wrong with it."""
    table, row, figure = record.cells
    if table == BYTES and row == Kind.STRING.value:
        if figure != OWN:
            raise ValueError(f"the bytes of a string are its own: write {OWN}")
        return None
    if not _WHOLE.fullmatch(figure) or int(figure) > MAX_PRICE:
        raise ValueError(f"{table} {row} is not a whole number from 0 to {MAX_PRICE}")
    # Bytes of 0 would make every comparison of such values free, and with it the rounds of loops.
    if int(figure) < 1 and (table == BYTES or row in NEVER_FREE):
        raise ValueError(f"{table} {row} is at least 1, or work could be free without bound")
    return int(figure)


def _hash_of(weights: Mapping[str, int], sizes: Mapping[Kind, int | None]) -> str:
    """SHA-256 over the figures; the order of rows says nothing."""
    said = [sorted(weights.items()), sorted((kind.value, size) for kind, size in sizes.items())]
    text = json.dumps(["totem prices 1", said], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
