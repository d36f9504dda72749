"""How large a module may be: the container and the verifier refuse what is larger.

They bound the time and memory that foreign bytecode can take from a node. What a source of 64 KB
compiles to stays below them, but for an array literal of more than ten thousand elements.
"""

from __future__ import annotations

MAX_MODULE_BYTES = 1 << 20
"""Bytes of a container, debug section included."""

MAX_SOURCE_BYTES = 1 << 16
"""Bytes of a source in UTF-8."""

MAX_INSTRUCTIONS = 120_000
"""Instructions of a module, all bodies together."""

MAX_SLOTS = 10_000
"""Slots of a body."""

MAX_CONSTANTS = 100_000
"""Constants of a module."""

MAX_DEFINITIONS = 1_000
"""Globals, functions, lookups, stages: of each."""

MAX_FIELDS = 1_000
"""Parameters of a function or stage, columns of a data set, lookup or result."""

MAX_KEY_PARTS = 16
"""Parts of a key."""

MAX_NESTING = 200
"""Blocks of control within each other."""

MAX_STACK = 10_000
"""Values on the stack of a body at once (an array literal has all its elements there)."""

MAX_DEPTH = 1_000
"""Operations within each other in an expression: `a + b + c` is two deep."""

MAX_CALL_DEPTH = 100
"""Functions active at once: the longest chain of calls."""

MAX_NAME_CHARACTERS = 200
"""Characters of a name in a module."""
