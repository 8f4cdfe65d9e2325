"""The slow twins: what follows from what, by trying every world. Independent of the verifiers' own methods."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from reasonlab.language.claims import Claim, Compare, Equal
from reasonlab.language.formulas import Atom, Connective, Formula, Not, Quantified, is_variable
from reasonlab.language.terms import evaluate, symbols


def status(truths: Sequence[bool]) -> str:
    """The verdict on a claim that is true in these worlds of the givens."""
    if not truths:
        return "contradiction"
    if all(truths):
        return "entailed"
    return "unsupported" if any(truths) else "refuted"


def modular_status(givens: Sequence[Equal], claim: Equal, modulus: int) -> str:
    """Every assignment of residues to every variable. For terms that are defined everywhere."""
    names = sorted({n for c in (*givens, claim) for term in c.terms for n in symbols(term)})
    truths = []
    for values in product(range(modulus), repeat=len(names)):
        world = dict(zip(names, values))
        if all(_equal(given, world, modulus) for given in givens):
            truths.append(_equal(claim, world, modulus))
    return status(truths)


def _equal(claim: Equal, world: dict[str, int], modulus: int) -> bool:
    values = [evaluate(term, world, modulus=modulus) for term in claim.terms]
    return all(value == values[0] for value in values)


def monadic_status(givens: Sequence[Formula], claim: Formula, individuals: Sequence[str]) -> str:
    """Every world of the individuals and one more, for universal formulas in one variable, the quantifier outside.

    One more individual is enough: a world in which a universal claim fails needs one that breaks it, and taking
    individuals away keeps universal givens true.
    """
    universe = [*individuals, "_other"]
    atoms = sorted({(a.predicate, n) for f in (*givens, claim) for a in _atoms(f) for n in universe})
    truths = []
    for values in product((False, True), repeat=len(atoms)):
        world = dict(zip(atoms, values))
        if all(_true(given, world, universe) for given in givens):
            truths.append((_true(claim, world, universe), _false(claim, world, universe)))
    if not truths:
        return "contradiction"
    if all(true for true, _ in truths):
        return "entailed"
    return "refuted" if all(false for _, false in truths) else "unsupported"


def _atoms(formula: Formula) -> list[Atom]:
    if isinstance(formula, Atom):
        return [formula]
    if isinstance(formula, Not):
        return _atoms(formula.operand)
    if isinstance(formula, Quantified):
        return _atoms(formula.body)
    return [*_atoms(formula.left), *_atoms(formula.right)]  # type: ignore[union-attr]


def _true(formula: Formula, world: dict, universe: Sequence[str]) -> bool:
    """For every individual in place of the variable."""
    return all(_value(formula, world, individual) for individual in universe)


def _false(formula: Formula, world: dict, universe: Sequence[str]) -> bool:
    return not _true(formula, world, universe)


def _value(formula: Formula, world: dict, individual: str) -> bool:
    if isinstance(formula, Atom):
        (name,) = formula.arguments
        return world[formula.predicate, individual if is_variable(name) else name]
    if isinstance(formula, Not):
        return not _value(formula.operand, world, individual)
    if isinstance(formula, Quantified):
        return _value(formula.body, world, individual)
    assert isinstance(formula, Connective)
    left, right = _value(formula.left, world, individual), _value(formula.right, world, individual)
    return {"&": left and right, "|": left or right, "->": not left or right, "<->": left == right}[formula.operator]


def real_status(givens: Sequence[Claim], claim: Claim) -> str:
    """Z3 on the terms as they stand (no canonical form), everything real."""
    import z3

    def term(node):
        kind = type(node).__name__
        if kind == "Number":
            return z3.Q(node.value.numerator, node.value.denominator)
        if kind == "Symbol":
            return z3.Real(node.name)
        if kind == "Negate":
            return -term(node.operand)
        left = term(node.left)
        if node.operator == "^":
            power = z3.RealVal(1)
            for _ in range(int(evaluate(node.right))):
                power = power * left
            return power
        right = term(node.right)
        return {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right}[node.operator]()

    def formula(c):
        if isinstance(c, Compare):
            a, b = term(c.left), term(c.right)
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "!=": a != b}[c.operator]
        terms = [term(t) for t in c.terms]
        return z3.And(*(a == b for a, b in pairwise(terms)))

    def possible(*formulas) -> bool:
        solver = z3.Solver()
        solver.add(*map(formula, givens), *formulas)
        answer = solver.check()
        assert answer != z3.unknown
        return answer == z3.sat

    if not possible():
        return "contradiction"
    fails, holds = possible(z3.Not(formula(claim))), possible(formula(claim))
    return "entailed" if not fails else "unsupported" if holds else "refuted"
