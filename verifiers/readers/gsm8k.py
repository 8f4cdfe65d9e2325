"""GSM8K (Cobbe et al. 2021, arXiv 2110.14168): grade-school solutions, a line a step, with annotated equations.

    {"question": "...", "answer": "She sold 48/2 = <<48/2=24>>24 clips in May.\\n...\\n#### 72"}

Each annotation is a step whose text is its line. So is each equation that the line says beside its annotations; a line
without one claims nothing. The problem is prose without a formal reading: a chain is at best `consistent`, and its
numbers have to come from the question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reasonlab.language.chains import Answer, Chain, Step
from reasonlab.language.claims import Claim, Equal
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.verifiers.readers.assertion import asserted
from reasonlab.verifiers.readers.equations import whole_equation
from reasonlab.verifiers.readers.fields import identity
from reasonlab.verifiers.readers.latex import plain
from reasonlab.verifiers.readers.readings import Found, claims_of, read_line
from reasonlab.verifiers.readers.solutions import MARK, MAX_CHARACTERS, MAX_STEPS, plain_answer, unknowns

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_POINT = re.compile(r"(?<=\d)\.(?!\d)")  # 5. is 5


def looks_like(record: dict[str, Any]) -> bool:
    answer = record.get("answer")
    return "question" in record and isinstance(answer, str) and (MARK in answer or "<<" in answer)


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    if not isinstance(record.get("answer"), str):
        raise _bad(f"'answer' is {quote(record.get('answer'))}", "the solution as a string")
    question = record.get("question")
    if question is not None and not isinstance(question, str):
        raise _bad(f"'question' is {quote(question)}", "the problem as a string")
    if (length := max(len(record["answer"]), len(question or ""))) > MAX_CHARACTERS:
        raise _bad(f"a text of {length} characters", f"at most {MAX_CHARACTERS}")
    lines: list[str] = []
    answer: str | None = None
    for line in record["answer"].split("\n"):
        if line.strip().startswith(MARK):
            answer = plain_answer(line.strip().removeprefix(MARK))
        elif line.strip():
            lines.append(line.strip())
    steps = _steps(lines, question or "")
    return Chain(
        id=identity(record) or default_id,
        givens=(),
        query=None,
        steps=tuple(steps),
        answer=Answer(answer) if answer is not None else None,
        reference=answer,
        problem=question,
    )


def _steps(lines: Sequence[str], question: str) -> list[Step]:
    """The steps of the lines, in order. Raises BadInput if there are too many."""
    names = unknowns("\n".join((question, *lines)))
    read: list[tuple[str, list[Found]]] = []
    count = 0
    for line in lines:
        text = _ANNOTATION.sub("", line)
        text = " ".join(plain(text).split()) if "\\" in text else text  # else "$" is money
        read.append((text, read_line(text, names)))
        count += max(1, line.count("<<") + sum(max(1, len(found.claims)) for found in read[-1][1]))
        if count > MAX_STEPS:
            raise _bad(f"a solution of more than {MAX_STEPS} steps", "a shorter one")
    steps: list[Step] = []
    for line, found in zip(lines, asserted(read, question)):
        steps += _steps_of_line(line, found)
    return steps


def _steps_of_line(line: str, beside: Sequence[Found]) -> list[Step]:
    """The steps of a line, in order: its annotations, and what it says beside them; or one for all of it."""
    placed: list[tuple[int, Step]] = []
    annotated: set[Claim] = set()
    cut = 0  # characters of annotations before
    for match in _ANNOTATION.finditer(line):
        try:
            claims = read_equation(match[1])
        except ParseError as error:
            placed.append((match.start() - cut, Step(line, None, reason=f"<<{match[1][:60]}>>: {error}")))
        else:
            placed += [(match.start() - cut, Step(line, claim)) for claim in claims]
            annotated.update(claims)
        cut += match.end() - match.start()
    for found in beside:
        if found.reason is not None and not annotated:
            placed.append((found.start, Step(line, None, reason=found.reason)))
        placed += [(found.start, Step(line, claim)) for claim in found.claims if not _repeats(claim, annotated)]
    return [step for _, step in sorted(placed, key=lambda pair: pair[0])] or [Step(line, None)]


def _repeats(claim: Claim, annotated: set[Claim]) -> bool:
    """Whether a claim says no more than the annotations: that its ends are equal, whatever stands between them."""
    if claim in annotated or not isinstance(claim, Equal):
        return claim in annotated
    return any(isinstance(each, Equal) and set(claim.terms) <= set(each.terms) for each in annotated)


def read_equation(text: str) -> list[Claim]:
    """The claims of an annotation. Raises ParseError outside the grammar."""
    equation = whole_equation(_POINT.sub("", text))
    if equation is None:
        raise ParseError("expected an equation")
    return claims_of(equation, names=False)[0]


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.gsm8k for the record's fields")
