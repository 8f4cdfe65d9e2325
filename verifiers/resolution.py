"""Resolution (Robinson 1965): from two clauses, a third without a literal of the one and its opposite in the other.

A clause is a disjunction of literals that holds for all of its variables; formulas that are no clause as written, but
say the same as one (an implication from literals joined by & to literals joined by |), are read as one. The resolvent
is most general, and may be factored: literals that a binding makes equal become one. There is no empty clause in the
language, so a refutation ends with two opposite literals and `negation-introduction`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from reasonlab.language.formulas import (
    Apply,
    Argument,
    Atom,
    Connective,
    Formula,
    Identity,
    Not,
    Quantified,
    is_variable,
    substitute_argument,
)
from reasonlab.verifiers.limits import within
from reasonlab.verifiers.matching import Unification

Literal = tuple[bool, str, tuple[Argument, ...]]
Clause = frozenset[Literal]

_TRIED = 2_000  # resolvents and factors looked at
_PARTS = 20_000  # parts of terms looked at by one unification


def clause_of(formula: Formula, mark: str) -> Clause | None:
    """The clause that a formula states, its variables marked to keep them apart from those of others."""
    names: dict[str, Argument] = {}
    while isinstance(formula, Quantified) and formula.quantifier == "forall":
        names[formula.variable] = f"{formula.variable}{mark}"
        formula = formula.body

    def renamed(argument: Argument) -> Argument:
        return substitute_argument(argument, names)

    literals: set[Literal] = set()
    todo = [(formula, True)]
    while todo:
        part, positive = todo.pop()
        if isinstance(part, Not):
            todo.append((part.operand, not positive))
        elif isinstance(part, Atom):
            literals.add((positive, part.predicate, tuple(substitute_argument(one, names) for one in part.arguments)))
        elif isinstance(part, Identity):
            literals.add(
                (positive, "=", (substitute_argument(part.left, names), substitute_argument(part.right, names)))
            )
        elif isinstance(part, Connective) and part.operator == ("|" if positive else "&"):
            todo += [(part.left, positive), (part.right, positive)]
        elif isinstance(part, Connective) and part.operator == "->" and positive:
            todo += [(part.left, False), (part.right, True)]
        else:
            return None
    return frozenset(literals)


def resolvents(first: Clause, second: Clause) -> Iterator[Clause]:
    """Every binary resolvent of two clauses without common variables, each followed by its factors."""
    tried = 0
    for literal in sorted(first, key=repr):
        for other in sorted(second, key=repr):
            if literal[0] == other[0]:
                continue
            made = _joined(literal, other, (first - {literal}) | (second - {other}))
            queue = [made] if made is not None else []
            seen = set()
            for clause in queue:  # grows
                if clause in seen:
                    continue
                seen.add(clause)
                tried += 1
                within(tried, _TRIED, "resolvents")
                yield clause
                queue += _factors(clause)


def _factors(clause: Clause) -> list[Clause]:
    pairs = combinations(sorted(clause, key=repr), 2)
    made = [_joined(one, other, clause) for one, other in pairs if one[0] == other[0]]
    return [factor for factor in made if factor is not None]


def _joined(one: Literal, other: Literal, clause: Clause) -> Clause | None:
    """The clause under the binding that makes the atoms of two literals equal; None if none does."""
    if one[1] != other[1] or len(one[2]) != len(other[2]):
        return None
    unification = Unification(_PARTS)
    if not all(unification.unify(left, right) for left, right in zip(one[2], other[2])):
        return None
    return frozenset((sign, name, tuple(map(unification.fill, arguments))) for sign, name, arguments in clause)


def variants(left: Clause, right: Clause) -> bool:
    """Whether two clauses differ in the names of their variables only."""
    return len(left) == len(right) and _renamed(sorted(left, key=repr), right, {}, [0])


def _renamed(left: list[Literal], right: Clause, names: dict[str, str], tried: list[int]) -> bool:
    if not left:
        return True
    sign, name, arguments = left[0]
    for other in sorted(right, key=repr):
        tried[0] += 1
        within(tried[0], _TRIED, "ways to compare two clauses")
        extended = dict(names)
        if other[:2] == (sign, name) and len(other[2]) == len(arguments):
            same = all(_same(one, two, extended) for one, two in zip(arguments, other[2]))
            if same and _renamed(left[1:], right - {other}, extended, tried):
                return True
    return False


def _same(left: Argument, right: Argument, names: dict[str, str]) -> bool:
    """Whether two terms are equal once variables are renamed one to one; notes the names."""
    if isinstance(left, Apply) and isinstance(right, Apply):
        return (
            left.function == right.function
            and len(left.arguments) == len(right.arguments)
            and all(_same(one, two, names) for one, two in zip(left.arguments, right.arguments))
        )
    if not (isinstance(left, str) and isinstance(right, str)):
        return False
    if not (is_variable(left) and is_variable(right)):
        return left == right
    if left not in names and right in names.values():
        return False
    return names.setdefault(left, right) == right
