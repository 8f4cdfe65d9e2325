"""Equations in running text: `She sold 48 clips / 2 = 24 clips in May` says `48 / 2 = 24`, and `in May` ends it.

The sides of a relation sign are read outwards from it: what is between two signs is one side, the first side is the
longest expression that ends there, the last the longest that begins there. Inside an expression, words directly after
a number are its unit (`5 apples * $2/apple`); `of` after a percentage or a fraction multiplies; a letter next to a
number or a sign is a variable.

Much of this is a guess at where prose ends, so there are two ways to read. The *loose* one goes on over words that may
be names or remarks (`8 + Lydia's 24`, `half of the 28`), and counts only where what it finds is true; the *strict* one
does not.

A side without numbers is a name for the rest (`Total cost = 5 * 3 = 15` says `5 * 3 = 15`). A side that is neither an
expression nor a name is kept as unread: it looks like an equation, and somebody should know that it was not understood.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from reasonlab.verifiers.common_knowledge import is_unit
from reasonlab.verifiers.readers.number_words import (
    AFTER,
    APPLIED,
    BEFORE,
    FUNCTIONS,
    GOVERNING,
    MAY_GO_ON,
    ORDINAL,
    SCALES,
)
from reasonlab.verifiers.readers.prose import ASSIGNED, EQUALS, Token, tokens_of

_REACH = 80  # tokens looked at for the first side of an equation
_UNIT_WORDS = 4  # after a number
_LOOSE_WORDS = 8
_NAME_WORDS = 4  # before a number inside an expression: `8 + Lydia's 24`
_MODULUS_DIGITS = 30
_INSIDE = 30  # tokens of a bracket after a space, for it to be a factor
_CLAUSES = frozenset("and or so because is are was were be then if which that but equals thus therefore hence".split())
_NO_UNITS = _CLAUSES | frozenset(
    "who when since for to from with on at by than as the he she they it we you there will would can could not gives"
    " give gave means makes make made gets get got has have had took takes costs cost takes does do did while".split()
)
_NO_BEGINNING = ("word", "other", "odd", "percent", "close", "exponent", "relation")
_CLAUSE_ENDS = (",", ";", ":", ".", "?")
_ROOTS = ("√", "∛", "\\", "!")
_NUMBERED = frozenset(  # what has a number for its name: section 2
    "section week day chapter part step class room group level grade question lap round page lesson stage".split()
)
_MARKS = frozenset(".,;:?!\"'“”‘’*#`…—⇒→⟹✓✔✅|/&") | {"=>", "->", "==>", "-->"}  # that end or frame an expression
SPEEDS = {
    "mph": ("mile", "hour"),
    "kph": ("kilometer", "hour"),
    "kmh": ("kilometer", "hour"),
    "fps": ("foot", "second"),
}
_ORDERING = frozenset("the first second third last each every per other".split())
_CONNECTING = frozenset("and or from to by with than of into between".split())
_GOVERNED = 14  # tokens looked back over
_SHORT = 3  # letters of a word that may be a product of unknowns
UNIT_LETTERS = frozenset("m g h s l L".split())


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Attributes:
        number: as a term writes it.
        cut: whether more digits would follow, `16.66...`.
        currency: the sign that stands beside it, if any.
        unit: the words that follow it.
        per: the unit behind a `/`.
        scale: what `dozen` or `million` behind it makes of it.
    """

    number: str
    cut: bool = False
    percent: bool = False
    currency: str = ""
    unit: tuple[str, ...] = ()
    per: str = ""
    scale: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A side of an equation: marks and variables as strings, and quantities.

    Attributes:
        named: a word stands right before it.
        guess: it can be read in another way as well.
    """

    parts: tuple[str | Quantity, ...]
    named: bool = False
    guess: bool = False

    @property
    def lone(self) -> Quantity | None:
        """The quantity that the whole side is, perhaps with a sign before it."""
        rest = [part for part in self.parts if part not in ("-", "(", ")")]
        return rest[0] if len(rest) == 1 and isinstance(rest[0], Quantity) else None

    @property
    def variables(self) -> bool:
        return any(isinstance(part, str) and part[:1].isalpha() for part in self.parts)


@dataclass(frozen=True, slots=True)
class Equation:
    """Sides and the signs between them, and where they stand in the line.

    Attributes:
        signs: "=" or "equals", "~" for about, "≡", or a comparison.
        modulus: what stands behind `mod`.
    """

    sides: tuple[Side, ...]
    signs: tuple[str, ...]
    start: int
    end: int
    modulus: int | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A side that was not understood, as written."""

    text: str
    start: int
    end: int


