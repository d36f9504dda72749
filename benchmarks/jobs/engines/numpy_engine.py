"""The jobs in plain NumPy: pieces that fit the cache, two threads, groups by counting or sorts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.jobs.catalogue import BY_NAME, CENTRES
from benchmarks.jobs.engines import numpy_words

PIECE = 1 << 16
HOUR = 3_600_000_000

Columns = dict[str, Any]
"""Arrays by column: times as whole microseconds, missing numbers as NaN, ids as `S16`."""


def grouped_by_counting(groups: Any, *values: Any) -> list[Any]:
    """The number of each small group, and the sums of each of the values."""
    return [np.bincount(groups), *(np.bincount(groups, v) for v in values)]


def added(parts: list[list[Any]]) -> list[Any]:
    """Arrays of different lengths, added up position by position."""
    size = max(len(part[0]) for part in parts)
    return [
        sum(np.pad(a, (0, size - len(a))) for a in arrays) for arrays in zip(*parts, strict=True)
    ]


def hours(ts: Any, kwh: Any) -> list[Any]:
    """Number and consumption by hour."""
    return grouped_by_counting(ts // HOUR % 24, kwh)


def hour_mean(run: Run) -> Columns:
    """See the catalogue."""
    n, kwh = added(run.pieces(hours, "ts", "kwh"))
    hour = np.flatnonzero(n)
    return {"hour": hour, "kwh": kwh[hour] / n[hour]}


def runs_of_homes(home: Any, kwh: Any) -> list[Any]:
    """Id, number, sum and maximum of each run of records of one home."""
    words = home.view(np.uint64).reshape(-1, 2)
    starts = np.flatnonzero((words[1:] != words[:-1]).any(axis=1)) + 1
    starts = np.concatenate([[0], starts])
    n = np.diff(np.append(starts, len(home)))
    return [home[starts], n, np.add.reduceat(kwh, starts), np.maximum.reduceat(kwh, starts)]


def by_home(run: Run) -> tuple[Any, Any, Any, Any]:
    """Ids, number, sum and maximum by home: runs first, few where homes stand together."""
    parts = run.pieces(runs_of_homes, "household_id", "kwh")
    home, n, total, most = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    homes, at = np.unique(home, return_inverse=True)
    highest = np.full(len(homes), -np.inf)
    np.maximum.at(highest, at, most)
    return homes, np.bincount(at, n), np.bincount(at, total), highest


def load_factor(run: Run) -> Columns:
    """See the catalogue."""
    home, n, total, most = by_home(run)
    used = most > 0
    return {"home": home[used].astype(str), "load_factor": (total / n)[used] / most[used]}


def top_homes(run: Run) -> Columns:
    """See the catalogue."""
    home, _, total, _ = by_home(run)
    top = np.argpartition(total, -10)[-10:] if len(total) > 10 else np.arange(len(total))
    return {"home": home[top].astype(str), "kwh": total[top]}


def speeds(wind: Any, power: Any) -> list[Any]:
    """Number and power by whole metre a second."""
    known = ~(np.isnan(wind) | np.isnan(power))
    return grouped_by_counting(wind[known].astype(np.int64), power[known])  # never negative


def power_curve(run: Run) -> Columns:
    """See the catalogue."""
    n, power = added(run.pieces(speeds, "wind_speed_ms", "power_kw"))
    speed = np.flatnonzero(n)
    return {"speed": speed, "kw": power[speed] / n[speed], "n": n[speed]}


def products(x: Any, y: Any) -> list[Any]:
    """Number and sums for a correlation."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    return [len(x), x.sum(), y.sum(), x @ x, y @ y, x @ y]


def correlation(run: Run) -> Columns:
    """See the catalogue."""
    parts = run.pieces(products, "wind_speed_ms", "power_kw")
    n, x, y, xx, yy, xy = (sum(part) for part in zip(*parts, strict=True))
    r = (n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y))
    return {"n": np.array([n]), "r": np.array([r])}


