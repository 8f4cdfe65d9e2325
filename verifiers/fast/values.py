"""The values of programs: what `evaluation.evaluate` says about the same terms, on a stack.

Numbers stay short here (MAX_BITS): what grows longer is left to the ordinary path, which counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from reasonlab.verifiers.evaluation import Operation, Value
from reasonlab.verifiers.fast.programs import NEGATE, OPERATIONS, POWERS, RATIO, SIGN, Program

MAX_BITS = 256


class Beyond(Exception):
    """Not settled here; the ordinary path has the word."""


def evaluate(program: Program, values: Mapping[str, Value], modulus: int | None, noted: set[Operation]) -> Value:
    """The value of a program; its operations are added to `noted`.

    Raises:
        KeyError: a variable without a value.
        Beyond: a term that is undefined, mod p not written with + - * ^, or too long.
    """
    if modulus is None and len(program) == 1:
        (item,) = program
        return values[item] if isinstance(item, str) else item
    stack: list[Value] = []
    for item in program:
        if type(item) is not str:
            if modulus is not None:
                if type(item) is not int:
                    raise Beyond
                item %= modulus
            stack.append(item)  # type: ignore[arg-type]
            continue
        if item not in OPERATIONS:
            stack.append(values[item])
            continue
        right = stack.pop()
        if item == "+":
            left = stack.pop()
            noted.add(("+", right, left) if right < left else ("+", left, right))
            result = left + right
        elif item == "-":
            left = stack.pop()
            noted.add(("-", left, right))
            result = left - right
        elif item == "*":
            left = stack.pop()
            noted.add(("*", right, left) if right < left else ("*", left, right))
            result = left * right
        elif item == SIGN:
            result = -right
        elif item == NEGATE:
            noted.add(("-", 0, right))
            result = -right
        elif item in POWERS:
            result = _raise(right, POWERS[item], noted)
        else:
            result = _divide(item, stack.pop(), right, modulus, noted)
        if modulus is not None:
            result %= modulus
        elif type(result) is not int:
            result = _short(result)  # type: ignore[arg-type]
        elif result.bit_length() > MAX_BITS:
            raise Beyond
        stack.append(result)
    return stack[0]


def _short(value: Fraction) -> Value:
    """The value as an int where it is one."""
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise Beyond
    return value.numerator if value.denominator == 1 else value


def _raise(base: Value, exponent: int, noted: set[Operation]) -> Value:
    if (base.numerator.bit_length() + base.denominator.bit_length()) * exponent > 2 * MAX_BITS:
        raise Beyond
    noted.add(("^", base, exponent))
    return base**exponent


def _divide(operation: str, left: Value, right: Value, modulus: int | None, noted: set[Operation]) -> Value:
    if modulus is not None or right == 0:
        raise Beyond
    if operation != RATIO:
        noted.add(("/", left, right))
    return Fraction(left) / right


def literal(program: Program) -> Value | None:
    """The number that a program simply writes down, or None."""
    first = program[0]
    if isinstance(first, str):
        return None
    if len(program) == 1:
        return first
    signed = program[1] == SIGN
    if len(program) == 2:
        return -first if signed else None
    if program[2:] == [RATIO]:
        return Fraction(first, program[1])  # type: ignore[arg-type]
    if program[2:] == [RATIO, SIGN] or (signed and program[3:] == [RATIO]):
        return -Fraction(first, program[2 if signed else 1])  # type: ignore[arg-type]
    return None
