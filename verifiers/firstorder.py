"""First-order questions to Z3: cores mapped to premises and made minimal, models turned into finite structures.

One uninterpreted sort for individuals, a predicate or a function a name and arity. Without functions this is decidable
wherever no `exists` stands below a `forall` (Bernays & Schönfinkel 1928); elsewhere the resource limit may end it, or
there may be only infinite worlds. Where it ends without an answer, small worlds are looked for: there every quantifier
is written out. A world counts only after it was checked (`structures`); else the answer is unknown.

The world that is shown is a small one where there is one, if possible with a different individual for each name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import z3

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.formulas import Argument, Atom, Formula, Identity, Not, Quantified, individuals
from reasonlab.verifiers.limits import Limits, Meter, within
from reasonlab.verifiers.solver import Solver
from reasonlab.verifiers.structures import Structure, in_words


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether something can be.

    Attributes:
        status: "sat", "unsat" or "unknown".
        core: of an unsat: keys of premises that cannot hold together with the claim; none was found that can be left
            out, with ten times the effort of the first answer.
        reason: of an unknown.
        world: of a sat, in words.
    """

    status: str
    core: tuple[int, ...] = ()
    reason: str | None = None
    world: str | None = None


class _Encoder:
    """Formulas as Z3 expressions in one context."""

    def __init__(self, context: Any, everyone: int | None = None) -> None:
        """`everyone`: how many individuals there are, where quantifiers are to be written out."""
        self.context = context
        self.sort = z3.DeclareSort("individual", context)
        self.predicates: dict[tuple[str, int], Any] = {}
        self.functions: dict[tuple[str, int], Any] = {}
        self.names: dict[str, Any] = {}
        self.everyone = [z3.Const(f"e_{i}", self.sort) for i in range(everyone)] if everyone is not None else None
        self.written = 0

    def name(self, name: str) -> Any:
        if name not in self.names:
            self.names[name] = z3.Const(f"i_{name}", self.sort)
        return self.names[name]

    def predicate(self, name: str, arity: int) -> Any:
        key = (name, arity)
        if key not in self.predicates:
            sorts = [self.sort] * arity
            self.predicates[key] = z3.Function(f"p_{name}_{arity}", *sorts, z3.BoolSort(self.context))
        return self.predicates[key]

    def argument(self, argument: Argument, scope: Mapping[str, Any]) -> Any:
        if isinstance(argument, str):
            return scope[argument] if argument in scope else self.name(argument)
        key = (argument.function, len(argument.arguments))
        if key not in self.functions:
            self.functions[key] = z3.Function(f"f_{key[0]}_{key[1]}", *[self.sort] * key[1], self.sort)
        return self.functions[key](*(self.argument(part, scope) for part in argument.arguments))

    def formula(self, formula: Formula, scope: Mapping[str, Any]) -> Any:
        if isinstance(formula, Atom):
            predicate = self.predicate(formula.predicate, len(formula.arguments))
            return predicate(*(self.argument(argument, scope) for argument in formula.arguments))
        if isinstance(formula, Identity):
            return self.argument(formula.left, scope) == self.argument(formula.right, scope)
        if isinstance(formula, Not):
            return z3.Not(self.formula(formula.operand, scope))
        if isinstance(formula, Quantified) and self.everyone is not None:
            cases = []
            for one in self.everyone:
                self.written += 1
                within(self.written, _MOST_WRITTEN, "cases of quantifiers")
                cases.append(self.formula(formula.body, {**scope, formula.variable: one}))
            return (z3.And if formula.quantifier == "forall" else z3.Or)(cases)
        if isinstance(formula, Quantified):
            variable = z3.Const(f"v_{formula.variable}", self.sort)
            inner = self.formula(formula.body, {**scope, formula.variable: variable})
            return (z3.ForAll if formula.quantifier == "forall" else z3.Exists)([variable], inner)
        left, right = self.formula(formula.left, scope), self.formula(formula.right, scope)
        if formula.operator == "&":
            return z3.And(left, right)
        if formula.operator == "|":
            return z3.Or(left, right)
        return z3.Implies(left, right) if formula.operator == "->" else left == right

    def counterexample(self, formula: Formula) -> Any:
        """The negation, with the individuals that break outer `forall`s as names `_1`, `_2`, ..."""
        scope: dict[str, Any] = {}
        while isinstance(formula, Quantified) and formula.quantifier == "forall":
            scope[formula.variable] = self.name(f"_{len(scope) + 1}")
            formula = formula.body
        return z3.Not(self.formula(formula, scope))

    def bounds(self, distinct: bool) -> list[Any]:
        """That whatever is denoted is one of `everyone`; `distinct`: that no two names denote the same."""
        everyone = self.everyone or []
        terms = list(self.names.values())
        for (_, arity), symbol in sorted(self.functions.items()):
            within(len(everyone) ** arity, _MOST_WRITTEN, "values of a function")
            terms += [symbol(*row) for row in product(everyone, repeat=arity)]
        bounds = [z3.Distinct(everyone)] if len(everyone) > 1 else []
        bounds += [z3.Or([term == one for one in everyone]) for term in terms]
        if distinct and len(self.names) > 1:
            bounds.append(z3.Distinct(list(self.names.values())))
        return bounds

    def structure(self, model: Any) -> Structure:
        """The model as a structure. Individuals are numbered by the first name they have, else as Z3 lists them."""

        def value(expression: Any) -> Any:
            return model.eval(expression, model_completion=True)

        denoted = {name: value(constant) for name, constant in sorted(self.names.items())}
        others = self.everyone if self.everyone is not None else model.get_universe(self.sort) or ()
        found = {str(one): one for one in (*denoted.values(), *map(value, others))}
        if not found:
            one = value(z3.Const("i_", self.sort))
            found[str(one)] = one
        numbers = {text: number for number, text in enumerate(found)}
        everyone = Structure(len(found), {}, {}, {})
        elements = list(found.values())

        def rows(arity: int) -> list[tuple[int, ...]]:
            if len(elements) ** arity > _MOST_ROWS:
                raise ResourceLimit(f"a world of {len(elements)} individuals is too large to look at")
            return list(everyone.tuples(arity))

        def at(symbol: Any, row: tuple[int, ...]) -> Any:
            return value(symbol(*(elements[one] for one in row)))

        try:
            functions = {
                key: {row: numbers[str(at(symbol, row))] for row in rows(key[1])}
                for key, symbol in sorted(self.functions.items())
            }
        except KeyError:
            raise ResourceLimit("the solver's world has no end") from None
        predicates = {
            key: frozenset(row for row in rows(key[1]) if z3.is_true(at(symbol, row)))
            for key, symbol in sorted(self.predicates.items())
        }
        names = {name: numbers[str(element)] for name, element in denoted.items()}
        return Structure(len(found), names, functions, predicates)


