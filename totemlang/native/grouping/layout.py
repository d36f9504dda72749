"""How a group lies in memory: the words of its key, its count, then what is kept of each value.

A `Signature` says what is grouped by what and what is asked; its `Layout` gives every place. All
words have 8 bytes. Two key parts of 32 bits share a word; a string has three: its first 8 bytes,
its next 8 (of one longer than 16: a hash of all), and its bytes << 32 with, if longer, its place.
"""

from __future__ import annotations

from attrs import field, frozen

from totemlang.schema.types import Kind

NARROW = frozenset({Kind.BOOL, Kind.INT, Kind.DATE})
"""Kinds whose values fit 32 bits."""

WHOLE = frozenset({Kind.INT, Kind.LONG, Kind.DURATION})
BINARY = frozenset({Kind.FLOAT, Kind.DOUBLE})

KEY_KINDS = frozenset(set(Kind) - BINARY)
"""Kinds that a key may have."""

WIDE_BYTES = 576
"""Bytes of an exact sum without a window."""

TABLES = 256
"""Partitions by hash, each with a table."""

TABLE_BYTES = 32

_FEW, _FEW_BYTES = 128, 8_192
"""Groups for which there may be sums aside (see few.py), and bytes of those."""

_APART = 1_088
"""Bytes between them that no power of two divides: stores then do not seem to be to one place."""


@frozen
class Asked:
    """What a stage asks of a value column beside its count."""

    kind: Kind
    total: bool = True
    least: bool = True
    greatest: bool = True


@frozen
class Signature:
    """Keys and values of a grouping; what its code depends on, and all that it depends on."""

    keys: tuple[Kind, ...]
    values: tuple[Asked, ...]

    def __attrs_post_init__(self) -> None:
        """Refuse what no key may be."""
        if not KEY_KINDS.issuperset(self.keys):
            raise ValueError("a float or double is no key")


@frozen
class KeyWord:
    """A word of the key: one part, two narrow ones (high, low), or word `place` of a string."""

    parts: tuple[int, ...]
    place: int | None = None


@frozen
class Cell:
    """Where something kept of value `value` lies in a group: total, least, greatest or bytes."""

    what: str
    value: int
    kind: Kind
    offset: int
    window: int = -1
    """For a total of floats: which window it has."""


