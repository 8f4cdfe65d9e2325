"""Algebra: claims about unknowns, from equations, comparisons and systems. Unknowns are reals; those in a congruence,
integers.

The unknowns of a claim meet the premises that bear on them (`constraints.Store`). Where premises leave a choice of
cases, each choice is decided and the claim is entailed (refuted) if it is under all that are possible. One choice is
decided by the cheapest exact method, each of which says "not mine" rather than guess: linear equations, one unknown on
the real line, flats (`reals`); congruences, by trying every assignment (`congruences`); else Z3 (`nonlinear`).

Premises are minimised by leaving out one at a time, givens first, so that what remains is the latest steps; past a
number of operations those that are left stand. Leap: for a linear claim that follows by adding multiples of equations
1 for every premise after the first, at least 1; else None.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import lcm, prod

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.relations import Relation, System, names_of, render_system
from reasonlab.verifiers import congruences, reals
from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.constraints import GOAL, Constraint, Premise, Store
from reasonlab.verifiers.decision import Decision, together
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.linear import Rows
from reasonlab.verifiers.verdicts import Contradiction, Judgement

OPENING = 100  # operations that a question weighs whatever it asks
MOST_SHOWN = 12  # of premises that contradict each other
MINIMISING = 50_000  # operations for making the premises of one judgement minimal

Claim = Relation | System


class Algebra:
    """What the givens and the steps so far say about unknowns."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.store = Store(meter.limits.premises)

    def add(self, key: int, claim: Claim, *, given: bool) -> None:
        self.store.add(Premise(key, claim), given=given)

    def judge(self, claim: Claim) -> Judgement:
        return judge(self.store.about(names_of(claim)), claim, self.meter)

    def contradiction(self) -> Contradiction | None:
        """Whether what is given contradicts itself: by which premises, or None. Undecided counts, and says so."""
        return next((found for group in self.store.groups() if (found := contradiction(group, self.meter))), None)


def judge(premises: Sequence[Premise], claim: Claim, meter: Meter) -> Judgement:
    """The judgement on a claim from premises that do not contradict each other."""
    try:
        within(len(premises), meter.limits.premises, "premises of one question")
        goal = Premise(GOAL, claim)
        decision = decide(premises, goal, meter)
        if decision.status in ("entailed", "refuted", "impossible"):
            kept = _minimal(premises, goal, decision, meter)
            leap = max(1, len(kept) - 1) if decision.linear else None
            status = "refuted" if decision.status == "impossible" else decision.status
            return Judgement(status, kept, leap, decision.model, decision.reason)
        return Judgement(decision.status or "unknown", (), None, decision.model, decision.reason)
    except ZeroDivisionError as error:
        return Judgement("unsupported", reason=f"a term is undefined: {error}")
    except ResourceLimit as error:
        return Judgement("unknown", reason=str(error))


def follows(premises: Sequence[Premise], claim: Claim, meter: Meter) -> bool:
    """Whether a claim follows from premises that do not contradict each other; False also where that is not known."""
    try:
        return decide(premises, Premise(GOAL, claim), meter).status == "entailed"
    except (ZeroDivisionError, ResourceLimit):
        return False


def contradiction(premises: Sequence[Premise], meter: Meter) -> Contradiction | None:
    """Whether premises that share their unknowns contradict each other."""
    try:
        within(len(premises), meter.limits.premises, "premises of one question")
        undefined = _undefined(premises, meter)
        if undefined:
            return Contradiction(undefined, "division by zero")
        decision = decide(premises, None, meter)
        if decision.status == "impossible":
            kept = _minimal(premises, None, decision, meter)
            core = [render_system(one.claim) for one in premises if one.key in kept]
            words = " and ".join(core[:MOST_SHOWN]) + (" and …" if len(core) > MOST_SHOWN else "")
            return Contradiction(kept, f"{words} cannot {'all ' if len(kept) > 1 else ''}hold")
        if decision.status != "consistent":
            return Contradiction((), f"whether the givens can all hold is unknown: {decision.reason}")
    except ResourceLimit as error:
        return Contradiction((), f"whether the givens can all hold is unknown: {error}")
    return None


def _undefined(premises: Sequence[Premise], meter: Meter) -> tuple[int, ...]:
    """The premises that divide by 0 whatever the unknowns are."""
    found = []
    for premise in premises:
        try:
            if premise.moduli == {None}:
                premise.forms(meter)
        except ZeroDivisionError:
            found.append(premise.key)
    return tuple(found)


def _minimal(premises: Sequence[Premise], goal: Premise | None, decision: Decision, meter: Meter) -> tuple[int, ...]:
    """The decision's premises without those that it stands without, left out one at a time in canonical order."""
    kept = set(decision.premises)
    begun = meter.work
    for key in sorted(decision.premises):
        some = [premise for premise in premises if premise.key in kept and premise.key != key]
        try:
            if meter.work - begun > MINIMISING or decide(some, goal, meter).status != decision.status:
                continue
        except ResourceLimit:
            break
        kept.discard(key)
    return tuple(sorted(kept))


def decide(premises: Sequence[Premise], goal: Premise | None, meter: Meter) -> Decision:
    """Without a goal: "impossible" if the premises contradict each other, "consistent" if not."""
    meter.spend(OPENING)
    ways = prod(len(premise.cases) for premise in premises)
    within(ways, meter.limits.cases, "ways of choosing cases")
    if ways == 1:
        return _decide_one(premises, [0] * len(premises), goal, meter, alone=True)
    found = [
        _decide_one(premises, choice, goal, meter, alone=False)
        for choice in product(*(range(len(premise.cases)) for premise in premises))
    ]
    return together(found, frozenset(premise.key for premise in premises if len(premise.cases) > 1))


def _decide_one(
    premises: Sequence[Premise], choice: Sequence[int], goal: Premise | None, meter: Meter, *, alone: bool
) -> Decision:
    """The decision under one choice of cases."""
    links = [(one.key, link) for one, case in zip(premises, choice) for link in one.cases[case]]
    moduli = {link.modulus for _, link in links} | (goal.moduli if goal is not None else set())
    if moduli and None not in moduli:
        decision = congruences.enumerate_worlds(links, goal, lcm(*moduli), meter)  # type: ignore[arg-type]
        if decision.status is not None:
            return decision
    forms = [form for one, case in zip(premises, choice) for form in one.forms(meter)[case]]
    if moduli <= {None}:
        return reals.decide(forms, goal, meter, alone=alone)
    return _mixed(forms, goal, meter)


def _mixed(forms: Sequence[Constraint], goal: Premise | None, meter: Meter) -> Decision:
    """Congruences that were too many to try, or beside relations between reals."""
    from reasonlab.verifiers import nonlinear

    whole = {name for form in forms if form.modulus for name in poly.variables(form.polynomial)}
    if goal is not None and goal.moduli != {None} and (open_names := sorted(goal.names - whole)):
        return Decision("unsupported", reason=f"{', '.join(open_names)} may not be an integer")
    cases = goal.forms(meter) if goal is not None else None
    return nonlinear.ask(forms, cases, Rows(meter), (), meter)
