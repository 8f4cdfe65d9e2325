"""S-expressions: lists in round brackets, of words and further lists. Read within counts; nothing is evaluated."""

from __future__ import annotations

import re

from reasonlab.language.errors import ParseError, quote

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 50
_TOKEN = re.compile(r"[ \t\r\n\f]+|;[^\n]*|(?P<mark>[()])|(?P<word>[^\s();]+)")

Expression = str | tuple["Expression", ...]


def read_expressions(text: str) -> tuple[Expression, ...]:
    """The expressions of a text, in small letters; ";" begins a comment. Raises ParseError."""
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"a text of {len(text)} characters is over the limit of {MAX_CHARACTERS}")
    open_lists: list[list[Expression]] = [[]]
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise ParseError(f"unexpected character {text[position]!r}", position)
        if found["word"]:
            open_lists[-1].append(found["word"].lower())
        elif found["mark"] == "(":
            open_lists.append([])
            if len(open_lists) > MAX_DEPTH:
                raise ParseError(f"nested deeper than the limit of {MAX_DEPTH}", position)
        elif found["mark"] == ")":
            done = tuple(open_lists.pop())
            if not open_lists:
                raise ParseError("a ')' that closes nothing", position)
            open_lists[-1].append(done)
        position = found.end()
    if len(open_lists) > 1:
        raise ParseError(f"{len(open_lists) - 1} '(' without ')'", position)
    return tuple(open_lists[0])


def show(expression: Expression) -> str:
    """The expression as text, for messages."""
    return quote(_written(expression))


def _written(expression: Expression) -> str:
    return expression if isinstance(expression, str) else f"({' '.join(_written(each) for each in expression)})"
