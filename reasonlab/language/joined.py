"""Several claims of one theory made at once, as a step makes them that says two things: `all: claim & claim`.

    all: swap: 1 alice, bob & after: 1 alice = blue

It holds iff each of them does. Only theories that judge claims part by part can be joined (`JOINABLE`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.brackets import Bracket, Closing, Open, Stack
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.permutations import After, Swap
from reasonlab.language.planning import Act, Reaches, State
from reasonlab.language.sorting import Groups, Letters, Sorted
from reasonlab.language.worded import Worded

_CLASSES: tuple[type[Worded], ...] = (
    *(Bracket, Stack, Open, Closing),
    *(After, Swap),
    *(Act, State, Reaches),
    *(Letters, Groups, Sorted),
)
JOINABLE: dict[str, type[Worded]] = {each.word: each for each in _CLASSES}
_AND = re.compile(r"\s&\s")
_PART = re.compile(r"\s*([a-z]+):\s(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Joined(Worded):
    """Two claims or more, of one theory."""

    word: ClassVar[str] = "all"

    parts: tuple[Worded, ...]

    def __post_init__(self) -> None:
        if (wrong := _wrong(self.parts)) is not None:
            raise ValueError(wrong)

    @property
    def theory(self) -> str:  # type: ignore[override]  # every other class belongs to one theory
        return self.parts[0].theory

    @classmethod
    def read(cls, body: str) -> Self:
        parts = tuple(_read_part(text) for text in _AND.split(body))
        if (wrong := _wrong(parts)) is not None:
            raise ParseError(wrong)
        return cls(parts)

    def body(self) -> str:
        return " & ".join(f"{part.word}: {part.body()}" for part in self.parts)


def join(parts: list[Worded]) -> Worded | None:
    """The claim that all the parts make; None without one. The same part twice says no more than once."""
    different = tuple(dict.fromkeys(parts))
    return Joined(different) if len(different) > 1 else next(iter(different), None)


def parts_of(claim: Worded) -> tuple[Worded, ...]:
    return claim.parts if isinstance(claim, Joined) else (claim,)


def _wrong(parts: tuple[Worded, ...]) -> str | None:
    if len(parts) < 2 or len({part.theory for part in parts}) > 1:
        return "expected two claims or more of one theory, with '&' between"
    wrong = next((part.word for part in parts if part.word not in JOINABLE), None)
    return None if wrong is None else f"{wrong!r} cannot be joined; expected one of {', '.join(sorted(JOINABLE))}"


def _read_part(text: str) -> Worded:
    found = _PART.fullmatch(f"{text.strip()} ")
    if found is None or found[1] not in JOINABLE:
        raise ParseError(f"expected a claim of one of {', '.join(sorted(JOINABLE))}, found {quote(text.strip())}")
    return JOINABLE[found[1]].read(found[2].strip())
