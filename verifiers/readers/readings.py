"""What an equation of a text claims. Where prose can be read in several ways, the first reading that holds is taken,
and if none does, the plainest: an error is only charged to a text that no reading makes true.

- `20%` is 20/100, or 20 points: `6 / 10 * 100 = 60%`.
- A side that is one decimal, or one percentage, may be rounded: `10 / 3 = 3.33` claims that 10 / 3 rounds to 3.33. What
  it is computed from is exact, and so is a whole number: `10 / 3 = 3` is false. After "≈" a whole number is rounded,
  too, and `16.66...` is cut off.
- Quantities of one kind are taken in one unit: `4 pounds - 6 ounces = 58 ounces` is `4 * 16 - 6 = 58`, and
  `1.5 years = 18 months` is `1.5 * 12 = 18`.
- A lone quantity before the first `=` may only name what is worked out, as in `3 trips = 3 * 2 = 6 hours`. So may a
  lone quantity in another unit than the one before it. It is a claim where it is true.
- A fraction that is *said* to equal something (`1/3 is equal to 20 / 2`) names a part of it.
- An equation with variables is a supposition (`reasonlab.language.naming`), or follows from earlier ones.
"""

from __future__ import annotations

import operator as order
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from reasonlab.language.claims import Claim, Compare, Equal
from reasonlab.language.errors import ParseError, ResourceLimit, quote
from reasonlab.language.naming import Suppose
from reasonlab.language.nearness import Near
from reasonlab.language.relations import Relation, System
from reasonlab.language.terms import Binary, Number, Term, evaluate, number_term, parse_term
from reasonlab.verifiers.common_knowledge import conversion, unit
from reasonlab.verifiers.readers import ambiguities
from reasonlab.verifiers.readers.ambiguities import MONEY
from reasonlab.verifiers.readers.equations import Equation, Quantity, Side, Unread, equations_of
from reasonlab.verifiers.readers.prose import ASSIGNED, EQUALS

Reading = Callable[[Quantity, str], str]  # the number as a term writes it; the unit that the equation ends in


def _hundredths(quantity: Quantity, result: str) -> str:
    return f"({quantity.number} / 100)" if quantity.percent else _points(quantity, result)


def _points(quantity: Quantity, result: str) -> str:
    return f"({quantity.number} * {quantity.scale})" if quantity.scale else quantity.number


def _in_one_unit(quantity: Quantity, result: str) -> str:
    here = _unit_of_quantity(quantity)
    factor = conversion(here, result) if here != result else None
    if factor is None:
        return _hundredths(quantity, result)
    number = _points(quantity, result)
    return f"({number} * {factor})" if factor > 1 else f"({number} / {1 / factor})"


def _unscaled(quantity: Quantity, result: str) -> str:
    return f"({quantity.number} / 100)" if quantity.percent else quantity.number


