"""How large a value may grow that a program builds: one rule, the same on every machine.

A value has at most `MAX_VALUE_BYTES`: a string in bytes of UTF-8; an array in bytes of the
estimator table's measure or 8 for each element, whichever is more. An operation that would build
more fails (OperationError) after it has been charged and before it works. Operations that build:
`fill`, `array`, `concat`, `words`. What is read from data is bounded by the engine.
"""

from __future__ import annotations

MAX_VALUE_BYTES = 1 << 27
"""Bytes of a string or array that a program builds."""

MAX_ELEMENTS = MAX_VALUE_BYTES // 8
"""Elements of an array that a program builds."""
