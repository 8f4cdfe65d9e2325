"""Steps that say how they follow: `by: modus-ponens s1, s2 |- q`, a rule, what it is applied to, and the conclusion.

    body  = rule [ cite { "," cite } ] [ "[" formula { "," formula } "]" ] "|-" formula
    cite  = ("g" | "s") number              given 0 is g0, step 0 is s0

Assumptions are stated where they hold, in square brackets, as in a sequent: `by: assumption [p] |- p`, then
`by: modus-ponens g0, s0 [p] |- q`, then `by: conditional-introduction s1 |- p -> q`, which discharges p. So a subproof
is the run of steps that carry its assumption, and no step's meaning hangs on where it stands: it claims that the
conclusion follows from the givens and the assumptions in its own brackets.

`read_phrase` reads the usual words: "from s1, s2 by modus ponens: q", "q by MP from s1 and s2".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Connective, Formula, read_formula, render_formula
from reasonlab.language.lexer import MAX_CHARACTERS, Cursor, tokenize
from reasonlab.language.worded import Worded

_CITE = r"[gs](?:0|[1-9][0-9]{0,5})"
_HEAD = re.compile(rf"([a-z]+(?:-[a-z]+)*)\s*((?:{_CITE}(?:\s*,\s*{_CITE})*)?)\s*(?=\[|\|)")
_CITES = rf"(?P<cites>{_CITE}(?:(?:, ?(?:and )?| and ){_CITE})*)"
_RULE = r"(?P<rule>[a-z][a-z'’-]*(?: [a-z'’-]+){0,4})"
_PHRASES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"from {_CITES},? by {_RULE} ?[:,] ?(?P<formula>.+)",
        rf"by {_RULE} (?:from|on|with) {_CITES} ?[:,] ?(?P<formula>.+)",
        rf"(?P<formula>.+?),? by {_RULE} (?:from|on|with) {_CITES}\.?",
    )
)


@dataclass(frozen=True, slots=True)
class Justified(Worded):
    """That `conclusion` follows, under the assumptions, by one application of a rule to what is cited."""

    word: ClassVar[str] = "by"
    theory: ClassVar[str] = "formulas"

    rule: str  # a word with "-"; which rules there are is for those who check them to say
    cites: tuple[str, ...]
    assumptions: tuple[Formula, ...]
    conclusion: Formula

    @property
    def statement(self) -> Formula:
        """What has to follow from the givens for the step to hold: the conclusion, if the assumptions are true."""
        if not self.assumptions:
            return self.conclusion
        together = self.assumptions[0]
        for assumption in self.assumptions[1:]:
            together = Connective("&", together, assumption)
        return Connective("->", together, self.conclusion)

    @classmethod
    def read(cls, body: str) -> Self:
        head = _HEAD.match(body)
        if head is None:
            raise ParseError("expected a rule, what it is applied to (g0, s1, ...), '|-' and a formula")
        rest = body[head.end() :]
        assumptions: list[Formula] = []
        try:
            cursor = Cursor(tokenize(rest))
            if cursor.accept("["):
                assumptions.append(read_formula(cursor))
                while cursor.accept(","):
                    assumptions.append(read_formula(cursor))
                cursor.expect("]")
            cursor.expect("|")
            cursor.expect("-")
            conclusion = read_formula(cursor)
            cursor.end()
        except ParseError as error:
            raise ParseError(error.reason, head.end() + error.position) from None
        return cls(head[1], tuple(re.findall(_CITE, head[2])), tuple(assumptions), conclusion)

    def body(self) -> str:
        cites = f" {', '.join(self.cites)}" if self.cites else ""
        assumed = f" [{', '.join(map(render_formula, self.assumptions))}]" if self.assumptions else ""
        return f"{self.rule}{cites}{assumed} |- {render_formula(self.conclusion)}"


def read_phrase(text: str, read: Callable[[str], Formula]) -> Justified | None:
    """The step that a sentence with "by" and "from" states, its formula read by `read`; None if it is none."""
    if len(text) > MAX_CHARACTERS:
        return None
    words = " ".join(text.split())
    for phrase in _PHRASES:
        match = phrase.fullmatch(words)
        if match is not None:
            rule = re.sub(r"[ '’-]+", "-", match["rule"].lower()).strip("-")
            cites = re.findall(_CITE, match["cites"].lower())
            return Justified(rule, tuple(cites), (), read(match["formula"]))
    return None
