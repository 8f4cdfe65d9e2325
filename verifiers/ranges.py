"""The exact range of a quotient of polynomials over a box of intervals.

A polynomial lies between the least and the greatest of its Bernstein coefficients (Lorentz 1953), which are its values
at the corners if it is linear in every quantity; then the bounds are its range. A quotient takes on its extremes at
corners if it is monotone in each quantity: it is where both its sides are linear in it (a Moebius function), and else
where bounds on the derivative tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import comb, prod

from reasonlab.language.errors import ResourceLimit
from reasonlab.verifiers.intervals import Interval
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.polynomials import Polynomial, add, constant, multiply, value_at, variables
from reasonlab.verifiers.quotients import Quotient

MAX_CORNERS = 4_096

Intervals = Mapping[str, Interval]


def span(quotient: Quotient, intervals: Intervals) -> Interval:
    """The range of a quotient. Raises ZeroDivisionError (the message names the divisor), ResourceLimit."""
    meter = quotient.meter
    below = constant(1)
    for factor in quotient.denominators:
        reach = bounds(dict(factor), intervals, meter)
        if 0 in reach:
            raise ZeroDivisionError("a divisor is 0" if reach.exact else f"a divisor is {reach}, so it may be 0")
        below = multiply(below, dict(factor), meter)
    above = quotient.numerator
    names = sorted(variables(above) | variables(below))
    for name in names:
        if not intervals[name].exact and max(_degree(above, name), _degree(below, name)) > 1:
            slope = bounds(_slope(above, below, name, meter), intervals, meter)
            if slope.low < 0 < slope.high:
                raise ResourceLimit("the range of a value that may not be monotone in its data was not found")
    ends = [_ends(intervals[name]) for name in names]
    corners = prod(len(each) for each in ends)
    within(corners, MAX_CORNERS, "corners of the box of all data")
    meter.spend((len(above) + len(below)) * corners)
    points = (dict(zip(names, point)) for point in product(*ends))
    found = [Fraction(value_at(above, point)) / value_at(below, point) for point in points]
    return Interval(min(found), max(found))


def bounds(polynomial: Polynomial, intervals: Intervals, meter: Meter) -> Interval:
    """Bounds on a polynomial; its range if it is linear in every quantity."""
    names = sorted(variables(polynomial))
    degrees = [_degree(polynomial, name) for name in names]
    tables = [_coefficients(intervals[name], degree) for name, degree in zip(names, degrees)]
    count = prod(len(table) for table in tables)
    within(count, MAX_CORNERS, "Bernstein coefficients")
    meter.spend(len(polynomial) * count)
    found = list(_each(polynomial, dict(zip(names, tables)), names))
    return Interval(min(found, default=Fraction(0)), max(found, default=Fraction(0)))


def _each(
    polynomial: Polynomial, tables: Mapping[str, list[list[Fraction]]], names: Sequence[str]
) -> Iterator[Fraction]:
    """The polynomial with the powers of every quantity replaced by each row of its table in turn.

    One quantity after the other, since what is left of most terms is the same then and is added up once.
    """
    if not names:
        yield sum((Fraction(value) for value in polynomial.values()), Fraction(0))
        return
    name, *others = names
    for powers in tables[name]:
        rest: Polynomial = {}
        for monomial, value in polynomial.items():
            exponent = next((exponent for each, exponent in monomial if each == name), 0)
            left = tuple((each, exponent) for each, exponent in monomial if each != name)
            rest[left] = rest.get(left, 0) + value * powers[exponent]
        yield from _each(rest, tables, others)


def _coefficients(interval: Interval, degree: int) -> list[list[Fraction]]:
    """What x, x^2, ... count for in each Bernstein coefficient of a polynomial of this degree on the interval.

    The k-th is the polar form at k times the high end and degree - k times the low one.
    """
    if interval.exact:
        return [[interval.low**exponent for exponent in range(degree + 1)]]
    low, high = interval.low, interval.high

    def mean(k: int, exponent: int) -> Fraction:
        """Of all products of `exponent` out of k high ends and degree - k low ones."""
        ways = (
            comb(k, some) * comb(degree - k, exponent - some) * high**some * low ** (exponent - some)
            for some in range(exponent + 1)
        )
        return sum(ways, Fraction(0)) / comb(degree, exponent)

    return [[mean(k, exponent) for exponent in range(degree + 1)] for k in range(degree + 1)]


def _ends(interval: Interval) -> tuple[Fraction, ...]:
    return (interval.low,) if interval.exact else (interval.low, interval.high)


def _slope(above: Polynomial, below: Polynomial, name: str, meter: Meter) -> Polynomial:
    """The derivative's numerator: its sign is that of the slope."""
    left = multiply(_derivative(above, name), below, meter)
    return add(left, multiply(above, _derivative(below, name), meter), -1, meter)


def _degree(polynomial: Polynomial, name: str) -> int:
    return max((dict(monomial).get(name, 0) for monomial in polynomial), default=0)


def _derivative(polynomial: Polynomial, name: str) -> Polynomial:
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        powers = dict(monomial)
        exponent = powers.pop(name, 0)
        if exponent:
            rest = tuple(sorted({**powers, **({name: exponent - 1} if exponent > 1 else {})}.items()))
            result[rest] = result.get(rest, 0) + exponent * coefficient
    return result
