"""The questions that a solver was asked about a chain, as SMT-LIB 2, so that anyone can check the answers.

`CHAIN/step-3-1.smt2` is the first question about step 3; `givens` comes before the steps, `answer` after them. The
folder's name is the chain's number in the input and its id, so it is unique whatever the ids are. A question states in
its `:status` what Z3 said, so a solver that says otherwise complains by itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reasonlab.gate import crosscheck
from reasonlab.language.chains import Chain, Step

MAX_NAME = 80  # characters of an id in a folder's name; longer ones are cut, and told apart by a hash


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a solver.

    Attributes:
        name: what it is about and which one of those: "step-3-1".
        status: what Z3 said: sat, unsat or unknown.
        other: what the second solver said; None if it was not asked.
    """

    name: str
    text: str
    status: str
    other: str | None = None

    @property
    def disagrees(self) -> bool:
        """Whether the solvers contradict each other. Not to know is no contradiction."""
        return {self.status, self.other} == {"sat", "unsat"}


@dataclass(frozen=True, slots=True)
class Asking:
    """What to do with the questions of each chain: keep their text, ask a second solver, or neither."""

    keep: bool = False
    second: bool = False

    def log(self) -> Log:
        return Log(self)


class Log:
    """The questions asked about one chain, in order."""

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.asked: list[Question] = []
        self.about = "givens"

    @contextmanager
    def of(self, chain: Chain) -> Iterator[Chain]:
        """The chain to verify: while it is, its questions are noted, if somebody wants to know them."""
        if not (self.asking.keep or self.asking.second):
            yield chain
            return
        from reasonlab.verifiers.solver import listener

        token = listener.set(self.note)
        try:
            yield replace(chain, steps=_Followed(chain.steps, self))
        finally:
            listener.reset(token)

    def note(self, text: str, status: str) -> None:
        """Called by the solver after each question."""
        count = sum(question.name.startswith(f"{self.about}-") for question in self.asked) + 1
        other = crosscheck.answer(text) if self.asking.second else None
        self.asked.append(Question(f"{self.about}-{count}", text if self.asking.keep else "", status, other))


class _Followed(tuple[Step, ...]):
    """The steps of a chain, which tell the log the one that was taken last: the one that is being judged.

    The verifier goes over the steps twice: to see which theories they need, then to judge one after the other.
    """

    log: Log
    passes: int

    def __new__(cls, steps: tuple[Step, ...], log: Log) -> _Followed:
        made = super().__new__(cls, steps)
        made.log, made.passes = log, 0
        return made

    def __iter__(self) -> Iterator[Step]:
        self.passes += 1
        judging = self.passes > 1
        for index, step in enumerate(super().__iter__()):
            if judging:
                self.log.about = f"step-{index}"
            yield step
        if judging:
            self.log.about = "answer"


def folder_name(number: int, id: str) -> str:
    """The name of a chain's folder: of characters that every file system takes."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", id)
    if safe != id or len(safe) > MAX_NAME:
        safe = f"{safe[:MAX_NAME]}-{hashlib.sha256(id.encode(errors='surrogatepass')).hexdigest()[:8]}"
    return f"{number + 1:07d}-{safe}"


def write_questions(folder: Path, number: int, id: str, questions: tuple[Question, ...]) -> None:
    """Write the questions of one chain. A chain without any leaves nothing."""
    if not questions:
        return
    place = folder / folder_name(number, id)
    place.mkdir(parents=True, exist_ok=True)
    for question in questions:
        (place / f"{question.name}.smt2").write_text(question.text, encoding="utf-8")
