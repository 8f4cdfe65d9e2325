"""Models on a causal diagram, with numbers: where an equation fails, one of them shows it.

A model gives every variable the probability of being 1 under each combination of values of its parents and of its
unseen causes, and says how its responses to different values go together: `coupled` (one draw decides them all: where a
more favourable setting gives 0, so does a less favourable one) or independent. The models tried are always the same, in
the same order, the plainest numbers first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from reasonlab.verifiers.counterfactuals import Responses, World
from reasonlab.verifiers.diagrams import Diagram, Edge
from reasonlab.verifiers.limits import within

MAX_ROWS = 4_096  # numbers in a model
MAX_HIDDEN = 8  # unseen causes


@dataclass(frozen=True)
class Model:
    """A measure. `chances[name][values of parents + values of unseen causes]`; `unseen[pair]`: that it is 1."""

    diagram: Diagram
    chances: Mapping[str, Mapping[tuple[int, ...], Fraction]]
    unseen: Mapping[Edge, Fraction]
    coupled: bool

    @property
    def cost(self) -> int:
        return 16 << len(self.diagram.hidden)

    def number(self, text: str) -> Fraction:
        return Fraction(text)

    def conjunction(self, responses: Responses) -> Fraction:
        touched = [pair for pair in self.diagram.hidden if any(name in pair for name, _ in responses)]
        total = Fraction(0)
        for values in product((0, 1), repeat=len(touched)):
            causes = dict(zip(touched, values))
            weight = Fraction(1)
            for pair, value in causes.items():
                weight *= self.unseen[pair] if value else 1 - self.unseen[pair]
            for name in {name for name, _ in responses}:
                mine = {world: value for (each, world), value in responses.items() if each == name}
                weight *= self._responses(name, mine, causes)
            total += weight
        return total

    def _responses(self, name: str, wanted: Mapping[World, int], causes: Mapping[Edge, int]) -> Fraction:
        hidden = tuple(causes[pair] for pair in self.diagram.hidden if name in pair)
        chance = {world: self.chances[name][(*(value for _, value in world), *hidden)] for world in wanted}
        if self.coupled:
            ones = min((chance[world] for world, value in wanted.items() if value), default=Fraction(1))
            zeros = max((chance[world] for world, value in wanted.items() if not value), default=Fraction(0))
            return max(ones - zeros, Fraction(0))
        result = Fraction(1)
        for world, value in wanted.items():
            result *= chance[world] if value else 1 - chance[world]
        return result

    def __str__(self) -> str:
        """The numbers in words, causes first."""
        parts = [f"P({unseen(pair)}=1) = {self.unseen[pair]}" for pair in self.diagram.hidden]
        for name in self.diagram.order:
            causes = [*self.diagram.parents[name], *(unseen(pair) for pair in self.diagram.hidden if name in pair)]
            for values, chance in self.chances[name].items():
                given = ", ".join(f"{cause}={value}" for cause, value in zip(causes, values))
                parts.append(f"P({name}=1 | {given}) = {chance}" if given else f"P({name}=1) = {chance}")
        return ", ".join(parts)


def models(diagram: Diagram, count: int) -> Iterator[Model]:
    """The first `count` models. Raises ResourceLimit on a diagram with too many numbers."""
    within(len(diagram.hidden), MAX_HIDDEN, "unseen causes")
    causes = {name: len(diagram.parents[name]) + sum(name in pair for pair in diagram.hidden) for name in diagram.order}
    within(sum(2**each if each < 20 else MAX_ROWS + 1 for each in causes.values()), MAX_ROWS, "numbers of a model")
    state = 1
    for index in range(count):
        size = 4 if index < count // 2 else 10

        def draw(size: int = size) -> Fraction:
            nonlocal state  # a linear congruential generator (Knuth, MMIX): the same numbers on every machine
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            return Fraction(1 + (state >> 33) % (size - 1), size)

        chances = {name: {values: draw() for values in product((0, 1), repeat=causes[name])} for name in diagram.order}
        yield Model(diagram, chances, {pair: draw() for pair in diagram.hidden}, coupled=index % 2 == 0)


def unseen(pair: Edge) -> str:
    """What the unseen cause of two variables is called."""
    return f"U_{pair[0]}_{pair[1]}"
