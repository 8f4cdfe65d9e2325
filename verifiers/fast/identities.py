"""By how much two polynomials differ: one integer each, by substituting powers of 2 (see `kronecker`).

Of a polynomial with coefficients below 2^b and exponents below d, the value at x = 2^(b+1), y = 2^((b+1)d),
z = 2^((b+1)d^2), ... has every coefficient in a field of bits of its own, and it is 0 for the polynomial 0 alone.
"""

from __future__ import annotations

from reasonlab.verifiers.fast.expansion import Polynomial, unit
from reasonlab.verifiers.fast.kronecker import GAP, value
from reasonlab.verifiers.fast.reading import Equality
from reasonlab.verifiers.fast.values import Beyond

# By the number of variables: bits of a field, and how many exponents there are room for. Short fields are tried first.
FIELDS = (
    ((94, 5),),
    ((94, 5), (258, 17)),
    ((94, 5), (114, 8)),
    ((66, 4),),
    ((50, 3),),
)
MOST_WORK = 4_000  # operations, times products of terms: the ordinary path has enough for 100 such claims


def difference(claim: Equality, units: dict[str, int]) -> Polynomial | None:
    """What has to be 0 for a claim of two sides to hold, as `expansion` writes it; None where this is not the place to
    tell: fractions, large numbers. `units`: the variables as monomials; new ones are added.
    """
    own = list(dict.fromkeys([*claim.named[0], *claim.named[1]]))
    if len(own) >= len(FIELDS):
        return None
    for bits, count in FIELDS[len(own)]:
        point = {name: 1 << bits * count**place for place, name in enumerate(own)}
        try:
            one, most = value(claim.sides[0], point, 2 * bits)
            two, other = value(claim.sides[1], point, 2 * bits)
        except Beyond:
            continue
        long = max(most, other).bit_length()
        exponents = long // GAP + 1
        # A difference has coefficients of one bit more than the bound, and a sign.
        if long + 2 > bits or exponents > count:
            continue
        if sum(map(len, claim.sides)) * (exponents // 2 + 1) ** (2 * len(own)) > MOST_WORK:
            return None
        for name in own:
            if name not in units:
                units[name] = unit(len(units))
        return _coefficients(one - two, bits, count, [units[name] for name in own]) if one != two else {}
    return None


def _coefficients(total: int, bits: int, count: int, own: list[int]) -> Polynomial:
    """The polynomial in the variables `own` that has this value where they are powers of 2."""
    found: Polynomial = {}
    place = 0
    while total:
        empty = ((total & -total).bit_length() - 1) // bits
        total >>= empty * bits
        place += empty
        coefficient = total & ((1 << bits) - 1)
        if coefficient >> bits - 1:
            coefficient -= 1 << bits
        total -= coefficient
        monomial, exponents = 0, place
        for each in own:
            exponents, exponent = divmod(exponents, count)
            monomial += exponent * each
        found[monomial] = coefficient
    return found
