"""Reading all rows of a data set once with several threads: pieces of its files, and columns.

Rows come in order, and so does the first of what is wrong with them, as to a single thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from types import TracebackType
from typing import TypeVar

from attrs import define, field

from totemlang.data.file import BATCH_ROWS, DataFile

MOST_ROWS = 262_144
"""Rows that are looked at together."""

MOST_VALUES = 1 << 24
"""Values that are looked at together, but for what many columns have."""

MOST_PIECE = 1 << 23
"""Values of a piece that is read ahead: a piece is held whole."""

Part = tuple[int, int]
T = TypeVar("T")


def rows_at_once(columns: int) -> int:
    """How many rows of so many columns are looked at together."""
    return max(BATCH_ROWS, min(MOST_ROWS, MOST_VALUES // max(1, columns)))


@define
class Readers:
    """So many threads, to be used in a `with` statement; one is the thread at hand."""

    threads: int
    _pool: ThreadPoolExecutor | None = field(default=None, init=False)

    def __enter__(self) -> Readers:
        if self.threads > 1:
            self._pool = ThreadPoolExecutor(self.threads)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def read(
        self, data: DataFile, columns: int, read: Callable[[Part | None], Iterator[T]]
    ) -> Iterator[T]:
        """What `read` gives of all rows, in order; it is asked for all (None), or for parts.

        Raises:
            BadData: the first that a part raises, in the order of rows.
        """
        parts = _parts(data, columns)
        if self._pool is None or parts is None:
            yield from read(None)
            return
        waiting: deque[Future[list[T]]] = deque()
        for part in parts:
            waiting.append(self._pool.submit(lambda part: list(read(part)), part))
            if len(waiting) > self.threads + 1:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()

    def each(self, tasks: Iterable[Callable[[], None]]) -> None:
        """Do all of these, which do not depend on each other."""
        if self._pool is None:
            for task in tasks:
                task()
            return
        for done in [self._pool.submit(task) for task in tasks]:
            done.result()


def _parts(data: DataFile, columns: int) -> list[Part] | None:
    """Pieces of the files, small ones together; None where they are too few or too large."""
    edges = data.edges
    if edges is None:
        return None
    kept = [0]
    for edge in edges[1:-1]:
        if edge - kept[-1] >= MOST_ROWS:
            kept.append(edge)
    parts = list(pairwise([*kept, edges[-1]]))
    largest = max(stop - start for start, stop in parts)
    return parts if len(parts) > 1 and largest * max(1, columns) <= MOST_PIECE else None
