"""Rows: the ways to put things into the positions 1 to n under constraints. The search behind `orderings`.

Positions are filled from the first to the last. A thing can be next if its position is allowed and everything that must
come before it is placed; sets are bit masks. Where all constraints are of these two kinds, whether the rest can be
placed depends only on which things are left, so a set that failed is not tried twice. Alternatives ("or") are checked
as soon as they are decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reasonlab.language.orderings import Atom, Clause
from reasonlab.verifiers.limits import within

MAX_THINGS = 200

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": lambda one, two: one < two,
    "<=": lambda one, two: one <= two,
    ">": lambda one, two: one > two,
    ">=": lambda one, two: one >= two,
    "=": lambda one, two: one == two,
    "!=": lambda one, two: one != two,
}
OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}

Row = tuple[str, ...]  # the things by position


def holds(clause: Clause, places: dict[str, int]) -> bool:
    """Whether a clause is true of these positions."""
    return any(
        _COMPARE[atom.operator](places[atom.left], atom.right if isinstance(atom.right, int) else places[atom.right])
        for atom in clause
    )


def negation(clause: Clause) -> tuple[Clause, ...]:
    """The clauses that together say the opposite."""
    return tuple((Atom(atom.left, OPPOSITE[atom.operator], atom.right),) for atom in clause)


def find_row(things: Sequence[str], clauses: Sequence[Clause], spend: Callable[[int], None]) -> Row | None:
    """The first row under the constraints, None if there is none. `spend` counts the work, and may raise."""
    size = len(things)
    within(size, MAX_THINGS, "things in a row")
    spend(size * size // 4 + len(clauses) * (1 + size // 8))
    search = _Search(things, clauses, spend)
    return search.run() if search.possible else None


class _Search:
    def __init__(self, things: Sequence[str], clauses: Sequence[Clause], spend: Callable[[int], None]) -> None:
        self.things, self.size, self.spend = tuple(things), len(things), spend
        self.number = {name: index for index, name in enumerate(self.things)}
        self.allowed = [(1 << self.size) - 1] * self.size  # of each thing: the positions, the first one as bit 0
        self.before = [0] * self.size  # of each thing: those that must come before it
        self.others: list[Clause] = []
        self.failed: set[int] = set()
        self.row: list[str] = []
        self.possible = all(self._add(clause) for clause in dict.fromkeys(clauses))

    def _add(self, clause: Clause) -> bool:
        """Take a constraint in; False if it can never hold."""
        if len({atom.left for atom in clause}) == 1 and all(isinstance(atom.right, int) for atom in clause):
            name = clause[0].left
            thing = self.number[name]
            self.allowed[thing] &= sum(1 << place for place in range(self.size) if holds(clause, {name: place + 1}))
            return self.allowed[thing] != 0
        if len(clause) > 1:
            self.others.append(clause)
            return True
        (atom,) = clause
        left, right = self.number[atom.left], self.number[str(atom.right)]
        if left == right:
            return atom.operator in ("=", "<=", ">=")
        if atom.operator in ("<", "<="):
            self.before[right] |= 1 << left
        elif atom.operator in (">", ">="):
            self.before[left] |= 1 << right
        return atom.operator != "="

    def run(self) -> Row | None:
        places, things = range(self.size), range(self.size)
        self.fitting = [sum(1 << thing for thing in things if self.allowed[thing] >> place & 1) for place in places]
        self.urgent = [sum(1 << thing for thing in things if not self.allowed[thing] >> place + 1) for place in places]
        return tuple(self.row) if self._fill(0) else None

    def _fill(self, placed: int) -> bool:
        """Fill the next position and those after it."""
        if len(self.row) == self.size:
            return True
        if placed in self.failed:
            return False
        candidates = self._next(placed)
        self.spend(1 + candidates.bit_count() * (1 + len(self.others)))
        while candidates:
            bit = candidates & -candidates
            candidates &= ~bit
            self.row.append(self.things[bit.bit_length() - 1])
            if self._consistent() and self._fill(placed | bit):
                return True
            self.row.pop()
        if not self.others:
            self.failed.add(placed)
        return False

    def _next(self, placed: int) -> int:
        """What can stand at the next position; what could stand nowhere later goes first."""
        candidates = self.fitting[len(self.row)] & ~placed
        urgent = self.urgent[len(self.row)] & ~placed
        if urgent:
            candidates &= urgent if urgent.bit_count() == 1 else 0
        ready = 0
        while candidates:
            bit = candidates & -candidates
            candidates &= ~bit
            if not self.before[bit.bit_length() - 1] & ~placed:
                ready |= bit
        return ready

    def _consistent(self) -> bool:
        """Whether each alternative can still hold."""
        if not self.others:
            return True
        places = {name: place for place, name in enumerate(self.row, 1)}
        return all(any(_may_hold(atom, places) for atom in clause) for clause in self.others)


def _may_hold(atom: Atom, places: dict[str, int]) -> bool:
    """Whether an atom can hold where these things have positions and the others come after them."""
    left = places.get(atom.left)
    right = atom.right if isinstance(atom.right, int) else places.get(atom.right)
    if left is not None and right is not None:
        return _COMPARE[atom.operator](left, right)
    if isinstance(atom.right, int) or (left is None and right is None):
        return True
    return atom.operator in (("<", "<=", "!=") if left is not None else (">", ">=", "!="))
