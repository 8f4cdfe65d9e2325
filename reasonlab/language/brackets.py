"""Sequences of brackets and the stack of those still open. The grammar; `verifiers.brackets` judges.

    brackets: { [ ]           the sequence (a given)
    bracket: 2 [              its second symbol is this one
    stack: 2 { [              after two symbols these are open, outermost first ("empty" where none is)
    open: {                   at the end these are still open, innermost first
    closing: }                this, and no less, closes them

Any bracket may be claimed to be anywhere: that a closing one lies on the stack is false, and can be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.names import check_index, cut_index
from reasonlab.language.worded import Worded

PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
ALL = frozenset((*PAIRS, *PAIRS.values()))
EMPTY = "empty"

Symbols = tuple[str, ...]


def read_symbols(text: str) -> Symbols:
    """Brackets, with or without spaces between, or the word "empty". Raises ParseError."""
    if text.strip() == EMPTY:
        return ()
    symbols = tuple(text.replace(" ", "").replace("\t", ""))
    for symbol in symbols:
        if symbol not in ALL:
            raise ParseError(f"expected brackets of {' '.join(sorted(ALL))}, found {quote(symbol)}")
    if not symbols:
        raise ParseError(f"expected brackets or {EMPTY!r}")
    return symbols


def write_symbols(symbols: Symbols) -> str:
    return " ".join(symbols) or EMPTY


def _check(symbols: Symbols) -> None:
    if not ALL.issuperset(symbols):
        raise ValueError(f"expected brackets of {' '.join(sorted(ALL))}, not {quote(symbols)}")


@dataclass(frozen=True, slots=True)
class Sequence(Worded):
    """A claim about brackets in their order."""

    theory: ClassVar[str] = "brackets"

    symbols: Symbols

    def __post_init__(self) -> None:
        _check(self.symbols)

    @classmethod
    def read(cls, body: str) -> Self:
        return cls(read_symbols(body))

    def body(self) -> str:
        return write_symbols(self.symbols)


@dataclass(frozen=True, slots=True)
class Brackets(Sequence):
    """The whole sequence."""

    word: ClassVar[str] = "brackets"


@dataclass(frozen=True, slots=True)
class Bracket(Worded):
    """The symbol at this place, counted from 1."""

    word: ClassVar[str] = "bracket"
    theory: ClassVar[str] = "brackets"

    index: int
    symbol: str

    def __post_init__(self) -> None:
        check_index(self.index, 1)
        if self.symbol not in ALL:
            raise ValueError(f"expected a bracket, not {quote(self.symbol)}")

    @classmethod
    def read(cls, body: str) -> Self:
        index, rest = cut_index(body, 1)
        symbols = read_symbols(rest)
        if len(symbols) != 1:
            raise ParseError(f"expected one bracket, found {quote(rest)}")
        return cls(index, symbols[0])

    def body(self) -> str:
        return f"{self.index} {self.symbol}"


@dataclass(frozen=True, slots=True)
class Stack(Worded):
    """What is open after so many symbols, outermost first."""

    word: ClassVar[str] = "stack"
    theory: ClassVar[str] = "brackets"

    time: int
    symbols: Symbols

    def __post_init__(self) -> None:
        check_index(self.time)
        _check(self.symbols)

    @classmethod
    def read(cls, body: str) -> Self:
        time, rest = cut_index(body)
        return cls(time, read_symbols(rest))

    def body(self) -> str:
        return f"{self.time} {write_symbols(self.symbols)}"


@dataclass(frozen=True, slots=True)
class Open(Sequence):
    """What is open at the end, innermost first: in the order in which it is closed."""

    word: ClassVar[str] = "open"


@dataclass(frozen=True, slots=True)
class Closing(Sequence):
    """The shortest sequence that closes everything."""

    word: ClassVar[str] = "closing"
