"""Rewriting: a step from one equation, inequality or system to another must keep the solutions, all and no others.

A stage's solutions are the values of the unknowns of both stages under which it holds; where a term is undefined it
does not hold. So dividing by x loses x = 0, squaring gains what the other sign solves, and multiplying an inequality by
a negative number loses one side of it and gains the other. The verdict names what is lost and gained.

- *One unknown*: the line is cut at the roots of both stages, and each is looked at on every piece (`realline`); over
  the rationals and the integers only on those that have one. Over the complex numbers the polynomials' common factors
  cut the plane instead: each has its roots, on which every polynomial is zero everywhere or nowhere.
- *Several unknowns*, over the reals: each stage must follow from the other (`algebra`), and a world in which it does
  not is named. Linear equations have the same solutions over every field, so there the domain makes no difference.
- *Congruences* speak of integers.

Entailed, then, by arithmetic alone: the givens play no part. Leap: 1 from one linear equation to another, else None; 0
for stages that earlier steps lead between. Where the first stage was stated among the relations of the chain, the
others are stated from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.relations import Compare, Equal, Relation, System
from reasonlab.language.rewriting import ARROW, Rewrite, Stage, render_stage
from reasonlab.language.terms import Number
from reasonlab.verifiers import algebra, complexplane
from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.arithmetic import Relations
from reasonlab.verifiers.constraints import GOAL, Constraint, Premise
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.reals import all_hold, cut_line
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Cases = tuple[tuple[Constraint, ...], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a step from one stage to the next does to the solutions, in words; None: nothing.

    `unknown`: why something could not be decided.
    """

    lost: str | None = None
    gained: str | None = None
    unknown: str | None = None

    def __str__(self) -> str:
        parts = [f"{verb} {what}" for verb, what in (("loses", self.lost), ("gains", self.gained)) if what is not None]
        return " and ".join(parts)


class Rewriting:
    """The theory of a chain's rewritings."""

    def __init__(self, givens: Sequence[tuple[int, Rewrite]], relations: Relations | None, meter: Meter) -> None:
        self.relations, self.meter = relations, meter
        self.steps: dict[str, list[tuple[str, int]]] = {}  # from a stage to another, by a given or an entailed step
        self.bad: dict[str, list[tuple[str, int]]] = {}  # the same by bad steps
        self.contradiction = self._read(givens)

    def _read(self, givens: Sequence[tuple[int, Rewrite]]) -> Contradiction | None:
        for key, claim in givens:
            judged = self._judge(claim)
            if judged.status == "unknown":
                return Contradiction((), f"whether the givens can all hold is unknown: {judged.reason}")
            if judged.status != "entailed":
                return Contradiction((key,), f"{claim.body()} {judged.witness or judged.reason}")
            self._link(self.steps, key, claim)
        return None

    def judge(self, claim: Rewrite, text: str | None = None) -> Judgement:
        """The judgement on a rewriting."""
        paths = [_path(here, there, self.steps) for here, there in pairwise(_nodes(claim))]
        if None not in paths:
            return Judgement("entailed", self._premises(claim, [key for path in paths for key in path or ()]), 0)
        judged = self._judge(claim)
        if judged.status != "entailed":
            return judged
        return Judgement("entailed", self._premises(claim, ()), judged.leap)

    def _premises(self, claim: Rewrite, keys: Iterable[int]) -> tuple[int, ...]:
        stated = self._stated(claim.stages[0])
        return tuple(sorted({*keys, *([stated] if stated is not None else [])}))

    def _stated(self, stage: Stage) -> int | None:
        """Which given or step states a stage among the relations."""
        if self.relations is None or isinstance(stage, bool):
            return None
        return self.relations.texts.get(render_stage(stage))

    def _judge(self, claim: Rewrite) -> Judgement:
        leaps: list[int | None] = []
        for here, there in pairwise(claim.stages):
            try:
                change = compare(here, there, claim.domain, self.meter)
            except ZeroDivisionError as error:
                return Judgement("unsupported", reason=f"a term is undefined: {error}")
            except ResourceLimit as limit:
                return Judgement("unknown", reason=str(limit))
            step = f"{render_stage(here)} {ARROW} {render_stage(there)}" if len(claim.stages) > 2 else None
            if str(change):
                return Judgement("refuted", (), None, str(change), step and f"the step {step} {change}")
            if change.unknown is not None:
                return Judgement("unknown", reason=f"{step}: {change.unknown}" if step else change.unknown)
            leaps.append(0 if here == there else 1 if _linear(here) and _linear(there) else None)
        return Judgement("entailed", (), None if None in leaps else sum(leaps))  # type: ignore[arg-type]

    def fault(self, claim: Rewrite) -> str:
        """Of a bad rewriting: "inherited" if earlier bad steps lead from each stage to the next, else "fresh"."""
        both = {node: [*self.steps.get(node, ()), *self.bad.get(node, ())] for node in {*self.steps, *self.bad}}
        paths = [_path(here, there, both) for here, there in pairwise(_nodes(claim))]
        return "fresh" if None in paths else "inherited"

    def establish(self, key: int, claim: Rewrite, text: str) -> None:
        self._link(self.steps, key, claim)
        if self._stated(claim.stages[0]) is None or self.relations is None:
            return
        for stage in claim.stages[1:]:
            if not isinstance(stage, bool):
                self.relations.take_in(key, stage, render_stage(stage), given=False)

    def discredit(self, key: int, claim: Rewrite) -> None:
        self._link(self.bad, key, claim)

    def _link(self, steps: dict[str, list[tuple[str, int]]], key: int, claim: Rewrite) -> None:
        for here, there in pairwise(_nodes(claim)):
            steps.setdefault(here, []).append((there, key))
            steps.setdefault(there, []).append((here, key))


