"""The rules of the corpus: each is worded by one of the frames below, around predicates and clauses (`phrases`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.formulas import Literal, Rule
from reasonlab.verifiers.readers.boardgame.phrases import Said, plain, read_clauses, read_list, read_one

ANYONE = "X"
_MOST_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule as read. `attributes`: its conditions that are attributes, each with whom it is about."""

    rule: Rule
    attributes: tuple[tuple[str, Said], ...] = ()


def read_rule(text: str) -> Reading:
    """What a rule says. Raises ParseError: no frame fits, or what stands in it is not understood."""
    if len(text) > _MOST_CHARACTERS:
        raise ParseError(f"a rule of {len(text)} characters is over the limit of {_MOST_CHARACTERS}")
    words = plain(text).strip().removesuffix(".")
    reason = f"no known way to word a rule: {quote(words)}"
    for pattern, made in _FRAMES:
        match = pattern.fullmatch(words)
        if match is not None:
            try:
                return made(match)
            except ParseError as error:
                reason = error.reason
    raise ParseError(reason)


def _reading(conditions: list[tuple[str, Said]], head: Literal) -> Reading:
    attributes = tuple((subject, said) for subject, said in conditions if said.attribute is not None)
    return Reading(Rule(tuple(said.of(subject) for subject, said in conditions), head), attributes)


def _head(text: str) -> Literal:
    """What a clause concludes; the article may be missing."""
    clause = read_one(text)
    if clause.said.attribute is not None:
        raise ParseError(f"a rule concludes what an animal does, not {quote(text)}")
    return clause.literal


def _one(text: str, subject: str) -> Literal:
    (said, *more) = read_list(text)
    if more or said.attribute is not None:
        raise ParseError(f"a rule concludes one thing that an animal does, not {quote(text)}")
    return said.of(subject)


def _some(match: re.Match[str]) -> Reading:
    """A rule from what some animal does."""
    return _reading([(ANYONE, said) for said in read_list(match["p"])], _head(match["head"]))


def _any(match: re.Match[str]) -> Reading:
    """A rule from what an animal does to what it does."""
    return _reading([(ANYONE, said) for said in read_list(match["p"])], _one(match["q"], ANYONE))


def _this(match: re.Match[str]) -> Reading:
    """A rule about one animal."""
    conditions = [(match["who"], said) for said in read_list(match["p"])]
    return _reading(conditions, _one(match["q"], match["who"]))


def _clauses(match: re.Match[str]) -> Reading:
    """A rule from what animals do to what one does."""
    groups = match.groupdict()
    found = [clause for part in ("body", "second") if groups.get(part) for clause in read_clauses(groups[part])]
    return _reading([(clause.subject, clause.said) for clause in found], _head(match["head"]))


_WHO = r"the (?P<who>[a-z][a-z'-]*(?: [a-z][a-z'-]*)?)"
_FRAMES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Reading]], ...] = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (r"if at least one animal (?P<p>.+?),? then (?P<head>the .+)", _some),
        (r"(?P<head>the .+) whenever at least one animal (?P<p>.+)", _some),
        (r"if there is evidence that one animal, no matter which one, (?P<p>.+), then (?P<head>the .+)", _some),
        (r"there exists an animal which (?P<p>.+)\? then (?P<head>the .+)", _some),
        (rf"here is an important piece of information about {_WHO}: if it (?P<p>.+?),? then it (?P<q>.+)", _this),
        (rf"regarding {_WHO}, if it (?P<p>.+), then we can conclude that it (?P<q>.+)", _this),
        (rf"the .+? (?P<q>will (?:not )?.+) if it \({_WHO}\) (?P<p>.+)", _this),
        (
            r"are you certain that one of the animals (?P<p>.+)\? "
            r"then you can be certain that (?:the same|this) animal (?P<q>.+)",
            _any,
        ),
        (r"from observing that (?:an|one) animal (?P<p>.+), one can conclude that it (?P<q>.+)", _any),
        (
            r"from observing that (?:an|one) animal (?P<p>.+), one can conclude the following: that animal (?P<q>.+)",
            _any,
        ),
        (r"if you see that something (?P<p>.+), what can you conclude\? you can conclude that it (?P<q>.+)", _any),
        (
            r"be careful when something (?P<p>.+) because in this case it (?P<q>.+) "
            r"\(this may or may not be problematic\)",
            _any,
        ),
        (
            r"if you are positive that (?:you saw )?one of the animals (?P<p>.+), you can be certain that it (?P<q>.+)",
            _any,
        ),
        (r"the living creature that (?P<p>.+?) (?P<q>will .+)", _any),
        (r"if something (?P<p>.+), then it (?P<q>.+)", _any),
        (
            r"this is a basic rule: if (?P<body>.+), then the conclusion that \"?(?P<head>.+?)\"? "
            r"follows immediately and effectively",
            _clauses,
        ),
        (r"one of the rules of the game is that if (?P<body>.+), then (?P<head>.+)", _clauses),
        (
            r"for the .+?, if you have two pieces of evidence 1\) (?:that )?(?P<body>.+?) and 2\) (?:that )?"
            r"(?P<second>.+), then you can add (?:that )?\"?(?P<head>.+?)\"? to your conclusions",
            _clauses,
        ),
        (
            r"for the .+?, if the belief is that (?P<body>.+), then you can add (?:that )?\"?(?P<head>.+?)\"? "
            r"to your conclusions",
            _clauses,
        ),
        (
            r"in order to conclude that (?P<head>.+?), two pieces of evidence are required: "
            r"firstly (?:that )?(?P<body>.+) and secondly (?:that )?(?P<second>.+)",
            _clauses,
        ),
        (r"(?P<head>the .+?),? in the case where (?P<body>.+)", _clauses),
        (r"if (?P<body>.+), then (?P<head>the .+)", _clauses),
    )
)
