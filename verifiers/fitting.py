"""Models that agree with all data: where two of them make a claim true and false, nothing follows.

The probabilities of a model are moved one at a time, each to where the data and a wished-for value of the quantity are
met best (least squares; every probability that a datum is made of enters it linearly, once multiplied out). What comes
out is rounded to fractions and checked exactly, so only the search is floating point: a model found is a proof, and one
that is not found proves nothing. Unseen causes take the values 0 and 1 here; responses to different values are
independent. The starts are always the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from reasonlab.language.probability import Expression
from reasonlab.verifiers.counterfactuals import Evaluator
from reasonlab.verifiers.diagrams import Diagram
from reasonlab.verifiers.intervals import Interval
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.models import Model, unseen
from reasonlab.verifiers.moments import SEPARATOR, Moments
from reasonlab.verifiers.polynomials import Polynomial, multiply
from reasonlab.verifiers.quotients import Quotient

SWEEPS = 12
PARTS = 10**4  # a model's probabilities are rounded to these
LEAST = 0.01  # how close to 0 and 1 they are let
WISHES = (0.4, -0.4, 0.1, -0.1)  # how far from the number in the claim the quantity is to be
SOFT = 0.3  # what the wish counts for, beside the data

Point = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Condition:
    """above / below should be `target`; both are lists of (coefficient, names)."""

    above: list[tuple[float, tuple[str, ...]]]
    below: list[tuple[float, tuple[str, ...]]]
    target: float
    weight: float


@dataclass(frozen=True, slots=True)
class Datum:
    expression: Expression
    interval: Interval


def fits(
    diagram: Diagram, data: Sequence[Datum], quantity: Expression, number: Interval, meter: Meter
) -> Iterator[tuple[Model, Fraction]]:
    """Models on the diagram that agree with all data, and the value of the quantity in each.

    The first ones have it near the number, the others above and below it. Raises ResourceLimit.
    """
    open_diagram = _opened(diagram)
    evaluator = Evaluator(Moments(open_diagram, meter), meter)
    known = [_condition(evaluator.value(each.expression, {}), each.interval, 1.0) for each in data]
    asked = evaluator.value(quantity, {})
    middle = (number.low + number.high) / 2
    names = _parameters(open_diagram)
    for index, wish in enumerate((0.0, *WISHES)):
        goal = Interval(middle + Fraction(str(wish)), middle + Fraction(str(wish)))
        point = _start(names, index)
        if wish:
            _descend([*known, _condition(asked, goal, SOFT)], point, SWEEPS, meter)
            _descend(known, point, 5 * SWEEPS, meter)  # what cannot be had gives way to the data
        else:
            _descend([*known, _condition(asked, goal, 1.0)], point, 6 * SWEEPS, meter)
        model = _model(diagram, point)
        exact = Evaluator(model, meter)
        try:
            if all(exact.value(each.expression, {}) in each.interval for each in data):
                yield model, exact.value(quantity, {})
        except ZeroDivisionError:
            continue


def _opened(diagram: Diagram) -> Diagram:
    """With a variable for every unseen cause."""
    causes = {unseen(pair): pair for pair in diagram.hidden}
    parents = {
        name: (*parents, *(cause for cause, pair in causes.items() if name in pair))
        for name, parents in diagram.parents.items()
    }
    return Diagram({**dict.fromkeys(causes, ()), **parents})


def _parameters(diagram: Diagram) -> list[str]:
    """The names of all its moments of one response."""
    return [
        f"{name}[{', '.join(f'{parent}={value}' for parent, value in zip(diagram.parents[name], values))}]"
        for name in diagram.order
        for values in product((0, 1), repeat=len(diagram.parents[name]))
    ]


def _start(names: Sequence[str], index: int) -> Point:
    """Scattered over the middle of the range, for every index in another way (multiples of the golden ratio)."""
    return {name: 0.2 + 0.6 * ((0.618033988749895 * (place + 1) * (index + 1)) % 1) for place, name in enumerate(names)}


def _condition(quotient: Quotient, interval: Interval, weight: float) -> _Condition:
    below: Polynomial = {(): 1}
    for factor in quotient.denominators:
        below = multiply(below, dict(factor), quotient.meter)
    return _Condition(
        _terms(quotient.numerator), _terms(below), float((interval.low + interval.high) / 2), weight
    )  # fmt: skip


def _terms(polynomial: Polynomial) -> list[tuple[float, tuple[str, ...]]]:
    """Its terms as products of single probabilities."""
    return [
        (float(value), tuple(part for name, power in monomial for part in name.split(SEPARATOR) * power))
        for monomial, value in polynomial.items()
    ]


def _descend(conditions: Sequence[_Condition], point: Point, sweeps: int, meter: Meter) -> None:
    """Move each probability to where its conditions are met best, in turn, so often or until nothing moves."""
    touched: dict[str, list[_Condition]] = {}
    for each in conditions:
        for name in sorted({name for terms in (each.above, each.below) for _, part in terms for name in part}):
            touched.setdefault(name, []).append(each)
    cost = sum(len(each.above) + len(each.below) for mine in touched.values() for each in mine)
    for _ in range(sweeps):
        meter.spend(cost)
        furthest = 0.0
        for name in point:
            if name not in touched:
                continue
            here = point[name]
            errors = [_error(each, point) for each in touched[name]]
            step = 0.01 if here < 0.5 else -0.01
            point[name] = here + step
            slopes = [(_error(each, point) - before) / step for each, before in zip(touched[name], errors)]
            steep = sum(slope * slope for slope in slopes)
            move = -sum(error * slope for error, slope in zip(errors, slopes)) / steep if steep > 1e-12 else 0.0
            point[name] = min(max(here + move, LEAST), 1 - LEAST)
            furthest = max(furthest, abs(point[name] - here))
        if furthest < 1e-4:
            return


def _error(condition: _Condition, point: Point) -> float:
    """How far it is from being met, by its weight."""
    below = _value(condition.below, point)
    error = _value(condition.above, point) - condition.target * below
    return condition.weight * error / below if abs(below) > 1e-9 else 0.0


def _value(terms: Sequence[tuple[float, tuple[str, ...]]], point: Mapping[str, float]) -> float:
    total = 0.0
    for value, names in terms:
        for name in names:
            value *= point[name]
        total += value
    return total


def _model(diagram: Diagram, point: Point) -> Model:
    """The model of these probabilities, as fractions."""
    opened = _opened(diagram)
    chances: dict[str, dict[tuple[int, ...], Fraction]] = {}
    for name in opened.parents:
        parents = opened.parents[name]
        chances[name] = {
            values: Fraction(
                round(point[f"{name}[{', '.join(f'{p}={v}' for p, v in zip(parents, values))}]"] * PARTS), PARTS
            )
            for values in product((0, 1), repeat=len(parents))
        }
    hidden = {pair: chances.pop(unseen(pair))[()] for pair in diagram.hidden}
    return Model(diagram, chances, hidden, coupled=False)
