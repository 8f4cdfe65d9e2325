"""Relations in canonical form: a polynomial and how it compares with 0, and the denominators that must not be 0.

A premise, and a goal too, is a choice of cases, each of which is a conjunction of relations. Canonical forms are made
when first asked for, once: they do not depend on the question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reasonlab.language.relations import Compare, Relation, System, cases_of, names_of
from reasonlab.language.terms import Term, symbols
from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.evaluation import residue
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.polynomials import ONE, Polynomial

GOAL = -1  # the key of a goal, which is no premise


@dataclass(frozen=True, slots=True)
class Link:
    """One relation between two terms."""

    left: Term
    operator: str  # = < <= > >= !=
    right: Term
    modulus: int | None = None

    @property
    def sides(self) -> tuple[Term, Term]:
        return self.left, self.right

    @property
    def names(self) -> frozenset[str]:
        return symbols(self.left) | symbols(self.right)


@dataclass(frozen=True, slots=True)
class Constraint:
    """`polynomial operator 0`, by the premises that say so; with a modulus: it divides the polynomial.

    `condition`: it says that a denominator is not 0, and where it does not hold a term is undefined.
    """

    polynomial: Polynomial
    operator: str  # = != < <=
    premises: frozenset[int]
    modulus: int | None = None
    condition: bool = False

    def truth(self) -> bool | None:
        """Whether it holds, where that does not depend on the unknowns."""
        if not self.polynomial:
            return holds(0, self.operator)
        if set(self.polynomial) != {ONE} or self.modulus is not None:
            return None
        return holds(1 if self.polynomial[ONE] > 0 else -1, self.operator)


def holds(sign: int, operator: str) -> bool:
    """Whether a number of this sign compares so with 0."""
    if operator == "=":
        return sign == 0
    if operator == "!=":
        return sign != 0
    return sign < 0 or (sign == 0 and operator == "<=")


class Premise:
    """A claim held true (or, with the key GOAL, asked about): its links by case, and their canonical forms."""

    __slots__ = ("_forms", "cases", "claim", "key", "names")

    def __init__(self, key: int, claim: Relation | System) -> None:
        self.key, self.claim = key, claim
        self.cases = tuple(tuple(link for relation in case for link in links(relation)) for case in cases_of(claim))
        self.names = names_of(claim)
        self._forms: tuple[tuple[Constraint, ...], ...] | None = None

    def forms(self, meter: Meter) -> tuple[tuple[Constraint, ...], ...]:
        """The constraints of each case. Raises ZeroDivisionError for a denominator that is 0 whatever the unknowns."""
        if self._forms is None:
            self._forms = tuple(
                tuple(form for link in case for form in constraints(link, frozenset((self.key,)), meter))
                for case in self.cases
            )
        return self._forms

    @property
    def moduli(self) -> set[int | None]:
        return {link.modulus for case in self.cases for link in case}


def links(relation: Relation) -> list[Link]:
    if isinstance(relation, Compare):
        return [Link(relation.left, relation.operator, relation.right)]
    terms = relation.terms
    return [Link(terms[i], "=", terms[i + 1], relation.modulus) for i in range(len(terms) - 1)]


def constraints(link: Link, premises: frozenset[int], meter: Meter) -> list[Constraint]:
    """The constraints that make up a link, the conditions under which it is defined among them."""
    left, right = poly.ratio(link.left, meter), poly.ratio(link.right, meter)
    sides = (left, right) if link.operator in ("=", "!=", "<", "<=") else (right, left)
    operator = {">": "<", ">=": "<="}.get(link.operator, link.operator)
    below = [side.denominator for side in sides if set(side.denominator) != {ONE}]
    difference = poly.multiply(sides[0].numerator, sides[1].denominator, meter)
    poly.accumulate(difference, poly.multiply(sides[1].numerator, sides[0].denominator, meter), -1, meter)
    if link.modulus is not None:
        if below:
            raise ZeroDivisionError("a congruence is divided by an unknown")
        scaled = {monomial: residue(value, link.modulus) for monomial, value in difference.items()}
        return [Constraint({m: value for m, value in scaled.items() if value}, "=", premises, link.modulus)]
    if operator not in ("=", "!="):
        # Over a common denominator the sides compare as their difference does, if its sign is put right.
        for factor in below:
            difference = poly.multiply(difference, factor, meter)
    defined = [Constraint(factor, "!=", premises, condition=True) for factor in below]
    return [Constraint(difference, operator, premises), *defined]


class Store:
    """Premises, so kept that a question meets only those that bear on it: that share an unknown, if through others.

    Of those that are `given` all are kept; of derived ones, which only add premises of their own, the latest.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parents: dict[str, str] = {}  # unknowns that meet, as a forest
        self.given: dict[str, list[Premise]] = {}  # by the root of a tree
        self.derived: dict[str, list[Premise]] = {}
        self.without: list[Premise] = []  # that have no unknowns

    def add(self, premise: Premise, *, given: bool) -> None:
        roots = sorted({self._root(name) for name in premise.names})
        if not roots:
            self.without += [premise] if given else []
            return
        first, *others = sorted(roots, key=lambda root: (-self._size(root), root))  # the smaller move
        for root in others:
            self.parents[root] = first
            for kind in (self.given, self.derived):
                kind.setdefault(first, []).extend(kind.pop(root, ()))
        kind = self.given if given else self.derived
        kind.setdefault(first, []).append(premise)
        late = self.derived.get(first, [])
        if len(late) > 2 * self.limit:
            late.sort(key=lambda one: one.key)
            del late[: -self.limit]

    def _size(self, root: str) -> int:
        return len(self.given.get(root, ())) + len(self.derived.get(root, ()))

    def _root(self, name: str) -> str:
        root = name
        while (above := self.parents.get(root, root)) != root:
            root = above
        while (above := self.parents.get(name, name)) != root:
            self.parents[name], name = root, above
        return root

    def about(self, names: Iterable[str]) -> list[Premise]:
        """What bears on these unknowns, by key: all that is given, and of the rest the latest, within the limit."""
        roots = sorted({self._root(name) for name in names})
        given = [premise for root in roots for premise in self.given.get(root, ())]
        room = max(0, self.limit - len(given))
        late = sorted((premise for root in roots for premise in self.derived.get(root, ())), key=lambda one: one.key)
        return sorted([*given, *late[len(late) - min(room, len(late)) :]], key=lambda one: one.key)

    def groups(self) -> list[list[Premise]]:
        """All that is given, in groups that share no unknown."""
        found = [sorted(group, key=lambda one: one.key) for group in self.given.values() if group]
        return sorted([*found, *([one] for one in self.without)], key=lambda group: group[0].key)
