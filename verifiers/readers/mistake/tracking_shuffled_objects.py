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
out is lost. A clause that names somebody and is not understood makes its line unread: no part of it is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.joined import join
from reasonlab.language.names import read_name
from reasonlab.language.permutations import After, Swap
from reasonlab.language.worded import Worded
from reasonlab.verifiers.readers.mistake.rankings import ORDINAL, ordinal
from reasonlab.verifiers.readers.mistake.record import (
    ANSWER,
    Trace,
    bad,
    labelled,
    option_named,
    single_spaced,
    split_options,
    unlabelled,
    unmarked,
)

_NAME = r"[^\W\d_a-zß-öø-ÿ][\w'’-]*"  # it begins with a capital
_PERSON = rf"{_NAME}(?: {_NAME})*"
_SWAPS = r"(?:swap|trade|switch|exchange)"
_SWAP = rf"(?:\w+ )?{_SWAPS}\w*\b"
_WITH = rf"(?:\w+ )?{_SWAPS}\w* (?:\w+ ){{0,3}}with"
_PAIR = re.compile(rf"\b{_NAME} (?:and {_PERSON} {_SWAP}|{_WITH} {_NAME})")
MAX_PEOPLE = 100
_MARK = r"(?::|=|[-–]>|→|⇒|(?<=\s)[-–—](?=\s))"
_LISTED = re.compile(rf"\b({_PERSON})\s*{_MARK}\s*([^:=>→⇒]+)$")
_EXCHANGE = re.compile(r"\s*(?:<-+>|<=+>|[↔⇄⇆⟷])\s*")
_NUMBERED_SWAP = re.compile(rf"\b(?P<swap>{_SWAPS}) \(?(?P<number>\d{{1,4}})\)?(?:\s*:)?", re.IGNORECASE)
_ORDINAL_SWAP = re.compile(rf"\bthe (?P<ordinal>{ORDINAL}|last|final) {_SWAPS}\b,?", re.IGNORECASE)
_HEAD = re.compile(
    r"^(?:at the start|start(?:ing)?|initial(?:ly)?|beginning|current|new|final|result(?:ing)?|updated|now|so|then"
    r"|state)"
    r"(?: (?:state|positions?|assignments?|setup|situation|arrangement|pairs))?\s*:\s*",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"(?<!\w)['\"‘’“”]|['\"‘’“”](?!\w)|[{}\[\]]")
_OPTION_AT_END = re.compile(r"\s*\(([A-Z])\)\s*\.?\s*$")
_HAS = ("has", "have", "gets", "got", "holds", "is holding", "ends up with", "is left with", "keeps", "receives", "is")
_ADVERB = r"(?:(?:now|still|then|also|currently|finally) )*"
_WHEN = r"(?: (?:now|at the (?:start|beginning|end)\b.*))?"
_DENIED = re.compile(r"\b(?:not|never|neither|nor|or|no longer)\b|n['’]t\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|an?|his|her|their)\s+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=\.)\s+|\n")
_START, _END = (
    re.compile(r"\bat the (?:start|beginning)\b|\binitial(?:ly)?\b|^start(?:ing)?\b", re.IGNORECASE),
    re.compile(r"\bat the end\b|\bin the end\b|^final(?:ly|\b)", re.IGNORECASE),
)


def looks_like(problem: str) -> bool:
    story, options = split_options(problem)
    return bool(options) and _PAIR.search(_capitalised(story, story)) is not None


@dataclass(slots=True)
class _Problem:
    """Who and what there is, and the swaps."""

    people: tuple[str, ...]
    things: dict[str, tuple[str, ...]]  # and the words of each
    holding: re.Pattern[str]  # "Ann now has the red ball"
    pairs: tuple[tuple[str, str], ...]
    options: dict[str, After]
    time: int | None = None  # of the last line read
    open: bool = False  # whether it named a swap and no state
    whole: bool = False  # whether some list has named everybody


def _capitalised(text: str, story: str) -> str:
    """A text with the names of a story that is written in small letters as names are written."""
    if re.match(r"\s*[^\W\d_]*[A-ZÀ-Þ]", story):
        return text
    names = re.split(r",\s*(?:and\s+)?|\s+and\s+", story.partition(" are ")[0].strip())
    if not all(re.fullmatch(r"[^\W\d_]+", name) for name in names):
        return text
    return re.sub(rf"\b(?:{_any(names)})\b", lambda match: match[0].capitalize(), text)


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    story, options = split_options(trace.input)
    small = story
    story = _capitalised(story, small)
    try:
        problem, givens = _problem(story, options)
    except ParseError as error:
        raise bad(f"the input {quote(trace.input)} does not parse: {error}", "people, their things and swaps") from None
    answer = labelled(trace.answer, options)
    return Chain(
        id=trace.id,
        givens=givens,
        query=Query("choice", options=tuple(problem.options.items())),
        steps=tuple(_step(text, _capitalised(text, small), problem) for text in trace.steps),
        answer=None if answer is None else Answer(answer),
        reference=labelled(trace.target, options),
    )


