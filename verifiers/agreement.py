"""Whether two answers are the same: as numbers however they are written, else as words.

Markup, a full stop, separators of thousands and a currency are no part of a number: `\\boxed{1,000}`, `$1000.` and
`1e3` are one answer. What changes the value is: `50%` is neither `50` nor `0.5`, and `$4` is not `€4`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from reasonlab.language.chains import label
from reasonlab.verifiers.readers.latex import boxed, plain

MAX_LENGTH = 1_000  # characters: a longer text is compared as it is
_LAYERS = 5  # of markup, one in another
_WRAPPED = re.compile(
    r"\$\$(.+)\$\$|\$([^$]+)\$|\\\((.+)\\\)|\\\[(.+)\\\]|\*\*([^*]+)\*\*|\*([^*]+)\*|__([^_]+)__", re.S
)
_BEFORE = re.compile(r"([-+]?)\s*([$€£¥₹])\s*([^\s$€£¥₹].*)", re.S)
_AFTER = re.compile(r"()(.*[^\s$€£¥₹])\s*([$€£¥₹])", re.S)
_THOUSANDS = re.compile(r"([-+]?\s*)(\d{1,3}(?:,\d{3})+)(\.\d+)?")
_POWER_OF_TEN = re.compile(r"([-+]?\d{1,40}(?:\.\d{1,40})?)[eE]([-+]?\d{1,2})")
_MIXED = re.compile(r"(-?)(\d{1,40})\s+(\d{1,40})\s*/\s*(\d{1,40})")


class Bare(NamedTuple):
    """An answer without markup: its number as the grammar writes numbers, if it is one, and what stood beside it."""

    text: str
    currency: str = ""
    percent: bool = False


def bare(answer: str) -> Bare:
    """An answer without markup, currency, percent sign and separators of thousands."""
    text = unwrapped(answer)
    if len(text) > MAX_LENGTH:
        return Bare(text)
    currency = ""
    if match := _BEFORE.fullmatch(text):
        text, currency = match[1] + match[3], match[2]
    elif match := _AFTER.fullmatch(text):
        text, currency = match[2], match[3]
    percent = text.endswith("%")
    text = text.removesuffix("%").strip()
    if match := _THOUSANDS.fullmatch(text):
        text = match[1] + match[2].replace(",", "") + (match[3] or "")
    elif match := _POWER_OF_TEN.fullmatch(text):
        text = str(Fraction(match[1]) * Fraction(10) ** int(match[2]))
    elif match := _MIXED.fullmatch(text):
        text = f"{match[1]}({match[2]} + {match[3]}/{match[4]})"
    text = text.removeprefix("+").strip()
    return Bare(re.sub(r"(?<![\d.])\.(?=\d)", "0.", text), currency, percent)


def unwrapped(answer: str) -> str:
    """An answer without boxes, dollars around a formula, emphasis, a full stop; LaTeX resolved."""
    text = answer.strip()
    if len(text) > MAX_LENGTH:
        return text
    for _ in range(_LAYERS):
        before, text = text, text.removesuffix(".").strip()
        inside = boxed(text) if text.startswith("\\") and text.endswith("}") else None
        if inside is not None and re.fullmatch(r"\\[a-z]+\{" + re.escape(inside) + r"\}", text):
            text = inside.strip()
        elif wrapped := _WRAPPED.fullmatch(text):
            text = next(filter(None, wrapped.groups())).strip()
        if text == before:
            break
    return plain(text).replace("−", "-").strip()


def same_answer(answer: str, reference: str, number: Callable[[str], object | None]) -> bool:
    """Whether two answers are the same.

    Args:
        number: the value of a text in the grammar of terms; None if it is none.
    """
    texts = answer, reference
    values = [number(text) for text in texts]
    if None not in values:
        return values[0] == values[1]
    found = [bare(text) for text in texts]
    values = [number(each.text) for each in found]
    if None in values:
        return label(unwrapped(answer)) == label(unwrapped(reference))
    currencies = {each.currency for each in found if each.currency}
    return values[0] == values[1] and found[0].percent == found[1].percent and len(currencies) < 2
