"""What is wrong with a chain, in the words of a report: a finding for each step, for the answer, or for the record.

A chain that is proved or consistent has none; every other one has at least one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GOOD = frozenset({"proved", "consistent"})

# What can be found, in words, and whether it is an error. A finding on a step or an answer is called by its status.
RULES = {
    "refuted": ("The claim contradicts the givens.", True),
    "unsupported": ("The claim does not follow from the givens, and does not contradict them.", True),
    "differs": ("The answer is not the reference.", True),
    "flawed": ("The answer is right, and the steps do not get there.", True),
    "wrong": ("The chain is wrong.", True),
    "unknown": ("It could not be decided within the limits, or the givens contradict each other.", False),
    "unparsed": ("It was not understood.", False),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        rule: a key of RULES.
        step: the step's index; None where it is the answer's fault, or the whole record's.
    """

    rule: str
    step: int | None
    message: str


def findings(record: Mapping[str, Any]) -> list[Finding]:
    """The findings on a chain, from its record of verdicts."""
    if record["outcome"] in GOOD:
        return []
    found = [
        Finding(step["status"], step["index"], _sentence(f"step {step['index']}", step["text"], step))
        for step in record["steps"]
        if step["status"] in RULES
    ]
    answer = record["answer"]
    if answer["status"] in RULES and answer["value"] is not None:
        found.append(Finding(answer["status"], None, _sentence("the answer", answer["value"], answer)))
    if not found or (record["reason"] and record["outcome"] in ("unknown", "unparsed")):
        why = record["reason"] or RULES[record["outcome"]][0]
        found.insert(0, Finding(record["outcome"], None, f"the chain is {record['outcome']}: {why}"))
    return found


def _sentence(what: str, text: object, verdict: Mapping[str, Any]) -> str:
    """`step 3 is refuted: b = 7; b = 6; by g0, s1`."""
    inherited = ", as an earlier bad step has it" if verdict.get("fault") == "inherited" else ""
    parts = [f"{what} is {verdict['status']}{inherited}: {text}", verdict.get("witness"), verdict.get("reason")]
    parts.append(f"by {', '.join(verdict['premises'])}" if verdict["premises"] else None)
    return "; ".join(" ".join(str(part).split()) for part in parts if part)
