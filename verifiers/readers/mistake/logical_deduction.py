"""BIG-Bench's logical deduction: things in a fixed order, statements about it, and one position asked for.

    input:  "...\\n- On a shelf, there are three books: a red book, a green book, and a blue book.\\n- The red book is
             to the left of the green book.\\n- The blue book is the leftmost.\\nQ: ...\\nOptions:\\n(A) The red book is
             the leftmost.\\n..."
    steps:  "The blue book is the leftmost. So from left to right: first is the blue book, then second and third can be
             any book.", ..., "The only book that can be second is the red book. So the answer is (B)"

A step quotes statements, one after the other, and says what follows: so each conclusion is a claim `since` the
statements quoted so far. "Can be any book" says nothing; "can be X or Y" says that it is one of these. The answer
itself is held against all the statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.orderings import MAX_ATOMS, Atom, Clause, Objects, Place, read_thing
from reasonlab.verifiers.readers.mistake.rankings import Ranking, axis_of
from reasonlab.verifiers.readers.mistake.record import ANSWER, Trace, bad, labelled, single_spaced, split_options

_LIST = re.compile(r"^.*\b(?:there (?:are|were)|sells?|has|have|contains?)\b[^:]*:\s*(.+)$")
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n")
_LEAD = re.compile(
    r"^(?:so|then|but|and|also|therefore|hence|thus|since|by process of elimination"
    r"|according to (?:this|our) (?:ordering|list)|we (?:previously concluded|know) that)\b,?\s*",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(r"(?:so|therefore|hence|thus|by process of elimination|according to)\b", re.IGNORECASE)
_REMARK = re.compile(r"\bonly\b.*\bnot (?:been |in |yet )", re.IGNORECASE)  # on who is not placed yet, not on the row
_ROW = re.compile(r"from ([\w ]+? to [\w ]+?):\s*(.+)", re.IGNORECASE)
_IDLE = re.compile(
    r"(?:to answer the question|i should (?:first )?find|then, if there are remaining|the question asks|let us"
    r"|let's|there are \w+ \w+ in total)\b.*",
    re.IGNORECASE,
)
_IS = r"(?:is|are|was|were|must(?: also)? be|has to be|have to be|finished|must(?: also)? have finished|must finish)"
_ONLY = r"the only (?:other )?\w+ (?:that|who) (?:can|could) be (?:in )?"
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NOT = (
    r"(?:cannot|can not|can't|could not|must not|is not|are not|isn't|aren't|did not)(?: be| have)?(?: finish(?:ed)?)?"
)


@dataclass(slots=True)
class _Puzzle:
    """The row, and what was quoted of the statements so far."""

    names: tuple[str, ...]
    ranking: Ranking
    given: frozenset[Clause] = frozenset()
    options: dict[str, Clause] = field(default_factory=dict)
    quoted: dict[Clause, None] = field(default_factory=dict)
    forward: bool = True  # the direction in which a row was last written out
    subject: str | None = None  # what "it" is


@dataclass(frozen=True, slots=True)
class _Said:
    """A clause, and whether it is said to follow."""

    clause: Clause
    concluded: bool


def looks_like(problem: str) -> bool:
    return "arranged in a fixed order" in problem and bool(split_options(problem)[1])


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    story, options = split_options(trace.input)
    try:
        puzzle, givens = _puzzle(story, options)
    except ParseError as error:
        raise bad(
            f"the input {quote(trace.input)} does not parse: {error}", "a list of things and statements"
        ) from None
    answer = labelled(trace.answer, options)
    return Chain(
        id=trace.id,
        givens=givens,
        query=Query("choice", options=tuple((name, Place((clause,))) for name, clause in puzzle.options.items())),
        steps=tuple(_step(text, puzzle) for text in trace.steps),
        answer=None if answer is None else Answer(answer),
        reference=labelled(trace.target, options),
    )


def _puzzle(story: str, options: dict[str, str]) -> tuple[_Puzzle, tuple[Step, ...]]:
    """Raises ParseError."""
    axis = axis_of(f"{story.partition('order.')[2]} {' '.join(options.values())}")
    lines = [line.strip().removeprefix("- ") for line in _SENTENCE.split(story.partition("Q:")[0])]
    listed = next(((line, found[1]) for line in lines if (found := _LIST.match(line))), None)
    if axis is None or listed is None:
        raise ParseError("expected a list of things after a colon, and words for their order")
    parts = re.split(r",\s*(?:and\s+)?|\s+and\s+", listed[1].rstrip("."))
    names = tuple(read_thing(_ARTICLE.sub("", part.strip())) for part in parts if part.strip())
    if len(set(names)) < len(names):
        raise ParseError("expected different things")
    puzzle = _Puzzle(names, Ranking(axis, len(names)))
    givens = [Step(listed[0], Objects(names))]
    for line in lines[lines.index(listed[0]) + 1 :]:
        clauses = _statement(line.rstrip("."), puzzle)
        if clauses:
            givens.append(Step(line, Place(tuple(clauses))))
        elif line:
            givens.append(Step(line, None, reason="expected a position or a comparison of two"))
    puzzle.given = frozenset(c for step in givens if isinstance(step.claim, Place) for c in step.claim.clauses)
    for name, statement in options.items():
        said = _statement(statement, puzzle)
        if said is None or len(said) != 1:
            raise ParseError(f"expected an option to name a position, found {quote(statement)}")
        puzzle.options[name] = said[0]
    return puzzle, tuple(givens)


def _step(text: str, puzzle: _Puzzle) -> Step:
    said: list[_Said] = []
    try:
        plain = single_spaced(text)
        answer = ANSWER.search(plain)
        options = _options(answer[1], puzzle) if answer else []
        for sentence in _SENTENCE.split(_corrected(ANSWER.sub("", plain), puzzle)):
            bare = sentence.strip().rstrip(".")
            if bare and not _IDLE.fullmatch(bare):
                said += _sentence(bare, puzzle)
    except (ParseError, ValueError) as error:  # outside the grammar, or no claim that can be made
        return Step(text, None, reason=str(error))
    quoted = [each.clause for each in said if each.clause in puzzle.given and not each.concluded]
    puzzle.quoted.update(dict.fromkeys(quoted))
    concluded = [each.clause for each in said if each.clause not in quoted]
    said_here = (*concluded, *options) if concluded else (*quoted, *options)
    clauses = tuple(dict.fromkeys(said_here))
    if sum(map(len, (*clauses, *puzzle.quoted))) > MAX_ATOMS:
        return Step(text, None, reason=f"a step that says more than {MAX_ATOMS} things is over the limit")
    since = tuple(puzzle.quoted) if concluded else ()
    return Step(text, Place(clauses, since) if clauses else None)


def _corrected(text: str, puzzle: _Puzzle) -> str:
    """The text with words that are nearly those of a thing replaced by these: models correct a problem's spelling."""
    words = {word for name in puzzle.names for word in name.split()}

    def nearest(match: re.Match[str]) -> str:
        word = match.group()
        if word in words or len(word) < 5:
            return word
        return next(iter(get_close_matches(word, words, n=1, cutoff=0.9)), word)

    return re.sub(r"[A-Za-z]+", nearest, text)


