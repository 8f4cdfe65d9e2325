"""ProofWriter (Tafjord et al. 2021, arXiv 2012.13048), open world, in the layout of Logic-LLM.

    {"id", "context": "Bob is cold. If someone is cold then they are rough. ...",
     "question": "... true, false, or unknown? Bob is not rough.",
     "options": ["A) True", "B) False", "C) Unknown"], "answer": "B", "explanation": ["Bob is rough.", ...]}

There are no proofs in it: a chain has the steps of an `explanation` where a record has one, else none. The answer's
label is both its answer and the reference.
"""

from __future__ import annotations

from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step, split_steps
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.ruletaker import Vocabulary, parse_ruletaker, vocabulary_of
from reasonlab.verifiers.readers.fields import check_sentences, text_of
from reasonlab.verifiers.readers.options import answer_word


def looks_like(record: dict[str, Any]) -> bool:
    return "context" in record and "question" in record and "options" in record and "explanation" not in record


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    explanation = record.get("explanation", [])
    explanation = check_sentences(explanation, "explanation", __name__)
    sentences = [text for text, _ in split_steps(text_of(record, "context", __name__), ".")]
    question = text_of(record, "question", __name__).rpartition("?")[2].strip()
    vocabulary = vocabulary_of([*sentences, *explanation, question])
    try:
        query = Query("truth", claim=parse_ruletaker(question, vocabulary))
    except ParseError as error:
        raise _bad(f"the question {quote(question)} does not parse: {error}", "a statement after '?'") from None
    answer = answer_word(record, __name__)
    identity = record.get("id")
    return Chain(
        id=str(identity) if isinstance(identity, (str, int)) else default_id,
        givens=tuple(_step(text, vocabulary) for text in sentences),
        query=query,
        steps=tuple(_step(text, vocabulary) for text in explanation),
        answer=Answer(answer) if answer is not None else None,
        reference=answer,
    )


def _step(text: str, vocabulary: Vocabulary) -> Step:
    try:
        return Step(text, parse_ruletaker(text, vocabulary))
    except ParseError as error:
        return Step(text, None, reason=str(error))


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, f"see {__name__} for the record's fields")
