"""Formulas as people read them: `15·rows + 4·keys + 8·rows + 16·(rows − keys)`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from totemlang.cost.polynomial import Atom, Coefficient, Factor, Monomial, Polynomial

MAX_TEXT = 4000
"""Characters of a formula that are shown."""

MAX_INNER = 200
"""Characters that are shown of what stands within `max`, `min`, `bits` or a quotient."""

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def formula_text(parts: Sequence[Polynomial]) -> str:
    """The sum of parts, each shown for itself; 0 for nothing."""
    texts = [text for part in parts for text in _pieces(part)]
    if not texts:
        return "0"
    sign, first = texts[0].split(" ", 1)
    whole = " ".join([first if sign == "+" else f"−{first}", *texts[1:]])
    return whole if len(whole) <= MAX_TEXT else whole[:MAX_TEXT] + " …"


def polynomial_text(polynomial: Polynomial) -> str:
    """A polynomial by itself."""
    return formula_text([polynomial])


def _inner_text(polynomial: Polynomial) -> str:
    """A polynomial within an atom; what is too long to be read is left out."""
    if "text" not in polynomial.noted:
        text = polynomial_text(polynomial)
        polynomial.noted["text"] = text if len(text) <= MAX_INNER else "…"
    found: str = polynomial.noted["text"]
    return found


def _pieces(polynomial: Polynomial) -> list[str]:
    """Signed terms; equal amounts added and taken off are shown as one difference."""
    rest = sorted(polynomial.terms.items(), key=_order)
    pieces: list[str] = []
    while rest:
        monomial, coefficient = rest.pop(0)
        against = next((at for at, (_, c) in enumerate(rest) if c == -coefficient), None)
        if against is None or abs(coefficient) == 1:
            pieces.append(_signed(coefficient, _term(max(coefficient, -coefficient), monomial)))
            continue
        other, _ = rest.pop(against)
        plus, minus = (monomial, other) if coefficient > 0 else (other, monomial)
        size = _number(max(coefficient, -coefficient))
        pieces.append(f"+ {size}·({_term(1, plus)} − {_term(1, minus)})")
    return pieces


def _order(item: tuple[Monomial, Coefficient]) -> tuple[int, int, str]:
    monomial, coefficient = item
    degree = sum(power for _, power in monomial)
    return (coefficient < 0, -degree if degree > 1 else int(degree == 0), _factors(monomial))


def _signed(coefficient: Coefficient, text: str) -> str:
    return f"+ {text}" if coefficient > 0 else f"− {text}"


def _term(coefficient: Coefficient, monomial: Monomial) -> str:
    if not monomial:
        return _number(coefficient)
    if isinstance(coefficient, Fraction):
        over = f"/{coefficient.denominator}"
        front = "" if coefficient.numerator == 1 else f"{coefficient.numerator}·"
        return f"{front}{_factors(monomial)}{over}"
    return _factors(monomial) if coefficient == 1 else f"{coefficient}·{_factors(monomial)}"


def _number(value: Coefficient) -> str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return str(value)


def _factors(monomial: Monomial) -> str:
    return "·".join(sorted(_factor(factor, power) for factor, power in monomial))


def _factor(factor: Factor, power: int) -> str:
    text = _atom(factor) if isinstance(factor, Atom) else str(factor)
    return text if power == 1 else f"{text}{str(power).translate(SUPERSCRIPT)}"


def _atom(atom: Atom) -> str:
    texts = [_inner_text(argument) for argument in atom.arguments]
    if atom.kind == "quotient":
        return f"⌊({texts[0]})/({texts[1]})⌋"
    arguments = sorted(texts)
    if atom.kind == "floor":
        return f"⌊({arguments[0]})/{atom.divisor}⌋"
    name = "bits" if atom.kind == "bits" else atom.kind
    return f"{name}({', '.join(arguments)})"
