"""Names of things in worded claims: a word, or several with one space between them, as in `The Great Gatsby`.

A name keeps its case and holds none of the marks that claims are written with, so it reads back as it was. "&" may be
part of a word, as in `at&t`, but not stand alone: that joins claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reasonlab.language.errors import ParseError, quote

MAX_NAME = 200  # characters
MAX_INDEX = 10**6  # of an event, counted from 1
_MARKS = r"\s,;:=<>!|?()\[\]{}\""
_WORD = rf"(?!&(?:[{_MARKS}]|$))[^{_MARKS}]+"
NAME = rf"{_WORD}(?: {_WORD})*"  # as a pattern
_NAME = re.compile(NAME)
_INDEX = re.compile(r"[0-9]{1,9}")


def read_name(text: str) -> str:
    """The name that a text is, with its spaces made single. Raises ParseError."""
    name = " ".join(text.split())
    if not _NAME.fullmatch(name):
        raise ParseError(f"expected a name without marks, found {quote(name)}")
    if len(name) > MAX_NAME:
        raise ParseError(f"a name of {len(name)} characters is over the limit of {MAX_NAME}")
    return name


def read_names(text: str, separator: str | None = ",") -> tuple[str, ...]:
    """The names between separators, at least one; `separator` None: single words between spaces. Raises ParseError."""
    if separator is None:
        words = tuple(text.split())
        return words if are_words(words) else tuple(read_name(word) for word in words or ("",))  # the latter says why
    return tuple(read_name(part) for part in text.split(separator))


def are_words(words: Sequence[str]) -> bool:
    """Whether these are names of one word each, at least one."""
    together = " ".join(words)  # one name, if they are
    return (
        bool(_NAME.fullmatch(together)) and together.count(" ") == len(words) - 1 and max(map(len, words)) <= MAX_NAME
    )


def read_index(text: str, least: int = 0) -> int:
    """A number that counts events. Raises ParseError."""
    digits = text.strip()
    if not _INDEX.fullmatch(digits) or not least <= int(digits) <= MAX_INDEX:
        raise ParseError(f"expected a number from {least} to {MAX_INDEX}, found {quote(digits)}")
    return int(digits)


def check_names(names: Iterable[str]) -> None:
    """Raises ValueError where a name would not read back."""
    for name in names:
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
            raise ValueError(f"a name is of words with single spaces between and no marks, unlike {quote(name)}")


def check_index(index: int, least: int = 0) -> None:
    """Raises ValueError."""
    if not least <= index <= MAX_INDEX:
        raise ValueError(f"expected a number from {least} to {MAX_INDEX}, not {index}")


def cut_index(body: str, least: int = 0) -> tuple[int, str]:
    """The number that a body begins with, and what follows. Raises ParseError."""
    first, _, rest = body.strip().partition(" ")
    return read_index(first, least), rest.strip()
