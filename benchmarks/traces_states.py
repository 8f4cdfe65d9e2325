"""Plans and states in text, on chains that nobody here wrote: PlanBench, and four tasks of BIG-Bench-Mistake.

    python benchmarks/traces_states.py FOLDER [--list] [--json]

FOLDER holds some of planbench_*plan_verification*.json and bigbench_mistake_{dyck_languages, tracking_shuffled_objects,
word_sorting, logical_deduction}*.jsonl; without any nothing is measured, and the script says so.

- PlanBench: whether a plan fails at the action that the source names, for the preconditions that it names, or at the
  goals that it names, or not at all.
- Mistake: what becomes of the steps, and whether the first error is where the human label has it. Of each disagreement
  the verdicts tell whether the label can be right: a refuted step before it is an error whatever the label says.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from traces import Labels, arguments, nothing_measured, ranked, records, row

from reasonlab.commands.output import emit_table
from reasonlab.language.planning import Fact
from reasonlab.verifiers import ChainReport, verify_chain
from reasonlab.verifiers.readers import mistake, plan

PLANS = "planbench_*plan_verification*.json"
TASKS = ("dyck_languages", "tracking_shuffled_objects", "word_sorting", "logical_deduction")
FILES = (PLANS, *(f"bigbench_mistake_{task}*.jsonl" for task in TASKS))

_STEP = re.compile(r"action at step (\d+) has")
_UNMET = re.compile(r"unmet (?:preconditions? (?:is|are)|goal conditions?):?\s*(.+)", re.IGNORECASE | re.DOTALL)


def main() -> int:
    options = arguments(__doc__).parse_args()
    files = [sorted(options.folder.glob(pattern)) if options.folder else [] for pattern in FILES]
    if not any(files):
        return nothing_measured(options.folder, FILES, lacks="holds none of")
    plans, states = Plans(), States()
    for path in files[0]:
        for number, record in enumerate(records(path), 1):
            plans.take(record, f"{path.stem}:{number}")
    for task, paths in zip(TASKS, files[1:]):
        for path in paths:
            for number, record in enumerate(records(path), 1):
                states.take(task, record, f"{path.stem}:{number}")
    emit_table("plans: where they fail", plans.rows(), json=options.json)
    emit_table("mistake: steps", states.steps_rows(), json=options.json)
    emit_table("mistake: the first error against the label", states.labels.rows(), json=options.json)
    if options.list:
        emit_table("every case", [*plans.cases, *states.labels.cases], json=options.json)
    return 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plan is no plan: what is unmet, and before which step, counted from 0; None: at the end."""

    step: int | None
    unmet: frozenset[str]


@dataclass
class Plans:
    """Where plans fail, against what the source says."""

    agree: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def take(self, record: dict[str, Any], id: str) -> None:
        report = verify_chain(plan.read(record, default_id=id))
        label = published(record["ground_truth_plan"], plan.domain_of(record["query"]).fact)
        found = failure(report)
        self.outcomes[report.outcome] += 1
        self.kinds["valid" if label is None else "fails at the goal" if label.step is None else "fails at a step"] += 1
        self.agree += found == label
        if found != label:
            self.cases.append({"id": id, "what": "plan", "where": f"label {label}", "why": f"found {found}"})

    def rows(self) -> list[dict[str, Any]]:
        total = sum(self.kinds.values())
        agree = row("the same step, preconditions and goals", self.agree, total)
        return [agree, *ranked("label: ", self.kinds, total), *ranked("chains ", self.outcomes, total)]


def published(text: str, fact: Callable[[str], Fact]) -> Failure | None:
    """What PlanBench says of a plan; None: it is valid."""
    unmet = _UNMET.search(text)
    if unmet is None:
        return None
    step = _STEP.search(text)
    facts = (" ".join(fact(part)) for part in plan.listed(unmet[1].strip().rstrip(".")))
    return Failure(int(step[1]) - 1 if step else None, frozenset(facts))


def failure(report: ChainReport) -> Failure | None:
    """What is found out about a plan; None: it reaches the goal."""
    if report.first_error is not None:
        return Failure(report.first_error, _facts(report.verdicts[report.first_error].witness))
    return Failure(None, _facts(report.answer.reason)) if report.answer.status != "entailed" else None


def _facts(text: str | None) -> frozenset[str]:
    """The facts behind the colon of a witness; at the end of a plan it says what is not so."""
    facts = (text or "").partition(": ")[2].split(" and ")
    return frozenset(fact.removeprefix("not ") for fact in facts)


@dataclass
class States:
    """Steps that keep track of something, by task."""

    labels: Labels = field(default_factory=Labels)
    steps: dict[str, Counter[str]] = field(default_factory=dict)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)

    def take(self, task: str, record: dict[str, Any], id: str) -> None:
        report = verify_chain(mistake.read(record, default_id=id))
        self.steps.setdefault(task, Counter()).update(verdict.status for verdict in report.verdicts)
        self.outcomes.setdefault(task, Counter())[report.outcome] += 1
        self.labels.take(task, id, report, record["mistake_index"])

    def steps_rows(self) -> list[dict[str, Any]]:
        return [
            {"task": task, "steps": _counts(steps), "chains": _counts(self.outcomes[task])}
            for task, steps in self.steps.items()
        ]


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
