"""Causal and probabilistic claims: what follows from a causal diagram and from rounded data.

Variables take the values 0 and 1. The diagram (`graph:`) is closed: edges and unseen common causes that it does not
show are not there. Every model on it is taken to be positive: every combination of values can occur.

- A claim about the diagram alone (`dsep`, `backdoor`, `identifiable`, ...) is decided by it: entailed or refuted, with
  the open path, or what breaks the criterion, as the witness. A `graph:` step claims that this is the diagram.
- `identity:` and `identifies:` hold iff both sides are equal in every positive model on the diagram; refuted with a
  model in which they differ (`identities`). Without a diagram: in every positive distribution.
- `estimate: a = b` holds iff the sides can agree within what rounding leaves open, pair by pair, and arithmetic in it
  is the quantity with data put in (`substitution`): a decimal from nowhere, or a formula that only comes out near,
  makes it `unsupported`. What a given or an earlier step said to be such a number can be put in, and one less that.
  `estimate: a > b` is entailed if it holds whatever the rounding hides, refuted if it never does, else `unsupported`
  (`estimation`). A value that nothing here derives from the data is `unknown`, unless two models that agree with all
  data are found in which the claim is true and false (`fitting`): then it is `unsupported`.
- *Leap*: 1 for a criterion or an identity, the operations and rules of an estimate; 0 where it was stated before.
- *Fault*: `inherited` if the claim would be entailed were the diagram, the data and the equations those that earlier
  bad steps state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, combinations

from reasonlab.language.claims import render_claim
from reasonlab.language.diagrams import (
    Adjusts,
    Backdoor,
    Better,
    Connected,
    Criterion,
    Frontdoor,
    Graph,
    Identifiable,
    Separated,
)
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.estimands import Estimate, Identity, adjustment
from reasonlab.language.probability import (
    Expectation,
    Expression,
    Figure,
    Minus,
    Operation,
    Probability,
    is_observational,
    parts,
    render_expression,
    variables,
)
from reasonlab.verifiers import diagrams
from reasonlab.verifiers.counterfactuals import Evaluator
from reasonlab.verifiers.diagrams import Diagram, diagram_of
from reasonlab.verifiers.estimation import Data, Derived, Undetermined, expression_of
from reasonlab.verifiers.fitting import Datum, fits
from reasonlab.verifiers.identification import Hedge, estimand
from reasonlab.verifiers.identities import Difference, difference
from reasonlab.verifiers.intervals import Interval, written
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.models import Model
from reasonlab.verifiers.quotients import quantities
from reasonlab.verifiers.ranges import span
from reasonlab.verifiers.substitution import is_decimal, reading
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Claim = Graph | Separated | Criterion | Better | Identifiable | Identity | Estimate
CRITERIA = {Backdoor: diagrams.backdoor, Frontdoor: diagrams.frontdoor, Adjusts: diagrams.adjusts}
MAX_COMPARED = 24  # data compared with each other by the diagram
SHARES = 4  # parts of a chain's work that one question may take one of
MAX_COMPLETE = 5  # variables of a model without a diagram
_SHOWN = 400  # characters of a witness


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of an estimate: its value, and its range."""

    text: str
    derived: Derived
    span: Interval


