"""Functions that find the row of a key in a lookup's table, written for the kinds of its parts.

A part is `i` (bool, int, date: i32), `l` (long, timestamp: i64) or `s` (string). The table is
{i64 seed, i32 mask, i32 slots, i32 rows, i32 first key column, i32 second key column, …}; there
are mask + 1 slots, a power of two, each an i32: 0, or a row + 1. A row's place is its hash; where
that is taken, the next that is free.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"(build_)?lookup_([ils]{1,64})")
_VALUE = {"i": "i32", "l": "i64", "s": "i64"}
_WIDTH = {"i": 4, "l": 8, "s": 8}
_HASH = {"i": "hash_int", "l": "hash_long", "s": "hash_string"}
_COLUMNS = 20


def lookup_function(name: str) -> str | None:
    """The text of `lookup_…` or `build_lookup_…`; None where the name is none of them.

    `lookup_is(table, i32, i64)` gives the row of a key, or -1. `build_lookup_is(table)` fills the
    slots, which are 0, once the key columns are written; it expects no key to stand twice.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return _build(found[2]) if found[1] else _find(found[2])


def _find(parts: str) -> str:
    keys = [f"(local.get $k{n})" for n in range(len(parts))]
    parameters = " ".join(f"(param $k{n} {_VALUE[part]})" for n, part in enumerate(parts))
    same = [
        f"(br_if $other (i32.eqz {_equal(part, _cell(n, part), key)}))"
        for n, (part, key) in enumerate(zip(parts, keys, strict=True))
    ]
    return f"""(func $lookup_{parts} (param $table i32) {parameters} (result i32)
  (local $place i32) (local $row i32)
  (local.set $place (i32.wrap_i64 {_hash(parts, keys)}))
  (loop $next
    (local.set $place (i32.and (local.get $place) (i32.load offset=8 (local.get $table))))
    (local.set $row (i32.sub (i32.load (i32.add (i32.load offset=12 (local.get $table))
      (i32.shl (local.get $place) (i32.const 2)))) (i32.const 1)))
    (if (i32.lt_s (local.get $row) (i32.const 0)) (then (return (i32.const -1))))
    (block $other
      {" ".join(same)}
      (return (local.get $row)))
    (local.set $place (i32.add (local.get $place) (i32.const 1)))
    (br $next))
  (i32.const -1))"""


def _build(parts: str) -> str:
    cells = [_cell(n, part) for n, part in enumerate(parts)]
    return f"""(func $build_lookup_{parts} (param $table i32)
  (local $place i32) (local $row i32) (local $slot i32)
  (loop $row
    (if (i32.ge_u (local.get $row) (i32.load offset=16 (local.get $table))) (then (return)))
    (local.set $place (i32.wrap_i64 {_hash(parts, cells)}))
    (loop $next
      (local.set $place (i32.and (local.get $place) (i32.load offset=8 (local.get $table))))
      (local.set $slot (i32.add (i32.load offset=12 (local.get $table))
        (i32.shl (local.get $place) (i32.const 2))))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br_if $next (i32.load (local.get $slot))))
    (local.set $row (i32.add (local.get $row) (i32.const 1)))
    (i32.store (local.get $slot) (local.get $row))
    (br $row)))"""


def _hash(parts: str, keys: list[str]) -> str:
    """The hash of all parts: that of one is the seed of the next."""
    text = "(i64.load (local.get $table))"
    for part, key in zip(parts, keys, strict=True):
        text = f"(call ${_HASH[part]} {key} {text})"
    return text


def _cell(number: int, part: str) -> str:
    """A key part of the row."""
    column = f"(i32.load offset={_COLUMNS + 4 * number} (local.get $table))"
    row = f"(i32.mul (local.get $row) (i32.const {_WIDTH[part]}))"
    return f"({_VALUE[part]}.load (i32.add {column} {row}))"


def _equal(part: str, one: str, other: str) -> str:
    if part == "s":
        return f"(call $equal_strings {one} {other})"
    return f"({_VALUE[part]}.eq {one} {other})"
