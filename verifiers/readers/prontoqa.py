"""PrOntoQA (Saparov & He 2023, arXiv 2210.01240), in the layout of Logic-LLM: an ontology in controlled English.

    {"id", "context": "Each yumpus is a dumpus. ... Max is a yumpus.", "question": "... true or false? Max is sour.",
     "options": ["A) True", "B) False"], "answer": "B", "explanation": ["Max is a yumpus.", ...]}

The explanation is the chain; the answer's label is both its answer and the reference.
"""

from __future__ import annotations

import re
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, read_step, split_steps, surface_for
from reasonlab.language.english import nouns_of
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.verifiers.readers.fields import check_sentences, text_of
from reasonlab.verifiers.readers.options import answer_word

_LEAD = re.compile(
    r"(?:(?:step\s*)?\d+\s*[.):]\s+)?(?:(?:so|thus|hence|therefore|then|and)\b,?\s+)?(?=\w)", re.IGNORECASE
)


def looks_like(record: dict[str, Any]) -> bool:
    return "context" in record and "question" in record and "explanation" in record


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    sentences = [text for text, _ in split_steps(text_of(record, "context", __name__), ".")]
    explanation = record.get("explanation") or []
    if isinstance(explanation, str):
        explanation = [text for text, _ in split_steps(explanation, ".")]
    explanation = check_sentences(explanation, "explanation", __name__)
    explanation = [_LEAD.sub("", text.strip(), count=1) for text in explanation]
    question = text_of(record, "question", __name__).rpartition("?")[2].strip()
    surface = surface_for("english", nouns=nouns_of([*sentences, *explanation, question]))
    try:
        query = Query("truth", claim=surface.parse(question))
    except ParseError as error:
        raise _bad(f"the question {quote(question)} does not parse: {error}", "a statement after '?'") from None
    answer = answer_word(record, __name__)
    identity = record.get("id")
    return Chain(
        id=str(identity) if isinstance(identity, (str, int)) else default_id,
        givens=tuple(read_step(text, surface) for text in sentences),
        query=query,
        steps=tuple(read_step(text, surface) for text in explanation),
        answer=Answer(answer) if answer is not None else None,
        reference=answer,
    )


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.prontoqa for the record's fields")