class Causal:
    """The diagram, the data and what was established so far in one chain."""

    def __init__(self, givens: Sequence[tuple[int, Claim]], asked: Sequence[Claim], meter: Meter) -> None:
        self.givens, self.asked, self.meter = givens, asked, meter
        self.stated: dict[str, int] = {}
        self.bad: list[Claim] = []
        self.meanings: dict[Fraction, list[Expression]] = {}
        self.diagram: Diagram | None = None
        self.graph_key: int | None = None
        self.compared: dict[Identity, Difference | None] = {}
        self.unused = dict.fromkeys(each for each in (*(c for _, c in givens), *asked) if isinstance(each, Identity))
        self.data = Data(meter)
        self.fitting: list[Model] = []  # models that agree with all data, as far as they were looked for
        self.contradiction = self._read()

    def _read(self) -> Contradiction | None:
        for key, claim in self.givens:
            self.stated.setdefault(render_claim(claim), key)
            if isinstance(claim, Graph) and (found := self._take_graph(key, claim)):
                return found
        self.data = Data(self.meter, self.diagram, self.graph_key)
        rest = [(key, claim) for key, claim in self.givens if not isinstance(claim, Graph)]
        checks = []
        for key, claim in rest:
            datum = _datum(claim)
            if datum is None:
                checks.append((key, claim))
                continue
            try:
                self.data.take(datum[0], datum[1], key)
            except ValueError as error:
                return Contradiction(self._sources(datum[0], key), f"{render_expression(datum[0])}: {error}")
            self._mean(claim)  # type: ignore[arg-type]
        return self._clash() or next((found for key, claim in checks if (found := self._check(key, claim))), None)

    def _take_graph(self, key: int, claim: Graph) -> Contradiction | None:
        diagram = diagram_of(claim)
        if (cycle := diagram.cycle()) is not None:
            return Contradiction((key,), f"the graph has the cycle {' -> '.join([*cycle, cycle[0]])}")
        if self.diagram is not None and self.diagram != diagram:
            assert self.graph_key is not None
            return Contradiction((self.graph_key, key), "two graphs are given")
        if self.diagram is None:
            self.diagram, self.graph_key = diagram, key
        return None

    def _sources(self, expression: Expression, key: int) -> tuple[int, ...]:
        """The givens that an impossible datum goes against, itself included."""
        found = {key}
        for other, (_, given) in self.data.known.items():
            if other == expression or (isinstance(expression, Probability) and _opposite(expression) == other):
                found.add(given)
        return tuple(sorted(found))

    def _clash(self) -> Contradiction | None:
        """Data that the diagram makes equal, and that cannot be."""
        data = sorted(self.data.probabilities.items(), key=lambda item: item[1][1])[:MAX_COMPARED]
        for (one, (first, key)), (two, (second, other)) in combinations(data, 2):
            if self.data.intervals[first].meet(self.data.intervals[second]) is not None:
                continue
            claim = Identity(expression_of(one), expression_of(two))
            if self.diagram is None or not variables(claim.left) | variables(claim.right) <= set(self.diagram.parents):
                continue
            try:
                if self._difference(claim) is None:
                    assert self.graph_key is not None
                    return Contradiction((self.graph_key, key, other), f"the graph makes {claim.body()}")
            except (ResourceLimit, ZeroDivisionError):
                continue
        return None

    def _check(self, key: int, claim: Claim) -> Contradiction | None:
        """A given that the diagram and the data decide must not be refuted by them."""
        try:
            judged = self._judge(claim)
        except ResourceLimit:
            return None
        if judged.status != "refuted":
            return None
        return Contradiction(tuple(sorted({key, *judged.premises})), judged.reason or judged.witness or "")

    def judge(self, claim: Claim, text: str) -> Judgement:
        if text in self.stated:
            return Judgement("entailed", (self.stated[text],), 0)
        judged = self._judge(claim)
        if judged.status == "refuted" and (key := self._denied(claim)) is not None:
            return Judgement("refuted", (key,), 0, judged.witness, judged.reason)
        return judged

    def _denied(self, claim: Claim) -> int | None:
        """The given or step that states the opposite."""
        if not isinstance(claim, Estimate) or claim.operator == "=":
            return None
        against = {"<": (">=", ">"), ">": ("<=", "<"), "<=": (">",), ">=": ("<",)}[claim.operator]
        texts = (render_claim(Estimate(claim.sides, operator)) for operator in against)
        return next((self.stated[text] for text in texts if text in self.stated), None)

    def _judge(self, claim: Claim) -> Judgement:
        if isinstance(claim, Estimate):
            return self._estimate(claim)
        if self.diagram is None and not (isinstance(claim, Identity) and _is_observed(claim)):
            return Judgement("unsupported", reason="no graph is given")
        if isinstance(claim, Graph):
            return self._graph(claim)
        missing = sorted(_mentioned(claim) - set(self.diagram.parents)) if self.diagram is not None else []
        if missing:
            return Judgement("unsupported", self._keys(), reason=f"{missing[0]} is not in the graph")
        if isinstance(claim, Identity):
            return self._identity(claim)
        if isinstance(claim, Identifiable):
            return self._identifiable(claim)
        if self.diagram is not None:
            self.meter.spend(20 * self.diagram.size)
        if isinstance(claim, Separated):
            return self._separated(claim)
        if isinstance(claim, Better):
            return self._better(claim)
        return self._criterion(claim)

    def _better(self, claim: Better) -> Judgement:
        first, second = self._criterion(claim.first), self._criterion(claim.second)
        if first.status == "refuted":
            return first
        if second.status == "refuted":
            return Judgement("entailed", self._keys(), 2)
        return Judgement("refuted", self._keys(), None, "both tell the effect")

    def _criterion(self, claim: Criterion) -> Judgement:
        assert self.diagram is not None
        found = CRITERIA[type(claim)](self.diagram, claim.chosen, claim.treatment, claim.outcome)  # type: ignore[index]
        if found is None:
            return Judgement("entailed", self._keys(), 1)
        return Judgement("refuted", self._keys(), None, found)

    def _keys(self) -> tuple[int, ...]:
        return () if self.graph_key is None else (self.graph_key,)

    def _graph(self, claim: Graph) -> Judgement:
        diagram = diagram_of(claim)
        if diagram == self.diagram:
            return Judgement("entailed", self._keys(), 0)
        assert self.diagram is not None
        mine, theirs = _edges(self.diagram), _edges(diagram)
        told = [
            *(f"{edge} is missing" for edge in sorted(mine - theirs)),
            *(f"{edge} is not in the graph" for edge in sorted(theirs - mine)),
        ]
        return Judgement(
            "refuted", self._keys(), None, Graph.read(", ".join(sorted(mine))).body(), _cut("; ".join(told))
        )

    def _separated(self, claim: Separated) -> Judgement:
        assert self.diagram is not None
        way = self.diagram.open_way(claim.left, claim.right, claim.given)
        if (way is None) != isinstance(claim, Connected):
            return Judgement("entailed", self._keys(), 1)
        if way is None:
            return Judgement("refuted", self._keys(), None, "every path is blocked")
        return Judgement("refuted", self._keys(), None, _cut(f"{diagrams.way(way)} is open"))

    def _identifiable(self, claim: Identifiable) -> Judgement:
        assert self.diagram is not None
        query = claim.query
        sets = [{event.variable.name for event in query.events}, {each.name for each in query.do}]
        sets.append({event.variable.name for event in query.given})
        try:
            found = estimand(self.diagram, *(frozenset(each) for each in sets))
        except Hedge as hedge:
            return Judgement("refuted", self._keys(), None, str(hedge))
        return Judgement("entailed", self._keys(), 1, _cut(render_expression(found)))

    def _identity(self, claim: Identity) -> Judgement:
        formula = adjustment(claim) if self.diagram is not None else None
        if formula is not None and self._criterion(formula).status == "entailed":
            return Judgement("entailed", self._keys(), 1)
        try:
            found = self._difference(claim)
        except ZeroDivisionError:
            return Judgement("unsupported", self._keys(), reason="a side is undefined: what it divides by is 0")
        except ResourceLimit:
            if formula is None:
                raise
            return self._criterion(formula)  # complete: no model need be found for it
        if found is None:
            return Judgement("entailed", self._keys(), 1)
        where = ", ".join(f"{name}={value}" for name, value in sorted(found.values.items()))
        reason = f"{found.left} is not {found.right}" + (f", at {where}" if where else "")
        return Judgement("refuted", self._keys(), None, _cut(f"where {found.model}: {reason}"), reason)

    def _difference(self, claim: Identity) -> Difference | None:
        """Where the sides differ, found out once."""
        if claim not in self.compared:
            diagram = self.diagram or _complete(variables(claim.left) | variables(claim.right))
            with self._a_share() as meter:
                self.compared[claim] = difference(diagram, claim.left, claim.right, meter)
        return self.compared[claim]

    @contextmanager
    def _a_share(self) -> Iterator[Meter]:
        """A meter for one question, so that a large one leaves something for the others of the chain."""
        limits = self.meter.limits
        meter = Meter(replace(limits, work=min(limits.work // SHARES, max(limits.work - self.meter.work, 0))))
        try:
            yield meter
        finally:
            self.meter.work += meter.work

    def _estimate(self, claim: Estimate) -> Judgement:
        self._use_identities()
        sides: list[_Side] = []
        untold: Undetermined | None = None
        try:
            for each in claim.sides:
                try:
                    sides.append(self._side(each))
                except Undetermined as error:
                    untold = error
            if (found := self._compared(claim, sides)) is not None:
                return found
        except ZeroDivisionError as error:
            return Judgement("unsupported", reason=f"undefined: {error}")
        premises = tuple(sorted({key for side in sides for key in side.derived.premises}))
        if (reason := self._ungrounded(claim)) is not None:
            return Judgement("unsupported", premises, reason=reason)
        if untold is not None:
            return self._by_graph_alone(claim) or self._undecided(claim, str(untold))
        open_ones = [side.derived for side in sides if side.derived.open]
        if open_ones and claim.operator == "=":
            # It may be so, and it may be otherwise, if what is open can be anything.
            reason = f"the data leave open what {sides[0].text} is: {sides[0].span}"
            loose = all(each.loose for each in open_ones)
            return Judgement("unsupported", premises, reason=reason) if loose else self._undecided(claim, reason)
        return Judgement("entailed", premises, max(side.derived.rules for side in sides))

    def _compared(self, claim: Estimate, sides: Sequence[_Side]) -> Judgement | None:
        """What the ranges say against the claim; None if nothing."""
        for one, two in combinations(sides, 2):
            status = _compare(self._gap(one, two), claim.operator)
            if claim.operator == "=" and one.derived.bare and two.derived.bare and not one.span.overlaps(two.span):
                status = "refuted"
            if status == "entailed":
                continue
            if (exact := self._by_graph_alone(claim)) is not None:
                return exact
            premises = tuple(sorted(one.derived.premises | two.derived.premises))
            right = "" if two.text == str(two.span) else f", {two.text} is {two.span}"
            reason = f"{one.text} {claim.operator} {two.text}: {one.text} is {one.span}{right}"
            if status == "unsupported" and not all(side.derived.loose for side in (one, two) if side.derived.open):
                return self._undecided(claim, _cut(reason))
            return Judgement(status, premises, None, f"{one.text} is {one.span}", _cut(reason))
        return None

    def _undecided(self, claim: Estimate, reason: str) -> Judgement:
        """The verdict where nothing here derives the value: unsupported if models that agree with all data disagree."""
        quantity, number = claim.sides[0], _number_of(claim.sides[-1])
        names = variables(quantity).union(*(variables(each) for each in self.data.known))
        diagram = self.diagram if self.diagram is not None else _complete(names)
        fallback = Judgement("unknown", reason=reason)
        if number is None or not names <= set(diagram.parents) or (self.diagram is None and len(names) > MAX_COMPLETE):
            return fallback
        data = [Datum(each, self.data.intervals[name]) for each, (name, _) in self.data.known.items()]
        found: dict[bool, tuple[Model, Fraction]] = {}
        try:
            # Without a graph of the problem's, an earlier claim's models may be about other variables.
            fitting = [model for model in self.fitting if names <= set(model.diagram.parents)]
            known = ((model, Evaluator(model, self.meter).value(quantity, {})) for model in fitting)
            with self._a_share() as meter:
                for model, value in chain(known, fits(diagram, data, quantity, number, meter)):
                    if model not in self.fitting:
                        self.fitting.append(model)
                    if (holds := _holds(value, claim.operator, number)) is not None:
                        found.setdefault(holds, (model, value))
                    if len(found) == 2:
                        break
        except (ResourceLimit, ZeroDivisionError):
            return fallback
        if len(found) < 2:
            return fallback
        keys = {given for _, given in self.data.known.values()} | set(self._keys())
        (_, one), (model, other) = found[True], found[False]
        what, values = render_expression(quantity), f"{float(one):.4f} or {float(other):.4f}"
        reason = f"in models that agree with all data {what} is {values}"
        return Judgement("unsupported", tuple(sorted(keys)), None, _cut(f"where {model}: {float(other):.4f}"), reason)

    def _side(self, side: Expression) -> _Side:
        derived = self.data.derive(side)
        return _Side(render_expression(side), derived, span(derived.quotient, self.data.intervals))

    def _gap(self, one: _Side, two: _Side) -> Interval:
        """The range of the left side less the right one; where they share no quantity, of each by itself."""
        left, right = one.derived.quotient, two.derived.quotient
        if quantities(left).isdisjoint(quantities(right)):
            return Interval(one.span.low - two.span.high, one.span.high - two.span.low)
        return span(left - right, self.data.intervals)

    def _use_identities(self) -> None:
        """Let what the chain's own equations rightly say of the diagram help with deriving values from the data."""
        for claim in self.unused:
            if claim not in self.compared and self._known(claim):
                try:
                    self._difference(claim)
                except (ResourceLimit, ZeroDivisionError):
                    continue
            if self.compared.get(claim, claim) is None and claim.left != claim.right:
                self.data.equalities.setdefault(claim.left, claim.right)
        self.unused.clear()

    def _known(self, claim: Identity) -> bool:
        return self.diagram is not None and _mentioned(claim) <= set(self.diagram.parents)

    def _by_graph_alone(self, claim: Estimate) -> Judgement | None:
        """The verdict where both sides are equal in every model on the diagram, whatever the data."""
        if self.diagram is None or len(claim.sides) != 2 or _figures(claim.sides):
            return None
        equation = Identity(*claim.sides)
        if not _mentioned(equation) or not self._known(equation):
            return None
        try:
            if self._difference(equation) is not None:
                return None
        except (ResourceLimit, ZeroDivisionError):
            return None
        if "=" in claim.operator:
            return Judgement("entailed", self._keys(), 1)
        left, right = (render_expression(side) for side in claim.sides)
        return Judgement("refuted", self._keys(), None, f"{left} = {right} in every model on the graph")

    def _ungrounded(self, claim: Estimate) -> str | None:
        """What is wrong with the numbers computed with: one is from nowhere, or no reading of them is right."""
        quantity = next((side for side in claim.sides if _about(side)), None)
        for side in claim.sides:
            if not isinstance(side, Operation) or _about(side):
                continue
            texts = [part.text for part in parts(side) if isinstance(part, Figure) and is_decimal(part)]
            if strange := next((text for text in texts if Fraction(text) not in self.meanings), None):
                return f"{strange} is from nowhere"
            if texts and quantity is not None and not self._readable(side, quantity):
                return f"no reading of the numbers as what they were said to be makes it {render_expression(quantity)}"
        return None

    def _readable(self, side: Expression, quantity: Expression) -> bool:
        figures = [Fraction(part.text) for part in parts(side) if isinstance(part, Figure)]
        used = [each for value in figures for each in self.meanings.get(value, ())]
        for target in (quantity, self.data.equalities.get(quantity)):
            if target is None:
                continue
            names = variables(target).union(*(variables(each) for each in used))
            diagram = self.diagram if self.diagram is not None else _complete(names)
            with self._a_share() as meter:
                if names <= set(diagram.parents) and reading(side, target, self.meanings, diagram, meter) is not None:
                    return True
        return False

    def _mean(self, claim: Estimate) -> None:
        """Take note of what a number was said to be, and so of what one less it is."""
        value, number = claim.sides[0], claim.sides[-1]
        if claim.operator != "=" or not _about(value):
            return
        if isinstance(number, Minus):
            value, number = Minus(value), number.operand
        if not is_decimal(number):
            return
        assert isinstance(number, Figure)
        written_value = Fraction(number.text)
        self.meanings.setdefault(written_value, []).append(value)
        self.meanings.setdefault(1 - written_value, []).append(Operation("-", Figure("1"), value))

    def fault(self, claim: Claim) -> str:
        text = render_claim(claim)
        if any(render_claim(bad) == text for bad in self.bad):
            return "inherited"
        if not self.bad:
            return "fresh"
        judged = self._supposing(self.bad).judge(claim, text)
        return "inherited" if judged.status == "entailed" else "fresh"

    def _supposing(self, bad: Sequence[Claim]) -> Causal:
        """The theory of the chain were bad steps true; a given that goes against one of them gives way to it."""
        graph = next((each for each in reversed(bad) if isinstance(each, Graph)), None)
        said = [each for each in bad if _datum(each) is not None]
        about = {_datum(each)[0] for each in said}  # type: ignore[index]
        kept: list[tuple[int, Claim]] = [
            (key, given)
            for key, given in self.givens
            if not (isinstance(given, Graph) and graph is not None)
            and not ((datum := _datum(given)) is not None and datum[0] in about)
        ]
        supposed: list[Claim] = [*([graph] if graph is not None else []), *said]
        world = Causal([*kept, *((-1, each) for each in supposed)], self.asked, self.meter)
        for each in bad:
            if isinstance(each, Identity):
                world.data.equalities[each.left] = each.right
        return world

    def establish(self, key: int, claim: Claim, text: str) -> None:
        self.stated.setdefault(text, key)
        if isinstance(claim, Estimate):
            self._mean(claim)

    def discredit(self, key: int, claim: Claim) -> None:
        self.bad.append(claim)


def _datum(claim: Claim) -> tuple[Expression, Interval] | None:
    """What a claim says the value of an expression is: two sides, one of them a number."""
    if not isinstance(claim, Estimate) or claim.operator != "=":
        return None
    left, right = claim.sides[0], claim.sides[-1]
    value = _number(right)
    return (left, value) if value is not None and _about(left) else None


def _number(expression: Expression) -> Interval | None:
    if isinstance(expression, Figure):
        return written(expression.text)
    if isinstance(expression, Minus) and isinstance(expression.operand, Figure):
        found = written(expression.operand.text)
        return Interval(-found.high, -found.low)
    return None


def _number_of(expression: Expression) -> Interval | None:
    """The interval of a number, also of a ratio of two."""
    if isinstance(expression, Operation) and expression.operator == "/":
        above, below = _number(expression.left), _number(expression.right)
        exact = above is not None and below is not None and above.exact and below.exact and below.low != 0
        return Interval(above.low / below.low, above.low / below.low) if exact else None  # type: ignore[union-attr]
    return _number(expression)


def _holds(value: Fraction, operator: str, number: Interval) -> bool | None:
    """Whether a value stands in the relation to a written number; None where that depends on its rounding."""
    if operator == "=":
        return value in number
    if operator in (">", ">="):
        return True if value > number.high else False if value < number.low else None
    return True if value < number.low else False if value > number.high else None


def _about(expression: Expression) -> bool:
    return any(isinstance(part, (Probability, Expectation)) for part in parts(expression))


def _opposite(expression: Probability) -> Probability | None:
    if len(expression.events) != 1 or not isinstance(expression.events[0].value, int):
        return None
    (event,) = expression.events
    return Probability((type(event)(event.variable, 1 - event.value),), expression.given, expression.do)  # type: ignore[operator]


def _figures(sides: Iterable[Expression]) -> set[str]:
    """The decimals of expressions, as they are written."""
    found = (part for side in sides for part in parts(side))
    return {part.text for part in found if isinstance(part, Figure) and "." in part.text}


def _compare(gap: Interval, operator: str) -> str:
    """Of left - right: "=" asks whether it can be 0, a comparison whether it always holds."""
    if operator == "=":
        return "entailed" if 0 in gap else "refuted"
    if operator in ("<", "<="):
        gap = Interval(-gap.high, -gap.low)
    always, never = (gap.low > 0, gap.high <= 0) if operator in ("<", ">") else (gap.low >= 0, gap.high < 0)
    return "entailed" if always else "refuted" if never else "unsupported"


def _mentioned(claim: Claim) -> frozenset[str]:
    if isinstance(claim, Identity):
        return variables(claim.left) | variables(claim.right)
    if isinstance(claim, Identifiable):
        return variables(claim.query)
    if isinstance(claim, Separated):
        return frozenset((*claim.left, *claim.right, *claim.given))
    if isinstance(claim, Better):
        return _mentioned(claim.first) | _mentioned(claim.second)
    if isinstance(claim, Criterion):
        return frozenset((*claim.chosen, *claim.treatment, *claim.outcome))
    return frozenset()


def _is_observed(claim: Identity) -> bool:
    return is_observational(claim.left) and is_observational(claim.right)


def _complete(names: Iterable[str]) -> Diagram:
    """A diagram that rules nothing out."""
    order = sorted(names)
    return Diagram({name: tuple(order[:index]) for index, name in enumerate(order)})


def _edges(diagram: Diagram) -> set[str]:
    found = {f"{parent} -> {name}" for name, parents in diagram.parents.items() for parent in parents}
    found |= {f"{one} <-> {two}" for one, two in diagram.hidden}
    touched = {name for pair in diagram.hidden for name in pair} | {n for n, ps in diagram.parents.items() if ps}
    touched |= {parent for parents in diagram.parents.values() for parent in parents}
    return found | (set(diagram.parents) - touched)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
