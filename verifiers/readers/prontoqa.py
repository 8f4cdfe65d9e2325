"""PrOntoQA (Saparov & He 2023, arXiv 2210.01240; the rules beside modus ponens: arXiv 2305.15269), in the layout of
Logic-LLM: an ontology in controlled English.

    {"id", "context": "Each yumpus is a dumpus. ... Max is a yumpus.", "question": "... true or false? Max is sour.",
     "options": ["A) True", "B) False"], "answer": "B", "explanation": ["Max is a yumpus.", ...]}

The explanation is the chain, a list of sentences or a text. The generator's own layout is read as well:

    {"question": "Each yumpus is a dumpus. ...", "query": "Prove: Max is sour." | "True or false: ...",
     "chain_of_thought": [...], "answer": "True"}
"""

from __future__ import annotations

from typing import Any

from reasonlab.language.chains import Chain
from reasonlab.verifiers.readers.theorytexts import read_theory


def looks_like(record: dict[str, Any]) -> bool:
    if "query" in record and "chain_of_thought" in record:
        return "question" in record
    return "context" in record and "question" in record and "explanation" in record


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if isinstance(record, dict) and "query" in record and "context" not in record:
        others = {"context": "question", "question": "query", "explanation": "chain_of_thought"}
        record = {**record, **{name: record.get(other) for name, other in others.items()}}
    return read_theory(record, __name__, default_id=default_id)
