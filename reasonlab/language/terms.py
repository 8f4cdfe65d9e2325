"""Terms: exact numbers, variables and + - * / ^ over them.

    term    = product { ("+" | "-") product }
    product = unary { ("*" | "/") unary }
    unary   = "-" unary | power
    power   = atom [ "^" ["-"] integer ]
    atom    = number | name | "(" term ")"

`parse_term(render_term(t)) == t` for every term. Evaluation is exact (fractions) or mod p, and stops at a stated size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.errors import ParseError, ResourceLimit
from reasonlab.language.lexer import RESERVED, Cursor, tokenize

MAX_EXPONENT = 1_000
MAX_BITS = 20_000


@dataclass(frozen=True, slots=True)
class Number:
    """A non-negative number with a finite decimal expansion: 7, 0.25. A sign is a Negate, a ratio a Binary."""

    value: Fraction

    def __post_init__(self) -> None:
        if not isinstance(self.value, Fraction):
            object.__setattr__(self, "value", Fraction(self.value))
        if self.value < 0 or _decimal(self.value) is None:
            raise ValueError(f"no literal for {self.value}; use number_term() to build it from - and /")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable. Words with a meaning of their own in the grammar are no names."""

    name: str

    def __post_init__(self) -> None:
        if self.name in RESERVED:
            raise ValueError(f"{self.name!r} is a word of the grammar, not a name")


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Term


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str  # one of + - * / ^ ; the right side of ^ is an integer literal, perhaps negated
    left: Term
    right: Term


Term = Number | Symbol | Negate | Binary

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_NEGATE_PRECEDENCE = 3


def number_term(value: int | Fraction) -> Term:
    """The simplest term whose value is `value`: 7, -7, 0.25, 1 / 3 or -(1 / 3)."""
    value = Fraction(value)
    magnitude: Term
    if _decimal(abs(value)) is not None:
        magnitude = Number(abs(value))
    else:
        magnitude = Binary("/", Number(Fraction(abs(value.numerator))), Number(Fraction(value.denominator)))
    return Negate(magnitude) if value < 0 else magnitude


