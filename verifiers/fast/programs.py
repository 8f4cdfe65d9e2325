"""Programs: terms in postfix, lists of numbers, names and operations.

`3 * a^2 + b` is [3, "a", "^2", "*", "b", "+"].
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

Program = list[int | Fraction | str]

SIGN = "0-"  # the sign of a number, or of a ratio whose numerator has none: no operation
NEGATE = "~"  # of anything else
RATIO = "//"  # a number written as a ratio of integers in lowest terms, the first with or without sign: no operation
POWERS = {f"^{exponent}": exponent for exponent in range(65)}
OPERATIONS = frozenset({"+", "-", "*", "/", SIGN, NEGATE, RATIO, *POWERS})


def apply(operator: str, program: Program) -> None:
    """Add an operation whose operands the program ends with."""
    last = program[-1]
    if operator == NEGATE and (type(last) is not str or (last == RATIO and program[-3] != SIGN)):
        operator = SIGN
    elif operator == "/":
        above, below = program[-3 if program[-2] == SIGN else -2], last
        if type(above) is int and type(below) is int and below > 1 and gcd(above, below) == 1:
            operator = RATIO
    program.append(operator)


def names(program: Program) -> list[str]:
    """The variables of a program, as often as they occur."""
    return [item for item in program if type(item) is str and item not in OPERATIONS]
