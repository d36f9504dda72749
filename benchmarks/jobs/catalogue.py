"""The eight jobs: what each reads, what tells the rows of its result apart, how equal is equal.

This file, `inputs.py` and the rivals' engines run in the rivals' environment too, which has
neither TOTEM nor attrs.
"""

from __future__ import annotations

from typing import NamedTuple


class Job(NamedTuple):
    """A job: its name, the input it reads, the key columns of its result and a title.

    `tolerance` is the relative difference that floating-point columns may have: TOTEM's sums are
    exact, those of the others depend on the order of additions. `columns` are those it reads.
    """

    name: str
    data: str
    keys: tuple[str, ...]
    title: str
    columns: tuple[str, ...]
    tolerance: float = 1e-9


JOBS = (
    Job("hour_mean", "readings", ("hour",), "hour-of-day mean", ("ts", "kwh")),
    Job("load_factor", "readings", ("home",), "load factor by home", ("household_id", "kwh")),
    Job("top_homes", "readings", ("home",), "top homes", ("household_id", "kwh")),
    Job("word_count", "lines", ("word",), "word count", ("text",)),
    Job(
        "power_curve",
        "scada",
        ("speed",),
        "power curve, missing values",
        ("wind_speed_ms", "power_kw"),
    ),
    # The textbook's formula takes differences of large sums: rounding of these shows.
    Job(
        "correlation",
        "scada",
        (),
        "correlation of wind and power",
        ("wind_speed_ms", "power_kw"),
        1e-8,
    ),
    Job("kmeans", "scada", ("cluster",), "k-means step", ("wind_speed_ms", "power_kw")),
    Job("million_keys", "payments", ("customer",), "million-key sum", ("customer", "amount")),
)

BY_NAME = {job.name: job for job in JOBS}

CENTRES = (
    (3.0, 0.0),
    (4.5, 0.8),
    (5.5, 2.0),
    (6.5, 3.5),
    (7.5, 5.5),
    (9.0, 9.0),
    (11.0, 15.0),
    (13.0, 19.5),
)
"""The centres before the step of k-means: wind speed, and power in units of 100 kW."""

SEPARATORS = " .,;:!?()[]\"_-—'"
"""What stands between words."""

FORMS = ("memory", "parquet")
"""How data is given: as an Arrow table in memory, or as a Parquet file."""


def rows_of(data: str, rows: int) -> int:
    """The rows of an input in a benchmark of so many rows: a line holds about a dozen words."""
    return max(1, rows // 10) if data == "lines" else rows
