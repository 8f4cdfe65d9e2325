"""Orders and letters of words as other prompts write them: lists with commas, numbers or bullets, `a < b`, `a -> b`,
`"a" comes before "b"`, `First letters: a (k), b (m)`, `words starting with k: a, b`.

A list of all the words is a claim about the whole order, unless it repeats the problem; a list of some of them, under
words that call it sorted, claims that these follow each other. Lists of other things are not read: nothing that is said
of the remaining words, of a group, or of letters alone is held against all words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.sorting import Group, Groups, Letter, Letters, Sorted, WordGroup
from reasonlab.language.worded import Worded
from reasonlab.verifiers.readers.mistake.rankings import ORDINAL, ordinal

_WORD = r"[^\W\d_](?:[\w'’-]*\w)?"
_MARKS = re.compile(r"[\"“”‘`\[\](){}]|(?<!\w)['’]|['’](?!\w)")
_SIGN = re.compile(r"\s*(?:<|-+>|→|⇒)\s*")
_COMMA = re.compile(r"\s*[,;]\s*(?:(?:and|then)\s+)?|\s+(?:and|then)\s+")
_ITEM = re.compile(r"\s*(?:\(?\d{1,4}[.):]\s+|[-*•]\s+)(.+?)[\s,.;]*")
_LEAD = re.compile(r"(?P<lead>[^:<\"\[]*?)(?::|\b(?:is|are|becomes|would be|will be)\b:?)\s+(?P<rest>\S.*)", re.DOTALL)
_CALLED = re.compile(
    r"\b(?:sorted|alphabetical(?:ly)?|alphabetized|(?:the|correct|final|right) order|in order|together)\b"
)
_WHOLE = re.compile(r"\b(?:final|complete|full|fully|all|whole|entire)\b")
_OTHER = re.compile(r"\b(?:original|given|unsorted|reverse|initial|input|length|remaining|letters?|not)\b")
_OPEN = re.compile(r"\.\.\.|…|\betc\b|\?")
_LETTERS = re.compile(rf"\b({ORDINAL})\s+letters?\b[^:]*:\s*(.+)", re.IGNORECASE | re.DOTALL)
_START = re.compile(
    r"\b(?:start|begin)(?:s|ing|ning)? with (?:the letter )?[\"“'(]?([^\W\d_])[\"”')]?"
    r"\s*(?::|\b(?:is|are)\b:?|[-–—]|=)\s*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_SPELT = re.compile(  # a word and its letter
    rf"[\"“']?\b({_WORD})[\"”']? ?(?:[:=(–-]|->|→|is) ?[\"“']?([^\W\d_])[\"”']?(?![\w'’])\)?(?: ?\((\d{{1,4}})\))?",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"[\"“']?\b({_WORD})\b[\"”']? (?:(?:should|must|will|would) )?"
    r"(?:(?:comes?|goes|is|sorts|appears|be|placed) ){0,3}"
    rf"(before|ahead of|precedes|after|follows) [\"“']?\b({_WORD})\b[\"”']?",
    re.IGNORECASE,
)
MAX_PAIRS = 200
MAX_ITEM = 200  # characters


def read_list(text: str) -> list[str] | None:
    """The words of a list with commas, line breaks or bare spaces between; None if it is none, or of phrases."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    bare = [found[1] if (found := _item(line)) else line for line in lines]
    joined = _MARKS.sub(" ", ", ".join(bare)).strip().rstrip(".").strip(" ,;")
    parts = [part.strip() for part in _COMMA.split(joined)] if re.search(r"[,;]", joined) else joined.split()
    return parts if parts and all(re.fullmatch(_WORD, part) for part in parts) else None


def _item(line: str) -> re.Match[str] | None:
    return _ITEM.fullmatch(line) if len(line) <= MAX_ITEM else None


def spelling(words: WordGroup) -> dict[str, str]:
    """How the problem writes each word, by the word in small letters."""
    return {word.casefold(): word for word in reversed(words)}


def as_given(found: Sequence[str], spelt: Mapping[str, str]) -> list[str]:
    """Words as the problem writes them; others as they are."""
    return [spelt.get(word.casefold(), word) for word in found]


def passes(texts: Sequence[str], words: WordGroup) -> bool:
    """Whether a chain lists all the words more than once in different orders: as it sorts, and not as a claim."""
    spelt = spelling(words)
    lists = [read_list(_introduced(text)[1]) for text in texts]
    orders = {tuple(as_given(found, spelt)) for found in lists if found is not None} - {words}
    return sum(Counter(order) == Counter(words) for order in orders) > 1