def equations_of(line: str, *, loose: bool = False, names: Collection[str] = ()) -> list[Equation | Unread]:
    """The equations of a line in order, and what looks like a part of one but was not understood.

    `names`: letters that are unknowns in the text around the line.
    """
    tokens = tokens_of(line, names)
    if tokens is None:
        return [Unread(line[:60], 0, len(line))] if "=" in line else []
    signs = [index for index, token in enumerate(tokens) if token.kind == "relation"]
    found: list[Equation | Unread] = []
    chain = _Chain(line, tokens, loose)
    for number, sign in enumerate(signs):
        low = signs[number - 1] + 1 if number else 0
        high = signs[number + 1] if number + 1 < len(signs) else len(tokens)
        if not chain.sides:
            chain.begin(low, sign)
        right, stop = _read(tokens, sign + 1, high, loose)
        goes_on = right is not None and stop == high and high < len(tokens)
        if not (goes_on or loose):
            right, stop = _read(tokens, sign + 1, high, loose, last=True)
        chain.add(sign, right, stop, high)
        if not goes_on:
            found += chain.close()
            chain = _Chain(line, tokens, loose)
    return found


def whole_side(text: str) -> Side | None:
    """The expression that a text is from its first to its last character; None if it is none."""
    tokens = tokens_of(text) or []
    side, stop = _read(tokens, 0, len(tokens), loose=False)
    return side if stop == len(tokens) else None


def whole_equation(text: str) -> Equation | None:
    """The equation that a text is from its first to its last character; None if it is none."""
    tokens = tokens_of(text) or []
    ends = [index for index, token in enumerate(tokens) if token.kind == "relation"] + [len(tokens)]
    sides: list[Side] = []
    start = 0
    for end in ends:
        side, stop = _read(tokens, start, end, loose=False)
        if side is None or stop != end:
            return None
        sides.append(side)
        start = end + 1
    signs = tuple(tokens[end].text for end in ends[:-1])
    return Equation(tuple(sides), signs, 0, len(text)) if signs else None


