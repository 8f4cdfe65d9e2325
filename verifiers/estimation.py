"""What rounded data say about an expression of probability: its value as a quotient of polynomials in the data.

A datum, `P(Y=1 | X=0) = 0.26`, is a quantity somewhere in the interval of the written number (`intervals.written`), cut
to what a probability can be. An expression is rewritten by the rules of probability, by independencies of the diagram
and by what identifies its effects, until only data remain, with as few rewritings inside each other as can be. Each
datum and each written number is a quantity of its own, as in `rounding`: that data restrain each other is left out.

Where the data do not determine a value, P(z | ...) may be left *open*: a quantity from 0 to 1, of a variable that other
data are conditioned on, as P(Z) is in P(Y) = sum_Z P(Y | Z) P(Z) when P(Y | Z) alone is known. It is *loose* if no
datum is about Z at all; else the data may restrain it, and what holds for some of its values need not be possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, product

from reasonlab.language.errors import LabError
from reasonlab.language.probability import (
    Event,
    Expectation,
    Expression,
    Figure,
    Minus,
    Operation,
    Probability,
    Sum,
    Variable,
    free_values,
    ground,
    is_observational,
    render_expression,
)
from reasonlab.verifiers.diagrams import Diagram, adjusts
from reasonlab.verifiers.identification import Hedge, estimand
from reasonlab.verifiers.intervals import Interval, written
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.quotients import Quotient, number, symbol

MAX_ADJUSTED = 3  # variables of a set that is adjusted for
MAX_DEPTH = 5  # rewritings of a probability, one inside the other
CERTAIN = Interval(Fraction(0), Fraction(1))

Events = frozenset[tuple[str, int]]
Key = tuple[Events, Events]  # events, given


class Undetermined(LabError):
    """The data do not tell a value, as far as the rules here go."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A value as a quotient of quantities, the givens that it rests on, and how many rules were used."""

    quotient: Quotient
    premises: frozenset[int] = frozenset()
    rules: int = 0
    open: bool = False
    loose: bool = True  # whether all that is open in it is loose

    def with_(self, other: Derived, quotient: Quotient, rules: int = 0) -> Derived:
        premises = self.premises | other.premises
        rules += self.rules + other.rules
        return Derived(quotient, premises, rules, self.open or other.open, self.loose and other.loose)

    @property
    def bare(self) -> bool:
        """Whether it is one quantity, up to its sign."""
        terms = list(self.quotient.numerator.items())
        return (
            not self.quotient.denominators
            and len(terms) == 1
            and sum(e for _, e in terms[0][0]) == 1 == abs(terms[0][1])
        )