def claims_of(text: str, words: WordGroup, *, bare: bool) -> Iterator[Worded]:
    """What a step says of the words, in one of these forms. Raises ParseError where a form is begun and not kept.

    `bare`: whether a list of all words is a claim where nothing calls it sorted.
    """
    spelt = spelling(words)
    if letters := _LETTERS.search(text):
        yield _letters(ordinal(letters[1].lower()), letters[2], spelt)
    elif start := _START.search(text):
        found = read_list(start[2])
        if found is None or not all(word.casefold() in spelt for word in found):
            raise ParseError(f"expected some of the words, found {quote(start[2])}")
        yield Letters(1, tuple(Letter(word, start[1].lower()) for word in as_given(found, spelt)))
    elif pairs := _pairs(text, spelt):
        for one, two in pairs:
            yield from _follow([one, two])
    else:
        yield from _order(text, words, spelt, bare)


def _letters(place: int, text: str, spelt: Mapping[str, str]) -> Letters:
    """The letters behind words: `a (k), b (m)`, `a: k`, `a = k`. Raises ParseError."""
    text = " ".join(text.split())
    said = list(_SPELT.finditer(text))
    strange = re.search(_WORD, re.sub(r"\band\b", "", _SPELT.sub("", text)))
    if not said or strange or not all(match[1].casefold() in spelt for match in said):
        raise ParseError(f"expected a letter for each word, found {quote(text)}")
    return Letters(
        place,
        tuple(
            Letter(spelt[match[1].casefold()], match[2].lower(), int(match[3]) if match[3] else None) for match in said
        ),
    )


def _pairs(text: str, spelt: Mapping[str, str]) -> list[tuple[str, str]]:
    """Words of which one is said to come before the other, smaller first."""
    if re.search(r"\b(?:not|n't|if|whether|or)\b|\?", text):
        return []
    said = _BEFORE.finditer(" ".join(text.split()))
    found = [(match[1].casefold(), match[2].lower(), match[3].casefold()) for match in said]
    ordered = [(two, one) if how in ("after", "follows") else (one, two) for one, how, two in found]
    return [(spelt[one], spelt[two]) for one, two in ordered if one in spelt and two in spelt]


def _order(text: str, words: WordGroup, spelt: Mapping[str, str], bare: bool) -> Iterator[Worded]:
    """The claim of a list, if the step is one, with words that introduce it or without."""
    lead, rest = _introduced("\n".join(" ".join(line.split()) for line in text.split("\n")))
    if _OPEN.search(rest) or _OTHER.search(lead):
        return
    signs = _SIGN.search(rest) is not None
    found = read_list(_SIGN.sub(", ", rest))
    if found is None or len(found) < 2:
        return
    listed = as_given(found, spelt)
    known = [word for word in listed if word in words]
    called = signs or _CALLED.search(lead) is not None
    if Counter(listed) == Counter(words):
        if called or (bare and not lead and tuple(listed) != words):
            yield Sorted(tuple((word,) for word in listed))
    elif called and 2 * len(known) > len(listed) and (_WHOLE.search(lead) or len(listed) >= len(words)):
        yield Sorted(tuple((word,) for word in listed))
    elif called and len(known) == len(listed):
        yield from _follow(listed)


def _introduced(text: str) -> tuple[str, str]:
    """The words before a list, in small letters, and the list."""
    first, _, others = text.strip().partition("\n")
    if others and _item(first) is None:
        return first.lower(), others
    found = _LEAD.fullmatch(text.strip())
    return (found["lead"].lower(), found["rest"]) if found else ("", text)


def _follow(listed: Sequence[str]) -> Iterator[Worded]:
    """That words follow each other: of each two, at the first place where they differ. Raises ParseError."""
    if len(listed) > MAX_PAIRS:
        raise ParseError(f"a list of {len(listed)} words is over the limit of {MAX_PAIRS}")
    for one, two in pairwise(listed):
        letters = zip(one.casefold(), two.casefold())
        place = next((at for at, (left, right) in enumerate(letters, 1) if left != right), None)
        if place is None:
            raise ParseError(f"expected words of which neither begins the other, found {quote(one)} and {quote(two)}")
        yield Groups(place, (Group((one,)), Group((two,))), (one, two))
