"""How much of an untrusted file is taken into memory at once, and when a file is refused."""

from __future__ import annotations

from attrs import frozen


@frozen
class Limits:
    """Bounds on what a file may ask of the reader; all sizes in bytes.

    `batch_bytes` is kept by cutting batches, and strings of a dictionary beyond
    `dictionary_bytes` are written out; beyond any other limit a file is bad data.
    """

    files: int = 10_000
    columns: int = 10_000
    batch_bytes: int = 64 * 2**20
    string_bytes: int = 16 * 2**20
    dictionary_bytes: int = 4 * 2**20
    row_group_bytes: int = 2 * 2**30
    message_bytes: int = 2 * 2**30
    footer_bytes: int = 64 * 2**20
    csv_row_bytes: int = 4 * 2**20


DEFAULT_LIMITS = Limits()
