"""What the native tier takes: beyond these bounds the interpreter runs a module or a batch."""

from __future__ import annotations

MOST_INSTRUCTIONS = 20_000
"""Instructions of a module."""

MOST_TEXT = 16_000_000
"""Characters of the text of a module."""

MOST_CODE = 64_000_000
"""Bytes of machine code of a module."""

MOST_MEMORY = 1 << 30
"""Bytes of memory of a machine, unless its maker says otherwise."""

MOST_STACK = 1 << 20
"""Bytes of stack that generated code may take."""


class NotNative(Exception):
    """This tier does not take the module: the interpreter runs it."""