_MOST_ROWS = 10_000
_MOST_WRITTEN = 5_000
_LEAST_EFFORT, _MORE_EFFORT = 2_000, 10  # of a check whether a premise can be left out, over the first check's
_MORE = 2  # individuals without a name in the largest of the small worlds

Premises = Sequence[tuple[int, Formula]]


def ask(premises: Premises, claim: Formula | None, negated: bool, limits: Limits, meter: Meter) -> Finding:
    """Whether the premises can hold together with the claim (or, `negated`, without it)."""
    if len(premises) > limits.premises:
        reason = f"{len(premises)} premises of one question are over the limit of {limits.premises}"
        return Finding("unknown", reason=reason)
    if claim is None and (small := small_world(premises, claim, negated, limits, meter)) is not None:
        return Finding("sat", world=small)  # premises that nobody doubts mostly have one, at a small price
    solver = Solver(limits, meter, limits.rlimit)
    encoder = _Encoder(solver.context)
    tracked = {key: encoder.formula(formula, {}) for key, formula in premises}
    extra = []
    if claim is not None:
        extra = [encoder.counterexample(claim) if negated else encoder.formula(claim, {})]
    before = meter.rlimit
    reply = solver.check(tracked, extra)
    if reply.status == "unsat":
        core = set(reply.core)
        # Without a premise there may be infinite worlds only, and nothing would end the search for one.
        solver.rlimit = min(limits.rlimit, _LEAST_EFFORT + _MORE_EFFORT * (meter.rlimit - before))
        for key in sorted(reply.core):
            if solver.check({one: tracked[one] for one in core if one != key}, extra).status == "unsat":
                core.discard(key)
        return Finding("unsat", tuple(sorted(core)))
    if reply.status == "sat":
        try:
            structure = encoder.structure(reply.raw)
            if _is_world(structure, premises, claim, negated, limits):
                return Finding("sat", world=in_words(structure, claim))
            reason = "the solver's world is none: checked, a premise fails in it"
        except ResourceLimit as limit:
            reason = str(limit)
    else:
        reason = reply.reason or "the solver gave up"
    small = small_world(premises, claim, negated, limits, meter) if claim is not None else None
    return Finding("unknown", reason=reason) if small is None else Finding("sat", world=small)


def small_world(premises: Premises, claim: Formula | None, negated: bool, limits: Limits, meter: Meter) -> str | None:
    """In words, a small world in which the premises hold together with the claim (`negated`: without it).

    None where none was found within the limits, which does not mean that there is none.
    """
    formulas = [*(formula for _, formula in premises), *([claim] if claim is not None else [])]
    names = len({name for formula in formulas for name in individuals(formula)})
    sizes = [(max(1, names) + more, True) for more in range(_MORE + 1)]
    sizes += [(size, False) for size in range(1, names + _MORE + 1)] if names > 1 else []
    for size, distinct in sizes:
        solver = Solver(limits, meter, limits.rlimit)
        encoder = _Encoder(solver.context, size)
        try:
            tracked = {key: encoder.formula(formula, {}) for key, formula in premises}
            extra = [encoder.formula(Not(claim) if negated else claim, {})] if claim is not None else []
            reply = solver.check(tracked, [*extra, *encoder.bounds(distinct)])
            if reply.status == "sat":
                structure = encoder.structure(reply.raw)
                if _is_world(structure, premises, claim, negated, limits):
                    return in_words(structure, claim)
            elif reply.status == "unknown":
                return None
        except ResourceLimit:
            return None
    return None


def _is_world(structure: Structure, premises: Premises, claim: Formula | None, negated: bool, limits: Limits) -> bool:
    if claim is not None and structure.holds(claim, limits.parts) is negated:
        return False
    return all(structure.holds(formula, limits.parts) for _, formula in premises)