def _problem(story: str, options: dict[str, str]) -> tuple[_Problem, tuple[Step, ...]]:
    """Raises ParseError."""
    things = {read_name(text): _words(text) for text in options.values()}
    after = story.partition(":")[2].strip()
    start, *others = re.split(r"\n", after, maxsplit=1) if "\n" in after else _SENTENCE.split(after, maxsplit=1)
    rest = "".join(others)
    holds = _starts(start, things)
    people = tuple(dict.fromkeys(person for person, _, _ in holds))
    if len(people) > MAX_PEOPLE:
        raise ParseError(f"{len(people)} people are over the limit of {MAX_PEOPLE}")
    givens = [Step(f"{person} {verb} {thing}", After(0, ((person, thing),))) for person, verb, thing in holds]
    *told, asked = [sentence.strip() for sentence in _SENTENCE.split(rest) if sentence.strip()] or [""]
    pairs: list[tuple[str, str]] = []
    for sentence in told:
        found = list(_swapped(sentence, people))
        for pair in found:
            pairs.append(pair)
            givens.append(Step(sentence, Swap(len(pairs), *pair)))
        if not found and _names(sentence, people):
            givens.append(Step(sentence, None, reason="expected a swap of two"))
    named = _names(asked, people)
    if not named:
        raise ParseError("expected the name of the one who is asked about")
    claims = {name: After(len(pairs), ((named[-1], read_name(text)),)) for name, text in options.items()}
    return _Problem(people, things, _holding(people, holds), tuple(pairs), claims), tuple(givens)


def _starts(text: str, things: Iterable[str]) -> list[tuple[str, str, str]]:
    """Who has what at the start, and the word for having it. Raises ParseError."""
    named = "|".join(re.escape(thing) for thing in sorted(things, key=len, reverse=True))
    clause = re.compile(rf"({_PERSON}) ([^,:]*?)\s*\b(?:(?:an?|the) )?({named})(?=\s*(?:[,.;]|and\b|$))")
    found = [(match[1], match[2], match[3]) for match in clause.finditer(text)] if named else []
    left = re.sub(r"\band\b", " ", clause.sub("", text) if named else text)
    if not found or re.search(r"\w", left):
        raise ParseError("expected who has what, after a colon, and the things as options")
    return found


def _holding(people: Iterable[str], holds: Iterable[tuple[str, str, str]]) -> re.Pattern[str]:
    verbs = dict.fromkeys((*(verb for _, verb, _ in holds), *_HAS))
    return re.compile(rf"\b({_any(people)}) {_ADVERB}(?:{_any(verbs)}) {_ADVERB}(.+?){_WHEN}$")


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _names(text: str, people: Iterable[str]) -> list[str]:
    return re.findall(rf"\b(?:{_any(people)})\b", text)


