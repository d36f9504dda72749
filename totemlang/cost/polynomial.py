"""Polynomials over named quantities: the normal form of every cost, so that like terms combine.

A *factor* is a symbol (`rows`, `keys`, the bytes of a string) or an atom, a nondecreasing function
of polynomials that is itself no polynomial (`max`, `min`, a floored quotient, a number of binary
digits). Coefficients are whole numbers or fractions. Factors that may be negative stand alone in
their term; where factors are multiplied, none of them is negative. So a term with a positive
coefficient grows with each of its factors, and bounds follow term by term.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any, Self

from attrs import frozen

from totemlang.cost.complexity import MAX_DEGREE, MAX_DIGITS, MAX_TERMS, too_complex
from totemlang.cost.once import once

Coefficient = int | Fraction


class Factor(str):
    """What a term multiplies: it is its key, so that equality, hash and order are those of text.

    `nonnegative` tells that its value is never below 0, `whole` that it has no fraction; `names`
    are the symbols it depends on; `depth` counts atoms within atoms, `weight` all parts.
    """

    nonnegative: bool
    whole: bool
    names: frozenset[str]
    depth: int
    weight: int

    @once
    def alone(self) -> Polynomial:
        """The factor as a polynomial."""
        return Polynomial({((self, 1),): 1})


@frozen(eq=False, slots=False)
class Symbol(Factor):
    """A quantity with a name, its key, that is unique in an analysis.

    `low` and `high` are numbers it lies between, None where nothing is published; `expected` lies
    between them. `floor` and `ceiling` are bounds in terms of other symbols. `reach` bounds the
    absolute value by the machine type alone. `meaning` and `advice` (what to publish, declare or
    send to know more) are for people.
    """

    name: str
    low: Coefficient | None = None
    high: Coefficient | None = None
    expected: Coefficient | None = None
    floor: Polynomial | None = None
    ceiling: Polynomial | None = None
    reach: int | None = None
    meaning: str = ""
    advice: str = ""

    depth = 0
    weight = 1
    whole = True

    def __new__(cls, name: str, *_: object, **__: object) -> Self:
        """The key is the name."""
        return super().__new__(cls, name)

    @once
    def noted(self) -> dict[object, Any]:
        """What has been worked out about it, by whoever works it out (it never changes)."""
        return {}

    @once
    def nonnegative(self) -> bool:
        """Whether the least value is known and not below 0."""
        return self.low is not None and self.low >= 0

    @once
    def names(self) -> frozenset[str]:
        """Itself."""
        return frozenset((self.name,))


@frozen(eq=False, slots=False)
class Atom(Factor):
    """A nondecreasing function of polynomials.

    `kind` is `max` or `min` of the arguments, `floor` (argument // divisor), `bits` (binary digits
    of the argument, 0 where it is not positive) or `quotient` (the first argument, never negative,
    // the second, at least 1: the only one that falls, with its second argument).
    """

    kind: str
    arguments: tuple[Polynomial, ...]
    divisor: int = 1
    nonnegative: bool = True

    def __new__(
        cls, kind: str, arguments: tuple[Polynomial, ...], divisor: int = 1, *_: object
    ) -> Self:
        """The key is a digest of kind and arguments: of one length, however deep it is."""
        text = "\0".join((kind, str(divisor), *(a.key for a in arguments)))
        return super().__new__(cls, "~" + blake2b(text.encode(), digest_size=16).hexdigest())

    @once
    def names(self) -> frozenset[str]:
        """The symbols of all arguments."""
        return frozenset().union(*(a.names for a in self.arguments))

    @once
    def noted(self) -> dict[object, Any]:
        """What has been worked out about it, by whoever works it out (it never changes)."""
        return {}

    @once
    def whole(self) -> bool:
        """Whether all arguments are, where the function itself does not see to it."""
        return self.kind in ("floor", "bits", "quotient") or all(a.whole for a in self.arguments)

    @once
    def depth(self) -> int:
        """One more than that of the deepest argument."""
        return 1 + max(a.depth for a in self.arguments)

    @once
    def weight(self) -> int:
        """One more than that of all arguments."""
        return 1 + sum(a.weight for a in self.arguments)


Monomial = tuple[tuple[Factor, int], ...]
"""Factors with their powers, ordered by key."""

UNIT: Monomial = ()


def multiply_monomials(left: Monomial, right: Monomial) -> Monomial:
    """The product: powers of equal factors add up."""
    if not left:
        return right
    if not right:
        return left
    powers = dict(left)
    for factor, power in right:
        powers[factor] = powers.get(factor, 0) + power
    if sum(powers.values()) > MAX_DEGREE:
        raise too_complex("it grows with too high a power of the data's size")
    return tuple(sorted(powers.items()))


def _plain(value: Coefficient) -> Coefficient:
    if type(value) is int:  # nearly all are, and asking about fractions takes ten times as long
        return value
    return value.numerator if value.denominator == 1 else value


_HALF = Fraction(1, 2)


def _halved(value: Coefficient) -> Coefficient:
    if type(value) is int:
        return Fraction(value, 2) if value & 1 else value // 2
    return _plain(value * _HALF)


@frozen(eq=False, slots=False, repr=False)
class Polynomial:
    """A sum of terms: coefficient by monomial, none of them zero. Never changed once made."""

    terms: Mapping[Monomial, Coefficient]

    def __eq__(self, other: object) -> bool:
        """Same terms (which is not the same as the same value: atoms are not taken apart)."""
        return self is other or (isinstance(other, Polynomial) and self.terms == other.terms)

    def __hash__(self) -> int:
        """As equality has it."""
        return self._hash

    @once
    def _hash(self) -> int:
        return hash(frozenset(self.terms.items()))

    @once
    def key(self) -> str:
        """A digest of the terms, of one length."""
        parts = sorted(
            "*".join([f"{f}^{p}" for f, p in m]) + f"={c}" for m, c in self.terms.items()
        )
        return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()

    @once
    def names(self) -> frozenset[str]:
        """The symbols that occur, within atoms too."""
        held = [factor.names for monomial in self.terms for factor, _ in monomial]
        return held[0] if len(held) == 1 else frozenset().union(*held)

    @once
    def depth(self) -> int:
        """How deep atoms stand within atoms; 0 without any."""
        return max((f.depth for m in self.terms for f, _ in m), default=0)

    @once
    def weight(self) -> int:
        """How many parts it has, those of atoms included as often as they occur."""
        found = len(self.terms)
        for monomial in self.terms:  # asked so often that a generator would be felt
            for factor, _ in monomial:
                found += factor.weight
        return found

    @once
    def whole(self) -> bool:
        """Whether the value is a whole number wherever the symbols are."""
        return all(isinstance(c, int) and all(f.whole for f, _ in m) for m, c in self.terms.items())

    @once
    def nonnegative_factors(self) -> bool:
        """Whether no factor can be negative, so that terms may be compared by coefficients."""
        for monomial in self.terms:  # likewise
            for factor, _ in monomial:
                if not factor.nonnegative:
                    return False
        return True

    @once
    def noted(self) -> dict[object, Any]:
        """What has been worked out about it, by whoever works it out (it never changes)."""
        return {}

    @property
    def constant(self) -> Coefficient | None:
        """The value, if it depends on nothing."""
        terms = self.terms
        if len(terms) == 1:
            return terms.get(UNIT)
        return None if terms else 0

    @property
    def fixed(self) -> Coefficient:
        """The term that depends on nothing."""
        return self.terms.get(UNIT, 0)

    def __add__(self, other: Polynomial | Coefficient) -> Polynomial:
        """The sum, like terms combined."""
        added = other if type(other) is Polynomial else as_polynomial(other)
        if not added.terms:
            return self
        if not self.terms:
            return added
        terms = dict(self.terms)
        for monomial, coefficient in added.terms.items():
            value = terms.get(monomial, 0) + coefficient
            if value:
                terms[monomial] = value if type(value) is int else _plain(value)
            else:
                del terms[monomial]
        return _checked(terms)

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        """The same with the sign turned."""
        return Polynomial({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Polynomial | Coefficient) -> Polynomial:
        """The difference."""
        taken = as_polynomial(other)
        if not taken.terms:
            return self
        terms = dict(self.terms)
        for monomial, coefficient in taken.terms.items():
            value = terms.get(monomial, 0) - coefficient
            if value:
                terms[monomial] = value if type(value) is int else _plain(value)
            else:
                del terms[monomial]
        return _checked(terms)

    def __rsub__(self, other: Coefficient) -> Polynomial:
        """A number less this."""
        return -self + other

    def scaled(self, number: Coefficient) -> Polynomial:
        """This times a number."""
        if number == 0:
            return ZERO
        if number == 1:
            return self
        return _checked({m: _plain(c * number) for m, c in self.terms.items()})

    @property
    def half(self) -> Polynomial:
        """This times a half."""
        return _checked({m: _halved(c) for m, c in self.terms.items()})

    def __mul__(self, other: Polynomial | Coefficient) -> Polynomial:
        """The product; but for numbers, no factor of either may be negative.

        Raises:
            Refused: the product has too many terms or too high a degree.
        """
        by = as_polynomial(other)
        for number, rest in ((by.constant, self), (self.constant, by)):
            if number is not None:
                return rest.scaled(number)
        if not (self.nonnegative_factors and by.nonnegative_factors):
            raise AssertionError("factors that may be negative are not multiplied")
        terms: dict[Monomial, Coefficient] = {}
        for left, a in self.terms.items():
            for right, b in by.terms.items():
                monomial = multiply_monomials(left, right)
                terms[monomial] = terms.get(monomial, 0) + a * b
        return _checked({m: _plain(c) for m, c in terms.items() if c})

    __rmul__ = __mul__

    def __repr__(self) -> str:
        """For debugging only; people read `formula_text`."""
        return " + ".join(
            "·".join([str(c), *(f"{f}^{p}" for f, p in m)]) for m, c in self.terms.items()
        )


def _checked(terms: dict[Monomial, Coefficient]) -> Polynomial:
    if len(terms) > MAX_TERMS:
        raise too_complex("it depends on too many things at once")
    for value in terms.values():
        if type(value) is int and _LOW < value < _HIGH:
            continue
        if max(abs(value.numerator), value.denominator).bit_length() > MAX_DIGITS:
            raise too_complex("it is beyond all bounds")
    return Polynomial(terms)


_LOW, _HIGH = -(2**64), 2**64
"""Nearly all coefficients lie between; they are not looked at further."""


ZERO = Polynomial({})


def number(value: Coefficient) -> Polynomial:
    """A number as a polynomial."""
    return Polynomial({UNIT: _plain(value)}) if value else ZERO


ONE = number(1)


def as_polynomial(value: Polynomial | Coefficient) -> Polynomial:
    """Take a plain number as a polynomial."""
    return value if isinstance(value, Polynomial) else number(value)


def of(factor: Factor) -> Polynomial:
    """A factor by itself."""
    return factor.alone


def total(parts: Iterable[Polynomial]) -> Polynomial:
    """The sum of all."""
    terms: dict[Monomial, Coefficient] = {}
    parts = [part for part in parts if part.terms]
    if len(parts) <= 1:
        return parts[0] if parts else ZERO
    for part in parts:
        for monomial, coefficient in part.terms.items():
            terms[monomial] = terms.get(monomial, 0) + coefficient
    return _checked({m: _plain(c) for m, c in terms.items() if c})


def weighted(parts: Sequence[tuple[Polynomial, Coefficient]]) -> Polynomial:
    """The sum of polynomials, each as often as the number with it says (none is zero)."""
    if len(parts) <= 1:
        return parts[0][0].scaled(parts[0][1]) if parts else ZERO
    terms: dict[Monomial, Coefficient] = {}
    for part, number in parts:
        for monomial, coefficient in part.terms.items():
            terms[monomial] = terms.get(monomial, 0) + coefficient * number
    return _checked({m: _plain(c) for m, c in terms.items() if c})


def product(monomial: Monomial) -> Polynomial:
    """A monomial by itself."""
    if len(monomial) == 1 and monomial[0][1] == 1:
        return monomial[0][0].alone
    return Polynomial({monomial: 1})