class _Chain:
    """The equation that is being put together."""

    def __init__(self, line: str, tokens: Sequence[Token], loose: bool) -> None:
        self.line, self.tokens, self.loose = line, tokens, loose
        self.sides: list[Side | None] = []
        self.signs: list[str] = []
        self.spans: list[tuple[int, int]] = []
        self.unread: list[Unread] = []
        self.modulus: int | None = None
        self.opaque: list[Sequence[Token]] = []  # what was not read
        self.applied: Sequence[Token] = ()  # what the first side is, where it is `f(4)`

    def begin(self, low: int, sign: int) -> None:
        """The first side: the longest expression that ends at the sign, or before `mod 5` there."""
        if sign - 2 > low and (modulus := _modulus(self.tokens, sign - 2, sign)) is not None:
            self.modulus, sign = modulus[0], sign - 2
        for start in range(max(low, sign - _REACH), sign):
            if not _may_begin(self.tokens, start, low) or _is_rest(self.tokens, start, low):
                continue
            side, stop = _read(self.tokens, start, sign, self.loose)
            if side is not None and stop == sign:
                before = self.tokens[start - 1] if start > low else None
                named = before is not None and before.kind == "word"
                guess = side.guess or (named and _governing(self.tokens, start, low) is not None)
                self.sides = [replace(side, named=named, guess=guess)]
                self.spans = [(self.tokens[start].start, self.tokens[sign - 1].end)]
                return
        phrase = _phrase(self.tokens, low, sign)
        self.sides, self.spans = [None], [(self.tokens[sign].start, self.tokens[sign].start)]
        spoken = self.tokens[sign].text == EQUALS
        if _is_application(phrase):
            self.applied = phrase
        elif _is_marked(phrase) and not spoken:
            self._not_read(phrase)

    def add(self, sign: int, side: Side | None, stop: int, high: int) -> None:
        """The side behind a sign: none if it is cut off where it was not understood."""
        self.signs.append(self.tokens[sign].text)
        if (modulus := _modulus(self.tokens, stop, high)) is not None:
            self.modulus, stop = modulus
        cut_off = side is not None and _goes_on(self.tokens, stop, high, self.loose)
        if side is not None and not cut_off:
            if stop < high and _may_go_on(self.tokens, stop):
                side = replace(side, guess=True)
            self.sides.append(side)
            self.spans.append((self.tokens[sign + 1].start, self.tokens[stop - 1].end))
            return
        self.sides.append(None)
        self.spans.append((self.tokens[sign].end, self.tokens[sign].end))
        phrase = self.tokens[sign + 1 : min(high, max(stop + 2, sign + 8))]
        spoken = self.tokens[sign].text == EQUALS
        if not spoken and phrase and _has_numbers(phrase) and _is_mathematical(phrase):
            self._not_read(phrase)

    def _not_read(self, phrase: Sequence[Token]) -> None:
        start, end = phrase[0].start, phrase[-1].end
        self.opaque.append(phrase)
        self.unread.append(Unread(self.line[start:end], start, end))

    def close(self) -> list[Equation | Unread]:
        """What was put together: a run of sides that were understood is an equation. Then begin anew."""
        found: list[Equation | Unread] = list(self.unread)
        run: list[int] = []
        if any(_is_opaque(phrase) for phrase in self.opaque):
            return found
        if ASSIGNED in self.signs or (self.applied and sum(side is not None for side in self.sides) < 2):
            first = self.applied[0].start if self.applied else self.spans[0][0]
            end = max(end for _, end in self.spans)
            return [Unread(self.line[first:end], first, end)]
        for index, side in enumerate((*self.sides, None)):
            if side is not None:
                run.append(index)
                continue
            if len(run) > 1:
                sides = tuple(one for one in (self.sides[i] for i in run) if one is not None)
                span = (self.spans[run[0]][0], self.spans[run[-1]][1])
                found.append(Equation(sides, tuple(self.signs[run[0] : run[-1]]), *span, self.modulus))
            run = []
        return sorted(found, key=lambda one: (one.start, one.end))


def _modulus(tokens: Sequence[Token], start: int, stop: int) -> tuple[int, int] | None:
    """The modulus of `(mod 5)` or `mod 5` that stands here, and where that ends."""
    index = start + (start < stop and tokens[start].kind == "open")
    if index + 1 >= stop or tokens[index].text.lower() not in ("mod", "modulo"):
        return None
    number, after = tokens[index + 1], index + 2
    if index > start and (after >= stop or tokens[after].kind != "close"):
        return None
    if number.kind != "number" or not number.text.isdigit() or len(number.text) > _MODULUS_DIGITS:
        return None
    return int(number.text), after + (index > start)


def _may_begin(tokens: Sequence[Token], start: int, low: int) -> bool:
    """Whether an expression may begin here, and is not the rest of a longer one."""
    token = tokens[start]
    if token.kind in _NO_BEGINNING and token.text.lower() != "half":
        return False
    before = tokens[start - 1] if start > low else None
    if before is not None and _changes(tokens, start, low):
        return False
    if token.kind == "operator":  # a sign has its number right behind it, and nothing to subtract from before it
        if token.text != "-" or start + 1 == len(tokens) or not tokens[start + 1].glued:
            return False
        return before is None or before.kind in ("other", "open") or (before.kind == "word" and not token.glued)
    if before is None:
        return True
    if before.kind == "close":
        return not token.glued and _is_label(tokens, start - 1, low)
    if token.kind == "number" and _is_cut(tokens, start, low):
        return False
    if before.kind in ("operator", "currency", "percent", "exponent", "letter", "number", "vulgar"):
        return False
    if before.kind == "odd":
        return not token.glued
    if token.glued and before.glued and start - 1 > low and tokens[start - 2].kind in ("number", "odd"):  # 3:4, 17&19
        label = before.text == ":" and start - 2 > low and tokens[start - 3].kind == "word"
        return label and tokens[start - 3].text[0].isupper()
    return not (token.glued and (before.kind == "open" or before.text in _ROOTS))


