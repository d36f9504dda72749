"""The jobs in Polars: lazy queries, by the streaming engine or the one for data in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from benchmarks.jobs.catalogue import CENTRES, SEPARATORS

KWH, WIND, POWER = pl.col("kwh"), pl.col("wind_speed_ms"), pl.col("power_kw")
CLASS = "".join("\\" + sign if sign in "[]-\\" else sign for sign in SEPARATORS)


def hour_mean(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    return data.group_by(pl.col("ts").dt.hour().alias("hour")).agg(KWH.mean())


def load_factor(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    home = data.group_by(pl.col("household_id").alias("home"))
    figures = home.agg(KWH.mean().alias("mean"), KWH.max().alias("most")).filter(pl.col("most") > 0)
    return figures.select("home", (pl.col("mean") / pl.col("most")).alias("load_factor"))


def top_homes(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    home = data.group_by(pl.col("household_id").alias("home"))
    return home.agg(KWH.sum()).top_k(10, by="kwh")


def word_count(data: pl.LazyFrame) -> pl.LazyFrame:
    """Words found by a pattern."""
    text = pl.col("text").str.to_lowercase()
    words = data.select(text.str.extract_all(f"[^{CLASS}]+").alias("word"))
    words = words.explode("word").filter(pl.col("word").is_not_null())
    return words.group_by("word").agg(pl.len().alias("n"))


def word_count_by_splitting(data: pl.LazyFrame) -> pl.LazyFrame:
    """Separators made blanks, and lines cut at blanks."""
    text = pl.col("text").str.to_lowercase().str.replace_all(f"[{CLASS}]", " ")
    words = data.select(text.str.split(" ").alias("word")).explode("word")
    return words.filter(pl.col("word") != "").group_by("word").agg(pl.len().alias("n"))


def power_curve(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    known = data.filter(WIND.is_not_null() & POWER.is_not_null())
    speed = WIND.floor().cast(pl.Int64).alias("speed")
    return known.group_by(speed).agg(POWER.mean().alias("kw"), pl.len().alias("n"))


def correlation(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    known = data.filter(WIND.is_not_null() & POWER.is_not_null())
    return known.select(pl.len().alias("n"), pl.corr(WIND, POWER).alias("r"))


def correlation_by_sums(data: pl.LazyFrame) -> pl.LazyFrame:
    """The textbook's formula, whose sums can be streamed."""
    known = data.filter(WIND.is_not_null() & POWER.is_not_null())
    sums = known.select(
        pl.len().alias("n"),
        WIND.sum().alias("x"),
        POWER.sum().alias("y"),
        (WIND * WIND).sum().alias("xx"),
        (POWER * POWER).sum().alias("yy"),
        (WIND * POWER).sum().alias("xy"),
    )
    n, x, y = pl.col("n"), pl.col("x"), pl.col("y")
    spread = (n * pl.col("xx") - x * x) * (n * pl.col("yy") - y * y)
    return sums.select("n", ((n * pl.col("xy") - x * y) / spread.sqrt()).alias("r"))


def kmeans(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    x, y = WIND, POWER * 0.01
    known = data.filter(WIND.is_not_null() & POWER.is_not_null()).select(x.alias("x"), y.alias("y"))
    far = [(pl.col("x") - cx) ** 2 + (pl.col("y") - cy) ** 2 for cx, cy in CENTRES]
    known = known.with_columns(d.alias(f"d{i}") for i, d in enumerate(far))
    known = known.with_columns(pl.min_horizontal(f"d{i}" for i in range(len(far))).alias("least"))
    cluster: Any = pl.when(pl.col("d0") == pl.col("least")).then(pl.lit(0, pl.Int32))
    for i in range(1, len(far)):
        cluster = cluster.when(pl.col(f"d{i}") == pl.col("least")).then(pl.lit(i, pl.Int32))
    return known.group_by(cluster.alias("cluster")).agg(
        pl.col("x").mean(), pl.col("y").mean(), pl.len().alias("n")
    )


def million_keys(data: pl.LazyFrame) -> pl.LazyFrame:
    """See the catalogue."""
    return data.group_by("customer").agg(pl.col("amount").sum())


JOBS = {
    "hour_mean": (hour_mean,),
    "load_factor": (load_factor,),
    "top_homes": (top_homes,),
    "word_count": (word_count, word_count_by_splitting),
    "power_curve": (power_curve,),
    "correlation": (correlation, correlation_by_sums),
    "kmeans": (kmeans,),
    "million_keys": (million_keys,),
}


class Engine:
    """Polars; see `engines`."""

    name = "Polars"
    version = pl.__version__
    most = None

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self.data = pl.LazyFrame()

    def load(self, folder: Path, data: str, form: str) -> None:
        """See `engines`."""
        if form == "parquet":
            self.data = pl.scan_parquet(folder / f"{data}.parquet")
        else:
            with pa.memory_map(str(folder / f"{data}.arrow")) as file:
                frame = pl.from_arrow(pa.ipc.open_file(file).read_all())
            assert isinstance(frame, pl.DataFrame)
            self.data = frame.clone().lazy()

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return tuple(f"{q.__name__} {how}" for q in JOBS[job] for how in ("streaming", "in-memory"))

    def run(self, job: str, way: str) -> pl.DataFrame:
        """See `engines`."""
        name, how = way.split()
        query = next(query for query in JOBS[job] if query.__name__ == name)
        return query(self.data).collect(engine=how)

    def table(self, result: pl.DataFrame) -> pa.Table:
        """See `engines`."""
        return result.to_arrow()
