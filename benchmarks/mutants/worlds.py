"""Truth in every small world at once: the worlds in which a formula is true, as the bits of one integer.

For each size and each thing that the names may denote, a world says of every predicate of whom it is true: n such
facts, 2^n worlds. A fact is the integer whose bit w is set where it is true in world w; "and" is then `&`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from reasonlab.language.formulas import Apply, Atom, Connective, Formula, Identity, Not, Quantified, is_variable

MOST_FACTS = 14


@dataclass(frozen=True)
class Worlds:
    """The worlds of one size in which the names and functions mean the same."""

    size: int
    names: Mapping[str, int]
    functions: Mapping[str, Mapping[tuple[int, ...], int]]
    facts: Mapping[tuple[Any, ...], int]
    all: int

    def where(self, formula: Formula, values: Mapping[str, int]) -> int:
        """The worlds in which a formula is true."""
        match formula:
            case Atom(predicate, arguments):
                return self.facts[predicate, *(self._value(each, values) for each in arguments)]
            case Identity(left, right):
                return self.all if self._value(left, values) == self._value(right, values) else 0
            case Not(operand):
                return self.all & ~self.where(operand, values)
            case Quantified(quantifier, variable, body):
                cases = [self.where(body, {**values, variable: each}) for each in range(self.size)]
                found = cases[0]
                for case in cases[1:]:
                    found = found & case if quantifier == "forall" else found | case
                return found
            case Connective(operator, left, right):
                one, two = self.where(left, values), self.where(right, values)
                if operator in "&|":
                    return one & two if operator == "&" else one | two
                return self.all & (~one | two if operator == "->" else ~(one ^ two))
        raise TypeError(formula)

    def _value(self, term: Any, values: Mapping[str, int]) -> int:
        if isinstance(term, Apply):
            return self.functions[term.function][tuple(self._value(each, values) for each in term.arguments)]
        return values[term] if term in values else self.names[term]


def follows(givens: Sequence[Formula], claims: Sequence[Formula], sizes: Sequence[int]) -> bool | None:
    """Whether every world of these sizes in which the givens are true makes all claims true; None: there is none."""
    some = False
    for worlds in every(_signature([*givens, *claims]), sizes):
        allowed = worlds.all
        for given in givens:
            allowed &= worlds.where(given, {})
        some |= allowed > 0
        if any(allowed & ~worlds.where(claim, {}) for claim in claims):
            return False
    return True if some else None


def every(signature: tuple[set[str], dict[str, int], set[tuple[str, int]]], sizes: Sequence[int]) -> Iterator[Worlds]:
    names, functions, predicates = signature
    for size in sizes:
        facts = [(name, *each) for name, arity in sorted(predicates) for each in product(range(size), repeat=arity)]
        if len(facts) > MOST_FACTS:
            raise ValueError(f"{len(facts)} facts are too many to try every world")
        every_world = (1 << (1 << len(facts))) - 1
        true = {fact: _alternating(place, every_world) for place, fact in enumerate(facts)}
        tables = [
            [
                dict(zip(product(range(size), repeat=arity), values))
                for values in product(range(size), repeat=size**arity)
            ]
            for arity in functions.values()
        ]
        for denoted in product(range(size), repeat=len(names)):
            for chosen in product(*tables):
                yield Worlds(size, dict(zip(sorted(names), denoted)), dict(zip(functions, chosen)), true, every_world)


def _alternating(place: int, every_world: int) -> int:
    """The worlds whose number has this binary digit."""
    run = (1 << (1 << place)) - 1
    return every_world // ((1 << (2 << place)) - 1) * (run << (1 << place))


def _signature(formulas: Sequence[Formula]) -> tuple[set[str], dict[str, int], set[tuple[str, int]]]:
    names: set[str] = set()
    functions: dict[str, int] = {}
    predicates: set[tuple[str, int]] = set()

    def note(node: Any) -> None:
        match node:
            case Atom(predicate, arguments):
                predicates.add((predicate, len(arguments)))
                each(arguments)
            case Apply(function, arguments):
                functions[function] = len(arguments)
                each(arguments)
            case Identity(left, right) | Connective(_, left, right):
                each((left, right))
            case Not(inner) | Quantified(_, _, inner):
                note(inner)
            case str() if not is_variable(node):
                names.add(node)

    def each(nodes: Sequence[Any]) -> None:
        for node in nodes:
            note(node)

    each(formulas)
    return names, functions, predicates
