"""Parts of a large piece of a file: read once, by whoever is first, for all who take a part of it.

What lies before a part has to be read too. It is held, as far as it is not too much, for those who
take that; they ask at about the same time. A part that is not held is read from the file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock

import pyarrow as pa
from attrs import define, field

MOST_OPEN = 4
"""Pieces that are read at a time."""

MOST_HELD = 1 << 27
"""Bytes of a piece that are held for others."""

Batches = Iterator[pa.RecordBatch]


@define
class SharedPiece:
    """A piece that is being read; `at` is the row that is read next."""

    at: int
    stop: int
    _batches: Batches
    _held: list[tuple[int, pa.RecordBatch]] = field(factory=list, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def take(self, start: int, stop: int) -> list[pa.RecordBatch] | None:
        """Rows from one to another (exclusive), to be given once; None: they are not to be had.

        Raises:
            BadData: for whatever cannot be read.
        """
        with self._lock:
            while self.at < stop and (batch := next(self._batches, None)) is not None:
                self._held.append((self.at, batch))
                self.at += batch.num_rows
            if self.at >= self.stop:
                next(self._batches, None)  # its end, where it is seen that the file has stayed
            taken, left = [], []
            for at, batch in self._held:
                low, high = max(start - at, 0), min(stop - at, batch.num_rows)
                if low >= high:
                    left.append((at, batch))
                    continue
                taken.append(batch.slice(low, high - low))
                if low:
                    left.append((at, batch.slice(0, low)))
                if high < batch.num_rows:
                    left.append((at + high, batch.slice(high)))
            if sum(batch.num_rows for batch in taken) < stop - start:
                return None
            while left and sum(batch.nbytes for _, batch in left) > MOST_HELD:
                del left[0]
            self._held = left
            return taken

    @property
    def is_done(self) -> bool:
        """Whether all was read and given."""
        return self.at >= self.stop and not self._held


@define
class SharedPieces:
    """The pieces that are being read, by their first rows. Another process gets an empty one."""

    _open: dict[tuple[int, bool], SharedPiece] = field(factory=dict, init=False)
    _lock: Lock = field(factory=Lock, init=False)

    def take(
        self,
        piece: tuple[int, int],
        part: tuple[int, int],
        read: Callable[[], Batches],
        *,
        may_code: bool,
    ) -> list[pa.RecordBatch] | None:
        """A part of a piece, which `read` reads from its beginning; see `SharedPiece.take`."""
        key = piece[0], may_code
        with self._lock:
            if key not in self._open:
                if len(self._open) == MOST_OPEN:  # the oldest: what is left of it nobody takes
                    del self._open[next(iter(self._open))]
                self._open[key] = SharedPiece(*piece, read())
            found = self._open[key]
        taken = found.take(*part)
        if found.is_done:
            with self._lock:
                self._open.pop(key, None)
        return taken

    def __reduce__(self) -> tuple[type[SharedPieces], tuple[()]]:
        return SharedPieces, ()
