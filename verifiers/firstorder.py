"""First-order questions to Z3: cores mapped to premises and made minimal, models turned into finite structures.

One uninterpreted sort for individuals, a predicate or a function a name and arity. Without functions this is decidable
wherever no `exists` stands below a `forall` (Bernays & Schönfinkel 1928); elsewhere the resource limit may end it, or
there may be only infinite worlds. A model counts only after it was checked (`structures`); else the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.formulas import Argument, Atom, Formula, Identity, Not, Quantified
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.solver import Solver
from reasonlab.verifiers.structures import Structure, in_words


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether something can be.

    Attributes:
        status: "sat", "unsat" or "unknown".
        core: of an unsat: keys of premises that cannot hold together with the claim; none can be left out.
        reason: of an unknown.
        world: of a sat, in words.
    """

    status: str
    core: tuple[int, ...] = ()
    reason: str | None = None
    world: str | None = None


class _Encoder:
    """Formulas as Z3 expressions in one context."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.sort = z3.DeclareSort("individual", context)
        self.predicates: dict[tuple[str, int], Any] = {}
        self.functions: dict[tuple[str, int], Any] = {}
        self.names: dict[str, Any] = {}

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

    def structure(self, model: Any) -> Structure:
        """The model as a structure. Individuals are numbered by the first name they have, else as Z3 lists them."""

        def value(expression: Any) -> Any:
            return model.eval(expression, model_completion=True)

        denoted = {name: value(constant) for name, constant in sorted(self.names.items())}
        found = {str(one): one for one in (*denoted.values(), *(model.get_universe(self.sort) or ()))}
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


def ask(
    premises: Sequence[tuple[int, Formula]],
    claim: Formula | None,
    negated: bool,
    limits: Limits,
    meter: Meter,
) -> Finding:
    """Whether the premises can hold together with the claim (or, `negated`, without it)."""
    if len(premises) > limits.premises:
        reason = f"{len(premises)} premises of one question are over the limit of {limits.premises}"
        return Finding("unknown", reason=reason)
    solver = Solver(limits, meter, limits.rlimit)
    encoder = _Encoder(solver.context)
    tracked = {key: encoder.formula(formula, {}) for key, formula in premises}
    extra = []
    if claim is not None:
        extra = [encoder.counterexample(claim) if negated else encoder.formula(claim, {})]
    reply = solver.check(tracked, extra)
    if reply.status == "unsat":
        core = set(reply.core)
        for key in sorted(reply.core):
            if solver.check({one: tracked[one] for one in core if one != key}, extra).status == "unsat":
                core.discard(key)
        return Finding("unsat", tuple(sorted(core)))
    if reply.status == "unknown":
        return Finding("unknown", reason=reply.reason)
    try:
        structure = encoder.structure(reply.raw)
        wanted = [(formula, True) for _, formula in premises]
        wanted += [(claim, not negated)] if claim is not None else []
        if not all(structure.holds(formula, limits.parts) is truth for formula, truth in wanted):
            return Finding("unknown", reason="the solver's world is none: checked, a premise fails in it")
    except ResourceLimit as limit:
        return Finding("unknown", reason=str(limit))
    return Finding("sat", world=in_words(structure, claim))
