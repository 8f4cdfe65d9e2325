"""Linear equations with the premises that each claim needs: `linear.Rows` and the minimising of `algebra` in one.

A row is a list of integers: the constant, the coefficient of each variable, and how often each premise was added to
make it, so that elimination (fraction-free; Bareiss 1968) does the sums and the bookkeeping at once. Where premises
depend on each other, a combination of them is 0, and with it the earliest of them is eliminated from the bookkeeping of
every row. So what is left are, at any time, the premises that a greedy choice of the latest would take, and these are
independent: a claim is a combination of them in one way only, and the premises with a part in it are just those that
leaving out one at a time, the earliest first, would leave (the matroid of vectors; Edmonds 1971).
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from reasonlab.verifiers.evaluation import Value
from reasonlab.verifiers.fast.expansion import FIELD, Polynomial

LONG = 1 << 60  # of the number at its pivot: a row is then made shorter, if it can be

Row = list[int]


class Rows:
    """An echelon form: the first variable of a row, its pivot, is in no row below."""

    def __init__(self, variables: int, keys: int) -> None:
        """Room for so many variables, and for premises of so many keys."""
        self.variables, self.keys = variables, keys
        self.first_key, self.width = variables + 1, variables + keys + 2
        self.columns = {0: 0, **{1 << FIELD * place: place + 1 for place in range(variables)}}  # of monomials
        self.pivots: list[Row | None] = [None] * (variables + 1)

    def row(self, polynomial: Polynomial) -> Row:
        """The row of a polynomial of degree 1; its own mark is at the end."""
        row = [0] * self.width
        row[-1] = scale = lcm(*[value.denominator for value in polynomial.values()])
        for monomial, value in polynomial.items():
            row[self.columns[monomial]] = int(value * scale)
        return row

    def reduce(self, row: Row) -> Row:
        """The row with every pivot eliminated."""
        for position, pivot in enumerate(self.pivots):
            if pivot is not None and row[position]:
                row = _eliminate(row, pivot, position)
        return row

    def is_constant(self, row: Row) -> bool:
        """Whether no variable is left in a reduced row."""
        return not any(row[1 : self.first_key])

    def premises(self, row: Row) -> tuple[int, ...]:
        """The keys of the premises that a reduced row was made with."""
        return tuple([key for key, count in enumerate(row[self.first_key : -1]) if count])

    def insert(self, key: int, row: Row) -> bool:
        """Take a premise in, by its reduced row; False, and nothing done, if it contradicts the others."""
        position = next((at for at in range(1, self.first_key) if row[at]), None)
        if position is None and row[0]:
            return False
        row[self.first_key + key], row[-1] = row[-1], 0
        if position is not None:
            self.pivots[position] = row if -LONG < row[position] < LONG else _primitive(row)
            return True
        row = _primitive(row)
        earliest = next(at for at in range(self.first_key, self.width) if row[at])
        for at, pivot in enumerate(self.pivots):
            if pivot is not None and pivot[earliest]:
                made = _eliminate(pivot, row, earliest)
                self.pivots[at] = made if -LONG < made[at] < LONG else _primitive(made)
        return True

    def solution(self, position: int) -> Value | None:
        """The value of the variable at a position, if the rows settle it."""
        row = [0] * self.width
        row[position] = row[-1] = 1
        row = self.reduce(row)
        if not self.is_constant(row):
            return None
        value = Fraction(row[0], row[-1])
        return value.numerator if value.denominator == 1 else value


def _eliminate(row: Row, by: Row, position: int) -> Row:
    """A combination of two rows that has 0 at a position."""
    above, below = row[position], by[position]
    common = gcd(above, below)
    above, below = above // common, below // common
    if below == 1:
        return [one - above * two for one, two in zip(row, by)]
    return [below * one - above * two for one, two in zip(row, by)]


def _primitive(row: Row) -> Row:
    """The row without a common factor."""
    common = gcd(*row)
    return [value // common for value in row] if common > 1 else row