def _decimal(value: Fraction) -> str | None:
    """The finite decimal expansion of a non-negative fraction, or None where there is none."""
    if value.denominator == 1:
        return str(value.numerator)
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    digits = str(value.numerator * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def render_term(term: Term) -> str:
    return _render(term, 0)


def _render(term: Term, context: int) -> str:
    if isinstance(term, Number):
        return str(_decimal(term.value))
    if isinstance(term, Symbol):
        return term.name
    if isinstance(term, Negate):
        text, own = "-" + _render(term.operand, _NEGATE_PRECEDENCE), _NEGATE_PRECEDENCE
    else:
        own = _PRECEDENCE[term.operator]
        if term.operator == "^":
            text = f"{_render(term.left, own + 1)}^{_render(term.right, 0)}"
        else:
            # Left-associative: an operand on the right at the same level needs its brackets.
            text = f"{_render(term.left, own)} {term.operator} {_render(term.right, own + 1)}"
    return f"({text})" if own < context else text


def parse_term(text: str) -> Term:
    """Raises ParseError outside the grammar."""
    cursor = Cursor(tokenize(text))
    term = read_term(cursor)
    cursor.end()
    return term


def read_term(cursor: Cursor) -> Term:
    term = _read_product(cursor)
    while sign := cursor.accept("+", "-"):
        term = Binary(sign.text, term, _read_product(cursor))
    return term


def _read_product(cursor: Cursor) -> Term:
    term = _read_unary(cursor)
    while sign := cursor.accept("*", "/"):
        term = Binary(sign.text, term, _read_unary(cursor))
    return term


def _read_unary(cursor: Cursor) -> Term:
    if cursor.accept("-"):
        cursor.deeper()
        operand = _read_unary(cursor)
        cursor.depth -= 1
        return Negate(operand)
    return _read_power(cursor)


def _read_power(cursor: Cursor) -> Term:
    base = _read_atom(cursor)
    if not cursor.accept("^"):
        return base
    negative = cursor.accept("-") is not None
    exponent = cursor.take()
    if exponent.kind != "number" or "." in exponent.text:
        raise ParseError("an exponent must be an integer literal", exponent.position)
    power: Term = Number(Fraction(exponent.text))
    return Binary("^", base, Negate(power) if negative else power)


def _read_atom(cursor: Cursor) -> Term:
    if cursor.accept("("):
        cursor.deeper()
        term = read_term(cursor)
        cursor.expect(")")
        cursor.depth -= 1
        return term
    if cursor.now.kind == "number":
        return Number(Fraction(cursor.take().text))
    if cursor.now.kind == "name" and cursor.now.text not in RESERVED:
        return Symbol(cursor.take().text)
    raise cursor.error("a number, a variable or '('")


def subterms(term: Term) -> Iterator[Term]:
    """Every part of `term`, itself included, from the outside in. Iterative: a long sum is a deep tree."""
    stack: list[Term] = [term]
    while stack:
        here = stack.pop()
        yield here
        if isinstance(here, Negate):
            stack.append(here.operand)
        elif isinstance(here, Binary):
            stack += (here.right, here.left)


def symbols(term: Term) -> frozenset[str]:
    return frozenset(part.name for part in subterms(term) if isinstance(part, Symbol))


def operations(term: Term) -> int:
    """How many operations a term holds; a sign before a literal is not one."""
    return sum(
        isinstance(part, Binary) or (isinstance(part, Negate) and not isinstance(part.operand, Number))
        for part in subterms(term)
    )


def substitute(term: Term, values: Mapping[str, Term]) -> Term:
    if isinstance(term, Symbol):
        return values.get(term.name, term)
    if isinstance(term, Negate):
        return Negate(substitute(term.operand, values))
    if isinstance(term, Binary):
        return Binary(term.operator, substitute(term.left, values), substitute(term.right, values))
    return term


def evaluate(term: Term, values: Mapping[str, int | Fraction] | None = None, *, modulus: int | None = None) -> Fraction:
    """The exact value of a term, reduced into 0..modulus-1 if a modulus is given.

    Raises:
        KeyError: a variable without a value.
        ZeroDivisionError: division by zero, or by a number without an inverse mod `modulus`.
        ResourceLimit: without a modulus, an exponent over MAX_EXPONENT, or a result over MAX_BITS bits.
    """
    results: list[Fraction] = []
    for part in reversed(list(subterms(term))):  # operands before what uses them: right one first
        if isinstance(part, Number):
            results.append(_reduce(part.value, modulus))
        elif isinstance(part, Symbol):
            results.append(_reduce(Fraction((values or {})[part.name]), modulus))
        elif isinstance(part, Negate):
            results.append(_reduce(-results.pop(), modulus))
        else:
            left, right = results.pop(), results.pop()
            if part.operator == "^":
                right = _exponent(part.right)  # an exponent counts; it is not itself mod p
            results.append(apply(part.operator, left, right, modulus=modulus))
    return results.pop()


def _exponent(term: Term) -> Fraction:
    if isinstance(term, Negate) and isinstance(term.operand, Number):
        return -term.operand.value
    if isinstance(term, Number):
        return term.value
    raise ParseError("an exponent must be an integer literal")


def apply(operator: str, left: Fraction, right: Fraction, *, modulus: int | None = None) -> Fraction:
    """One operation, exactly. Raises as `evaluate` does."""
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    elif operator == "/":
        if modulus is not None:
            return _reduce(left, modulus) * _inverse(_reduce(right, modulus), modulus) % modulus
        result = left / right
    else:
        exponent = int(right)
        if modulus is not None:  # by squaring: as many products as the exponent has bits, each of the size of p
            base = _reduce(left, modulus)
            return Fraction(pow(int(base if exponent >= 0 else _inverse(base, modulus)), abs(exponent), modulus))
        if abs(exponent) > MAX_EXPONENT:
            raise over_exponent(exponent)
        if (left.numerator.bit_length() + left.denominator.bit_length()) * abs(exponent) > MAX_BITS:
            raise ResourceLimit(f"a power of more than {MAX_BITS} bits")
        result = left**exponent
    if result.numerator.bit_length() + result.denominator.bit_length() > MAX_BITS:
        raise ResourceLimit(f"a number of more than {MAX_BITS} bits")
    return _reduce(result, modulus)


def over_exponent(exponent: int) -> ResourceLimit:
    size = f"the exponent {exponent}" if exponent.bit_length() < 64 else f"an exponent of {exponent.bit_length()} bits"
    return ResourceLimit(f"{size} is over the limit of {MAX_EXPONENT}")


def _reduce(value: Fraction, modulus: int | None) -> Fraction:
    if modulus is None:
        return value
    if value.denominator == 1:
        return Fraction(value.numerator % modulus)
    return value.numerator * _inverse(Fraction(value.denominator), modulus) % modulus


def _inverse(value: Fraction, modulus: int) -> Fraction:
    try:
        return Fraction(pow(int(value), -1, modulus))
    except ValueError:
        raise ZeroDivisionError(f"{value} has no inverse mod {modulus}") from None
