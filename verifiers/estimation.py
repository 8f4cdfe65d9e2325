"""What rounded data say about an expression of probability: the exact range of its value.

A datum, `P(Y=1 | X=0) = 0.26`, is a quantity somewhere in the interval of the written number (`intervals.written`), cut
to what a probability can be. An expression is rewritten by the rules of probability, those that need fewest rewritings
first, until only data remain: a quotient of polynomials in them (`quotients`). Each datum and each written number is a
quantity of its own, as in `rounding`; data that restrain each other are not taken to. Where the data do not determine a
value but leave a weight open that none of them is about (P(Z) in P(Y) = sum_Z P(Y | Z) P(Z)), the weight is a quantity
from 0 to 1.

The range over the box of all intervals is taken on at corners if the quotient is monotone in each quantity. It is where
numerator and denominator are linear in it; else the sign of the derivative, bounded by interval arithmetic, must tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product

from reasonlab.language.errors import LabError, ResourceLimit
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
from reasonlab.verifiers.diagrams import Diagram
from reasonlab.verifiers.identification import Hedge, estimand
from reasonlab.verifiers.intervals import Interval, written
from reasonlab.verifiers.limits import within
from reasonlab.verifiers.polynomials import Polynomial, add, multiply, value_at, variables
from reasonlab.verifiers.quotients import MAX_MONOMIALS, Quotient, number

MAX_CORNERS = 12  # quantities that are not exact: two to the power of this are corners
MAX_DEPTH = 5  # rewritings of a probability, one inside the other
MAX_REWRITINGS = 5_000
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
    open: bool = False  # it holds a weight that no datum is about

    def with_(self, other: Derived, quotient: Quotient, rules: int = 0) -> Derived:
        premises = self.premises | other.premises
        return Derived(quotient, premises, self.rules + other.rules + rules, self.open or other.open)

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
        names: the variables that the data are about.
    """

    diagram: Diagram | None = None
    graph_key: int | None = None
    intervals: dict[str, Interval] = field(default_factory=dict)
    known: dict[Expression, tuple[str, int]] = field(default_factory=dict)
    probabilities: dict[Key, tuple[str, int]] = field(default_factory=dict)
    equalities: dict[Expression, Expression] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    rewritings: int = 0
    quantities: int = 0

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

    def figure(self, text: str) -> Derived:
        """A written number: a quantity of its own, or itself where it is exact."""
        interval = written(text)
        if interval.exact:
            return Derived(number(interval.low))
        return Derived(_symbol(self._quantity(interval)))

    def _quantity(self, interval: Interval) -> str:
        """A new quantity that lies in the interval."""
        self.quantities += 1
        name = f"n{self.quantities}"
        self.intervals[name] = interval
        return name

    def derive(self, expression: Expression) -> Derived:
        """The value of an expression without names left open. Raises Undetermined, ZeroDivisionError, ResourceLimit."""
        if expression in self.known:
            name, given = self.known[expression]
            return Derived(_symbol(name), frozenset({given}))
        if expression in self.equalities:
            return self._by_graph(self.derive(self.equalities[expression]))
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
            return self._by_graph(self.derive(self._identified(expression)))
        key = key_of(expression)
        if key is None:
            return Derived(number(0))
        for mixing in (False, True):
            for depth in range(1, MAX_DEPTH + 1):
                if (found := self._rewrite(key, depth, {}, mixing)) is not None:
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

    def _rewrite(self, key: Key, depth: int, tried: dict[Key, int], mixing: bool) -> Derived | None:
        """The probability by at most `depth` rules, one inside the other. `tried`: with what depth in vain."""
        if key in self.probabilities:
            name, given = self.probabilities[key]
            return Derived(_symbol(name), frozenset({given}))
        events, given_events = key
        if events <= given_events:
            return Derived(number(1))
        if depth == 0 or tried.get(key, -1) >= depth:
            return None
        tried[key] = depth
        self.rewritings += 1
        if self.rewritings > MAX_REWRITINGS:
            raise ResourceLimit(f"more than {MAX_REWRITINGS} rewritings of probabilities")
        for operator, parts, graph in self._rules(events, given_events, mixing):
            found = [self._rewrite(part, depth - 1, tried, mixing) for part in parts]
            if all(each is not None for each in found):
                del tried[key]
                return self._apply(operator, [each for each in found if each is not None], graph)
        return None

    def _apply(self, operator: str, found: Sequence[Derived], graph: bool) -> Derived:
        if operator == "mix":
            weight = Derived(_symbol(self._quantity(CERTAIN)), open=True)
            return _operate("+", found[0], _operate("*", weight, _operate("-", found[1], found[0])))
        total = found[0] if operator != "1-" else _operate("-", Derived(number(1)), found[0])
        for each in found[1:]:
            total = _operate(operator, total, each)
        return self._by_graph(total) if graph else total

    def _by_graph(self, found: Derived) -> Derived:
        premises = found.premises if self.graph_key is None else found.premises | {self.graph_key}
        return replace(found, premises=premises, rules=found.rules + 1)

    def _identified(self, query: Probability) -> Expression:
        """What identifies a probability with do(), with its values put in. Raises Undetermined."""
        what = render_expression(query)
        events = (*query.events, *query.given)
        if self.diagram is None or any(event.variable.settings for event in events):
            raise Undetermined(f"nothing here tells {what}")
        about = [{event.variable.name for event in query.events}, {setting.name for setting in query.do}]
        about.append({event.variable.name for event in query.given})
        if not set().union(*about) <= set(self.diagram.parents) or sum(map(len, about)) < len(set().union(*about)):
            raise Undetermined(f"the graph does not tell {what}")
        try:
            found = estimand(self.diagram, *(frozenset(each) for each in about))
        except Hedge as hedge:
            raise Undetermined(f"{what} is not identified: {hedge}") from None
        values = {event.variable.name: event.value for event in events} | {each.name: each.value for each in query.do}
        arbitrary = dict.fromkeys(free_values(found), 1)
        return ground(found, {**arbitrary, **values})  # type: ignore[dict-item]

    def _rules(self, events: Events, given: Events, mixing: bool) -> Iterator[tuple[str, list[Key], bool]]:
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
            if mixing and not any((name, value) in key[0] for key in self.probabilities for value in (0, 1)):
                yield "mix", [(events, given | {(name, value)}) for value in (0, 1)], False

    def _independent(self, events: Events, event: tuple[str, int], given: Events) -> bool:
        names, other, condition = {name for name, _ in events}, event[0], {name for name, _ in given}
        if self.diagram is None or not {other, *names, *condition} <= set(self.diagram.parents):
            return False
        return other not in names | condition and self.diagram.open_way(names, {other}, condition) is None

    def span(self, quotient: Quotient) -> Interval:
        """The exact range of a quotient. Raises ZeroDivisionError (the message names the divisor), ResourceLimit."""
        below: Polynomial = number(1).numerator
        for factor in quotient.denominators:
            reach = self._reach(dict(factor))
            if 0 in reach:
                what = "0" if reach.exact else f"{reach}, so it may be 0"
                raise ZeroDivisionError(f"a divisor is {what}")
            below = multiply(below, dict(factor), MAX_MONOMIALS)
        above = quotient.numerator
        names = sorted(variables(above) | variables(below))
        loose = [name for name in names if not self.intervals[name].exact]
        within(len(loose), MAX_CORNERS, "quantities known up to rounding")
        for name in loose:
            if max(_degree(above, name), _degree(below, name)) > 1:
                slope = add(
                    multiply(_derivative(above, name), below, MAX_MONOMIALS),
                    multiply(above, _derivative(below, name), MAX_MONOMIALS),
                    -1,
                )
                reach = self._reach(slope)
                if reach.low < 0 < reach.high:
                    raise ResourceLimit("the range of a value that is not monotone in its data was not found")
        point = {name: self.intervals[name].low for name in names}
        found = []
        for ends in product((False, True), repeat=len(loose)):
            for name, end in zip(loose, ends):
                point[name] = self.intervals[name].high if end else self.intervals[name].low
            found.append(value_at(above, point) / value_at(below, point))
        return Interval(min(found), max(found))

    def _reach(self, polynomial: Polynomial) -> Interval:
        """A range that holds that of the polynomial: at corners if it is linear in each quantity, else by intervals."""
        names = sorted(variables(polynomial))
        if len(names) <= MAX_CORNERS and all(_degree(polynomial, name) == 1 for name in names):
            ends = [(self.intervals[name].low, self.intervals[name].high) for name in names]
            found = [value_at(polynomial, dict(zip(names, point))) for point in product(*ends)]
            return Interval(min(found), max(found))
        low = high = Fraction(0)
        for monomial, coefficient in polynomial.items():
            least = most = Fraction(1)
            for name, exponent in monomial:
                interval = self.intervals[name]
                for _ in range(exponent):
                    ends4 = [a * b for a in (least, most) for b in (interval.low, interval.high)]
                    least, most = min(ends4), max(ends4)
            part = sorted((coefficient * least, coefficient * most))
            low, high = low + part[0], high + part[1]
        return Interval(low, high)


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


def _symbol(name: str) -> Quotient:
    return Quotient({((name, 1),): Fraction(1)})


def _meet(one: Interval, two: Interval) -> Interval:
    found = one.meet(two)
    if found is None:
        raise ValueError(f"nothing is both {one} and {two}")
    return found


def _degree(polynomial: Polynomial, name: str) -> int:
    return max((dict(monomial).get(name, 0) for monomial in polynomial), default=0)


def _derivative(polynomial: Polynomial, name: str) -> Polynomial:
    result: Polynomial = {}
    for monomial, coefficient in polynomial.items():
        powers = dict(monomial)
        exponent = powers.pop(name, 0)
        if exponent:
            rest = tuple(sorted({**powers, **({name: exponent - 1} if exponent > 1 else {})}.items()))
            result[rest] = result.get(rest, Fraction(0)) + exponent * coefficient
    return result
