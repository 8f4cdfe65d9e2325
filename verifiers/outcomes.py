"""The outcome of a chain: one token, a total function of its verdicts and its answer, by one table.

The first row that applies gives the outcome:

| if                                                                      | outcome    |
|-------------------------------------------------------------------------|------------|
| the givens contradict each other, or nobody could tell                  | unknown    |
| nothing was understood: no answer and no step with a claim              | unparsed   |
| a step is refuted or unsupported, and the answer is known to be right   | flawed     |
| a step is refuted or unsupported                                        | wrong      |
| the answer does not follow from the givens, but agrees with a reference | flawed     |
| the answer is refuted, does not follow, or differs from the reference   | wrong      |
| a step or the answer was not understood                                 | unparsed   |
| a step or the answer is unknown                                         | unknown    |
| the answer follows, and a step or a given states it                     | proved     |
| the answer follows, but no step gets there, or none has a claim         | flawed     |
| no step has a claim                                                     | unparsed   |
| otherwise                                                               | consistent |

So: an unknown beside a refuted step does not hide the refutation. Without an answer, or without a reference where the
problem has no formal reading, steps that all hold are `consistent`, and a bad step makes the chain `wrong`. Without a
formal reading (no query, or a given that was not understood) the answer is at best `agrees`, and the chain at best
`consistent`. A step that claims nothing blocks nothing. A label without steps that is right, "unknown" among them, is
`flawed`: right, and no reasoning; a wrong one is `wrong`. A reference overrules no proof: where an answer is proved and
the reference differs, the chain is `proved`, and the answer's reason says that the reference is wrong.

`proved` does not ask how far a step leaps: one step that states the answer follows from the givens as surely as ten do,
and how much at once is too much depends on who reads. So every report carries `max_leap`, and whoever wants reasoning
and no bare answers asks for `proved` with `max_leap` at most 1 (None: some leap was not counted).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

OUTCOMES = ("proved", "consistent", "flawed", "wrong", "unknown", "unparsed")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the outcome depends on.

    Attributes:
        steps: the statuses that occur among the steps.
        answer: one of ANSWER_STATUSES.
        answer_leap: of an entailed answer: 0 if a step or a given states it; None if none can (that nothing follows).
        agrees: whether the answer equals the reference; None without a reference.
        complete: whether every given was understood.
        contradiction: whether the givens contradict each other, or may do so for all that could be found out.
    """

    steps: frozenset[str]
    answer: str
    answer_leap: int | None = None
    agrees: bool | None = None
    complete: bool = True
    contradiction: bool = False

    @property
    def bad(self) -> bool:
        return not self.steps.isdisjoint(("refuted", "unsupported"))

    @property
    def claims(self) -> bool:
        return not self.steps <= {"no_claim", "unparsed"}

    @property
    def right(self) -> bool:
        return self.answer in ("entailed", "agrees") or (self.answer == "unsupported" and self.agrees is True)


PRECEDENCE: tuple[tuple[Callable[[Facts], bool], str], ...] = (
    (lambda facts: facts.contradiction, "unknown"),
    (lambda facts: facts.answer == "absent" and not facts.claims, "unparsed"),
    (lambda facts: facts.bad and facts.right, "flawed"),
    (lambda facts: facts.bad, "wrong"),
    (lambda facts: facts.answer == "unsupported" and facts.right, "flawed"),
    (lambda facts: facts.answer in ("refuted", "unsupported", "differs"), "wrong"),
    (lambda facts: "unparsed" in facts.steps or facts.answer == "unparsed", "unparsed"),
    (lambda facts: "unknown" in facts.steps or facts.answer == "unknown", "unknown"),
    (lambda facts: facts.answer == "entailed" and facts.answer_leap == 0 and facts.complete, "proved"),
    (lambda facts: facts.answer == "entailed" and ((facts.answer_leap or 0) > 0 or not facts.claims), "flawed"),
    (lambda facts: not facts.claims, "unparsed"),
    (lambda facts: True, "consistent"),
)


def outcome(
    steps: Collection[str],
    answer: str,
    *,
    answer_leap: int | None = None,
    agrees: bool | None = None,
    complete: bool = True,
    contradiction: bool = False,
) -> str:
    """The outcome of a chain whose steps have these statuses and whose answer has this one (see `Facts`)."""
    facts = Facts(frozenset(steps), answer, answer_leap, agrees, complete, contradiction)
    return next(token for applies, token in PRECEDENCE if applies(facts))
