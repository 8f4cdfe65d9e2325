"""BIG-Bench's multistep arithmetic: an expression to evaluate, by naming its parts and working them out.

    input:  "((4 + 3 + -5) * (7 - -7 * 4)) ="
    steps:  'This equation can be written as "A * B", where A = (4 + 3 + -5) and B = (7 - -7 * 4).',
            "Let's calculate A = (4 + 3 + -5) = (7 - 5) = 2.", "Let's calculate B = (7 - -7 * 4) = (7 + 28) = 35.",
            "Then, the final equation is A * B = 2 * 35 = 70. So the answer is 70"

The problem is formal: `result = expression` is the given, and the value of the result is asked. What a step puts in
quotes is said of the result; a part is defined where it is first named; and every chain of equalities is claimed. One
step of the source is one step here, so the index of the first error is the source's own. A side that is no expression,
with its brackets unbalanced, say, is left out of its chain, whose other sides are claimed to be equal all the same.
"""

from __future__ import annotations

import re

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.naming import Let
from reasonlab.language.relations import Equal
from reasonlab.language.terms import Symbol, Term, parse_term
from reasonlab.verifiers.readers.mistake.record import Trace, bad
from reasonlab.verifiers.readers.solutions import plain_answer

RESULT = Symbol("result")
MAX_STEP = 20_000  # characters
_ASKED = re.compile(  # the words before an expression
    r"\s*(?:(?:please\s+)?(?:what\s+is|what's|how\s+much\s+is|evaluate|calculate|compute|simplify|solve|find|work\s+out)"
    r"(?:\s+the\s+(?:value|result)\s+of)?(?:\s+the\s+(?:following\s+)?expression)?\s*:?|input\s*:|q\s*:|question\s*:)\s+",
    re.IGNORECASE,
)
_END = re.compile(r"[\s.?]*(?:=[\s.?]*)?$")
_EXPRESSION = re.compile(r"[\s\d()\[\]+*/^.×·⋅∙∗÷∕−–-]*")
_SIGNS = str.maketrans(
    {**dict.fromkeys("×·⋅∙∗", "*"), **dict.fromkeys("÷∕", "/"), **dict.fromkeys("−–", "-"), "[": "(", "]": ")"}
)
_TIMES = re.compile(r"(?<=[\d)\]]) x (?=[\d(\[−–-])")  # between two operands no variable can stand
_BULLET = re.compile(r"^\s*[-*•]\s+(?=[A-Za-z])")
_QUOTED = re.compile(r"[\"“”]([^\"“”]+)[\"“”]")
_ANSWER = re.compile(r"\banswer\s*(?:is|=|:)?\s*(?P<value>-?\s*\(?-?\d[\d,]*(?:\.\d+)?\)?)", re.IGNORECASE)
_CLAUSE = re.compile(r",?\s+and\s+|,\s+|;|:|\bwhere\b|\.(?=\s|$)|\n")


def looks_like(problem: str) -> bool:
    if len(problem) > MAX_STEP:
        return False
    expression = _expression(problem)
    return _EXPRESSION.fullmatch(_TIMES.sub("*", expression)) is not None and any(char.isdigit() for char in expression)


def _expression(problem: str) -> str:
    """A problem without the words and marks of a question around its expression."""
    return _END.sub("", _ASKED.sub("", " ".join(problem.split()), count=1), count=1)


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    try:
        expression = _term(_expression(trace.input))
    except ParseError as error:
        raise bad(f"the input {quote(trace.input)} does not parse: {error}", "an expression") from None
    return Chain(
        id=trace.id,
        givens=(Step(trace.input, Equal((RESULT, expression))),),
        query=Query("value", variable=RESULT.name),
        steps=tuple(map(read_step, trace.steps)),
        answer=Answer(plain_answer(trace.answer)) if trace.answer is not None else None,
        reference=plain_answer(trace.target) if trace.target is not None else None,
        problem=trace.input,
    )


def read_step(text: str) -> Step:
    """The step that a text makes: its definitions and equalities in order, then what it says of the result."""
    if len(text) > MAX_STEP:
        return Step(text, None, reason=f"a step of {len(text)} characters is over the limit of {MAX_STEP}")
    unread: list[str] = []
    of_result: list[tuple[Term, ...]] = []
    for quoted in _QUOTED.findall(text):
        of_result += [(RESULT, term) for term in _sides([quoted.rstrip("= .")], unread)]
    answer = _ANSWER.search(text)
    if answer is not None:
        of_result += [(RESULT, term) for term in _sides([answer["value"].replace(",", "")], unread)]
    body = _BULLET.sub("", _QUOTED.sub(" ", text[: answer.start()] if answer is not None else text))
    chains = (_chain(clause, unread) for clause in _CLAUSE.split(body) if "=" in clause)
    equalities = [*(chain for chain in chains if len(chain) > 1), *of_result]
    reason = f"not understood as an expression: {quote(unread[0])}" if unread else None
    return Step(text, Let(tuple(equalities)) if equalities else None, reason=reason)


def _chain(clause: str, unread: list[str]) -> tuple[Term, ...]:
    """The sides of a clause that are expressions; the first one may have words before it."""
    first, *others = clause.split("=")
    words = first.split()
    head: tuple[Term, ...] = ()
    for start in range(max(0, len(words) - 20), len(words)):
        try:
            head = (_term(" ".join(words[start:])),)
            break
        except ParseError:
            continue
    if not head and words:
        unread.append(first.strip())
    return (*head, *_sides(others, unread))


def _sides(texts: list[str], unread: list[str]) -> list[Term]:
    sides: list[Term] = []
    for text in texts:
        try:
            sides.append(_term(text))
        except ParseError:
            unread.append(text.strip())
    return sides


def _term(text: str) -> Term:
    return parse_term(_TIMES.sub(" * ", text).translate(_SIGNS).replace("**", "^"))
