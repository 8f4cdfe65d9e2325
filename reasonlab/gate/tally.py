"""What was found in many chains, counted; and the exit code that a pipeline reads.

| code | means                                                                                                   |
|------|---------------------------------------------------------------------------------------------------------|
| 0    | pass: the gate holds, or there is none                                                                   |
| 1    | the gate failed: too few chains are proved or consistent                                                 |
| 2    | bad usage, an unreadable file, or nothing to verify: no record holds an answer, or a step with a claim   |
| 3    | inconclusive: some chain is unknown, and the gate hangs on it                                            |
| 4    | an internal fault on some chain, or two solvers that contradict each other                               |

A fault comes first (nothing may pass on a broken tool), then whether there was anything to judge, then the gate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from reasonlab.gate.questions import Question


@dataclass
class Tally:
    """What was found so far."""

    chains: int = 0
    empty: int = 0  # of them, those without an answer whose steps claim nothing: so is every record that was not read
    outcomes: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    questions: int = 0
    undecided: int = 0  # of the questions asked of two solvers, those that one of them did not decide
    disagreements: int = 0  # of these questions, those on which the two contradict each other

    def add(self, outcome: str, answer: str, statuses: Sequence[str]) -> None:
        """Count a chain: its outcome, the status of its answer and those of its steps."""
        self.chains += 1
        self.empty += answer == "absent" and all(status == "no_claim" for status in statuses)
        self.outcomes[outcome] += 1
        self.steps.update(statuses)

    def ask(self, questions: Sequence[Question]) -> None:
        """Count the questions that a chain was about."""
        self.questions += len(questions)
        for question in questions:
            self.disagreements += question.disagrees
            self.undecided += question.other is not None and "unknown" in (question.status, question.other)

    @property
    def good(self) -> int:
        """The chains that a gate counts as good."""
        return self.outcomes["proved"] + self.outcomes["consistent"]

    @property
    def nothing(self) -> bool:
        """Whether there was nothing to verify."""
        return self.empty == self.chains

    def exit_code(self, fail_under: float | None) -> int:
        """The exit code, by the table above. `fail_under`: the least share of good chains; None for no gate."""
        if self.faults or self.disagreements:
            return 4
        if self.nothing:
            return 2
        if fail_under is None or self.good >= fail_under * self.chains:
            return 0
        return 3 if self.good + self.outcomes["unknown"] >= fail_under * self.chains else 1
