"""Inputs of any size with the shape of the shipped samples, from a seed.

    python -m benchmarks.jobs.inputs FOLDER ROWS

Values come from the samples: a home of the input is one of the sample's at another scale, a day
of wind is one of the turbines' days, lines are lines of the novels and speeches with names added.
So values have the samples' distributions, hours their profile, gaps their frequency. Each piece of
a million rows has its own random numbers: an input is the same however it is made, and a shorter
one of the same seed need not be a part of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.jobs.catalogue import rows_of

SAMPLES = Path(__file__).resolve().parents[2] / "examples" / "data"
SEED = 20_130_114
PIECE = 1 << 20
"""Rows made at once, which are a row group of the Parquet file and a batch of the Arrow file."""

HALF_HOUR = 30 * 60 * 1_000_000
YEAR = 17_520
"""Half hours of a year."""
START = 1_356_998_400_000_000
"""1 January 2013 in microseconds."""
CUSTOMERS = 1_000_000


def readings(rows: int) -> Iterator[pa.RecordBatch]:
    """Half-hourly consumption: `household_id`, `ts`, `kwh`; one home after the other, in time.

    A home has about a year; in larger inputs there are at most 5,000 homes, with more years each.
    One half hour in 250 is missing.
    """
    sample = pa.concat_tables(
        pq.read_table(path) for path in sorted((SAMPLES / "smart_meters").glob("provider_*"))
    )
    slots = sample["ts"].to_numpy().astype("datetime64[us]").astype(np.int64) // HALF_HOUR % 48
    order = np.argsort(slots, kind="stable")
    values = sample["kwh"].to_numpy()[order]
    ends = np.searchsorted(slots[order], np.arange(49))
    homes = min(5_000, max(20, rows // YEAR))
    each = -(-rows // homes)
    scales = np.random.default_rng((SEED, 1)).lognormal(-0.1, 0.45, homes)
    for number, start in enumerate(range(0, rows, PIECE)):
        random = np.random.default_rng((SEED, 2, number))
        at = np.arange(start, min(start + PIECE, rows))
        home, place = at // each, at % each
        place = place + place // 250
        slot = place % 48
        low, high = ends[slot], ends[slot + 1]
        drawn = values[(low + random.random(len(at)) * (high - low)).astype(np.int64)]
        kwh = np.round(drawn * scales[home] * random.lognormal(0, 0.15, len(at)), 3)
        names = pa.array([f"MAC{number:06d}" for number in range(int(home[-1]) + 1)])
        yield pa.record_batch(
            [
                names.take(pa.array(home)),
                pa.array(START + place * HALF_HOUR).cast(pa.timestamp("us")),
                pa.array(kwh),
            ],
            names=["household_id", "ts", "kwh"],
        )


def scada(rows: int) -> Iterator[pa.RecordBatch]:
    """Ten-minute records of turbines: `turbine_id`, `ts`, `wind_speed_ms`, `power_kw`.

    The sample's days in another order, speed and power jittered together; records without any
    value are as frequent as there.
    """
    days = []
    for path in sorted((SAMPLES / "wind").glob("R*.parquet")):
        table = pq.read_table(path, columns=["wind_speed_ms", "power_kw"])
        both = np.stack([column.to_numpy() for column in table.columns])  # missing ones are NaN
        days += np.split(both[:, : both.shape[1] // 144 * 144], both.shape[1] // 144, axis=1)
    pool = np.stack(days)
    turbines = pa.array([path.stem for path in sorted((SAMPLES / "wind").glob("R*.parquet"))])
    for number, start in enumerate(range(0, rows, PIECE)):
        random = np.random.default_rng((SEED, 3, number))
        count = min(PIECE, rows - start)
        chosen = random.integers(0, len(pool), -(-count // 144))
        wind, power = np.concatenate(pool[chosen], axis=1)[:, :count]
        wind = np.maximum(np.round(wind * random.normal(1, 0.02, count), 3), 0)
        power = np.round(power * random.normal(1, 0.03, count), 2)
        at = np.arange(start, start + count)
        time = START + at // 4 * 10 * 60 * 1_000_000
        yield pa.record_batch(
            [
                turbines.take(pa.array(at % len(turbines))),
                pa.array(time).cast(pa.timestamp("us")),
                pa.array(wind, from_pandas=True),
                pa.array(power, from_pandas=True),
            ],
            names=["turbine_id", "ts", "wind_speed_ms", "power_kw"],
        )


def lines(rows: int) -> Iterator[pa.RecordBatch]:
    """Lines of text: `text`. One line in ten has a rare word more, of 100,000 with a long tail."""
    sample = pa.concat_tables(
        pq.read_table(SAMPLES / "text" / f"{name}.parquet", columns=["text"])
        for name in ("novels", "speeches")
    )["text"].combine_chunks()
    random = np.random.default_rng((SEED, 4))
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    spelt = letters[random.integers(0, 26, (100_000, 12))]
    lengths = random.integers(5, 13, len(spelt))
    rare = pa.array([" " + "".join(word[:n]) for word, n in zip(spelt, lengths, strict=True)])
    for number, start in enumerate(range(0, rows, PIECE)):
        random = np.random.default_rng((SEED, 5, number))
        count = min(PIECE, rows - start)
        text = sample.take(pa.array(random.integers(0, len(sample), count)))
        tail = np.minimum(random.zipf(1.3, count) - 1, len(rare) - 1)
        added = pc.if_else(
            pa.array(random.random(count) < 0.1), rare.take(pa.array(tail)), pa.scalar("")
        )
        text = pc.binary_join_element_wise(text, added, "")
        yield pa.record_batch([text.cast(pa.string())], names=["text"])


def payments(rows: int) -> Iterator[pa.RecordBatch]:
    """Amounts paid by a million customers: `customer`, `amount`; some pay far more often."""
    for number, start in enumerate(range(0, rows, PIECE)):
        random = np.random.default_rng((SEED, 6, number))
        count = min(PIECE, rows - start)
        even = random.integers(0, CUSTOMERS, count)
        often = (CUSTOMERS * random.random(count) ** 4).astype(np.int64)
        # A customer's number says nothing of how often he pays: 7919 has no factor in common.
        customer = np.where(random.random(count) < 0.7, even, often) * 7_919 % CUSTOMERS
        amount = np.round(random.lognormal(3.2, 0.9, count), 2)
        yield pa.record_batch(
            [pa.array(customer + 100_000), pa.array(amount)], names=["customer", "amount"]
        )


COMPRESSION = "snappy"
"""What Arrow, Spark, pandas and DuckDB compress Parquet with if they are told nothing."""

INPUTS = {"readings": readings, "scada": scada, "lines": lines, "payments": payments}


def make(folder: Path, data: str, rows: int) -> Path:
    """Write an input as `DATA.parquet` and `DATA.arrow`, unless it is there; gives its folder."""
    here = folder / f"rows_{rows}"
    done = here / f"{data}.{COMPRESSION}.done"
    if not done.exists():
        here.mkdir(parents=True, exist_ok=True)
        batches = INPUTS[data](rows_of(data, rows))
        first = next(batches)
        parquet = pq.ParquetWriter(here / f"{data}.parquet", first.schema, compression=COMPRESSION)
        with parquet, pa.ipc.new_file(here / f"{data}.arrow", first.schema) as arrow:
            while first is not None:
                parquet.write_batch(first, row_group_size=PIECE)
                arrow.write_batch(first)
                first = next(batches, None)
        done.touch()
    return here


def main() -> None:
    """Make all inputs of a size."""
    for data in INPUTS:
        print(make(Path(sys.argv[1]), data, int(sys.argv[2])) / data)


if __name__ == "__main__":
    main()
