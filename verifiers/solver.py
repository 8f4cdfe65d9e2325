"""Z3, so that the same question always gets the same answer.

Every question has a context of its own and every check a fresh solver: pushing and popping, or what was asked before,
would change models and resource counts. The limit is Z3's resource count, never a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import z3

from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.polynomials import Polynomial

listener: ContextVar[Callable[[str, str], None] | None] = ContextVar("listener", default=None)
"""Who is told each question, as SMT-LIB 2, and its answer (sat, unsat, unknown). Nobody, unless it is set."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`core`: keys of the assertions of an unsat answer. `raw`: the model of a sat one."""

    status: str  # "sat", "unsat" or "unknown"
    core: frozenset[int] = frozenset()
    reason: str | None = None
    raw: Any = None


OPENING, CHECK = 2_000, 2_000  # elementary operations that a question and each of its checks weigh


class Solver:
    """One question: its context, what it spent, and how its parts are built."""

    def __init__(self, limits: Limits, meter: Meter, rlimit: int, *, weight: int = 1) -> None:
        """`rlimit`: for each check. `weight`: elementary operations for one of Z3's counts."""
        meter.spend(OPENING)
        self.limits, self.meter, self.rlimit, self.weight = limits, meter, rlimit, weight
        self.context = z3.Context()
        self.numbers: dict[str, Any] = {}
        meter.questions += 1

    def check(self, tracked: Mapping[int, Any], extra: Sequence[Any], *, cores: bool = True) -> Reply:
        """Whether the tracked assertions and the extra ones can all hold.

        `cores`: name the assertions that were needed. Without, Z3 is free to choose its procedure for products of
        unknowns, whose work its resource count then bounds (with, one count was seen to take minutes).
        """
        self.meter.spend(CHECK)
        if self.meter.rlimit > self.limits.chain_rlimit:
            return Reply("unknown", reason=f"the chain has spent {self.limits.chain_rlimit} of Z3's resource count")
        solver = z3.Solver(ctx=self.context)
        solver.set("rlimit", self.rlimit)
        solver.set("random_seed", 0)
        solver.set("smt.arith.nl.grobner", False)  # its work is not in the count: one question took 4 s of 5,000
        before = _spent(solver)
        if not cores:
            extra, tracked = [*(tracked[key] for key in sorted(tracked)), *extra], {}
        marks = {f"k{key}": (key, z3.Bool(f"k{key}", self.context)) for key in sorted(tracked)}
        for key, mark in marks.values():
            solver.add(z3.Implies(mark, tracked[key]))
        solver.add(*extra)
        try:
            answer = solver.check(*(mark for _, mark in marks.values()))
        except z3.Z3Exception as error:
            return Reply("unknown", reason=f"the solver gave up: {error}")
        spent = _spent(solver) - before
        self.meter.rlimit += spent
        self.meter.work += spent * self.weight  # the answer still counts; the next question may not be asked
        if (told := listener.get()) is not None:
            told(self._smt2([*(tracked[key] for key in sorted(tracked)), *extra], answer), str(answer))
        if answer == z3.unsat:
            return Reply("unsat", frozenset(marks[str(mark)][0] for mark in solver.unsat_core()))
        if answer == z3.sat:
            return Reply("sat", raw=solver.model())
        return Reply(
            "unknown",
            reason=f"undecided within {self.rlimit} of Z3's resource count ({solver.reason_unknown()})",
        )

    def _smt2(self, assertions: Sequence[Any], answer: Any) -> str:
        """The question as a whole SMT-LIB 2 script that states the answer it got."""
        script = z3.Solver(ctx=self.context)
        script.add(*assertions)
        return "(set-logic ALL)\n" + script.to_smt2().replace(
            "(set-info :status unknown)", f"(set-info :status {answer})", 1
        )

    def values(self, model: Any) -> dict[str, Fraction | str]:
        """The numbers of a model by name; one that is no fraction, in words."""
        found: dict[str, Fraction | str] = {}
        for name in sorted(self.numbers):
            value = model.eval(self.numbers[name], model_completion=True)
            if z3.is_algebraic_value(value):
                found[name] = f"about {value.approx(6).as_decimal(6).rstrip('?')}"
            else:
                fraction = value.as_fraction() if z3.is_rational_value(value) else value.as_long()
                found[name] = Fraction(fraction)
        return found

    def all(self, formulas: Sequence[Any]) -> Any:
        return z3.And(*formulas) if len(formulas) != 1 else formulas[0]

    def any(self, formulas: Sequence[Any]) -> Any:
        return z3.Or(*formulas) if len(formulas) != 1 else formulas[0]

    def none(self, formulas: Sequence[Any]) -> Any:
        """The negation of all of `formulas` together: at least one fails."""
        return z3.Not(self.all(formulas))

    def polynomial(self, polynomial: Polynomial, whole: set[str]) -> Any:
        """The polynomial over integers if all its variables are `whole`, else over reals."""
        integral = all(name in whole for monomial in polynomial for name, _ in monomial) and all(
            value.denominator == 1 for value in polynomial.values()
        )
        total: Any = self._number(Fraction(0), integral)
        for monomial, coefficient in sorted(polynomial.items()):
            part = self._number(coefficient, integral)
            for name, exponent in monomial:
                variable = self._variable(name, name in whole)
                if name in whole and not integral:
                    variable = z3.ToReal(variable)
                for _ in range(exponent):
                    part = part * variable
            total = total + part
        return total

    def _number(self, value: int | Fraction, integral: bool) -> Any:
        if integral:
            return z3.IntVal(value.numerator, self.context)
        return z3.Q(value.numerator, value.denominator, self.context)

    def _variable(self, name: str, whole: bool) -> Any:
        if name not in self.numbers:
            self.numbers[name] = (z3.Int if whole else z3.Real)(name, self.context)
        return self.numbers[name]

    def divisible(self, value: Any, modulus: int) -> Any:
        return value % modulus == 0

    def compare(self, left: Any, operator: str, right: Any) -> Any:
        return {
            "=": left == right,
            "!=": left != right,
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
        }[operator]


def _spent(solver: Any) -> int:
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in statistics.keys() else 0  # noqa: SIM118
