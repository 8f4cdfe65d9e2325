"""A record of BIG-Bench-Mistake, checked: what every task of the data set has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reasonlab.language.errors import BadInput, quote


@dataclass(frozen=True, slots=True)
class Trace:
    """A problem, what a model wrote about it, and the right answer. The human label stays out: it is not evidence."""

    id: str
    input: str
    steps: tuple[str, ...]
    answer: str | None
    target: str | None


def trace_of(record: Any, *, default_id: str) -> Trace:
    """Raises BadInput."""
    if not isinstance(record, dict):
        raise bad(f"a record is {quote(record)}", "a JSON object")
    if not isinstance(record.get("input"), str):
        raise bad(f"'input' is {quote(record.get('input'))}", "the problem as a string")
    steps = record.get("steps")
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise bad(f"'steps' is {quote(steps)}", "a list of strings")
    identity = record.get("id")
    return Trace(
        id=str(identity) if isinstance(identity, (str, int)) else default_id,
        input=record["input"],
        steps=tuple(steps),
        answer=_word(record, "answer"),
        target=_word(record, "target"),
    )


def _word(record: dict[str, Any], field: str) -> str | None:
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise bad(f"{field!r} is {quote(value)}", "a string or a number")
    try:
        return str(value).strip()
    except ValueError:  # an integer with more digits than Python will print
        raise bad(f"{field!r} is an integer too long to print", "at most 4,000 digits") from None


def bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.mistake for the record's fields")
