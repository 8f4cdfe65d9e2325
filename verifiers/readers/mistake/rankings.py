"""How English names positions in a row: "second-newest", "third from the right", "finished last", "cheaper than".

A row has two ends, and each kind of row (`Axis`) its own words for them. Position 1 is the end named first here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    *("ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
)
ORDINAL = "|".join(sorted(ORDINALS, key=len, reverse=True)) + r"|[1-9]\d{0,3}(?:st|nd|rd|th)"  # as a pattern


@dataclass(frozen=True, slots=True)
class Axis:
    """The words of one kind of row: for its first and last position, for coming before and after."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    more: bool = False  # whether ">" between two things says that the left one comes before
    runs: bool = False  # whether a row without a word on its direction begins at the first end


AXES = (
    Axis(
        ("leftmost", "left"),
        ("rightmost", "right"),
        ("to the left of", "left of"),
        ("to the right of", "right of"),
        runs=True,
    ),
    Axis(("newest", "youngest"), ("oldest",), ("newer than", "younger than"), ("older than",)),
    Axis(
        ("most expensive", "priciest", "costliest"),
        ("least expensive", "cheapest"),
        ("more expensive than", "pricier than"),
        ("less expensive than", "cheaper than"),
        more=True,
    ),
    Axis(
        ("first", "top", "highest", "topmost"),
        ("last", "bottom", "lowest", "bottommost"),
        ("above", "ahead of", "before", "higher than"),
        ("below", "behind", "after", "lower than"),
        runs=True,
    ),
    Axis(("tallest", "longest"), ("shortest",), ("taller than", "longer than"), ("shorter than",), more=True),
    Axis(("heaviest",), ("lightest",), ("heavier than",), ("lighter than",), more=True),
    Axis(("fastest", "quickest"), ("slowest",), ("faster than", "quicker than"), ("slower than",), more=True),
    Axis(("biggest", "largest"), ("smallest",), ("bigger than", "larger than"), ("smaller than",), more=True),
    Axis(("strongest",), ("weakest",), ("stronger than",), ("weaker than",), more=True),
    Axis(
        ("hottest", "warmest"),
        ("coldest", "coolest"),
        ("hotter than", "warmer than"),
        ("colder than", "cooler than"),
        more=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A row of so many positions."""

    axis: Axis
    size: int

    def position(self, text: str, *, forward: bool = True) -> int | None:
        """The position that a phrase names. `forward`: whether a bare ordinal counts from the first end."""
        words = " ".join(text.lower().replace("-", " ").split())
        words = re.sub(r"^(?:in )?(?:the )?|(?: (?:position|place|spot))$", "", words)
        ends = "|".join((*self.axis.first, *self.axis.last))
        if found := re.fullmatch(rf"({ORDINAL}) (?:to |from )?(?:the )?({ends}|last)", words):
            return self._from(ordinal(found[1]), found[2] in self.axis.first)
        if re.fullmatch(ends, words):
            return self._from(1, words in self.axis.first)
        if words == "last":
            return self._from(1, not forward)
        if re.fullmatch(ORDINAL, words):
            return self._from(ordinal(words), forward)
        return None

    def _from(self, count: int, first: bool) -> int:
        return count if first else self.size + 1 - count

    def positions(self, text: str, *, forward: bool) -> list[int]:
        """The positions of a list or a range: "first, second, and third", "third to seventh". Empty: it is neither."""
        if found := re.fullmatch(rf"({ORDINAL}) (?:to|through) ({ORDINAL}|last)", text.strip().lower()):
            start = ordinal(found[1])
            end = self.size if found[2] == "last" else min(ordinal(found[2]), self.size + 1)  # one too many shows it
            return [self._from(count, forward) for count in range(start, end + 1)]
        parts = [part for part in re.split(r",\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", text.strip()) if part]
        found_positions = [self.position(part, forward=forward) for part in parts]
        return [each for each in found_positions if each is not None] if None not in found_positions else []

    def forward(self, text: str) -> bool | None:
        """Whether "newest to oldest" runs from the first end; None if it names no two ends."""
        start, _, end = text.lower().partition(" to ")
        if start.strip() == "most" and end.strip().startswith("least "):
            start = f"most {end.strip().removeprefix('least ')}"
        if start.strip() == "least" and end.strip().startswith("most "):
            start = f"least {end.strip().removeprefix('most ')}"
        if start.strip() in self.axis.first:
            return True
        return False if start.strip() in self.axis.last else None


def ordinal(text: str) -> int:
    """The number of an ordinal in small letters."""
    return ORDINALS.index(text) + 1 if text in ORDINALS else int(re.sub(r"\D", "", text))


def axis_of(text: str) -> Axis | None:
    """The kind of row that a problem speaks of: the one with the most of its comparatives and superlatives in it."""
    words = text.lower().replace("-", " ")
    counts = [
        sum(words.count(phrase) for phrase in (*axis.first, *axis.last, *axis.before, *axis.after)) for axis in AXES
    ]
    return AXES[counts.index(max(counts))] if any(counts) else None
