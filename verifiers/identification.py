"""Whether P(y | do(x), z) is identified on a causal diagram, and by what: the ID and IDC algorithms, line by line.

Shpitser & Pearl (2006a, AAAI, figure 3) and (2006b, UAI, figure 5), complete by their theorems: where ID fails it names
a hedge, and then two models on the diagram agree on everything seen and differ on the query.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from reasonlab.language.probability import Event, Expression, Figure, Operation, Probability, Sum, Variable
from reasonlab.verifiers.diagrams import Diagram

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Hedge(Exception):
    """Two sets, each tied together by unseen causes, the smaller in the larger, that rule out every estimand."""

    larger: Names
    smaller: Names

    def __str__(self) -> str:
        large, small = (", ".join(sorted(each)) for each in (self.larger, self.smaller))
        return f"{{{large}}} over {{{small}}} is a hedge"


@dataclass(frozen=True, slots=True)
class _Distribution:
    """A distribution over `names`, the product of the factors; the observed one has none written down yet."""

    names: tuple[str, ...]  # causes first
    factors: tuple[Expression, ...] | None = None

    def of(self, names: Collection[str]) -> Expression:
        """The marginal of some of its variables."""
        if self.factors is None:
            return Probability(_events(name for name in self.names if name in names)) if names else Figure("1")
        return _sum((name for name in self.names if name not in names), _product(self.factors))

    def given(self, name: str, before: Collection[str]) -> Expression:
        """The conditional of a variable."""
        if self.factors is None:
            return Probability(_events([name]), _events(each for each in self.names if each in before))
        below = self.of(before)
        above = self.of({name, *before})
        return above if below == Figure("1") else Operation("/", above, below)


def estimand(diagram: Diagram, outcome: Names, treatment: Names, condition: Names) -> Expression:
    """An expression of observed probabilities that is P(outcome | do(treatment), condition). Raises Hedge."""
    for name in sorted(condition):  # IDC, line 1: rule 2 of do-calculus turns seeing into doing
        rest = condition - {name}
        changed = diagram.cut(into=treatment, out_of=[name])
        if changed.open_way([name], outcome, treatment | rest) is None:
            return estimand(diagram, outcome, treatment | {name}, rest)
    observed = _Distribution(diagram.order)
    joint = _identify(outcome | condition, treatment, observed, diagram)  # IDC, line 2
    if not condition:
        return joint
    return Operation("/", joint, _sum(sorted(outcome), joint))


def _identify(outcome: Names, treatment: Names, seen: _Distribution, diagram: Diagram) -> Expression:
    everything = frozenset(diagram.parents)
    if not treatment:  # line 1
        return seen.of(outcome)
    relevant = diagram.ancestors(outcome)
    if relevant != everything:  # line 2
        kept = tuple(name for name in seen.names if name in relevant)
        smaller = _Distribution(kept, None if seen.factors is None else (seen.of(relevant),))
        return _identify(outcome, treatment & relevant, smaller, diagram.within(relevant))
    idle = everything - treatment - diagram.cut(into=treatment).ancestors(outcome)
    if idle:  # line 3
        return _identify(outcome, treatment | idle, seen, diagram)
    pieces = diagram.within(everything - treatment).districts()
    if len(pieces) > 1:  # line 4
        factors = [_identify(piece, everything - piece, seen, diagram) for piece in pieces]
        return _sum((name for name in seen.names if name not in outcome | treatment), _product(factors))
    (piece,) = pieces
    districts = diagram.districts()
    if len(districts) == 1:  # line 5
        raise Hedge(everything, piece)
    home = next(district for district in districts if piece <= district)
    order = [name for name in seen.names if name in everything]
    conditionals = tuple(seen.given(name, order[: order.index(name)]) for name in order if name in home)
    if piece == home:  # line 6
        return _sum((name for name in order if name in piece - outcome), _product(conditionals))
    local = _Distribution(tuple(name for name in order if name in home), conditionals)  # line 7
    return _identify(outcome, treatment & home, local, diagram.within(home))


def _events(names: Iterable[str]) -> tuple[Event, ...]:
    return tuple(Event(Variable(name), name) for name in names)


def _product(factors: Sequence[Expression]) -> Expression:
    return reduce(lambda left, right: Operation("*", left, right), factors)


def _sum(names: Iterable[str], body: Expression) -> Expression:
    bound = tuple((name, name) for name in names)
    return Sum(bound, body) if bound else body
