"""The lexer of the claim language: names, numbers and symbols with their offsets; nothing else gets through.

Limits are counts, so the same text is accepted or refused on every machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reasonlab.language.errors import ParseError

MAX_CHARACTERS = 20_000
MAX_TOKENS = 600  # also bounds the depth of the left-leaning tree that a long sum makes
MAX_DIGITS = 400
MAX_DEPTH = 100
RESERVED = frozenset({"needs", "and", "or", "mod", "forall", "exists"})

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<name>[A-Za-z][A-Za-z0-9_]*)
  | (?P<quoted>'(?:[^';\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]|\'\')+')
  | (?P<symbol><->|->|<=|>=|!=|[-+*/^()\[\]=<>,.~&|])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # "number", "name", "quoted" (the quotes are part of it), "symbol" or "end"
    text: str
    position: int


def tokenize(text: str, pattern: re.Pattern[str] = _TOKEN) -> list[Token]:
    """The tokens of `text`, closed by an "end" token. Raises ParseError at the first foreign character.

    `pattern`: whose named groups are the kinds of tokens, "space" those left out.
    """
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"a claim of {len(text)} characters is over the limit of {MAX_CHARACTERS}")
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = pattern.match(text, position)
        if match is None:
            raise ParseError(f"unexpected character {text[position]!r}", position)
        kind, word = str(match.lastgroup), match.group()
        if kind == "number" and len(word) > MAX_DIGITS:
            raise ParseError(f"a number of {len(word)} digits is over the limit of {MAX_DIGITS}", position)
        if kind != "space":
            tokens.append(Token(kind, word, position))
            if len(tokens) > MAX_TOKENS:
                raise ParseError(f"a claim of more than {MAX_TOKENS} tokens is over the limit", position)
        position = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


class Cursor:
    """A position in a token list, with the nesting depth spent so far."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.index, self.depth = tokens, 0, 0

    @property
    def now(self) -> Token:
        return self.tokens[self.index]

    @property
    def after(self) -> Token:
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def at(self, *texts: str) -> bool:
        return self.now.kind != "end" and self.now.text in texts

    def take(self) -> Token:
        token = self.now
        if token.kind != "end":
            self.index += 1
        return token

    def accept(self, *texts: str) -> Token | None:
        return self.take() if self.at(*texts) else None

    def expect(self, *texts: str) -> Token:
        if not self.at(*texts):
            raise self.error(" or ".join(repr(text) for text in texts))
        return self.take()

    def error(self, expected: str) -> ParseError:
        found = "the end" if self.now.kind == "end" else repr(self.now.text)
        return ParseError(f"expected {expected}, found {found}", self.now.position)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"nested deeper than the limit of {MAX_DEPTH}", self.now.position)

    def end(self) -> None:
        if self.now.kind != "end":
            raise self.error("the end of the claim")
