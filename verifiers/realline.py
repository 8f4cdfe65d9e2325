"""Polynomials in one unknown on the real line: where their roots are, and the sign of each everywhere, exactly.

All roots of some polynomials together cut the line into pieces on which none of them changes its sign: points and gaps
in turn (cylindrical algebraic decomposition in one dimension; Collins 1975). Any condition on these signs therefore
holds on all of a piece or on none of it, so whether it ever holds, or always, is decided by looking at each piece.

Roots are isolated by Sturm's theorem. One that is rational is found as such (its denominator divides the leading
coefficient), so an irrational root never passes for a number that could be written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, gcd, isqrt, lcm

from reasonlab.language.errors import ResourceLimit
from reasonlab.verifiers.evaluation import weight
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.polynomials import Polynomial

Coefficients = tuple[int, ...]  # from the constant on, the last one not 0; () is the zero polynomial
DIGITS = 6  # of a root that is shown as a decimal
MOST_HALVINGS = 300  # on the way to them


@dataclass(frozen=True, slots=True)
class Root:
    """A root: `low` = `high` where it is rational; else the only root of `polynomial` between them, which are none."""

    low: Fraction
    high: Fraction
    polynomial: Coefficients

    @property
    def rational(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Line:
    """The line, cut at `roots` into gap, root, gap, ..., gap; and the sign of each polynomial on each of these."""

    roots: tuple[Root, ...]
    signs: tuple[tuple[int, ...], ...]

    @property
    def pieces(self) -> range:
        return range(2 * len(self.roots) + 1)

    def is_root(self, piece: int) -> bool:
        return piece % 2 == 1

    def sample(self, piece: int) -> Fraction | None:
        """The simplest number on a piece; None for an irrational root."""
        if self.is_root(piece):
            root = self.roots[piece // 2]
            return root.low if root.rational else None
        left, right = piece // 2 - 1, piece // 2
        low = self.roots[left].high if left >= 0 else None
        high = self.roots[right].low if right < len(self.roots) else None
        return low if low is not None and low == high else _between(low, high)

    def has_rational(self, piece: int) -> bool:
        return not self.is_root(piece) or self.roots[piece // 2].rational

    def integers(self, piece: int) -> tuple[int | None, int | None] | None:
        """The first and the last integer on a piece (None: there is no first or last); None where there is none."""
        if self.is_root(piece):
            root = self.roots[piece // 2]
            return (root.low.numerator,) * 2 if root.rational and root.low.denominator == 1 else None
        left, right = piece // 2 - 1, piece // 2
        first = last = None
        if left >= 0:
            low = self.roots[left]
            first = floor(low.low) + 1 if low.rational else ceil(low.high)
        if right < len(self.roots):
            high = self.roots[right]
            last = ceil(high.low) - 1 if high.rational else floor(high.low)
        return None if first is not None and last is not None and first > last else (first, last)

    def has_integer(self, piece: int) -> bool:
        return self.integers(piece) is not None

    def show_integers(self, name: str, pieces: Iterable[int], most: int = 6) -> str:
        """The integers on some pieces, in words: `x = -2 or 3 <= x <= 9`."""
        runs: list[tuple[int | None, int | None]] = []
        for first, last in filter(None, map(self.integers, sorted(pieces))):
            if runs and first is not None and runs[-1][1] == first - 1:
                runs[-1] = (runs[-1][0], last)
            else:
                runs.append((first, last))
        parts = [_run(name, first, last) for first, last in runs]
        return " or ".join(parts[:most]) + (" or …" if len(parts) > most else "")

    def show(self, name: str, pieces: Iterable[int], meter: Meter, most: int = 6) -> str:
        """The set that some pieces make up, in words: `x = -2 or 0 < x <= 1`."""
        chosen, parts = frozenset(pieces), []
        starts = [piece for piece in sorted(chosen) if piece - 1 not in chosen]
        for start in starts:
            end = start
            while end + 1 in chosen:
                end += 1
            parts.append(self._interval(name, start, end, meter))
        return " or ".join(parts[:most]) + (" or …" if len(parts) > most else "")

    def _interval(self, name: str, start: int, end: int, meter: Meter) -> str:
        if start == end and self.is_root(start):
            root = self.roots[start // 2]
            return f"{name} = {root.low}" if root.rational else f"{name} is about {show_root(root, meter)}"
        low = self._end(start, start // 2 - 1, meter) if start else None
        high = self._end(end, end // 2, meter) if end < len(self.pieces) - 1 else None
        if low is None and high is None:
            return f"any {name}"
        if low is None:
            return f"{name} {high}"
        if high is None:
            return f"{name} {low.replace('<', '>')}"
        sign, text = low.split(" ", 1)
        return f"{text} {sign} {name} {high}"

    def _end(self, piece: int, beyond: int, meter: Meter) -> str:
        """The bound of an interval: a root that belongs to it, or the one next to its last gap."""
        root = self.roots[piece // 2 if self.is_root(piece) else beyond]
        text = str(root.low) if root.rational else f"about {show_root(root, meter)}"
        return f"{'<=' if self.is_root(piece) else '<'} {text}"


def _run(name: str, first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return f"any {name}" if first == last else f"{name} <= {last}" if first is None else f"{name} >= {first}"
    if last - first > 1:
        return f"{first} <= {name} <= {last}"
    return " or ".join(f"{name} = {value}" for value in range(first, last + 1))


def coefficients(polynomial: Polynomial) -> Coefficients:
    """The polynomial, in one variable at most, times a positive number that makes its coefficients whole."""
    size = max((monomial[0][1] if monomial else 0 for monomial in polynomial), default=-1) + 1
    below = lcm(*(value.denominator for value in polynomial.values())) if polynomial else 1
    found = [0] * size
    for monomial, value in polynomial.items():
        found[monomial[0][1] if monomial else 0] = value.numerator * (below // value.denominator)
    return _primitive(found)


def line(polynomials: Sequence[Coefficients], meter: Meter) -> Line:
    """The pieces of the real line on which none of the polynomials changes its sign, and these signs.

    Raises ResourceLimit over the limit of degrees together.
    """
    simple = [square_free(polynomial, meter) for polynomial in polynomials]
    roots = _roots(simple, meter)
    blank = Line(roots, ())
    gaps = [blank.sample(piece) for piece in blank.pieces if not blank.is_root(piece)]
    signs = []
    for polynomial, free in zip(polynomials, simple):
        own = [_sign_at(polynomial, sample, meter) for sample in gaps]  # type: ignore[arg-type]
        # Without its multiple factors a polynomial changes its sign exactly at its roots.
        changes = [_sign_at(free, sample, meter) for sample in gaps]  # type: ignore[arg-type]
        row = [own[0]]
        for index in range(1, len(gaps)):
            row += [0 if changes[index] != changes[index - 1] else own[index], own[index]]
        signs.append(tuple(row))
    return Line(roots, tuple(signs))


def show_root(root: Root, meter: Meter) -> str:
    """An irrational root as a decimal."""
    low, high = root.low, root.high
    for _ in range(MOST_HALVINGS):
        if _decimal(low) == _decimal(high):
            break
        low, high = _halve(root.polynomial, low, high, meter)
    return _decimal(low)


def _decimal(value: Fraction) -> str:
    try:
        return f"{float(value):.{DIGITS}g}"
    except OverflowError:
        return f"{'-' if value < 0 else ''}2^{int(abs(value)).bit_length() - 1}"


def _primitive(values: Sequence[int]) -> Coefficients:
    """Without zeros at the end and without common factors; the signs stay."""
    size = len(values)
    while size and not values[size - 1]:
        size -= 1
    common = gcd(*values[:size])
    return tuple(value // common for value in values[:size]) if common > 1 else tuple(values[:size])


def _remainder(left: Coefficients, right: Coefficients, meter: Meter) -> Coefficients:
    """The remainder of left by right, times a positive number that makes it whole."""
    rest, lead = list(left), right[-1]
    while len(rest) >= len(right):
        meter.spend(len(right) * weight(rest[-1].bit_length() + lead.bit_length()))
        factor, shift = rest[-1] * (1 if lead > 0 else -1), len(rest) - len(right)
        rest = [value * abs(lead) for value in rest]
        for index, value in enumerate(right):
            rest[index + shift] -= factor * value
        rest = list(_primitive(rest))
    return tuple(rest)


def common_factor(left: Coefficients, right: Coefficients, meter: Meter) -> Coefficients:
    """The greatest common divisor; its leading coefficient is positive."""
    while right:
        left, right = right, _remainder(left, right, meter)
    return tuple(-value for value in left) if left and left[-1] < 0 else left


def quotient(left: Coefficients, right: Coefficients, meter: Meter) -> Coefficients:
    """left / right, times a positive number that makes it whole; there is no remainder."""
    rest: list[Fraction] = list(map(Fraction, left))
    found = [Fraction(0)] * (len(left) - len(right) + 1)
    for shift in range(len(left) - len(right), -1, -1):
        meter.spend(len(right) * weight(left[-1].bit_length() + right[-1].bit_length()))
        found[shift] = factor = rest[shift + len(right) - 1] / right[-1]
        for index, value in enumerate(right):
            rest[index + shift] -= factor * value
    below = lcm(*(value.denominator for value in found))
    return _primitive([value.numerator * (below // value.denominator) for value in found])


def _derivative(polynomial: Coefficients) -> Coefficients:
    return _primitive([index * value for index, value in enumerate(polynomial)][1:])


def square_free(polynomial: Coefficients, meter: Meter) -> Coefficients:
    """The polynomial with each of its factors once."""
    if len(polynomial) < 3:
        return polynomial
    common = common_factor(polynomial, _derivative(polynomial), meter)
    return quotient(polynomial, common, meter) if len(common) > 1 else polynomial


def _sign_at(polynomial: Coefficients, point: Fraction, meter: Meter) -> int:
    above, below = point.numerator, point.denominator
    meter.spend(len(polynomial) * weight(len(polynomial) * (above.bit_length() + below.bit_length())))
    total, scale = 0, 1
    for value in reversed(polynomial):
        total = total * above + value * scale
        scale *= below
    return (total > 0) - (total < 0)


def _roots(polynomials: Sequence[Coefficients], meter: Meter) -> tuple[Root, ...]:
    """The roots of square-free polynomials together, in order; two of their intervals may share an end, not more."""
    rational: set[Fraction] = set()
    rest: Coefficients = (1,)
    for polynomial in polynomials:
        if len(polynomial) < 2:
            continue
        if (found := _at_once(polynomial)) is not None:
            rational.update(found)
            continue
        common = common_factor(rest, polynomial, meter)
        rest = _product(rest, quotient(polynomial, common, meter), meter)
        if len(rest) - 1 > meter.limits.roots:
            raise ResourceLimit(f"roots of degree {len(rest) - 1} are over the limit of {meter.limits.roots}")
    for value in rational:
        if not _sign_at(rest, value, meter):
            rest = quotient(rest, (-value.numerator, value.denominator), meter)
    irrational = []
    for root in _isolate(rest, meter):
        if (exact := _as_rational(root, meter)) is not None:
            rational.add(exact)
        else:
            irrational.append(root)
    free = [_away_from(root, rational, meter) for root in irrational]
    return tuple(sorted([*(Root(value, value, ()) for value in rational), *free], key=lambda root: root.low))


def _product(left: Coefficients, right: Coefficients, meter: Meter) -> Coefficients:
    meter.spend(len(left) * len(right))
    found = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            found[i + j] += a * b
    return _primitive(found)


def _at_once(polynomial: Coefficients) -> list[Fraction] | None:
    """The real roots of a polynomial of degree 1 or 2 where all of them are rational; None for any other."""
    if len(polynomial) == 2:
        return [Fraction(-polynomial[0], polynomial[1])]
    if len(polynomial) > 3:
        return None
    c, b, a = polynomial
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return []
    root = isqrt(discriminant)
    return [Fraction(-b - root, 2 * a), Fraction(-b + root, 2 * a)] if root * root == discriminant else None


def _isolate(polynomial: Coefficients, meter: Meter) -> list[Root]:
    """Intervals around the real roots of a square-free polynomial, which lie inside of them or are their only point."""
    if len(polynomial) < 2:
        return []
    sequence = [polynomial, _derivative(polynomial)]  # Sturm's
    while len(sequence[-1]) > 1:
        sequence.append(tuple(-value for value in _remainder(sequence[-2], sequence[-1], meter)))

    def changes(point: Fraction) -> int:
        signs = [sign for member in sequence if (sign := _sign_at(member, point, meter))]
        return sum(one != two for one, two in pairwise(signs))

    largest = max(map(abs, polynomial[:-1]))
    bound = Fraction(1 << (largest // abs(polynomial[-1]) + 2).bit_length())  # Cauchy's, rounded up
    found: list[Root] = []
    stack = [(-bound, bound, changes(-bound), changes(bound))]
    while stack:
        low, high, before, after = stack.pop()
        if before == after:
            continue
        if before - after == 1:
            found.append(Root(low, high, polynomial))
            continue
        middle, width = (low + high) / 2, (high - low) / 4
        if _sign_at(polynomial, middle, meter):
            between = changes(middle)
            stack += [(low, middle, before, between), (middle, high, between, after)]
            continue
        found.append(Root(middle, middle, ()))
        while True:  # away from a root that was hit, until it is alone
            left, right = middle - width, middle + width
            ends = changes(left), changes(right)
            if ends[0] - ends[1] == 1 and _sign_at(polynomial, left, meter) and _sign_at(polynomial, right, meter):
                break
            width /= 2
        stack += [(low, left, before, ends[0]), (right, high, ends[1], after)]
    return found


def _halve(polynomial: Coefficients, low: Fraction, high: Fraction, meter: Meter) -> tuple[Fraction, Fraction]:
    """A half of the interval, with the root in it."""
    middle = (low + high) / 2
    sign = _sign_at(polynomial, middle, meter)
    if not sign:
        return middle, middle
    return (middle, high) if sign == _sign_at(polynomial, low, meter) else (low, middle)


def _as_rational(root: Root, meter: Meter) -> Fraction | None:
    """The value of a root if it is rational: a multiple of 1 / leading coefficient."""
    low, high, lead = root.low, root.high, abs((root.polynomial or (1,))[-1])
    while high != low and (high - low) * lead >= 1:
        low, high = _halve(root.polynomial, low, high, meter)
    if low == high:
        return low
    candidate = Fraction(-(-low.numerator * lead // low.denominator), lead)  # the only multiple that can lie there
    return candidate if low <= candidate <= high and not _sign_at(root.polynomial, candidate, meter) else None


def _away_from(root: Root, others: set[Fraction], meter: Meter) -> Root:
    """The irrational root in an interval in which no rational root lies, and no integer."""
    low, high = root.low, root.high
    while ceil(high) - floor(low) > 1 or any(low <= other <= high for other in others):
        low, high = _halve(root.polynomial, low, high, meter)
    return Root(low, high, root.polynomial)


def _between(low: Fraction | None, high: Fraction | None) -> Fraction:
    """The simplest number between two: 0 or the smallest integer, else the one with the smallest denominator."""
    if (low is None or low < 0) and (high is None or high > 0):
        return Fraction(0)
    if low is None or (high is not None and high <= 0):
        assert high is not None
        return -_between(-high, None if low is None else -low)
    floor = Fraction(low.numerator // low.denominator + 1)
    if high is None or floor < high:
        return floor
    # Both lie between two integers: the same question about the inverses of what is left (Stern & Brocot).
    whole = floor - 1
    inner = _between(1 / (high - whole), None if low == whole else 1 / (low - whole))
    return whole + 1 / inner
