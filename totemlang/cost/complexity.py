"""What is too involved for a bound: formulas beyond these limits are refused, not worked out."""

from __future__ import annotations

from totemlang.diagnostics import Diagnostic, ErrorClass, Refused

MAX_DEGREE = 32
"""A term of a higher degree is refused: it stands for more work than anybody can do."""

MAX_TERMS = 4096
"""A polynomial of more terms is refused; bounds are made coarser long before."""

MAX_DEPTH = 48
"""Atoms within atoms; what is deeper is refused."""

MAX_WEIGHT = 1000
"""Parts of an atom; what has more is refused."""

MAX_DIGITS = 4096
"""Binary digits of a coefficient; whatever is larger is far beyond any account."""


def too_complex(what: str) -> Refused:
    """The refusal of a program whose cost is too involved to be bounded in bounded time."""
    message = f"the cost of this program cannot be bounded: {what}"
    hint = "write it with fewer loops within loops, or with smaller functions"
    return Refused((Diagnostic("CST102", ErrorClass.COST, message, hint=hint),))
