"""First-order questions to Z3: cores mapped to premises and made minimal, models turned into finite structures.

One uninterpreted sort for individuals, a predicate or a function a name and arity. Without functions this is decidable
wherever no `exists` stands below a `forall` (Bernays & Schönfinkel 1928); elsewhere the resource limit may end it, or
there may be only infinite worlds. Where it ends without an answer, small worlds are looked for: there every quantifier
is written out. A world counts only after it was checked (`structures`); else the answer is unknown.

The world that is shown is a small one where there is one, if possible with a different individual for each name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    """Formulas as Z3 expressions in one context. Where `everyone` is listed, quantifiers are written out."""

    def __init__(self, context: Any, meter: Meter) -> None:
        self.context, self.meter = context, meter
        self.sort = z3.DeclareSort("individual", context)
        self.predicates: dict[tuple[str, int], Any] = {}
        self.functions: dict[tuple[str, int], Any] = {}
        self.names: dict[str, Any] = {}
        self.everyone: list[Any] | None = None
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
        self.meter.spend(_NODE * len(argument.arguments))
        key = (argument.function, len(argument.arguments))
        if key not in self.functions:
            self.functions[key] = z3.Function(f"f_{key[0]}_{key[1]}", *[self.sort] * key[1], self.sort)
        return self.functions[key](*(self.argument(part, scope) for part in argument.arguments))

    def formula(self, formula: Formula, scope: Mapping[str, Any]) -> Any:
        self.meter.spend(_NODE)
        if isinstance(formula, Atom):
            self.meter.spend(_NODE * len(formula.arguments))
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

    def people(self, size: int, names: Sequence[str], distinct: bool) -> list[Any]:
        """List `size` individuals as everyone; what then holds of them.

        `distinct`: the names come first among them. Else a name may be that of any, the first name that of the first,
        the second that of one of the first two, and so on: who is who makes no other world.
        """
        constants = [self.name(name) for name in names]
        own = constants if distinct else []
        self.everyone = [*own, *(z3.Const(f"e_{i}", self.sort) for i in range(size - len(own)))]
        bounds = [z3.Distinct(self.everyone)] if size > 1 else []
        if not distinct:
            bounds += [self.one_of(constant, self.everyone[: i + 1]) for i, constant in enumerate(constants)]
        return bounds

    def values(self) -> list[Any]:
        """That functions lead to nobody else."""
        everyone = self.everyone or []
        bounds = []
        for (_, arity), symbol in sorted(self.functions.items()):
            within(len(everyone) ** arity, _MOST_WRITTEN, "values of a function")
            bounds += [self.one_of(symbol(*row), everyone) for row in product(everyone, repeat=arity)]
        return bounds

    def one_of(self, term: Any, people: Sequence[Any]) -> Any:
        self.meter.spend(_NODE * len(people))
        return z3.Or([term == one for one in people])

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

        self.meter.spend(_NODE * sum(len(found) ** arity for _, arity in (*self.functions, *self.predicates)))
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
_NODE = 60  # elementary operations that making one of Z3's expressions weighs
_LEAST_EFFORT, _MORE_EFFORT = 2_000, 10  # of a check whether a premise can be left out, over the first check's
_MORE = 2  # individuals without a name in the largest of the small worlds
_MOST_MERGED = 5  # individuals in the largest small world in which names may denote the same


class Question:
    """Premises, and what can be together with them. Raises ResourceLimit once the chain has spent what it may."""

    def __init__(self, premises: Sequence[tuple[int, Formula]], limits: Limits, meter: Meter) -> None:
        self.premises, self.limits, self.meter = premises, limits, meter
        self.solver = Solver(limits, meter, limits.rlimit)
        self.encoder = _Encoder(self.solver.context, meter)
        self.tracked: dict[int, Any] | None = None  # made when it is needed

    def consistent(self) -> Finding:
        """Whether the premises can hold. Premises that nobody doubts mostly have a small world, at a small price."""
        small = self.small_world(None, negated=False)
        return self.ask(None, negated=False) if small is None else Finding("sat", world=small)

    def ask(self, claim: Formula | None, *, negated: bool) -> Finding:
        """Whether the premises can hold together with the claim (or, `negated`, without it)."""
        if len(self.premises) > self.limits.premises:
            reason = f"{len(self.premises)} premises of one question are over the limit of {self.limits.premises}"
            return Finding("unknown", reason=reason)
        if self.tracked is None:
            self.tracked = {key: self.encoder.formula(formula, {}) for key, formula in self.premises}
        extra = []
        if claim is not None:
            extra = [self.encoder.counterexample(claim) if negated else self.encoder.formula(claim, {})]
        before = self.meter.rlimit
        self.solver.rlimit = self.limits.rlimit
        reply = self.solver.check(self.tracked, extra)
        if reply.status == "unsat":
            return Finding("unsat", self._minimal(reply.core, extra, self.meter.rlimit - before))
        reason = reply.reason or "the solver gave up"
        if reply.status == "sat":
            try:
                structure = self.encoder.structure(reply.raw)
                if self._is_world(structure, claim, negated):
                    return Finding("sat", world=in_words(structure, claim))
                reason = "the solver's world is none: checked, a premise fails in it"
            except ResourceLimit as limit:
                reason = str(limit)
        small = self.small_world(claim, negated=negated) if claim is not None else None
        return Finding("unknown", reason=reason) if small is None else Finding("sat", world=small)

    def _minimal(self, core: Collection[int], extra: Sequence[Any], spent: int) -> tuple[int, ...]:
        """The core without what it can do without, looked at in order."""
        # Without a premise there may be infinite worlds only, and nothing would end the search for one.
        self.solver.rlimit = min(self.limits.rlimit, _LEAST_EFFORT + _MORE_EFFORT * spent)
        kept = set(core)
        for key in sorted(core):
            rest = {one: self.tracked[one] for one in kept if one != key}  # type: ignore[index]
            if self.solver.check(rest, extra).status == "unsat":
                kept.discard(key)
        return tuple(sorted(kept))

    def small_world(self, claim: Formula | None, *, negated: bool) -> str | None:
        """In words, a small world in which the premises hold together with the claim (`negated`: without it).

        None where none was found within the limits, which does not mean that there is none.
        """
        formulas = [*(formula for _, formula in self.premises), *([claim] if claim is not None else [])]
        names = list(dict.fromkeys(name for formula in formulas for name in individuals(formula)))
        sizes = [(max(1, len(names)) + more, True) for more in range(_MORE + 1)]
        sizes += [(size, False) for size in range(1, _MOST_MERGED + 1)] if len(names) > 1 else []
        if len(self.premises) > self.limits.premises:
            return None
        self.solver.rlimit = self.limits.rlimit
        for size, distinct in sizes:
            try:
                found = self._world_of(size, names, distinct, claim, negated)
            except ResourceLimit:
                return None
            if found is not None:
                return found
        return None

    def _world_of(
        self, size: int, names: Sequence[str], distinct: bool, claim: Formula | None, negated: bool
    ) -> str | None:
        """A world of that size, in words; None if there is none. Raises ResourceLimit."""
        encoder = _Encoder(self.solver.context, self.meter)
        people = encoder.people(size, names, distinct)
        tracked = {key: encoder.formula(formula, {}) for key, formula in self.premises}
        extra = [encoder.formula(Not(claim) if negated else claim, {})] if claim is not None else []
        reply = self.solver.check(tracked, [*extra, *people, *encoder.values()])
        if reply.status == "unknown":
            raise ResourceLimit(reply.reason or "the solver gave up")
        if reply.status == "unsat":
            return None
        structure = encoder.structure(reply.raw)
        return in_words(structure, claim) if self._is_world(structure, claim, negated) else None

    def _is_world(self, structure: Structure, claim: Formula | None, negated: bool) -> bool:
        limit = self.limits.parts
        if claim is not None and structure.holds(claim, limit) is negated:
            return False
        return all(structure.holds(formula, limit) for _, formula in self.premises)
