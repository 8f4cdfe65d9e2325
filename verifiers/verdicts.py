"""Verdicts: what is known about each step, about the answer, and about the chain as a whole.

A verdict is semantic: `entailed` iff the claim follows from the givens, `refuted` iff its negation does, `unsupported`
iff neither. Earlier entailed steps follow from the givens, so they add premises and shorten leaps, and no power. Where
the problem is told in words, a claim that follows is `unsupported` all the same if it uses a number from nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

STATUSES = ("entailed", "refuted", "unsupported", "unknown", "unparsed", "no_claim")
ANSWER_STATUSES = (
    "entailed",
    "refuted",
    "unsupported",
    "unknown",
    "unparsed",
    "agrees",  # no formal reading: equal to the reference
    "differs",  # no formal reading: not equal to the reference
    "unchecked",  # no formal reading and no reference
    "absent",  # no answer was given
)
BAD = frozenset({"refuted", "unsupported"})


class Judgement(NamedTuple):
    """What a theory says about one claim. `premises`: keys of givens and steps, in canonical order.

    Attributes:
        leap: how many elementary inferences the claim takes at once; None where the theory does not count them.
        witness: the right value, or a model of the givens in which the claim fails, in words.
        reason: why, where the status alone does not say it.
    """

    status: str
    premises: tuple[int, ...] = ()
    leap: int | None = None
    witness: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Givens that cannot all hold; without premises: nobody could tell whether they can, and the reason says why."""

    premises: tuple[int, ...]
    reason: str


class Verdict(NamedTuple):
    """The verdict on one step.

    Attributes:
        claim: the claim as understood, rendered; None where there is none.
        premises: ids such as "g0" (given 0) and "s2" (step 2): what the verdict rests on.
        fault: of a refuted or unsupported step: "inherited" if it would hold were the earlier bad steps true, else
            "fresh".
    """

    index: int  # type: ignore[assignment]  # in place of a tuple's method of this name
    text: str
    claim: str | None
    status: str
    premises: tuple[str, ...] = ()
    fault: str | None = None
    leap: int | None = None
    witness: str | None = None
    reason: str | None = None

    def to_record(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "text": self.text,
            "claim": self.claim,
            "status": self.status,
            "premises": list(self.premises),
            "fault": self.fault,
            "leap": self.leap,
            "witness": self.witness,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """The verdict on the answer.

    Attributes:
        leap: 0: a step or a given states it; more: the reader has to take at least so many inferences himself; None
            where it does not follow, and for the answer "unknown", which no step can state.
    """

    value: str | None
    status: str
    premises: tuple[str, ...] = ()
    leap: int | None = None
    reason: str | None = None

    def to_record(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "status": self.status,
            "premises": list(self.premises),
            "leap": self.leap,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class SolverUse:
    """What the solver spent on a chain: questions asked and Z3's resource count (never seconds)."""

    questions: int = 0
    rlimit: int = 0


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Everything that was found out about one chain: one verdict a step, in order."""

    id: str
    outcome: str
    answer: AnswerVerdict
    verdicts: tuple[Verdict, ...]
    reason: str | None = None  # of the outcome, where the verdicts do not show it: a contradiction, an unread record
    solver: SolverUse = field(default_factory=SolverUse)

    @property
    def max_leap(self) -> int | None:
        """The furthest leap of an entailed step, 0 without one; None if some leap was not counted."""
        leaps = [verdict.leap for verdict in self.verdicts if verdict.status == "entailed"]
        return None if None in leaps else max(leaps, default=0)  # type: ignore[type-var]

    @property
    def first_error(self) -> int | None:
        """The index of the first refuted or unsupported step."""
        return next((verdict.index for verdict in self.verdicts if verdict.status in BAD), None)

    def to_record(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "outcome": self.outcome,
            "answer": self.answer.to_record(),
            "first_error": self.first_error,
            "max_leap": self.max_leap,
            "reason": self.reason,
            "steps": [verdict.to_record() for verdict in self.verdicts],
            "solver": {"questions": self.solver.questions, "rlimit": self.solver.rlimit},
        }
