"""The first chains that do not hold, a line each: which step, and why. So that a summary names what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reasonlab.gate.records import Place

MOST = 5  # chains that are named
_WIDTH = 160  # characters of a reason
_ANSWERS = {
    "refuted": "is refuted",
    "unsupported": "does not follow",
    "differs": "differs from the reference",
    "unparsed": "was not understood",
    "unknown": "could not be decided",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A chain that does not hold. `step`: the index of the step that `why` is about; None for the answer or all."""

    id: str
    path: str
    outcome: str
    step: int | None
    why: str


@dataclass(slots=True)
class Failures:
    """The first of them. `wants` says whether there is room for another: only then is its record parsed."""

    first: list[Failure] = field(default_factory=list)

    def wants(self, outcome: str) -> bool:
        return outcome not in ("proved", "consistent") and len(self.first) < MOST

    def add(self, record: Mapping[str, Any], place: Place) -> None:
        """Take in the verdicts on a chain."""
        step, why = why_not(record)
        short = why if len(why) <= _WIDTH else f"{why[: _WIDTH - 1]}…"
        self.first.append(Failure(record["id"], place.path, record["outcome"], step, " ".join(short.split())))


def why_not(record: Mapping[str, Any]) -> tuple[int | None, str]:
    """Why a chain is neither proved nor consistent, and the step that this is about, by its verdicts."""
    if record["reason"] is not None:
        return None, record["reason"]
    steps, answer = record["steps"], record["answer"]
    if record["first_error"] is not None:
        return _step(steps[record["first_error"]])
    if answer["status"] in ("refuted", "unsupported", "differs"):
        return None, _answer(answer)
    open_step = next((step for step in steps if step["status"] in ("unparsed", "unknown")), None)
    if open_step is not None:
        return _step(open_step)
    if answer["status"] in _ANSWERS:
        return None, _answer(answer)
    if not steps:
        return None, "the answer follows, but the record has no steps that derive it"
    if record["outcome"] == "flawed":
        return None, "the answer follows, but no step states it"
    return None, "no step claims anything that can be checked"


def _step(step: Mapping[str, Any]) -> tuple[int, str]:
    because = step["reason"] or step["witness"]
    return step["index"], f"step {step['index']} is {step['status']}" + (f": {because}" if because else "")


def _answer(answer: Mapping[str, Any]) -> str:
    text = f"the answer {answer['value']} {_ANSWERS[answer['status']]}"
    return f"{text}: {answer['reason']}" if answer["reason"] else text
