"""Things that change hands by swaps. The grammar; `verifiers.permutations` judges.

    after: 0 alice = green, bob = blue      after no swap, at the start, these hold these things
    swap: 1 alice, bob                      the first swap is between these two
    after: 1 alice = blue                   after the first swap
    after: 1 all: alice = blue, bob = green, eve = red          and nobody else has anything

Swaps are counted from 1. An `after` without "all" may leave holders out; it then says nothing about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.names import check_index, check_names, cut_index, read_name, read_names
from reasonlab.language.worded import Worded


@dataclass(frozen=True, slots=True)
class After(Worded):
    """After so many swaps each named holder has the thing named with it; if `whole`, no other has anything."""

    word: ClassVar[str] = "after"
    theory: ClassVar[str] = "permutations"

    time: int
    holds: tuple[tuple[str, str], ...]
    whole: bool = False

    def __post_init__(self) -> None:
        check_index(self.time)
        check_names(name for pair in self.holds for name in pair)
        if not self.holds:
            raise ValueError("expected a holder and its thing")

    @classmethod
    def read(cls, body: str) -> Self:
        time, rest = cut_index(body)
        first, mark, pairs = rest.partition(":")
        if mark and first.strip() != "all":
            raise ParseError(f"expected 'all:' or 'holder = thing', found {quote(first.strip())}")
        return cls(time, tuple(_pair(part) for part in (pairs if mark else rest).split(",")), bool(mark))

    def body(self) -> str:
        return f"{self.time} {'all: ' if self.whole else ''}" + ", ".join(
            f"{holder} = {thing}" for holder, thing in self.holds
        )


@dataclass(frozen=True, slots=True)
class Swap(Worded):
    """The swap of this number is between these two."""

    word: ClassVar[str] = "swap"
    theory: ClassVar[str] = "permutations"

    index: int
    left: str
    right: str

    def __post_init__(self) -> None:
        check_index(self.index, 1)
        check_names((self.left, self.right))

    @classmethod
    def read(cls, body: str) -> Self:
        index, rest = cut_index(body, 1)
        names = read_names(rest)
        if len(names) != 2:
            raise ParseError(f"expected the names of two with a comma between, found {quote(rest)}")
        return cls(index, *names)

    def body(self) -> str:
        return f"{self.index} {self.left}, {self.right}"


def _pair(text: str) -> tuple[str, str]:
    holder, mark, thing = text.partition("=")
    if not mark:
        raise ParseError(f"expected 'holder = thing', found {quote(text.strip())}")
    return read_name(holder), read_name(thing)
