"""The jobs in pure Python: one loop over lists, in one process or in two."""

from __future__ import annotations

import math
import multiprocessing
import platform
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.jobs.catalogue import BY_NAME, CENTRES, SEPARATORS

HOUR = 3_600_000_000
BLANKS = str.maketrans(SEPARATORS, " " * len(SEPARATORS))

Lists = tuple[list[Any], ...]
Groups = dict[Any, list[Any]]
"""What is kept of each group."""


def hours(ts: list[int], kwh: list[float]) -> Groups:
    """Number and consumption by hour."""
    n, total = [0] * 24, [0.0] * 24
    for time, value in zip(ts, kwh, strict=True):
        hour = time // HOUR % 24
        n[hour] += 1
        total[hour] += value
    return {hour: [n[hour], total[hour]] for hour in range(24) if n[hour]}


def homes(household: list[str], kwh: list[float]) -> Groups:
    """Number, consumption and highest value by home."""
    values: dict[str, list[float]] = defaultdict(list)
    for home, value in zip(household, kwh, strict=True):
        values[home].append(value)
    return {home: [len(found), sum(found), max(found)] for home, found in values.items()}


def words(text: list[str]) -> Groups:
    """Number by word."""
    found = Counter(" ".join(text).lower().translate(BLANKS).split())
    return {word: [n] for word, n in found.items()}


def speeds(wind: list[float | None], power: list[float | None]) -> Groups:
    """Number and power by whole metre a second."""
    n: dict[int, int] = defaultdict(int)
    total: dict[int, float] = defaultdict(float)
    for x, y in zip(wind, power, strict=True):
        if x is not None and y is not None:
            speed = math.floor(x)
            n[speed] += 1
            total[speed] += y
    return {speed: [n[speed], total[speed]] for speed in n}


def products(wind: list[float | None], power: list[float | None]) -> Groups:
    """Number and sums for a correlation."""
    known = [(x, y) for x, y in zip(wind, power, strict=True) if x is not None and y is not None]
    sums = [sum(x for x, _ in known), sum(y for _, y in known)]
    sums += [sum(x * x for x, _ in known), sum(y * y for _, y in known)]
    return {(): [len(known), *sums, sum(x * y for x, y in known)]}


def nearest(wind: list[float | None], power: list[float | None]) -> Groups:
    """Number and sums by the nearest centre."""
    centres = [(i, cx, cy) for i, (cx, cy) in enumerate(CENTRES)]
    sums = [[0, 0.0, 0.0] for _ in CENTRES]
    for x, y in zip(wind, power, strict=True):
        if x is not None and y is not None:
            y *= 0.01
            least, chosen = math.inf, 0
            for i, cx, cy in centres:
                dx, dy = x - cx, y - cy
                far = dx * dx + dy * dy
                if far < least:
                    least, chosen = far, i
            found = sums[chosen]
            found[0] += 1
            found[1] += x
            found[2] += y
    return {i: found for i, found in enumerate(sums) if found[0]}


def customers(customer: list[int], amount: list[float]) -> Groups:
    """Sum by customer."""
    total: dict[int, float] = defaultdict(float)
    for key, value in zip(customer, amount, strict=True):
        total[key] += value
    return {key: [value] for key, value in total.items()}


def factors(groups: Groups) -> Groups:
    """Load factors."""
    return {home: [s / n / most] for home, (n, s, most) in groups.items() if most > 0}


def top(groups: Groups) -> Groups:
    """The ten highest sums."""
    best = sorted(groups, key=lambda home: -groups[home][1])[:10]
    return {home: [groups[home][1]] for home in best}


def pearson(groups: Groups) -> Groups:
    """The coefficient."""
    n, x, y, xx, yy, xy = groups[()]
    return {(): [n, (n * xy - x * y) / math.sqrt((n * xx - x * x) * (n * yy - y * y))]}


Step = Callable[..., Groups]
JOBS: dict[str, tuple[Step, Step, tuple[str, ...]]] = {
    "hour_mean": (hours, lambda g: {k: [s / n] for k, (n, s) in g.items()}, ("hour", "kwh")),
    "load_factor": (homes, factors, ("home", "load_factor")),
    "top_homes": (homes, top, ("home", "kwh")),
    "word_count": (words, dict, ("word", "n")),
    "power_curve": (
        speeds,
        lambda g: {k: [s / n, n] for k, (n, s) in g.items()},
        ("speed", "kw", "n"),
    ),
    "correlation": (products, pearson, ("n", "r")),
    "kmeans": (
        nearest,
        lambda g: {k: [x / n, y / n, n] for k, (n, x, y) in g.items()},
        ("cluster", "x", "y", "n"),
    ),
    "million_keys": (customers, dict, ("customer", "amount")),
}
"""What goes over the records, what makes the result of the groups, and the result's columns."""

_shared: Lists = ()
"""The columns, for a second process, which inherits them."""


def _half(step: Step, high: bool) -> Groups:
    middle = len(_shared[0]) // 2
    return step(*(column[middle:] if high else column[:middle] for column in _shared))


def merged(one: Groups, other: Groups) -> Groups:
    """Groups of both halves: numbers and sums added up, the highest value (third of three) kept."""
    for key, values in other.items():
        known = one.get(key)
        if known is None:
            one[key] = values
        elif isinstance(key, str) and len(values) == 3:
            one[key] = [known[0] + values[0], known[1] + values[1], max(known[2], values[2])]
        else:
            one[key] = [a + b for a, b in zip(known, values, strict=True)]
    return one


class Engine:
    """Python; see `engines`."""

    name = "Python"
    version = platform.python_version()
    most = 1_000_000

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self.columns: dict[str, list[Any]] | None = None
        self.path = Path()

    def load(self, folder: Path, data: str, form: str) -> None:
        """See `engines`."""
        self.columns, self.path = None, folder / f"{data}.parquet"
        if form == "memory":
            self.columns = as_lists(pq.read_table(self.path))

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return ("one-process", "two-processes")

    def run(self, job: str, way: str) -> tuple[tuple[str, ...], Groups]:
        """See `engines`."""
        global _shared
        step, finish, names = JOBS[job]
        wanted = BY_NAME[job].columns
        columns = self.columns
        if columns is None:
            columns = as_lists(pq.read_table(self.path, columns=list(wanted)))
        _shared = tuple(columns[name] for name in wanted)
        if way == "one-process":
            groups = step(*_shared)
        else:
            with multiprocessing.get_context("fork").Pool(1) as pool:
                other = pool.apply_async(_half, (step, True))
                groups = merged(_half(step, False), other.get())
        return names, finish(groups)

    def table(self, result: tuple[tuple[str, ...], Groups]) -> pa.Table:
        """See `engines`."""
        names, groups = result
        rows = [(*values,) if key == () else (key, *values) for key, values in groups.items()]
        return pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})


def as_lists(table: pa.Table) -> dict[str, list[Any]]:
    """The columns as lists; times as whole microseconds."""
    found = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        is_time = pa.types.is_timestamp(column.type)
        found[name] = (column.cast(pa.int64()) if is_time else column).to_pylist()
    return found
