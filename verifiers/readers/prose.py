"""Prose as tokens: the numbers, marks and words that equations in running text are made of.

A number is what its digits say (`1,200.50`, `80 000`, `.5`, `½`); times of day and lists (`10:30`, `13,15,17`) are
none, nor are the numbers of names (`the 4th`, `a 5-pound bag`). A letter next to a number or a sign is a variable, and
`x` between two operands is a multiplication sign. `is` between an operation on numbers and a number is an equals sign
(`4 + 4 is 9`); any other `is` is a word. Look-alikes of signs, digits and letters (`＝`, `４`) are what they look like.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

EQUALS = "equals"  # the relation, where it is said and not written
ASSIGNED = "assigned"  # what looks like a relation and may be another sign: `+=`, `:=`, the `!=` of `5!=120`
MAX_TOKENS = 4_000  # of one line

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
    "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_SUPERSCRIPTS = {"²": "2", "³": "3"}
_SIGNS = {
    **dict.fromkeys("×·⋅∙∗", "*"), **dict.fromkeys("÷∕⁄", "/"), **dict.fromkeys("−–", "-"), "**": "^",
    **dict.fromkeys(("≈", "≅", "~", "~="), "~"), "≤": "<=", "≥": ">=", "≠": "!=", "[": "(", "]": ")",
}  # fmt: skip
_LOOK_ALIKES = {
    **dict.fromkeys("⩵꞊᐀゠", "="), **dict.fromkeys("✕✖⨯⨉", "×"), **dict.fromkeys("➖‒", "−"), "➕": "+", "➗": "÷",
}  # fmt: skip
_VARIANTS = ("<wide>", "<small>", "<font>", "<narrow>")  # of an ASCII character, as Unicode's decompositions name them
_EQUALLING = frozenset("is are makes gives yields".split())
_COMPARING = frozenset("more less fewer greater larger smaller bigger higher lower times out to or".split())
_SPOKEN = {"plus": "+", "minus": "-", "times": "*"}
_BEFORE_TIMES = frozenset("at from by until till before after between to is was and".split())
_CLAUSE_WORDS = frozenset("and or so because if which that but then who when since while than".split())
_FUNCTIONS = frozenset("f g h F G H".split())  # f(2) is no product
_ARTICLES = frozenset("a A I".split())
_LETTER = r"[^\W\d_½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞²³]"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<time>[0-9]{{1,2}}:[0-9]{{2}}(?![0-9:]))
  | (?P<odd>[0-9]+(?:,[0-9]+)*,(?![0-9]{{3}}(?![0-9]))[0-9]+(?:[,.][0-9]+)* | [0-9]{{4,}}(?:,[0-9]+)+
      | 0[0-9]{{3}}(?![0-9.])                                       # 13,15 and 0,2 and 0730
      | [0-9]+(?:\.[0-9]+)?[eE][-+]?[0-9]+ | 0[xXbBoO][0-9A-Fa-f]+ | (?<=[0-9])\ ?[rR]\ ?[0-9]+(?![.0-9]))
  | (?P<other>[-=]+> | [⇒→⟹])
  | (?P<assigned>[-+*/:^|&]=(?!=) | <-(?=\s) | <> | === | (?<=[0-9A-Za-z)])!=(?=[0-9A-Za-z(]))   # i += 1, 5!=120
  | (?P<word>[0-9]+-[A-Za-z]{{2,}}(?:-[A-Za-z]+)*)                # 5-pound
  | (?P<number>(?: (?: [0-9]{{1,3}}(?:,[0-9]{{3}})+ | [0-9]{{1,3}}(?:[ \u00a0\u202f][0-9]{{3}})+ )(?![0-9]) | [0-9]+ )
      (?:\.[0-9]+)?(?:\.\.\.|…)? | (?<![0-9A-WYZa-wyz])\.[0-9]+)
  | (?P<ending>(?<=[0-9])(?:sts?|nds?|rds?|ths?)\b)
  | (?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])
  | (?P<exponent>[²³])
  | (?P<relation><=|>=|!=|~=|==|[=<>≈≅~≤≥≠≡])
  | (?P<operator>\*\*|[-+*/^×·⋅∙∗÷∕⁄−–])
  | (?P<open>[(\[])
  | (?P<close>[)\]])
  | (?P<percent>%)
  | (?P<currency>[$€£¥₹¢])
  | (?P<name>[A-Za-z]_\{{?[0-9A-Za-z]+\}}? | [A-WYZa-wyz][0-9]+(?![0-9A-Za-z]))   # x_1, D3
  | (?P<phrase>{_LETTER}+(?:[-.&]{_LETTER}{{2,}}|['’]{_LETTER}+|(?<={_LETTER}{{2}})/{_LETTER}{{2,}}|&{_LETTER}+)*)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line. `glued`: nothing stands between it and the one before.

    Attributes:
        kind: "number", "vulgar" (½), "exponent" (²), "letter" (a variable), "word", "operator", "relation", "open",
            "close", "percent", "currency", "odd" (digits that are no number), or "other", which ends any expression.
        text: of numbers and signs as the claim language writes it; "~" is "about", "equals" is "=" in words, and "…"
            ends a number that goes on.
    """

    kind: str
    text: str
    start: int
    end: int
    glued: bool = False
    square: bool = False  # of brackets


