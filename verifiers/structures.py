"""Finite structures: individuals, what holds of them, and which of them each name denotes; truth by trying them all.

The worlds in which a claim fails are such structures. Whatever found one, `holds` says by the definition of truth
(Tarski 1935) whether it is one, so no counter-model rests on the word of a solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.formulas import Apply, Argument, Atom, Formula, Identity, Not, Quantified, parts

MOST_SHOWN = 12
_MOST_LISTED = 1_000  # table entries looked at for the words
_SIGNS = {"&": "and", "|": "or"}


@dataclass(frozen=True, slots=True)
class Structure:
    """Individuals are numbers from 0; a table has an entry for each tuple of them.

    Attributes:
        size: how many there are, at least 1.
        names: whom each name denotes.
        functions: by (name, arity).
        predicates: by (name, arity): the tuples of which it holds.
    """

    size: int
    names: Mapping[str, int]
    functions: Mapping[tuple[str, int], Mapping[tuple[int, ...], int]]
    predicates: Mapping[tuple[str, int], frozenset[tuple[int, ...]]]

    def holds(self, formula: Formula, limit: int) -> bool:
        """Whether a closed formula is true. Raises ResourceLimit beyond `limit` parts looked at."""
        return _Evaluation(self, limit).holds(formula, {})

    def tuples(self, arity: int) -> Iterator[tuple[int, ...]]:
        return product(range(self.size), repeat=arity)


class _Evaluation:
    """One evaluation: what it has spent."""

    def __init__(self, structure: Structure, limit: int) -> None:
        self.structure, self.left, self.limit = structure, limit, limit

    def holds(self, formula: Formula, values: Mapping[str, int]) -> bool:
        self.left -= 1
        if self.left < 0:
            raise ResourceLimit(f"checking a world takes more than {self.limit} parts")
        if isinstance(formula, Atom):
            row = tuple([self.denoted(argument, values) for argument in formula.arguments])
            return row in self.structure.predicates[formula.predicate, len(row)]
        if isinstance(formula, Identity):
            return self.denoted(formula.left, values) == self.denoted(formula.right, values)
        if isinstance(formula, Not):
            return not self.holds(formula.operand, values)
        if isinstance(formula, Quantified):
            everyone = range(self.structure.size)
            cases = (self.holds(formula.body, {**values, formula.variable: one}) for one in everyone)
            return all(cases) if formula.quantifier == "forall" else any(cases)
        left = self.holds(formula.left, values)
        if formula.operator in _SIGNS and left == (formula.operator == "|"):
            return left
        if formula.operator == "->" and not left:
            return True
        right = self.holds(formula.right, values)
        return left == right if formula.operator == "<->" else right

    def denoted(self, argument: Argument, values: Mapping[str, int]) -> int:
        if isinstance(argument, Apply):
            row = tuple([self.denoted(part, values) for part in argument.arguments])
            return self.structure.functions[argument.function, len(row)][row]
        return values[argument] if argument in values else self.structure.names[argument]


def in_words(structure: Structure, claim: Formula | None) -> str:
    """The structure as literals: which names denote the same, then what the claim speaks of, then what else holds.

    Names that begin with "_" are nobody's: they stand for individuals of whom only the claim's variables speak.
    """
    called = _called(structure)
    same = [
        f"{called[one]} = {name}"
        for name, one in sorted(structure.names.items())
        if not name.startswith("_") and called[one] != name
    ]
    about = {
        (part.predicate, len(part.arguments)) for part in (parts(claim) if claim else ()) if isinstance(part, Atom)
    }
    first, rest = [], []
    for (name, arity), table in sorted(structure.predicates.items()):
        for row in islice(structure.tuples(arity), _MOST_LISTED):
            text = name + (f"({', '.join(called[one] for one in row)})" if row else "")
            if (name, arity) in about:
                first.append(text if row in table else f"~{text}")
            elif row in table:
                rest.append(text)
    values = [
        f"{name}({', '.join(called[one] for one in row)}) = {called[table[row]]}"
        for (name, arity), table in sorted(structure.functions.items())
        for row in islice(structure.tuples(arity), _MOST_LISTED)
    ]
    shown = same + first + values + rest
    return ", ".join(shown[:MOST_SHOWN]) + (", …" if len(shown) > MOST_SHOWN else "")


def _called(structure: Structure) -> list[str]:
    """What each individual is called: by its first name, else "someone1", "someone2", ..."""
    called: dict[int, str] = {}
    for name, one in sorted(structure.names.items()):
        if not name.startswith("_"):
            called.setdefault(one, name)
    strangers = 0
    for one in range(structure.size):
        if one not in called:
            strangers += 1
            called[one] = f"someone{strangers}"
    return [called[one] for one in range(structure.size)]
