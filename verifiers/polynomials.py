"""Polynomials in canonical form, built from our own terms by hand: monomial -> coefficient, none of them zero.

Two terms are equal as polynomials iff their canonical forms are, so an identity is decided by comparing. Coefficients
are ints where they are whole (and then never divided with `/`), fractions elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.terms import MAX_BITS, MAX_EXPONENT, Binary, Negate, Number, Symbol, Term, over_exponent
from reasonlab.verifiers.evaluation import Value, literal, weight, whole
from reasonlab.verifiers.limits import Meter

Monomial = tuple[tuple[str, int], ...]  # (variable, exponent), sorted by variable; () is the constant
Polynomial = dict[Monomial, Value]

ONE: Monomial = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """numerator / denominator. The denominator is kept as it was written: where it is 0 the term is undefined."""

    numerator: Polynomial
    denominator: Polynomial


def constant(value: Value) -> Polynomial:
    return {ONE: value} if value else {}


def variable(name: str) -> Polynomial:
    return {((name, 1),): 1}


def exact(value: Value) -> Value:
    """The value as an int where it is one."""
    return value if type(value) is int else whole(value)  # type: ignore[arg-type]


def accumulate(total: Polynomial, part: Polynomial, factor: Value, meter: Meter) -> None:
    """total += factor * part, in place."""
    work = len(part)
    for monomial, coefficient in part.items():
        value = exact(total.get(monomial, 0) + factor * coefficient)
        if not value:
            total.pop(monomial, None)
            continue
        total[monomial] = value
        if type(value) is not int or value.bit_length() > 512:
            work += 4 + _weight(value)
    meter.spend(work)


def add(left: Polynomial, right: Polynomial, factor: Value, meter: Meter) -> Polynomial:
    """left + factor * right."""
    result = dict(left)
    meter.spend(len(left) >> 3)
    accumulate(result, right, factor, meter)
    return result


def scale(polynomial: Polynomial, factor: Value) -> Polynomial:
    return {monomial: exact(value * factor) for monomial, value in polynomial.items()}


def bits(value: Value) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _weight(value: Value) -> int:
    """What an operation with this result counts for. Raises ResourceLimit over the bits of one coefficient."""
    if (size := bits(value)) > MAX_BITS:
        raise ResourceLimit(f"a coefficient of more than {MAX_BITS} bits")
    return weight(size)


def multiply(left: Polynomial, right: Polynomial, meter: Meter) -> Polynomial:
    """Raises ResourceLimit over the limit of monomials, or of the bits of one coefficient."""
    limit = meter.limits.monomials
    if len(left) * len(right) > limit * 50:
        raise ResourceLimit(f"a product of {len(left)} by {len(right)} monomials is over the limit")
    meter.spend(2 * len(left) * len(right))
    result: Polynomial = {}
    for one, a in left.items():
        for two, b in right.items():
            monomial = _times(one, two)
            result[monomial] = result.get(monomial, 0) + a * b
    result = {monomial: exact(value) for monomial, value in result.items() if value}
    if len(result) > limit:
        raise ResourceLimit(f"a polynomial of {len(result)} monomials is over the limit of {limit}")
    for value in result.values():
        if type(value) is not int or value.bit_length() > 512:
            meter.spend(_weight(value) * min(len(left), len(right)))
    return result


def _times(one: Monomial, two: Monomial) -> Monomial:
    if not one or not two:
        return one or two
    powers = dict(one)
    for name, exponent in two:
        powers[name] = powers.get(name, 0) + exponent
    return tuple(sorted(powers.items()))


def power(base: Polynomial, exponent: int, meter: Meter) -> Polynomial:
    result = constant(1)
    while exponent:
        if exponent & 1:
            result = multiply(result, base, meter)
        exponent >>= 1
        if exponent:
            base = multiply(base, base, meter)
    return result


def ratio(term: Term, meter: Meter) -> Ratio:
    """The term as a ratio of polynomials.

    Raises:
        ZeroDivisionError: a denominator that is the zero polynomial.
        ResourceLimit: over the limits of the chain or of one polynomial.
    """
    meter.spend(1)
    if isinstance(term, Number):
        return Ratio(constant(whole(term.value)), constant(1))
    if isinstance(term, Symbol):
        return Ratio(variable(term.name), constant(1))
    if isinstance(term, Negate):
        inner = ratio(term.operand, meter)
        return Ratio(scale(inner.numerator, -1), inner.denominator)
    if term.operator in "+-":
        return _sum(term, meter)
    left = ratio(term.left, meter)
    if term.operator == "^":
        return _raise(left, int(literal(term.right) or 0), meter)
    right = ratio(term.right, meter)
    if term.operator == "*":
        return Ratio(
            multiply(left.numerator, right.numerator, meter), multiply(left.denominator, right.denominator, meter)
        )
    if not right.numerator:
        raise ZeroDivisionError("division by zero")
    # Both denominators of `a / (b / c)` must be other than zero: c stays in the product.
    below = multiply(multiply(left.denominator, right.numerator, meter), right.denominator, meter)
    above = multiply(multiply(left.numerator, right.denominator, meter), right.denominator, meter)
    return _over(above, below)


def _sum(term: Term, meter: Meter) -> Ratio:
    """A sum, from its first part on: a long one leans to the left, and is taken up in place."""
    parts: list[tuple[int, Term]] = []
    while isinstance(term, Binary) and term.operator in "+-":
        parts.append((1 if term.operator == "+" else -1, term.right))
        term = term.left
    first = ratio(term, meter)
    total, below = dict(first.numerator), first.denominator
    for sign, part in reversed(parts):
        right = ratio(part, meter)
        if right.denominator != below:
            total = multiply(total, right.denominator, meter)
            accumulate(total, multiply(right.numerator, below, meter), sign, meter)
            below = multiply(below, right.denominator, meter)
        else:
            accumulate(total, right.numerator, sign, meter)
    return Ratio(total, below)


def _over(above: Polynomial, below: Polynomial) -> Ratio:
    """above / below; a constant denominator becomes 1."""
    if set(below) != {ONE}:
        return Ratio(above, below)
    return Ratio(scale(above, Fraction(1) / below[ONE]), constant(1))


def _raise(base: Ratio, exponent: int, meter: Meter) -> Ratio:
    if abs(exponent) > MAX_EXPONENT:
        raise over_exponent(exponent)
    if exponent >= 0:
        return Ratio(power(base.numerator, exponent, meter), power(base.denominator, max(exponent, 1), meter))
    if not base.numerator:
        raise ZeroDivisionError("division by zero")
    above, below = power(base.denominator, -exponent + 1, meter), power(base.numerator, -exponent, meter)
    return _over(above, multiply(below, base.denominator, meter))


def degree(polynomial: Polynomial) -> int:
    return max((sum(exponent for _, exponent in monomial) for monomial in polynomial), default=0)


def variables(polynomial: Polynomial) -> frozenset[str]:
    return frozenset(name for monomial in polynomial for name, _ in monomial)


def replace(polynomial: Polynomial, values: Mapping[str, Polynomial], meter: Meter) -> Polynomial:
    """The polynomial with polynomials put in for some variables."""
    if variables(polynomial).isdisjoint(values):
        return polynomial
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        part = constant(coefficient)
        for name, exponent in monomial:
            factor = values[name] if name in values else variable(name)
            part = multiply(part, power(factor, exponent, meter), meter)
        accumulate(result, part, 1, meter)
    return result


def value_at(polynomial: Polynomial, point: Mapping[str, Value]) -> Value:
    total: Value = 0
    for monomial, coefficient in polynomial.items():
        for name, exponent in monomial:
            coefficient *= point[name] ** exponent
        total += coefficient
    return exact(total)