def _changes(tokens: Sequence[Token], start: int, low: int) -> bool:
    """Whether what stands before takes part in what an expression that begins here is worth: `sqrt 9`, `f'(2)`."""
    token, before = tokens[start], tokens[start - 1]
    if before.kind == "word":
        word = before.text.lower()
        earlier = tokens[start - 2] if start - 2 >= low else None
        if word in ORDINAL and earlier is not None and earlier.text.lower() in _ORDERING:
            return False
        if word in BEFORE or (token.glued and not (token.kind == "currency" or token.text == "half")):
            return True
        if (
            (is_unit(word) or word == "base") and earlier is not None and earlier.kind in ("number", "vulgar")
        ):  # 1 ft 6 in
            return True
        return word in (*_CONNECTING, "the") and _is_governed(tokens, start, low)
    if before.kind == "other":
        ratio = before.text == ":" and start - 2 >= low and tokens[start - 2].kind in ("number", "vulgar")
        if ratio and before.glued == token.glued and not (start - 3 >= low and tokens[start - 3].kind == "word"):
            return True
        around = token.glued and before.glued and start - 2 >= low
        return not (before.text in _MARKS or before.text.isdigit()) or (
            around and before.text in "'’!|" and tokens[start - 2].kind != "other"
        )
    return False


def _is_governed(tokens: Sequence[Token], start: int, low: int) -> bool:
    """Whether words before take in more than what begins here: `the product of 3 and 4 + 2`, `40% of the 50 + 10`."""
    here = start - 1
    share = tokens[here].text == "of" or (tokens[here].text == "the" and here > low and tokens[here - 1].text == "of")
    if share:
        last = tokens[here - 1 - (tokens[here].text == "the")] if here - 1 > low else None
        if last is not None and (last.kind in ("percent", "number", "vulgar") or last.text.lower() in BEFORE | AFTER):
            return True
    cue = _governing(tokens, start, low)
    between = tokens[cue:start] if cue is not None else ()
    return cue is not None and (tokens[cue].text.lower() in APPLIED or _has_numbers(between))


def _governing(tokens: Sequence[Token], start: int, low: int) -> int | None:
    """Where a word of the same clause stands that may take in several numbers behind it, before an expression."""
    if tokens[start - 1].text.lower() not in (*_CONNECTING, "the") and tokens[start - 1].text.lower() not in GOVERNING:
        return None
    for here in range(start - 1, max(low, start - _GOVERNED) - 1, -1):
        word = tokens[here].text.lower()
        if tokens[here].kind == "word" and word in GOVERNING:
            return here
        if tokens[here].kind == "relation" or word in _CLAUSE_ENDS or (word in _CLAUSES and word not in _CONNECTING):
            return None
    return None


def _goes_on(tokens: Sequence[Token], stop: int, high: int, loose: bool) -> bool:
    """Whether an expression that ends here is cut: what follows belongs to it, and was not understood."""
    if stop >= high:
        return False
    after, later = tokens[stop], tokens[stop + 1] if stop + 1 < len(tokens) else None
    if after.kind == "operator":
        return not (loose and after.text == "-" and not after.glued)
    if after.kind == "word":
        word = after.text.lower()
        if word in AFTER or word in SCALES or (after.glued and not _is_unit_or_long(word)):
            return True
        applied = later is not None and later.kind == "open" and later.glued
        return applied or (word == "and" and _is_fraction(tokens, stop + 1))
    if after.kind == "other":
        glued = after.glued and later is not None and later.glued and later.kind not in ("word", "currency", "other")
        return after.text not in _MARKS or glued or (after.text == "'" and after.glued and later is None)
    if after.kind == "open":
        return after.glued
    return after.kind not in ("close", "relation", "number", "currency") or after.glued


def _may_go_on(tokens: Sequence[Token], stop: int) -> bool:
    """Whether an expression that ends here may not be all that is meant: `= 5 less than 8`, `= 5!`, `= 9 $5 bills`."""
    after = tokens[stop]
    if after.kind == "word":
        return after.text.lower() in MAY_GO_ON
    return after.kind in ("number", "currency") or (after.text == "!" and after.glued)