@dataclass
class Data:
    """The data of a chain.

    Attributes:
        graph_key: the given that states the diagram.
        known: the quantity that an expression is, and the given that states it; `probabilities`: those that are one.
        equalities: what an expression equals in every model on the diagram.
        names: the variables that occur in the data; `conditions`: those that they are conditioned on.
        left_open: the quantities of probabilities that are left open.
    """

    meter: Meter
    diagram: Diagram | None = None
    graph_key: int | None = None
    intervals: dict[str, Interval] = field(default_factory=dict)
    known: dict[Expression, tuple[str, int]] = field(default_factory=dict)
    probabilities: dict[Key, tuple[str, int]] = field(default_factory=dict)
    equalities: dict[Expression, Expression] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    conditions: set[str] = field(default_factory=set)
    left_open: dict[Key, str] = field(default_factory=dict)
    quantities: int = 0
    _replacing: set[Expression] = field(default_factory=set)

    def take(self, expression: Expression, interval: Interval, given: int) -> None:
        """A datum. One that was given before is met with what is given now; raises ValueError if nothing is left."""
        name = self.known[expression][0] if expression in self.known else f"d{len(self.known)}"
        key = key_of(expression)
        if key is not None:
            interval = _meet(interval, CERTAIN)
            other = self.probabilities.get(_complement(key)) if len(key[0]) == 1 else None
            if other is not None:
                opposite = self.intervals[other[0]]
                interval = _meet(interval, Interval(1 - opposite.high, 1 - opposite.low))
        if name in self.intervals:
            interval = _meet(interval, self.intervals[name])
        self.intervals[name] = interval
        self.known.setdefault(expression, (name, given))
        if key is not None:
            self.probabilities.setdefault(key, self.known[expression])
            self.names |= {name for events in key for name, _ in events}
            self.conditions |= {name for name, _ in key[1]}

    def figure(self, text: str) -> Derived:
        """A written number: a quantity of its own, or itself where it is exact."""
        interval = written(text)
        if interval.exact:
            return Derived(number(interval.low, self.meter))
        return Derived(self._symbol(self._quantity(interval)))

    def _symbol(self, name: str) -> Quotient:
        return symbol(name, self.meter)

    def _quantity(self, interval: Interval) -> str:
        """A new quantity that lies in the interval."""
        self.quantities += 1
        name = f"n{self.quantities}"
        self.intervals[name] = interval
        return name

    def derive(self, expression: Expression) -> Derived:
        """The value of an expression without names left open. Raises Undetermined, ZeroDivisionError, ResourceLimit."""
        self.meter.spend(100)
        if expression in self.known:
            name, given = self.known[expression]
            return Derived(self._symbol(name), frozenset({given}))
        if expression in self.equalities and expression not in self._replacing:  # equations may lead back to it
            self._replacing.add(expression)
            try:
                return self._by_graph(self.derive(self.equalities[expression]))
            finally:
                self._replacing.remove(expression)
        if isinstance(expression, Figure):
            return self.figure(expression.text)
        if isinstance(expression, Minus):
            inner = self.derive(expression.operand)
            plain = isinstance(expression.operand, Figure)
            return replace(inner, quotient=-inner.quotient, rules=inner.rules + (not plain))
        if isinstance(expression, Operation):
            return _operate(expression.operator, self.derive(expression.left), self.derive(expression.right))
        if isinstance(expression, Sum):
            return self._sum(expression)
        if isinstance(expression, Expectation):
            return self._expectation(expression)
        if not is_observational(expression):
            return self._effect(expression)
        key = key_of(expression)
        if key is None:
            return Derived(number(0, self.meter))
        for opening in (False, True):
            for depth in range(1, MAX_DEPTH + 1):
                if (found := self._rewrite(key, depth, {}, opening)) is not None:
                    return found
        raise Undetermined(f"the data do not tell {render_expression(expression)}")

    def _sum(self, expression: Sum) -> Derived:
        names = [value for _, value in expression.bound]
        within(len(names), 6, "variables of one sum")
        total: Derived | None = None
        for values in product((0, 1), repeat=len(names)):
            part = self.derive(ground(expression.body, dict(zip(names, values))))
            total = part if total is None else _operate("+", total, part)
        assert total is not None
        return total

    def _expectation(self, expression: Expectation) -> Derived:
        total: Derived | None = None
        for sign, event in expression.terms:
            part = self.derive(Probability((event,), expression.given, expression.do))
            if total is None:
                total = part if sign > 0 else replace(part, quotient=-part.quotient)
            else:
                total = _operate("+" if sign > 0 else "-", total, part)
        assert total is not None
        return total

    def _rewrite(self, key: Key, depth: int, tried: dict[Key, int], opening: bool) -> Derived | None:
        """The probability by at most `depth` rules, one inside the other. `tried`: with what depth in vain."""
        if key in self.probabilities:
            name, given = self.probabilities[key]
            return Derived(self._symbol(name), frozenset({given}))
        events, given_events = key
        if events <= given_events:
            return Derived(number(1, self.meter))
        if opening and (found := self._open(key)) is not None:
            return found
        if depth == 0 or tried.get(key, -1) >= depth:
            return None
        tried[key] = depth
        self.meter.spend(20 + 2 * len(self.names))
        for operator, parts, graph in self._rules(events, given_events):
            values = []
            for part in parts:
                value = self._rewrite(part, depth - 1, tried, opening)
                if value is None:
                    break
                values.append(value)
            else:
                del tried[key]
                return self._apply(operator, values, graph)
        return None

    def _open(self, key: Key) -> Derived | None:
        """The probability of one event as an open quantity, if other data are conditioned on its variable."""
        events, given = key
        (name, value), *others = events
        if others or name not in self.conditions or name in {each for each, _ in given}:
            return None
        one = (frozenset({(name, 1)}), given)
        if one not in self.left_open:
            self.left_open[one] = self._quantity(CERTAIN)
        quotient = self._symbol(self.left_open[one])
        loose = not any(name == each for about, _ in self.probabilities for each, _ in about)
        return Derived(quotient if value else number(1, self.meter) - quotient, open=True, loose=loose)

    def _apply(self, operator: str, found: Sequence[Derived], graph: bool) -> Derived:
        total = found[0] if operator != "1-" else _operate("-", Derived(number(1, self.meter)), found[0])
        for each in found[1:]:
            total = _operate(operator, total, each)
        return self._by_graph(total) if graph else total

    def _by_graph(self, found: Derived) -> Derived:
        premises = found.premises if self.graph_key is None else found.premises | {self.graph_key}
        return replace(found, premises=premises, rules=found.rules + 1)

    def _effect(self, query: Probability) -> Derived:
        """The value of a probability with do(): of the first of what it equals that the data tell."""
        reason = Undetermined(f"nothing here tells {render_expression(query)}")
        try:
            for other in self._equals(query):
                try:
                    return self._by_graph(self.derive(other))
                except Undetermined as error:
                    reason = error
        except Hedge as hedge:
            reason = Undetermined(f"{render_expression(query)} is not identified: {hedge}")
        raise reason

    def _equals(self, query: Probability) -> Iterator[Expression]:
        """Expressions without do() that equal the query, the plainest first. Raises Hedge if there is none."""
        events, do, given = (
            frozenset(each)
            for each in (
                [event.variable.name for event in query.events],
                [setting.name for setting in query.do],
                [event.variable.name for event in query.given],
            )
        )
        mentioned = events | do | given
        subscripts = any(event.variable.settings for event in (*query.events, *query.given))
        if self.diagram is None or subscripts or not mentioned <= set(self.diagram.parents):
            return
        if len(mentioned) < len(query.events) + len(query.do) + len(query.given):
            return
        done = tuple(Event(Variable(setting.name), setting.value) for setting in query.do)  # type: ignore[arg-type]
        if self.diagram.cut(into=do).open_way(do, events, given) is None and not given:  # rule 3 of do-calculus
            yield Probability(query.events, query.given)
        if self.diagram.cut(out_of=do).open_way(do, events, given) is None:  # rule 2
            yield Probability(query.events, (*query.given, *done))
        others = sorted(self.names & set(self.diagram.parents) - mentioned) if not given else []
        for size in range(1, min(len(others), MAX_ADJUSTED) + 1):
            for chosen in combinations(others, size):
                self.meter.spend(20 * self.diagram.size)
                if adjusts(self.diagram, chosen, do, events) is None:
                    seen = tuple(Event(Variable(name), name) for name in chosen)
                    body = Operation("*", Probability(query.events, (*done, *seen)), Probability(seen))
                    yield Sum(tuple((name, name) for name in chosen), body)
        found = estimand(self.diagram, events, do, given)
        values = {event.variable.name: event.value for event in (*query.events, *query.given, *done)}
        yield ground(found, {**dict.fromkeys(free_values(found), 1), **values})  # type: ignore[dict-item]

    def _rules(self, events: Events, given: Events) -> Iterator[tuple[str, list[Key], bool]]:
        """What a probability can be rewritten into: an operator, its operands, and whether the graph was used."""
        if len(events) == 1:
            yield "1-", [_complement((events, given))], False
        for event in sorted(given):
            if self._independent(events, event, given - {event}):
                yield "+", [(events, given - {event})], True
        for event in sorted(events) if len(events) > 1 else ():
            yield "*", [(frozenset({event}), given | events - {event}), (events - {event}, given)], False
            name, value = event
            yield "-", [(events - {event}, given), (events - {event} | {(name, 1 - value)}, given)], False
        for event in sorted(given):
            rest = given - {event}
            yield "/", [(events | {event}, rest), (frozenset({event}), rest)], False
        mentioned = {name for name, _ in events | given}
        for name in sorted(self.names - mentioned):
            yield "+", [(events | {(name, value)}, given) for value in (0, 1)], False
            if self._independent(events, (name, 1), given):
                yield "+", [(events, given | {(name, 1)})], True

    def _independent(self, events: Events, event: tuple[str, int], given: Events) -> bool:
        names, other, condition = {name for name, _ in events}, event[0], {name for name, _ in given}
        if self.diagram is not None:
            self.meter.spend(4 * self.diagram.size)
        if self.diagram is None or not {other, *names, *condition} <= set(self.diagram.parents):
            return False
        return other not in names | condition and self.diagram.open_way(names, {other}, condition) is None


def key_of(expression: Expression) -> Key | None:
    """The events and conditions of an observed probability; None for what is none, or impossible."""
    if not isinstance(expression, Probability) or not is_observational(expression):
        return None
    events, given = (
        frozenset((event.variable.name, event.value) for event in each if isinstance(event.value, int))
        for each in (expression.events, expression.given)
    )
    if len({name for name, _ in events | given}) < len(events | given):
        return None
    return events, given


def _complement(key: Key) -> Key:
    ((name, value),) = key[0]
    return frozenset({(name, 1 - value)}), key[1]


def expression_of(key: Key) -> Probability:
    events, given = (tuple(Event(Variable(name), value) for name, value in sorted(each)) for each in key)
    return Probability(events, given)


def _operate(operator: str, left: Derived, right: Derived) -> Derived:
    one, two = left.quotient, right.quotient
    if operator == "+":
        return left.with_(right, one + two, 1)
    if operator == "-":
        return left.with_(right, one - two, 1)
    return left.with_(right, one * two if operator == "*" else one / two, 1)


def _meet(one: Interval, two: Interval) -> Interval:
    found = one.meet(two)
    if found is None:
        raise ValueError(f"nothing is both {one} and {two}")
    return found
