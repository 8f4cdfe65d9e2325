"""GSM8K (Cobbe et al. 2021, arXiv 2110.14168): grade-school solutions, a line a step, with annotated equations.

    {"question": "...", "answer": "She sold 48/2 = <<48/2=24>>24 clips in May.\\n...\\n#### 72"}

Each annotation is a step whose text is its line; a line without one claims nothing, unless it holds an equation all the
same, which is then unparsed. The problem is prose without a formal reading: a chain is at best `consistent`.

Rounding: `10/3=3.33` is not true as it stands. Where a side is one decimal and the equation is not exact, the claim is
that the other side lies within half a unit of its last written place: (10 / 3 - 3.33)^2 <= 0.005^2. A whole number is
exact.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

from reasonlab.language.chains import Answer, Chain, Step
from reasonlab.language.claims import Claim, Compare, Equal
from reasonlab.language.errors import BadInput, ParseError, ResourceLimit, quote
from reasonlab.language.terms import Binary, Number, Term, evaluate, parse_term, symbols

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_EQUATION = re.compile(r"\d[^=\n]*=\s*[$(-]*\s*\.?\d")
_ANSWER = "####"
_DECIMAL = re.compile(r"-?[0-9]+\.([0-9]+)")
_OPERATORS = str.maketrans({"×": "*", "÷": "/", "−": "-", "–": "-", "·": "*", "[": "(", "]": ")"})
_REWRITES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"[$€£]|(?<=\d),(?=\d{3}(?!\d))", ""),  # currency; commas between thousands
        (r"(?<=[\d.)])\s*[xX]\s*(?=[\d.(])", "*"),
        (r"(?<![\d.])\.(?=\d)", "0."),  # .5
        (r"(?<=\d)\.(?!\d)", ""),  # 5.
        (r"(?<![\d.])(\d+)\s+(\d+)\s*/\s*(\d+)(?![\d.])", r"(\1+\2/\3)"),  # 2 1/2
        (r"(\d+(?:\.\d+)?)\s*%", r"(\1/100)"),
        (r"^\s*\+|(?<=[(*/+-])\s*\+(?=\s*[\d(])", ""),  # a sign that says nothing
        (r"(?<=[\d)])\s*(?=\()|(?<=\))\s*(?=\d)", "*"),  # 2(3), (1+1)3
    )
)


def looks_like(record: dict[str, Any]) -> bool:
    answer = record.get("answer")
    return "question" in record and isinstance(answer, str) and (_ANSWER in answer or "<<" in answer)


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    if not isinstance(record.get("answer"), str):
        raise _bad(f"'answer' is {quote(record.get('answer'))}", "the solution as a string")
    steps: list[Step] = []
    answer: str | None = None
    for line in record["answer"].split("\n"):
        if line.strip().startswith(_ANSWER):
            answer = read_number(line.strip().removeprefix(_ANSWER))
        elif line.strip():
            steps += _steps(line.strip())
    identity = record.get("id")
    return Chain(
        id=str(identity) if isinstance(identity, (str, int)) else default_id,
        givens=(),
        query=None,
        steps=tuple(steps),
        answer=Answer(answer) if answer is not None else None,
        reference=answer,
    )


def read_number(text: str) -> str:
    """An answer as written, without currency and commas."""
    return normalise(text).strip()


def _steps(line: str) -> list[Step]:
    """The steps of a line: one an annotation, or one for all of it."""
    found = list(_ANNOTATION.finditer(line))
    if not found:
        unread = "an equation outside << >> is not read" if _EQUATION.search(line) else None
        return [Step(line, None, reason=unread)]
    steps = []
    for match in found:
        try:
            steps += [Step(line, claim) for claim in read_equation(match[1])]
        except ParseError as error:
            steps.append(Step(line, None, reason=f"<<{match[1][:60]}>>: {error}"))
    return steps


def read_equation(text: str) -> list[Claim]:
    """The claims of an annotation: one equality, or one a link where rounding makes them comparisons.

    Raises ParseError outside the grammar.
    """
    sides = [normalise(side).strip() for side in text.split("=")]
    if len(sides) < 2:
        raise ParseError("expected an equation")
    terms = [parse_term(side) for side in sides]
    if any(symbols(term) for term in terms):
        raise ParseError("expected numbers only")
    if all(_equal(left, right) is not False for left, right in pairwise(terms)):
        return [Equal(tuple(terms))]
    return [_link(terms[i : i + 2], sides[i : i + 2]) for i in range(len(terms) - 1)]


def normalise(text: str) -> str:
    """The text in the claim language's own writing: `$1,200 x 5%` becomes `1200*(5/100)`."""
    text = text.translate(_OPERATORS)
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    return text


def _equal(left: Term, right: Term) -> bool | None:
    try:
        return evaluate(left) == evaluate(right)
    except (ZeroDivisionError, ResourceLimit):
        return None


def _link(terms: list[Term], sides: list[str]) -> Claim:
    if _equal(*terms) is False:
        for side, (term, other) in ((1, terms), (0, terms[::-1])):
            if decimal := _DECIMAL.fullmatch(sides[side]):
                unit = Fraction(1, 10 ** len(decimal[1]))
                distance = Binary("^", Binary("-", term, other), Number(Fraction(2)))
                return Compare(distance, "<=", Number((unit / 2) ** 2))
    return Equal(tuple(terms))


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.gsm8k for the record's fields")
