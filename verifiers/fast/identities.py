"""Whether programs are one polynomial: one integer each, by substituting powers of 2 that lie far enough apart.

Kronecker's substitution (1882): of a polynomial with integer coefficients below 2^b and exponents below d, the value at
x = 2^(b+1), y = 2^((b+1)d), z = 2^((b+1)d^2), ... has every coefficient in a field of bits of its own, so that it is 0
for the polynomial 0 alone. How large coefficients and exponents can be, there and in all that is met on the way, is
read off a bound of the value at x = y = ... = 2^GAP: it is at least each coefficient, and 2^(GAP * degree). The places
are chosen before, wide enough for what people write, so that one pass over the terms gives both values; where the bound
says that they were too narrow, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from reasonlab.verifiers.fast.programs import NEGATE, POWERS, SIGN, Program
from reasonlab.verifiers.fast.reading import Equality
from reasonlab.verifiers.fast.values import Beyond

GAP = 16
# By the number of variables: bits of a field, and exponents. More is beyond MOST_WORK in any case.
FIELDS = ((258, 17), (258, 17), (114, 8), (66, 4), (50, 3))
_POINTS = tuple([tuple([1 << bits * count**place for place in range(names)]) for names, (bits, count) in enumerate(FIELDS)])
_BOUND = 1 << GAP
MOST_WORK = 4_000  # operations, times products of terms: the ordinary path has enough for 100 such claims


def identical(claim: Equality) -> bool | None:
    """Whether all sides are the same polynomial; None where this is not the place to tell: fractions, large numbers."""
    sides, own = claim.sides, {name for side in claim.named for name in side}
    if len(own) >= len(FIELDS):
        return None
    bits, count = FIELDS[len(own)]
    point = dict(zip(own, _POINTS[len(own)]))
    most, first = 1, None
    try:
        for side in sides:
            value, bound = _value(side, point, 2 * bits)
            if first is None:
                first = value
            elif value != first:
                return False
            most = max(most, bound)
    except Beyond:
        return None
    long = most.bit_length()
    exponents = long // GAP + 1
    work = sum(map(len, sides)) * (exponents // 2 + 1) ** (2 * len(own))
    # A difference has coefficients of one bit more than the bound, and a sign.
    return True if long + 2 <= bits and exponents <= count and work <= MOST_WORK else None


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
