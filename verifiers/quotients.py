"""Quotients of polynomials with their denominators kept as factors: exact, and zero iff the numerator is.

Only what keeps them small is cancelled: a factor of the denominator that divides the numerator. All work is metered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from reasonlab.verifiers.evaluation import Value
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.polynomials import (
    ONE,
    Monomial,
    Polynomial,
    add,
    constant,
    exact,
    multiply,
    scale,
    variable,
    variables,
)

MAX_DIVISION = 2_000  # steps of one division

Key = tuple[tuple[Monomial, Value], ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """numerator / product of the denominators, each a polynomial that is no constant, as its sorted items."""

    numerator: Polynomial
    meter: Meter = field(compare=False, repr=False)
    denominators: tuple[Key, ...] = ()

    def __add__(self, other: Quotient) -> Quotient:
        return self._plus(other, 1)

    def __sub__(self, other: Quotient) -> Quotient:
        return self._plus(other, -1)

    def _plus(self, other: Quotient, factor: int) -> Quotient:
        mine, theirs = Counter(self.denominators), Counter(other.denominators)
        left = self._times(self.numerator, (theirs - mine).elements())
        right = self._times(other.numerator, (mine - theirs).elements())
        total = add(left, right, factor, self.meter)
        within(len(total), self.meter.limits.monomials, "monomials of a polynomial")
        return Quotient(total, self.meter, tuple(sorted((mine | theirs).elements())) if total else ())

    def __mul__(self, other: Quotient) -> Quotient:
        above = multiply(self.numerator, other.numerator, self.meter)
        return self._reduced(above, (*self.denominators, *other.denominators))

    def __truediv__(self, other: Quotient) -> Quotient:
        """Raises ZeroDivisionError if the other is zero everywhere."""
        if not other.numerator:
            raise ZeroDivisionError("a divisor is 0 in every model")
        mine, theirs = Counter(self.denominators), Counter(other.denominators)
        above = self._times(self.numerator, (theirs - mine).elements())
        return self._reduced(above, (*(mine - theirs).elements(), *factors(other.numerator)))

    def __neg__(self) -> Quotient:
        return Quotient(scale(self.numerator, -1), self.meter, self.denominators)

    def _times(self, polynomial: Polynomial, keys: Iterable[Key]) -> Polynomial:
        for each in keys:
            polynomial = multiply(polynomial, dict(each), self.meter)
        return polynomial

    def _reduced(self, above: Polynomial, below: tuple[Key, ...]) -> Quotient:
        """Without the factors below that divide what is above; constants are divided out."""
        kept = []
        for each in sorted(below):
            if (quotient := divide(above, dict(each), self.meter)) is not None:
                above = quotient
            else:
                kept.append(each)
        return Quotient(above, self.meter, tuple(kept) if above else ())


def number(value: Value, meter: Meter) -> Quotient:
    return Quotient(constant(exact(value)), meter)


def symbol(name: str, meter: Meter) -> Quotient:
    return Quotient(variable(name), meter)


def quantities(quotient: Quotient) -> frozenset[str]:
    return variables(quotient.numerator).union(*(variables(dict(each)) for each in quotient.denominators))


def factors(polynomial: Polynomial) -> list[Key]:
    """The polynomial as a product: factors x and 1 - x, found by putting 0 and 1 in for x, and what remains."""
    found: list[Key] = []
    for name in sorted({name for monomial in polynomial for name, _ in monomial}):
        without = {monomial: value for monomial, value in polynomial.items() if name not in dict(monomial)}
        linear = {_less(monomial, name): value for monomial, value in polynomial.items() if name in dict(monomial)}
        if any(name in dict(monomial) for monomial in linear):  # not linear in it: left in what remains
            continue
        if not without:
            found.append(key(variable(name)))
            polynomial = linear
        elif linear == scale(without, -1):
            found.append(key({ONE: 1, ((name, 1),): -1}))
            polynomial = without
    return [*found, key(polynomial)]


def key(polynomial: Polynomial) -> Key:
    return tuple(sorted(polynomial.items()))


def divide(above: Polynomial, below: Polynomial, meter: Meter) -> Polynomial | None:
    """above / below where that is a polynomial, else None: division by the leading monomials in lexicographic order."""
    names = {name for each in (above, below) for monomial in each for name, _ in monomial}
    place = {name: -index for index, name in enumerate(sorted(names))}

    def rank(monomial: Monomial) -> list[tuple[int, int]]:
        return [(place[name], exponent) for name, exponent in monomial]

    lead = max(below, key=rank)
    result: Polynomial = {}
    rest = above
    for _ in range(MAX_DIVISION):
        if not rest:
            return result
        meter.spend(len(rest))
        top = max(rest, key=rank)
        ratio = _ratio(top, lead)
        if ratio is None:
            return None
        result[ratio] = exact(Fraction(rest[top]) / below[lead])
        rest = add(rest, multiply(below, {ratio: result[ratio]}, meter), -1, meter)
    return None  # too long to find out: nothing is cancelled


def _ratio(top: Monomial, lead: Monomial) -> Monomial | None:
    powers = dict(top)
    for name, exponent in lead:
        if powers.get(name, 0) < exponent:
            return None
        powers[name] -= exponent
    return tuple(sorted((name, exponent) for name, exponent in powers.items() if exponent))


def _less(monomial: Monomial, name: str) -> Monomial:
    return _ratio(monomial, ((name, 1),)) or ()
