"""Polynomials in one unknown on the complex plane, as far as equations see it: where each is zero.

Common factors are taken out of the polynomials until no two of what is left have one (a coprime base; Bernstein 2005).
On the roots of a member of the base each polynomial is zero everywhere or nowhere, and outside of all of them none is:
these are the pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.errors import ResourceLimit
from reasonlab.verifiers.constraints import Constraint
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.realline import Coefficients, coefficients, common_factor, quotient, square_free


@dataclass(frozen=True, slots=True)
class Plane:
    """`base`: pairwise without common roots. Piece i: the roots of base[i]; the last piece: everything else.

    `zeros`: by the constraint, the pieces on which its polynomial is 0.
    """

    base: tuple[Coefficients, ...]
    zeros: dict[int, frozenset[int]]

    @property
    def pieces(self) -> range:
        return range(len(self.base) + 1)

    def holds(self, one: Constraint, piece: int) -> bool:
        return (piece in self.zeros[id(one)]) == (one.operator == "=")

    def show(self, name: str, pieces: Iterable[int]) -> str:
        """The set that some pieces make up, in words."""
        chosen = sorted(pieces)
        if not chosen:
            return ""
        if chosen[-1] < len(self.base):
            return " or ".join(_roots(name, self.base[piece]) for piece in chosen)
        missing = [_roots(name, member) for piece, member in enumerate(self.base) if piece not in chosen]
        return f"any {name}" + (f" but {' or '.join(missing)}" if missing else "")


def cut(constraints: Sequence[Constraint], meter: Meter) -> Plane:
    """The plane cut at the roots of the constraints' polynomials. Raises ResourceLimit over their degree together."""
    polynomials = {id(one): square_free(coefficients(one.polynomial), meter) for one in constraints}
    base: list[Coefficients] = []
    for polynomial in polynomials.values():
        base = _refine(base, polynomial, meter)
        if (degree := sum(len(member) - 1 for member in base)) > meter.limits.roots:
            raise ResourceLimit(f"roots of degree {degree} are over the limit of {meter.limits.roots}")
    base.sort(key=lambda member: (len(member), member))
    everywhere = frozenset(range(len(base) + 1))
    zeros = {
        key: everywhere
        if not polynomial
        else frozenset(i for i, member in enumerate(base) if len(common_factor(polynomial, member, meter)) > 1)
        for key, polynomial in polynomials.items()
    }
    return Plane(tuple(base), zeros)


def _refine(base: Sequence[Coefficients], polynomial: Coefficients, meter: Meter) -> list[Coefficients]:
    """The base with the factors of one more square-free polynomial."""
    refined: list[Coefficients] = []
    rest = polynomial
    for member in base:
        common = common_factor(member, rest, meter) if len(rest) > 1 else (1,)
        if len(common) < 2:
            refined.append(member)
            continue
        refined.append(common)
        if len(own := quotient(member, common, meter)) > 1:
            refined.append(own)
        rest = quotient(rest, common, meter)
    return [*refined, rest] if len(rest) > 1 else refined


def _roots(name: str, polynomial: Coefficients) -> str:
    if len(polynomial) == 2:
        return f"{name} = {Fraction(-polynomial[0], polynomial[1])}"
    terms = []
    for exponent in range(len(polynomial) - 1, -1, -1):
        value = polynomial[exponent]
        if not value:
            continue
        power = "" if exponent == 0 else name if exponent == 1 else f"{name} ^ {exponent}"
        size = abs(value)
        text = str(size) if not power else power if size == 1 else f"{size} * {power}"
        terms.append((" - " if value < 0 else " + ") + text)
    text = "".join(terms)
    return ("-" + text[3:] if text.startswith(" - ") else text[3:]) + " = 0"