def _is_fraction(tokens: Sequence[Token], start: int) -> bool:
    """Whether `a half`, `two thirds` or `½` stands here, behind `3 and`."""
    words = [token.text.lower() for token in tokens[start : start + 2] if token.kind in ("word", "vulgar")]
    return any(word in AFTER or word in ("quarter", "quarters") for word in words) or any(
        token.kind == "vulgar" for token in tokens[start : start + 1]
    )


def _is_marked(phrase: Sequence[Token]) -> bool:
    """Whether what stands before a sign looks like a side of an equation, and not like its name."""
    foreign = any(token.kind == "other" and token.text not in _MARKS for token in phrase)
    letters = any(token.kind == "letter" for token in phrase)
    marks = ("operator", "letter", "odd", "other")
    if not _has_numbers(phrase):
        return letters and (foreign or any(token.text in ("'", "|", "’") for token in phrase))
    return any(token.kind in marks or token.text.lower() in BEFORE | AFTER for token in phrase) or any(
        (token.kind == "open" and token.glued) or (token.kind == "number" and is_unit(before.text))
        for before, token in pairwise(phrase)
    )


def _is_opaque(phrase: Sequence[Token]) -> bool:
    """Whether there is more in a phrase than words and signs: marks of mathematics, or a function."""
    if any(
        token.kind in ("odd", "exponent") or (token.kind == "other" and token.text not in _MARKS) for token in phrase
    ):
        return True
    for token, after in pairwise(phrase):
        applied = after.kind == "open" and after.glued and token.kind == "word"
        if applied or (token.text.lower() in FUNCTIONS and after.kind in ("number", "open", "letter")):
            return True
        if token.kind == "word" and after.kind == "number" and is_unit(token.text):
            return True
    return False


def _is_mathematical(phrase: Sequence[Token]) -> bool:
    """Whether what stands behind a sign begins like a side of an equation."""
    first = phrase[0]
    if first.kind == "word":
        applied = len(phrase) > 1 and phrase[1].kind == "open" and phrase[1].glued
        return first.text.lower() in FUNCTIONS or applied
    return first.kind != "other" or first.text not in _MARKS or first.text == "|"


def _is_cut(tokens: Sequence[Token], start: int, low: int) -> bool:
    """Whether a number belongs to what stands before it: `section 2`, `+ . 84`."""
    before = tokens[start - 1]
    if before.text.lower().removesuffix("s") in _NUMBERED:
        return True
    return before.kind == "other" and start - 2 >= low and tokens[start - 2].kind == "operator"


def _is_label(tokens: Sequence[Token], close: int, low: int) -> bool:
    """Whether a bracket that ends here is a label such as `(1)`, and no factor."""
    return close - 2 >= low and tokens[close - 2].kind == "open"


def _is_rest(tokens: Sequence[Token], start: int, low: int) -> bool:
    """Whether a sign stands before the words before: `3 boxes + some 4` is not an expression that begins at 4."""
    here = start
    while here > max(low, start - _NAME_WORDS) and tokens[here - 1].kind == "word":
        if tokens[here - 1].text.lower() in _CLAUSES:
            return False
        here -= 1
    return low < here < start and tokens[here - 1].kind == "operator" and tokens[here - 1].text != "/"


def _phrase(tokens: Sequence[Token], low: int, sign: int) -> Sequence[Token]:
    """What stands before a sign, up to the mark that ends a clause."""
    start = sign
    while start > max(low, sign - _REACH) and tokens[start - 1].text not in _CLAUSE_ENDS:
        start -= 1
    return tokens[start:sign]


def _is_application(phrase: Sequence[Token]) -> bool:
    """Whether a value is all that is named, as in `f(4) = 11`."""
    start = next((index for index, token in enumerate(phrase) if token.kind == "open"), 0)
    if not start:
        return False
    named = phrase[start - 1].kind in ("letter", "word") and phrase[start].glued
    closes = phrase[-1].kind == "close" and all(token.kind != "close" for token in phrase[start:-1])
    return named and closes and all(token.kind in ("word", "letter") for token in phrase[:start])


def _has_numbers(tokens: Sequence[Token]) -> bool:
    return any(token.kind in ("number", "vulgar", "odd") for token in tokens)