def as_it_looks(text: str) -> str:
    """A text with look-alikes of ASCII characters replaced by these, one by one: no character moves."""
    return text if text.isascii() else "".join(map(_looks_like, text))


def _looks_like(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    variant, _, code = unicodedata.decomposition(character).partition(" ")
    if variant in _VARIANTS and (plain := chr(int(code.split()[0], 16))).isascii():
        return plain
    return _LOOK_ALIKES.get(character, character)


def tokens_of(line: str, names: Collection[str] = ()) -> list[Token] | None:
    """The tokens of a line; None if it has too many. `names`: letters that are unknowns in the text around it."""
    line = as_it_looks(line)
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(line):
        kind, text = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        if kind == "ending":
            _end_ordinal(found)
            end = match.end()
            continue
        glued = match.start() == end > 0
        end = match.end()
        if kind == "time" and _labels(found):  # "Day 2:21-6 = 15" is about 21 - 6
            label, _, number = text.partition(":")
            found.append(Token("other", label, match.start(), match.start() + len(label), glued))
            kind, text, glued = "number", number, False
        square = text == "["
        kind, text = _plain(kind, text)
        found.append(Token(kind, text, end - len(match.group()), end, glued, square))
        if len(found) > MAX_TOKENS:
            return None
    return _applications(_products(_tell_letters(found), names), names)


def _products(tokens: list[Token], names: Collection[str]) -> list[Token]:
    """The tokens with `xy` as two letters where both are unknowns and a sign or a number stands beside them."""
    known = {token.text for token in tokens if token.kind == "letter"} | set(names)
    signs = ("operator", "relation", "exponent")
    result: list[Token] = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        beside = (before is not None and (before.kind in signs or (token.glued and before.kind == "number"))) or (
            after is not None and after.kind in signs
        )
        if token.kind == "word" and 2 <= len(token.text) <= 3 and beside and set(token.text) <= known:
            for place, letter in enumerate(token.text):
                start = token.start + place
                result.append(Token("letter", letter, start, start + 1, bool(place) or token.glued))
        else:
            result.append(token)
    return result


def _applications(tokens: list[Token], names: Collection[str]) -> list[Token]:
    """The tokens with the letters that a bracket is glued to as words, `f(3)` and `a[0]`: they are applied to it.

    A letter that is an unknown elsewhere may be a factor of a bracket with an operation in it, `x(x + 1)`.
    """
    following = [*tokens[1:], None]
    known = set(names)
    for token, after in zip(tokens, following):
        if token.kind == "letter" and not (after is not None and after.kind == "open" and after.glued):
            known.add(token.text)
    result = list(tokens)
    for index, (token, after) in enumerate(pairwise(tokens)):
        if token.kind == "letter" and after.kind == "open" and after.glued:
            factor = token.text in known and token.text not in _FUNCTIONS and _holds_operation(tokens, index + 1)
            if not factor or after.square:
                result[index] = replace(token, kind="word")
    return result


def _holds_operation(tokens: list[Token], start: int) -> bool:
    """Whether the bracket at `start` holds an operation on one level, and nothing but operands beside it."""
    inside = takewhile(lambda token: token.kind != "close", tokens[start + 1 :])
    kinds = [token.kind for token in inside]
    return "operator" in kinds[1:] and not {"other", "odd", "word", "relation"} & set(kinds)


def _labels(tokens: list[Token]) -> bool:
    """Whether what stands before makes `2:21` the second of something, and no time of day."""
    last = tokens[-1] if tokens else None
    if last is None or last.kind != "word":
        return False
    return last.text[0].isupper() and last.text.lower() not in _BEFORE_TIMES


def _end_ordinal(tokens: list[Token]) -> None:
    """The last number has an ending: `3/8ths` is a fraction all the same, `the 4th` is no number to reckon with."""
    if tokens[-1].kind == "number" and [token.text for token in tokens[-2:-1]] != ["/"]:
        tokens[-1] = replace(tokens[-1], kind="word")


def _plain(kind: str, text: str) -> tuple[str, str]:
    """The kind and text of a token, in the claim language's own writing."""
    if kind == "number":
        digits = re.sub(r"[,\s]", "", text).replace("...", "…")
        return kind, f"0{digits}" if digits.startswith(".") else digits
    if kind == "vulgar":
        return kind, "({} / {})".format(*_VULGAR[text])
    if kind == "exponent":
        return kind, _SUPERSCRIPTS[text]
    if kind == "name":
        return "letter", text.replace("{", "").replace("}", "")
    if kind == "assigned":
        return "relation", ASSIGNED
    if text == "°":
        return "word", "degree"
    return {"phrase": "word", "mark": "other", "time": "odd"}.get(kind, kind), _SIGNS.get(text, text)


def _tell_letters(tokens: list[Token]) -> list[Token]:
    """The tokens with words told apart that are variables, multiplication signs, or signs that are spoken."""
    result: list[Token] = []
    for index, token in enumerate(tokens):
        before = result[-1] if result else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind == "word" and (_is_equals(result, token) or _comes_to(result, token, tokens, index)):
            token = replace(token, kind="relation", text=EQUALS)
        elif token.kind == "word" and token.text.lower() in _SPOKEN:
            if after is not None and after.kind in ("number", "vulgar", "currency", "open"):
                token = replace(token, kind="operator", text=_SPOKEN[token.text.lower()])
        elif token.kind == "word" and len(token.text) == 1 and token.text.isascii() and token.text.isalpha():
            if token.text in "xX" and _is_operand(before) and after is not None and _follows_sign(before, token, after):
                token = replace(token, kind="operator", text="*")
            elif _is_variable(before, token, after):
                token = replace(token, kind="letter")
        result.append(token)
    return result


def _is_equals(before: list[Token], token: Token) -> bool:
    """Whether `equals`, or the end of `is equal to`, stands here; the words before it are taken away."""
    word = token.text.lower()
    if word == "to" and [each.text.lower() for each in before[-2:]] in (["is", "equal"], ["are", "equal"]):
        del before[-2:]
        return True
    return word == "equals"


def _comes_to(before: list[Token], token: Token, tokens: list[Token], index: int) -> bool:
    """Whether `is` stands between an operation on numbers and a number: `4 + 4 is 9`, `20% of 50 is 10`.

    Not in `3-5 is 2 days` or `3/4 is 12`, which need not be operations, nor in `4 + 4 is 2 more than 6`.
    """
    if token.text.lower() not in _EQUALLING:
        return False
    after = tokens[index + 1 : index + 4]
    if not after or after[0].kind not in ("number", "currency", "vulgar"):
        return False
    words = next((each for each in after[1:] if each.kind == "word"), None)
    if words is not None and words.text.lower() in _COMPARING:
        return False
    left = list(before[-12:])
    while left and left[-1].kind in ("word", "close"):
        if left[-1].text.lower() in _CLAUSE_WORDS:
            return False
        left.pop()
    number: Token | None = None
    while left and left[-1].kind in ("number", "vulgar", "percent", "currency", "open"):
        number = left.pop()
    if number is None or len(left) < 2:
        return False
    sign, operand = left[-1], left[-2]
    if sign.kind == "operator":
        loose = not (sign.glued and number.glued) or sign.text not in ("-", "/")
        return loose and operand.kind in ("number", "vulgar", "percent", "close", "word")
    said = (operand.text.lower(), sign.text.lower())
    parts = operand.kind in ("percent", "vulgar") or said[0] == "half"
    return said in (("divided", "by"), ("multiplied", "by")) or (parts and said[1] == "of")


def _is_variable(before: Token | None, letter: Token, after: Token | None) -> bool:
    """Whether signs or numbers stand next to a single letter, so that it is no word of a sentence."""
    marks = ("operator", "relation", "exponent")
    if before is not None and (before.kind in (*marks, "letter") or (before.kind == "open" and letter.glued)):
        return True
    ends_operand = before is not None and before.kind in ("number", "vulgar", "close")
    if ends_operand and (letter.glued or letter.text not in _ARTICLES):
        return True
    if after is None:
        return before is not None and before.kind == "number" and letter.glued
    if after.kind in marks or (after.kind == "close" and after.glued):
        return True
    return after.kind in ("open", "letter") and after.glued


def _is_operand(token: Token | None) -> bool:
    return token is not None and token.kind in ("number", "vulgar", "close", "percent", "currency", "word", "letter")


def _follows_sign(before: Token | None, sign: Token, after: Token) -> bool:
    """Whether `x` between these multiplies: `3 x 4`, `3x4`, `5 miles x 2`, `3 x Y`; `2x(y)` has a variable."""
    if before is not None and before.kind in ("word", "letter"):
        return after.kind in ("number", "currency", "vulgar", "open") and not sign.glued
    if after.kind in ("number", "currency", "vulgar"):
        return True
    spaced = not sign.glued and not after.glued
    return spaced and (after.kind == "open" or (after.kind == "word" and len(after.text) == 1))