def _options(text: str, puzzle: _Puzzle) -> list[Clause]:
    """The claim of the options named: of several, that one of them holds. Raises ParseError."""
    labels = re.findall(r"\(?\b([A-Z])\b\)?", text)
    if not labels or any(each not in puzzle.options for each in labels):
        raise ParseError(f"expected one of the options {', '.join(puzzle.options)}, found {quote(text)}")
    return [tuple(atom for each in labels for atom in puzzle.options[each])]


def _sentence(text: str, puzzle: _Puzzle) -> list[_Said]:
    """What a sentence says. Raises ParseError where it is not understood."""
    said: list[_Said] = []
    for count, part in enumerate(re.split(r",?\s+so\s+|;\s+", text)):
        bare = part.strip(" ,")
        concluded = count > 0 or _CONCLUDES.match(bare) is not None
        while (cut := _LEAD.sub("", bare)) != bare:
            bare = cut
        row = _ROW.fullmatch(bare)
        if row is None and _REMARK.search(bare):
            continue
        clauses = _row(row[1], row[2], puzzle) if row else _plain(bare, puzzle)
        if clauses is None:
            raise ParseError(f"{quote(part)} is not read")
        said += [_Said(clause, concluded or row is not None) for clause in clauses]
    return said


def _plain(text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """A sentence without "so": one statement, or several joined by "and" and commas."""
    one = _statement(text, puzzle)
    if one is not None:
        return one
    parts = re.split(r",\s*(?:and|but)?\s*|\s+(?:and|but)\s+", text)
    found = [_statement(_LEAD.sub("", part.strip()), puzzle) for part in parts]
    return [clause for clauses in found for clause in clauses or ()] if len(parts) > 1 and None not in found else None


def _statement(text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """A comparison of things, how many come before one, or the position of some, in one of the usual forms."""
    axis = puzzle.ranking.axis
    for before, phrases in ((True, axis.before), (False, axis.after)):
        than = f"(?:{'|'.join(map(re.escape, phrases))})"
        if found := re.fullmatch(rf"(?:there are )?(\w+) \w+ (?:that|who) are {than} (.+)", text, re.IGNORECASE):
            return _counted(found[1], found[2], before, puzzle)
        if found := re.fullmatch(rf"(.+?) {_IS} {than} (.+)", text, re.IGNORECASE):
            left, right = _things(found[1], puzzle), _thing(found[2], puzzle)
            if left and right:
                puzzle.subject = left[0]
                return [(Atom(*((each, "<", right) if before else (right, "<", each))),) for each in left]
    if found := re.fullmatch(rf"(.+?) {_NOT} (.+)", text, re.IGNORECASE):
        return _placed(found[1], "!=", found[2], puzzle)
    if found := re.fullmatch(rf"{_ONLY}(.+?) (?:is|are) (.+)", text, re.IGNORECASE):
        return _one_of(found[1], found[2], puzzle)
    if found := re.fullmatch(rf"(.+?) is {_ONLY}(.+)", text, re.IGNORECASE):
        return _placed(found[1], "=", found[2], puzzle)
    if found := re.fullmatch(
        r"the (?:person|one|\w+) (?:who|that) finished (.+?) (?:is|was) (.+)", text, re.IGNORECASE
    ):
        return _one_of(found[1], found[2], puzzle)
    if found := re.fullmatch(rf"(.+?) {_IS} (.+)", text, re.IGNORECASE):
        return _placed(found[1], "=", found[2], puzzle) or _one_of(found[1], found[2], puzzle)
    return None


def _counted(number: str, thing: str, before: bool, puzzle: _Puzzle) -> list[Clause] | None:
    """ "There are two books to the left of the red book": that is its position."""
    name = _thing(thing, puzzle)
    if name is None or number.lower() not in NUMBERS:
        return None
    count = NUMBERS.index(number.lower())
    return [(Atom(name, "=", count + 1 if before else max(puzzle.ranking.size - count, 0)),)]


def _placed(subjects: str, operator: str, phrase: str, puzzle: _Puzzle) -> list[Clause] | None:
    names, place = _things(subjects, puzzle), _position(phrase, puzzle)
    if not names or place is None:
        return None
    puzzle.subject = names[0]
    return [(Atom(name, operator, place),) for name in names]


def _one_of(phrase: str, things: str, puzzle: _Puzzle) -> list[Clause] | None:
    """ "The third-newest vehicle is either the bus or the truck"."""
    names, place = _things(things.removeprefix("either "), puzzle), _position(phrase, puzzle)
    return [tuple(Atom(name, "=", place) for name in names)] if names and place is not None else None


def _position(phrase: str, puzzle: _Puzzle) -> int | None:
    """The position of "the third-newest (vehicle)" or "the third vehicle from the left"."""
    for noun in (r"$^", r"\s+\w+$", r"\s+\w+(?= from )"):
        place = puzzle.ranking.position(re.sub(noun, "", phrase.strip()), forward=puzzle.forward)
        if place is not None and place > 0:
            return place
    return None


def _thing(text: str, puzzle: _Puzzle) -> str | None:
    bare = _ARTICLE.sub("", text.strip())
    if bare.lower() in ("it", "they"):
        return puzzle.subject
    return next((name for name in puzzle.names if name.casefold() == bare.casefold()), None)


def _row(direction: str, text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """What a row that is written out says: "first is the bus, then second and third can be any vehicle, ..."."""
    forward = puzzle.ranking.forward(direction)
    if forward is None:
        return None
    puzzle.forward = forward
    clauses: list[Clause] = []
    for part in re.split(r",?\s+then\s+", text):
        first, *others = re.split(r",\s*(?:and|but)\s+(?=.+ (?:is|are|finished) )", part.strip(" ,"))
        found = _cell(first, puzzle)
        for other in others if found is not None else ():
            more = _plain(other, puzzle)
            if more is None:
                return None
            clauses += more
        if found is None:
            return None
        clauses += found
    return clauses


def _cell(text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """One part of such a row."""
    found = re.fullmatch(r"(.+?)\s+(?:is|are|can be|must be)\s+(.+)", text, re.IGNORECASE)
    if found is None:
        return [] if puzzle.ranking.position(re.sub(r"\s+\w+$", "", text)) is not None else None
    places = puzzle.ranking.positions(found[1], forward=puzzle.forward)
    if not places:
        return None
    what = found[2].strip()
    if any_one := re.fullmatch(r"(?:any|an unknown|unknown)(?: \w+)?(?: except (.+))?", what, re.IGNORECASE):
        names = _things(any_one[1] or "", puzzle)
        return None if names is None else [(Atom(name, "!=", place),) for name in names for place in _legal(places)]
    if re.fullmatch(r"the (?:remaining|other)(?: \w+)?", what, re.IGNORECASE) or places == [_position(what, puzzle)]:
        return []
    names = _things(what, puzzle)
    if not names:
        return None
    if " or " in found[1]:
        return [tuple(Atom(name, "=", place) for place in _legal(places)) for name in names]
    return [tuple(Atom(name, "=", place) for name in names) for place in _legal(places)]


def _things(text: str, puzzle: _Puzzle) -> list[str] | None:
    """The things of a list; None if it names something else."""
    parts = [part for part in re.split(r",\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+", text.strip()) if part]
    names = [_thing(part, puzzle) for part in parts]
    return [name for name in names if name is not None] if None not in names else None


def _legal(places: Sequence[int]) -> Iterator[int]:
    """Positions as claims can name them; one before the first is no position, as 0 is."""
    return (max(place, 0) for place in places)
