"""BIG-Bench's logical deduction: things in a fixed order, statements about it, and one position asked for.

    input:  "...\\n- On a shelf, there are three books: a red book, a green book, and a blue book.\\n- The red book is
             to the left of the green book.\\n- The blue book is the leftmost.\\nQ: ...\\nOptions:\\n(A) The red book is
             the leftmost.\\n..."
    steps:  "The blue book is the leftmost. So from left to right: first is the blue book, then second and third can be
             any book.", ..., "The only book that can be second is the red book. So the answer is (B)"

A step quotes statements, one after the other, and says what follows: so each conclusion is a claim `since` the
statements quoted so far. A chain that leaves most of them unquoted rests on all. "Can be any book" says nothing; "can
be X or Y" says that it is one of these. The answer itself is held against all the statements. A row may also be shown
at once: `from left to right: owl, crow`, `"owl ? crow"`, `(newest) bus, van (oldest)`, or a numbered list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.orderings import MAX_ATOMS, Atom, Clause, Objects, Place, read_thing
from reasonlab.verifiers.readers.mistake.rankings import ORDINAL, Ranking, axis_of
from reasonlab.verifiers.readers.mistake.record import (
    ANSWER,
    Trace,
    bad,
    labelled,
    option_named,
    single_spaced,
    split_options,
    unlabelled,
)

_LIST = re.compile(
    r"^.*\b(?:there (?:are|were)|sells?|has|have|contains?|compare|sit|stand|live|work|are|were)\b[^:]*:\s*(.+)$"
)
_ALSO = re.compile(
    r"(.+?),? \(?(?:i\.e\.|ie|that is|meaning|which is|which means),?(?: it is)? (.+?)\)?", re.IGNORECASE
)
_SHOWN = re.compile(r"(.+?):\s*[\"“']?([^\"”:]*[?_<>→][^\"”:]*|[^\"”:]+)[\"”']?", re.DOTALL)
_ORDER = r"(?:.*?\b)?from ((?:{ends}|most|least) to (?:{ends}))(?:,? (?:is|are|we have))?:?\s+[\"“']?(.+?)[\"”']?"
_BARE_ORDER = re.compile(
    r"(?:(?:the|our|we have|we get) )?(?:the )?(?:(?:final|full|complete|correct|overall) )?"
    r"(?:order(?:ing)?|row|ranking)?(?: is| are)?:?\s+[\"“'](.+?)[\"”']",
    re.IGNORECASE,
)
_CELLS = re.compile(r"\bfrom [\w ]+ to [\w ]+:\s*first\b", re.IGNORECASE)
_ENDS = re.compile(r"(?:.*:\s*)?[\"“']?\(([\w ]+)\)\s*(.+?)\s*\(([\w ]+)\)[\"”']?", re.IGNORECASE)
_PLACES = re.compile(r"\s*(?:\(?(\d{1,3})[.):]|(\d{1,3})(?:st|nd|rd|th)\b:?)\s*(.+?)[\s.,;]*")
_SWAPS = re.compile(r"\b(?:swap|trade|switch|exchange)", re.IGNORECASE)
_ELIMINATED = re.compile(r"^(?:we )?eliminate \(?[A-Z]\)? (?:because|since|as)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])(?<!i\.e\.)(?<!\s\?)(?<![\"“]\?)\s+|\n")
_LEAD = re.compile(
    r"^(?:so|then|but|and|also|therefore|hence|thus|since|by process of elimination"
    r"|according to (?:this|our) (?:ordering|list)|we (?:previously concluded|know) that)\b,?\s*",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(r"(?:so|therefore|hence|thus|by process of elimination|according to)\b", re.IGNORECASE)
_REMARK = re.compile(r"\bonly\b.*\bnot (?:been |in |yet )", re.IGNORECASE)  # on who is not placed yet, not on the row
_ROW = re.compile(r"from ([\w ]+? to [\w ]+?):\s*(.+)", re.IGNORECASE)
_NUMBERED = re.compile(r"^(?:[-*•]|\(?\d{1,3}[.):])\s+")
_IDLE = re.compile(
    r"(?:to answer the question|i should (?:first )?find|then, if there are remaining|the question asks|let us"
    r"|let's|there are \w+ \w+ in total)\b.*",
    re.IGNORECASE,
)
_IS = (
    r"(?:is|are|was|were|must(?: also)? be|has to be|have to be|finished|finishes|must(?: also)? have finished"
    r"|must finish|came|comes|came in|sits|stands|ranks|ranked|placed)(?: also| thus| therefore)?"
)
_ONLY = r"the only (?:other )?\w+ (?:that|who) (?:can|could) be (?:in )?"
MAX_ROW = 1_000  # characters of a row that is shown
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
    stepwise: bool = False  # whether each conclusion rests on what was quoted so far, and not on all that is given


@dataclass(frozen=True, slots=True)
class _Said:
    """A clause, and whether it is said to follow."""

    clause: Clause
    concluded: bool


def looks_like(problem: str) -> bool:
    story, options = split_options(problem)
    if not options or _SWAPS.search(story):
        return False
    if "arranged in a fixed order" in problem:
        return True
    listed = any(_LIST.match(line) for line in _SENTENCE.split(story))
    return listed and axis_of(f"{story} {' '.join(options.values())}") is not None


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
    puzzle.stepwise = any(_CELLS.search(text) for text in trace.steps) or _quotes_most(trace.steps, puzzle)
    return Chain(
        id=trace.id,
        givens=givens,
        query=Query("choice", options=tuple((name, Place((clause,))) for name, clause in puzzle.options.items())),
        steps=tuple(_step(text, puzzle) for text in trace.steps),
        answer=None if answer is None else Answer(answer),
        reference=labelled(trace.target, options),
    )


def _quotes_most(texts: Sequence[str], puzzle: _Puzzle) -> bool:
    """Whether a chain quotes more than half of the statements somewhere."""
    trial = replace(puzzle, quoted={}, options=dict(puzzle.options))
    for text in texts:
        _step(text, trial)
    return 2 * len(trial.quoted) > len(puzzle.given)


def _puzzle(story: str, options: dict[str, str]) -> tuple[_Puzzle, tuple[Step, ...]]:
    """Raises ParseError."""
    described = story.partition("order.")[2] or story
    axis = axis_of(f"{described} {' '.join(options.values())}")
    lines = [_NUMBERED.sub("", line.strip()) for line in _SENTENCE.split(story.partition("Q:")[0])]
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
        elif line and not line.endswith(("?", ":")):
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
        places = _numbered_places(text, puzzle)
        plain = single_spaced(text if places else unlabelled(text))
        answer = ANSWER.search(plain)
        options = _options(answer[1], puzzle) if answer else []
        said += [_Said(clause, True) for clause in places]
        for sentence in _SENTENCE.split("" if places else _corrected(ANSWER.sub("", plain), puzzle)):
            bare = _ELIMINATED.sub("", _NUMBERED.sub("", sentence.strip()).rstrip("."))
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
    since = tuple(puzzle.quoted) if concluded and puzzle.stepwise else ()
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
    for word in re.findall(r"\(?\b([A-Z])\b\)?", text)[:1]:
        said = _statement(text.partition(word)[2].lstrip(") .:").rstrip(". "), puzzle)
        if said is not None and word in puzzle.options and said == [puzzle.options[word]]:
            return said
    if (named := option_named(text, {name: name for name in puzzle.options})) is not None:
        return [puzzle.options[named]]
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
        cells = row is not None and re.match(rf"(?:the )?(?:{ORDINAL}|last)\b", row[2], re.IGNORECASE)
        if not cells and (order := _ordered(bare, puzzle)) is not None:
            said += order
            continue
        if row is None and _REMARK.search(bare):
            continue
        clauses = _row(row[1], row[2], puzzle) if row else _plain(bare, puzzle)
        if clauses is None:
            raise ParseError(f"{quote(part)} is not read")
        said += [_Said(clause, concluded or row is not None) for clause in clauses]
    return said


def _ordered(text: str, puzzle: _Puzzle) -> list[_Said] | None:
    """What a row that is shown says; None where there is none. Raises ParseError for one that is begun and not read."""
    axis = puzzle.ranking.axis
    if len(text) > MAX_ROW:
        return None
    if found := _ENDS.fullmatch(text):
        forward = puzzle.ranking.forward(f"{found[1]} to {found[3]}")
        return _shown_row(found[2], forward, puzzle)
    ends = "|".join((*axis.first, *axis.last))
    order = re.fullmatch(_ORDER.format(ends=ends), text, re.IGNORECASE)
    if order and (forward := puzzle.ranking.forward(order[1])) is not None:
        return _shown_row(order[2], forward, puzzle)
    if found := _BARE_ORDER.fullmatch(text):
        return _shown_row(found[1], True if axis.runs else None, puzzle)
    if found := _SHOWN.fullmatch(text):
        before = _plain(found[1].strip(), puzzle)
        if before is None:
            return None
        compared = re.fullmatch(r"([^<>]+)([<>])([^<>]+)", found[2])
        names = [_thing(each, puzzle) for each in (compared[1], compared[3])] if compared and axis.more else [None]
        if compared and None not in names:
            left, right = (str(name) for name in names)
            clause = (Atom(*((left, "<", right) if compared[2] == ">" else (right, "<", left))),)
            return [*(_Said(each, False) for each in before), _Said(clause, True)]
        try:
            row = _shown_row(found[2], True if axis.runs else None, puzzle)
        except ParseError:
            if re.search(r"[\"“?_<>→]", text):
                raise
            return None  # some other words behind a colon
        return [*(_Said(each, False) for each in before), *row]
    return None


def _shown_row(text: str, forward: bool | None, puzzle: _Puzzle) -> list[_Said]:
    """The positions in a row of names, with "?" or "_" where nothing is said. Raises ParseError."""
    parts = [
        part
        for part in re.split(r"\s*(?:,|->|→|[<>|])\s*(?:and\s+)?|\s+(?=[?_])|(?<=[?_])\s+", text.strip(' ."“”'))
        if part
    ]
    names = [None if part in ("?", "_") else _thing(part, puzzle) or "" for part in parts]
    if len(names) != puzzle.ranking.size and " " in text:  # one word each
        parts = re.sub(r"[,<>|]", " ", text).split()
        names = [None if part in ("?", "_") else _thing(part, puzzle) or "" for part in parts]
    if forward is None or "" in names or len(names) != puzzle.ranking.size:
        raise ParseError(f"expected {puzzle.ranking.size} things in a row of known direction, found {quote(text)}")
    places = range(1, len(names) + 1) if forward else range(len(names), 0, -1)
    return [_Said((Atom(name, "=", place),), True) for name, place in zip(names, places) if name is not None]


def _numbered_places(text: str, puzzle: _Puzzle) -> list[Clause]:
    """The positions that a numbered list of all things gives them; empty where a step is no such list."""
    lines = [line for line in text.split("\n") if line.strip()]
    if any(len(line) > MAX_ROW for line in lines):
        return []
    head = puzzle.ranking.axis.runs
    if lines and (found := re.search(r"\bfrom ([\w ]+ to [\w ]+?)\b\W*$", lines[0], re.IGNORECASE)):
        forward = puzzle.ranking.forward(found[1])
        lines = lines[1:]
    else:
        forward = True if head else None
    marks = [_PLACES.fullmatch(line) for line in lines]
    if forward is None or len(lines) != puzzle.ranking.size or len(lines) < 2:
        return []
    names = [_thing(mark[3], puzzle) if mark else None for mark in marks]
    numbers = [int(mark[1] or mark[2]) for mark in marks if mark]
    if None in names or sorted(numbers) != list(range(1, len(lines) + 1)):
        return []
    size = puzzle.ranking.size
    return [(Atom(str(name), "=", number if forward else size + 1 - number),) for name, number in zip(names, numbers)]


def _plain(text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """A sentence without "so": one statement, or several joined by "and" and commas."""
    one = _statement(text, puzzle)
    if one is not None:
        return one
    if also := _ALSO.fullmatch(text):
        first, place = _plain(also[1], puzzle), _position(also[2], puzzle)
        if first is not None and place is not None and len(first) == len(first[0]) == 1 and first[0][0].operator == "=":
            return [*first, (Atom(first[0][0].left, "=", place),)]
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
    if (near := _beside(text, puzzle)) is not None:
        return near
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


def _beside(text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """ "immediately to the left of", "next to", "between": what they say of every position."""
    axis, places = puzzle.ranking.axis, range(1, puzzle.ranking.size + 1)
    if found := re.fullmatch(rf"(.+?) {_IS} between (.+?) and (.+)", text, re.IGNORECASE):
        one, left, right = (_thing(each, puzzle) for each in found.groups())
        if one and left and right:
            return [(Atom(left, "<", one), Atom(right, "<", one)), (Atom(one, "<", left), Atom(one, "<", right))]
    directly = r"(?:immediately|directly|just|right)"
    for steps, phrases in (((1,), axis.before), ((-1,), axis.after), ((-1, 1), ("next to", "adjacent to", "beside"))):
        words = "|".join(map(re.escape, phrases))
        adverb = f"{directly} " if len(steps) == 1 else f"(?:{directly} )?"
        if found := re.fullmatch(rf"(.+?) {_IS} {adverb}(?:{words}) (.+)", text, re.IGNORECASE):
            one, two = _thing(found[1], puzzle), _thing(found[2], puzzle)
            if one and two:
                return [
                    (
                        Atom(one, "!=", place),
                        *(Atom(two, "=", place + step) for step in steps if place + step in places),
                    )
                    for place in places
                ]
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
    words = bare.casefold().split()
    exact = next((name for name in puzzle.names if name.casefold().split() == words), None)
    shortened = [name for name in puzzle.names if words and {*words} < {*name.casefold().split()}]
    return exact or (shortened[0] if len(shortened) == 1 else None)


def _row(direction: str, text: str, puzzle: _Puzzle) -> list[Clause] | None:
    """What a row that is written out says: "first is the bus, then second and third can be any vehicle, ..."."""
    forward = puzzle.ranking.forward(direction)
    if forward is None:
        return None
    puzzle.forward = forward
    clauses: list[Clause] = []
    cut = r",?\s+then\s+" if re.search(r"\bthen\b", text) else rf",\s+(?:and\s+)?(?=(?:the )?(?:{ORDINAL}|last) is\b)"
    for part in re.split(cut, text, flags=re.IGNORECASE):
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
