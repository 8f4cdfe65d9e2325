"""Terms at powers of 2: many coefficients in one integer, each in a field of bits of its own.

Kronecker's substitution (1882): where the variables are powers of 2 that lie far enough apart, the value of a
polynomial with integer coefficients has every coefficient in a field of its own, so that the polynomial can be read off
it, and sums and products of polynomials are those of integers. How large coefficients and exponents can be, in it and
on the way to it, is read off a bound of the value where every variable is 2^GAP: it is at least each coefficient, and
2^(GAP * degree). Fields are chosen before, wide enough for what people write, so that one pass over a term gives both
values; where the bound says that they were too narrow, the value says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from reasonlab.verifiers.fast.programs import NEGATE, POWERS, SIGN, Program
from reasonlab.verifiers.fast.values import Beyond

GAP = 16
_BOUND = 1 << GAP


def value(program: Program, point: Mapping[str, int], most: int) -> tuple[int, int]:
    """The value at a point, and the bound of it and of every value on the way: each minus is taken as a plus, and each
    number and exponent 0 as 1. Raises Beyond: not made of integers and the variables of the point with + - * ^ alone,
    or a power whose bound has over `most` bits.
    """
    if len(program) == 1:
        (item,) = program
        if type(item) is int:
            return item, item or 1
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