def _read(
    tokens: Sequence[Token], start: int, stop: int, loose: bool, *, last: bool = False
) -> tuple[Side | None, int]:
    """The longest expression that begins at `start`, and where it ends (at most at `stop`).

    `last`: a sentence may go on behind it, as in `= 1/3 of $150`.
    """
    parts: list[str | Quantity] = []
    depth, index, expecting = 0, start, True
    accepted = (0, start)
    share = spoke = guess = False  # `of` so far; signs in words
    while index < stop:
        token = tokens[index]
        if expecting:
            if token.kind == "operator" and token.text in "+-":
                parts += ["-"] if token.text == "-" else []
                index += 1
                continue
            if token.kind == "open":
                parts.append("(")
                depth, index = depth + 1, index + 1
                continue
            if loose and parts and token.kind == "word" and (after := _name(tokens, index, stop)):
                index = after
            divides = parts[-1:] == ["/"]
            operand, index = _operand(tokens, index, stop, divides=divides)
            if operand is None:
                break
            guess |= divides and isinstance(operand, Quantity) and "/" in operand.number
            parts.append(operand)
            expecting = False
        elif token.kind == "operator":
            if _is_range(tokens, index, stop):
                break
            if last and token.end - token.start > 2:
                break  # `= 20 times two people came`
            if token.text == "/" and (unit := _per(tokens, index, stop)):
                if isinstance(parts[-1], Quantity):
                    parts[-1] = replace(parts[-1], per=tokens[index + 1].text.lower())
                index = unit
            else:
                word = token.end - token.start > 2
                guess |= token.text in "+-" and share and not depth
                guess |= (spoke or word) and _mixes(parts, token.text)
                spoke |= word
                guess |= token.text == "/" and parts[-2:-1] == ["^"] and token.glued
                parts.append(token.text)
                index, expecting = index + 1, True
                continue
        elif token.kind == "close" and depth:
            parts.append(")")
            depth, index = depth - 1, index + 1
        elif token.kind == "exponent":
            parts += ["^", token.text]
            index += 1
        elif _multiplies(tokens, index, stop):
            if (
                parts[-2:-1] == ["/"]
                and parts[-1] != ")"
                and (token.kind != "letter" or not _is_fraction_of(tokens, index))
            ):
                return None, start  # 6/2(1+2)
            parts.append("*")
            expecting = True
            continue
        elif token.kind == "open" and not token.glued and (after := _remark(tokens, index, stop)):
            index = after
        elif token.kind == "percent" and parts[-1] == ")":
            parts += ["/", "100"]
            index += 1
        elif token.kind == "word" and token.text.lower() == "of" and _is_share(parts) and not last:
            parts.append("*")
            share = True
            index, expecting = index + 1, True
            continue
        elif token.kind == "word" and (spoken := _spoken(tokens, index, stop)):
            guess |= _mixes(parts, spoken)
            spoke = True
            parts.append(spoken)
            index, expecting = index + 2, True
            continue
        elif token.kind == "word" or (token.kind == "letter" and token.text in UNIT_LETTERS):
            after, closed = _unit(tokens, index, stop, depth, loose)
            if isinstance(parts[-1], Quantity) and after > index:
                words = tuple(each.text.lower() for each in tokens[index:after])
                parts[-1] = replace(parts[-1], unit=words)
            if not closed:
                break
            index = after
        else:
            break
        if not depth:
            accepted = (len(parts), index)
    count, end = accepted
    return (Side(tuple(parts[:count]), guess=guess), end) if count else (None, start)


def _is_fraction_of(tokens: Sequence[Token], index: int) -> bool:
    """Whether a fraction in digits stands before a letter, `1/3b`."""
    if index < 3:
        return False
    above, bar, below = tokens[index - 3 : index]
    return above.kind == below.kind == "number" and bar.glued and below.glued


def _mixes(parts: Sequence[str | Quantity], sign: str) -> bool:
    """Whether a sign binds in another way than those before it, which is not said where they are spoken."""
    others = ("+", "-") if sign in ("*", "/") else ("*", "/")
    return any(part in others for part in parts)


