"""Equalities read in one pass: text to postfix programs, with the text as `render_claim` would write it.

Operator precedence parsing (Floyd 1963; Dijkstra's two stacks) of the grammar of `reasonlab.language.terms`, with no
tree in between. It knows chains of equalities between terms and nothing else: on everything that it does not know, and
on every error, it says None, and the reader of the claim language has the word.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from reasonlab.language.lexer import MAX_TOKENS, RESERVED
from reasonlab.language.terms import Number, render_term
from reasonlab.verifiers.fast.programs import NEGATE, POWERS, Program, apply, names
from reasonlab.verifiers.fast.spelling import read_spelt

MAX_CHARACTERS = MAX_TOKENS  # of which each has one at least
MAX_OPERANDS, MAX_NESTING, MAX_DIGITS = 100, 40, 40  # well below those of the language

# An operand with all that stands around it: the operator before it, signs and opening brackets, the number that it is
# multiplied by, its exponent, closing brackets (with exponents of their own). What is none of this is the last group's.
_SPACE = r"[ \t\r\n]*"
_EXPONENT = rf"\^{_SPACE}([0-9]+){_SPACE}"
_OPERAND = re.compile(
    rf"{_SPACE}([-+*/=]?){_SPACE}((?:[(-]{_SPACE})*)(?:([0-9]++)[ ]?\*[ ]?(?=[A-Za-z]))?"
    rf"([0-9]+(?:\.[0-9]+)?|[A-Za-z][A-Za-z0-9_]*){_SPACE}"
    rf"(?:{_EXPONENT})?((?:\){_SPACE}(?:\^{_SPACE}[0-9]+{_SPACE})?)*)|([^ \t\r\n])"
)
_LEVEL = {"(": 0, "+": 1, "-": 1, "*": 2, "/": 2, NEGATE: 3}
_POWER, _ATOM = 4, 5
_PLAIN = frozenset("+-*")
_BEFORE = {mark: frozenset(other for other, level in _LEVEL.items() if level >= _LEVEL[mark]) for mark in "+-*/"}


class Equality(NamedTuple):
    """`sides[0] = sides[1] = ...`; `text`: the claim, and `texts` its sides, as the claim language writes them.

    `named`: the variables of each side, as often as they occur.
    """

    text: str
    texts: list[str]
    sides: list[Program]
    named: list[list[str]]


def read_equality(text: str, modulus: int | None = None) -> Equality | None:
    """The equality (mod `modulus`) that a text states, or None: not one, or beyond what is read here."""
    if len(text) > MAX_CHARACTERS:
        return None
    if (spelt := read_spelt(text)) is not None:
        text, texts, sides, named = spelt
        return Equality(text if modulus is None else _joined(texts, modulus), texts, sides, named)
    return read_loose(text, modulus)


def read_loose(text: str, modulus: int | None = None) -> Equality | None:
    """The same, however the text is spelt. It has at most MAX_CHARACTERS."""
    operands = _OPERAND.findall(text)
    if not 2 <= len(operands) <= MAX_OPERANDS:
        return None
    sides: list[Program] = []
    texts: list[str] = []
    program: Program = []
    written: list[str] = []  # the side as text, piece by piece
    waiting: list[str] = []  # operators whose right operand is not complete, and open brackets
    opened: list[int] = []  # where in `written` the open brackets are
    for index, (operator, prefix, factor, operand, exponent, suffix, other) in enumerate(operands):
        if other or operand in RESERVED:
            return None
        if not written:
            if operator:
                if operator != "-":
                    return None
                prefix = operator + prefix
        elif operator == "=":
            while waiting:
                apply(waiting.pop(), program)
            if opened:
                return None
            sides.append(program)
            texts.append("".join(written))
            program, written = [], []
        elif operator:
            while waiting and waiting[-1] in _BEFORE[operator]:
                pending = waiting.pop()
                program.append(pending) if pending in _PLAIN else apply(pending, program)
            waiting.append(operator)
            written.append(f" {operator} ")
        else:
            return None
        if prefix:
            for mark in prefix:
                if mark == "(":
                    opened.append(len(written))
                elif mark != "-":
                    continue
                waiting.append(NEGATE if mark == "-" else mark)
                written.append(mark)
            if len(waiting) > MAX_NESTING:
                return None
        if factor:
            if len(factor) > MAX_DIGITS:
                return None
            value = int(factor)
            program.append(value)
            while waiting and waiting[-1] in _BEFORE["*"]:
                apply(waiting.pop(), program)
            waiting.append("*")
            written.append(f"{value} * ")
        if operand[0] > "9":
            program.append(operand)
        elif len(operand) > MAX_DIGITS:
            return None
        elif "." not in operand:
            value = int(operand)
            program.append(value)
            operand = str(value)
        else:
            number = Fraction(operand)
            program.append(number.numerator if number.denominator == 1 else number)
            operand = render_term(Number(number))
        written.append(operand)
        level = _ATOM
        if exponent:
            if not _raise(exponent, program, written):
                return None
            level = _POWER
        if suffix:
            closing = suffix.split(")")[1:]
            for position, mark in enumerate(closing):
                if not opened:
                    return None
                while (pending := waiting.pop()) != "(":
                    level = _LEVEL[pending]
                    apply(pending, program)
                exponent = mark.strip(" \t\r\n^")
                if exponent:
                    after = "^"
                elif position + 1 < len(closing):
                    after = ")"
                else:
                    after = operands[index + 1][0] if index + 1 < len(operands) else ""
                place = opened.pop()
                if level < _context(waiting[-1] if waiting else "", after):
                    written.append(")")
                else:
                    written[place] = ""
                if exponent:
                    if not _raise(exponent, program, written):
                        return None
                    level = _POWER
    while waiting:
        apply(waiting.pop(), program)
    if opened or not sides:
        return None
    sides.append(program)
    texts.append("".join(written))
    return Equality(_joined(texts, modulus), texts, sides, [names(side) for side in sides])


def link(claim: Equality, position: int, modulus: int | None) -> Equality:
    """That the side at a position equals the next."""
    pair = slice(position, position + 2)
    texts = claim.texts[pair]
    return Equality(_joined(texts, modulus), texts, claim.sides[pair], claim.named[pair])


def _joined(texts: list[str], modulus: int | None) -> str:
    claim = " = ".join(texts)
    return claim if modulus is None else f"{claim} (mod {modulus})"


def _raise(exponent: str, program: Program, written: list[str]) -> bool:
    """Add a power; False if its exponent is beyond what is read here."""
    power = f"^{exponent.lstrip('0') or '0'}"
    if power not in POWERS:
        return False
    program.append(power)
    written.append(power)
    return True


def _context(before: str, after: str) -> int:
    """How strongly an operand has to bind to need no brackets between these."""
    if after == "^":
        return _ATOM
    if before in (NEGATE, "*", "/"):
        return _LEVEL[NEGATE]
    if after in ("*", "/") or before in ("+", "-"):
        return _LEVEL["*"]
    return 0
