"""Closed intervals of rationals, and the exact range of a term over them.

Interval arithmetic (Moore 1966) computes a superset of a term's range; where each variable occurs once, as here, it is
the range itself (Moore, Kearfott & Cloud 2009, theorem 5.1). An operation that is undefined somewhere in its operands'
intervals (a divisor that may be 0) has no range: ZeroDivisionError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.terms import Negate, Number, Symbol, Term, apply, number_term, render_term
from reasonlab.verifiers.evaluation import literal


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high`, both included."""

    low: Fraction
    high: Fraction

    @property
    def exact(self) -> bool:
        """Whether it holds one number only."""
        return self.low == self.high

    def __contains__(self, value: int | Fraction) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if self.exact:
            return _show(self.low)
        return f"between {_show(self.low)} and {_show(self.high)}"

    def overlaps(self, other: Interval) -> bool:
        """Whether they share more than an end, or a single number."""
        common = self.meet(other)
        return common is not None and (not common.exact or self.exact or other.exact)

    def meet(self, other: Interval) -> Interval | None:
        """What both hold; None if nothing."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high) if low <= high else None


def written(number: str) -> Interval:
    """What a number stands for: itself without a decimal point, else all that is rounded to it.

    Half a unit of the last written place either way, ends included: that covers rounding half up, away and to even.
    """
    value = Fraction(number)
    places = len(number.partition(".")[2])
    half = Fraction(1, 2 * 10**places) if places else Fraction(0)
    return Interval(value - half, value + half)


def spread(term: Term, values: Mapping[str, Interval]) -> Interval:
    """The range of a term whose variables have these intervals; exact if none occurs twice, else it may be too wide.

    Raises:
        KeyError: a variable without an interval.
        ZeroDivisionError: a divisor whose interval holds 0; the message names it.
        ResourceLimit: a number or an exponent over its limit.
    """
    if isinstance(term, Symbol):
        return values[term.name]
    if isinstance(term, Number):
        return Interval(term.value, term.value)
    if isinstance(term, Negate):
        inner = spread(term.operand, values)
        return Interval(-inner.high, -inner.low)
    left = spread(term.left, values)
    if term.operator == "^":
        return _power(left, int(literal(term.right) or 0))
    right = spread(term.right, values)
    if term.operator == "/" and 0 in right:
        raise ZeroDivisionError(_divisor(right))
    if term.operator == "-":
        return Interval(apply("-", left.low, right.high), apply("-", left.high, right.low))
    ends = [(left.low, right.low), (left.high, right.high)]
    if term.operator != "+":
        ends += [(left.low, right.high), (left.high, right.low)]
    results = [apply(term.operator, one, two) for one, two in ends]
    return Interval(min(results), max(results))


def _power(base: Interval, exponent: int) -> Interval:
    if exponent < 0 and 0 in base:
        raise ZeroDivisionError(_divisor(base))
    ends = [apply("^", end, Fraction(exponent)) for end in (base.low, base.high)]
    if exponent > 0 and exponent % 2 == 0 and 0 in base:
        ends.append(Fraction(0))
    return Interval(min(ends), max(ends))


def _divisor(found: Interval) -> str:
    return "the divisor is 0" if found.exact else f"the divisor is {found}, so it may be 0"


def _show(value: Fraction) -> str:
    if value.numerator.bit_length() + value.denominator.bit_length() > 400:
        return f"a number of {value.numerator.bit_length() + value.denominator.bit_length()} bits"
    text = render_term(number_term(value)).replace(" ", "")
    return text if len(text) <= 24 else f"about {float(value):.6g}"
