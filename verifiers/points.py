"""Small points: where a solution, or a way for a goal to fail, is looked for before anything dearer is asked.

What is found at a point is certain. What is not found says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product

from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.constraints import Constraint, holds
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.polynomials import Value

MOST = 81  # points

Case = tuple[Constraint, ...]
Point = dict[str, Value]


def satisfiable(constraints: Sequence[Constraint], names: Sequence[str], meter: Meter) -> bool:
    """Whether constraints certainly have a common solution: a point; or, for a single equation, a root between two
    points at which its polynomial has different signs.
    """
    signs = set()
    for point in _points(names, [constraints], meter):
        if _hold(constraints, point):
            return True
        signs.add(_sign(constraints[0], point))
        if len(constraints) == 1 and constraints[0].operator == "=" and len(signs) == 2:
            return True
    return False


def failing(premises: Sequence[Constraint], cases: Sequence[Case], names: Sequence[str], meter: Meter) -> Point | None:
    """A point of the premises at which no case of a goal holds, if at another one some case does: there the goal is
    neither proved nor refuted. None also where that is not seen.
    """
    fails, holding = None, False
    for point in _points(names, [premises, *cases], meter):
        if not _hold(premises, point):
            continue
        if any(_hold(case, point) for case in cases):
            holding = True
        else:
            fails = fails or point
        if holding and fails is not None:
            return fails
    return None


def _points(names: Sequence[str], groups: Iterable[Sequence[Constraint]], meter: Meter) -> Iterator[Point]:
    weight = sum(len(one.polynomial) for group in groups for one in group)
    for values in islice(product((0, 1, -1), repeat=len(names)), MOST):
        meter.spend(weight)
        yield dict(zip(names, values))


def _hold(constraints: Iterable[Constraint], point: Mapping[str, Value]) -> bool:
    return all(holds(_sign(one, point), one.operator) for one in constraints)


def _sign(one: Constraint, point: Mapping[str, Value]) -> int:
    value = poly.value_at(one.polynomial, point)
    return (value > 0) - (value < 0)
