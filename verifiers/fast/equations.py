"""Claims about unknowns: identities, and what follows from linear equations; the rest is asked of `algebra`, in full.

It says what `arithmetic.Relations` says through `algebra` about the same claims. Small systems only: in larger ones the
ordinary path may run into its limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import product

from reasonlab.language.relations import Equal, parse_system
from reasonlab.verifiers import algebra
from reasonlab.verifiers.evaluation import in_words, show
from reasonlab.verifiers.fast.expansion import Expander, Polynomial, degree, exponents, value_at
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

    def __init__(self, claims: Sequence[Equality], modulus: int | None) -> None:
        """`claims`: those of all givens and steps, in order."""
        self.claims, self.modulus = claims, modulus
        self.meter = Meter(DEFAULT_LIMITS)
        self.said: list[tuple[int, Equality, bool]] = []  # by a given (True) or a step
        self._expander = Expander()
        self.units = self._expander.units
        self._forms: dict[int, list[Polynomial]] = {}  # what has to be 0 for what was said to hold, by key
        self._reduced: dict[int, Row | None] = {}  # the rows of some of it
        self._rows: Rows | None = None
        self._taken = 0  # how many of what was said the rows know
        self._nonlinear = False  # whether something was said that is no row
        self._algebra: algebra.Algebra | None = None
        self._judged: tuple[Equality, list[Polynomial], Row | None] | None = None  # the last one judged

    def say(self, key: int, claim: Equality, *, given: bool) -> None:
        self.said.append((key, claim, given))
        if self._judged is not None and self._judged[0] is claim:
            _, self._forms[key], self._reduced[key] = self._judged
        if self._algebra is not None:
            self._algebra.add(key, self._parsed(claim), given=given)

    def doubt(self, key: int, claim: Equality) -> None:
        """A bad claim: it is not taken in, and what was found out about it is kept for `fault`."""
        if self._judged is not None and self._judged[0] is claim:
            self._forms[key] = self._judged[1]

    def consistent(self) -> bool:
        """Whether what was said can all hold. Raises Beyond where that is not for rows to tell."""
        return self.modulus is None and self._take_in() and not self._nonlinear

    def _take_in(self) -> bool:
        """Make rows of what was said since; False where it contradicts itself."""
        rows = self.rows
        for key, claim, _ in self.said[self._taken :]:
            self._taken += 1
            try:
                links = self._forms_of(key, claim)
            except Beyond:
                self._nonlinear = True
                continue
            if not links:
                continue
            if len(links) > 1 or not self._is_row(links[0]) or key >= rows.keys:
                self._nonlinear = True
            elif not rows.insert(key, self._reduced.get(key) or rows.reduce(rows.row(links[0]))):
                return False
        return True

    @property
    def rows(self) -> Rows:
        """The equations of degree 1, among as many unknowns as the chain names at first."""
        if self._rows is None:
            own = {name for claim in self.claims for side in claim.named for name in side}
            self._rows = Rows(min(len(own), MAX_UNKNOWNS), min(len(self.claims), MAX_KEYS))
        return self._rows

    def _any_rows(self) -> bool:
        return self._rows is not None and any(self._rows.pivots)

    def _forms_of(self, key: int, claim: Equality) -> list[Polynomial]:
        if key not in self._forms:
            self._forms[key] = self._links(claim)
        return self._forms[key]

    def _links(self, claim: Equality) -> list[Polynomial]:
        """What has to be 0 for the claim to hold, without what is."""
        sides = [self._expander.expand(side) for side in claim.sides]
        links = [_difference(sides[i], sides[i + 1]) for i in range(len(sides) - 1)]
        return [link for link in links if link]

    def _is_row(self, link: Polynomial) -> bool:
        return link.keys() <= self.rows.columns.keys()

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
        try:
            apart = None if self._any_rows() else difference(claim, self.units)
            links = self._links(claim) if apart is None else [apart] if apart else []
        except Beyond:
            return None
        self._judged = (claim, links, None)
        if not links:
            return Judgement("entailed", (), 1)
        (link,) = links
        if not self._take_in() or self._nonlinear:
            return None
        if not self._any_rows():
            return self._judge_alone(claim, link)
        if not self._is_row(link):
            return None
        row = self.rows.reduce(self.rows.row(link))
        if not self.rows.is_constant(row):
            return None
        premises = self.rows.premises(row)
        if row[0] == 0:
            self._judged = (claim, links, row)
            return Judgement("entailed", premises, max(1, len(premises) - 1))
        return Judgement("refuted", premises, None, self._solution(claim))

    def _solution(self, claim: Equality) -> str | None:
        """The right values of the unknowns of a claim, where the rows settle them."""
        positions = {name: position for position, name in enumerate(self.units, start=1)}
        own = sorted({name for side in claim.named for name in side})
        values = {name: self.rows.solution(positions[name]) for name in own if positions[name] <= self.rows.variables}
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
        about = _bearing([(key, said) for key, said in every], claim)
        kept = {
            key: self._forms_of(key, said)
            for key, said in about
            if key in suspects or not any(len(side) == 1 and side[0] in stated for side in said.sides)
        }
        goal = self._judged[1] if self._judged is not None and self._judged[0] is claim else self._links(claim)
        if any(set(link) == {0} for key in kept if key in suspects for link in kept[key]):
            return "fresh"  # a bad step contradicts itself
        if any(len(links) > 1 or not all(map(self._is_row, links)) for links in (*kept.values(), goal)):
            return self._fault_at_points([link for links in kept.values() for link in links], goal)
        if any(key >= self.rows.keys for key in kept):
            raise Beyond
        while True:
            rows, clash = Rows(self.rows.variables, self.rows.keys), None
            for key in sorted(kept, reverse=True):
                for link in kept[key]:
                    row = rows.reduce(rows.row(link))
                    if not rows.insert(key, row):
                        clash = {key, *rows.premises(row)} - suspects
                        break
                if clash is not None:
                    break
            if clash is None:
                row = rows.reduce(rows.row(goal[0]))
                return "inherited" if rows.is_constant(row) and not row[0] else "fresh"
            if not clash:
                return "fresh"  # the bad steps contradict each other
            kept = {key: links for key, links in kept.items() if key not in clash}

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
