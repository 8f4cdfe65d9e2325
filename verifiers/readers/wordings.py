"""How people and models word a step of reasoning: what only leads to a statement, and where premises end.

Nothing here knows a theory: these are the frames; what stands in them is read by `reasonlab.language.sentences`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reasonlab.language.chains import split_steps

TRUTHS = {"true": "true", "correct": "true", "false": "false", "incorrect": "false", "not true": "false"}
OPEN = ("unknown", "uncertain", "undetermined", "unclear")
LONGEST = 2000  # characters of a sentence
_MOST_SPLITS = 20


def _frame(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.IGNORECASE)


_SAID = "|".join((*TRUTHS, *OPEN))
_PART = (
    r"(?:premises?|facts?|rules?|steps?|statements?|sentences?|triples?|sent|int|given|context|text|passage|theory|"
    r"problem)"
)
_NUMBERED = rf"(?:{_PART}\s?)?[#(]*\d{{1,4}}\)*"
_MARK = _frame(
    r"(?:[-*•]+|\(?\d{1,4}[.):]\)?",
    r"|(?:step|premise|fact|rule|int|sent|conclusion|deduction|inference|claim)\s?\d{0,4}\s?[.:])\s*(?=\S)",
)
_DERIVED = _frame(r"[\w\s&,+]{1,200}->\s*(?:int|sent)?\s?\d{0,4}(?:hypothesis)?\s*:\s*")  # sent1 & rule2 -> int1: ...
_REFERENCES = _frame(rf"\s*[\[(](?:(?:from|by|using|see|and|{_PART}|[&,#]|\d{{1,4}})\s*+)++[\])]\s*$")
_MUST = _frame(r"\b(?:must|has to) be\b")
_SPEAKER = (
    r"(?:we|i|one) (?:(?:also|now|then|already|can|may|must|therefore|thus) )*"
    r"(?:know|conclude|infer|deduce|derive|see|have|get|find|say|are given|are told|obtain|note)"
)
_LEAD = _frame(
    r"(?:so|thus|hence|therefore|then|and|but|also|next|first|firstly|second|secondly|third|thirdly|finally|lastly|now|",
    r"again|moreover|furthermore|in addition|additionally|similarly|likewise|consequently|accordingly|as a result|",
    r"in conclusion|to conclude|in other words|clearly|obviously|indeed|however)\b\s*,?\s+",
    r"|(?:it (?:follows|is given|is stated|is known)|(?:this|that|which) (?:means|implies|shows|proves|tells us)|note|",
    rf"{_SPEAKER}|(?:the )?(?:{_NUMBERED}|{_PART}) (?:says?|states?|tells? us))(?:\s+that\b|\s*[:,])?\s+",
    rf"|(?:according to|by|from|using|based on) (?:the )?(?:{_NUMBERED}(?:(?:\s*,|\s+and|\s*&)+\s*{_NUMBERED}){{0,9}}",
    rf"|{_PART})\s*[,:]\s*",
)
_EITHER_CASE = _frame(r"(?:in (?:either|both|any|all|every) (?:of the )?cases?|either way)\s*,?\s+")
_SO = _frame(
    r"\s*,?\s*\b(?:and )?(?:so|therefore|thus|hence|consequently|(?:which|this) (?:means|implies)|meaning|implying)\b",
    r"(?:\s+that\b)?\s*,?\s+",
)
_BECAUSE = _frame(r"\s*,?\s+(?:because|since|given that)\s+")
_STATED = r"(?:the\s+)?(?:(?:given|above|following|original)\s+)?"
_STATED += r"(?:statement|claim|conclusion|sentence|hypothesis|proposition)"

SINCE = _frame(r"(?:since|because|as|given that|given|knowing that|from the fact that|from)\s+(.+)")
ASSUME = _frame(
    r"(?:let us |let's |we |now )*(?:assume|suppose)(?: for (?:the sake of )?(?:contradiction|argument))?\s*,?",
    r"(?:\s+that\b)?\s*,?\s+(.+)",
)
CONTRADICTS = _frame(
    r"(?:but |however,? )?(?:this|that|which|it)(?: is a)? contradict(?:s|ion|ory)\b\s*(?:with|to)?\s*",
    r"(?:(?:the (?:fact|premise|given|assumption)|our assumption) that )?(.*)",
)
STATEMENT = _frame(
    rf"(?:{_STATED}\s*[:,]?\s*)?(?:[\"“'‘](?P<said>[^\"“”]{{1,400}}?)[.,]?[\"”'’])?\s*,?\s*(?:is|must be)\s+",
    rf"(?:therefore |thus |hence |also )?(?P<truth>{_SAID})",
)
TRUE_THAT = _frame(rf"it is (?P<truth>{_SAID}) that (?P<said>.+)")
ANSWER = _frame(
    r"(?:(?:the|my|our)\s+)?(?:(?:final|correct|right)\s+)?(?:answer|option|choice)\s*(?:is|:|would be)\s*:?\s*",
    rf"(?:option\s+)?[(\[*\"]*(?P<label>[A-Za-z]+)[)\].*\":]*\s*(?P<truth>{_SAID})?[)*\"]*",
    r"|[*\"]*(?P<bare>true|false|unknown|uncertain)[*\"]*",
)
NOTHING = _frame(  # what only says what is going to be done
    r"let(?:'s| us) (?:think|start|begin|see|reason|analy[sz]e|consider|look|break|work|go)\b(?!.*\bthat\b)[^,:]*:?",
    r"|(?:we|i) (?:need|want|have|are asked|are going|will try) to ",
    r"(?:determine|find out|check|decide|prove|show|verify|figure out|see|evaluate) (?:if|whether|that)\b.*",
)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, a list mark with what follows it."""
    for line in text.split("\n"):
        mark = _MARK.match(line.strip())
        rest = line.strip()[mark.end() :] if mark else line.strip()
        for index, (sentence, _) in enumerate(split_steps(rest, ".")):
            yield (mark[0] if mark and not index else "") + sentence


