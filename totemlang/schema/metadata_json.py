"""Metadata as a JSON document, version 1: what a provider publishes and everybody may read.

    {"totem_metadata": 1, "name": "readings", "rows": 1674718, "rows_exact": true,
     "columns": [{"name": "ts", "type": "timestamp", "distinct": 17520, "missing": 0,
                  "lower": "2013-01-01T00:00:00", "upper": "2014-01-01T00:00:00"},
                 {"name": "home", "type": "string", "max_bytes": 9, "total_bytes": 15072462}]}

What is not published is left out. Bounds are written as values are: numbers, `YYYY-MM-DD`,
`YYYY-MM-DDThh:mm:ss[.ffffff]`; durations are microseconds. Where values may be missing the type
bears a `?`. `rows_exact` is true where it is left out. A document may carry the `policy` under
which it was made (`policy.carried_policy`), which is no part of the metadata.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import date, datetime, timedelta
from typing import Any

from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.types import INT_RANGE, LONG_RANGE, Kind, parse_type
from totemlang.schema.untrusted_json import Reader, parse_document

VERSION = 1
MAX_COLUMNS = 10_000

_SIZES = ("distinct", "missing", "max_bytes", "total_bytes")
_EPOCH = datetime(1970, 1, 1)
_EPOCH_DAY = date(1970, 1, 1)


def metadata_to_json(metadata: Metadata) -> str:
    """The document: keys in a fixed order, two spaces of indent, a line end at the end."""
    return json.dumps(_document(metadata), indent=2, ensure_ascii=False) + "\n"


def metadata_hash(metadata: Metadata) -> str:
    """SHA-256, in hex, of the document without white space."""
    text = json.dumps(_document(metadata), separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def metadata_from_json(text: str | bytes) -> Metadata:
    """Read a document that anybody may have written.

    Raises:
        BadData: for anything but a whole document of this version; the message names what is
            wrong and no value.
    """
    document = Reader(parse_document(text, "the metadata"), "the metadata")
    if document.found.get("totem_metadata") != VERSION:
        raise document.error(f"this version reads 'totem_metadata': {VERSION} alone")
    document.only(("totem_metadata", "name", "rows", "rows_exact", "columns", "policy"))
    columns: dict[str, ColumnMetadata] = {}
    for number, item in enumerate(document.items("columns", MAX_COLUMNS), 1):
        if not isinstance(item, dict):
            raise document.error(f"column {number} must be an object")
        column = _column(Reader(item, f"the metadata, column {number}"))
        if column.name in columns:
            raise document.error(f"column {number} has the name of an earlier one")
        columns[column.name] = column
    return Metadata(
        document.text("name"),
        document.whole("rows"),
        tuple(columns.values()),
        document.flag("rows_exact", True),
    )


def bound_from_json(kind: Kind, value: object) -> int | float | None:
    """A bound of a column of that kind, as numbers stand in metadata.

    Raises:
        ValueError: where it is no value of the kind (a bool, a string and a float may have one
            only where the kind is ordered as a number or as time).
    """
    if value is None:
        return None
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        if not isinstance(value, str) or len(value) > 40:
            raise ValueError("a date")
        if kind is Kind.DATE:
            return (date.fromisoformat(value) - _EPOCH_DAY).days
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            raise ValueError("no zone")
        return (moment - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number")
    if kind in (Kind.FLOAT, Kind.DOUBLE):
        bound = float(value)
        if not math.isfinite(bound):
            raise ValueError("finite")
        return bound
    low, high = INT_RANGE if kind is Kind.INT else LONG_RANGE
    if kind not in (Kind.INT, Kind.LONG, Kind.DURATION) or not isinstance(value, int):
        raise ValueError("a whole number")
    if not low <= value <= high:
        raise ValueError("in range")
    return value


def bound_to_json(kind: Kind, value: int | float | None) -> int | float | str | None:
    """A bound as it is written in a document."""
    if value is None or kind not in (Kind.DATE, Kind.TIMESTAMP):
        return value
    if kind is Kind.DATE:
        return (_EPOCH_DAY + timedelta(days=int(value))).isoformat()
    return (_EPOCH + timedelta(microseconds=int(value))).isoformat()


def _document(metadata: Metadata) -> dict[str, Any]:
    found: dict[str, Any] = {"totem_metadata": VERSION, "name": metadata.name}
    if metadata.rows is not None:
        found |= {"rows": metadata.rows, "rows_exact": metadata.rows_exact}
    found["columns"] = [_column_document(column) for column in metadata.columns]
    return found


def _column_document(column: ColumnMetadata) -> dict[str, Any]:
    kind = column.type.kind
    found: dict[str, Any] = {"name": column.name, "type": str(column.type)}
    found |= {
        "distinct": column.distinct,
        "missing": column.missing,
        "lower": bound_to_json(kind, column.lower),
        "upper": bound_to_json(kind, column.upper),
        "max_bytes": column.max_bytes,
        "total_bytes": column.total_bytes,
    }
    return {key: value for key, value in found.items() if value is not None}


def _column(item: Reader) -> ColumnMetadata:
    item.only(("name", "type", "lower", "upper", *_SIZES))
    try:
        column_type = parse_type(item.text("type", 20))
    except ValueError:
        raise item.error("the type is none that a column can have") from None
    if column_type.is_array:
        raise item.error("a column holds no arrays")
    try:
        lower, upper = (
            bound_from_json(column_type.kind, item.found.get(key)) for key in ("lower", "upper")
        )
    except (ValueError, OverflowError):
        raise item.error(f"a bound is no value of type {column_type.kind.value}") from None
    if lower is not None and upper is not None and lower > upper:
        raise item.error("the lower bound is above the upper")
    sizes = {key: item.whole(key) for key in _SIZES}
    strings_only = (sizes["max_bytes"], sizes["total_bytes"])
    if column_type.kind is not Kind.STRING and strings_only != (None, None):
        raise item.error("only strings have 'max_bytes' and 'total_bytes'")
    if sizes["missing"] and not column_type.is_optional:
        raise item.error(f"values are missing, so the type must be {column_type}?")
    return ColumnMetadata(item.text("name"), column_type, lower=lower, upper=upper, **sizes)
