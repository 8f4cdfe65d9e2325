"""The numbers that a prose text states, in digits and in words: `twenty-five`, `half`, `twice`, `20%`, `3 dozen`.

Each way of saying a number states it in the forms that a computation may use it in: 20% is 20, 1/5 and 20/100; a third
is 1/3, and 3, by which one divides; 2/3 has a 2 and a 3; $1.25 is 125 cents. What has to be worked out is not stated:
20% off states no 80, and "two boys and three girls" no 5.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from fractions import Fraction

MAX_DIGITS = 400  # of a number; a longer one grounds nothing

_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
_TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
        " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        1,
    )
} | {"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "sixtieth": 60, "hundredth": 100, "thousandth": 1000}
_PARTS = {"half": 2, "halfway": 2, "halve": 2, "halves": 2, "halved": 2, "quarter": 4, "quarters": 4} | {
    word + ending: value for word, value in _ORDINALS.items() if value > 2 for ending in ("", "s")
}
_TIMES = {
    "once": 1, "single": 1, "solo": 1, "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "doubling": 2, "pair": 2,
    "pairs": 2, "couple": 2, "both": 2, "twin": 2, "twins": 2, "duo": 2, "thrice": 3, "triple": 3, "tripled": 3,
    "triples": 3, "tripling": 3, "trio": 3, "triplet": 3, "triplets": 3, "quadruple": 4, "quadrupled": 4,
    "quadruples": 4, "quartet": 4, "quintuple": 5, "quintupled": 5, "dozen": 12, "dozens": 12, "decade": 10,
    "decades": 10, "century": 100,
}  # fmt: skip
_FOLD = re.compile(r"([a-z]+|[0-9]+)-?fold")
_SUFFIXES = {"k": 1000, "m": 10**6}
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_TOKEN = re.compile(
    r"""
    (?P<number>(?:[0-9]{1,3}(?:(?:,[0-9]{3})+|(?:[ \u00a0\u202f][0-9]{3})+)(?![0-9])|[0-9]+)(?:\.[0-9]+)?
      |(?<![0-9A-Za-z])\.[0-9]+)(?P<tail>[A-Za-z]*)
  | (?P<vulgar>[½⅓⅔¼¾⅛⅜⅝⅞])
  | (?P<word>[A-Za-z]+)
  | (?P<mark>[$£€%¢/])
  | (?P<gap>[-\s]+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

Tokens = list[tuple[str, str, str]]  # kind, text, letters attached to a number
Said = tuple[Fraction, str]  # a number, and how it is said


def numbers_stated(text: str) -> dict[Fraction, str]:
    """The numbers that a text states, and how it says them (the first time)."""
    found: dict[Fraction, str] = {}
    for value, said in _all(_tokens(text)):
        found.setdefault(value, said)
    return found


def _tokens(text: str) -> Tokens:
    pieces: Tokens = []
    for match in _TOKEN.finditer(text):
        kind = "number" if match["number"] else str(match.lastgroup)
        if kind == "number":
            pieces.append((kind, re.sub(r"[,\s]", "", match["number"]), match["tail"].lower()))
        elif kind != "gap":
            pieces.append((kind, match.group().lower(), ""))
    return pieces


def _all(tokens: Tokens) -> Iterator[Said]:
    index = 0
    while index < len(tokens):
        kind, text, _ = tokens[index]
        if kind == "number":
            index = yield from _digits(tokens, index)
        elif kind == "vulgar":
            yield from _fraction(*_VULGAR[text], text)
            if index and tokens[index - 1][0] == "number" and tokens[index - 1][1].isdigit():
                yield Fraction(tokens[index - 1][1]) + Fraction(*_VULGAR[text]), tokens[index - 1][1] + text
            index += 1
        elif kind == "word":
            index = yield from _words(tokens, index)
        else:
            index += 1


def _digits(tokens: Tokens, index: int) -> Generator[Said, None, int]:
    """A number in digits, with what follows it: a fraction's bar, a percent sign, cents, a scale."""
    _, digits, tail = tokens[index]
    if len(digits) > MAX_DIGITS:
        return index + 1
    value = Fraction(digits if not digits.startswith(".") else f"0{digits}")
    yield value, digits
    if tail in _SUFFIXES:
        yield value * _SUFFIXES[tail], digits + tail
    following = [text for _, text, _ in tokens[index + 1 : index + 4]]
    if following[:1] == ["/"] and tokens[index + 2 : index + 3] and tokens[index + 2][0] == "number":
        below = following[1]
        if digits.isdigit() and below.isdigit() and len(below) <= MAX_DIGITS and int(below):
            yield from _fraction(int(digits), int(below), f"{digits}/{below}")
            if index and tokens[index - 1][0] == "number" and tokens[index - 1][1].isdigit():
                yield Fraction(tokens[index - 1][1]) + Fraction(int(digits), int(below)), f"{digits}/{below}"
    elif following[:1] in (["%"], ["percent"]):
        yield from _percent(value, f"{digits}%")
    elif following[:1] in (["cents"], ["cent"], ["¢"]):
        yield value / 100, f"{digits} cents"
    elif following[:1] and following[0] in _SCALES:
        yield value * _SCALES[following[0]], f"{digits} {following[0]}"
    elif following[:1] in (["dozen"], ["dozens"]):
        yield value * 12, f"{digits} dozen"
    elif following[:3] == ["and", "a", "half"] or following[:2] == ["and", "half"]:
        yield value + Fraction(1, 2), f"{digits} and a half"
    if "." in digits and index and tokens[index - 1][1] in ("$", "£", "€"):
        yield value * 100, f"{tokens[index - 1][1]}{digits} in cents"
    return index + 1


def _fraction(above: int, below: int, said: str) -> Iterator[Said]:
    for value in (Fraction(above, below), Fraction(above), Fraction(below)):
        yield value, said


def _percent(value: Fraction, said: str) -> Iterator[Said]:
    """A percentage as a fraction, and as what one divides by: 25% is 1/4."""
    yield value / 100, said
    if value and (100 / value).denominator == 1:
        yield 100 / value, said


def _words(tokens: Tokens, index: int) -> Generator[Said, None, int]:
    """A number in words that begins here, if one does."""
    word = tokens[index][1]
    if (fold := _FOLD.fullmatch(word)) and fold[1] in _UNITS:
        yield Fraction(_UNITS[fold[1]]), word
        return index + 1
    value, after = _cardinal(tokens, index)
    if after == index:
        yield from _single(word)
        return index + 1
    said = " ".join(text for _, text, _ in tokens[index:after])
    yield Fraction(value), said
    following = [text for _, text, _ in tokens[after : after + 3]]
    if following[:1] and following[0] in _PARTS and value:
        yield from _fraction(value, _PARTS[following[0]], f"{said} {following[0]}")
        return after + 1
    if following[:3] in (["and", "a", "half"], ["and", "one", "half"]):
        yield value + Fraction(1, 2), f"{said} and a half"
    elif following[:2] == ["and", "half"]:
        yield value + Fraction(1, 2), f"{said} and half"
    elif following[:3] in (["and", "a", "quarter"], ["and", "one", "quarter"]):
        yield value + Fraction(1, 4), f"{said} and a quarter"
    elif following[:1] in (["%"], ["percent"]):
        yield from _percent(Fraction(value), f"{said} percent")
    elif following[:1] in (["cents"], ["cent"]):
        yield Fraction(value, 100), f"{said} cents"
    elif following[:1] in (["dozen"], ["dozens"]):
        yield Fraction(value * 12), f"{said} dozen"
    return after


def _single(word: str) -> Iterator[Said]:
    """The numbers that one word states."""
    if word in _ORDINALS:
        yield Fraction(_ORDINALS[word]), word
    if word in _PARTS:
        yield from _fraction(1, _PARTS[word], word)
    if word in _TIMES:
        yield Fraction(_TIMES[word]), word


def _cardinal(tokens: Tokens, index: int) -> tuple[int, int]:
    """The whole number that begins here in words, and where it ends (where it begins, if there is none)."""
    total = current = 0
    start = end = index
    while index < len(tokens) and tokens[index][0] == "word" and index - start < 20:
        word = tokens[index][1]
        if word in _UNITS and (current % 100 == 0 or (current % 10 == 0 and 0 < _UNITS[word] < 10)):
            current += _UNITS[word]
        elif word in _TENS and current % 100 == 0:
            current += _TENS[word]
        elif word in _SCALES and (end > start or _is_one(tokens, index)):
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] > 100:
                total, current = total + current, 0
        elif word == "and" and end > start and tokens[index - 1][1] in _SCALES:
            index += 1
            continue
        else:
            break
        index += 1
        end = index
    return total + current, end


def _is_one(tokens: Tokens, index: int) -> bool:
    return index > 0 and tokens[index - 1][1] in ("a", "one", "per", "several")
