"""How large and how deep a source may be; all of it is checked before anything deep is done."""

from __future__ import annotations

MAX_SOURCE_BYTES = 65_536
"""Bytes of a source in UTF-8."""

MAX_NESTING = 50
"""Brackets within each other; blocks within each other, an `else if` counting as one more."""

MAX_EXPRESSION_DEPTH = 100
"""Operations within each other: `a + b + c` is two deep, brackets aside.

Later passes walk expressions by recursion, a few Python frames a level; with 50 blocks around it
an expression of this depth stays well within Python's own limit.
"""

MAX_ARGUMENTS = 100
"""Values that a call is given: each may be an operation within the next, as in `min(a, b, c)`."""

MAX_ARRAY_LITERAL = 5_000
"""Elements that an array literal lists."""

MAX_NAME = 64
"""Characters of a name."""

MAX_NUMBER = 100
"""Characters of a number."""

MAX_EXPONENT_DIGITS = 4
"""Digits of a number's exponent: exact decimals of later passes stay small."""

MAX_FINDINGS = 100
"""Findings in one source; the rest is left out."""
