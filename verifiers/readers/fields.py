"""Fields that records of several formats have: who they are, and texts of a length that is read in a verdict's time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reasonlab.language.errors import BadInput, quote
from reasonlab.language.records import MAX_TEXT

_IDS = (("id",), ("question_id",), ("instance_id",), ("story_id", "example_id"))  # the first that is there


def identity(record: object) -> str | None:
    """The id of a record of any format, whatever else it holds; None where it has none, or none that is a scalar."""
    if not isinstance(record, Mapping):
        return None
    names = ("-".join(filter(None, (_scalar(record.get(field)) for field in fields))) for fields in _IDS)
    return next(filter(None, names), None)


def _scalar(value: object) -> str | None:
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def text_of(record: Mapping[str, Any], field: str, reader: str) -> str:
    """A text.

    Args:
        reader: the module that says what the record's fields are.

    Raises:
        BadInput: it is none, or longer than MAX_TEXT.
    """
    value = record.get(field)
    if not isinstance(value, str):
        raise _bad(f"{field!r} is {quote(value)}", "a string", reader)
    if len(value) > MAX_TEXT:
        raise _bad(f"{field!r} has {len(value)} characters", f"at most {MAX_TEXT}", reader)
    return value


def check_sentences(value: object, field: str, reader: str) -> list[str]:
    """A list of sentences, together of at most MAX_TEXT characters. Raises BadInput."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _bad(f"{field!r} is {quote(value)}", "a list of sentences", reader)
    if (size := sum(map(len, value))) > MAX_TEXT:
        raise _bad(f"{field!r} has {size} characters", f"at most {MAX_TEXT}", reader)
    return value


def _bad(what: str, expected: str, reader: str) -> BadInput:
    return BadInput(what, expected, f"see {reader} for the record's fields")
