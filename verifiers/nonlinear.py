"""What no exact method of ours decides goes to Z3: nonlinear real arithmetic, and integers in congruences.

Z3's resource count bounds its work only where polynomials are small: beyond the limits on their degree and on the
length of their coefficients it is not asked. Premises are those of a core where everything is linear, else all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reasonlab.language.errors import ResourceLimit
from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.constraints import Constraint
from reasonlab.verifiers.decision import Decision
from reasonlab.verifiers.evaluation import show
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.linear import Rows
from reasonlab.verifiers.polynomials import Value

COUNT = 25  # elementary operations for one of Z3's counts

Cases = Sequence[tuple[Constraint, ...]]


def ask(
    premises: Sequence[Constraint], cases: Cases | None, solved: Rows, names: Sequence[str], meter: Meter
) -> Decision:
    """The decision on a goal (cases of constraints) or, without one, on whether the premises can all hold.

    `solved`, `names`: unknowns that were eliminated before, and all of them, to tell a world in full.
    """
    every = [*premises, *(one for case in cases or () for one in case)]
    linear = _within_limits(every, meter)
    asked = _Asked(premises, cases, meter, linear)
    if cases is None:
        reply = asked.check()
        status = {"unsat": "impossible", "sat": "consistent"}.get(reply.status, "unknown")
        return Decision(status, asked.keys(reply), reason=reply.reason)
    goal, defined = asked.goal()
    sound: frozenset[int] = frozenset()  # what makes the goal defined
    if defined is not None:
        reply = asked.check(asked.negate(defined))
        if reply.status == "sat":
            model = asked.world(reply, solved, names)
            return Decision("unsupported", model=model, reason="a term may be undefined")
        if reply.status == "unknown":
            return Decision("unknown", reason=reply.reason)
        sound = asked.keys(reply)
    against = asked.check(asked.negate(goal))
    given = asked.check(goal)
    if against.status == given.status == "unsat":
        return Decision("impossible", asked.keys(against) | asked.keys(given))
    if against.status == "unsat":
        return Decision("entailed", asked.keys(against) | sound)
    model = asked.world(against, solved, names) if against.status == "sat" else None
    if given.status == "unsat":
        return Decision("refuted", asked.keys(given) | sound, model=model)
    if "unknown" in (against.status, given.status):
        return Decision("unknown", reason=against.reason or given.reason)
    return Decision("unsupported", model=model)


def _within_limits(every: Sequence[Constraint], meter: Meter) -> bool:
    """Whether everything is linear. Raises ResourceLimit where Z3's count would bound nothing."""
    limits, linear = meter.limits, True
    for one in every:
        degree = poly.degree(one.polynomial)
        linear = linear and degree <= 1
        if degree > limits.degree:
            raise ResourceLimit(f"degree {degree} is over the limit of {limits.degree} in several unknowns")
    if not linear:
        size = max((poly.bits(value) for one in every for value in one.polynomial.values()), default=0)
        if size > limits.bits:
            raise ResourceLimit(f"a coefficient of {size} bits is over the limit of {limits.bits} in several unknowns")
    meter.spend(sum(len(one.polynomial) for one in every) * 20)
    return linear


class _Asked:
    """One question to Z3."""

    def __init__(self, premises: Sequence[Constraint], cases: Cases | None, meter: Meter, linear: bool) -> None:
        from reasonlab.verifiers.solver import Solver

        self.meter, self.premises, self.cases, self.linear = meter, premises, cases, linear
        self.solver = Solver(meter.limits, meter, meter.limits.algebra_rlimit, weight=COUNT)
        # A congruence is about integers, and that a claim speaks of one makes nothing an integer.
        self.whole = {name for one in premises if one.modulus for name in poly.variables(one.polynomial)}
        self.tracked = {index: self._formula(one) for index, one in enumerate(premises)}

    def _formula(self, one: Constraint) -> Any:
        value = self.solver.polynomial(one.polynomial, self.whole)
        if one.modulus is not None:
            return self.solver.divisible(value, one.modulus)
        return self.solver.compare(value, one.operator, 0)

    def goal(self) -> tuple[Any, Any | None]:
        """The goal, and the condition under which it is defined, if it has one."""
        assert self.cases is not None
        built = [[self._formula(one) for one in case] for case in self.cases]
        conditions = [formula for one, formula in zip(self.cases[0], built[0]) if one.condition]
        defined = self.solver.all(conditions) if conditions and len(built) == 1 else None
        return self.solver.any([self.solver.all(case) for case in built]), defined

    def negate(self, formula: Any) -> Any:
        return self.solver.none([formula])

    def check(self, *extra: Any) -> Any:
        return self.solver.check(self.tracked, extra, cores=self.linear)

    def keys(self, reply: Any) -> frozenset[int]:
        """The premises of an unsatisfiable question."""
        indices = reply.core if self.linear else range(len(self.premises))
        return frozenset().union(*(self.premises[index].premises for index in indices))

    def world(self, reply: Any, solved: Rows, names: Sequence[str]) -> str | None:
        """The world of a satisfiable question in words, with the unknowns that had been eliminated."""
        values: dict[str, Value | str] = {**self.solver.values(reply.raw)}
        exact = {name: poly.exact(value) for name, value in values.items() if not isinstance(value, str)}
        if len(exact) == len(values):
            values |= solved.complete(exact, {*names, *exact})
        shown = [f"{n} = {v if isinstance(v, str) else show(v)}" for n, v in sorted(values.items())]
        return ", ".join(shown[:12]) + (", …" if len(shown) > 12 else "") or None
