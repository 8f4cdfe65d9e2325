"""What an animal has or is, and which conditions of rules it meets: numbers are compared, the rest is looked up.

`has 88 dollars` beside `has 77 dollars` meets `has more money than the cobra`, and `has a knife` meets `has a sharp
object`. A condition that nothing said of the animal bears on is not met; one that what is said may meet, for all that
the tables of `knowledge` say, is neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.verifiers.readers.boardgame.knowledge import (
    COLOURS,
    DEEDS,
    FLAGS,
    JOBS,
    KINDS,
    PRIMARY,
    RAINBOW,
    YEARS,
    lies_in,
)

Test = Callable[..., bool | None]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A fact about an animal, or a condition on one.

    Attributes:
        name: the predicate.
        kind: what it is about; only facts of its kind bear on a condition.
        others: of a condition: the animals that it compares with.
        value: of a fact.
        test: of a condition: whether values meet it, those of the animal and of `others`; None of a fact.
    """

    name: str
    kind: str
    others: tuple[str, ...] = ()
    value: object = None
    test: Test | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a condition is met (None: nobody knows), and by which facts: whose, and what."""

    truth: bool | None
    because: tuple[tuple[str, Attribute], ...] = ()


def read_attribute(text: str) -> Attribute | None:
    """The fact or the condition that a text is; None if it is neither."""
    if len(text) > _LONGEST:
        return None
    for read in (_condition, _fact):
        found = read(text)
        if found is not None:
            return found
    return None


_LONGEST = 300
_IN_WORDS = frozenset({"thing", "job", "place"})


def decide(condition: Attribute, subject: str, facts: Mapping[str, Sequence[Attribute]]) -> Decision:
    """Whether an animal meets a condition, given all that is said of the animals."""
    if condition.test is None:  # a fact as a condition: whether another fact comes to the same is not known
        mine = [fact for fact in facts.get(subject, ()) if fact.kind == condition.kind]
        same = next((fact for fact in mine if fact.name == condition.name), None)
        if same is not None:
            return Decision(True, ((subject, same),))
        return Decision(None if mine and condition.kind in _IN_WORDS else False)
    rows: list[tuple[tuple[str, Attribute], ...]] = [()]
    for animal in (subject, *condition.others):
        mine = [fact for fact in facts.get(animal, ()) if fact.kind == condition.kind and fact.value is not None]
        rows = [(*row, (animal, fact)) for row in rows for fact in mine]
    results = [(condition.test(*(fact.value for _, fact in row)), row) for row in rows]  # type: ignore[misc]
    met = next((row for result, row in results if result), None)
    if met is not None:
        return Decision(True, met)
    return Decision(None if any(result is None for result, _ in results) else False)


# Numbers and times.

_DIGITS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
}
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?|" + "|".join(_DIGITS)
_DAYS = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366)}  # at least, at most
_AGE = rf"({_NUMBER})( and a half)? (day|week|month|year)s?"


def _number(text: str) -> Fraction:
    return Fraction(_DIGITS[text]) if text in _DIGITS else Fraction(text)


def _age(match: re.Match[str], first: int) -> tuple[Fraction, str]:
    half = Fraction(1, 2) if match[first + 1] else Fraction(0)
    return _number(match[first]) + half, match[first + 2]


def _older(age: tuple[Fraction, str], other: tuple[Fraction, str]) -> bool | None:
    """Whether an age is over another; months and years make twelve, else both are days, as many as they may have."""
    if {age[1], other[1]} <= {"month", "year"}:
        return age[0] * (12 if age[1] == "year" else 1) > other[0] * (12 if other[1] == "year" else 1)
    if age[1] == other[1]:
        return age[0] > other[0]
    (low, high), (least, most) = ([age[0] * bound for bound in _DAYS[age[1]]], [other[0] * b for b in _DAYS[other[1]]])
    return True if low > most else False if high <= least else None


def _compared(more: bool, limit: Fraction) -> Test:
    return lambda count: count > limit if more else count < limit


def _aged(more: bool, limit: tuple[Fraction, str]) -> Test:
    return lambda age: _older(age, limit) if more else _older(limit, age)


def _released(after: bool, year: int | None) -> Test:
    def test(film: int) -> bool | None:
        if year is None or film == year:  # the year alone does not say which was first
            return None
        return (film > year) is after

    return test


def _ball_fits(sides: Sequence[Fraction], ball: str) -> Test:
    def test(thing: tuple[str, Fraction]) -> bool | None:
        kind, diameter = thing
        if kind != ball:
            return False
        return None if diameter == min(sides) else diameter < min(sides)

    return test


def _sheet_fits(sides: Sequence[Fraction]) -> Test:
    def test(sheet: tuple[Fraction, ...]) -> bool | None:
        pairs = list(zip(sorted(sheet), sorted(sides)))
        if any(mine > side for mine, side in pairs):
            return False
        return None if any(mine == side for mine, side in pairs) else True

    return test


# Conditions.

_MONEY, _BOTH = "has more money than", "has more money than both together"
_ALIKE = "has a name with the first letter of the name of"
COMPARISONS = frozenset({_MONEY, _BOTH, _ALIKE})  # the conditions that are about several animals


def _condition(text: str) -> Attribute | None:
    for topic, deeds in DEEDS.items():
        if any(text in met for met in deeds.values()):
            own = text if text in deeds else None  # as a fact it says the same
            return Attribute(text, topic, value=own, test=_met_by(text, deeds))
    if text.startswith("has ") and text[4:] in KINDS:
        things = KINDS[text[4:]]
        known = frozenset().union(*KINDS.values())
        return Attribute(
            text, "thing", test=lambda thing: True if thing in things else False if thing in known else None
        )
    for pattern, made in _CONDITIONS:
        match = pattern.fullmatch(text)
        if match is not None:
            return made(text, match)
    return None


def _met_by(text: str, deeds: Mapping[str, frozenset[str]]) -> Test:
    return lambda deed: text in deeds[deed]


def _works(text: str, match: re.Match[str]) -> Attribute | None:
    if match[1] not in JOBS:
        return None
    known = frozenset().union(*JOBS.values())
    jobs = JOBS[match[1]]
    return Attribute(text, "job", test=lambda job: True if job in jobs else False if job in known else None)


def _is_in(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "place", test=lambda place: lies_in(place, match[1]))


def _coloured(colours: frozenset[str] | None) -> Test:
    return lambda colour: None if colours is None or colour not in COLOURS else colour in colours


def _flag(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "card", test=_coloured(FLAGS.get(match[1])))


def _letter(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "card", test=lambda colour: colour.startswith(match[1]))


def _friends(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "friends", test=_compared(match[1] == "more", _number(match[2])))


def _old(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "age", test=_aged(match[1] == "more", _age(match, 2)))


def _film(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "film", test=_released(match[1] == "after", YEARS.get(match[2])))


def _named_alike(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(_ALIKE, "name", (match[1],), test=lambda mine, other: mine[0] == other[0])


def _richer(text: str, match: re.Match[str]) -> Attribute:
    if match[2] is None:
        return Attribute(_MONEY, "money", (match[1],), test=lambda mine, other: mine > other)
    return Attribute(_BOTH, "money", (match[1], match[2]), test=lambda mine, one, two: mine > one + two)


def _box(text: str, match: re.Match[str]) -> Attribute:
    sides = [Fraction(side) for side in match[2].split(" x ")]
    return Attribute(text, "ball", test=_ball_fits(sides, match[1]))


def _envelope(text: str, match: re.Match[str]) -> Attribute:
    return Attribute(text, "notebook", test=_sheet_fits([Fraction(side) for side in match[1].split(" x ")]))


_ANIMAL = r"[a-z][a-z'-]*(?: [a-z][a-z'-]*)?"
_SIDE = r"\d{1,6}(?:\.\d{1,6})?"
_CONDITIONS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Attribute | None]], ...] = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (r"works in (.+)", _works),
        (r"is in (.+?)(?: at the moment)?", _is_in),
        (r"has a card whose color appears in the flag of (.+)", _flag),
        (r'has a card whose color starts with the letter "(.)"', _letter),
        (
            r"has a card whose color is one of the rainbow colors",
            lambda text, match: Attribute(text, "card", test=_coloured(RAINBOW)),
        ),
        (r"has a card with a primary color", lambda text, match: Attribute(text, "card", test=_coloured(PRIMARY))),
        (rf"has (more|fewer) than ({_NUMBER}) friends?", _friends),
        (rf"is (more|less) than {_AGE} old", _old),
        (r"is watching a movie that was released (after|before) (.+)", _film),
        (
            rf"has a name whose first letter is the same as the first letter of the ({_ANIMAL})'s name",
            _named_alike,
        ),
        (rf"has more money than the ({_ANIMAL}?)(?: and the ({_ANIMAL}) combined)?", _richer),
        (rf"has a (football|basketball) that fits in a ({_SIDE} x {_SIDE} x {_SIDE}) inches box", _box),
        (rf"has a notebook that fits in a ({_SIDE} x {_SIDE}) inches box", _envelope),
    )
)

# Facts.


def _fact(text: str) -> Attribute | None:
    for topic, deeds in DEEDS.items():
        if text in deeds:
            return Attribute(text, topic, value=text)
    for pattern, kind, value in _FACTS:
        match = pattern.fullmatch(text)
        if match is not None:
            return Attribute(text, kind, value=value(match))
    return None


_FACTS: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], object]], ...] = tuple(
    (re.compile(pattern), kind, value)
    for pattern, kind, value in (
        (rf"has ({_NUMBER}) dollars?", "money", lambda match: _number(match[1])),
        (rf"has ({_NUMBER}) friends?", "friends", lambda match: _number(match[1])),
        (
            rf"has ({_NUMBER}) friends? that (?:is|are) [a-z ]+ and ({_NUMBER}) friends? that (?:is|are) not",
            "friends",
            lambda match: _number(match[1]) + _number(match[2]),
        ),
        (r"has a card that is ([a-z]+) in color", "card", lambda match: match[1]),
        (
            rf"has a football with a radius of ({_SIDE}) inches",
            "ball",
            lambda match: ("football", 2 * Fraction(match[1])),
        ),
        (
            rf"has a basketball with a diameter of ({_SIDE}) inches",
            "ball",
            lambda match: ("basketball", Fraction(match[1])),
        ),
        (
            rf"has a ({_SIDE}) x ({_SIDE}) inches notebook",
            "notebook",
            lambda match: (Fraction(match[1]), Fraction(match[2])),
        ),
        (r"has (?:an?|some) ([a-z][a-z' -]*)", "thing", lambda match: match[1]),
        (r"is named ([a-z][a-z'-]*)", "name", lambda match: match[1]),
        (r"is watching a movie from (\d{4})", "film", lambda match: int(match[1])),
        (r"is currently in ([a-z][a-z' .-]*)", "place", lambda match: match[1]),
        (rf"is {_AGE} old", "age", lambda match: _age(match, 1)),
        (rf"was born {_AGE} ago", "age", lambda match: _age(match, 1)),
        (rf"will turn {_AGE} old in a few minutes", "age", lambda match: _age(match, 1)),
        (r"is an? ([a-z][a-z' -]*)", "job", lambda match: match[1]),
    )
)
