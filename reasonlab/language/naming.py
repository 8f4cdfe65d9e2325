"""Quantities that a text names itself: `let` gives names to terms, `suppose` sets up a relation between unknowns.

    let: A = 3 + 4 & B = 5 * 2 & x = A - B
    suppose: x + 3 * x = 80

    let     = equality { "&" equality }                 equality = term "=" term { "=" term }
    suppose = equality | term ("<" | "<=" | ">" | ">=" | "!=") term

In a `let` the first equality about a new name is its definition, and holds because it is one; every other equality is
claimed to follow. A `suppose` may say what nothing before it settles, as the equation that puts a word problem into
symbols does. `reasonlab.verifiers.naming` judges both, among the relations of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.lexer import Cursor, tokenize
from reasonlab.language.sides import OPERATORS, check_sides, read_sides
from reasonlab.language.terms import Term, render_term
from reasonlab.language.worded import Worded


@dataclass(frozen=True, slots=True)
class Let(Worded):
    """Equalities, each of two terms or more, that all hold; a new name before "=" is defined by what follows it."""

    word: ClassVar[str] = "let"
    theory: ClassVar[str] = "relations"

    equalities: tuple[tuple[Term, ...], ...]

    def __post_init__(self) -> None:
        if not self.equalities or any(len(terms) < 2 for terms in self.equalities):
            raise ValueError("expected an equality or more, each of two terms or more")

    @classmethod
    def read(cls, body: str) -> Self:
        cursor = Cursor(tokenize(body))
        equalities = [read_sides(cursor, "=")[0]]
        while cursor.accept("&"):
            equalities.append(read_sides(cursor, "=")[0])
        cursor.end()
        return cls(tuple(equalities))

    def body(self) -> str:
        return " & ".join(" = ".join(map(render_term, terms)) for terms in self.equalities)


@dataclass(frozen=True, slots=True)
class Suppose(Worded):
    """`sides[0] operator sides[1] ...`; more than two sides are joined by "=" alone."""

    word: ClassVar[str] = "suppose"
    theory: ClassVar[str] = "relations"

    sides: tuple[Term, ...]
    operator: str = "="

    def __post_init__(self) -> None:
        check_sides(self.sides, self.operator)

    @classmethod
    def read(cls, body: str) -> Self:
        cursor = Cursor(tokenize(body))
        sides, operator = read_sides(cursor, *OPERATORS)
        cursor.end()
        return cls(sides, operator)

    def body(self) -> str:
        return f" {self.operator} ".join(map(render_term, self.sides))
