"""The probability of counterfactual events on a causal diagram: by what each variable does under values of its causes.

A *response* is a variable under given values of its parents, `Y[X=1]`: in a world where X is 1, Y is that, whatever
made X be 1. Counterfactual worlds of one unit share their responses (Balke & Pearl 1994; Shpitser & Pearl 2007), so a
conjunction of events in several worlds is a disjoint union of conjunctions of responses, found by going through the
variables, causes first, in all worlds at once. What a conjunction of responses is worth is left to a `Measure`: a model
gives a number (`models`), unknown moments give a polynomial (`moments`). Variables take the values 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reasonlab.language.probability import (
    Event,
    Expression,
    Figure,
    Minus,
    Operation,
    Probability,
    Setting,
    Sum,
    Variable,
    ground_event,
)
from reasonlab.verifiers.diagrams import Diagram
from reasonlab.verifiers.limits import Meter

World = tuple[tuple[str, int], ...]  # what was set, by name
Response = tuple[str, World]  # a variable, and the values of its parents
Responses = Mapping[Response, int]


class Measure(Protocol):
    """Where values come from; they support + - * / and raise ZeroDivisionError."""

    @property
    def diagram(self) -> Diagram: ...
    @property
    def cost(self) -> int:
        """What one response counts for in elementary operations."""

    def number(self, text: str) -> Any: ...
    def conjunction(self, responses: Responses) -> Any:
        """The probability that these responses have these values."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A variable has a value in a world."""

    name: str
    world: World
    value: int


class Evaluator:
    """Expressions under one measure; probabilities are kept, since sums ask for the same ones again."""

    def __init__(self, measure: Measure, meter: Meter) -> None:
        self.measure, self.meter = measure, meter
        self.known: dict[frozenset[Fact], Any] = {}

    def value(self, expression: Expression, values: Mapping[str, int]) -> Any:
        """The value where `values` are those of the names left open.

        Raises:
            ZeroDivisionError: a condition or divisor that is 0.
            ResourceLimit: too much to go through.
        """
        self.meter.spend(20)
        if isinstance(expression, Figure):
            return self.measure.number(expression.text)
        if isinstance(expression, Minus):
            return -self.value(expression.operand, values)
        if isinstance(expression, Operation):
            left, right = self.value(expression.left, values), self.value(expression.right, values)
            if expression.operator == "+":
                return left + right
            if expression.operator == "-":
                return left - right
            return left * right if expression.operator == "*" else left / right
        if isinstance(expression, Sum):
            return self._sum(expression, values)
        terms = ((1, expression.events),) if isinstance(expression, Probability) else [
            (sign, (event,)) for sign, event in expression.terms
        ]  # fmt: skip
        given = [_ground(event, expression.do, values) for event in expression.given]
        total = self.measure.number("0")
        for sign, events in terms:
            found = self.probability([*given, *(_ground(event, expression.do, values) for event in events)])
            total = total + found if sign > 0 else total - found
        return total / self.probability(given) if given else total

    def _sum(self, expression: Sum, values: Mapping[str, int]) -> Any:
        names = [value for _, value in expression.bound]
        self.meter.spend(1 << len(names))
        total = self.measure.number("0")
        for index in range(2 ** len(names)):
            bound = {name: index >> place & 1 for place, name in enumerate(names)}
            total = total + self.value(expression.body, {**values, **bound})
        return total

    def probability(self, events: Sequence[Event]) -> Any:
        """Of all events together; every value in them is a number."""
        total = self.measure.number("0")
        for facts in _unnest(list(events), self.meter):
            if facts not in self.known:
                self.known[facts] = self._facts(facts)
            total = total + self.known[facts]
        return total

    def _facts(self, facts: frozenset[Fact]) -> Any:
        total = self.measure.number("0")
        for responses in branches(self.measure.diagram, facts):
            self.meter.spend((1 + len(responses)) * self.measure.cost)
            total = total + self.measure.conjunction(responses)
        return total


def branches(diagram: Diagram, facts: frozenset[Fact]) -> Iterator[Responses]:
    """Disjoint conjunctions of responses whose union is that all facts hold."""
    worlds = sorted({fact.world for fact in facts})
    wanted = {(fact.name, fact.world): fact.value for fact in sorted(facts, key=lambda f: (f.name, f.world, f.value))}
    if len(wanted) < len(facts):  # one variable with two values in one world
        return
    needed = {
        world: diagram.cut(into=[name for name, _ in world]).ancestors(f.name for f in facts if f.world == world)
        for world in worlds
    }
    yield from _branch(diagram, [name for name in diagram.order if any(name in needed[w] for w in worlds)], 0,
                       worlds, needed, wanted, {}, {})  # fmt: skip


def _branch(
    diagram: Diagram,
    order: Sequence[str],
    index: int,
    worlds: Sequence[World],
    needed: Mapping[World, frozenset[str]],
    wanted: Mapping[tuple[str, World], int],
    values: dict[tuple[str, World], int],
    responses: dict[Response, int],
) -> Iterator[Responses]:
    if index == len(order):
        yield dict(responses)
        return
    name = order[index]
    new: dict[Response, list[World]] = {}
    for world in worlds:
        if name not in needed[world]:
            continue
        held = dict(world).get(name)
        if held is None:
            parents = tuple((parent, values[parent, world]) for parent in diagram.parents[name])
            new.setdefault((name, parents), []).append(world)
        elif wanted.get((name, world), held) != held:
            return
        else:
            values[name, world] = held
    for pattern in range(2 ** len(new)):
        chosen = {response: pattern >> place & 1 for place, response in enumerate(new)}
        here = {(name, world): chosen[response] for response in new for world in new[response]}
        if all(wanted.get(key, value) == value for key, value in here.items()):
            values.update(here)
            responses.update(chosen)
            yield from _branch(diagram, order, index + 1, worlds, needed, wanted, values, responses)
    for response in new:
        responses.pop(response, None)


def _ground(event: Event, do: Sequence[Setting], values: Mapping[str, int]) -> Event:
    """The event with numbers for names; what is done holds wherever the event says nothing else."""
    own = {setting.name for setting in event.variable.settings}
    settings = (*event.variable.settings, *(setting for setting in do if setting.name not in own))
    return ground_event(Event(Variable(event.variable.name, settings), event.value), values)


def _unnest(events: list[Event], meter: Meter) -> Iterator[frozenset[Fact]]:
    """Y_{M=M_{X=0}} = 1 is: for some m, Y_{M=m} = 1 and M_{X=0} = m. The disjoint cases, as facts."""
    for place, event in enumerate(events):
        for index, setting in enumerate(event.variable.settings):
            if isinstance(setting.value, Variable):
                for value in (0, 1):
                    settings = list(event.variable.settings)
                    settings[index] = Setting(setting.name, value)
                    flat = Event(Variable(event.variable.name, tuple(settings)), event.value)
                    more = [*events[:place], flat, Event(setting.value, value), *events[place + 1 :]]
                    yield from _unnest(more, meter)
                return
    meter.spend(40 * len(events))
    yield frozenset(
        Fact(event.variable.name, tuple(sorted((s.name, s.value) for s in event.variable.settings)), event.value)  # type: ignore[misc, arg-type]
        for event in events
    )
