"""Claims about expressions of probability (`reasonlab.language.probability`); `reasonlab.verifiers.causal` judges.

identity: P(Y | X) P(X) = P(X, Y)                             in every model on the graph; without one, in every one
identifies: P(Y | do(X)) = sum_Z P(Y | X, Z) P(Z)             the same, and the right side is what data can tell
estimate: P(Y=1 | X=1) - P(Y=1 | X=0) = 0.85 - 0.26 = 0.59    numbers from rounded data; "=" within the rounding
estimate: P(Y=1) > 0.5                                        whatever the rounding hides
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.diagrams import Adjusts
from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import Cursor
from reasonlab.language.probability import (
    Event,
    Expression,
    Operation,
    Probability,
    Sum,
    Variable,
    free_values,
    is_observational,
    read_expression,
    render_expression,
    tokens_of,
)
from reasonlab.language.worded import Worded

COMPARISONS = ("<", "<=", ">", ">=")
MAX_FREE = 6  # values that are names: the claim is about every combination of them


@dataclass(frozen=True, slots=True)
class Identity(Worded):
    """`left = right` for all values left open, in every positive model on the graph."""

    word: ClassVar[str] = "identity"
    theory: ClassVar[str] = "causal"

    left: Expression
    right: Expression

    @classmethod
    def read(cls, body: str) -> Self:
        cursor = Cursor(tokens_of(body))
        left = read_expression(cursor)
        cursor.expect("=")
        right = read_expression(cursor)
        cursor.end()
        if len(free_values(left) | free_values(right)) > MAX_FREE:
            raise ParseError(f"more than {MAX_FREE} values are left open")
        return cls(left, right)

    def body(self) -> str:
        return f"{render_expression(self.left)} = {render_expression(self.right)}"


@dataclass(frozen=True, slots=True)
class Identifies(Identity):
    """The right side, which passive data can tell, is the left one in every positive model on the graph."""

    word: ClassVar[str] = "identifies"

    @classmethod
    def read(cls, body: str) -> Self:
        claim = Identity.read(body)
        if not is_observational(claim.right):
            raise ParseError("an estimand must be without do() and counterfactuals")
        return cls(claim.left, claim.right)


def adjustment(claim: Identity) -> Adjusts | None:
    """The set that an adjustment formula adjusts for: P(y | do(x)) = sum_z P(y | x, z) P(z), all of it left open."""
    query, formula = claim.left, claim.right
    if not isinstance(query, Probability) or query.given or not query.do or not isinstance(formula, Sum):
        return None
    if not isinstance(formula.body, Operation) or formula.body.operator != "*":
        return None
    inner, weight = formula.body.left, formula.body.right
    if not isinstance(inner, Probability) or not isinstance(weight, Probability):
        return None
    outcome, treatment, chosen = _bare(query.events), [each.name for each in query.do], _bare(weight.events)
    if outcome is None or chosen is None or any(each.value != each.name for each in query.do):
        return None
    plain = not (inner.do or weight.do or weight.given) and [name for name, _ in formula.bound] == chosen
    same = _bare(inner.events) == outcome and set(_bare(inner.given) or ()) == {*treatment, *chosen}
    if not plain or not same or any(name != value for name, value in formula.bound):
        return None
    everything = [*outcome, *treatment, *chosen]
    if len(set(everything)) < len(everything):
        return None
    return Adjusts(tuple(chosen), tuple(treatment), tuple(outcome))


def _bare(events: tuple[Event, ...]) -> list[str] | None:
    """The variables of events, if each is of an observed variable and left open."""
    names = [event.variable.name for event in events]
    return (
        names if all(event == Event(Variable(event.variable.name), event.variable.name) for event in events) else None
    )


@dataclass(frozen=True, slots=True)
class Estimate(Worded):
    """Sides of which every value is given, joined by "=", or two by a comparison. As a given: a datum."""

    word: ClassVar[str] = "estimate"
    theory: ClassVar[str] = "causal"

    sides: tuple[Expression, ...]
    operator: str = "="

    @classmethod
    def read(cls, body: str) -> Self:
        cursor = Cursor(tokens_of(body))
        sides = [read_expression(cursor)]
        operator = cursor.expect("=", *COMPARISONS).text
        sides.append(read_expression(cursor))
        while operator == "=" and cursor.accept("="):
            sides.append(read_expression(cursor))
        cursor.end()
        if open_ones := sorted(name for side in sides for name in free_values(side)):
            raise ParseError(f"an estimate needs a number for {open_ones[0]!r}")
        return cls(tuple(sides), operator)

    def body(self) -> str:
        return f" {self.operator} ".join(render_expression(side) for side in self.sides)