def nearest(x: Any, y: Any) -> list[Any]:
    """Number and sums by the nearest centre."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known] * 0.01
    least, cluster = np.full(len(x), np.inf), np.zeros(len(x), np.int64)
    for i, (cx, cy) in enumerate(CENTRES):
        dx, dy = x - cx, y - cy
        far = dx * dx + dy * dy
        np.copyto(cluster, i, where=far < least)
        np.minimum(least, far, out=least)
    return grouped_by_counting(cluster, x, y)


def kmeans(run: Run) -> Columns:
    """See the catalogue."""
    n, x, y = added(run.pieces(nearest, "wind_speed_ms", "power_kw"))
    cluster = np.flatnonzero(n)
    return {
        "cluster": cluster,
        "x": x[cluster] / n[cluster],
        "y": y[cluster] / n[cluster],
        "n": n[cluster],
    }


def million_keys(run: Run) -> Columns:
    """See the catalogue: by counting, as the keys lie close together."""
    low = min(run.pieces(np.min, "customer"))

    def totals(customer: Any, amount: Any) -> list[Any]:
        return grouped_by_counting(customer - low, amount)

    n, amount = added(run.pieces(totals, "customer", "amount", rows=1 << 22))
    customer = np.flatnonzero(n)
    return {"customer": customer + low, "amount": amount[customer]}


JOBS: dict[str, Callable[[Any], Columns]] = {
    "hour_mean": hour_mean,
    "load_factor": load_factor,
    "top_homes": top_homes,
    "word_count": numpy_words.word_count,
    "power_curve": power_curve,
    "correlation": correlation,
    "kmeans": kmeans,
    "million_keys": million_keys,
}


class Run:
    """The columns of a run, and the threads that go through them piece by piece."""

    def __init__(self, columns: Columns, threads: ThreadPoolExecutor) -> None:
        """Take the arrays."""
        self.columns, self.threads = columns, threads

    def pieces(self, work: Callable[..., Any], *names: str, rows: int = PIECE) -> list[Any]:
        """What some work gives for each piece of some columns."""
        arrays = [self.columns[name] for name in names]
        starts = range(0, len(arrays[0]), rows)
        return list(self.threads.map(lambda at: work(*(a[at : at + rows] for a in arrays)), starts))


def as_arrays(table: pa.Table) -> Columns:
    """The columns in NumPy's form."""
    found: Columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name == "text":
            found[name] = numpy_words.as_bytes(column)
        elif pa.types.is_dictionary(column.type):
            pieces = [
                np.array(piece.dictionary.to_pylist(), dtype="S16")[piece.indices.to_numpy()]
                for piece in column.chunks
            ]
            found[name] = np.concatenate(pieces)
        elif pa.types.is_timestamp(column.type):
            found[name] = column.cast(pa.int64()).to_numpy()
        else:
            found[name] = np.ascontiguousarray(column.to_numpy())  # missing becomes NaN
    return found


def with_dictionaries(table: pa.Table) -> pa.Table:
    """The table with ids told apart, as a Parquet file has them."""
    for at, name in enumerate(table.column_names):
        if name.endswith("_id"):
            table = table.set_column(at, name, table[name].dictionary_encode())
    return table


class Engine:
    """NumPy; see `engines`."""

    name = "NumPy"
    version = np.__version__
    most = None

    def __init__(self) -> None:
        """Two threads."""
        self.threads = ThreadPoolExecutor(2)
        self.columns: Columns | None = None
        self.path = Path()

    def load(self, folder: Path, data: str, form: str) -> None:
        """See `engines`."""
        self.columns, self.path = None, folder / f"{data}.parquet"
        if form == "memory":
            with pa.memory_map(str(folder / f"{data}.arrow")) as file:
                table = with_dictionaries(pa.ipc.open_file(file).read_all())
                wanted = {c for job in BY_NAME.values() if job.data == data for c in job.columns}
                self.columns = {
                    name: array.copy()
                    for name, array in as_arrays(table.select(sorted(wanted))).items()
                }

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return ("arrays",)

    def run(self, job: str, way: str) -> Columns:
        """See `engines`."""
        columns = self.columns
        if columns is None:
            names = list(BY_NAME[job].columns)
            ids = [name for name in names if name.endswith("_id")]
            table = pq.read_table(self.path, columns=names, read_dictionary=ids, memory_map=True)
            columns = as_arrays(table)
        return JOBS[job](Run(columns, self.threads))

    def table(self, result: Columns) -> pa.Table:
        """See `engines`."""
        return pa.table({name: pa.array(column) for name, column in result.items()})
