"""What is said of an animal: `does not acquire a photo of the cow`, `has 88 dollars`, as one predicate however worded.

A relation is a verb phrase that ends with another animal. The corpus words each relation in two ways, which the table
below makes one; a phrase outside it is taken as it stands, but for the form of its verb. What has no other animal at
its end is an attribute, and is left to `attributes`.

Hedges (`unquestionably`, `without a doubt`, `for sure`) say nothing: a rule is as strong as its preferences.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.formulas import Atom, Literal, Not, symbol_name
from reasonlab.language.verbs import base_form, stem
from reasonlab.verifiers.readers.boardgame.attributes import Attribute, read_attribute

_RELATIONS = (  # the first wording of each names the predicate
    ("acquire a photograph of", "acquire a photo of"),
    ("attack the green fields whose owner is", "attack the green fields of"),
    ("become an enemy of", "become an actual enemy of"),
    ("borrow one of the weapons of", "borrow a weapon from"),
    ("bring an oil tank for",),
    ("build a power plant near the green fields of", "build a power plant close to the green fields of"),
    ("burn the warehouse of", "burn the warehouse that is in possession of"),
    ("call",),
    ("capture the king of", "capture the king (i.e. the most important piece) of"),
    ("create one castle for", "create a castle for"),
    ("dance with",),
    ("destroy the wall constructed by", "destroy the wall built by"),
    ("disarm",),
    ("eat the food of", "eat the food that belongs to"),
    ("enjoy the company of", "enjoy the companionship of"),
    ("fall on a square of", "fall on a square that belongs to"),
    ("give a magnifier to", "give a magnifying glass to"),
    ("hide the cards that she has from", "hide her cards from"),
    ("hold the same number of points as", "hold an equal number of points as"),
    ("hug",),
    ("invest in the company whose owner is", "invest in the company owned by"),
    ("knock down the fortress of", "knock down the fortress that belongs to"),
    ("know the defensive plans of", "know the defense plan of"),
    ("learn the basics of resource management from", "learn elementary resource management from"),
    ("leave the houses occupied by", "leave the houses that are occupied by"),
    ("manage to convince", "manage to persuade"),
    ("need support from", "need the support of"),
    ("neglect",),
    ("negotiate a deal with",),
    ("offer a job to", "offer a job position to"),
    ("owe money to", "owe $$$ to"),
    ("pay money to", "pay some $$$ to"),
    ("prepare armor for",),
    ("proceed to the spot right after", "proceed to the spot that is right after the spot of"),
    ("raise a peace flag for", "raise a flag of peace for"),
    ("refuse to help",),
    ("remove from the board one of the pieces of", "remove one of the pieces of"),
    ("respect",),
    ("reveal a secret to", "reveal something that is supposed to be a secret to"),
    ("roll the dice for",),
    ("shout at",),
    ("show all her cards to", "show her cards (all of them) to"),
    ("sing a victory song for", "sing a song of victory for"),
    ("smile at",),
    ("steal five points from", "steal five of the points of"),
    ("stop the victory of",),
    ("surrender to",),
    ("suspect the truthfulness of",),
    ("swear to",),
    ("swim in the pool next to the house of", "swim inside the pool located besides the house of"),
    ("take over the emperor of",),
    ("tear down the castle that belongs to", "tear down the castle of"),
    ("trade one of its pieces with", "trade one of the pieces in its possession with"),
    ("unite with",),
    ("want to see",),
    ("wink at",),
)
_NAMED = {wording: wordings[0] for wordings in _RELATIONS for wording in wordings}
_BASES = {stem(wording.split()[0]): wording.split()[0] for wording in _NAMED}
_HEDGES = (
    r"unquestionably|undoubtedly|surely|definitely|certainly|inevitably|unavoidably|additionally|also|too"
    r"|without hesitation|without a doubt|without any doubt|with no doubts?|for sure|beyond a doubt"
)
_HEDGE = re.compile(rf",?\s+(?:{_HEDGES})\b(?:,(?=\s))?")
_POLARITY = re.compile(
    r"(?:(?P<no>does not|doesn't|do not|did not|will not|won't|will never|never|is not going to|should not|not)"
    r"|will|should|does|is going to)\s+"
)
_ANIMAL = re.compile(r"[a-z][a-z'-]*(?: [a-z][a-z'-]*)?")
_SEPARATOR = re.compile(r",?\s+(?:and at the same time|and|but it|but|however)\s+|,\s+")
_MOST_SEPARATORS = 12


@dataclass(frozen=True, slots=True)
class Said:
    """Something said of whoever is spoken of: a relation to another animal, or an attribute."""

    positive: bool
    phrase: str
    others: tuple[str, ...] = ()
    attribute: Attribute | None = None

    def of(self, subject: str) -> Literal:
        """It, said of an animal, or of a variable."""
        names = [name if name[0].isupper() else symbol_name(name, individual=True) for name in (subject, *self.others)]
        atom = Atom(symbol_name(self.phrase, individual=False), tuple(names))
        return atom if self.positive else Not(atom)


@dataclass(frozen=True, slots=True)
class Clause:
    """Something said of an animal."""

    subject: str
    said: Said

    @property
    def literal(self) -> Literal:
        return self.said.of(self.subject)


def plain(text: str) -> str:
    """The text in small letters on one line, without what says nothing."""
    words = " ".join(text.replace("’", "'").lower().split())
    return _HEDGE.sub("", words).replace("then, ", "then ")


def read_said(text: str, *, known: bool = True) -> Said:
    """What a predicate says. `known`: only what the tables know; else a verb is told by its ending or by "will", "not".

    Raises ParseError.
    """
    attribute = read_attribute(text)
    if attribute is not None:
        return Said(True, attribute.name, attribute.others, attribute)
    polarity = _POLARITY.match(text)
    phrase, the, other = (text[polarity.end() :] if polarity else text).rpartition(" the ")
    if not the or not _ANIMAL.fullmatch(other):
        raise ParseError(f"expected something about another animal, found {quote(text)}")
    first, _, others = phrase.partition(" ")
    wording = f"{_BASES.get(stem(first), first if polarity else base_form(first))} {others}".strip()
    if wording not in _NAMED and (known or _SEPARATOR.search(phrase) or not (polarity or first.endswith("s"))):
        raise ParseError(f"unknown phrase {quote(wording)}")
    return Said(not (polarity and polarity["no"]), _NAMED.get(wording, wording), (other,))


def read_clause(text: str, *, known: bool = True) -> Clause:
    """Who is spoken of, and what is said. Raises ParseError."""
    (clause,) = _of_whom(text, lambda rest: [read_said(rest, known=known)])
    return clause


def read_sentence(text: str) -> list[Clause]:
    """Who is spoken of, and all that is said. Raises ParseError."""
    try:
        return _of_whom(text, lambda rest: _listed(rest, _said, known=True))
    except ParseError:
        return _of_whom(text, lambda rest: _listed(rest, _said, known=False))


def _of_whom(text: str, read: Callable[[str], list[Said]]) -> list[Clause]:
    """An animal has a name of one word, or else of two."""
    words = text.removeprefix("the ").split(" ")
    for size in (1, 2):
        subject, rest = " ".join(words[:size]), " ".join(words[size:])
        try:
            return [Clause(subject, said) for said in read(rest)]
        except ParseError:
            if size == 2:
                raise
    raise AssertionError("two sizes were tried")


def read_one(text: str) -> Clause:
    """A clause, if the tables do not know what it says, then as it stands. Raises ParseError."""
    try:
        return read_clause(text)
    except ParseError:
        return read_clause(text, known=False)


def read_list(text: str) -> list[Said]:
    """What predicates joined by commas, "and" or "but" say. Raises ParseError."""
    try:
        return _listed(text, _said, known=True)
    except ParseError:
        return _listed(text, _said, known=False)


def read_clauses(text: str) -> list[Clause]:
    """The same, of whole clauses."""
    try:
        return _listed(text, _clause, known=True)
    except ParseError:
        return _listed(text, _clause, known=False)


def _said(text: str, known: bool) -> Said:
    return read_said(text, known=known)


def _clause(text: str, known: bool) -> Clause:
    return read_clause(text, known=known)


T = TypeVar("T")


def _listed(text: str, read: Callable[[str, bool], T], *, known: bool) -> list[T]:
    if len(_SEPARATOR.findall(text)) > _MOST_SEPARATORS:
        raise ParseError(f"more than {_MOST_SEPARATORS} things are said at once")
    found = _split(text, known, read)
    if found is None:
        raise ParseError(f"expected what is said of an animal, found {quote(text)}")
    return found


def _split(text: str, known: bool, read: Callable[[str, bool], T]) -> list[T] | None:
    """The fewest pieces, the first as long as can be understood; None if there is no way."""
    separators = list(_SEPARATOR.finditer(text))
    found: dict[int, list[T] | None] = {}  # by where the pieces begin

    def pieces(start: int) -> list[T] | None:
        if start not in found:
            found[start] = _first_of(start)
        return found[start]

    def _first_of(start: int) -> list[T] | None:
        later = [separator for separator in separators if separator.start() > start]
        for end, after in [(len(text), None), *((one.start(), one.end()) for one in reversed(later))]:
            try:
                first = read(text[start:end], known)
            except ParseError:
                continue
            rest = pieces(after) if after is not None else []
            if rest is not None:
                return [first, *rest]
        return None

    return pieces(0)


def is_known(phrase: str) -> bool:
    """Whether a phrase is in the table of relations."""
    return phrase in _NAMED
