"""What the native tier takes: beyond these bounds the interpreter runs a module or a batch."""

from __future__ import annotations

MOST_INSTRUCTIONS = 20_000
"""Instructions of a module."""

MOST_LOOPS = 400
"""Loops of a body: the time to compile grows with their square."""

MOST_TEXT = 3_000_000
"""Characters of the code of a module, as text: about a second of compilation."""

MOST_CODE = 64_000_000
"""Bytes of machine code of a module."""

MOST_MEMORY = 1 << 30
"""Bytes of memory of a machine, unless its maker says otherwise."""

MOST_STACK = 1 << 20
"""Bytes of stack that generated code may take."""


class NotNative(Exception):
    """This tier does not take the module: the interpreter runs it."""