_ORDER: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": order.lt, "<=": order.le, ">": order.gt, ">=": order.ge, "!=": order.ne,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A place of a line where an equation stands: its claims, or why it has none (`reason` None: it only names).

    `holds`: whether the claims are true as far as numbers alone tell.
    """

    claims: tuple[Claim, ...]
    reason: str | None
    start: int
    end: int
    holds: bool = False


def read_line(line: str, names: Collection[str] = ()) -> list[Found]:
    """What the equations of a line claim, in order. `names`: letters that are unknowns in the text around it."""
    strict = equations_of(line, names=names)
    found: list[Found] = []
    taken = 0
    for equation in equations_of(line, loose=True, names=names):
        if equation in strict or not isinstance(equation, Equation):
            continue
        read = _found(equation, only_if_true=True)
        if read is not None and read.claims:
            before = [each for each in strict if taken <= each.start and each.end <= equation.start]
            found += [one for each in before if (one := _found(each))]
            found.append(read)
            taken = equation.end
    found += [one for each in strict if each.start >= taken and (one := _found(each))]
    return _alternatives(line, found)


def _alternatives(line: str, found: Sequence[Found]) -> list[Found]:
    """The same with `x = 2 or x > 3` made one claim: that one of the two holds."""
    merged: list[Found] = []
    for one in found:
        last = merged[-1] if merged else None
        between = line[last.end : one.start].strip(" ,").lower() if last is not None else ""
        cases = [case for each in (last, one) if each is not None for case in _cases(each)]
        if last is not None and between == "or" and len(cases) > 1 and all(cases):
            merged[-1] = Found((System(tuple(cases)),), None, last.start, one.end)
        else:
            merged.append(one)
    return merged


def _cases(found: Found) -> list[tuple[Relation, ...]]:
    """The cases of what was found; one without relations if it is nothing that could be an alternative."""
    if len(found.claims) == 1 and isinstance(found.claims[0], System):
        return list(found.claims[0].cases)
    if len(found.claims) == 1 and isinstance(found.claims[0], Suppose):
        sides, operator = found.claims[0].sides, found.claims[0].operator
        return [(Equal(sides) if operator == "=" else Compare(sides[0], operator, sides[1]),)]
    return [()]


def _found(equation: Equation | Unread, *, only_if_true: bool = False) -> Found | None:
    if isinstance(equation, Unread):
        return Found((), f"not understood as an equation: {quote(equation.text)}", equation.start, equation.end)
    try:
        claims, holds = claims_of(equation)
    except ParseError as error:
        return Found((), str(error), equation.start, equation.end)
    return Found(tuple(claims), None, equation.start, equation.end, holds) if holds or not only_if_true else None


def claims_of(equation: Equation, *, names: bool = True) -> tuple[list[Claim], bool]:
    """The claims of an equation, and whether they are true as far as numbers tell.

    `names`: whether sides may be names, which claim nothing. Raises ParseError outside the grammar.
    """
    if ASSIGNED in equation.signs:
        raise ParseError("the sign may not be a relation")
    if equation.modulus is not None or "≡" in equation.signs:
        return _congruences(equation)
    if any(side.variables for side in equation.sides):
        if (why := ambiguities.of_unknowns(equation)) is not None:
            raise ParseError(why)
        return _suppositions(equation), False
    claims, holds = _numeric(equation, names)
    if not holds and (why := ambiguities.of_numbers(equation)) is not None:
        raise ParseError(why)
    return claims, holds


def _numeric(equation: Equation, names: bool) -> tuple[list[Claim], bool]:
    """The claims of an equation between numbers by the first reading that holds, else by the plainest."""
    found = [_links(equation, reading, names) for reading in _admitted(equation)]
    whole = [links for links in found if all(link.holds for link in links)]
    links = min(whole, key=lambda links: sum(link.claim is None for link in links)) if whole else None
    links = links or _links(equation, _hundredths, names)
    return _joined([link.claim for link in links if link.claim is not None]), bool(whole)


def _admitted(equation: Equation) -> list[Reading]:
    """The readings under which the equation may be held true."""
    if ambiguities.percent_of_what(equation):
        return []
    readings: list[Reading] = [] if ambiguities.mixes_units(equation) else [_hundredths]
    if readings and ambiguities.in_points(equation):
        readings.append(_points)
    if ambiguities.convertible(equation):
        readings.append(_in_one_unit)
    if readings and ambiguities.counted_by_the_scale(equation):
        readings.append(_unscaled)
    return readings


def _joined(claims: Sequence[Claim]) -> list[Claim]:
    """The claims with equalities made one where each begins with what the last one ends with."""
    joined: list[Claim] = []
    for claim in claims:
        last = joined[-1] if joined else None
        if isinstance(claim, Equal) and isinstance(last, Equal) and _continues(last, claim):
            joined[-1] = Equal((*last.terms, *claim.terms[1:]), claim.modulus)
        else:
            joined.append(claim)
    return joined


def _continues(one: Equal, two: Equal) -> bool:
    return one.terms[-1] == two.terms[0] and one.modulus == two.modulus


def _congruences(equation: Equation) -> tuple[list[Claim], bool]:
    """The claims of an equation with a modulus; beside "≡" a "=" is exact."""
    if equation.modulus is None or equation.modulus < 2:
        raise ParseError("a congruence needs a modulus")
    if any(side.variables for side in equation.sides):
        raise ParseError("a congruence between unknowns is not read")
    terms = [term_of(side) for side in equation.sides]
    exact = "≡" in equation.signs
    claims: list[Claim] = []
    for pair, sign in zip(pairwise(terms), equation.signs):
        claims.append(Equal(pair, None if exact and sign != "≡" else equation.modulus))
    return _joined(claims), all(_is_true(claim) for claim in claims)


def _is_true(claim: Claim) -> bool:
    try:
        return isinstance(claim, Equal) and len({evaluate(term, modulus=claim.modulus) for term in claim.terms}) == 1
    except (ZeroDivisionError, ResourceLimit):
        return False


@dataclass(frozen=True, slots=True)
class _Link:
    """Two neighbouring sides: what they claim, if anything, and whether that is true."""

    claim: Claim | None
    holds: bool


def term_of(side: Side, reading: Reading = _hundredths, *, result: str = "") -> Term:
    """The term that a side is under a reading. Raises ParseError."""
    return parse_term(_text(side, reading, result))


def in_points(side: Side) -> str:
    """The side as text, with its percentages as points."""
    return _text(side, _points, "")


def _text(side: Side, reading: Reading, result: str) -> str:
    return " ".join(part if isinstance(part, str) else reading(part, result) for part in side.parts)


def _suppositions(equation: Equation) -> list[Claim]:
    if "~" in equation.signs:
        return []
    terms = [term_of(side) for side in equation.sides]
    if set(equation.signs) <= {"=", EQUALS}:
        return _without_rounding(equation.sides, terms)
    signs = ("=" if sign == EQUALS else sign for sign in equation.signs)
    return [Suppose((terms[i], terms[i + 1]), sign) for i, sign in enumerate(signs)]


def _without_rounding(sides: Sequence[Side], terms: Sequence[Term]) -> list[Claim]:
    """The supposition that a chain makes, cut where a number is rounded from the one before: `x = 10 / 3 = 3.33`."""
    claims: list[Claim] = []
    start = 0
    for index in range(1, len(terms)):
        numbers = not (sides[index - 1].variables or sides[index].variables)
        if numbers and _value(terms[index - 1]) != _value(terms[index]):
            rounded = _rounded(sides[index - 1 : index + 1], terms[index - 1 : index + 1], about=False)
            if rounded is not None:
                claims += [Suppose(tuple(terms[start:index]))] if index - start > 1 else []
                claims.append(rounded)
                start = index
    return [*claims, Suppose(tuple(terms[start:]))] if len(terms) - start > 1 else claims


def _links(equation: Equation, reading: Reading, names: bool) -> list[_Link]:
    result = next(filter(None, map(_unit, reversed(equation.sides))), "")
    terms = [term_of(side, reading, result=result) for side in equation.sides]
    return [
        _link(
            equation.sides[i : i + 2],
            terms[i : i + 2],
            sign,
            first=i == 0,
            names=names,
            dropped=reading is not _in_one_unit,
        )
        for i, sign in enumerate(equation.signs)
    ]


def _link(sides: Sequence[Side], terms: Sequence[Term], sign: str, *, first: bool, names: bool, dropped: bool) -> _Link:
    """What two neighbouring sides claim. `dropped`: their units were left out."""
    left, right = (_value(term) for term in terms)
    if sign not in ("=", "==", "~", EQUALS):
        return _Link(Compare(terms[0], sign, terms[1]), left is None or right is None or _ORDER[sign](left, right))
    equal = Equal(tuple(terms))
    if (
        left is None
        or right is None
        or (left == right and not (dropped and ambiguities.between(sides[0], sides[1], sides)))
    ):
        return _Link(equal, True)
    if (rounded := _rounded(sides, terms, about=sign == "~")) is not None:
        return _Link(rounded, True)
    if (converted := _converted(sides, terms)) is not None:
        return _Link(converted, True)
    if names and (_only_names(sides, first=first) or (sign == EQUALS and _is_part(terms[0]))):
        return _Link(None, True)
    return _Link(equal, False)


def _converted(sides: Sequence[Side], terms: Sequence[Term]) -> Equal | None:
    """The claim that both sides are the same in different units, if that is true."""
    one, two = map(_unit, sides)
    factor = conversion(one, two) if one != two else None
    if factor is None:
        return None
    if factor > 1:
        scaled = Equal((Binary("*", terms[0], number_term(factor)), terms[1]))
    else:
        scaled = Equal((Binary("/", terms[0], number_term(1 / factor)), terms[1]))
    return scaled if _value(scaled.terms[0]) == _value(scaled.terms[1]) else None


def _is_part(term: Term) -> bool:
    """Whether a term is a number, or a fraction of one."""
    if not isinstance(term, Binary) or term.operator != "/":
        return isinstance(term, Number)
    above, below = term.left, term.right
    return isinstance(above, Number) and isinstance(below, Number) and above.value < below.value


def _value(term: Term) -> Fraction | None:
    try:
        return evaluate(term)
    except (ZeroDivisionError, ResourceLimit):
        return None


def _only_names(sides: Sequence[Side], *, first: bool) -> bool:
    """Whether one side may be another name, or another unit, of the other."""
    one, two = (side.lone for side in sides)
    if one is None:
        return False
    if first and (one.unit or one.percent or one.currency or sides[0].named):
        return True
    return two is not None and "" != _unit(sides[0]) != _unit(sides[1]) != ""


def _unit(side: Side) -> str:
    """The unit that a side is in: that of its last quantity, in the singular."""
    units = [_unit_of_quantity(part) for part in side.parts if isinstance(part, Quantity)]
    return next(filter(None, reversed(units)), "")


def _unit_of_quantity(quantity: Quantity) -> str:
    words = [word for word in quantity.unit if word not in ("a", "an", "of", "the")]
    return unit(words[0]) if words else MONEY.get(quantity.currency, "")


def _rounded(sides: Sequence[Side], terms: Sequence[Term], *, about: bool) -> Near | None:
    """The claim that one side is rounded from the other, if that is true of one of them."""
    for here in (1, 0):
        lone = sides[here].lone
        if lone is None or not lone.number.replace(".", "", 1).isdigit():
            continue
        other = terms[1 - here]
        if "." in lone.number or lone.percent:
            decimal = _as_decimal(lone)
            if lone.cut and _cut_off(other, terms[here], _unit_of(decimal)):
                return Near(other, terms[here], _unit_of(decimal))
            if _near(other, terms[here], _unit_of(decimal)):
                return Near(other, terms[here], _unit_of(decimal) / 2)
        elif about and _near(other, terms[here], _unit_of(lone.number)):
            return Near(other, terms[here], _unit_of(lone.number) / 2)
    return None


def _as_decimal(quantity: Quantity) -> str:
    """The number as a decimal: 33% is 0.33 and 12.5% is 0.125, since their last places are what was rounded."""
    if not quantity.percent:
        return quantity.number
    whole, _, places = quantity.number.partition(".")
    digits = whole.rjust(3, "0")
    return f"{digits[:-2]}.{digits[-2:]}{places}"


def _unit_of(number: str) -> Fraction:
    """The unit of the last written place; of a whole number the last digit that is not 0."""
    _, point, places = number.partition(".")
    if point:
        return Fraction(1, 10 ** len(places))
    return Fraction(10 ** (len(number) - len(number.rstrip("0")))) if number.strip("0") else Fraction(1)


def _near(one: Term, two: Term, unit: Fraction) -> bool:
    left, right = _value(one), _value(two)
    return left is not None and right is not None and abs(left - right) <= unit / 2


def _cut_off(one: Term, two: Term, unit: Fraction) -> bool:
    left, right = _value(one), _value(two)
    return left is not None and right is not None and 0 <= left - right < unit
