"""The WebAssembly module of a grouping: its text, from its layout.

It imports two memories, its own (state, tables, texts kept) and the source (columns that come in,
groups of other groupings), so it needs no understanding with whoever manages the source.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from totemlang.native.grouping.cells import Cells
from totemlang.native.grouping.exact import exact_functions
from totemlang.native.grouping.few import Few
from totemlang.native.grouping.giving import Giving, totals_functions
from totemlang.native.grouping.keys import Keys
from totemlang.native.grouping.labels import labels_function
from totemlang.native.grouping.layout import Layout, Signature, State
from totemlang.native.grouping.loops import Loops
from totemlang.native.grouping.moves import Moves
from totemlang.native.grouping.parts import Parts
from totemlang.native.grouping.plain import Plain
from totemlang.native.grouping.runs import Runs
from totemlang.native.grouping.stretch import Stretches
from totemlang.native.grouping.whole import Whole
from totemlang.schema.types import Kind

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=256)
def module_text(signature: Signature) -> str:
    """The text of the module of a signature."""
    layout = Layout(signature)
    state = State(layout)
    keys, cells = Keys(layout, state), Cells(layout, state)
    loops = Loops(layout, state, keys, cells)
    moves = Moves(layout, state, keys, cells, loops)
    partitions = Parts(layout, state, keys, cells, loops)
    parts = [_fixed("memory"), _fixed("tables")]
    if Kind.STRING in signature.keys or layout.text_extremes:
        parts.append(_fixed("texts"))
    if layout.windows:
        parts.append(_fixed("wide"))
    parts += [exact_functions(layout, state), *loops.functions()]
    parts += [*partitions.functions(), *moves.functions(), totals_functions(layout, state)]
    parts += Giving(layout, state, keys, cells).functions()
    if signature.keys and not signature.values:
        parts.append(labels_function(layout, state, keys, cells, loops))
    stretches = Stretches(layout, state, cells)
    parts += stretches.functions()
    if signature.keys:
        plain = Plain(layout, state, loops)
        few = Few(layout, state, loops, plain)
        parts += Runs(layout, state, loops, stretches, plain, few).functions()
    else:
        parts += Whole(layout, state, cells, stretches).functions()
        parts.append('(export "hashed" (func $hashed_rows))')  # once it has met other groups
    body = "\n".join(parts)
    return f"""(module
(import "grouping" "own" (memory $own 1))
(import "grouping" "source" (memory $source 1))
(global $size i32 (i32.const {layout.size}))
{body})"""


@lru_cache(maxsize=8)
def _fixed(name: str) -> str:
    return (_FOLDER / f"{name}.wat").read_text(encoding="utf-8")
