"""Solutions in prose: each equation of a sentence is a step, and a sentence without one is a step that claims nothing.

A sentence that holds something like an equation which the grammar does not reach is a step that was not understood,
with the piece in question as its reason. The final answer is what follows `####`, what a `\\boxed{}` holds, or what
`the answer is` says; the last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reasonlab.language.chains import Step
from reasonlab.language.errors import BadInput, ParseError
from reasonlab.language.terms import Term, parse_term, render_term
from reasonlab.verifiers.readers.assertion import asserted, counts_otherwise, given
from reasonlab.verifiers.readers.equations import whole_side
from reasonlab.verifiers.readers.latex import boxed, plain
from reasonlab.verifiers.readers.readings import Found, in_points, read_line

MAX_CHARACTERS = 200_000  # of a problem or a solution
MAX_STEPS = 1_000  # of prose: to read 2,000 took two seconds, and a verdict may not take longer
MARK = "####"
_HEADED = re.compile(r"^####[ \t]*(\S[^\n]*)\s*\Z", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[^\s.][.!?])\s+(?=[^\sa-z=+*/^<>)])")
_BULLET = re.compile(r"\s*(?:[-*•]\s+|\d{1,3}[.)]\s+|#+\s+)(?=\S)")
_BOLD = re.compile(r"(?<![\w)*])(\*\*|__)(?=\S)([^*\n]{1,500}?)(?<=\S)\1(?![\w(*])")
_ANSWER = re.compile(
    r"\banswer\s*(?:(?:is|was|=|:|equals|would be|will be|comes to)\s*)+(?=(?P<value>[^\n]{1,200}))",
    re.IGNORECASE,
)
_NAMING = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z' -]{1,60}?)\s*=\s*(?P<value>[^\n]*)")
_OPEN = re.compile(r"\d[^=]*[-+*/×÷·^][^=]*\d")
_UNKNOWN = re.compile(
    r"(?<![A-Za-z])([A-Za-z])(?![A-Za-z(\['’_])\s*[-+*/^=<>²³·×]|[-+*/^=<>·×(]\s*\d*([A-Za-z])(?![A-Za-z(\['’_])"
)
_NAMED = re.compile(r"^[A-Za-z]\s*=\s*")  # x = 5
_ENDS = re.compile(r"(?<!\d)[.;](?:\s|$)|\.$|(?<=\d)\.(?:\s|$)|\n")


def clean(text: str) -> str:
    """A text without markup: LaTeX and Markdown resolved."""
    return _BOLD.sub(r"\2", plain(text.replace("\r\n", "\n")))


def steps_of(solution: str, problem: str = "") -> tuple[Step, ...]:
    """The steps of a solution that is clean, up to its final mark. Raises BadInput if there are too many."""
    names = unknowns(f"{problem}\n{solution}")
    steps: list[Step] = []
    read: list[tuple[str, list[Found]]] = []
    count = 0
    for sentence in sentences(_HEADED.sub("", solution)):
        read.append((sentence, read_line(sentence, names)))
        count += max(1, sum(max(1, len(found.claims)) for found in read[-1][1]))
        if count > MAX_STEPS:
            raise BadInput(f"a solution of more than {MAX_STEPS} steps", "a shorter one", "split the record")
    for (sentence, _), found in zip(read, asserted(read, problem)):
        steps += _steps(sentence, found)
    return tuple(steps)


def givens_of(problem: str) -> list[Step]:
    """What the sentences of a problem that is clean state."""
    if counts_otherwise(problem):
        return []
    names = unknowns(problem)
    return [
        step
        for sentence in sentences(problem)
        for step in _steps(sentence, given(sentence, read_line(sentence, names)))
        if step.claim is not None
    ]


def unknowns(text: str) -> frozenset[str]:
    """The single letters that stand beside a sign, and are not applied to a bracket."""
    return frozenset(name for pair in _UNKNOWN.findall(text) for name in pair if name)


def sentences(solution: str) -> list[str]:
    """The sentences of a solution, without the marks of lists; a line that goes on with a sign belongs to the last."""
    found: list[str] = []
    for line in solution.split("\n"):
        bullet = _BULLET.match(line)
        for piece in _SENTENCE.split(line[bullet.end() :] if bullet else line):
            if found and piece.lstrip().startswith(("=", "≈")):
                found[-1] = f"{found[-1]} {piece.strip()}"
            elif found and (value := _worked_out(found[-1], piece)):
                found[-1] = f"{found[-1]} = {value}"
            elif piece.strip():
                found.append(piece.strip())
    return found


def _worked_out(before: str, after: str) -> str | None:
    """What the same name is said to be in the next line, where the line before left it to be worked out:
    `Speed = 60 / 1.5`, then `Speed = 40`.
    """
    first, second = _NAMING.fullmatch(before), _NAMING.fullmatch(after)
    if first is None or second is None or first["name"].casefold() != second["name"].casefold():
        return None
    return second["value"] if _OPEN.search(first["value"]) and "=" not in first["value"] else None


def _steps(sentence: str, read: Sequence[Found]) -> list[Step]:
    """The steps of a sentence: one a claim, or one for all of it."""
    steps: list[Step] = []
    for found in read:
        span = (found.start, found.end)
        steps += [Step(sentence, claim, span) for claim in found.claims]
        if found.reason is not None:
            steps.append(Step(sentence, None, span, reason=found.reason))
    return steps or [Step(sentence, None)]


def final_answer(solution: str) -> str | None:
    """The answer that a solution states at last, as written; None if it states none."""
    if (headed := _HEADED.search(solution)) is not None:
        return headed[1].strip()
    if (inside := boxed(solution)) is not None:
        return inside.strip() or None
    said = list(_ANSWER.finditer(solution))
    if not said:
        return None
    value = said[-1]["value"]
    end = _ENDS.search(value)
    return (value[: end.start()] if end else value).strip(" *_") or None


def plain_answer(text: str) -> str:
    """An answer as it is compared: a number without currency, separators and units; anything else as it is."""
    cleaned = clean(text).strip().strip("*_ ").removesuffix(".")
    number = value_of(_NAMED.sub("", cleaned))
    return render_term(number) if number is not None else cleaned.strip("$ ")


def value_of(text: str) -> Term | None:
    """The number that a text is, with its currency and its unit left out; None if it is none."""
    side = whole_side(text)
    if side is None or side.variables:
        return None
    try:
        return parse_term(in_points(side))
    except ParseError:
        return None
