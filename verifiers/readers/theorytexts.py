"""A theory in plain English, a question about it, and reasoning in words: what PrOntoQA and ProofWriter have in common.

The question is the statement after the last "?", or what "True or false:", "Prove:" or "Is it true that" lead to. The
answer is what the reasoning says it is, and the record's is then the reference; else the record's is the answer.
"""

from __future__ import annotations

import re
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step, split_steps
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.formulas import Formula
from reasonlab.language.sentences import Effort, Vocabulary, parse_sentence, vocabulary_of
from reasonlab.verifiers.readers.fields import check_sentences, identity, text_of
from reasonlab.verifiers.readers.options import answer_word, options_of
from reasonlab.verifiers.readers.reasoning import Reasoning

_LEADS = re.compile(
    r"(?:prove|true or false|true,? false,? or unknown|question|statement|query)\s*:\s*"
    r"|is it (?:true|correct)(?: or false)?(?:,? or unknown)? that\s+"
    r"|is the following statement (?:true|false)[^:]*:\s+",
    re.IGNORECASE,
)


def read_theory(record: Any, reader: str, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput, which sends the user to the reader."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object", reader)
    explanation = record.get("explanation") or []
    if isinstance(explanation, str):
        explanation = [text_of(record, "explanation", reader)]
    explanation = check_sentences(explanation, "explanation", reader)
    sentences = [text for text, _ in split_steps(text_of(record, "context", reader), ".")]
    question = statement_of(text_of(record, "question", reader))
    reasons = [piece for text in explanation for piece, _ in split_steps(text, ".")]
    vocabulary = vocabulary_of([*sentences, question], reasons)
    try:
        asked = parse_sentence(question, vocabulary).formula
    except ParseError as error:
        raise _bad(f"the question {quote(question)} does not parse: {error}", "a statement", reader) from None
    effort = Effort()
    givens = tuple(_given(text, vocabulary, effort) for text in sentences)
    reasoning = Reasoning(vocabulary, asked, options_of(record), effort=effort)
    for given in givens:
        reasoning.hear(given.claim)  # type: ignore[arg-type]
    steps = reasoning.steps(explanation)
    label = answer_word(record, reader)
    answer = reasoning.answer or label
    return Chain(
        id=identity(record) or default_id,
        givens=givens,
        query=Query("truth", claim=asked),
        steps=steps,
        answer=Answer(answer) if answer is not None else None,
        reference=label if reasoning.answer else None,
    )


def statement_of(question: str) -> str:
    """The statement that a question asks about."""
    text = question.strip()
    rest = text.rpartition("?")[2].strip()
    text = rest or text.rstrip("? ")
    while lead := _LEADS.match(text):
        text = text[lead.end() :]
    return text.strip(" \"“”'")


def _given(text: str, vocabulary: Vocabulary, effort: Effort) -> Step:
    try:
        formula: Formula = parse_sentence(text, vocabulary, effort=effort).formula
        return Step(text, formula)
    except ParseError as error:
        return Step(text, None, reason=str(error))


def _bad(what: str, expected: str, reader: str) -> BadInput:
    return BadInput(what, expected, f"see {reader} for the record's fields")
