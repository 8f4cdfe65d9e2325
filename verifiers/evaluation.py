"""Exact evaluation of terms, fast: ints while they stay whole, residues mod p, fractions otherwise.

The slow twin is `reasonlab.language.terms.evaluate`. Every operation met is noted as (operator, left, right), operands
of + and * sorted, so that the same operation written twice is known to be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.terms import MAX_BITS, Binary, Negate, Number, Symbol, Term, apply, render_term
from reasonlab.verifiers.limits import Meter

Value = int | Fraction
Operation = tuple[str, Value, Value]
_LONG = 1 << 512  # a number so long weighs more than one operation


def whole(value: Fraction) -> Value:
    """The value as an int where it is one."""
    return value.numerator if value.denominator == 1 else value


def literal(term: Term) -> Fraction | None:
    """The number that a term simply writes down, or None: 7, -7, 2.5; in lowest terms 1 / 3, -1 / 3 and -(1 / 3)."""
    if isinstance(term, Number):
        return term.value
    if isinstance(term, Negate):
        inner = literal(term.operand)
        return None if inner is None or inner < 0 or isinstance(term.operand, Negate) else -inner
    if isinstance(term, Binary) and _is_ratio(term):
        return literal(term.left) / term.right.value  # type: ignore[union-attr, operator]
    return None


def _is_ratio(term: Term) -> bool:
    """Whether a term is a fraction in lowest terms, with or without a sign before its numerator."""
    if not isinstance(term, Binary) or term.operator != "/" or not isinstance(term.right, Number):
        return False
    above = term.left.operand if isinstance(term.left, Negate) else term.left
    if not isinstance(above, Number):
        return False
    numerator, below = above.value, term.right.value
    return below > 1 and numerator.denominator == below.denominator == 1 and gcd(int(numerator), int(below)) == 1


def evaluate(
    term: Term, values: Mapping[str, Value], modulus: int | None, noted: set[Operation], meter: Meter | None = None
) -> Value:
    """The value of a term; its operations are added to `noted`, and those on long numbers weigh on the meter.

    Raises:
        KeyError: a variable without a value.
        ZeroDivisionError: an undefined term.
        ResourceLimit: a number over MAX_BITS bits, or an exponent over the limit, or the chain's limit.
    """
    kind = type(term)
    if kind is Symbol:
        return values[term.name]  # type: ignore[union-attr]
    if kind is Number:
        value = whole(term.value)  # type: ignore[union-attr]
        return value if modulus is None else residue(value, modulus)
    if kind is Negate:
        inner = evaluate(term.operand, values, modulus, noted, meter)  # type: ignore[union-attr]
        if type(term.operand) is not Number and (modulus is not None or literal(term) is None):  # type: ignore[union-attr]
            noted.add(("-", 0, inner))
        return -inner if modulus is None else -inner % modulus  # type: ignore[operator]
    operator = term.operator  # type: ignore[union-attr]
    left = evaluate(term.left, values, modulus, noted, meter)  # type: ignore[union-attr]
    if operator == "^":
        right: Value = int(literal(term.right))  # type: ignore[union-attr, arg-type]
    else:
        right = evaluate(term.right, values, modulus, noted, meter)  # type: ignore[union-attr]
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    else:
        if meter is not None:
            meter.spend(_weight(operator, left, right, modulus))
        exact = apply(operator, Fraction(left), Fraction(right), modulus=modulus)
        if operator == "^" or modulus is not None or not _is_ratio(term):
            noted.add((operator, left, right))
        return whole(exact)
    if operator != "-" and right < left:  # type: ignore[operator]
        noted.add((operator, right, left))
    else:
        noted.add((operator, left, right))
    if modulus is not None:
        if meter is not None and modulus > _LONG:
            meter.spend(weight(modulus.bit_length()))
        return result % modulus  # type: ignore[return-value]
    if type(result) is Fraction:
        result = whole(result)
        size = result.numerator.bit_length() + result.denominator.bit_length()
    else:
        size = result.bit_length()  # type: ignore[union-attr]
    if size > 512:
        if size > MAX_BITS:
            raise ResourceLimit(f"a number of more than {MAX_BITS} bits")
        if meter is not None:
            meter.spend(weight(size))
    return result


def weight(bits: int) -> int:
    """What an operation on numbers of so many bits counts for: as the square of their length, as a division takes."""
    return 1 + ((bits >> 6) ** 2 >> 5)


def _weight(operator: str, left: Value, right: Value, modulus: int | None) -> int:
    """What a division or a power counts for. Mod p a power takes as many products as its exponent has bits."""
    if modulus is not None:
        products = 1 if operator == "/" else right.numerator.bit_length()
        return 1 + products * weight(modulus.bit_length())
    return weight(sum(number.bit_length() for side in (left, right) for number in (side.numerator, side.denominator)))


def residue(value: Value, modulus: int) -> int:
    """The residue of a rational. Raises ZeroDivisionError if its denominator has no inverse."""
    if type(value) is int:
        return value % modulus
    return int(apply("/", Fraction(value.numerator), Fraction(value.denominator), modulus=modulus))


def show(value: Value) -> str:
    """A value in words, cut where it is too long to read."""
    number = Fraction(value)
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > 400:
        return f"a number of {number.numerator.bit_length() + number.denominator.bit_length()} bits"
    return str(number)


def in_words(values: Mapping[str, Value], most: int = 12) -> str:
    """Values of variables, by name."""
    shown = [f"{name} = {show(value)}" for name, value in sorted(values.items())]
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")


def show_term(term: Term, limit: int = 120) -> str:
    text = render_term(term)
    return text if len(text) <= limit else text[: limit - 1] + "…"
