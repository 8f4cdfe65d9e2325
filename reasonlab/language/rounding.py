"""Relations between rounded numbers: `rounded: 0.85 - 0.26 = 0.59`. The grammar; `reasonlab.verifiers.rounding` judges.

    body = term { "=" term } | term ("<" | "<=" | ">" | ">=" | "!=") term

A term is one of `reasonlab.language.terms` over numbers alone. How a number is written matters: `0.5` and `0.50` are
rounded to different places. So a side is kept as a term over places "n0", "n1", ... and the numbers that stand there
as they were written, one place each: the same digits twice are two quantities that happened to round alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import Cursor, Token, tokenize
from reasonlab.language.sides import OPERATORS, check_sides, read_sides
from reasonlab.language.terms import Binary, Number, Symbol, Term, render_term, subterms
from reasonlab.language.worded import Worded

_PLACE = re.compile(r"\bn([0-9]+)\b")
_WRITTEN = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def place(index: int) -> str:
    """The variable that stands for the number written at this place, counted from 0."""
    return f"n{index}"


@dataclass(frozen=True, slots=True)
class Rounded(Worded):
    """`sides[0] operator sides[1] ...`, each number of it rounded where it is written with a decimal point.

    Attributes:
        sides: terms over the places n0, n1, ..., which occur once each and in this order.
        numbers: what is written at the places.
        operator: one of `sides.OPERATORS`; more than two sides are joined by "=" alone.
    """

    word: ClassVar[str] = "rounded"
    theory: ClassVar[str] = "rounding"

    sides: tuple[Term, ...]
    numbers: tuple[str, ...]
    operator: str = "="

    def __post_init__(self) -> None:
        parts = [part for side in self.sides for part in subterms(side)]
        found = [part.name for part in parts if isinstance(part, Symbol)]
        if found != [place(index) for index in range(len(self.numbers))]:
            raise ValueError("the places of the numbers must be n0, n1, ... in order, one for each number")
        if sum(isinstance(part, Number) for part in parts) != sum(_is_power(part) for part in parts):
            raise ValueError("a number stands for itself only as an exponent; elsewhere it has a place")
        if not all(_WRITTEN.fullmatch(number) for number in self.numbers):
            raise ValueError(f"expected numbers as digits, perhaps with a decimal point, not {self.numbers}")
        check_sides(self.sides, self.operator)

    @classmethod
    def read(cls, body: str) -> Self:
        tokens, numbers = _places(tokenize(body))
        cursor = Cursor(tokens)
        sides, operator = read_sides(cursor, *OPERATORS)
        cursor.end()
        return cls(sides, tuple(numbers), operator)

    def body(self) -> str:
        return f" {self.operator} ".join(self.side(index) for index in range(len(self.sides)))

    def side(self, index: int) -> str:
        """One side as it is written."""
        return _PLACE.sub(lambda match: self.numbers[int(match[1])], render_term(self.sides[index]))


def _is_power(part: Term) -> bool:
    return isinstance(part, Binary) and part.operator == "^"


def _places(tokens: list[Token]) -> tuple[list[Token], list[str]]:
    """The tokens with a place for each number that is no exponent; and these numbers."""
    marked: list[Token] = []
    numbers: list[str] = []
    for token in tokens:
        if token.kind == "name":
            raise ParseError(f"expected numbers only, found {token.text!r}", token.position)
        before = [each.text for each in marked[-2:]]
        if token.kind != "number" or before[-1:] == ["^"] or before == ["^", "-"]:
            marked.append(token)
        else:
            marked.append(Token("name", place(len(numbers)), token.position))
            numbers.append(token.text)
    return marked, numbers
