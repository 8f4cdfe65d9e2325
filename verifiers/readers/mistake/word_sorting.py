"""BIG-Bench's word sorting: put words into alphabetical order, letter by letter.

    input:  "kitten decant being holden have"
    steps:  "I should start by looking at the first letter of the words in the list. The first letter: \\"kitten\\":
             \\"k\\" (11). ...",
            "We now have: (2) \\"being\\" < (4) \\"decant\\" < (8) [\\"holden\\" ? \\"have\\"] < (11) \\"kitten\\".",
            "Now let's sort this subpart [\\"holden\\" ? \\"have\\"] by looking at their second letters. The second
             letter: \\"holden\\": \\"o\\" (15). \\"have\\": \\"a\\" (1).",
            "We now have: (1) \\"have\\" < (15) \\"holden\\" for the subpart. Hence, we have \\"being\\" < ...",
            "I have now sorted all the words. The answer is being decant have holden kitten"

"[a ? b]" are words not yet ordered among themselves, "(n)" is the place of their letter in the alphabet. "..." at the
end of an order stands for the words not listed, in no order. Which subpart to sort next is a choice, not a claim.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.joined import join
from reasonlab.language.names import read_index, read_names
from reasonlab.language.sorting import Group, Groups, Letter, Letters, Sorted, WordGroup, Words
from reasonlab.language.worded import Worded
from reasonlab.verifiers.readers.mistake.orders import as_given, claims_of, passes, read_list, spelling
from reasonlab.verifiers.readers.mistake.rankings import ORDINAL, ordinal
from reasonlab.verifiers.readers.mistake.record import (
    MAX_STEP,
    Trace,
    bad,
    single_spaced,
    split_options,
    unlabelled,
    unmarked,
)

_ASKED = re.compile(r"[^:]*\b(?:sort|alphabeti)[^:]*:(?:[^:]{0,40}:)?\s*(.+)", re.IGNORECASE | re.DOTALL)
_SAYS = re.compile(r"[\d\"“<>:?=]|->|→|\bletters?\b|\b[a-zB-HJ-Z]\b")  # in what may be about letters or an order
_GOES_ON = re.compile(r"\.\s+[A-Z].*|\n\s*\n.*", re.DOTALL)  # what may be said behind the words
_PROBLEM = re.compile(r"(?:[^:]*\b(?:list|words|input)\s*:)?\s*([^:.?!()\[\]{}<>,;]+)", re.IGNORECASE)
MAX_TOKENS = 2_000  # of an order
_LETTERS = re.compile(rf"\bthe ({ORDINAL}) letters?:\s*(.*)", re.IGNORECASE | re.DOTALL)
_LETTER = re.compile(r"\"([^\"]+)\"\s*:\s*\"([^\"]*)\"(?:\s*\(\s*(\d+)\s*\))?")
_SUBPART = re.compile(r"\bsubpart\s*\[([^\[\]]*)\]", re.IGNORECASE)
_BY = re.compile(rf"\b({ORDINAL})\s+letter", re.IGNORECASE)
_GROUPS = re.compile(r"\bwe now have:?\s*(.+?)\s*(for the subpart)?\s*(?:\.\s|\.?\s*$)", re.IGNORECASE | re.DOTALL)
_ORDER = re.compile(r"\bhence,?\s+we have:?\s*(.+)", re.IGNORECASE | re.DOTALL)
_ANSWER = re.compile(
    r"\b(?:(?:so,? )?the (?:final |correct )?answer is:?|(?:final )?answer:)\s*(.*?)\s*\.?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(
    r"\(\s*(?P<number>\d+)\s*\)|\"(?P<quoted>[^\"]*)\"|(?P<more>\.\.\.|…)|(?P<word>[^\s\"\[\]<>?=(),]+)|(?P<mark>[<?=\[\]])"
)


def looks_like(problem: str) -> bool:
    found = _PROBLEM.fullmatch(problem)
    if found is not None and all(any(char.isalpha() for char in word) for word in found[1].split()):
        return True
    return len(problem) <= MAX_STEP and _asked(problem) is not None


def _asked(problem: str) -> list[str] | None:
    """The words of a problem that asks in words to sort them, however they are listed."""
    found = _ASKED.fullmatch(problem)
    if found is None or split_options(problem)[1]:
        return None
    words = read_list(_GOES_ON.sub("", found[1].strip()))
    return words if words is not None and len(words) > 1 else None


@dataclass(slots=True)
class _Part:
    """The words that are being sorted by a letter; all of them at first."""

    place: int = 1
    words: WordGroup = ()
    bare: bool = False  # whether a list of all words says that this is their order


def read(trace: Trace) -> Chain:
    """The chain of a record. Raises BadInput."""
    found = _PROBLEM.fullmatch(trace.input)
    try:
        words = tuple(_asked(trace.input) or ()) or read_names(found[1] if found else "", None)
    except ParseError as error:
        raise bad(f"the input {quote(trace.input)} does not parse: {error}", "words to sort") from None
    part = _Part(bare=not passes([unmarked(text) for text in trace.steps if len(text) <= MAX_STEP], words))
    return Chain(
        id=trace.id,
        givens=(Step(trace.input, Words(words)),),
        query=Query("fill", template="sorted: _"),
        steps=tuple(_step(text, words, part) for text in trace.steps),
        answer=None if trace.answer is None else Answer(_written(trace.answer, words)),
        reference=None if trace.target is None else _written(trace.target, words),
    )


def _written(text: str, words: WordGroup) -> str:
    """A list of words as claims write it, in the spelling of the problem; other texts as they are."""
    said = _ANSWER.search(unmarked(text))
    listed = read_list(said[1] if said else unmarked(text)) if len(text) <= MAX_STEP else None
    return " ".join(text.split() if listed is None else as_given(listed, spelling(words)))


def _step(text: str, words: WordGroup, part: _Part) -> Step:
    try:
        single_spaced(text)
        claims = list(_claims(unlabelled(text) if "\n" not in text.strip() else unmarked(text), words, part))
    except (ParseError, ValueError) as error:  # outside the grammar, or no claim that can be made
        return Step(text, None, reason=str(error))
    repeats = tuple(read_list(unmarked(text).rpartition(":")[2]) or ()) == words
    idle = repeats or not (_SAYS.search(text) or set(re.findall(r"\w+", text.casefold())) & {*spelling(words)})
    return Step(text, join(claims), reason=None if claims or idle else "no letters, groups, order or answer are named")


def _claims(text: str, words: WordGroup, part: _Part) -> Iterator[Worded]:
    """What a step says of letters and orders. Raises ParseError."""
    lines, text = text, " ".join(text.split())
    if (subpart := _SUBPART.search(text)) and (by := _BY.search(text, subpart.end())):
        part.place, part.words = ordinal(by[1].lower()), read_names(_unquoted(subpart[1]), None)
    letters = _LETTERS.search(text)
    quoted = tuple(_letters(letters[2])) if letters else ()
    if letters and quoted:
        yield Letters(ordinal(letters[1].lower()), quoted)
    order = _ORDER.search(text)
    if groups := _GROUPS.search(text[: order.start()] if order else text):
        found = [group for group, _ in _groups(groups[1])]
        yield Groups(part.place, tuple(found), part.words if groups[2] else ())
    if order:
        yield _sorted(order[1], words)
    answer = _ANSWER.search(lines)
    if not (subpart or quoted or groups or order):
        yield from claims_of((lines[: answer.start()] if answer else lines).strip(), words, bare=part.bare)
    if answer:
        listed = read_list(answer[1]) or read_names(answer[1].replace(",", " "), None)
        yield Sorted(tuple((word,) for word in as_given(listed, spelling(words))))


def _letters(text: str) -> Iterator[Letter]:
    for match in _LETTER.finditer(text):
        (of,), (letter,) = read_names(match[1], None), read_names(match[2], None)
        yield Letter(of, letter, read_index(match[3]) if match[3] else None)


def _sorted(text: str, words: WordGroup) -> Sorted:
    found = list(_groups(text.strip().removesuffix(".")))
    groups = [group.words for group, _ in found]
    if found[-1][1]:
        left = Counter(words) - Counter(word for group in groups for word in group)
        groups += [tuple(left.elements())] if left else []
    return Sorted(tuple(groups))


@dataclass(slots=True)
class _Open:
    """A group being read."""

    words: list[str]
    number: int | None = None
    joined: bool = False  # whether the next word belongs to it
    bracket: bool = False

    def close(self) -> Group:
        return Group(tuple(self.words), self.number)


def _groups(text: str) -> Iterator[tuple[Group, bool]]:
    """The groups of an order, smallest first, and whether "..." follows. Raises ParseError."""
    now = _Open([])
    tokens = list(_TOKEN.finditer(text))
    if len(tokens) > MAX_TOKENS:
        raise ParseError(f"an order of {len(tokens)} words and marks is over the limit of {MAX_TOKENS}")
    for token in tokens:
        if token["mark"]:
            now.joined = token["mark"] in "?="
            now.bracket = token["mark"] == "[" or (now.bracket and token["mark"] != "]")
        elif token["more"]:
            continue
        elif now.words and not now.joined and not now.bracket:
            yield now.close(), False
            now = _Open([])
        if token["number"]:
            number = read_index(token["number"])
            if now.words and now.number != number:
                raise ParseError(f"expected one number for {now.words[0]}, found {number}")
            now.number = number
        elif (word := token["quoted"] or token["word"]) is not None:
            now.words.append(word)
            now.joined = False
    if not now.words:
        raise ParseError("expected words in order")
    yield now.close(), bool(tokens[-1]["more"])


def _unquoted(text: str) -> str:
    return re.sub(r"[\"?,=]", " ", text)
