"""LaTeX as plain text: `\\frac{1}{2} \\times 8 = \\boxed{4}` is `((1)/(2)) × 8 = 4`.

What has no plain form keeps its backslash, which no equation reads past, so nothing is taken for what it is not.
Braces are resolved from the inside out, a bounded number of times: deeper text stays as it is.
"""

from __future__ import annotations

import re

_DEPTH = 30
_WORDS = {
    "times": "×", "cdot": "·", "ast": "*", "div": "÷", "pm": "±", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥",
    "geq": "≥", "geqslant": "≥", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">", "approx": "≈", "simeq": "≈",
    "implies": "⇒", "Rightarrow": "⇒", "rightarrow": "⇒", "to": "⇒", "iff": "⇒", "Longrightarrow": "⇒",
    "therefore": "⇒", "quad": " ", "qquad": " ", "left": "", "right": "", "big": "", "Big": "", "bigl": "", "bigr": "",
    "displaystyle": "", "textstyle": "", "limits": "", "ldots": "…", "dots": "…", "cdots": "…", "degree": " degrees",
    "equiv": "≡", "bmod": " mod ", "mod": " mod ", "mid": "|", "pounds": "£", "euro": "€",
    "checkmark": " ", "square": " ", "blacksquare": " ", "qed": " ", "Box": " ",
}  # fmt: skip
_WORD = re.compile(r"\\([A-Za-z]+)")
_ESCAPED = re.compile(r"\\([%$#&_])")
_SPACE = re.compile(r"\\[,;:!> ]|(?<!\\)~")
_THOUSANDS = re.compile(r"(?<=\d)\{,\}(?=\d)|(?<=\d)\\,(?=\d{3})|(?<=\d),\\!(?=\d{3})")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{(?![A-Za-z]*matrix|array)[A-Za-z*]*\}(?:\{[^{}]*\})?")
_NEW_LINE = re.compile(r"\\\\(?:\[[^\]\n]*\])?[ \t]*\n?[ \t]*([=≈<>]|\\(?:approx|leq?|geq?)\b)?")
_ALIGNED = re.compile(r"&(?=\s*(?:[=≈<>]|\\(?:approx|leq?|geq?)\b))")
_TEXT = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|operatorname|mbox|hbox|emph|underline)\s*\{([^{}]*)\}"
)
_BOXED = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{([^{}]*)\}")
_MIXED = re.compile(r"(?<![\w.,^])(\d+)\s*\\[dtc]?frac\s*(?:\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}|(\d)\s*(\d))")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)")
_POWER = re.compile(r"\^\s*\{\s*(-?\d+)\s*\}")
_OTHER_POWER = re.compile(r"\^\s*\{([^{}]*)\}")
_DEGREES = re.compile(r"\^\s*(?:\\circ|\{\s*\\circ\s*\})")
_PMOD = re.compile(r"\\pmod\s*\{([^{}]*)\}")
_INDEX = re.compile(r"_\{(\w+)\}")
_MARKS = tuple(".,;:!?)")
_CLOSED = re.compile(r"\\\)(?=[.,;:!?)])")
_DISPLAY = re.compile(r"\\\(|\\\)|\$\$")
_DISPLAY_LINES = re.compile(r"\\\[|\\\]")
# As pandoc tells formulas from money: no space inside the dollars, and no digit behind the second.
_INLINE = re.compile(r"(?<![\\$\w])\$(?=[^\s$])([^$\n]{0,2000}?[^\s\\$])\$(?!\d)")


def plain(text: str) -> str:
    """The text with its LaTeX resolved, as far as it has a plain form."""
    if "\\" not in text and "$" not in text:
        return text
    text = _THOUSANDS.sub(",", text)
    text = _DISPLAY.sub(" ", _CLOSED.sub("", _INLINE.sub(_formula, text)))
    text = _ALIGNED.sub("", _DISPLAY_LINES.sub("\n", text))
    text = _NEW_LINE.sub(lambda match: f" {match[1]}" if match[1] else "\n", text)
    text = _ENVIRONMENT.sub("\n", text)
    text = _DEGREES.sub(" degrees", text)
    text = _MIXED.sub(_mixed_number, text)
    text = _SPACE.sub(" ", text)
    for _ in range(_DEPTH):
        resolved = _resolve(text)
        if resolved == text:
            break
        text = resolved
    text = _WORD.sub(lambda match: _WORDS.get(match[1], match[0]), text)
    return _ESCAPED.sub(r"\1", text)


def _formula(match: re.Match[str]) -> str:
    """The inside of dollars that enclose a formula; money between two amounts stays as it is."""
    inside = match[1]
    words = re.findall(r"[A-Za-z]{3,}", re.sub(r"\\[A-Za-z]+|\\text\{[^{}]*\}", "", inside))
    if len(words) > 2:
        return match[0]
    return f" {inside}" if match.string[match.end() : match.end() + 1] in _MARKS else f" {inside} "


def _mixed_number(match: re.Match[str]) -> str:
    """`3\\frac{1}{2}` is three and a half; what is no proper fraction is a factor."""
    above, below = match[2] or match[4], match[3] or match[5]
    proper = len(below) < _DEPTH and len(above) < _DEPTH and int(above) < int(below)
    return f"{match[1]} {above}/{below}" if proper else match[0]


def _resolve(text: str) -> str:
    """One layer of braces less."""
    text = _PMOD.sub(r" (mod \1)", _BOXED.sub(r"\1", _TEXT.sub(r" \1 ", text)))
    text = _SHORT_FRACTION.sub(r"((\1)/(\2))", _FRACTION.sub(r"((\1)/(\2))", text))
    text = _OTHER_POWER.sub(r"^(\1)", _POWER.sub(r"^\1", text))
    return _INDEX.sub(r"_\1", text)


def boxed(text: str) -> str | None:
    """What the last box of a text holds, with its braces matched."""
    start = max(text.rfind(f"\\{name}{{") for name in ("boxed", "fbox", "framebox"))
    if start < 0:
        return None
    begin = text.index("{", start) + 1
    depth = 1
    for index in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if not depth:
            return text[begin:index]
    return None
