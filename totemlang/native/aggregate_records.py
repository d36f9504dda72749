"""How a reduce finds what is left of a group's array: a header like any array's, and a record."""

from __future__ import annotations

import numpy as np

HEADER = np.dtype([("data", "<u4"), ("length", "<u4"), ("aggregate", "<u4"), ("none", "<u4")])
"""The header of an array; of one that is known by its aggregate alone, that stands in a record."""

AGGREGATE = np.dtype(
    [
        ("count", "<i8"),
        ("bytes", "<i8"),
        ("longest", "<i8"),
        ("total", "<i8"),
        ("least", "<i8"),
        ("greatest", "<i8"),
        ("over", "<i8"),
    ]
)
"""The record: total of floats as f64; extremes in their kind's own form in the low bytes."""
