"""A problem and a free-form solution, as any model writes it: prose, with equations plain or in LaTeX.

    {"problem": "Kim has 4 bags of 6 pears and eats 3. How many are left?",
     "solution": "There are $4 \\times 6 = 24$ pears. She eats 3, so 24 - 3 = 21 are left. The answer is 21.",
     "reference": "21"}

The fields, the first that is there: PROBLEM, SOLUTION (a string, or a list of strings, one a step), REFERENCE; or the
last question and reply of a conversation (`messages` of `role` and `content`, `conversations` of `from` and `value`). A
field "answer" is the reference beside a solution, and the solution without one. Each equation is a step, and so is each
sentence without one, which claims nothing; a sentence with something like an equation that was not understood is a step
that says so (`reasonlab.verifiers.readers.solutions`). Equations between variables that the problem states are givens.
It has no formal reading beyond them, so a chain is at best `consistent`, and the numbers of its steps have to come from
the problem.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reasonlab.language.chains import Answer, Chain, Step
from reasonlab.language.claims import Claim
from reasonlab.language.errors import BadInput, quote
from reasonlab.language.naming import Suppose
from reasonlab.language.relations import Compare, Equal, Relation, names_of
from reasonlab.verifiers.readers.fields import identity
from reasonlab.verifiers.readers.introductions import told_apart
from reasonlab.verifiers.readers.solutions import (
    MAX_CHARACTERS,
    clean,
    final_answer,
    givens_of,
    plain_answer,
    steps_of,
)

PROBLEM = ("problem", "question", "prompt", "instruction", "input")
SOLUTION = (
    *(
        "solution",
        "response",
        "completion",
        "generation",
        "output",
        "model_output",
        "prediction",
        "chain_of_thought",
        "cot",
    ),
    *("rationale", "reasoning", "answer"),
)
REFERENCE = (
    *("reference", "target", "gold", "gold_answer", "ground_truth", "expected_answer", "correct_answer", "expected"),
    *("final_answer", "answer"),
)
ROLES = {"user": "problem", "human": "problem", "assistant": "solution", "gpt": "solution", "model": "solution"}


def looks_like(record: dict[str, Any]) -> bool:
    record = _talked(record)
    solution = _solution(record)
    return _first(record, PROBLEM) is not None and solution is not None


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    record = _talked(record)
    named = _solution(record)
    if named is None:
        raise _bad(f"a record with the fields {quote(sorted(record))}", f"a solution in one of {', '.join(SOLUTION)}")
    field, solution = named
    problem = _first(record, PROBLEM)
    if (length := max(len(solution), len(problem or ""))) > MAX_CHARACTERS:
        raise _bad(f"a text of {length} characters", f"at most {MAX_CHARACTERS}")
    reference = _reference(record, field)
    answer = final_answer(solution)
    givens = _givens(clean(problem or ""))
    names = {name for given in givens for name in names_of(given.claim)}  # type: ignore[arg-type]
    return Chain(
        id=identity(record) or default_id,
        givens=givens,
        query=None,
        steps=told_apart(steps_of(clean(solution), clean(problem or "")), names),
        answer=Answer(plain_answer(answer)) if answer is not None else None,
        reference=plain_answer(reference) if reference is not None else None,
        problem=clean(problem) if problem is not None else None,
    )


def _talked(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the last question and the last reply of a conversation in it as its problem and its solution."""
    turns = record.get("messages") or record.get("conversations")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        return record
    said = {}
    for turn in turns:
        field = ROLES.get(str(turn.get("role", turn.get("from"))).lower())
        content = turn.get("content", turn.get("value"))
        if field is not None and isinstance(content, str):
            said[field] = content
    return {**record, **said} if len(said) == 2 else record


def _givens(problem: str) -> tuple[Step, ...]:
    """The relations between variables that a problem states."""
    return tuple(
        replace(step, claim=claim) for step in givens_of(problem) if (claim := _relation(step.claim)) is not None
    )


def _relation(claim: Claim | None) -> Relation | None:
    if not isinstance(claim, Suppose):
        return None
    return Equal(claim.sides) if claim.operator == "=" else Compare(claim.sides[0], claim.operator, claim.sides[1])


def _first(record: dict[str, Any], fields: tuple[str, ...]) -> str | None:
    return next((record[field] for field in fields if isinstance(record.get(field), str)), None)


def _solution(record: dict[str, Any]) -> tuple[str, str] | None:
    """The field that holds the solution, and the solution."""
    for field in SOLUTION:
        value = record.get(field)
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            return field, "\n".join(value)
        if isinstance(value, str):
            return field, value
    return None


def _reference(record: dict[str, Any], solution: str) -> str | None:
    """The answer held right: of a worked solution what it comes to."""
    for field in REFERENCE:
        value = record.get(field) if field != solution else None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value) if abs(value) < 10**300 else None
        if isinstance(value, str) and len(value) <= MAX_CHARACTERS:
            return final_answer(value) or value
    return None


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.text for the record's fields")