def _is_range(tokens: Sequence[Token], index: int, stop: int) -> bool:
    """Whether `2-3` is from 2 to 3: it has a unit, or is all that stands behind a sign."""
    if tokens[index].text != "-" or not tokens[index].glued or index + 1 >= stop or not tokens[index + 1].glued:
        return False
    one, two = tokens[index - 1], tokens[index + 1]
    if one.kind != "number" or two.kind != "number" or not (one.text.isdigit() and two.text.isdigit()):
        return False
    after = tokens[index + 2] if index + 2 < len(tokens) else None
    begins = index < 2 or tokens[index - 2].kind in ("relation", "word", "other", "open")
    counted = after is not None and after.kind == "word" and after.text.lower() not in _NO_UNITS
    alone = (
        index > 1
        and tokens[index - 2].kind == "relation"
        and (after is None or after.kind not in ("operator", "relation"))
    )
    alone = alone or (after is not None and after.kind == "relation")
    return begins and int(one.text) < int(two.text) and (counted or alone)


def _name(tokens: Sequence[Token], index: int, stop: int) -> int:
    """Where the words before a number end; 0 if no number follows them."""
    after = index
    while after < min(stop, index + _NAME_WORDS) and tokens[after].kind == "word":
        if tokens[after].text.lower() in _CLAUSES | BEFORE | AFTER:
            return 0
        after += 1
    return after if after < stop and tokens[after].kind in ("number", "vulgar", "currency") else 0


def _remark(tokens: Sequence[Token], index: int, stop: int) -> int:
    """Where a bracket ends that holds words alone, `$950 (current)`; 0 if this is none."""
    for after in range(index + 1, min(index + _INSIDE, stop)):
        if tokens[after].kind == "close":
            return after + 1
        if tokens[after].kind != "word":
            break
    return 0


def _operand(tokens: Sequence[Token], index: int, stop: int, *, divides: bool) -> tuple[str | Quantity | None, int]:
    """A quantity or a variable that begins here, and where it ends. `divides`: a `/` stands before it."""
    if index >= stop:
        return None, index
    token = tokens[index]
    if token.kind == "letter":
        return token.text, index + 1
    if token.kind == "word" and token.text.lower() == "half" and index + 1 < stop and tokens[index + 1].text == "of":
        return Quantity("(1 / 2)"), index + 1
    currency = token.text if token.kind == "currency" else ""
    index += bool(currency)
    if index + 1 < stop and currency and tokens[index].text == "-":  # $-5
        inner, after = _operand(tokens, index + 1, stop, divides=False)
        return (replace(inner, number=f"(-{inner.number})"), after) if isinstance(inner, Quantity) else (None, index)
    if index >= stop or tokens[index].kind not in ("number", "vulgar"):
        return None, index
    number, index = _number(tokens, index, stop, divides=divides)
    percent = index < stop and (tokens[index].kind == "percent" or tokens[index].text.lower() == "percent")
    index += percent
    if index < stop and tokens[index].kind == "currency" and (tokens[index].glued or tokens[index].text == "€"):  # 800$
        follower = tokens[index + 1] if index + 1 < stop else None
        if follower is None or not (follower.glued and follower.kind == "number"):
            currency, index = tokens[index].text, index + 1
    scale = SCALES.get(tokens[index].text.lower(), "") if index < stop and tokens[index].kind == "word" else ""
    return Quantity(number.rstrip("…"), number.endswith("…"), percent, currency, scale=scale), index + bool(scale)


def _number(tokens: Sequence[Token], index: int, stop: int, *, divides: bool) -> tuple[str, int]:
    """A number, with a fraction behind it (`2 1/2`, `2½`, `1 and 1/4`), or as one: `60 / 3/4` divides by 3/4."""
    whole = tokens[index]
    if whole.kind != "number" or not whole.text.isdigit() or index + 1 >= stop:
        return whole.text, index + 1
    if tokens[index + 1].kind == "vulgar":
        return f"({whole.text} + {tokens[index + 1].text})", index + 2
    if divides and not whole.glued and (fraction := _fraction(tokens, index, stop)):
        return f"({fraction})", index + 3
    start = index + 1 + (tokens[index + 1].text == "and")
    bracket = start < stop and tokens[start].kind == "open" and start == index + 2
    if start + bracket < stop and not tokens[start].glued and (fraction := _fraction(tokens, start + bracket, stop)):
        after = start + bracket + 3
        if not bracket:
            return f"({whole.text} + {fraction})", after
        if after < stop and tokens[after].kind == "close":
            return f"({whole.text} + {fraction})", after + 1
    return whole.text, index + 1


