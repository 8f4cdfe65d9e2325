"""First-order questions to Z3: cores mapped to premises and made minimal, models printed in words.

One uninterpreted sort for individuals, a predicate a name and arity. Without functions this is decidable wherever no
`exists` stands below a `forall` (Bernays & Schönfinkel 1928); elsewhere the resource limit may end it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import Any

import z3

from reasonlab.language.formulas import Atom, Formula, Not, Quantified, atoms, is_variable
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.solver import Solver

MOST_SHOWN = 12


class _Encoder:
    """Formulas as Z3 expressions in one context."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.sort = z3.DeclareSort("individual", context)
        self.predicates: dict[tuple[str, int], Any] = {}
        self.constants: dict[str, Any] = {}

    def individual(self, name: str) -> Any:
        if name not in self.constants:
            self.constants[name] = z3.Const(f"i_{name}", self.sort)
        return self.constants[name]

    def predicate(self, name: str, arity: int) -> Any:
        key = (name, arity)
        if key not in self.predicates:
            sorts = [self.sort] * arity
            self.predicates[key] = z3.Function(f"p_{name}_{arity}", *sorts, z3.BoolSort(self.context))
        return self.predicates[key]

    def atom(self, atom: Atom, scope: Mapping[str, Any]) -> Any:
        arguments = [scope[name] if name in scope else self.individual(name) for name in atom.arguments]
        return self.predicate(atom.predicate, len(arguments))(*arguments)

    def formula(self, formula: Formula) -> Any:
        """The universal closure of a formula."""
        free = _free(formula)
        scope = {name: z3.Const(f"v_{name}", self.sort) for name in free}
        inner = self._formula(formula, scope)
        return z3.ForAll(list(scope.values()), inner) if scope else inner

    def _formula(self, formula: Formula, scope: Mapping[str, Any]) -> Any:
        if isinstance(formula, Atom):
            return self.atom(formula, scope)
        if isinstance(formula, Not):
            return z3.Not(self._formula(formula.operand, scope))
        if isinstance(formula, Quantified):
            variable = z3.Const(f"v_{formula.variable}", self.sort)
            inner = self._formula(formula.body, {**scope, formula.variable: variable})
            return (z3.ForAll if formula.quantifier == "forall" else z3.Exists)([variable], inner)
        left, right = self._formula(formula.left, scope), self._formula(formula.right, scope)
        if formula.operator == "&":
            return z3.And(left, right)
        if formula.operator == "|":
            return z3.Or(left, right)
        return z3.Implies(left, right) if formula.operator == "->" else left == right

    def counterexample(self, formula: Formula) -> Any:
        """The negation, with the individuals that break outer `forall`s as constants `_1`, `_2`, ..."""
        scope: dict[str, Any] = {name: self.individual(f"_{i}") for i, name in enumerate(_free(formula), 1)}
        while isinstance(formula, Quantified) and formula.quantifier == "forall":
            scope[formula.variable] = self.individual(f"_{len(scope) + 1}")
            formula = formula.body
        return z3.Not(self._formula(formula, scope))


def _free(formula: Formula) -> list[str]:
    """The free variables of a formula, in order of appearance."""
    found: dict[str, None] = {}
    stack: list[tuple[Formula, frozenset[str]]] = [(formula, frozenset())]
    while stack:
        part, bound = stack.pop()
        if isinstance(part, Atom):
            found.update(dict.fromkeys(n for n in part.arguments if is_variable(n) and n not in bound))
        elif isinstance(part, Not):
            stack.append((part.operand, bound))
        elif isinstance(part, Quantified):
            stack.append((part.body, bound | {part.variable}))
        else:
            stack += [(part.right, bound), (part.left, bound)]
    return list(found)


def ask(
    premises: Sequence[tuple[int, Formula]],
    claim: Formula | None,
    negated: bool,
    individuals: Sequence[str],
    limits: Limits,
    meter: Meter,
) -> tuple[str, tuple[int, ...], str | None, str | None]:
    """Whether the premises can hold together with the claim (or, `negated`, without it).

    Returns "sat", "unsat" or "unknown"; a minimal core; the reason of an unknown; the model of a sat in words.
    """
    if len(premises) > limits.premises:
        return "unknown", (), f"{len(premises)} premises of one question are over the limit of {limits.premises}", None
    solver = Solver(limits, meter, limits.rlimit)
    encoder = _Encoder(solver.context)
    tracked = {key: encoder.formula(formula) for key, formula in premises}
    extra = []
    if claim is not None:
        extra = [encoder.counterexample(claim) if negated else encoder.formula(claim)]
    reply = solver.check(tracked, extra)
    if reply.status == "unsat":
        core = set(reply.core)
        for key in sorted(reply.core):
            if solver.check({one: tracked[one] for one in core if one != key}, extra).status == "unsat":
                core.discard(key)
        return "unsat", tuple(sorted(core)), None, None
    if reply.status == "unknown":
        return "unknown", (), reply.reason, None
    return "sat", (), None, _in_words(reply.raw, encoder, claim)


def _in_words(model: Any, encoder: _Encoder, claim: Formula | None) -> str:
    """The model on the named individuals: what the claim speaks of first, then what holds."""
    about = {(atom.predicate, len(atom.arguments)) for atom in atoms(claim)} if claim is not None else set()
    first, rest = [], []
    for (name, arity), predicate in sorted(encoder.predicates.items()):
        for people in islice(product(sorted(encoder.constants), repeat=arity), 1_000):
            value = model.eval(predicate(*(encoder.constants[one] for one in people)), model_completion=True)
            true = z3.is_true(value)
            words = f"{'' if true else '~'}{name}{'(' + ', '.join(people) + ')' if people else ''}"
            if (name, arity) in about:
                first.append(words)
            elif true:
                rest.append(words)
    shown = first + rest
    # No name of the language begins with "_": these are the individuals that break the claim.
    return re.sub(r"\b_(?=\d)", "someone", ", ".join(shown[:MOST_SHOWN])) + (", …" if len(shown) > MOST_SHOWN else "")
