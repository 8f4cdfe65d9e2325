"""Linear equations with the premises that each claim needs: `linear.Rows` and the minimising of `algebra` in one.

A row is one integer with fields of equal width (see `kronecker`): how often each premise was added to make it, the
constant, the coefficient of each variable. So elimination (fraction-free; Bareiss 1968) does the sums and the
bookkeeping of a whole row at once. With each row goes a bound of what is in its fields; a row that outgrows them is
made shorter, and where it cannot be, the fields are too narrow: whoever asked begins again with wider ones.

Where premises depend on each other, a combination of them is 0, and with it the earliest of them is eliminated from the
bookkeeping of every row. So what is left are, at any time, the premises that a greedy choice of the latest would take,
and these are independent: a claim is a combination of them in one way only, and the premises with a part in it are just
those that leaving out one at a time, the earliest first, would leave (the matroid of vectors; Edmonds 1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from reasonlab.verifiers.evaluation import Value
from reasonlab.verifiers.fast.expansion import Polynomial, unit
from reasonlab.verifiers.fast.kronecker import GAP, value
from reasonlab.verifiers.fast.reading import Equality
from reasonlab.verifiers.fast.values import Beyond

WIDTHS = (128, 4096)  # bits of a field: for what people write, and for what is beyond that
LONG = 1 << 60  # of what stands in a row that others are eliminated with: it is then made shorter, if it can be
_LINEAR = 1 << 2 * GAP  # a bound of this may be that of a product of two variables


class Narrow(Beyond):
    """A row that the fields are too narrow for."""


class Row(NamedTuple):
    """`fields`: the lowest is empty, then come the premises, the constant, the variables. `scale`: how often the claim
    is in it that the row was at first. `most`: a bound of all of them. `marks`: the fields of premises that may be in
    it, as bits.
    """

    fields: int
    scale: int
    most: int
    marks: int = 0


class Pivot(NamedTuple):
    """A row that eliminates its last variable from others; `lead`: the coefficient of that, above 0."""

    fields: int
    lead: int
    most: int
    marks: int


class Rows:
    """An echelon form: the last variable of a row, its pivot, is in no row of an earlier one."""

    def __init__(self, names: Sequence[str], keys: int, width: int) -> None:
        """Room for these variables, and for premises of so many keys, in fields of so many bits."""
        self.width = width
        self.limit = 1 << width - 2  # of what stands in a field: it and what is below must not look like another
        self.half, self.mask = 1 << width - 1, (1 << width) - 1
        self.keys, self.constant = keys, keys + 1  # the field of the constant; the premise of key k has field k + 1
        self.point = {name: 1 << width * place for place, name in enumerate(names, start=1)}
        self.pivots: dict[int, Pivot] = {}  # by field

    def anew(self) -> Rows:
        """The same without rows."""
        return Rows(list(self.point), self.keys, self.width)

    def of_claim(self, claim: Equality) -> Row | None:
        """The row of an equation, read off its sides; None where that does not tell: not linear, fractions, others."""
        if len(claim.sides) != 2:
            return None
        try:
            left, most = value(claim.sides[0], self.point, 2 * GAP)
            right, bound = value(claim.sides[1], self.point, 2 * GAP)
        except Beyond:
            return None
        most += bound
        return Row((left - right) << self.width * self.constant, 1, most) if most < _LINEAR else None

    def of_polynomial(self, polynomial: Polynomial) -> Row | None:
        """The row of a polynomial; None where it is not linear, or has other variables. Raises Narrow."""
        columns = {unit(place): self.constant + 1 + place for place in range(len(self.point))}
        columns[0] = self.constant
        if not polynomial.keys() <= columns.keys():
            return None
        scale = lcm(*[value.denominator for value in polynomial.values()])
        scaled = {monomial: int(value * scale) for monomial, value in polynomial.items()}
        most = max(map(abs, scaled.values()), default=1)
        if most >= self.limit:
            raise Narrow
        return Row(sum(number << self.width * columns[monomial] for monomial, number in scaled.items()), 1, most)

    def reduce(self, row: Row) -> Row:
        """The row with the pivots eliminated, from the last variable on until one has none. Raises Narrow."""
        fields, scale, most, marks = row
        width, limit = self.width, self.limit
        while (pivot := self.pivots.get(at := fields.bit_length() // width)) is not None:
            by, lead, bound, others = pivot
            above = (fields >> width * at - 1) + 1 >> 1  # as `_at`, where nothing is above
            if lead != 1 and (common := gcd(above, lead)) != 1:
                above //= common
                lead //= common
            longer = lead * most + abs(above) * bound
            if longer >= limit:
                shorter = self._shorter(fields, scale, marks)
                if shorter.most >= most:
                    raise Narrow
                return self.reduce(shorter)
            fields = (fields if lead == 1 else lead * fields) - above * by
            scale, most, marks = lead * scale, longer, marks | others
        return Row(fields, scale, most, marks)

    def is_constant(self, row: Row) -> bool:
        """Whether no variable is left in a reduced row."""
        return row.fields.bit_length() // self.width <= self.constant

    def rest(self, row: Row) -> int:
        """The constant of a reduced row without variables."""
        return (row.fields >> self.width * self.constant - 1) + 1 >> 1

    def premises(self, row: Row) -> tuple[int, ...]:
        """The keys of the premises that a reduced row was made with."""
        fields, _, _, marks = row
        found = []
        while marks:
            field = (marks & -marks).bit_length() - 1
            marks &= marks - 1
            if self._at(fields, field):
                found.append(field - 1)
        return tuple(found)

    def insert(self, key: int, row: Row) -> bool:
        """Take a premise in, by its reduced row; False, and nothing done, if it contradicts the others.

        Raises Narrow.
        """
        fields, scale, most, marks = row
        width = self.width
        at = fields.bit_length() // width
        if at == self.constant:
            return False
        fields += scale << width * (key + 1)
        marks |= 1 << key + 1
        if at > self.constant:
            self.pivots[at] = self._pivot(at, fields, most, marks)
            return True
        earliest = ((fields & -fields).bit_length() - 1) // width
        below = self._at(fields, earliest)
        for at, pivot in self.pivots.items():
            if pivot.marks >> earliest & 1 and (above := self._at(pivot.fields, earliest)):
                common = gcd(above, below)
                times, part = below // common, above // common
                longer = abs(times) * pivot.most + abs(part) * most
                if longer >= self.limit:
                    raise Narrow
                made = times * pivot.fields - part * fields
                self.pivots[at] = self._pivot(at, made, longer, (marks | pivot.marks) & ~(1 << earliest))
        return True

    def solution(self, name: str) -> Value | None:
        """The value of a variable, if the rows settle it."""
        row = self.reduce(Row(self.point[name] << self.width * self.constant, 1, 1))
        if not self.is_constant(row):
            return None
        value = Fraction(self.rest(row), row.scale)
        return value.numerator if value.denominator == 1 else value

    def _pivot(self, at: int, fields: int, most: int, marks: int) -> Pivot:
        """The pivot at a field, made of a row."""
        if most >= LONG:
            fields, _, most, marks = self._shorter(fields, 0, marks)
        lead = (fields >> self.width * at - 1) + 1 >> 1
        return Pivot(fields, lead, most, marks) if lead > 0 else Pivot(-fields, -lead, most, marks)

    def _shorter(self, fields: int, scale: int, marks: int) -> Row:
        """A row without a common factor, and with its least bound."""
        numbers = [self._at(fields, field) for field in range(1, fields.bit_length() // self.width + 1)]
        common = gcd(scale, *numbers)
        return Row(fields // common, scale // common, max(scale, *map(abs, numbers)) // common, marks)

    def _at(self, fields: int, field: int) -> int:
        """What stands in a field: rounded, since what is below it may be below 0."""
        return (((fields >> self.width * field - 1) + 1 >> 1) + self.half & self.mask) - self.half
