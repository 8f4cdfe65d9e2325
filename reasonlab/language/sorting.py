"""Words put into alphabetical order. The grammar; `verifiers.sorting` judges.

    words: kitten decant being holden          the words to sort (a given)
    letters: 1 kitten = k 11, being = b 2      their first letters, and the places of these in the alphabet
    groups: 1 | 2 being | 4 decant | 8 holden | 11 kitten     all of them by their first letter, smallest first
    groups: 2 of being bellyache biscuit | 5 being bellyache | 9 biscuit     some of them by their second letter
    sorted: being decant holden ? kitten       all of them in order; "?" joins words not yet ordered among themselves

A word is any run of characters without a space and without the marks used here. Places in the alphabet, and the
numbers of groups, which are the same, may be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.names import are_words, check_index, cut_index, read_index, read_name, read_names
from reasonlab.language.worded import Worded

WordGroup = tuple[str, ...]


def _check(words: Iterable[str]) -> None:
    words = tuple(words)
    if not are_words(words):
        raise ValueError(f"expected words without spaces, not {quote(words)}")


@dataclass(frozen=True, slots=True)
class Words(Worded):
    """The words to sort; one may occur more than once."""

    word: ClassVar[str] = "words"
    theory: ClassVar[str] = "sorting"

    words: WordGroup

    def __post_init__(self) -> None:
        _check(self.words)

    @classmethod
    def read(cls, body: str) -> Self:
        return cls(read_names(body, None))

    def body(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Letter:
    """A word's letter at the place that its claim is about, and the letter's own place in the alphabet."""

    of: str
    letter: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Letters(Worded):
    """The letters at one place, counted from 1, of some of the words."""

    word: ClassVar[str] = "letters"
    theory: ClassVar[str] = "sorting"

    place: int
    letters: tuple[Letter, ...]

    def __post_init__(self) -> None:
        check_index(self.place, 1)
        _check(letter.of for letter in self.letters)
        _check(letter.letter for letter in self.letters)
        for letter in self.letters:
            check_index(letter.number or 0)

    @classmethod
    def read(cls, body: str) -> Self:
        place, rest = cut_index(body, 1)
        return cls(place, tuple(_read_letter(part) for part in rest.split(",")))

    def body(self) -> str:
        return f"{self.place} " + ", ".join(
            f"{each.of} = {each.letter}" + ("" if each.number is None else f" {each.number}") for each in self.letters
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Words with one letter at the place that their claim is about; `number`: its place in the alphabet."""

    words: WordGroup
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Groups(Worded):
    """Words by their letter at one place, smallest first. `of`: which words; empty for all of them."""

    word: ClassVar[str] = "groups"
    theory: ClassVar[str] = "sorting"

    place: int
    groups: tuple[Group, ...]
    of: WordGroup = ()

    def __post_init__(self) -> None:
        check_index(self.place, 1)
        if not self.groups:
            raise ValueError("expected a group of words")
        _check((*(word for group in self.groups for word in group.words), *self.of))
        if not all(group.words for group in self.groups):
            raise ValueError("expected a word in each group")
        for group in self.groups:
            check_index(group.number or 0)
            if group.number is None and group.words[0].isdecimal():
                raise ValueError(f"{group.words[0]!r} would read as the number of the group")

    @classmethod
    def read(cls, body: str) -> Self:
        head, *parts = body.split("|")
        place, rest = cut_index(head, 1)
        of: WordGroup = ()
        if rest:
            mark, _, words = rest.partition(" ")
            if mark != "of":
                raise ParseError(f"expected 'of' and the words, or '|', found {quote(rest)}")
            of = read_names(words, None)
        if not parts:
            raise ParseError("expected '|' and a group of words")
        return cls(place, tuple(_read_group(part) for part in parts), of)

    def body(self) -> str:
        of = f" of {' '.join(self.of)}" if self.of else ""
        numbers = ["" if group.number is None else f"{group.number} " for group in self.groups]
        return f"{self.place}{of} | " + " | ".join(
            number + " ".join(group.words) for number, group in zip(numbers, self.groups)
        )


@dataclass(frozen=True, slots=True)
class Sorted(Worded):
    """All the words in order; those of one group are not yet ordered among themselves."""

    word: ClassVar[str] = "sorted"
    theory: ClassVar[str] = "sorting"

    groups: tuple[WordGroup, ...]

    def __post_init__(self) -> None:
        _check(word for group in self.groups for word in group)
        if not all(self.groups):
            raise ValueError("expected a word in each group")

    @classmethod
    def read(cls, body: str) -> Self:
        parts = body.replace("?", " ? ").split()
        if not are_words([part for part in parts if part != "?"]):
            raise ParseError(f"expected words without marks, found {quote(body)}")
        groups: list[list[str]] = []
        joined = False
        for part in parts:
            if part == "?":
                if joined or not groups:
                    raise ParseError("expected a word on each side of '?'")
                joined = True
            elif joined:
                groups[-1].append(part)
                joined = False
            else:
                groups.append([part])
        if joined:
            raise ParseError("expected a word at the end")
        return cls(tuple(tuple(group) for group in groups))

    def body(self) -> str:
        return " ".join(" ? ".join(group) for group in self.groups)


def _read_letter(text: str) -> Letter:
    of, mark, rest = text.partition("=")
    parts = rest.split()
    if not mark or len(parts) not in (1, 2):
        raise ParseError(f"expected 'word = letter number', found {quote(text.strip())}")
    return Letter(_single(of), _single(parts[0]), read_index(parts[1]) if len(parts) == 2 else None)


def _read_group(text: str) -> Group:
    first, *others = text.split() or [""]
    if first.isdecimal():
        return Group(read_names(" ".join(others), None), read_index(first))
    return Group(read_names(text, None))


def _single(text: str) -> str:
    word = read_name(text)
    if " " in word:
        raise ParseError(f"expected one word, found {quote(word)}")
    return word
