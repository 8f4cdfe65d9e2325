"""BIG-Bench's shuffled objects: people hold things, swap in pairs, and one of them is asked about at the end.

    input:  "Ann, Ben, and Cleo are playing a game. At the start of the game, they are each holding a ball: Ann has a
             red ball, Ben has a blue ball, and Cleo has a pink ball.\\nAs the game progresses, pairs of players trade
             balls. First, Ann and Cleo swap balls. Finally, Cleo and Ben swap balls. At the end of the game, Ben has
             the\\nOptions:\\n(A) red ball.\\n(B) blue ball.\\n(C) pink ball."
    steps:  "At the start: Ann: red, Ben: blue, Cleo: pink.",
            "Ann and Cleo swap balls: Ann: pink, Ben: blue, Cleo: red.",
            ..., "At the end of the game, Ben has the red ball. So the answer is (A)"

Things are what the options name, shortened as long as only one fits ("red"); people may be their initials. A line that
names a swap is about the next swap; a line that only says who has what is the start if it comes first, and otherwise
what the next swap leads to. Once a list has named everybody, each later list is of the whole state, too: who is left
out is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reasonlab.language.chains import Answer, Chain, Query, Step, label
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.joined import join
from reasonlab.language.names import read_name
from reasonlab.language.permutations import After, Swap
from reasonlab.language.worded import Worded
from reasonlab.verifiers.readers.mistake.record import Trace, bad, single_spaced

_PERSON = r"[A-Z][\w'’-]*"
_OPTION = re.compile(r"^\s*\(([A-Z])\)\s*(.+?)\s*\.?\s*$", re.MULTILINE)
_SWAP = re.compile(rf"\b({_PERSON}) and ({_PERSON}) (?:\w+ )?(?:swap|trade|switch|exchange)\w*\b")
_CLAUSE = re.compile(rf"(?:,\s*(?:and\s+)?|\s+and\s+)(?={_PERSON}\s)")
MAX_PEOPLE = 100
LONGEST = 12  # words of a thing
_OPENING = re.compile(r"^(?:First|Then|Next|Finally|Lastly|After that)\b")
_LISTED = re.compile(rf"\b({_PERSON})\s*:\s*([^,:;.]+)")
_SENTENCE = re.compile(r"(?<=\.)\s+|\n")
_ANSWER = re.compile(r"\b(?:so )?the (?:final )?answer is:?\s*(.*?)\s*\.?\s*$", re.IGNORECASE)
_START, _END = (
    re.compile(r"\bat the start\b|\binitially\b", re.IGNORECASE),
    re.compile(r"\bat the end\b", re.IGNORECASE),
)


def looks_like(problem: str) -> bool:
    return "Options:" in problem and _SWAP.search(problem) is not None


@dataclass(slots=True)
class _Problem:
    """Who and what there is, and how many swaps."""

    people: tuple[str, ...]
    things: dict[str, tuple[str, ...]]  # and the words of each
    options: dict[str, After]
    swaps: int
    time: int | None = None  # of the last line read
    open: bool = False  # whether it named a swap and no state
    whole: bool = False  # whether some list has named everybody


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    try:
        problem, givens = _problem(trace.input)
    except ParseError as error:
        raise bad(f"the input {quote(trace.input)} does not parse: {error}", "people, their things and swaps") from None
    return Chain(
        id=trace.id,
        givens=givens,
        query=Query("choice", options=tuple(problem.options.items())),
        steps=tuple(_step(text, problem) for text in trace.steps),
        answer=None if trace.answer is None else Answer(trace.answer),
        reference=trace.target,
    )


def _problem(text: str) -> tuple[_Problem, tuple[Step, ...]]:
    """Raises ParseError."""
    story, _, choices = text.partition("Options:")
    options = {match[1]: read_name(match[2]) for match in _OPTION.finditer(choices)}
    things = {thing: _words(thing) for thing in options.values()}
    start, _, rest = story.partition(":")[2].partition("\n")
    holds = [pair for clause in _CLAUSE.split(start.strip().rstrip(".")) for pair in _given(clause, things)]
    if not holds or not options:
        raise ParseError("expected who has what, after a colon, and the things as options")
    people = tuple(dict.fromkeys(person for person, _ in holds))
    if len(people) > MAX_PEOPLE:
        raise ParseError(f"{len(people)} people are over the limit of {MAX_PEOPLE}")
    givens = [Step(f"{person} has {thing}", After(0, ((person, thing),))) for person, thing in holds]
    swaps = 0
    for sentence in _SENTENCE.split(rest):
        found = _SWAP.search(sentence)
        if found:
            swaps += 1
            givens.append(Step(sentence.strip(), Swap(swaps, found[1], found[2])))
        elif _OPENING.match(sentence.strip()):
            givens.append(Step(sentence.strip(), None, reason="expected a swap of two"))
    asked = [person for person in re.findall(_PERSON, rest) if person in people]
    if not asked:
        raise ParseError("expected the name of the one who is asked about")
    claims = {name: After(swaps, ((asked[-1], thing),)) for name, thing in options.items()}
    return _Problem(people, things, claims, swaps), tuple(givens)


def _given(clause: str, things: Iterable[str]) -> list[tuple[str, str]]:
    """The person that a clause begins with and the thing that it ends with, if it does."""
    person = clause.strip().partition(" ")[0]
    ends = [thing for thing in things if clause.endswith(f" {thing}")]
    return [(person, max(ends, key=len))] if ends and re.fullmatch(_PERSON, person) else []


def _step(text: str, problem: _Problem) -> Step:
    try:
        claims = _claims(single_spaced(text.replace("\n", ", ")), problem)
    except (ParseError, ValueError) as error:  # outside the grammar, or no claim that can be made
        return Step(text, None, reason=str(error))
    return Step(text, join(claims), reason=None if claims else "no swap, thing or answer is named")


def _claims(text: str, problem: _Problem) -> list[Worded]:
    """What a line says of swaps and things. Raises ParseError."""
    claims: list[Worded] = []
    before = _ANSWER.sub("", text)
    swap = _SWAP.search(before)
    holds = [pair for sentence in _SENTENCE.split(before) for pair in _holds(sentence, problem)]
    if swap:
        time = (problem.time or 0) + 1
        claims.append(Swap(time, _person(swap[1], problem), _person(swap[2], problem)))
        problem.time, problem.open = time, not holds
    elif _END.search(before):
        time = problem.swaps
    elif holds:
        late = problem.time is not None and not problem.open and not _START.search(before)
        time = (problem.time or 0) + late
        problem.time, problem.open = time, False
    if holds:
        named = {person for person, _ in holds}
        problem.whole = problem.whole or named == {*problem.people}
        claims.append(After(time, tuple(dict.fromkeys(holds)), problem.whole and _LISTED.search(before) is not None))
    if answer := _ANSWER.search(text):
        claims.append(_option(answer[1], problem))
    return claims


def _holds(sentence: str, problem: _Problem) -> list[tuple[str, str]]:
    """Who has what, as "Ann: red, Ben: blue" or "Ann has the red ball". Raises ParseError."""
    if listed := _LISTED.findall(sentence):
        pairs = dict.fromkeys(listed)
        return [(_person(person, problem), _thing(thing, problem) or read_name(thing)) for person, thing in pairs]
    clauses = (clause for clause in sentence.rstrip(".").split(",") if not _SWAP.search(clause))
    for clause in clauses:
        person, _, rest = clause.strip().partition(" ")
        if person in problem.people:
            words = rest.split()[-LONGEST:]
            found = (_thing(" ".join(words[start:]), problem) for start in range(len(words)))
            if thing := next((each for each in found if each), None):
                return [(person, thing)]
    return []


def _person(text: str, problem: _Problem) -> str:
    """A name, or the initial of one. Raises ParseError."""
    if text in problem.people:
        return text
    found = [person for person in problem.people if person[0] == text]
    if len(found) != 1:
        raise ParseError(f"expected one of {', '.join(problem.people)}, found {quote(text)}")
    return found[0]


def _thing(text: str, problem: _Problem) -> str | None:
    """The one thing whose name has all these words."""
    words = _words(text)
    exact = [thing for thing, named in problem.things.items() if named == words]
    found = exact or [thing for thing, named in problem.things.items() if words and {*words} <= {*named}]
    return found[0] if len(found) == 1 else None


def _words(text: str) -> tuple[str, ...]:
    words: Sequence[str] = re.findall(r"\w+", text.casefold())
    return tuple(words[1:] if words and words[0] in ("the", "a", "an") else words)


def _option(text: str, problem: _Problem) -> After:
    """The claim of an option, by its label. Raises ParseError."""
    found = problem.options.get(label(text).upper())
    if found is None:
        raise ParseError(f"expected one of the options {', '.join(problem.options)}, found {quote(text)}")
    return found
