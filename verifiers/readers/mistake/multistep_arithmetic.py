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
from collections.abc import Iterator
from dataclasses import dataclass

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.naming import Let
from reasonlab.language.relations import Equal
from reasonlab.language.terms import Number, Symbol, Term, parse_term
from reasonlab.verifiers.readers.assertion import doubt
from reasonlab.verifiers.readers.latex import boxed, plain
from reasonlab.verifiers.readers.mistake.record import Trace, bad, unlabelled
from reasonlab.verifiers.readers.number_words import APPLIED, BEFORE
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
_POWERS = str.maketrans({"²": "^2", "³": "^3", "$": " "})
_NUMBER = r"-?\s?\d[\d,]*(?:\.\d+)?"
_OPERATION = (
    r"(?:[-+*/^×·÷−]\s?[-−(]{0,8}\d[\d.]{0,30}\){0,8}|\b[A-HJ-Z])"  # what a value is said of: an operation, or a part
)
_SPOKEN = (  # words between two operands, and between an operation and its value
    (re.compile(r"(?<=[\d)]) (?:times|multiplied by) (?=[-\d(])"), " * "),
    (re.compile(r"(?<=[\d)]) plus (?=[-\d(])"), " + "),
    (re.compile(r"(?<=[\d)]) minus (?=[-\d(])"), " - "),
    (re.compile(r"(?<=[\d)]) divided by (?=[-\d(])"), " / "),
    (
        re.compile(
            rf"({_OPERATION}),? (?:(?:is )?equal(?:s| to)|gives(?: us)?|yields|results in|makes|becomes|comes to"
            r"|is|(?:to|and|we) get|[-=]+>|[→⇒]) "
            rf"(?={_NUMBER}\s*(?:[.,;:)]|$|\n|\s(?:and|so|which)\b))"
        ),
        r"\1 = ",
    ),
)
_RUNNING = re.compile(r"(?:[A-Za-z ]*\s)?[A-Za-z]{2,}\s*")  # words that name what is worked out, as in `Sum = 3 + 4`
_VALUE = re.compile(
    r"\b(?:the )?(?:(?:final|overall|total) (?:value|result|answer)"
    r"|value of the (?:whole |entire |original )?expression|(?:whole |entire |original )?expression)"
    rf"(?: of the expression)?\s*(?:is|=|:|equals|evaluates to)+\s*(?P<value>{_NUMBER})(?=[\s.;,]|$)",
    re.IGNORECASE,
)
_OPERANDS = (  # a word beside a sign
    re.compile(r"\b([A-Za-z]{2,})\s*[-+*/^×·÷−]\s*[\w(-]"),
    re.compile(r"[\w)]\s*[-+*/^×·÷−]\s*\(?([A-Za-z]{2,})\b(?!\s+[A-Za-z])"),
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LAST = re.compile(rf"\bresult is (?P<value>{_NUMBER})(?=[\s.;,]|$)", re.IGNORECASE)
_GOES_ON = re.compile(r"\n[^\S\n]*=")  # a line that begins with "=" goes on with the one before
_RESULTS = frozenset(("result", "answer"))  # what names the whole in the last step
_LEADS_UP = re.compile(
    r"[^\w+*/^×·÷√|-]*(?:[A-Za-z][A-Za-z'’]*[\d.]*|\d+)?[^\w+*/^×·÷√|-]*"
)  # a word, or the number of a list
_BEFORE = frozenset("is are get gets have has so then thus hence that or = equals and as we to".split())
_QUOTED = re.compile(r"[\"“”]([^\"“”]+)[\"“”]")
_ANSWER = re.compile(r"\banswer\s*(?:is|=|:)?\s*(?P<value>-?\s*\(?-?\d[\d,]*(?:\.\d+)?\)?)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“])|\n")
_CLAUSE = re.compile(r",?\s+and\s+|,\s+|;|:(?!\d)|\bwhere\b|\.(?=\s|$)|\n")


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
        steps=read_steps(trace.steps, expression),
        answer=Answer(_final(trace.answer)) if trace.answer is not None else None,
        reference=plain_answer(trace.target) if trace.target is not None else None,
        problem=trace.input,
    )


def _final(answer: str) -> str:
    """An answer as it is compared: a number, whatever words and marks are around it."""
    said = _ANSWER.search(_worded(answer)) or _VALUE.search(_worded(answer))
    inside = boxed(answer)
    return plain_answer(inside if inside is not None else said["value"] if said else answer)


def _worded(text: str) -> str:
    """A text without markup, and with signs in place of words between operands."""
    inside, text = boxed(text), _GOES_ON.sub(" =", text)
    bare = _THOUSANDS.sub("", unlabelled(plain(text)).translate(_POWERS))
    if inside is not None and "answer" not in bare.lower():
        bare = f"{bare.rstrip(' .')}. The answer is {inside}"
    for words, sign in _SPOKEN:
        bare = words.sub(sign, bare)
    return bare