def _fraction(tokens: Sequence[Token], index: int, stop: int) -> str | None:
    """The fraction that is written here without a space, as in 3/4."""
    if index + 3 > stop:
        return None
    above, bar, below = tokens[index : index + 3]
    whole = above.kind == below.kind == "number" and above.text.isdigit() and below.text.isdigit()
    return f"{above.text} / {below.text}" if whole and bar.text == "/" and bar.glued and below.glued else None


def _is_unit_or_long(word: str) -> bool:
    """Whether a word that is glued to a number is its unit, and no product of letters."""
    return len(word) > _SHORT or is_unit(word) or word in SPEEDS


def _per(tokens: Sequence[Token], index: int, stop: int) -> int:
    """Where a unit ends that `/` begins, as in `$10/hour` or `km/h`; 0 if it divides."""
    after = index + 1
    if after < stop and tokens[after].kind == "word":
        return after + 1
    follows_unit = tokens[index - 1].kind == "word" or tokens[index - 1].text in UNIT_LETTERS
    return after + 1 if after < stop and tokens[after].text in UNIT_LETTERS and follows_unit else 0


def _multiplies(tokens: Sequence[Token], index: int, stop: int) -> bool:
    """Whether what stands here is a factor of what stands before it, without a sign between them."""
    token, before = tokens[index], tokens[index - 1]
    if token.kind == "open" and token.glued and (before.kind == "word" or token.square):
        return before.kind in ("number", "close")
    if token.kind == "open":
        return (token.glued or _is_factor(tokens, index, stop)) and not _remark(tokens, index, stop)
    if token.kind == "letter":
        if token.text in UNIT_LETTERS and not token.glued:
            return False
        ends = index + 1 >= stop or tokens[index + 1].kind != "word" or token.glued
        return ends and before.kind in ("number", "vulgar", "close", "letter")
    if token.kind not in ("number", "vulgar") or before.kind != "close":
        return False
    return token.glued or _closes_fraction(tokens, index)


def _closes_fraction(tokens: Sequence[Token], index: int) -> bool:
    """Whether a bracket such as `(1/2)` stands before this."""
    return index >= 5 and tokens[index - 5].kind == "open" and tokens[index - 3].text == "/"


def _is_factor(tokens: Sequence[Token], index: int, stop: int) -> bool:
    """Whether a bracket after a space holds nothing but an expression."""
    for token in tokens[index + 1 : min(index + _INSIDE, stop)]:
        if token.kind == "close":
            return True
        if token.kind in ("word", "other", "open"):
            return False
    return False


def _is_share(parts: Sequence[str | Quantity]) -> bool:
    """Whether `of` multiplies: after a percentage, a fraction, a bracket."""
    last = parts[-1]
    if isinstance(last, Quantity) and not (last.percent or last.number.startswith("(")):
        return "/" in parts[-2:-1]
    return isinstance(last, Quantity) or last == ")"


def _spoken(tokens: Sequence[Token], index: int, stop: int) -> str | None:
    """The sign that two words say."""
    if index + 1 >= stop or tokens[index + 1].text.lower() != "by":
        return None
    return {"divided": "/", "multiplied": "*"}.get(tokens[index].text.lower())


def _unit(tokens: Sequence[Token], index: int, stop: int, depth: int, loose: bool) -> tuple[int, bool]:
    """Where the words of a unit end, and whether the expression goes on, or is complete, right there."""
    after = index
    while after < stop and after - index < (_LOOSE_WORDS if loose else _UNIT_WORDS):
        token = tokens[after]
        text = token.text.lower()
        word = token.kind == "word" and text not in (_CLAUSES if loose else _NO_UNITS)
        denies = text in ("not", "never", "cannot") and loose and after > index
        if (text in AFTER and not denies) or text in SCALES:
            break
        if denies and (after + 1 >= len(tokens) or tokens[after + 1].kind == "relation"):
            break
        if token.glued and not _is_unit_or_long(text):
            break
        if not (word or token.text in UNIT_LETTERS or (token.kind == "exponent" and after > index)):
            break
        after += 1
    if after == index:
        return index, False
    closed = after >= stop or tokens[after].kind == "operator" or (tokens[after].kind == "close" and depth > 0)
    return after, closed
