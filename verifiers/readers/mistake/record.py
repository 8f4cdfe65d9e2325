"""A record of BIG-Bench-Mistake, checked: what every task of the data set has in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.records import MAX_STEPS, MAX_TEXT

MAX_INPUT = 100_000  # characters
MAX_STEP = 20_000  # characters of a step that is read
ANSWER = re.compile(
    r"\b(?:so,? |thus,? |hence,? |therefore,? )?"
    r"(?:the (?:final |correct )?(?:answer|option|choice) is:?|(?:final )?answer:)\s*(.*?)\s*\.?\s*$",
    re.IGNORECASE,
)
_CHOICES = re.compile(r"^\s*(?:answer )?(?:options|choices)\s*:", re.IGNORECASE | re.MULTILINE)
_OPTION = re.compile(r"^\s*\(?([A-Z])[).:]\s*(.+?)\s*\.?\s*$", re.MULTILINE)


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
    if len(record["input"]) > MAX_INPUT:
        raise bad(f"an input of {len(record['input'])} characters", f"at most {MAX_INPUT}")
    steps = record.get("steps")
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise bad(f"'steps' is {quote(steps)}", "a list of strings")
    if len(steps) > MAX_STEPS:
        raise bad(f"a chain of {len(steps)} steps", f"at most {MAX_STEPS}")
    if (size := sum(map(len, steps))) > MAX_TEXT:
        raise bad(f"steps of {size} characters", f"at most {MAX_TEXT}")
    identity = record.get("id")
    return Trace(
        id=str(identity) if isinstance(identity, (str, int)) else default_id,
        input=record["input"],
        steps=tuple(steps),
        answer=_word(record, "answer"),
        target=_word(record, "target"),
    )


def split_options(text: str) -> tuple[str, dict[str, str]]:
    """A problem without its lettered options, and these; none where no line introduces them."""
    found = _CHOICES.search(text)
    return (text[: found.start()], dict(_OPTION.findall(text[found.end() :]))) if found else (text, {})


def labelled(text: str | None, options: dict[str, str]) -> str | None:
    """The label of the option that a text spells out; other texts as they are."""
    spelt = (text or "").strip().rstrip(".").casefold()
    return next((label for label, option in options.items() if option.casefold() == spelt), text)


def single_spaced(text: str) -> str:
    """A step as it is read: on one line, without runs of spaces. Raises ParseError where it is too long to be read."""
    if len(text) > MAX_STEP:
        raise ParseError(f"a step of {len(text)} characters is over the limit of {MAX_STEP}")
    return " ".join(text.split())


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