def _swapped(text: str, people: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The pairs that are said to swap."""
    one = rf"({_any(people)}|[A-Z])"
    for match in re.finditer(rf"\b{one} (?:and {one} {_SWAP}|{_WITH} {one}\b)", text):
        yield match[1], match[2] or match[3]


def _step(text: str, named: str, problem: _Problem) -> Step:
    """The step of a text, which is `named` with names as the problem writes them."""
    try:
        claims = _claims(_plain(named, problem), problem)
    except (ParseError, ValueError) as error:  # outside the grammar, or no claim that can be made
        return Step(text, None, reason=str(error))
    things = {word for words in problem.things.values() for word in words}
    idle = not _names(named, problem.people) and things.isdisjoint(_words(named))
    return Step(text, join(claims), reason=None if claims or idle else "no swap, thing or answer is named")


def _plain(text: str, problem: _Problem) -> str:
    """A line in the words that are read, without marks and labels: `Ann and Ben swap`. Raises ParseError."""
    lines = [line for line in unmarked(text).split("\n") if line.strip()]
    bare = single_spaced(", ".join([unlabelled(line) for line in lines]))
    bare = _QUOTES.sub("", bare)
    one = rf"(?:{_any(problem.people)}|[A-Z])"
    bare = re.sub(rf"\b({one}){_EXCHANGE.pattern}({one})\b", r"\1 and \2 swap", bare)
    pair = rf"({one}) (?:and|with) ({one})"
    bare = re.sub(rf"\b({_SWAPS} \d{{1,4}}):? \({pair}\)", r"\1: \2 and \3 swap", bare, flags=re.IGNORECASE)
    # Whatever belongs to somebody here is what he holds, if it is one of the things at all.
    return re.sub(rf"\b({_any(problem.people)})['’]s (?:new |current )?[a-z]+ (?:is|becomes)\b", r"\1 has", bare)


def _said_time(text: str, problem: _Problem) -> int | None:
    """The swap that a line gives the number of. Raises ParseError where there is none of that number."""
    if found := _NUMBERED_SWAP.search(text):
        time = int(found["number"])
    elif found := _ORDINAL_SWAP.search(text):
        last = found["ordinal"].lower() in ("last", "final")
        time = len(problem.pairs) if last else ordinal(found["ordinal"].lower())
    else:
        return None
    if not 0 < time <= len(problem.pairs):
        raise ParseError(f"expected the number of one of {len(problem.pairs)} swaps, found {quote(found[0])}")
    return time


def _claims(text: str, problem: _Problem) -> list[Worded]:
    """What a line says of swaps and things. Raises ParseError."""
    before = ANSWER.sub("", text)
    answers = ANSWER.search(text)
    chosen = _OPTION_AT_END.search(before) if answers is None else None
    chosen = chosen if chosen and chosen[1] in problem.options else None
    before = before[: chosen.start()] if chosen else before
    said = _said_time(before, problem)
    before = _ORDINAL_SWAP.sub("", _NUMBERED_SWAP.sub("", before))
    pairs = [(_person(left, problem), _person(right, problem)) for left, right in _swapped(before, problem.people)]
    stated = list(_clauses(before, problem))
    claims: list[Worded] = []
    # A line that cannot be read takes its turn all the same: so the times are settled first.
    for pair in pairs:
        if said is not None and len(pairs) == 1:
            problem.time, problem.open = said, True
        elif not (problem.open and _restated(pair, problem)):
            problem.time, problem.open = (problem.time or 0) + 1, True
        claims.append(Swap(problem.time or 0, *pair))
    time = problem.time or 0
    if not pairs and said is not None:
        time, problem.time, problem.open = said, said, False
    elif not pairs and (_END.search(before) or answers or chosen):
        time = len(problem.pairs)
    elif stated:
        late = not pairs and problem.time is not None and not problem.open and not _START.search(before)
        # After the last swap nothing changes any more: a line about it says it again.
        time = problem.time = min(time + late, max(time, len(problem.pairs)))
        problem.open = False
    if stated:
        holds = dict.fromkeys(_hold(clause, problem) for clause in stated)
        problem.whole = problem.whole or {person for person, _ in holds} == {*problem.people}
        listed = any(_LISTED.search(clause) for clause in stated)
        claims.append(After(time, tuple(holds), problem.whole and listed))
    if answers or chosen:
        claims.append(_option(answers[1] if answers else chosen[1], problem))  # type: ignore[index]
    return claims


def _restated(pair: tuple[str, str], problem: _Problem) -> bool:
    """Whether a swap is the one that the line before has named, said again."""
    time = problem.time or 0
    now, following = problem.pairs[time - 1 : time], problem.pairs[time : time + 1]
    return {*pair} in map(set, now) and {*pair} not in map(set, following)


def _clauses(text: str, problem: _Problem) -> Iterator[str]:
    """The parts of a line that name somebody, without those that name a swap."""
    head = rf"(?:{_PERSON})\s*{_MARK}"
    for part in re.split(rf"[,;.]\s*|\s+and\s+(?={head}|(?:{_any(problem.people)})\b)", _unswapped(text, problem)):
        clause = _HEAD.sub("", part.strip().removeprefix("and "))
        if _LISTED.search(clause) or _names(clause, problem.people):
            yield clause


def _unswapped(text: str, problem: _Problem) -> str:
    one = rf"(?:{_any(problem.people)}|[A-Z])"
    return re.sub(rf"\b{one} (?:and {one} {_SWAP}|{_WITH} {one}\b)[^,:;.]*:?", ", ", text)


def _hold(clause: str, problem: _Problem) -> tuple[str, str]:
    """Who has what, as "Ann: red" or "Ann now has the red ball". Raises ParseError."""
    if found := _LISTED.search(clause):
        return _person(found[1], problem), _thing(found[2], problem) or read_name(found[2])
    bare = re.fullmatch(rf"({_any(problem.people)}) (?:with )?(.+)", clause)  # "Ann has the red ball, Ben the blue"
    if bare is not None and (thing := _thing(bare[2], problem)) is not None:
        return bare[1], thing
    found = problem.holding.search(clause)
    thing = _thing(found[2], problem) if found and not _DENIED.search(clause) else None
    if found is None or thing is None:
        raise ParseError(f"{quote(clause)} is not read")
    return found[1], thing


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
    words: Sequence[str] = re.findall(r"\w+", _ARTICLE.sub("", text.strip(), count=1).casefold())
    return tuple(words)


def _option(text: str, problem: _Problem) -> After:
    """The claim of an option, by its label or its thing. Raises ParseError."""
    found = problem.options.get(
        option_named(text, {name: each.holds[0][1] for name, each in problem.options.items()}) or ""
    )
    spelt = _words(unmarked(text))
    thing = next((each for each in problem.options.values() if _words(each.holds[0][1]) == spelt), None)
    if found is None and thing is None:
        raise ParseError(f"expected one of the options {', '.join(problem.options)}, found {quote(text)}")
    return found or thing  # type: ignore[return-value]
