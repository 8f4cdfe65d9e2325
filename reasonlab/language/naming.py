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
from reasonlab.language.terms import Term, read_term, render_term
from reasonlab.language.worded import Worded

OPERATORS = ("=", "<", "<=", ">", ">=", "!=")


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
        equalities = [_equality(cursor)]
        while cursor.accept("&"):
            equalities.append(_equality(cursor))
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
        if len(self.sides) < 2 or self.operator not in OPERATORS or (len(self.sides) > 2 and self.operator != "="):
            raise ValueError(f"expected two sides, or more joined by '=', not {len(self.sides)} by {self.operator!r}")

    @classmethod
    def read(cls, body: str) -> Self:
        cursor = Cursor(tokenize(body))
        sides = [read_term(cursor)]
        operator = cursor.expect(*OPERATORS).text
        sides.append(read_term(cursor))
        while operator == "=" and cursor.accept("="):
            sides.append(read_term(cursor))
        cursor.end()
        return cls(tuple(sides), operator)

    def body(self) -> str:
        return f" {self.operator} ".join(map(render_term, self.sides))


def _equality(cursor: Cursor) -> tuple[Term, ...]:
    terms = [read_term(cursor)]
    cursor.expect("=")
    terms.append(read_term(cursor))
    while cursor.accept("="):
        terms.append(read_term(cursor))
    return tuple(terms)
