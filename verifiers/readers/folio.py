"""FOLIO (Han et al. 2022, arXiv 2209.00840): premises and a conclusion in English, with formulas of first-order logic.

    {"story_id", "example_id", "premises": ["All squares have four sides.", ...],
     "premises-FOL": ["∀x (Square(x) → FourSides(x))", ...], "conclusion": "...", "conclusion-FOL": "...",
     "label": "True" | "False" | "Uncertain" | "Unknown"}

The fields of formulas may also be `premises_fol` and so on. Premises may also be one text, a line each. A given is
the formula of a premise; an ill-formed one is not understood, and its reason says what is wrong with it. The label is
the chain's answer: there is nothing beside it that it could agree with. A conclusion without a formula that can be
read (many records have none) leaves nothing to ask: it stays as a step that was not understood, and its reason says
why.
"""

from __future__ import annotations

from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.notation import read_notation
from reasonlab.language.records import MAX_TEXT
from reasonlab.verifiers.readers.fields import identity

_LABELS = {"true": "true", "false": "false", "uncertain": "unknown", "unknown": "unknown"}


def looks_like(record: dict[str, Any]) -> bool:
    return _formulas(record, "premises") in record


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    formulas = _lines(record, _formulas(record, "premises"))
    if (size := sum(map(len, formulas))) > MAX_TEXT:
        raise _bad(f"premises of {size} characters", f"at most {MAX_TEXT}")
    sentences = _lines(record, "premises") if "premises" in record else []
    texts = sentences if len(sentences) == len(formulas) else formulas
    givens = tuple(_step(text, formula) for text, formula in zip(texts, formulas))
    conclusion = record.get("conclusion", "")
    asked = record.get(_formulas(record, "conclusion"))
    if not isinstance(conclusion, str) or not (asked is None or isinstance(asked, str)):
        raise _bad(f"the conclusion is {quote(conclusion)}, {quote(asked)}", "a sentence and its formula")
    if asked is None:
        goal = Step(conclusion.strip(), None, reason="the conclusion has no formula")
    else:
        goal = _step(conclusion.strip() or asked, asked)
    label = record.get("label")
    answer = _LABELS.get(str(label).strip().lower()) if isinstance(label, (str, bool)) else None
    if label is not None and answer is None:
        raise _bad(f"'label' is {quote(label)}", "True, False, Uncertain or Unknown")
    return Chain(
        id=identity(record) or default_id,
        givens=givens,
        query=Query("truth", claim=goal.claim) if goal.claim is not None else None,
        steps=() if goal.claim is not None else (goal,),
        answer=Answer(answer) if answer is not None else None,
    )


def _step(text: str, formula: str) -> Step:
    try:
        return Step(text, read_notation(formula))
    except ParseError as error:
        return Step(text, None, reason=f"ill-formed: {error}")


def _lines(record: dict[str, Any], field: str) -> list[str]:
    value = record.get(field)
    if isinstance(value, str):
        return [line.strip() for line in value.split("\n") if line.strip()]
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise _bad(f"{field!r} is {quote(value)}", "a list of strings, or one string of lines")
    return [line.strip() for line in value]


def _formulas(record: dict[str, Any], of: str) -> str:
    """The name of the field with the formulas of the premises, or of the conclusion."""
    spelled = (f"{of}{mark}{fol}" for mark in "-_" for fol in ("FOL", "fol"))
    return next((name for name in spelled if name in record), f"{of}-FOL")


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, f"see {__name__} for the record's fields")
