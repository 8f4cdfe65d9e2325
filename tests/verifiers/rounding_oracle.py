"""The slow twin of rounded arithmetic: the numbers are unknowns of a solver for real arithmetic.

No interval arithmetic: the range of a divisor is asked for as well ("can it be 0?"), part by part.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import z3

from reasonlab.language.terms import Negate, Number, Symbol


def judge(claim) -> str:
    places = [z3.Real(f"n{index}") for index in range(len(claim.numbers))]
    bounds, divisors = [], []
    for variable, text in zip(places, claim.numbers):
        places_after = len(text.partition(".")[2])
        half = z3.Q(1, 2 * 10**places_after) if places_after else z3.RealVal(0)
        bounds += [variable >= z3.RealVal(text) - half, variable <= z3.RealVal(text) + half]
    values = {f"n{index}": variable for index, variable in enumerate(places)}
    sides = [_build(side, values, divisors) for side in claim.sides]
    if any(_possible([*bounds, *(other != 0 for other in divisors[:i]), d == 0]) for i, d in enumerate(divisors)):
        return "unsupported"
    relation = {
        "=": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }[claim.operator]
    links = [relation(left, right) for left, right in pairwise(sides)]
    if claim.operator == "=" and not all(_one_rounding(claim, one, two) for one, two in combinations(claim.sides, 2)):
        return "refuted"
    return "entailed" if _possible([*bounds, *(d != 0 for d in divisors), *links]) else "refuted"


def _one_rounding(claim, one, two) -> bool:
    """Whether two sides that are bare numbers can be the same number, rounded by one and the same rule."""
    values, halves = [], Fraction(0)
    for side in (one, two):
        sign = -1 if isinstance(side, Negate) else 1
        inner = side.operand if isinstance(side, Negate) else side
        if not isinstance(inner, Symbol):
            return True
        text = claim.numbers[int(inner.name.removeprefix("n"))]
        if "." not in text:
            return True
        values.append(sign * Fraction(text))
        halves += Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    return abs(values[0] - values[1]) < halves


def _possible(assertions) -> bool:
    solver = z3.SolverFor("QF_NRA")
    solver.add(*assertions)
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.sat


def _build(term, values, divisors):
    if isinstance(term, Symbol):
        return values[term.name]
    if isinstance(term, Number):
        return z3.RealVal(str(term.value))
    if isinstance(term, Negate):
        return -_build(term.operand, values, divisors)
    left = _build(term.left, values, divisors)
    if term.operator == "^":
        negative = isinstance(term.right, Negate)
        exponent = int((term.right.operand if negative else term.right).value)
        power = z3.RealVal(1)
        for _ in range(exponent):
            power = power * left
        if negative:
            divisors.append(power)
            return 1 / power
        return power
    right = _build(term.right, values, divisors)
    if term.operator == "/":
        divisors.append(right)
        return left / right
    return {"+": left + right, "-": left - right, "*": left * right}[term.operator]
