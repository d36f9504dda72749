"""The jobs in DuckDB: SQL over its own tables, over Arrow tables, or over Parquet files."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.jobs.catalogue import CENTRES, SEPARATORS

KNOWN = "wind_speed_ms IS NOT NULL AND power_kw IS NOT NULL"
LIST = SEPARATORS.replace("'", "''")
CLASS = "".join("\\" + sign if sign in "[]-\\" else sign for sign in SEPARATORS).replace("'", "''")

_FAR = [f"(x - {cx}) * (x - {cx}) + (y - {cy}) * (y - {cy}) AS d{i}"
        for i, (cx, cy) in enumerate(CENTRES)]  # fmt: skip
_ALL = ", ".join(f"d{i}" for i in range(len(CENTRES)))
_CHOSEN = " ".join(f"WHEN d{i} = least THEN {i}" for i in range(len(CENTRES)))

JOBS = {
    "hour_mean": {"sql": "SELECT hour(ts) AS hour, avg(kwh) AS kwh FROM {t} GROUP BY ALL"},
    "load_factor": {
        "sql": "SELECT household_id AS home, avg(kwh) / max(kwh) AS load_factor FROM {t} "
        "GROUP BY household_id HAVING max(kwh) > 0"
    },
    "top_homes": {
        "sql": "SELECT household_id AS home, sum(kwh) AS kwh FROM {t} GROUP BY household_id "
        "ORDER BY kwh DESC LIMIT 10"
    },
    "word_count": {
        "translate": "WITH words AS (SELECT unnest(string_split(translate(lower(text), "
        f"'{LIST}', '{' ' * len(SEPARATORS)}'), ' ')) AS word FROM {{t}}) "
        "SELECT word, count(*) AS n FROM words WHERE word <> '' GROUP BY word",
        "pattern": "WITH words AS (SELECT unnest(regexp_extract_all(lower(text), "
        f"'[^{CLASS}]+')) AS word FROM {{t}}) SELECT word, count(*) AS n FROM words GROUP BY word",
        "split": "WITH words AS (SELECT unnest(regexp_split_to_array(lower(text), "
        f"'[{CLASS}]+')) AS word FROM {{t}}) "
        "SELECT word, count(*) AS n FROM words WHERE word <> '' GROUP BY word",
    },
    "power_curve": {
        "sql": "SELECT floor(wind_speed_ms)::BIGINT AS speed, avg(power_kw) AS kw, count(*) AS n "
        f"FROM {{t}} WHERE {KNOWN} GROUP BY speed"
    },
    "correlation": {
        "corr": "SELECT count(*) AS n, corr(wind_speed_ms, power_kw) AS r "
        f"FROM {{t}} WHERE {KNOWN}",
        "sums": "WITH s AS (SELECT count(*) AS n, sum(wind_speed_ms) AS x, sum(power_kw) AS y, "
        "sum(wind_speed_ms * wind_speed_ms) AS xx, sum(power_kw * power_kw) AS yy, "
        f"sum(wind_speed_ms * power_kw) AS xy FROM {{t}} WHERE {KNOWN}) "
        "SELECT n, (n * xy - x * y) / sqrt((n * xx - x * x) * (n * yy - y * y)) AS r FROM s",
    },
    "kmeans": {
        "sql": "WITH known AS (SELECT wind_speed_ms AS x, power_kw * 0.01 AS y FROM {t} "
        f"WHERE {KNOWN}), far AS (SELECT x, y, {', '.join(_FAR)} FROM known), "
        f"near AS (SELECT *, least({_ALL}) AS least FROM far) "
        f"SELECT CASE {_CHOSEN} END AS cluster, avg(x) AS x, avg(y) AS y, count(*) AS n "
        "FROM near GROUP BY cluster"
    },
    "million_keys": {
        "sql": "SELECT customer, sum(amount) AS amount FROM {t} GROUP BY customer",
    },
}


class Engine:
    """DuckDB; see `engines`."""

    name = "DuckDB"
    version = duckdb.__version__
    most = None

    def __init__(self) -> None:
        """A database in memory; the order of rows need not be kept."""
        threads = int(os.environ.get("OMP_NUM_THREADS", "2"))
        self.database = duckdb.connect(
            config={"threads": threads, "preserve_insertion_order": False}
        )
        self.sources: dict[str, str] = {}

    def load(self, folder: Path, data: str, form: str) -> None:
        """See `engines`."""
        self.database.execute("DROP TABLE IF EXISTS own")
        if form == "parquet":
            self.sources = {"parquet": f"read_parquet('{folder / data}.parquet')"}
            return
        self.arrow = pa.ipc.open_file(pa.memory_map(str(folder / f"{data}.arrow"))).read_all()
        self.database.register("arrow_table", self.arrow)
        self.database.execute("CREATE TABLE own AS SELECT * FROM arrow_table")
        self.sources = {"own": "own", "arrow": "arrow_table"}

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return tuple(f"{query} {source}" for query in JOBS[job] for source in self.sources)

    def run(self, job: str, way: str) -> pa.Table:
        """See `engines`."""
        query, source = way.split()
        sql = JOBS[job][query].replace("{t}", self.sources[source])
        return self.database.sql(sql).to_arrow_table()

    def table(self, result: pa.Table) -> pa.Table:
        """See `engines`."""
        return result
