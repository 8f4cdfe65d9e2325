"""By how much two polynomials differ: one integer each, by substituting powers of 2 that lie far enough apart.

Kronecker's substitution (1882): of a polynomial with integer coefficients below 2^b and exponents below d, the value at
x = 2^(b+1), y = 2^((b+1)d), z = 2^((b+1)d^2), ... has every coefficient in a field of bits of its own, so that the
polynomial can be read off it, and it is 0 for the polynomial 0 alone. How large coefficients and exponents can be, in
it and on the way to it, is read off a bound of the value at x = y = ... = 2^GAP: it is at least each coefficient, and
2^(GAP * degree). The fields are chosen before, wide enough for what people write, so that one pass over the terms gives
both values; where the bound says that they were too narrow, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from reasonlab.verifiers.fast.expansion import Polynomial, unit
from reasonlab.verifiers.fast.programs import NEGATE, POWERS, SIGN, Program
from reasonlab.verifiers.fast.reading import Equality
from reasonlab.verifiers.fast.values import Beyond

GAP = 16
# By the number of variables: bits of a field, and how many exponents there are room for.
FIELDS = ((258, 17), (258, 17), (114, 8), (66, 4), (50, 3))
_POINTS = [
    tuple([1 << bits * count**place for place in range(variables)]) for variables, (bits, count) in enumerate(FIELDS)
]
_BOUND = 1 << GAP
MOST_WORK = 4_000  # operations, times products of terms: the ordinary path has enough for 100 such claims


def difference(claim: Equality, units: dict[str, int]) -> Polynomial | None:
    """What has to be 0 for a claim of two sides to hold, as `expansion` writes it; None where this is not the place to
    tell: fractions, large numbers. `units`: the variables as monomials; new ones are added.
    """
    own = list(dict.fromkeys([*claim.named[0], *claim.named[1]]))
    if len(own) >= len(FIELDS):
        return None
    bits, count = FIELDS[len(own)]
    point = dict(zip(own, _POINTS[len(own)]))
    left, right = claim.sides
    try:
        one, most = _value(left, point, 2 * bits)
        two, other = _value(right, point, 2 * bits)
    except Beyond:
        return None
    long = max(most, other).bit_length()
    exponents = long // GAP + 1
    work = (len(left) + len(right)) * (exponents // 2 + 1) ** (2 * len(own))
    # A difference has coefficients of one bit more than the bound, and a sign.
    if long + 2 > bits or exponents > count or work > MOST_WORK:
        return None
    for name in own:
        if name not in units:
            units[name] = unit(len(units))
    return _coefficients(one - two, bits, count, [units[name] for name in own]) if one != two else {}


def _coefficients(value: int, bits: int, count: int, own: list[int]) -> Polynomial:
    """The polynomial in the variables `own` that has this value where they are powers of 2."""
    found: Polynomial = {}
    place = 0
    while value:
        empty = ((value & -value).bit_length() - 1) // bits
        value >>= empty * bits
        place += empty
        coefficient = value & ((1 << bits) - 1)
        if coefficient >> bits - 1:
            coefficient -= 1 << bits
        value -= coefficient
        monomial, exponents = 0, place
        for each in own:
            exponents, exponent = divmod(exponents, count)
            monomial += exponent * each
        found[monomial] = coefficient
    return found


def _value(program: Program, point: Mapping[str, int], most: int) -> tuple[int, int]:
    """The value at a point, and the bound of it and of every value on the way: each minus is taken as a plus, and each
    number and exponent 0 as 1. Raises Beyond: not made of integers with + - * ^ alone, or a bound of over `most` bits.
    """
    stack: list[int] = []
    bounds: list[int] = []
    for item in program:
        if type(item) is int:
            stack.append(item)
            bounds.append(item or 1)
        elif type(item) is not str:
            raise Beyond
        elif item in point:
            stack.append(point[item])
            bounds.append(_BOUND)
        elif item == "*":
            right = stack.pop()
            stack[-1] *= right
            right = bounds.pop()
            bounds[-1] *= right
        elif item == "+":
            right = stack.pop()
            stack[-1] += right
            right = bounds.pop()
            bounds[-1] += right
        elif item == "-":
            right = stack.pop()
            stack[-1] -= right
            right = bounds.pop()
            bounds[-1] += right
        elif item in POWERS:
            exponent = POWERS[item]
            if bounds[-1].bit_length() * exponent > most:
                raise Beyond
            stack[-1] **= exponent
            bounds[-1] **= exponent or 1
        elif item in (SIGN, NEGATE):
            stack[-1] = -stack[-1]
        else:
            raise Beyond
    return stack[0], bounds[0]
