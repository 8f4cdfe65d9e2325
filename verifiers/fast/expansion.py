"""Programs as polynomials: what `polynomials.ratio` says about the same terms, where nothing is divided by an unknown.

A monomial is one integer: the exponent of the n-th variable stands in its n-th field of bits, so that a product of
monomials is a sum. While a product is read it stays one number and one monomial, and a table is made for sums only.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from reasonlab.verifiers.evaluation import Value
from reasonlab.verifiers.fast.programs import NEGATE, OPERATIONS, POWERS, SIGN, Program
from reasonlab.verifiers.fast.values import Beyond

FIELD = 48  # bits
_FULL = (1 << FIELD) - 1
MAX_EXPONENT = 1 << 30
MAX_PRODUCTS = 400  # of terms in one multiplication
MOST_PRODUCTS = 30_000  # in one chain: the ordinary path, too, has work to spare then
MAX_COEFFICIENT = 1 << 256
MAX_POWER_BITS = 2_000

Polynomial = dict[int, Value]  # monomial -> coefficient; 0 is the monomial of the constant
Part = Value | tuple[Value, int] | Polynomial


class Expander:
    """What makes polynomials of the terms of one chain. `units`: its variables as monomials, in order."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self.products = 0

    def expand(self, program: Program) -> Polynomial:
        """The polynomial, without zeros. Raises Beyond."""
        units = self.units
        if len(program) == 1:
            (item,) = program
            if type(item) is str:
                return {units.get(item) or units.setdefault(item, unit(len(units))): 1}
            if type(item) is int:
                return {0: item} if item else {}
        stack: list[Part] = []
        for item in program:
            if type(item) is not str:
                stack.append(item)  # type: ignore[arg-type]
                continue
            if item not in OPERATIONS:
                stack.append((1, units.get(item) or units.setdefault(item, unit(len(units)))))
                continue
            right = stack.pop()
            left = stack[-1] if stack else 0
            if item == "*":
                if isinstance(right, tuple) and isinstance(left, int):  # a coefficient before its variable
                    stack[-1] = (left * right[0], right[1])
                else:
                    stack[-1] = self._product(left, right)
            elif item == "+" or item == "-":
                if not isinstance(left, dict):
                    stack[-1] = left = _table(left)
                _add(left, right, 1 if item == "+" else -1)
            elif item in POWERS:
                stack.append(self._power(right, POWERS[item]))
            elif item in (SIGN, NEGATE):
                stack.append(self._product(-1, right))
            elif isinstance(right, (dict, tuple)) or not right:
                raise Beyond
            else:
                stack[-1] = self._product(left, Fraction(1) / right)
        result = {}
        for monomial, value in _table(stack[0]).items():
            if not -MAX_COEFFICIENT < value < MAX_COEFFICIENT:
                raise Beyond
            if value:
                result[monomial] = value if type(value) is int else _exact(value)
        return result

    def _product(self, left: Part, right: Part) -> Part:
        if isinstance(left, dict) or isinstance(right, dict):
            one, two = _table(left), _table(right)
            products = len(one) * len(two)
            self.products += products
            if products > MAX_PRODUCTS or self.products > MOST_PRODUCTS:
                raise Beyond
            result: Polynomial = {}
            for first, a in one.items():
                for second, b in two.items():
                    result[first + second] = result.get(first + second, 0) + a * b
            return result
        if isinstance(left, tuple):
            return (left[0] * right[0], left[1] + right[1]) if isinstance(right, tuple) else (left[0] * right, left[1])
        return (left * right[0], right[1]) if isinstance(right, tuple) else left * right

    def _power(self, base: Part, exponent: int) -> Part:
        table = _table(base)
        if exponent * max((max(exponents(monomial), default=0) for monomial in table), default=0) > MAX_EXPONENT:
            raise Beyond
        longest = max(value.numerator.bit_length() + value.denominator.bit_length() for value in table.values())
        if longest * exponent > MAX_POWER_BITS:
            raise Beyond
        if isinstance(base, tuple):
            return (base[0] ** exponent, base[1] * exponent) if exponent else 1
        if not isinstance(base, dict):
            return base**exponent
        result: Part = 1
        for _ in range(exponent):
            result = self._product(result, base)
        return result


def _table(part: Part) -> Polynomial:
    if isinstance(part, dict):
        return part
    return {part[1]: part[0]} if isinstance(part, tuple) else {0: part}


def _add(total: Polynomial, part: Part, sign: int) -> None:
    """total += sign * part."""
    if isinstance(part, tuple):
        value, monomial = part
        total[monomial] = total.get(monomial, 0) + sign * value
    elif isinstance(part, dict):
        for monomial, value in part.items():
            total[monomial] = total.get(monomial, 0) + sign * value
    else:
        total[0] = total.get(0, 0) + sign * part


def _exact(value: Value) -> Value:
    return value.numerator if value.denominator == 1 else value


def unit(position: int) -> int:
    """The monomial of the variable at a position."""
    return 1 << FIELD * position


def exponents(monomial: int) -> list[int]:
    """The exponents of the variables, in order, up to the last one that is not 0."""
    found = []
    while monomial:
        found.append(monomial & _FULL)
        monomial >>= FIELD
    return found


def degree(polynomial: Polynomial) -> int:
    return max((sum(exponents(monomial)) for monomial in polynomial), default=0)


def value_at(polynomial: Polynomial, point: Mapping[int, int]) -> Value:
    """The value where the variables have these values; `point`: by position, 0 for those that are not in it."""
    total: Value = 0
    for monomial, value in polynomial.items():
        for position, exponent in enumerate(exponents(monomial)):
            if exponent:
                value *= point.get(position, 0) ** exponent
        total += value
    return total
