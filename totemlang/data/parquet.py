"""Parquet files, read by batches within a row group.

Strings come as dictionaries and are cut before they are written out, so that a small file cannot
become a large array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from attrs import field, frozen

from totemlang.data.kinds import is_text
from totemlang.data.limits import Limits
from totemlang.data.normalise import reading
from totemlang.data.plain import looking_through
from totemlang.data.table_file import FileColumn, Identity, file_column, without_repeats
from totemlang.diagnostics import BadData
from totemlang.schema.types import Kind

MOST_ROWS = 240_000
"""Rows that are unpacked at once: so few are still in the processor's cache when they are used."""

PAGE_ROWS = 20_000
"""Rows of a page, as most writers have it.

Arrow takes what a page holds beyond the rows it is asked for too, for which it moves all of them
to a larger place; so it is asked for whole pages, and for less than a power of two.
"""

_UNREADABLE = "cannot be read as Parquet"


@frozen
class ParquetTable:
    """A Parquet file; only its footer is held."""

    identity: Identity
    columns: tuple[FileColumn, ...]
    units: tuple[int, ...] | None = field(repr=False)
    """Rows of each row group."""
    limits: Limits
    text_columns: frozenset[str] = field(repr=False)

    @property
    def name(self) -> str:
        """The file's name."""
        return self.identity.path.name

    @property
    def rows(self) -> int | None:
        """Number of rows, as the footer says."""
        return sum(self.units or ())

    def batches(
        self,
        columns: Sequence[str],
        rows: int,
        kinds: Mapping[str, Kind],
        units: range | None = None,
        *,
        may_code: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """See `TableFile`."""
        self.identity.check()
        look = looking_through(columns, kinds, self.name, self.limits, may_code=may_code)
        texts = [name for name in columns if name in self.text_columns]
        with reading(self.name, _UNREADABLE), _open(self.identity.path, texts, self.limits) as file:
            for group in range(file.num_row_groups) if units is None else units:
                self._check_group(file.metadata.row_group(group))
                left = file.metadata.row_group(group).num_rows
                raw = file.iter_batches(
                    batch_size=_rows_at_once(rows),
                    row_groups=[group],
                    columns=list(columns),
                    use_threads=False,
                )
                for batch in raw:
                    left -= batch.num_rows
                    yield from look(batch)
                if left:
                    raise BadData(f"{self.name}: a row group has not the rows that the footer says")
        self.identity.check()

    def _check_group(self, group: pq.RowGroupMetaData) -> None:
        # Of the footer nothing is asked but this: what it says of single columns cannot be read
        # from Python without the process ending where it contradicts itself.
        size = group.total_byte_size
        if not 0 <= size <= self.limits.row_group_bytes or group.num_rows < 0:
            raise BadData(
                f"{self.name}: a row group holds more than {self.limits.row_group_bytes:,} bytes"
            )


def open_parquet(path: Path, limits: Limits) -> ParquetTable:
    """Open a Parquet file.

    Raises:
        BadData: where its footer cannot be read.
    """
    identity = Identity.of(path)
    with reading(path.name, _UNREADABLE), _open(path, [], limits) as file:
        schema, groups = file.schema_arrow, range(file.num_row_groups)
        units = tuple(file.metadata.row_group(group).num_rows for group in groups)
        columns = [file_column(f) for f in schema]  # even names may be no text
        texts = frozenset(f.name for f in schema if is_text(f.type))
    return ParquetTable(
        identity, without_repeats(columns, path.name, limits.columns), units, limits, texts
    )


def _rows_at_once(rows: int) -> int:
    found = min(rows, MOST_ROWS)
    return found // PAGE_ROWS * PAGE_ROWS or found


def _open(path: Path, texts: list[str], limits: Limits) -> pq.ParquetFile:
    return pq.ParquetFile(
        path,
        read_dictionary=texts,
        pre_buffer=False,
        buffer_size=2**20,
        thrift_string_size_limit=limits.footer_bytes,
        thrift_container_size_limit=limits.footer_bytes // 16,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
    )
