"""Questions with lettered options, as Logic-LLM lays them out: `"options": ["A) True", "B) False"], "answer": "B"`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reasonlab.language.errors import BadInput, quote

_OPTION = re.compile(r"\s*([A-Za-z])\s*[).:]\s*(true|false|unknown|uncertain)\s*\.?\s*", re.IGNORECASE)


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
    options = record.get("options")
    for option in options if isinstance(options, list) else ():
        match = _OPTION.fullmatch(option) if isinstance(option, str) else None
        if match and match[1].lower() == word:
            word = match[2].lower()
            break
    return "unknown" if word == "uncertain" else word