def _nodes(claim: Rewrite) -> list[str]:
    return [f"{claim.domain}: {render_stage(stage)}" for stage in claim.stages]


def _path(start: str, end: str, steps: dict[str, list[tuple[str, int]]]) -> list[int] | None:
    """The keys of steps that lead from one stage to another, as few as can be; None if none do."""
    before: dict[str, tuple[str, int] | None] = {start: None}
    waiting = [start]
    for here in waiting:  # grows
        if here == end:
            break
        for there, key in steps.get(here, ()):
            if there not in before:
                before[there] = (here, key)
                waiting.append(there)
    if end not in before or (start == end and start not in steps):
        return None
    keys = []
    while (came := before[end]) is not None:
        end, key = came
        keys.append(key)
    return keys


def compare(here: Stage, there: Stage, domain: str, meter: Meter) -> Change:
    """What the step between two stages loses and gains.

    Raises ZeroDivisionError for a term that is undefined whatever the unknowns, and ResourceLimit.
    """
    stages = Premise(0, _relation(here)), Premise(1, _relation(there))
    moduli = stages[0].moduli | stages[1].moduli
    names = sorted(stages[0].names | stages[1].names)
    if moduli != {None}:
        if domain not in ("reals", "integers"):
            return Change(unknown=f"a congruence is about integers, not {domain}")
        return _both_ways(stages, meter)
    forms = stages[0].forms(meter), stages[1].forms(meter)
    if domain == "complex" and any(one.operator in ("<", "<=") for cases in forms for case in cases for one in case):
        return Change(unknown="complex numbers have no order")
    if len(names) <= 1:
        name = names[0] if names else "x"
        return _complex(forms, name, meter) if domain == "complex" else _on_line(forms, name, domain, meter)
    everywhere = all(
        one.operator == "=" and poly.degree(one.polynomial) <= 1 for cases in forms for case in cases for one in case
    )
    if domain == "reals" or (everywhere and domain != "integers"):
        return _both_ways(stages, meter)
    return Change(unknown=f"several unknowns over the {domain} numbers are outside the exact methods")


def _relation(stage: Stage) -> Relation | System:
    """A stage that everything or nothing solves, as a relation that is so."""
    return Equal((Number(Fraction(0)), Number(Fraction(not stage)))) if isinstance(stage, bool) else stage


def _linear(stage: Stage) -> bool:
    """Whether a stage is one linear equation."""
    if isinstance(stage, (bool, System, Compare)) or len(stage.terms) > 2:
        return False
    try:
        forms = Premise(0, stage).forms(Meter())
    except (ZeroDivisionError, ResourceLimit):
        return False
    return all(one.operator == "=" and poly.degree(one.polynomial) <= 1 for case in forms for one in case)


def _on_line(forms: tuple[Cases, Cases], name: str, domain: str, meter: Meter) -> Change:
    cut = cut_line([case for cases in forms for case in cases], meter)
    inside = {"rationals": cut.line.has_rational, "integers": cut.line.has_integer}.get(domain, lambda piece: True)
    pieces = [piece for piece in cut.line.pieces if inside(piece)]
    here, there = ({p for p in pieces if any(all_hold(case, cut, p) for case in cases)} for cases in forms)
    changed = (here - there, there - here)
    if domain == "integers":
        return Change(*(cut.line.show_integers(name, some) or None for some in changed))
    return Change(*(cut.line.show(name, some, meter) or None for some in changed))


def _complex(forms: tuple[Cases, Cases], name: str, meter: Meter) -> Change:
    plane = complexplane.cut([one for cases in forms for case in cases for one in case], meter)
    here, there = (
        {p for p in plane.pieces if any(all(plane.holds(one, p) for one in case) for case in cases)} for cases in forms
    )
    return Change(*(plane.show(name, some) or None for some in (here - there, there - here)))


def _both_ways(stages: tuple[Premise, Premise], meter: Meter) -> Change:
    found: list[str | None] = []
    unknown = None
    for premise, other in (stages, stages[::-1]):
        goal = Premise(GOAL, other.claim)
        decision = algebra.decide([premise], goal, meter)
        if decision.status in ("entailed", "impossible"):
            found.append(None)
        elif decision.status in ("refuted", "unsupported"):
            found.append(decision.failing or decision.model or "solutions")
        else:
            found.append(None)
            unknown = decision.reason
    lost, gained = found
    return Change(lost, gained, unknown)
