"""BIG-Bench-Mistake (Tyen et al. 2023, arXiv 2311.08516): chains of a model on BIG-Bench tasks, with the place of the
first mistake.

    {"input": "((3 * 4) - 2) =", "steps": ["Let's calculate A = (3 * 4) = 12.", ...], "answer": "10", "target": "10",
     "mistake_index": null}

The label `mistake_index` (counted from 0, null for none) is left to whoever compares: no verdict depends on it. The
tasks share one record and no field names the task, so the shape of the input tells which it is. One file a task.
"""

from __future__ import annotations

from typing import Any, Protocol

from reasonlab.language.chains import Chain
from reasonlab.language.errors import quote
from reasonlab.verifiers.readers.mistake import (
    dyck_languages,
    logical_deduction,
    multistep_arithmetic,
    tracking_shuffled_objects,
    word_sorting,
)
from reasonlab.verifiers.readers.mistake.record import Trace, bad, trace_of


class Task(Protocol):
    """What the file of a task offers."""

    def looks_like(self, problem: str) -> bool:
        """Whether an input is a problem of this task; never true of two tasks."""

    def read(self, trace: Trace) -> Chain:
        """The chain of a record. Raises BadInput if the problem cannot be read."""


TASKS: dict[str, Task] = {
    "multistep_arithmetic": multistep_arithmetic,
    "dyck_languages": dyck_languages,
    "tracking_shuffled_objects": tracking_shuffled_objects,
    "word_sorting": word_sorting,
    "logical_deduction": logical_deduction,
}


def looks_like(record: dict[str, Any]) -> bool:
    return isinstance(record.get("input"), str) and isinstance(record.get("steps"), list) and "target" in record


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    trace = trace_of(record, default_id=default_id)
    task = next((task for task in TASKS.values() if task.looks_like(trace.input)), None)
    if task is None:
        raise bad(f"the input {quote(trace.input)} belongs to no known task", f"one of {', '.join(TASKS)}")
    return task.read(trace)
