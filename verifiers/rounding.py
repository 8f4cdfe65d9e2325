"""Rounded arithmetic: a relation holds iff some numbers that are rounded to what is written make every link of it true.

Every number written with a decimal point stands for the interval of half a unit of its last place, ends included, and
an integer for itself (`intervals.written`). Each written number is a quantity of its own, even where digits repeat: two
0.40 need not be the same 0.403. So each occurs once, and the range of a side, by exact interval arithmetic, is what it
can be and no more. `a = b = c` holds iff one value lies in the range of all sides, `a < b` iff some values do so. But
0.5 = 0.6 does not hold, although 0.55 is sometimes rounded to the one and sometimes to the other: no one way of
rounding does both, so intervals of two bare numbers have to share more than an end.

- Entailed or refuted by that alone: no givens are needed. Refuted with the range of the left side as the witness.
- A divisor that may be 0 leaves the relation undefined: `unsupported`; a given that is refuted or undefined is a
  contradiction.
- *Leap*: the operations written; 0 where a given or an earlier step, then the premise, states the very relation.
- *Fault*: a relation between numbers rests on nothing before it, so `inherited` only where it repeats a bad step.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from reasonlab.language.claims import render_claim
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.rounding import Rounded, place
from reasonlab.language.terms import Negate, Symbol, Term, operations, subterms
from reasonlab.verifiers.intervals import Interval, spread, written
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.verdicts import Contradiction, Judgement

_COST = 50  # what one operation on intervals counts for


class Rounding:
    """The rounded relations of one chain, and which of them were stated before."""

    def __init__(self, givens: Sequence[tuple[int, Rounded]], meter: Meter) -> None:
        self.meter = meter
        self.stated: dict[str, int] = {}
        self.bad: set[str] = set()
        self.contradiction = next((found for key, claim in givens if (found := self._take(key, claim))), None)

    def _take(self, key: int, claim: Rounded) -> Contradiction | None:
        self.stated.setdefault(render_claim(claim), key)
        try:
            judged = self._judge(claim)
        except ResourceLimit as limit:
            return Contradiction((), f"given {key} was not decided: {limit}")
        return None if judged.status == "entailed" else Contradiction((key,), judged.reason or "")

    def judge(self, claim: Rounded, text: str) -> Judgement:
        if text in self.stated:
            return Judgement("entailed", (self.stated[text],), 0)
        return self._judge(claim)

    def _judge(self, claim: Rounded) -> Judgement:
        self.meter.spend(_COST * (1 + sum(_operations(side) for side in claim.sides)))
        return judge(claim)

    def fault(self, claim: Rounded) -> str:
        return "inherited" if render_claim(claim) in self.bad else "fresh"

    def establish(self, key: int, claim: Rounded, text: str) -> None:
        self.stated.setdefault(text, key)

    def discredit(self, key: int, claim: Rounded) -> None:
        self.bad.add(render_claim(claim))


def judge(claim: Rounded) -> Judgement:
    """The judgement on a relation by itself. Raises ResourceLimit."""
    values = {place(index): written(number) for index, number in enumerate(claim.numbers)}
    ranges: list[Interval] = []
    for index, side in enumerate(claim.sides):
        try:
            ranges.append(spread(side, values))
        except ZeroDivisionError as error:
            return Judgement("unsupported", reason=f"{claim.side(index)} is undefined: {error}")
    for one, two in combinations(range(len(ranges)), 2):  # intervals that meet in pairs meet all together
        bare = not _operations(claim.sides[one]) and not _operations(claim.sides[two])
        if not _possible(ranges[one], claim.operator, ranges[two], bare):
            witness = f"{claim.side(one)} is {ranges[one]}"
            right = f", {claim.side(two)} is {ranges[two]}" if claim.side(two) != str(ranges[two]) else ""
            reason = f"no rounding makes {claim.side(one)} {claim.operator} {claim.side(two)}: {witness}{right}"
            return Judgement("refuted", (), None, witness, reason)
    return Judgement("entailed", (), sum(_operations(side) for side in claim.sides))


def _operations(side: Term) -> int:
    """How many operations are written; a sign before a number is not one."""
    signs = (isinstance(part, Negate) and isinstance(part.operand, Symbol) for part in subterms(side))
    return operations(side) - sum(signs)


def _possible(left: Interval, operator: str, right: Interval, bare: bool) -> bool:
    """Whether some number of each stand in the relation."""
    if operator == "=":
        return left.overlaps(right) if bare else left.meet(right) is not None
    if operator == "!=":
        return not (left.exact and left == right)
    if operator in (">", ">="):
        left, right = right, left
    return left.low <= right.high if "=" in operator else left.low < right.high
