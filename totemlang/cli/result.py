"""Results on a terminal: a table that fits, variables by name, a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from totemlang.cli.plot import MOST_BARS, bars, line
from totemlang.cli.table import plain_table
from totemlang.cli.values import shown
from totemlang.diagnostics import UsageError
from totemlang.schema.types import Field, Kind, Type

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import RenderableType

    from totemlang.bytecode.module import Value

MOST_ROWS = 40
"""Rows of a table on a terminal; of a longer one its beginning and its end are shown."""

_WIDEST = 60
"""Characters of a cell on a terminal."""

_NUMBERS = frozenset({Kind.INT, Kind.LONG, Kind.FLOAT, Kind.DOUBLE})
_SERIES = _NUMBERS | {Kind.DATE, Kind.TIMESTAMP, Kind.DURATION}


def result_table(
    table: pa.Table,
    columns: Sequence[Field],
    most: int | None = MOST_ROWS,
    *,
    keeps: str = "`-o result.csv` keeps all of them",
) -> tuple[RenderableType, ...]:
    """A result as a table with a line that counts its rows; `most` None: all of them.

    Where not all are shown, the line says with `keeps` how to have the others, too.
    """
    number = table.num_rows
    cut = most is not None and number > most
    if cut and most is not None:
        first = _cells(table.slice(0, most // 2), columns)
        last = _cells(table.slice(number - (most - most // 2)), columns)
        rows = [*first, ("…",) * len(columns), *last]
    else:
        rows = _cells(table, columns)
    if most is not None:
        rows = [tuple(_clipped(cell) for cell in row) for row in rows]
    align = "".join("r" if column.type.kind in _NUMBERS else "l" for column in columns)
    kinds = [str(column.type) for column in columns]
    told = f"{number:,} row{'' if number == 1 else 's'}"
    if cut:
        told += f", {most} shown" + (f": {keeps}" if keeps else "")
    return plain_table([c.name for c in columns], rows, align, kinds=kinds), told


def variables_table(variables: Mapping[str, tuple[Type, Value]]) -> RenderableType:
    """The variables of a script with their types."""
    rows = [
        (name, str(declared), shown(declared, value))
        for name, (declared, value) in variables.items()
    ]
    return plain_table(("variable", "type", "value"), rows, "lll")


def result_plot(table: pa.Table, columns: Sequence[Field], width: int) -> str:
    """The first two columns drawn: a line for a long series, else a bar a row.

    Raises:
        UsageError: where the second column has no numbers.
    """
    require_plottable(columns)
    labels, heights = columns[:2]
    places = _values(table, labels, 0)
    values = [
        float(value) for value in _values(table, heights, 1) if isinstance(value, int | float)
    ]
    texts = [shown(labels.type, place) for place in places]
    head = f"{heights.name} by {labels.name}"
    if not values:
        return f"{head}: no rows"
    if labels.type.kind in _SERIES and len(values) > MOST_BARS:
        positions = [float(place) for place in places if isinstance(place, int | float)]
        drawn = line(positions, values, (texts[0], texts[-1]), width)
    else:
        drawn = bars(texts[:MOST_BARS], values[:MOST_BARS], width)
        if len(values) > MOST_BARS:
            drawn.append(f"… {len(values) - MOST_BARS:,} more")
    return "\n".join([head, *drawn])


def require_plottable(columns: Sequence[Field]) -> None:
    """Make sure that a result can be drawn, before it costs anything.

    Raises:
        UsageError: where it has no second column of numbers.
    """
    if len(columns) < 2 or columns[1].type.kind not in _NUMBERS:
        raise UsageError("--plot draws a result whose second column has numbers")


def _cells(table: pa.Table, columns: Sequence[Field]) -> list[tuple[str, ...]]:
    texts = [
        [shown(column.type, value) for value in _values(table, column, place)]
        for place, column in enumerate(columns)
    ]
    return list(zip(*texts, strict=True))


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _values(table: pa.Table, column: Field, place: int) -> list[Value]:
    from totemlang.data.python_values import to_values

    chunks = table.column(place).chunks
    return [value for chunk in chunks for value in to_values(chunk, column.type.kind)]
