"""Equations that say more than their numbers, or may be read in another way: what is not to be held true, or false, by
the plain reading.

- Units of one kind that differ (`5 km + 300 m`, `60 km/h * 30 minutes`) may not be dropped, unless the factor between
  them is written, too (`2 hours * 60 = 120 minutes`). Units of unlike kinds only count things.
- `100 + 10%` adds 10, or 0.1.
- Signs in words have no order (`2 plus 3 times 4`), nor has `half of 10 + 4`; `1.200` may be 1200; `0.999...` goes on.
  Such an equation is judged where it holds; where it does not, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from reasonlab.language.errors import ParseError, ResourceLimit
from reasonlab.language.terms import evaluate, parse_term
from reasonlab.verifiers.common_knowledge import CONVERSIONS, conversion, is_unit, kind_of_unit, unit
from reasonlab.verifiers.readers.equations import SPEEDS, UNIT_LETTERS, Equation, Quantity, Side

MONEY = {"$": "dollar", "¢": "cent", "€": "euro", "£": "pound sterling", "¥": "yen", "₹": "rupee"}
_PER = frozenset("per a an each every".split())
_OTHERS = {  # units that are not converted, and what they measure
    **dict.fromkeys(("euro", "yen", "rupee", "peso", "yuan", "franc", "pence"), "money"),
    **dict.fromkeys(("kb", "mb", "gb", "tb", "byte", "bit"), "bytes"),
    **dict.fromkeys(("acre", "hectare", "micrometer"), kind_of_unit("foot")),
}
_NO_PART = frozenset("in of for at from with on by to".split())  # what follows them is about the thing, and no unit


@dataclass(frozen=True, slots=True)
class _Units:
    """The units of the table in which a quantity counts, and those that it is `per`."""

    above: frozenset[str]
    below: frozenset[str]


def _kind(name: str) -> str:
    return "money" if name in MONEY.values() else _OTHERS.get(name) or kind_of_unit(name)


def _units(quantity: Quantity) -> _Units:
    above = {MONEY[quantity.currency]} if quantity.currency in MONEY else set()
    below = {unit(quantity.per)} if quantity.per and is_unit(quantity.per) else set()
    here = above
    for word in (part for words in quantity.unit for part in words.replace("/", " per ").split()):
        if word in _NO_PART:
            break
        if word in _PER and (above or word == "per" or quantity.currency):
            here = below
        elif word in SPEEDS:
            above.add(SPEEDS[word][0])
            below.add(SPEEDS[word][1])
        elif (is_unit(word) and unit(word) != "second") or word in ("seconds", "sec", "s"):
            here.add(unit(word))
        elif word.removesuffix("s") in _OTHERS:
            here.add(word.removesuffix("s"))
    return _Units(frozenset(above), frozenset(below))


def _quantities(sides: Sequence[Side]) -> list[Quantity]:
    return [part for side in sides for part in side.parts if isinstance(part, Quantity)]


def _addends(side: Side) -> list[list[str | Quantity]]:
    """The parts of a side between its plus and minus signs, whatever the brackets."""
    found: list[list[str | Quantity]] = [[]]
    for part in side.parts:
        if isinstance(part, str) and part in "+-":
            found.append([])
        elif part not in ("(", ")"):
            found[-1].append(part)
    return [each for each in found if each]


def _sums(side: Side) -> list[list[list[str | Quantity]]]:
    """The addends of each sum on a side: what brackets hold is a sum of its own, and "()" in the one around it."""
    found: list[list[list[str | Quantity]]] = []
    around: list[list[list[str | Quantity]]] = [[[]]]
    for part in side.parts:
        if part == "(":
            around.append([[]])
        elif part == ")":
            found.append(around.pop())
            around[-1][-1].append("()")
        elif isinstance(part, str) and part in "+-":
            around[-1].append([])
        else:
            around[-1][-1].append(part)
    return [[addend for addend in each if addend] for each in (*found, *around)]


def _above(parts: Sequence[str | Quantity]) -> frozenset[str]:
    return frozenset().union(*(_units(part).above for part in parts if isinstance(part, Quantity)))


def _below(parts: Sequence[str | Quantity]) -> frozenset[str]:
    return frozenset().union(*(_units(part).below for part in parts if isinstance(part, Quantity)))


def _clash(one: frozenset[str], two: frozenset[str], sides: Sequence[Side]) -> bool:
    """Whether there is a unit in `two` that is not in `one`, but of a kind with one there, and no factor is written."""
    for other in two - one:
        for here in one:
            if _kind(here) == _kind(other) and not _factor_is_written(here, other, sides):
                return True
    return False


def _factor_is_written(one: str, two: str, sides: Sequence[Side]) -> bool:
    factor = conversion(one, two)
    numbers = (_number(each) for each in _factors(sides) if _units(each).above <= {one, two})
    return factor is not None and any(number in (factor, 1 / factor) for number in numbers)


def _factors(sides: Sequence[Side]) -> Iterator[Quantity]:
    """The quantities with `*` or `/` beside them."""
    for side in sides:
        parts = [part for part in side.parts if part not in ("(", ")")]
        for index, part in enumerate(parts):
            beside = (*parts[max(0, index - 1) : index], *parts[index + 1 : index + 2])
            if isinstance(part, Quantity) and ("*" in beside or "/" in beside):
                yield part


def _number(quantity: Quantity) -> Fraction | None:
    return Fraction(quantity.number) if quantity.number.replace(".", "", 1).isdigit() else None


def mixes_units(equation: Equation) -> bool:
    """Whether a side adds, or divides by, units of one kind that differ."""
    return any(_mixed(side, equation.sides) for side in equation.sides)


def _mixed(side: Side, sides: Sequence[Side]) -> bool:
    addends = [_above(addend) for addend in _addends(side)]
    if any(_clash(one, two, sides) for one in addends for two in addends if one and two):
        return True
    quantities = _quantities([side])
    elsewhere = frozenset().union(*(_below(other.parts) for other in sides if other is not side))
    for index, quantity in enumerate(quantities):
        for below in _units(quantity).below - elsewhere:
            others = _above(quantities[:index] + quantities[index + 1 :])
            alike = {name for name in others if _kind(name) == _kind(below)}
            if alike and below not in alike and _clash(frozenset(alike), frozenset((below,)), sides):
                return True
    return False


def between(one: Side, two: Side, sides: Sequence[Side]) -> bool:
    """Whether two sides are in different units of one kind."""
    left, right = _above(one.parts), _above(two.parts)
    if left and right and (_clash(left, right, sides) or (len(left) == 1 and _clash(right, left, sides))):
        return True
    open_left = frozenset(name for name in _below(one.parts) if name not in left)
    return bool(open_left) and _clash(open_left, _below(two.parts) - _below(one.parts), sides)


def convertible(equation: Equation) -> bool:
    """Whether every unit of the equation can be taken in that of its result."""
    units = [_units(quantity) for quantity in _quantities(equation.sides)]
    if any(each.below or len(each.above) > 1 for each in units):
        return False
    above = sorted(frozenset().union(*(each.above for each in units)))
    return all(conversion(one, two) for one in above for two in above if one != two and _kind(one) == _kind(two))


def percent_of_what(equation: Equation) -> bool:
    """Whether a percentage is added to something that is none, and not to the whole."""
    for addends in (addends for side in equation.sides for addends in _sums(side)):
        bare = [len(addend) == 1 and isinstance(addend[0], Quantity) and addend[0].percent for addend in addends]
        others = [addend for addend, percent in zip(addends, bare) if not percent]
        if any(bare) and others and any(len(other) > 1 or not _is_whole(other[0], equation) for other in others):
            return True
    return any("off" in quantity.unit for quantity in _quantities(equation.sides))


def _is_whole(part: str | Quantity, equation: Equation) -> bool:
    last = equation.sides[-1].lone
    if not isinstance(part, Quantity):
        return False
    return part.number == "1" or (part.number == "100" and last is not None and last.percent)


def in_points(equation: Equation) -> bool:
    """Whether percentages only stand alone or among themselves, so that they may be counted as points."""
    for side in equation.sides:
        percents = [quantity for quantity in _quantities([side]) if quantity.percent]
        if percents and side.lone is None and any(part in ("*", "/", "^") for part in side.parts):
            return False
    return True


def counted_by_the_scale(equation: Equation) -> bool:
    """Whether `3 dozen` may be three of something that is sold, or counted, by the dozen."""
    quantities = _quantities(equation.sides)
    scales = {quantity.scale for quantity in quantities if quantity.scale}
    last = equation.sides[-1].lone
    others = [quantity.unit for quantity in quantities if not quantity.scale]
    if len(scales) == 1 and last is not None and last.scale and not any(others):
        return True
    if not scales or any(part in ("+", "-") for side in equation.sides for part in side.parts):
        return False
    written = {quantity.number for quantity in quantities}
    return scales <= written or (scales <= {"2", "12"} and any(quantity.currency for quantity in quantities))


def of_numbers(equation: Equation) -> str | None:
    """Why an equation between numbers that does not hold as it was read may hold all the same; None if it cannot."""
    quantities = _quantities(equation.sides)
    if any(side.guess for side in equation.sides):
        return "it can be read in several ways"
    if any(quantity.cut for quantity in quantities):
        return "a number goes on"
    if any(quantity.scale for quantity in quantities):
        return "what it counts is not clear"
    if percent_of_what(equation):
        return "a percentage of what is not clear"
    if not in_points(equation) and _holds(equation, lambda quantity: quantity.number):
        return "percentages or points are not told apart"
    if mixes_units(equation) or any(between(one, two, equation.sides) for one, two in _pairs(equation)):
        return "units of one kind are mixed"
    if _in_another_unit(equation):
        return "the unit of the result is not said"
    if any(_grouped(quantity) != quantity.number for quantity in quantities) and _holds(equation, _grouped):
        return "a point may separate thousands"
    return None


def _in_another_unit(equation: Equation) -> bool:
    """Whether what has no unit is what it equals, counted in another unit: `3/4 hour = 45`."""
    first, last = equation.sides[0], equation.sides[-1]
    if _above(last.parts) or not (units := _above(first.parts)):
        return False
    values = [_value(side) for side in (first, last)]
    if None in values or 0 in values:
        return False
    ratio = values[1] / values[0]  # type: ignore[operator]
    return any({one, two} & units and ratio in (n, Fraction(1, n)) for (one, two), n in CONVERSIONS.items())


def of_unknowns(equation: Equation) -> str | None:
    """Why an equation with unknowns may not say what it seems to; None if it does."""
    quantities = _quantities(equation.sides)
    letters = {part for side in equation.sides for part in side.parts if isinstance(part, str) and part[:1].isalpha()}
    if "==" in equation.signs or _assigns(equation):
        return "it may be an assignment or a test"
    if "i" in letters or any(pair == ("e", "^") for side in equation.sides for pair in pairwise(side.parts)):
        return "a letter may be the name of a number"
    if any(side.guess for side in equation.sides):
        return "it can be read in several ways"
    if any(quantity.cut for quantity in quantities):
        return "a number goes on"
    if any(_bare_percent(side) for side in equation.sides):
        return "a percentage of what is not clear"
    if mixes_units(equation) or any(between(one, two, equation.sides) for one, two in _pairs(equation)):
        return "units of one kind are mixed"
    kinds = {_kind(name) for name in _above(quantities)}
    if any(_kind(unit(letter)) in kinds for letter in letters & UNIT_LETTERS):
        return "a letter may be a unit"
    return None


def _bare_percent(side: Side) -> bool:
    return any(len(addend) == 1 and isinstance(addend[0], Quantity) and addend[0].percent for addend in _addends(side))


def _assigns(equation: Equation) -> bool:
    """Whether the equation begins like `n = n + 1` and goes on with one number."""
    first, second = equation.sides[:2]
    if len(first.parts) != 1 or first.parts[0] != second.parts[0] or not isinstance(first.parts[0], str):
        return False
    return len(second.parts) == 3 and isinstance(second.parts[2], Quantity)


def _pairs(equation: Equation) -> Iterator[tuple[Side, Side]]:
    return zip(equation.sides, equation.sides[1:])


def _grouped(quantity: Quantity) -> str:
    """The number with a point before three digits left out."""
    whole, _, places = quantity.number.partition(".")
    return whole + places if len(places) == 3 and whole.isdigit() and len(whole) < 4 else quantity.number


def _value(side: Side) -> Fraction | None:
    text = " ".join(part if isinstance(part, str) else part.number for part in side.parts)
    try:
        return evaluate(parse_term(text))
    except (ParseError, ZeroDivisionError, ResourceLimit):
        return None


def _holds(equation: Equation, number: Callable[[Quantity], str]) -> bool:
    """Whether all sides are equal with numbers read so."""
    texts = (
        " ".join(part if isinstance(part, str) else number(part) for part in side.parts) for side in equation.sides
    )
    try:
        return len({evaluate(parse_term(text)) for text in texts}) == 1
    except (ParseError, ZeroDivisionError, ResourceLimit):
        return False
