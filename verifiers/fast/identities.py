"""Whether programs are one polynomial: one integer each, by substituting powers of 2 that lie far enough apart.

Kronecker's substitution (1882): of a polynomial with integer coefficients below 2^b and exponents below d, the value at
x = 2^(b+1), y = 2^((b+1)d), z = 2^((b+1)d^2), ... has every coefficient in a field of bits of its own, so that it is 0
for the polynomial 0 alone. How large coefficients and exponents can be, there and in all that is met on the way, is
read off a bound of the value at x = y = ... = 2^GAP: it is at least each coefficient, and 2^(GAP * degree).
"""

from __future__ import annotations

from collections.abc import Mapping

from reasonlab.verifiers.fast.programs import NEGATE, POWERS, SIGN, Program
from reasonlab.verifiers.fast.reading import Equality
from reasonlab.verifiers.fast.values import Beyond

GAP = 16
MAX_BITS, MAX_PLACES = 256, 20_000  # of a value at 2^GAP; bits of the integer for a polynomial
MOST_WORK = 4_000  # operations, times products of terms: the ordinary path has enough for 100 such claims


def identical(claim: Equality) -> bool | None:
    """Whether all sides are the same polynomial; None where this is not the place to tell: fractions, large numbers."""
    sides, own = claim.sides, {name for side in claim.named for name in side}
    try:
        most = max(_value(side, dict.fromkeys(own, 1 << GAP), least=1) for side in sides).bit_length()
    except Beyond:
        return None
    field, exponents = most + 2, most // GAP + 1  # a difference has coefficients of one bit more, and a sign
    work = sum(map(len, sides)) * (exponents // 2 + 1) ** (2 * len(own))
    if most > MAX_BITS or field * exponents ** len(own) > MAX_PLACES or work > MOST_WORK:
        return None
    point = {name: 1 << field * exponents**place for place, name in enumerate(own)}
    first, *others = [_value(side, point) for side in sides]
    return all(other == first for other in others)


def _value(program: Program, point: Mapping[str, int], least: int = 0) -> int:
    """The value at a point; with `least` 1 a bound of it and of every value on the way: each minus is taken as a plus,
    and each number and exponent 0 as 1. Raises Beyond: not made of integers with + - * ^ alone.
    """
    minus = 1 if least else -1
    stack: list[int] = []
    for item in program:
        if type(item) is int:
            stack.append(item or least)
        elif type(item) is not str:
            raise Beyond
        elif item in point:
            stack.append(point[item])
        elif item == "*":
            right = stack.pop()
            stack[-1] *= right
        elif item == "+":
            right = stack.pop()
            stack[-1] += right
        elif item == "-":
            right = stack.pop()
            stack[-1] += minus * right
        elif item in POWERS:
            exponent = POWERS[item] or least
            if stack[-1].bit_length() * exponent > 2 * MAX_PLACES:
                raise Beyond
            stack[-1] **= exponent
        elif item in (SIGN, NEGATE):
            stack[-1] *= minus
        else:
            raise Beyond
    return stack[0]
