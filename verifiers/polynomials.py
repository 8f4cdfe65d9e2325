"""Polynomials in canonical form, built from our own terms by hand: monomial -> coefficient, none of them zero.

Two terms are equal as polynomials iff their canonical forms are, so an identity is decided by comparing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.terms import MAX_BITS, MAX_EXPONENT, Negate, Number, Symbol, Term, over_exponent
from reasonlab.verifiers.evaluation import literal

Monomial = tuple[tuple[str, int], ...]  # (variable, exponent), sorted by variable; () is the constant
Polynomial = dict[Monomial, Fraction]

ONE: Monomial = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """numerator / denominator. The denominator is kept as it was written: where it is 0 the term is undefined."""

    numerator: Polynomial
    denominator: Polynomial


def constant(value: int | Fraction) -> Polynomial:
    return {ONE: Fraction(value)} if value else {}


def add(left: Polynomial, right: Polynomial, factor: int | Fraction = 1) -> Polynomial:
    """left + factor * right."""
    result = dict(left)
    for monomial, coefficient in right.items():
        total = result.get(monomial, 0) + factor * coefficient
        if total:
            result[monomial] = Fraction(total)
        else:
            result.pop(monomial, None)
    return result


def multiply(left: Polynomial, right: Polynomial, limit: int) -> Polynomial:
    """Raises ResourceLimit over `limit` monomials, or over the bits of one coefficient."""
    if len(left) * len(right) > limit * 50:
        raise ResourceLimit(f"a product of {len(left)} by {len(right)} monomials is over the limit")
    result: Polynomial = {}
    for one, a in left.items():
        for two, b in right.items():
            monomial = _times(one, two)
            result[monomial] = result.get(monomial, Fraction(0)) + a * b
    result = {monomial: value for monomial, value in result.items() if value}
    if len(result) > limit:
        raise ResourceLimit(f"a polynomial of {len(result)} monomials is over the limit of {limit}")
    for value in result.values():
        if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
            raise ResourceLimit(f"a coefficient of more than {MAX_BITS} bits")
    return result


def _times(one: Monomial, two: Monomial) -> Monomial:
    if not one or not two:
        return one or two
    powers = dict(one)
    for name, exponent in two:
        powers[name] = powers.get(name, 0) + exponent
    return tuple(sorted(powers.items()))


def power(base: Polynomial, exponent: int, limit: int) -> Polynomial:
    result = constant(1)
    while exponent:
        if exponent & 1:
            result = multiply(result, base, limit)
        exponent >>= 1
        if exponent:
            base = multiply(base, base, limit)
    return result


def _over(above: Polynomial, below: Polynomial) -> Ratio:
    """above / below; a constant denominator becomes 1."""
    if set(below) != {ONE}:
        return Ratio(above, below)
    return Ratio({monomial: value / below[ONE] for monomial, value in above.items()}, constant(1))


def ratio(term: Term, limit: int) -> Ratio:
    """The term as a ratio of polynomials.

    Raises:
        ZeroDivisionError: a denominator that is the zero polynomial.
        ResourceLimit: over `limit` monomials.
    """
    if isinstance(term, Number):
        return Ratio(constant(term.value), constant(1))
    if isinstance(term, Symbol):
        return Ratio({((term.name, 1),): Fraction(1)}, constant(1))
    if isinstance(term, Negate):
        inner = ratio(term.operand, limit)
        return Ratio({monomial: -value for monomial, value in inner.numerator.items()}, inner.denominator)
    left = ratio(term.left, limit)
    if term.operator == "^":
        return _raise(left, int(literal(term.right) or 0), limit)
    right = ratio(term.right, limit)
    if term.operator == "*":
        return Ratio(
            multiply(left.numerator, right.numerator, limit), multiply(left.denominator, right.denominator, limit)
        )
    if term.operator == "/":
        if not right.numerator:
            raise ZeroDivisionError("division by zero")
        # Both denominators of `a / (b / c)` must be other than zero: c stays in the product.
        below = multiply(multiply(left.denominator, right.numerator, limit), right.denominator, limit)
        above = multiply(multiply(left.numerator, right.denominator, limit), right.denominator, limit)
        return _over(above, below)
    factor = 1 if term.operator == "+" else -1
    if left.denominator == right.denominator:
        return Ratio(add(left.numerator, right.numerator, factor), left.denominator)
    above = add(
        multiply(left.numerator, right.denominator, limit),
        multiply(right.numerator, left.denominator, limit),
        factor,
    )
    return Ratio(above, multiply(left.denominator, right.denominator, limit))


def _raise(base: Ratio, exponent: int, limit: int) -> Ratio:
    if abs(exponent) > MAX_EXPONENT:
        raise over_exponent(exponent)
    if exponent >= 0:
        return Ratio(power(base.numerator, exponent, limit), power(base.denominator, max(exponent, 1), limit))
    if not base.numerator:
        raise ZeroDivisionError("division by zero")
    above, below = power(base.denominator, -exponent + 1, limit), power(base.numerator, -exponent, limit)
    return _over(above, multiply(below, base.denominator, limit))


def degree(polynomial: Polynomial) -> int:
    return max((sum(exponent for _, exponent in monomial) for monomial in polynomial), default=0)


def variables(polynomial: Polynomial) -> frozenset[str]:
    return frozenset(name for monomial in polynomial for name, _ in monomial)


def replace(polynomial: Polynomial, values: Mapping[str, Polynomial], limit: int) -> Polynomial:
    """The polynomial with polynomials put in for some variables."""
    if variables(polynomial).isdisjoint(values):
        return polynomial
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        part = constant(coefficient)
        for name, exponent in monomial:
            factor = values.get(name, {((name, 1),): Fraction(1)})
            part = multiply(part, power(factor, exponent, limit), limit)
        result = add(result, part)
    return result


def value_at(polynomial: Polynomial, point: Mapping[str, Fraction]) -> Fraction:
    total = Fraction(0)
    for monomial, coefficient in polynomial.items():
        for name, exponent in monomial:
            coefficient *= point[name] ** exponent
        total += coefficient
    return total
