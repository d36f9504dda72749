"""The jobs in pandas: columns that are needed, grouping without sorting, Arrow's strings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.jobs.catalogue import BY_NAME, CENTRES, SEPARATORS

BLANKS = str.maketrans(SEPARATORS, " " * len(SEPARATORS))


def hour_mean(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    hours = data["ts"].dt.hour.rename("hour")
    return data["kwh"].groupby(hours, sort=False).mean().reset_index()


def load_factor(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    by_home = data.groupby("household_id", sort=False)["kwh"]
    mean, most = by_home.mean(), by_home.max()
    factor = (mean / most)[most > 0].rename("load_factor")
    return factor.rename_axis("home").reset_index()


def load_factor_at_once(data: pd.DataFrame) -> pd.DataFrame:
    """Homes told apart once for both figures."""
    figures = data.groupby("household_id", sort=False)["kwh"].agg(["mean", "max"])
    figures = figures[figures["max"] > 0]
    factor = (figures["mean"] / figures["max"]).rename("load_factor")
    return factor.rename_axis("home").reset_index()


def top_homes(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    used = data.groupby("household_id", sort=False)["kwh"].sum()
    return used.nlargest(10).rename_axis("home").reset_index()


def word_count(data: pd.DataFrame) -> pd.DataFrame:
    """The text as one: pandas' own `str` methods take several times as long."""
    words = " ".join(data["text"]).lower().translate(BLANKS).split()
    return pd.Series(words).value_counts(sort=False).rename_axis("word").rename("n").reset_index()


def power_curve(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    known = data[["wind_speed_ms", "power_kw"]].dropna()
    speed = np.floor(known["wind_speed_ms"]).astype(np.int64).rename("speed")
    found = known["power_kw"].groupby(speed, sort=False).agg(["mean", "count"])
    return found.reset_index().rename(columns={"mean": "kw", "count": "n"})


def correlation(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    known = data[["wind_speed_ms", "power_kw"]].dropna()
    r = known["wind_speed_ms"].corr(known["power_kw"])
    return pd.DataFrame({"n": [len(known)], "r": [r]})


def kmeans(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    known = data[["wind_speed_ms", "power_kw"]].dropna()
    x, y = known["wind_speed_ms"].to_numpy(), known["power_kw"].to_numpy() * 0.01
    least, cluster = np.full(len(x), np.inf), np.zeros(len(x), np.int32)
    for i, (cx, cy) in enumerate(CENTRES):
        far = (x - cx) ** 2 + (y - cy) ** 2
        nearer = far < least
        cluster[nearer] = i
        np.minimum(least, far, out=least)
    by_cluster = pd.DataFrame({"cluster": cluster, "x": x, "y": y}).groupby("cluster", sort=False)
    found = by_cluster.mean()
    found["n"] = by_cluster.size()
    return found.reset_index()


def million_keys(data: pd.DataFrame) -> pd.DataFrame:
    """See the catalogue."""
    return data.groupby("customer", sort=False)["amount"].sum().reset_index()


Query = Callable[[pd.DataFrame], pd.DataFrame]
JOBS: dict[str, tuple[Query, ...]] = {
    "hour_mean": (hour_mean,),
    "load_factor": (load_factor, load_factor_at_once),
    "top_homes": (top_homes,),
    "word_count": (word_count,),
    "power_curve": (power_curve,),
    "correlation": (correlation,),
    "kmeans": (kmeans,),
    "million_keys": (million_keys,),
}


class Engine:
    """pandas; see `engines`. Its own work is done by one thread, reading Parquet by two."""

    name = "pandas"
    version = pd.__version__
    most = None

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self.frame: pd.DataFrame | None = None
        self.path = Path()

    def load(self, folder: Path, data: str, form: str) -> None:
        """See `engines`."""
        self.frame, self.path = None, folder / f"{data}.parquet"
        if form == "memory":
            self.frame = pd.read_feather(folder / f"{data}.arrow")

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return tuple(query.__name__ for query in JOBS[job])

    def run(self, job: str, way: str) -> pd.DataFrame:
        """See `engines`."""
        query = next(query for query in JOBS[job] if query.__name__ == way)
        frame = self.frame
        if frame is None:
            frame = pd.read_parquet(self.path, columns=list(BY_NAME[job].columns))
        return query(frame)

    def table(self, result: pd.DataFrame) -> pa.Table:
        """See `engines`."""
        return pa.Table.from_pandas(result, preserve_index=False)
