"""Formulas compared: up to the names of bound variables, as instances of one another, and made equal by unification.

Unification is Robinson's (1965), with the occurs check. Matching is its one-sided case: only the pattern is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping

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

Binding = dict[str, Argument]


def normal(formula: Formula) -> Formula:
    """The formula with its bound variables named by their depth: equal iff the formulas differ in these names only."""
    return _normal(formula, {}, 0)


def _normal(formula: Formula, names: Mapping[str, str], depth: int) -> Formula:
    if isinstance(formula, Atom):
        return Atom(formula.predicate, tuple(substitute_argument(argument, names) for argument in formula.arguments))
    if isinstance(formula, Identity):
        return Identity(substitute_argument(formula.left, names), substitute_argument(formula.right, names))
    if isinstance(formula, Not):
        return Not(_normal(formula.operand, names, depth))
    if isinstance(formula, Quantified):
        name = f"V{depth}"
        body = _normal(formula.body, {**names, formula.variable: name}, depth + 1)
        return Quantified(formula.quantifier, name, body)
    return Connective(formula.operator, _normal(formula.left, names, depth), _normal(formula.right, names, depth))


def match(pattern: Formula, target: Formula, free: frozenset[str], binding: Binding) -> Binding | None:
    """The binding, extended so that it makes the pattern the target; None if none does.

    `free`: the variables of the pattern that are to be filled in, with terms that hold no variable.
    """
    found = dict(binding)
    return found if _match(pattern, target, free, found, {}) else None


def _match(pattern: Formula, target: Formula, free: frozenset[str], found: Binding, pairs: Mapping[str, str]) -> bool:
    """`pairs`: the bound variables of the pattern, with those of the target that stand in the same place."""
    if isinstance(pattern, Atom) and isinstance(target, Atom):
        return (
            pattern.predicate == target.predicate
            and len(pattern.arguments) == len(target.arguments)
            and all(_match_argument(p, t, free, found, pairs) for p, t in zip(pattern.arguments, target.arguments))
        )
    if isinstance(pattern, Identity) and isinstance(target, Identity):
        return _match_argument(pattern.left, target.left, free, found, pairs) and _match_argument(
            pattern.right, target.right, free, found, pairs
        )
    if isinstance(pattern, Not) and isinstance(target, Not):
        return _match(pattern.operand, target.operand, free, found, pairs)
    if isinstance(pattern, Quantified) and isinstance(target, Quantified):
        inner = {name: other for name, other in pairs.items() if other != target.variable}
        inner[pattern.variable] = target.variable
        return pattern.quantifier == target.quantifier and _match(
            pattern.body, target.body, free - {pattern.variable}, found, inner
        )
    if isinstance(pattern, Connective) and isinstance(target, Connective):
        return (
            pattern.operator == target.operator
            and _match(pattern.left, target.left, free, found, pairs)
            and _match(pattern.right, target.right, free, found, pairs)
        )
    return False


def _match_argument(
    pattern: Argument, target: Argument, free: frozenset[str], found: Binding, pairs: Mapping[str, str]
) -> bool:
    if isinstance(pattern, str):
        if pattern in free:
            return closed(target) and found.setdefault(pattern, target) == target
        return pairs.get(pattern, pattern) == target
    return (
        isinstance(target, Apply)
        and pattern.function == target.function
        and len(pattern.arguments) == len(target.arguments)
        and all(_match_argument(p, t, free, found, pairs) for p, t in zip(pattern.arguments, target.arguments))
    )


def closed(argument: Argument) -> bool:
    """Whether a term holds no variable."""
    if isinstance(argument, str):
        return not is_variable(argument)
    return all(map(closed, argument.arguments))


class Unification:
    """Terms made equal: a most general binding, which grows with each pair.

    Terms may grow exponentially when they are filled in, so the parts looked at are counted: over `limit` both methods
    raise ResourceLimit.
    """

    def __init__(self, limit: int) -> None:
        self.binding: Binding = {}
        self.spent, self.limit = 0, limit

    def unify(self, left: Argument, right: Argument) -> bool:
        """Whether the terms can be made equal as well; after False the binding is of no more use."""
        left, right = self._follow(left), self._follow(right)
        if isinstance(left, str) and isinstance(right, str) and left == right:
            return True
        if isinstance(left, str) and is_variable(left):
            if self._occurs(left, right):
                return False
            self.binding[left] = right
            return True
        if isinstance(right, str) and is_variable(right):
            return self.unify(right, left)
        if not (isinstance(left, Apply) and isinstance(right, Apply)):
            return False
        if left.function != right.function or len(left.arguments) != len(right.arguments):
            return False
        return all(self.unify(one, other) for one, other in zip(left.arguments, right.arguments))

    def fill(self, argument: Argument) -> Argument:
        """The term with every bound variable filled in."""
        argument = self._follow(argument)
        if isinstance(argument, str):
            return argument
        return Apply(argument.function, tuple(self.fill(part) for part in argument.arguments))

    def _follow(self, argument: Argument) -> Argument:
        self.spent += 1
        within(self.spent, self.limit, "parts of terms to unify")
        while isinstance(argument, str) and argument in self.binding:
            argument = self.binding[argument]
        return argument

    def _occurs(self, variable: str, argument: Argument) -> bool:
        argument = self._follow(argument)
        if isinstance(argument, str):
            return argument == variable
        return any(self._occurs(variable, part) for part in argument.arguments)
