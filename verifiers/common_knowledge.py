"""Numbers that a problem may leave unsaid because everybody knows them, each with its reason and its words.

An entry counts only where one of its words occurs in the problem or in the steps so far: 7 is common knowledge where
weeks are spoken of, and a number from nowhere in a problem about eggs. The table is small on purpose. What has to be
looked up, counted out of a list or estimated is not in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# how many of the second make one of the first
CONVERSIONS: dict[tuple[str, str], int] = {
    ("minute", "second"): 60,
    ("hour", "minute"): 60,
    ("hour", "second"): 3600,
    ("day", "hour"): 24,
    ("week", "day"): 7,
    ("year", "month"): 12,
    ("year", "week"): 52,
    ("year", "day"): 365,
    ("decade", "year"): 10,
    ("century", "year"): 100,
    ("foot", "inch"): 12,
    ("yard", "foot"): 3,
    ("yard", "inch"): 36,
    ("mile", "foot"): 5280,
    ("mile", "yard"): 1760,
    ("centimeter", "millimeter"): 10,
    ("meter", "centimeter"): 100,
    ("meter", "millimeter"): 1000,
    ("kilometer", "meter"): 1000,
    ("gram", "milligram"): 1000,
    ("kilogram", "gram"): 1000,
    ("ton", "kilogram"): 1000,
    ("ton", "pound"): 2000,
    ("pound", "ounce"): 16,
    ("liter", "milliliter"): 1000,
    ("gallon", "quart"): 4,
    ("gallon", "pint"): 8,
    ("gallon", "cup"): 16,
    ("gallon", "ounce"): 128,
    ("quart", "pint"): 2,
    ("quart", "cup"): 4,
    ("quart", "ounce"): 32,
    ("pint", "cup"): 2,
    ("pint", "ounce"): 16,
    ("cup", "ounce"): 8,
    ("cup", "tablespoon"): 16,
    ("tablespoon", "teaspoon"): 3,
    ("dollar", "cent"): 100,
    ("dollar", "penny"): 100,
    ("dollar", "nickel"): 20,
    ("dollar", "dime"): 10,
    ("dollar", "quarter"): 4,
    ("quarter", "cent"): 25,
    ("dime", "cent"): 10,
    ("nickel", "cent"): 5,
}

_UNITS = frozenset(name for pair in CONVERSIONS for name in pair)
_ALIASES = {
    **dict.fromkeys(("s", "sec"), "second"),
    **dict.fromkeys(("min",), "minute"),
    **dict.fromkeys(("h", "hr", "hourly"), "hour"),
    **dict.fromkeys(("daily", "everyday"), "day"),
    **dict.fromkeys(("weekly",), "week"),
    **dict.fromkeys(("monthly",), "month"),
    **dict.fromkeys(("yearly", "annual", "annually", "yr"), "year"),
    **dict.fromkeys(("feet", "ft"), "foot"),
    **dict.fromkeys(("yd",), "yard"),
    **dict.fromkeys(("mi",), "mile"),
    **dict.fromkeys(("mm", "millimetre"), "millimeter"),
    **dict.fromkeys(("cm", "centimetre"), "centimeter"),
    **dict.fromkeys(("m", "metre"), "meter"),
    **dict.fromkeys(("km", "kilometre"), "kilometer"),
    **dict.fromkeys(("mg",), "milligram"),
    **dict.fromkeys(("g", "gramme"), "gram"),
    **dict.fromkeys(("kg", "kilo"), "kilogram"),
    **dict.fromkeys(("tonne",), "ton"),
    **dict.fromkeys(("lb",), "pound"),
    **dict.fromkeys(("oz",), "ounce"),
    **dict.fromkeys(("ml", "millilitre"), "milliliter"),
    **dict.fromkeys(("l", "litre"), "liter"),
    **dict.fromkeys(("tbsp",), "tablespoon"),
    **dict.fromkeys(("tsp",), "teaspoon"),
    **dict.fromkeys(("$", "buck"), "dollar"),
    **dict.fromkeys(("¢",), "cent"),
    **dict.fromkeys(("pennies",), "penny"),
    **dict.fromkeys(("centuries",), "century"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """Numbers that the words call to mind, and why; without words they always count."""

    numbers: tuple[Fraction, ...]
    words: frozenset[str]
    why: str


def _fact(numbers: str, words: str, why: str) -> Fact:
    return Fact(tuple(Fraction(each) for each in numbers.split()), frozenset(words.split()), why)


FACTS: tuple[Fact, ...] = (
    _fact("0", "", "nothing"),
    _fact("1", "", "one thing, and the whole of it"),
    _fact(
        "2",
        "pair couple both twice double doubled doubling twin duo half halve halves forth round-trip roundtrip",
        "a pair of things, there and back, half of something",
    ),
    _fact("100 1/100", "% percent percentage per-cent", "percent are hundredths"),
    _fact("12", "dozen", "a dozen"),
    _fact("1/2", "half halve halves middle", "half of something"),
    _fact("7", "week weekly", "days in a week"),
    _fact("5", "weekday workweek", "weekdays in a week"),
    _fact("2", "weekend", "days of a weekend"),
    _fact("14 2", "fortnight biweekly", "days and weeks in a fortnight"),
    _fact("4", "month monthly", "weeks in a month, as is usually reckoned"),
    _fact("30 31", "month monthly", "days in a month"),
    _fact("12", "month monthly year yearly annual annually", "months in a year"),
    _fact("52 365 366", "year yearly annual annually", "weeks and days in a year"),
    _fact("30", "april june september november", "days in the month"),
    _fact("31", "january march may july august october december", "days in the month"),
    _fact("28 29", "february", "days in the month"),
    _fact("24", "day daily hour hourly o'clock noon midnight", "hours in a day"),
    _fact("12", "noon midnight", "hours from midnight to noon"),
    _fact("60", "hour hourly minute second", "minutes in an hour, seconds in a minute"),
    _fact("4", "quarter fourth square rectangle rectangular", "quarters of a whole, sides of a square or a rectangle"),
    _fact("1/4", "quarter", "a quarter of a whole"),
    _fact("3", "triangle triangular triple thrice", "sides of a triangle, three times"),
    _fact("6", "cube", "faces of a cube"),
    _fact("90 180 360", "degree angle", "degrees of a right angle, a triangle or a half-turn, and a full turn"),
    _fact("25 1/4", "quarter quarters", "cents in the coin"),
    _fact("10 1/10", "dime", "cents in the coin"),
    _fact("5 1/20", "nickel", "cents in the coin"),
    _fact("1 1/100", "penny pennies cent", "a cent, of a dollar"),
    _fact("100 1/100", "cent penny pennies ¢", "cents in a dollar"),
    _fact("1000", "thousand", "a thousand"),
    _fact("2", "even odd", "even numbers are those that 2 divides"),
    _fact("2", "arm leg hand eye ear foot shoe sock glove earring parent", "of each one has two"),
    _fact("2", "bicycle bike", "wheels"),
    _fact("3", "tricycle", "wheels"),
    _fact("4", "car truck vehicle", "wheels"),
    _fact("4", "dog cat cow horse sheep pig goat table chair", "legs"),
)

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|[%$¢]")


def words_of(text: str) -> frozenset[str]:
    """The words of a text as entries are called by: lower case, and each plural in the singular as well."""
    found = {word.lower().replace("’", "'") for word in _WORD.findall(text)}
    parts = {part for word in found for part in word.split("-")}
    return frozenset(singular for word in found | parts for singular in (word, unit(word), word.removesuffix("s")))


def unit(word: str) -> str:
    """The unit that a word is, in the singular and in its full name; any other word in the singular."""
    word = word.lower()
    for stem in (word, word.removesuffix("s"), word.removesuffix("es")):
        if stem in _ALIASES:
            return _ALIASES[stem]
        if stem in _UNITS:
            return stem
    return word.removesuffix("s")


def is_unit(word: str) -> bool:
    """Whether a word is a unit of the table."""
    return unit(word) in _UNITS


def _kinds() -> dict[str, str]:
    """Units that measure the same are of one kind, which one of them names."""
    kinds = {name: name for name in _UNITS}
    for one, two in (*CONVERSIONS, ("meter", "foot"), ("liter", "gallon")):
        kinds = {name: kinds[one] if kind == kinds[two] else kind for name, kind in kinds.items()}
    return kinds


_KINDS = _kinds()
_MONEY = _KINDS["dollar"]


def kind_of_unit(name: str) -> str:
    """The kind of a unit of the table: "money" for that of dollars; for another word itself."""
    kind = _KINDS.get(name, name)
    return "money" if kind == _MONEY else kind


def conversion(larger: str, smaller: str) -> Fraction | None:
    """How many of one unit make one of the other; None where that is not common knowledge."""
    if (factor := CONVERSIONS.get((larger, smaller))) is not None:
        return Fraction(factor)
    if (factor := CONVERSIONS.get((smaller, larger))) is not None:
        return Fraction(1, factor)
    return None


def known_numbers(words: frozenset[str]) -> dict[Fraction, str]:
    """The numbers that everybody knows where these words are spoken of, and why."""
    known: dict[Fraction, str] = {}
    for fact in FACTS:
        if not fact.words or not fact.words.isdisjoint(words):
            for number in fact.numbers:
                known.setdefault(number, fact.why)
    for (larger, smaller), factor in CONVERSIONS.items():
        if larger in words and smaller in words:
            known.setdefault(Fraction(factor), f"one {larger} is {factor} of the unit {smaller}")
    return known
