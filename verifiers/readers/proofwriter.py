"""ProofWriter (Tafjord et al. 2021, arXiv 2012.13048), open world, in the layout of Logic-LLM.

    {"id", "context": "Bob is cold. If someone is cold then they are rough. ...",
     "question": "... true, false, or unknown? Bob is not rough.",
     "options": ["A) True", "B) False", "C) Unknown"], "answer": "B", "explanation": ["Bob is rough.", ...]}

There are no proofs in it: a chain has the steps of an `explanation` where a record has one, else none.
"""

from __future__ import annotations

from typing import Any

from reasonlab.language.chains import Chain
from reasonlab.verifiers.readers.theorytexts import read_theory


def looks_like(record: dict[str, Any]) -> bool:
    return "context" in record and "question" in record and "options" in record and "explanation" not in record


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    return read_theory(record, __name__, default_id=default_id)
