"""Two terms with a relation between them, or more joined by "=": what several claims are made of.

sides = term { "=" term } | term ("<" | "<=" | ">" | ">=" | "!=") term
"""

from __future__ import annotations

from reasonlab.language.lexer import Cursor
from reasonlab.language.terms import Term, read_term

OPERATORS = ("=", "<", "<=", ">", ">=", "!=")


def read_sides(cursor: Cursor, *operators: str) -> tuple[tuple[Term, ...], str]:
    """The terms, and what stands between them: one of `operators`. Raises ParseError."""
    sides = [read_term(cursor)]
    operator = cursor.expect(*operators).text
    sides.append(read_term(cursor))
    while operator == "=" and cursor.accept("="):
        sides.append(read_term(cursor))
    return tuple(sides), operator


def check_sides(sides: tuple[Term, ...], operator: str) -> None:
    """Raises ValueError for what cannot be written so."""
    if len(sides) < 2 or operator not in OPERATORS or (len(sides) > 2 and operator != "="):
        raise ValueError(f"expected two sides, or more joined by '=', not {len(sides)} by {operator!r}")
