"""Values that are near each other: `near: 10 / 3 = 3.33 within 0.005` says that 10 / 3 is 3.33 give or take 0.005.

    body = term "=" term "within" number

So a computation with exact numbers says that its result was rounded. (In `reasonlab.language.rounding` every decimal is
rounded, those that one computes with, too.) `reasonlab.verifiers.naming` judges it, among the relations of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import Cursor, tokenize
from reasonlab.language.terms import Number, Term, read_term, render_term
from reasonlab.language.worded import Worded


@dataclass(frozen=True, slots=True)
class Near(Worded):
    """`left` and `right` differ by at most `within`."""

    word: ClassVar[str] = "near"
    theory: ClassVar[str] = "relations"

    left: Term
    right: Term
    within: Fraction

    def __post_init__(self) -> None:
        Number(self.within)  # raises ValueError for what the grammar has no number for

    @classmethod
    def read(cls, body: str) -> Self:
        cursor = Cursor(tokenize(body))
        left = read_term(cursor)
        cursor.expect("=")
        right = read_term(cursor)
        cursor.expect("within")
        token = cursor.take()
        if token.kind != "number":
            raise ParseError("expected a number after 'within'", token.position)
        cursor.end()
        return cls(left, right, Fraction(token.text))

    def body(self) -> str:
        return f"{render_term(self.left)} = {render_term(self.right)} within {render_term(Number(self.within))}"