@dataclass(slots=True)
class _Solution:
    """What is known of a solution while its steps are read: the problem, and the words that are variables in it."""

    expression: Term
    variables: frozenset[str]
    subject: Term | None = None  # what a step that begins with "=" goes on with
    ends: bool = False  # whether its last step is read


def read_steps(texts: tuple[str, ...], expression: Term) -> tuple[Step, ...]:
    """The steps of a solution of this expression, one a text."""
    solution = _Solution(expression, frozenset(_variables(texts)))
    found = []
    for number, text in enumerate(texts, 1):
        solution.ends = number == len(texts)
        found.append(_step(text, solution))
        try:
            subject = _term(_END.sub("", _worded(text[:MAX_STEP]), count=1))
        except ParseError:
            continue
        solution.subject = RESULT if subject == expression else subject
    return tuple(found)


def _variables(texts: tuple[str, ...]) -> Iterator[str]:
    """The words that stand beside a sign somewhere, and so are operands."""
    for text in texts:
        for operand in _OPERANDS:
            yield from operand.findall(text[:MAX_STEP])


def _step(text: str, solution: _Solution) -> Step:
    """The step that a text makes: its definitions and equalities in order, then what it says of the result."""
    if len(text) > MAX_STEP:
        return Step(text, None, reason=f"a step of {len(text)} characters is over the limit of {MAX_STEP}")
    unread: list[str] = []
    of_result: list[tuple[Term, ...]] = []
    bare = _asserted(_worded(text), unread)
    for quoted in _QUOTED.findall(bare):
        of_result += [(RESULT, term) for term in _sides([quoted.rstrip("= .")], unread)]
    answer = _ANSWER.search(bare) or _VALUE.search(bare) or (_LAST.search(bare) if solution.ends else None)
    if answer is not None:
        of_result += [(RESULT, term) for term in _sides([answer["value"].replace(",", "")], unread)]
    body = _QUOTED.sub(" ", bare[: answer.start()] if answer is not None else bare)
    chains = [chain for clause in _CLAUSE.split(body) if "=" in clause and (chain := _chain(clause, unread, solution))]
    chains = [(RESULT, *chain) if chain[0] == solution.expression else chain for chain in _joined(chains)]
    equalities = [*(chain for chain in chains if len(chain) > 1), *of_result]
    reason = f"not understood as an expression: {quote(unread[0])}" if unread else None
    return Step(text, Let(tuple(equalities)) if equalities else None, reason=reason)


def _takes_part(words: list[str]) -> bool:
    """Whether words before an expression belong to it: `twice 3 + 4`, `the square of 3 + 4`, `3,5 + 1`."""
    last = words[-1].lower()
    if last in BEFORE or not (_LEADS_UP.fullmatch(last) or words[:-1] == []):
        return True
    return last in ("of", "and", "from", "by") and any(word.lower() in APPLIED for word in words)


def _asserted(text: str, unread: list[str]) -> str:
    """A text without the sentences that may not assert what they say."""
    pieces = _SENTENCE.split(text)
    kept = []
    for piece, following in zip(pieces, [*pieces[1:], ""]):
        if "=" in piece and doubt(piece, following) is not None:
            unread.append(piece.strip())
        else:
            kept.append(piece)
    return "\n".join(kept) if len(kept) < len(pieces) else text


def _joined(chains: list[tuple[Term, ...]]) -> list[tuple[Term, ...]]:
    """Lines of a step about one name as one chain: `A = 3 + 4`, `A = 7`."""
    joined: list[tuple[Term, ...]] = []
    for chain in chains:
        if joined and isinstance(chain[0], Symbol) and joined[-1][0] == chain[0]:
            joined[-1] = (*joined[-1], *chain[1:])
        else:
            joined.append(chain)
    return joined


def _chain(clause: str, unread: list[str], solution: _Solution) -> tuple[Term, ...]:
    """The sides of a clause that are expressions; the first one may have words before it."""
    first, *others = clause.split("=")
    words = first.split()
    if not words:
        head = () if solution.subject is None else (solution.subject,)
        return (*head, *_sides(others, unread))
    if _RUNNING.fullmatch(first) and words[-1] not in solution.variables:
        # It names the running result, and may name another one each time; the last one is the whole.
        whole = solution.ends and words[-1].lower() in _RESULTS
        return (*((RESULT,) if whole else ()), *_sides(others, unread))
    head = ()
    for start in range(max(0, len(words) - 20), len(words)):
        try:
            head = (_term(" ".join(words[start:])),)
            break
        except ParseError:
            continue
    labels = head and isinstance(head[0], Number) and start > 0 and words[start - 1][-1].isalpha()
    if (
        not head or (start > 0 and _takes_part(words[:start])) or (labels and words[start - 1].lower() not in _BEFORE)
    ):  # `Step 2 = 35` is not about the number 2
        unread.append(first.strip())
        head = ()
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
