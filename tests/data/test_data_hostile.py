"""Files made to do harm: bad data with the file's name, no value of it, and never a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.data.limits import Limits
from totemlang.diagnostics import BadData

SECRET = "s3cret"


def read_all(path: Path, limits: Limits | None = None) -> None:
    describe(open_data(path, limits or Limits()), "x")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"a,a\n1,2\n",
        b"a,\n1,2\n",
        b"a,b\n1,2\ns3cret\n",
        b"a,b\n1,2,s3cret\n",
        b"a,b\ns3cret,\xff\n",
        b"a,b\ns3cret,\xed\xa0\x80\n",
        b"a,b\ns3cret\0,1\n",
        b'a,b\n"s3cret,1\n',
        b"\xff\xfea\0,\0b\0\n\0",
        b"a,b\n" + b"s3cret" * 4_000_000 + b",1\n",
        b'a,b\n"' + b"s3cret\n" * 4_000_000 + b'",1\n',
        b",".join(b"c%d" % i for i in range(20_000)) + b"\n",
    ],
)
def test_broken_csv_is_bad_data(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(text)
    with pytest.raises(BadData, match=r"^bad\.csv: ") as error:
        read_all(path)
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_a_ragged_row_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n3\n")
    with pytest.raises(BadData, match="row 3 has another number of fields"):
        read_all(path)


def samples(tmp_path: Path) -> list[Path]:
    table = pa.table(
        {
            "name": [SECRET, "b", None] * 50,
            "x": [0.1, 2.5, None] * 50,
            "when": pa.array([0, 1, 2] * 50, pa.timestamp("us")),
            "word": pa.array(["u", "v", "w"] * 50).dictionary_encode(),
        }
    )
    parquet, plain, packed = (tmp_path / n for n in ("bad.parquet", "bad.arrow", "bad.feather"))
    pq.write_table(table, parquet)
    feather.write_feather(table, str(plain), compression="uncompressed")
    feather.write_feather(table, str(packed), compression="lz4")
    return [parquet, plain, packed]


def test_mutated_files_are_read_or_bad_data(tmp_path: Path) -> None:
    chance = random.Random(1)
    refused = 0
    for path in samples(tmp_path):
        whole = path.read_bytes()
        for _ in range(120):
            changed = bytearray(whole)
            if chance.random() < 0.2:
                del changed[chance.randrange(8, len(changed)) :]
            for _ in range(chance.randrange(1, 5)):
                changed[chance.randrange(4, len(changed))] = chance.randrange(256)
            path.write_bytes(changed)
            message = refusal(path)
            refused += bool(message)
            assert SECRET not in message
            assert message.startswith(path.name) or not message
    assert refused > 50


def refusal(path: Path) -> str:
    try:
        read_all(path)
    except BadData as error:
        return str(error)
    return ""


def test_strings_that_are_not_utf8_are_bad_data(tmp_path: Path) -> None:
    raw = pa.array([b"s3cret\xff"])
    text = pa.Array.from_buffers(pa.string(), 1, raw.buffers())
    for path in (tmp_path / "bad.parquet", tmp_path / "bad.arrow"):
        if path.suffix == ".parquet":
            pq.write_table(pa.table({"x": text}), path)
        else:
            feather.write_feather(pa.table({"x": text}), str(path))
        with pytest.raises(BadData, match=r"^bad\."):
            read_all(path)


def test_sizes_beyond_the_limits_are_bad_data(tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table({"x": ["k" * 2_000_000, "a"]}), path)
    with pytest.raises(BadData, match="holds a string over 1,000,000 bytes"):
        read_all(path, Limits(string_bytes=1_000_000))
    with pytest.raises(BadData, match="a row group holds more than 1,000 bytes"):
        read_all(path, Limits(row_group_bytes=1_000))
    with pytest.raises(BadData, match="more than 0 columns"):
        read_all(path, Limits(columns=0))


@pytest.mark.parametrize("compression", ["lz4", "zstd", "uncompressed"])
def test_a_record_batch_is_measured_before_it_is_unpacked(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "bad.arrow"
    table = pa.table({"x": [0.0] * 1_000_000, "y": ["a"] * 1_000_000})
    feather.write_feather(table, str(path), compression=compression, chunksize=1_000_000)
    with pytest.raises(BadData, match="a record batch holds more than 10,000,000 bytes"):
        read_all(path, Limits(message_bytes=10_000_000))
    read_all(path, Limits(message_bytes=14_000_000))


@pytest.mark.parametrize("name", ["bad.parquet", "bad.arrow", "bad.bin", "bad.csv"])
def test_other_things_under_a_data_files_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(random.Random(2).randbytes(5_000))
    with pytest.raises(BadData, match=r"^bad"):
        read_all(path)
    folder = tmp_path / "dir.parquet"
    folder.mkdir()
    with pytest.raises(BadData, match="not a regular file"):
        open_data([path, Path("/dev/null")])


def test_a_name_of_a_file_that_is_not_utf8_is_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.csv"
    try:
        path.write_text("k\n1\n")
    except (OSError, UnicodeError):
        pytest.skip("names of files are Unicode here")
    with pytest.raises(BadData, match=r"the name of the file is not UTF-8"):
        read_all(path)


def test_a_file_that_changes_between_two_readings_is_bad_data(tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    data = open_data(path)
    pq.write_table(pa.table({"x": [1, 2]}), path)
    with pytest.raises(BadData, match="was changed while it was being read"):
        list(data.batches(["x"]))