def plain(text: str) -> str:
    """The sentence without the marks of lists and of emphasis, and what it refers to at its end."""
    text = " ".join(text.replace("**", "").replace("`", "").replace(";", ",").split())
    text = _behind(_MARK, _behind(_DERIVED, _behind(_MARK, text)))
    return _REFERENCES.sub("", _MUST.sub("is", text).rstrip(" .!")).rstrip(" .!")


def without_leads(text: str) -> tuple[str, bool]:
    """The sentence without the words that only lead to it, and whether they close a case."""
    closes = False
    for _ in range(_MOST_SPLITS):
        lead = _LEAD.match(text)
        case = _EITHER_CASE.match(text)
        if lead is None and case is None:
            break
        closes = closes or case is not None
        text = text[(lead or case).end() :]  # type: ignore[union-attr]
    quoted = re.fullmatch(r"[\"“]([^\"“”]+?)[.,]?[\"”]", text)
    return (quoted[1] if quoted else text), closes


def commas(text: str) -> list[int]:
    return [match.start() for match in re.finditer(",", text)][-_MOST_SPLITS:]


def inferences(text: str) -> Iterator[tuple[str, str]]:
    """The ways to read a sentence as premises and a conclusion."""
    if since := SINCE.fullmatch(text):
        for at in commas(since[1]):
            yield since[1][:at], since[1][at + 1 :].strip()
    for so in list(_SO.finditer(text))[:_MOST_SPLITS]:
        since = SINCE.fullmatch(text[: so.start()])
        yield (since[1] if since else text[: so.start()]), text[so.end() :]
    for because in list(_BECAUSE.finditer(text))[:_MOST_SPLITS]:
        yield text[because.end() :], text[: because.start()]


def _behind(pattern: re.Pattern[str], text: str) -> str:
    """The text without what it begins with, if it does."""
    found = pattern.match(text)
    return text[found.end() :] if found else text
