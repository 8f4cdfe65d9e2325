"""Probabilities as polynomials in moments: an equation between them holds in every model on a diagram if it is one of
polynomials.

A *moment* is the probability that some responses (`counterfactuals`) are all 1. Responses of variables that no unseen
cause ties together, directly or through others among them, are independent: the moment is a product. The others are
taken as unknowns. Whatever the model (whatever values the unseen causes take, however many), it gives its moments these
values, so an identity of the polynomials is a proof. The converse is left to `models`: a model where it fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from reasonlab.verifiers.counterfactuals import Response, Responses
from reasonlab.verifiers.diagrams import Diagram
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.polynomials import Polynomial, constant, multiply
from reasonlab.verifiers.quotients import Quotient, number

SEPARATOR = " & "  # between the responses of a moment
MAX_ZEROS = 8  # responses of one district that are 0: each doubles what has to be written out


class Moments:
    """The measure whose values are quotients of polynomials in moments."""

    def __init__(self, diagram: Diagram, meter: Meter) -> None:
        self.diagram, self.meter = diagram, meter

    @property
    def cost(self) -> int:
        return 8

    def number(self, text: str) -> Quotient:
        return number(Fraction(text), self.meter)

    def conjunction(self, responses: Responses) -> Quotient:
        total = constant(1)
        for group in self._tied(responses):
            total = multiply(total, self._district({each: responses[each] for each in group}), self.meter)
        return Quotient(total, self.meter)

    def _district(self, responses: Responses) -> Polynomial:
        """By inclusion and exclusion: a response that is 0 is everything less where it is 1."""
        ones = [response for response, value in responses.items() if value]
        zeros = [response for response, value in responses.items() if not value]
        within(len(zeros), MAX_ZEROS, "responses tied together by unseen causes")
        total: Polynomial = {}
        self.meter.spend(len(responses) << len(zeros))
        for pattern in range(2 ** len(zeros)):
            extra = [response for place, response in enumerate(zeros) if pattern >> place & 1]
            groups = self._tied([*ones, *extra])
            monomial = tuple(sorted((_name(group), 1) for group in groups))
            total[monomial] = total.get(monomial, 0) + (-1) ** len(extra)
        return total

    def _tied(self, responses: Iterable[Response]) -> list[list[Response]]:
        """The responses in groups that are independent of each other."""
        names = sorted({name for name, _ in responses})
        if not any(self.diagram.siblings[name] for name in names):
            return [[each for each in responses if each[0] == name] for name in names]
        districts = self.diagram.within(names).districts()
        return [[each for each in responses if each[0] in district] for district in districts]


def _name(responses: Iterable[Response]) -> str:
    """The name of a moment, the same for the same responses."""
    return SEPARATOR.join(
        sorted(f"{name}[{', '.join(f'{parent}={value}' for parent, value in world)}]" for name, world in responses)
    )
