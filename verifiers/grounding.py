"""Grounding: every number that a step uses comes from the problem, from an earlier step, or from common knowledge.

A claim that is true may still be about nothing: `7 * 13 = 91` solves no problem in which there is no 13. For chains
whose problem is prose (`Chain.problem`), a step that is entailed but uses a number from nowhere is `unsupported`, and
names it.

- *Uses*: an equality works out one of its sides, so it is grounded if all numbers of some side are; a side that is one
  number is a result, and grounds itself only where there is nothing else. Every number of a supposition is used.
- *Comes from*: `quantities.numbers_stated` of the problem; the results of earlier steps that were neither refuted nor
  unsupported; `common_knowledge`, if the problem or a step so far speaks of it. A fraction or a mixed number is one
  number.
- *Premises*: the earlier steps that numbers come from which nothing else states.
- *Fault*: `inherited` if the numbers from nowhere are all such as an earlier bad step stated, or if the claim is about
  variables and would follow from earlier bad steps; else `fresh`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from reasonlab.language.claims import Claim, Compare, Equal, System
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.naming import Let, Suppose
from reasonlab.language.nearness import Near
from reasonlab.language.relations import terms_of
from reasonlab.language.rounding import Rounded, place
from reasonlab.language.terms import (
    Binary,
    Negate,
    Number,
    Symbol,
    Term,
    evaluate,
    number_term,
    render_term,
    substitute,
    subterms,
    symbols,
)
from reasonlab.verifiers.common_knowledge import known_numbers, words_of
from reasonlab.verifiers.quantities import numbers_stated
from reasonlab.verifiers.verdicts import BAD, Judgement

_SHOWN = 3  # numbers named in a reason


class Grounding:
    """Where the numbers of one chain come from."""

    def __init__(self, problem: str, givens: Iterable[Claim] = ()) -> None:
        self.stated = numbers_stated(problem)
        self.words = words_of(problem)
        self.heard = self.unread = problem
        self.said: set[Fraction] = set()  # in steps that claim nothing
        self.results: dict[Fraction, int] = {}  # stated by this step, which holds
        self.tainted: dict[Fraction, int] = {}  # stated by this step, which is bad
        self.names = {
            name for claim in givens for sides in _equalities(claim) for side in sides for name in symbols(side)
        }

    def hear(self, text: str) -> None:
        """Take note of what a step speaks of, whatever it claims."""
        if text != self.heard:  # several steps may be one line
            self.words |= words_of(text)
            self.heard = text

    def hear_prose(self, text: str) -> None:
        """A step that claims nothing: it grounds no later step, but an answer may repeat what it says."""
        self.hear(text)
        if "answer" not in text.lower():
            self.said |= numbers_stated(text).keys()

    def reached(self, answer: Fraction) -> bool:
        """Whether an answer is stated by a step or by the problem: as it is, as a percentage, or rounded to a whole."""
        if not (self.results or self.tainted):
            return True  # no step states anything that it could be held against
        known = {*self.results, *self.tainted, *self.said, *self.stated}
        if not known.isdisjoint((abs(answer), abs(answer) * 100, abs(answer) / 100)):
            return True
        return answer.denominator == 1 and any(abs(each - abs(answer)) < 1 for each in known if each.denominator != 1)

    def hear_unread(self, key: int, text: str) -> None:
        """A step that was not understood: its numbers come from it, whatever it is that it says about them."""
        self.hear(text)
        if text != self.unread:
            for number in numbers_stated(text):
                self.results.setdefault(number, key)
            self.unread = text

    def judge(self, key: int, claim: Claim, judged: Judgement, text: str) -> tuple[Judgement, str | None]:
        """The judgement with grounding looked at, and the fault where numbers tell it. The step is then taken in."""
        self.hear(text)
        equalities = _equalities(claim)
        sides = [side for equality in equalities for side in equality]
        if not sides:
            return judged, None
        looked = [self._look(equality, judged.status) for equality in equalities]
        missing = list(dict.fromkeys(number for lacking, _ in looked for number in lacking))
        used = [number for _, found in looked for number in found]
        fault = None
        if judged.status in ("entailed", "no_claim"):
            if missing:
                judged, fault = self._unsupported(missing)
                if fault == "fresh" and any(map(symbols, sides)):
                    fault = None  # it may follow from a bad step: its theory can tell
            else:
                judged = judged._replace(premises=self._premises(judged.premises, used))
        if judged.status in BAD:
            for number in _numbers(sides):
                self.tainted.setdefault(number, key)
        elif judged.status != "unknown":
            self._take(key, sides, text)
        return judged, fault

    def _look(self, sides: Sequence[Term], status: str) -> tuple[list[Fraction], list[Fraction]]:
        """The numbers from nowhere that a claim uses, and those that it uses from somewhere."""
        names = frozenset().union(*map(symbols, sides))
        if names and names <= self.names and status == "entailed":
            return [], []  # it follows from what was said of these names
        if status == "no_claim":
            return [number for side in sides for number in self._missing(side)], _numbers(sides)
        known = [side for side in sides if symbols(side) <= self.names and not isinstance(side, Symbol)]
        worked_out = [side for side in known if _result(side) is None] or known
        if not worked_out:
            return [], []
        looked = [(self._missing(side), side) for side in worked_out]
        missing, side = min(looked, key=lambda pair: len(pair[0]))
        return missing, _numbers([side])

    def _missing(self, side: Term) -> list[Fraction]:
        """The numbers of a side that come from nowhere, in order."""
        if isinstance(side, Negate):
            return self._missing(side.operand)
        if isinstance(side, Number):
            return [] if self._grounded(side.value) else [side.value]
        if not isinstance(side, Binary):
            return []
        whole = _one_number(side)
        if whole is not None and self._grounded(whole):
            return []
        return list(dict.fromkeys((*self._missing(side.left), *self._missing(side.right))))

    def _grounded(self, number: Fraction) -> bool:
        return number in self.stated or number in self.results or number in known_numbers(self.words)

    def _unsupported(self, missing: Sequence[Fraction]) -> tuple[Judgement, str]:
        named = " and ".join(map(_show, missing[:_SHOWN])) + (", among others," if len(missing) > _SHOWN else "")
        verb = "comes" if len(missing) == 1 else "come"
        if all(number in self.tainted for number in missing):
            keys = tuple(sorted({self.tainted[number] for number in missing}))
            reason = f"{named} {verb} from a step that does not hold"
            return Judgement("unsupported", keys, reason=reason), "inherited"
        them = "it" if len(missing) == 1 else "them"
        reason = f"{named} {verb} from nowhere: neither the problem nor an earlier step states {them}"
        return Judgement("unsupported", reason=reason), "fresh"

    def _premises(self, premises: Sequence[int], used: Iterable[Fraction]) -> tuple[int, ...]:
        known = known_numbers(self.words)
        steps = {self.results[n] for n in used if n in self.results and n not in self.stated and n not in known}
        return tuple(sorted({*premises, *steps}))

    def _take(self, key: int, sides: Sequence[Term], text: str) -> None:
        """Take in the results that a step states, and numbers on the way to them."""
        names = frozenset().union(*map(symbols, sides))
        self.names |= names
        reached = {value for side in sides if not self._missing(side) for value in _values(side)}
        results = [value for side in sides if (value := _result(side)) is not None]
        numbers = [*results, *(_numbers(sides) if names else _reached(sides, reached))]
        if "%" in text or "percent" in text:
            numbers += [number / 100 for number in results]
        for number in numbers:
            self.results.setdefault(abs(number), key)


def _equalities(claim: Claim) -> list[Sequence[Term]]:
    """The sides of each equality or comparison that a claim about numbers makes; none of any other claim."""
    if isinstance(claim, (Equal, Compare, System)):
        return [terms_of(claim)]
    if isinstance(claim, Near):
        return [(claim.left, claim.right)]
    if isinstance(claim, Suppose):
        return [claim.sides]
    if isinstance(claim, Let):
        return list(claim.equalities)
    if isinstance(claim, Rounded):
        values: dict[str, Term] = {place(i): Number(Fraction(number)) for i, number in enumerate(claim.numbers)}
        return [[substitute(side, values) for side in claim.sides]]
    return []


def _one_number(term: Term) -> Fraction | None:
    """The value of what is one number, though written with signs: 3/4, 20/100, 2 + 1/2."""
    if not isinstance(term, Binary):
        return term.value if isinstance(term, Number) else None
    if term.operator == "/" and isinstance(term.left, Number) and isinstance(term.right, Number) and term.right.value:
        return term.left.value / term.right.value
    if term.operator == "+" and isinstance(term.left, Number) and isinstance(term.right, Binary):
        fraction = _one_number(term.right)
        return term.left.value + fraction if fraction is not None and 0 < fraction < 1 else None
    return None


def _result(side: Term) -> Fraction | None:
    """The number that a side is, if it is one."""
    if isinstance(side, Negate):
        inner = _result(side.operand)
        return None if inner is None else -inner
    return side.value if isinstance(side, Number) else None


def _numbers(sides: Iterable[Term]) -> list[Fraction]:
    """The numbers written on the sides, fractions as one number too, each once and in order."""
    found: dict[Fraction, None] = {}
    for side in sides:
        for part in subterms(side):
            if (value := _one_number(part)) is not None:
                found[value] = None
    return list(found)


def _reached(sides: Iterable[Term], reached: Collection[Fraction]) -> list[Fraction]:
    """The numbers on the sides that occur when one of them is worked out; of a fraction both of its numbers, too."""
    found: list[Fraction] = []
    for side in sides:
        for part in subterms(side):
            if (value := _one_number(part)) is not None and value in reached:
                found += [value, *_numbers([part])]
    return found


def _values(side: Term) -> list[Fraction]:
    """The values that occur when a side is worked out."""
    if symbols(side):
        return []
    values: list[Fraction] = []
    for part in subterms(side):
        try:
            values.append(evaluate(part))
        except (ZeroDivisionError, ResourceLimit):
            continue
    return values


def _show(number: Fraction) -> str:
    text = render_term(number_term(number))
    return text if len(text) <= 40 else f"{text[:39]}…"
