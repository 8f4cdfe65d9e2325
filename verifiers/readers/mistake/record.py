"""A record of BIG-Bench-Mistake, checked: what every task of the data set has in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.records import MAX_STEPS, MAX_TEXT
from reasonlab.verifiers.readers.fields import identity

MAX_INPUT = 100_000  # characters
MAX_STEP = 20_000  # characters of a step that is read, and of an answer
ANSWER = re.compile(
    r"\b(?:so,? |thus,? |hence,? |therefore,? )?"
    r"(?:the (?:final |correct |right )?(?:answer|option|choice) (?:is|must be|should be):?"
    r"|(?:(?:the )?(?:final |correct ))?answer:)\s*(.*?)\s*\.?\s*$",
    re.IGNORECASE,
)
_CHOICES = re.compile(r"(?:^|(?<=[.?!:\s]))(?:answer )?(?:options|choices)\s?:", re.IGNORECASE)
_LABEL = re.compile(r"(?:(?<=\s)|^)(?:\(([A-Z])\)|([A-Z])[).:](?=\s))[.:]?\s*")
_OPTION = re.compile(r"(?:option|choice)\s+(?=\(?[A-Z]\b)", re.IGNORECASE)
_BOLD = re.compile(r"(\*\*|__|`)(?=\S)(.{1,300}?)(?<=\S)\1")
_STEP = re.compile(
    r"\s*(?:[-*•]\s+|#+\s+)?(?:(?:step|line)\s+\d{1,4}\s*[.):]|\(?\d{1,4}[.):](?=\s)|[-*•](?=\s))\s*", re.IGNORECASE
)


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
    return Trace(
        id=identity(record) or default_id,
        input=record["input"],
        steps=tuple(steps),
        answer=_word(record, "answer"),
        target=_word(record, "target"),
    )


def split_options(text: str) -> tuple[str, dict[str, str]]:
    """A problem without its lettered options, and these: labels from A on, of which each begins a line or a phrase."""
    found = _CHOICES.search(text)
    marks = list(_LABEL.finditer(text, found.end() if found else 0))
    start = max((index for index, mark in enumerate(marks) if _letter(mark) == "A"), default=len(marks))
    marks = marks[start:]
    marks = [mark for index, mark in enumerate(marks) if ord(_letter(mark)) == ord("A") + index]
    if len(marks) < 2 and not (found and marks):
        return text[: found.start()] if found else text, {}
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    options = {}
    for mark, end in zip(marks, ends):
        piece = text[mark.end() : end].strip().partition("\n")[0].strip().removesuffix(".").strip()
        if piece:
            options[_letter(mark)] = piece
    return text[: found.start() if found else marks[0].start()], options


def _letter(mark: re.Match[str]) -> str:
    return mark[1] or mark[2]


def option_named(text: str, options: dict[str, str]) -> str | None:
    """The label that a text names: `(A)`, `option A`, `(A) red ball`. None: it names none, or words that disagree."""
    bare = _OPTION.sub("", unmarked(text).strip(), count=1).strip()
    found = re.fullmatch(r"\(?([A-Za-z])\)?[).:]*(?:\s+(.+?))?[.\s]*", bare, re.DOTALL)
    if found is None or found[1].upper() not in options:
        return None
    label = found[1].upper()
    spelt = _spelt(found[2] or options[label])
    return label if spelt == _spelt(options[label]) or spelt in _spelt(options[label]).split() else None


def _spelt(text: str) -> str:
    return re.sub(r"^(?:the|an?)\s+", "", text.strip().rstrip(".").strip('()"').strip().casefold())


def unmarked(text: str) -> str:
    """A step without Markdown's emphasis."""
    return _BOLD.sub(r"\2", text)


def unlabelled(text: str) -> str:
    """A step without emphasis and without its number: `(1) ...`, `**Step 1:** ...`, `- ...`."""
    return _STEP.sub("", unmarked(text), count=1) if _STEP.match(unmarked(text)) else unmarked(text)


def labelled(text: str | None, options: dict[str, str]) -> str | None:
    """The label of the option that a text names or spells out; other texts as they are."""
    if text is not None and (named := option_named(text, options)) is not None:
        return f"({named})"
    spelt = _spelt(unmarked(text or ""))
    return next((label for label, option in options.items() if _spelt(option) == spelt), text)


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
    if isinstance(value, str) and len(value) > MAX_STEP:
        raise bad(f"{field!r} has {len(value)} characters", f"at most {MAX_STEP}")
    try:
        return str(value).strip()
    except ValueError:  # an integer with more digits than Python will print
        raise bad(f"{field!r} is an integer too long to print", "at most 4,000 digits") from None


def bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.mistake for the record's fields")
