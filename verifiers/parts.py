"""Theories whose claims are judged part by part: each part holds or fails by itself in a world that the givens fix.

A claim is one part, or several joined by `all:` (`reasonlab.language.joined`): entailed iff each part is, refuted as
soon as one is. What was stated before, by a given or an entailed step, is restated with a leap of 0. Beside the world
of the givens such a theory keeps a *supposed* one, in which the earlier bad steps are true: a bad claim that holds
there has an inherited fault.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.joined import parts_of
from reasonlab.language.worded import Worded
from reasonlab.verifiers.limits import Limits, within
from reasonlab.verifiers.verdicts import Contradiction, Judgement

_PRECEDENCE = ("refuted", "unknown", "unsupported")


class Parts(ABC):
    """What such theories share; `_judge`, `_take`, `_suppose` and `_supposed` are each theory's own."""

    def __init__(self, givens: Iterable[tuple[int, Worded]], first_step: int, limits: Limits) -> None:
        self.givens = tuple((key, part) for key, claim in givens for part in parts_of(claim))
        self.first_step, self.limits = first_step, limits
        self.stated: dict[Worded, int] = {}
        self.doubted = False  # whether there was a bad step
        self.spent = 0
        self.contradiction: Contradiction | None = None
        for key, part in self.givens:
            self.stated.setdefault(part, key)

    @abstractmethod
    def _judge(self, part: Worded) -> Judgement:
        """The judgement on a part that nobody stated before."""

    @abstractmethod
    def _take(self, key: int, part: Worded) -> None:
        """Take in a part that holds: it shortens leaps, and settles what a bad step said otherwise."""

    @abstractmethod
    def _suppose(self, key: int, part: Worded) -> None:
        """Make a part true in the supposed world."""

    @abstractmethod
    def _supposed(self, part: Worded) -> bool:
        """Whether a part holds in the supposed world."""

    def judge(self, claim: Worded, text: str) -> Judgement:
        judged = [self._of(part) for part in parts_of(claim)]
        return judged[0] if len(judged) == 1 else _together(judged)

    def _of(self, part: Worded) -> Judgement:
        key = self.stated.get(part)
        return self._judge(part) if key is None else Judgement("entailed", (key,), 0)

    def fault(self, claim: Worded) -> str:
        return "inherited" if self.doubted and all(self._supposed(part) for part in parts_of(claim)) else "fresh"

    def establish(self, key: int, claim: Worded, text: str) -> None:
        for part in parts_of(claim):
            if self.stated.get(part, -1) < self.first_step:
                self.stated[part] = key
            self._take(key, part)

    def discredit(self, key: int, claim: Worded) -> None:
        self.doubted = True
        for part in parts_of(claim):
            self._suppose(key, part)

    def _check_givens(self) -> None:
        """Find the first given that the others refute. To be called once the world stands."""
        for key, part in self.givens:
            try:
                judged = self._judge(part)
            except ResourceLimit as limit:
                self.contradiction = undecided(limit)
                return
            if judged.status == "refuted":
                reason = judged.reason or judged.witness or ""
                self.contradiction = Contradiction(tuple(sorted({key, *judged.premises})), reason)
                return

    def _spend(self, count: int) -> None:
        """Raises ResourceLimit once the chain has cost too much: only while nothing is being changed."""
        self.spent += count
        within(self.spent, self.limits.states, "events simulated")


def undecided(limit: ResourceLimit) -> Contradiction:
    return Contradiction((), f"whether the givens can all hold is unknown: {limit}")


def _together(judged: Sequence[Judgement]) -> Judgement:
    for status in _PRECEDENCE:
        bad = [one for one in judged if one.status == status]
        if bad:
            premises = tuple(sorted({key for one in bad for key in one.premises}))
            return Judgement(status, premises, None, _words(one.witness for one in bad), _words(o.reason for o in bad))
    leaps = [one.leap for one in judged]
    premises = tuple(sorted({key for one in judged for key in one.premises}))
    return Judgement("entailed", premises, None if None in leaps else sum(leap or 0 for leap in leaps))


def _words(texts: Iterable[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(text for text in texts if text)) or None
