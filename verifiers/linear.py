"""Linear equations, solved: Gaussian elimination over the rationals, with the premises of every row.

A row is a polynomial that is 0. Its monomials are the unknowns, so for polynomials of degree 1 it is complete, and for
others it still finds what follows by adding multiples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.polynomials import ONE, Monomial, Polynomial

ROW = 8  # elementary operations that looking at a row weighs, however short it is


@dataclass(frozen=True, slots=True)
class Row:
    polynomial: Polynomial
    premises: frozenset[int]


class Rows:
    """A system in reduced form: each row has 1 at its own monomial, its pivot, and no pivot of another."""

    def __init__(self, meter: Meter, pivots: dict[Monomial, Row] | None = None) -> None:
        self.meter = meter
        self.pivots: dict[Monomial, Row] = dict(pivots or {})

    def copy(self) -> Rows:
        return Rows(self.meter, self.pivots)

    def reduce(self, row: Row) -> Row:
        """The row with every pivot's monomial eliminated."""
        met = [monomial for monomial in row.polynomial if monomial in self.pivots]
        if not met:
            return row
        polynomial, premises = dict(row.polynomial), row.premises
        for monomial in sorted(met):
            if (value := polynomial.get(monomial, 0)) != 0:
                pivot = self.pivots[monomial]
                poly.accumulate(polynomial, pivot.polynomial, -value, self.meter)
                premises |= pivot.premises
        return Row(polynomial, premises)

    def insert(self, row: Row) -> frozenset[int] | None:
        """Take a row in; the premises of a contradiction if it makes one."""
        self.meter.spend(ROW)
        row = self.reduce(row)
        if not row.polynomial:
            return None
        # The greatest monomial is eliminated, so that the lowest stay free.
        lead = max(row.polynomial, key=lambda monomial: (sum(e for _, e in monomial), monomial))
        if lead == ONE:
            return row.premises
        row = Row(poly.scale(row.polynomial, Fraction(1) / row.polynomial[lead]), row.premises)
        for monomial, other in self.pivots.items():
            if lead in other.polynomial:
                changed = dict(other.polynomial)
                poly.accumulate(changed, row.polynomial, -other.polynomial[lead], self.meter)
                self.pivots[monomial] = Row(changed, other.premises | row.premises)
        self.pivots[lead] = row
        return None

    def put_in(self, row: Row) -> Row:
        """The row with the unknowns that rows of degree 1 solve put in, in every power."""
        self.meter.spend(ROW)
        used = [((name, 1),) for name in sorted(poly.variables(row.polynomial)) if ((name, 1),) in self.pivots]
        if not used:
            return row
        if poly.degree(row.polynomial) <= 1:
            return self.reduce(row)
        values = {m[0][0]: poly.add({m: 1}, self.pivots[m].polynomial, -1, self.meter) for m in used}
        premises = row.premises.union(*(self.pivots[m].premises for m in used))
        return Row(poly.replace(row.polynomial, values, self.meter), premises)

    def solution(self, name: str) -> poly.Value | None:
        """The value of an unknown, if the rows settle it."""
        row = self.pivots.get(((name, 1),))
        if row is None or not set(row.polynomial) <= {((name, 1),), ONE}:
            return None
        return poly.exact(-row.polynomial.get(ONE, 0))

    def complete(self, point: dict[str, poly.Value], names: Iterable[str]) -> dict[str, poly.Value]:
        """A solution: `point` for some free unknowns, 0 for the others, and what follows for those that are solved."""
        full = {name: point.get(name, 0) for name in names}
        free = dict(full)
        for monomial, row in self.pivots.items():
            rest = {m: -value for m, value in row.polynomial.items() if m != monomial}
            full[monomial[0][0]] = poly.value_at(rest, free)
        return full
