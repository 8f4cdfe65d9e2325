"""Whether two expressions are equal in every positive model on a causal diagram: refuted by a model, proved by algebra.

1. Both sides are computed exactly in a few models with rational numbers (`models`), for all values left open. Where
   they differ, the equation is refuted, and the model is the witness.
2. Else both are written as quotients of polynomials in the moments of an arbitrary model (`moments`), and the equation
   holds iff their difference is zero as a polynomial, for all values left open.
A side that is undefined (a condition that is impossible) makes the equation undefined. `values` in a finding are those
of the names left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.probability import Expression, free_values, variables
from reasonlab.verifiers.counterfactuals import Evaluator
from reasonlab.verifiers.diagrams import Diagram
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.models import Model, models
from reasonlab.verifiers.moments import Moments

FIRST, ALL = 4, 40  # models tried before the proof, and where the proof fails


@dataclass(frozen=True, slots=True)
class Difference:
    """A model in which the sides differ, and their values there."""

    model: Model
    values: dict[str, int]
    left: Fraction
    right: Fraction


def difference(diagram: Diagram, left: Expression, right: Expression, meter: Meter) -> Difference | None:
    """A model in which the sides differ, or None: then they are equal in every positive model.

    Raises:
        ZeroDivisionError: a side is undefined in every model.
        ResourceLimit: it was not found out.
    """
    # Nothing that is no cause of a variable in question, done or seen, makes a difference to it.
    diagram = diagram.within(diagram.ancestors(variables(left) | variables(right)))
    if (found := _in_models(diagram, left, right, 0, FIRST, meter)) is not None:
        return found
    if _proved(diagram, left, right, meter):
        return None
    if (found := _in_models(diagram, left, right, FIRST, ALL, meter)) is not None:
        return found
    raise ResourceLimit(f"no proof, and the sides agree in {ALL} models")


def _in_models(
    diagram: Diagram, left: Expression, right: Expression, first: int, last: int, meter: Meter
) -> Difference | None:
    for index, model in enumerate(models(diagram, last)):
        if index < first:
            continue
        evaluator = Evaluator(model, meter)
        for values in assignments(left, right):
            try:
                one, two = evaluator.value(left, values), evaluator.value(right, values)
            except ZeroDivisionError:  # of this model, perhaps: the proof finds out whether of all
                continue
            if one != two:
                return Difference(model, values, one, two)
    return None


def _proved(diagram: Diagram, left: Expression, right: Expression, meter: Meter) -> bool:
    evaluator = Evaluator(Moments(diagram, meter), meter)
    return all(
        not (evaluator.value(left, values) - evaluator.value(right, values)).numerator
        for values in assignments(left, right)
    )


def assignments(*expressions: Expression) -> Iterator[dict[str, int]]:
    """All values of the names that the expressions leave open, ones first."""
    names = sorted(set().union(*(free_values(each) for each in expressions)))
    for values in product((1, 0), repeat=len(names)):
        yield dict(zip(names, values))
