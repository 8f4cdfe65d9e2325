"""Claims about unknowns: identities, and what follows from linear equations; the rest is asked of `algebra`, in full.

It says what `arithmetic.Relations` says through `algebra` about the same claims. Small systems only: in larger ones the
ordinary path may run into its limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product

from reasonlab.language.relations import Equal, parse_system
from reasonlab.verifiers import algebra
from reasonlab.verifiers.evaluation import in_words, show
from reasonlab.verifiers.fast.expansion import Expander, Polynomial, degree, exponents, unit, value_at
from reasonlab.verifiers.fast.identities import difference
from reasonlab.verifiers.fast.reading import Equality
from reasonlab.verifiers.fast.rows import Row, Rows
from reasonlab.verifiers.fast.values import Beyond
from reasonlab.verifiers.limits import DEFAULT_LIMITS, Meter
from reasonlab.verifiers.verdicts import Judgement

MAX_UNKNOWNS, MAX_KEYS = 8, 30
MAX_DEGREE = 6  # of a polynomial that a point is looked for where it is not 0
MOST_WORK = DEFAULT_LIMITS.work // 4  # of `algebra`
MOST_IN_POINTS = 4  # unknowns, for which the ordinary path tries all small points


class Equations:
    """What was said, as equations: by givens and by steps that were entailed."""

    def __init__(self, claims: Sequence[Equality], modulus: int | None, width: int) -> None:
        """`claims`: those of all givens and steps, in order; `width`: of fields in rows, which may turn out Narrow."""
        self.claims, self.modulus, self.width = claims, modulus, width
        self.meter = Meter(DEFAULT_LIMITS)
        self.said: list[tuple[int, Equality, bool]] = []  # by a given (True) or a step
        self._expander = Expander()
        self.units = self._expander.units
        self._forms: dict[int, list[Polynomial]] = {}  # what has to be 0 for what was said to hold, by key
        self._own: dict[int, Row | None] = {}  # its row; None where it has none
        self._reduced: dict[int, Row] = {}  # the same, reduced, of some of it
        self._rows: Rows | None = None
        self._taken = 0  # how many of what was said the rows know
        self._nonlinear = False  # whether something was said that is no row
        self._algebra: algebra.Algebra | None = None
        self._judged: Equality | None = None  # the last one judged, and what was found out about it:
        self._found: tuple[list[Polynomial] | None, Row | None, Row | None] = (None, None, None)

    def say(self, key: int, claim: Equality, *, given: bool) -> None:
        self.said.append((key, claim, given))
        if claim is self._judged:
            self._keep(key)
        if self._algebra is not None:
            self._algebra.add(key, self._parsed(claim), given=given)

    def doubt(self, key: int, claim: Equality) -> None:
        """A bad claim: it is not taken in, and what was found out about it is kept for `fault`."""
        if claim is self._judged:
            self._keep(key)

    def _keep(self, key: int) -> None:
        links, row, reduced = self._found
        if links is not None:
            self._forms[key] = links
        if row is not None:
            self._own[key] = row
        if reduced is not None:
            self._reduced[key] = reduced

    def consistent(self) -> bool:
        """Whether what was said can all hold. Raises Beyond where that is not for rows to tell."""
        return self.modulus is None and self._take_in() and not self._nonlinear

    def _take_in(self) -> bool:
        """Make rows of what was said since; False where it contradicts itself."""
        if self._taken == len(self.said):
            return True
        rows = self.rows
        for key, claim, _ in self.said[self._taken :]:
            self._taken += 1
            row = self._row_of(key, claim)
            if row is None or (row.fields and key >= rows.keys):
                self._nonlinear = True
            elif row.fields and not rows.insert(key, self._reduced.get(key) or rows.reduce(row)):
                return False
        return True

    @property
    def rows(self) -> Rows:
        """The equations of degree 1, among as many unknowns as the chain names at first."""
        if self._rows is None:
            for name in [name for claim in self.claims for side in claim.named for name in side]:
                self.units.setdefault(name, unit(len(self.units)))
            self._rows = Rows(list(self.units)[:MAX_UNKNOWNS], min(len(self.claims), MAX_KEYS), self.width)
        return self._rows

    def _row_of(self, key: int, claim: Equality) -> Row | None:
        """The row of something said; None where it has none."""
        if key in self._own:
            return self._own[key]
        row = None if key in self._forms else self.rows.of_claim(claim)
        row = self._own[key] = row or self._expanded_row(key, claim)
        return row

    def _expanded_row(self, key: int, claim: Equality) -> Row | None:
        try:
            links = self._forms_of(key, claim)
        except Beyond:
            return None
        return self.rows.of_polynomial(links[0] if links else {}) if len(links) < 2 else None

    def _any_rows(self) -> bool:
        return self._rows is not None and bool(self._rows.pivots)

    def _forms_of(self, key: int, claim: Equality) -> list[Polynomial]:
        if key not in self._forms:
            self._forms[key] = self._links(claim)
        return self._forms[key]

    def _links(self, claim: Equality) -> list[Polynomial]:
        """What has to be 0 for the claim to hold, without what is."""
        sides = [self._expander.expand(side) for side in claim.sides]
        links = [_difference(sides[i], sides[i + 1]) for i in range(len(sides) - 1)]
        return [link for link in links if link]

    def judge(self, claim: Equality) -> Judgement:
        """The judgement on a claim of two sides, from what was said."""
        found = self._judge_exactly(claim) if self.modulus is None else None
        if found is not None:
            return found
        if self._algebra is None:
            self._algebra = algebra.Algebra(self.meter)
            for key, said, given in self.said:
                self._algebra.add(key, self._parsed(said), given=given)
        judged = self._algebra.judge(self._parsed(claim))
        if self.meter.work > MOST_WORK:
            raise Beyond  # the ordinary path, which counts everything, may be at its limit
        return judged

    def _parsed(self, claim: Equality) -> Equal:
        return parse_system(" = ".join(claim.texts), modulus=self.modulus)  # type: ignore[return-value]

    def _judge_exactly(self, claim: Equality) -> Judgement | None:
        row, links = self.rows.of_claim(claim) if self._any_rows() else None, None
        if row is None:
            try:
                apart = None if self._any_rows() else difference(claim, self.units)
                links = self._links(claim) if apart is None else [apart] if apart else []
            except Beyond:
                return None
        self._judged, self._found = claim, (links, row, None)
        if not (links if row is None else row.fields):
            return Judgement("entailed", (), 1)
        if not self._take_in() or self._nonlinear:
            return None
        if row is None:
            (link,) = links  # type: ignore[misc]  # of two sides
            if not self._any_rows():
                return self._judge_alone(claim, link)
            row = self.rows.of_polynomial(link)
            if row is None:
                return None
        rows = self.rows
        reduced = rows.reduce(row)
        if not rows.is_constant(reduced):
            return None
        premises = rows.premises(reduced)
        if rows.rest(reduced):
            self._found = (links, row, None)
            return Judgement("refuted", premises, None, self._solution(claim))
        self._found = (links, row, reduced)
        return Judgement("entailed", premises, max(1, len(premises) - 1))

    def _solution(self, claim: Equality) -> str | None:
        """The right values of the unknowns of a claim, where the rows settle them."""
        own = sorted({name for side in claim.named for name in side})
        values = {name: self.rows.solution(name) for name in own if name in self.rows.point}
        return ", ".join(f"{name} = {show(value)}" for name, value in values.items() if value is not None) or None

    def _judge_alone(self, claim: Equality, link: Polynomial) -> Judgement | None:
        """An equation that is no identity, where nothing is known."""
        if set(link) == {0}:
            return Judgement("refuted", (), None)
        own, most = _positions([link]), degree(link)
        if len(own) < 2 or 0 in link or most > MAX_DEGREE:
            return None  # only where it certainly has a root: at the origin
        listed = list(self.units)
        free = sorted(own, key=lambda position: listed[position])
        for values in product(range(most + 1), repeat=len(free)):
            point = dict(zip(free, values))
            if value_at(link, point):
                full = {name: 0 for side in claim.named for name in side}
                full.update((listed[position], value) for position, value in point.items())
                return Judgement("unsupported", witness=in_words(full))
        raise AssertionError("a polynomial vanished on too large a grid")

    def fault(self, claim: Equality, bad: Sequence[tuple[int, Equality]], stated: Collection[str]) -> str:
        """Of a bad claim: "inherited" if it would hold were the bad steps true, and givens that they contradict not."""
        if self.modulus is not None:
            raise Beyond
        suspects = {key for key, _ in bad}
        every = [(key, said) for key, said, given in self.said if given] + list(bad)
        kept = {
            key: said
            for key, said in _bearing(every, claim)
            if key in suspects or not any(len(side) == 1 and side[0] in stated for side in said.sides)
        }
        own = {key: self._row_of(key, said) for key, said in kept.items()}
        links, goal, _ = self._found if claim is self._judged else (None, self.rows.of_claim(claim), None)
        if goal is None:
            links = self._links(claim) if links is None else links
            goal = self.rows.of_polynomial(links[0]) if len(links) == 1 else None
        if goal is not None and None not in own.values():
            return self._fault_of_rows({key: row for key, row in own.items() if row and row.fields}, goal, suspects)
        links = self._links(claim) if links is None else links
        forms = {key: self._forms_of(key, said) for key, said in kept.items()}
        if any(set(link) == {0} for key in kept if key in suspects for link in forms[key]):
            return "fresh"  # a bad step contradicts itself
        return self._fault_at_points([link for each in forms.values() for link in each], links)

    def _fault_of_rows(self, kept: Mapping[int, Row], goal: Row, suspects: set[int]) -> str:
        """`fault` where everything is linear."""
        if any(self.rows.is_constant(row) for key, row in kept.items() if key in suspects):
            return "fresh"  # a bad step contradicts itself
        if any(key >= self.rows.keys for key in kept):
            raise Beyond
        while True:
            rows, clash = self.rows.anew(), None
            for key in sorted(kept, reverse=True):
                row = rows.reduce(kept[key])
                if not rows.insert(key, row):
                    clash = {key, *rows.premises(row)} - suspects
                    break
            if clash is None:
                row = rows.reduce(goal)
                return "inherited" if rows.is_constant(row) and not rows.rest(row) else "fresh"
            if not clash:
                return "fresh"  # the bad steps contradict each other
            kept = {key: row for key, row in kept.items() if key not in clash}

    def _fault_at_points(self, kept: Sequence[Polynomial], goal: Sequence[Polynomial]) -> str:
        """Fresh if the goal holds at one small point where all that is kept holds, and fails at another.

        Inherited if all that is kept says what the goal says: the same mistake once more.
        """
        own = _positions([*kept, *goal])
        if len(own) > MOST_IN_POINTS:
            raise Beyond
        holds = any(set(link) == {0} for link in goal)  # nowhere: so that a point where it fails is enough
        fails = False
        for values in product((0, 1, -1), repeat=len(own)):
            point = dict(zip(own, values))
            if any(value_at(link, point) for link in kept):
                continue
            if any(value_at(link, point) for link in goal):
                fails = True
            else:
                holds = True
            if holds and fails:
                return "fresh"
        if holds and len(goal) == 1 and all(_proportional(link, goal[0]) for link in kept):
            return "inherited"
        raise Beyond


def _difference(left: Polynomial, right: Polynomial) -> Polynomial:
    total = dict(left)
    for monomial, value in right.items():
        total[monomial] = total.get(monomial, 0) - value
    return {monomial: value for monomial, value in total.items() if value}


def _proportional(one: Polynomial, two: Polynomial) -> bool:
    monomial = next(iter(two))
    return one.keys() == two.keys() and all(one[at] * two[monomial] == two[at] * one[monomial] for at in two)


def _positions(links: Iterable[Polynomial]) -> list[int]:
    """The positions of the variables that are in polynomials."""
    together = 0
    for link in links:
        for monomial in link:
            together |= monomial
    return [position for position, exponent in enumerate(exponents(together)) if exponent]


def _bearing(every: Iterable[tuple[int, Equality]], claim: Equality) -> list[tuple[int, Equality]]:
    """What shares a variable with the claim, if through others."""
    waiting = [(key, said, {name for side in said.named for name in side}) for key, said in every]
    reached = {name for side in claim.named for name in side}
    taken: list[tuple[int, Equality]] = []
    grew = True
    while grew:
        grew = False
        for one in list(waiting):
            key, said, own = one
            if not reached.isdisjoint(own):
                taken.append((key, said))
                reached |= own
                waiting.remove(one)
                grew = True
    return taken
