"""Questions with lettered options, as Logic-LLM lays them out: `"options": ["A) True", "B) False"], "answer": "B"`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reasonlab.language.errors import BadInput, quote

_OPTION = re.compile(r"\s*([A-Za-z])\s*[).:]\s*(true|false|unknown|uncertain)\s*\.?\s*", re.IGNORECASE)

_ANSWER = re.compile(
    r"[(\[]?([a-z])[)\].:]*(?:\s*(?:true|false|unknown|uncertain))?\.?|(true|false|unknown|uncertain)\.?"
)


def options_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The word that each label stands for: `{"a": "true", "b": "false"}`."""
    options = record.get("options")
    texts = options if isinstance(options, list) else ()
    matches = (_OPTION.fullmatch(option) for option in texts if isinstance(option, str))
    found = {match[1].lower(): match[2].lower() for match in matches if match}
    return {label: "unknown" if word == "uncertain" else word for label, word in found.items()}


def answer_word(record: Mapping[str, Any], reader: str) -> str | None:
    """The answer as "true", "false" or "unknown", by its label among the options, or as it stands; None without one.

    Raises BadInput, which sends the user to the reader.
    """
    label = record.get("answer")
    if label is None:
        return None
    if not isinstance(label, (str, bool)):
        expected = "the label of an option, or true or false"
        raise BadInput(f"'answer' is {quote(label)}", expected, f"see {reader} for the record's fields")
    word = str(label).strip().lower()
    if written := _ANSWER.fullmatch(word):
        word = written[1] or written[2]
    word = options_of(record).get(word, word)
    return "unknown" if word == "uncertain" else word