@frozen
class Layout:
    """The places of a signature. `size` are the bytes of a group."""

    signature: Signature
    columns: tuple[Kind, ...] = field(init=False)
    """Kinds of the columns that come in."""
    words: tuple[KeyWord, ...] = field(init=False)
    cells: tuple[Cell, ...] = field(init=False)
    windows: int = field(init=False)
    """Totals of floats: each has a window."""
    count: int = field(init=False)
    wide: int = field(init=False)
    """Where the place of the sums without window lies (if there are windows)."""
    size: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Lay everything out."""
        words = _words(self.signature.keys)
        at = 8 * len(words)
        fill = object.__setattr__
        values = (value.kind for value in self.signature.values)
        fill(self, "columns", (*self.signature.keys, *values))
        fill(self, "words", words)
        fill(self, "count", at)
        cells, windows = [], 0
        at += 8
        for number, value in enumerate(self.signature.values):
            kind = value.kind
            if value.total and kind in BINARY:
                cells.append(Cell("total", number, kind, at, windows))
                windows += 1
                at += 16
            elif value.total and kind in WHOLE:
                cells.append(Cell("total", number, kind, at))
                at += 16
            if kind is Kind.STRING:
                cells.append(Cell("bytes", number, kind, at))
                at += 16
            for what, wanted in (("least", value.least), ("greatest", value.greatest)):
                if wanted:
                    cells.append(Cell(what, number, kind, at))
                    at += 8
        fill(self, "cells", tuple(cells))
        fill(self, "windows", windows)
        fill(self, "wide", at)
        fill(self, "size", at + (8 if windows else 0))

    @property
    def read(self) -> tuple[int, ...]:
        """The values that must be read at all."""
        return tuple(sorted({cell.value for cell in self.cells}))

    @property
    def text_extremes(self) -> tuple[Cell, ...]:
        """The extremes that are strings."""
        return tuple(
            cell for cell in self.cells if cell.kind is Kind.STRING and cell.what != "bytes"
        )

    @property
    def long_words(self) -> tuple[int, ...]:
        """Words of the key that may hold a string's place."""
        return tuple(i for i, word in enumerate(self.words) if word.place == 2)

    @property
    def has_references(self) -> bool:
        """Whether a group may refer to something outside of its own bytes."""
        return bool(self.windows or self.text_extremes or self.long_words)

    @property
    def is_direct(self) -> bool:
        """Whether groups can be found by the value of their key."""
        return Kind.STRING not in self.signature.keys

    @property
    def is_plain(self) -> bool:
        """Whether numbers are kept, by one key that is a number."""
        keys = self.signature.keys
        is_number = len(keys) == 1 and keys[0] not in (Kind.BOOL, Kind.STRING)
        return is_number and all(cell.kind is not Kind.STRING for cell in self.cells)

    @property
    def few_size(self) -> int:
        """Bytes of a group's sums aside: a pair of words for each, the count, nothing."""
        return 16 * self.windows + 16

    @property
    def few(self) -> int:
        """For how many groups found by value there are sums aside; 0 if other things are kept."""
        if not self.is_plain or not 0 < self.windows == len(self.cells):
            return 0
        return min(_FEW, _FEW_BYTES // self.few_size)

    @property
    def few_bytes(self) -> int:
        """Bytes of these sums, of which there are two."""
        return self.few * self.few_size + _APART if self.few else 0

    @property
    def record(self) -> int:
        """Bytes of a row that waits in a buffer; 0 if rows cannot wait."""
        return 0 if self.text_extremes else 8 * (len(self.words) + len(self.read))


@frozen
class State:
    """Where a grouping's own state lies in its memory, from 192 on (below: see memory.wat)."""

    layout: Layout
    seeds: int = field(init=False)
    """A factor for each word, one more, then an offset."""
    windows: int = field(init=False)
    """64 bytes a window: see windows.py."""
    ranges: int = field(init=False)
    """For each key part its lowest value and how many there are (direct addressing)."""
    direct: int = field(init=False)
    """i32: where the directly addressed groups are; whether there are partitions."""
    masks: int = field(init=False)
    """For 0 to 16 bytes of a string, two words that let so many bytes through."""
    arguments: int = field(init=False)
    """i32: the places of the columns."""
    gifts: int = field(init=False)
    """16 bytes a column: where a reduce wants it, see giving.py."""
    few: int = field(init=False)
    """The sums aside of few groups, twice: zeros but while rows are taken in."""
    tables: int = field(init=False)
    """32 bytes a table: see tables.wat."""
    end: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Lay everything out."""
        fill = object.__setattr__
        layout = self.layout
        fill(self, "seeds", 192)
        fill(self, "windows", self.seeds + 8 * (len(layout.words) + 2))
        fill(self, "ranges", self.windows + 64 * layout.windows)
        fill(self, "direct", self.ranges + 16 * len(layout.signature.keys))
        fill(self, "masks", self.direct + 8)
        fill(self, "arguments", self.masks + 17 * 16)
        fill(self, "gifts", (self.arguments + 4 * len(layout.columns) + 7) & -8)
        fill(self, "few", (self.gifts + 16 * len(layout.columns) + 63) & -64)
        fill(self, "tables", self.few + 2 * layout.few_bytes + 63 & -64)
        fill(self, "end", (self.tables + TABLES * TABLE_BYTES + 63) & -64)


def _words(kinds: tuple[Kind, ...]) -> tuple[KeyWord, ...]:
    words: list[KeyWord] = []
    waiting: int | None = None
    for part, kind in enumerate(kinds):
        if kind is Kind.STRING:
            words += [KeyWord((part,), place) for place in range(3)]
        elif kind not in NARROW:
            words.append(KeyWord((part,)))
        elif waiting is None:
            waiting = part
        else:
            words.append(KeyWord((waiting, part)))
            waiting = None
    if waiting is not None:
        words.append(KeyWord((waiting,)))
    return tuple(words)
