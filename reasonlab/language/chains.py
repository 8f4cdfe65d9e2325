"""Steps and chains: the givens, what is asked, the steps with what each claims, and the answer.

A *surface* is how claims are written in the text: `formal` (the claim language, steps end with ";"), `english`
(controlled English, steps end with ".") or `logic` (formulas in any usual notation, steps end with ";"). Every
character span refers to the text that was parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reasonlab.language.claims import Claim, parse_claim, render_claim
from reasonlab.language.english import parse_sentence, render_sentence
from reasonlab.language.errors import ParseError
from reasonlab.language.statements import parse_statement, render_statement

ANSWER_WORD = "answer"


@dataclass(frozen=True, slots=True)
class Surface:
    """How claims are written: the name, the step's closing mark, what the reader assumes."""

    name: str  # "formal", "english" or "logic"
    modulus: int | None = None  # formal: holds for every equality that names none
    nouns: frozenset[str] = frozenset()  # english: the words that take an article

    @property
    def mark(self) -> str:
        return "." if self.name == "english" else ";"

    def parse(self, text: str) -> Claim:
        """Raises ParseError outside the surface's grammar."""
        if self.name == "formal":
            return parse_claim(text, modulus=self.modulus)
        if self.name == "logic":
            return parse_statement(text)
        return parse_sentence(text, self.nouns)

    def render(self, claim: Claim) -> str:
        if self.name == "formal":
            return render_claim(claim, modulus=self.modulus)
        if self.name == "logic":
            return render_statement(claim)
        return render_sentence(claim, self.nouns)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain (or one given).

    `claim` is None where the step claims nothing (`reason` None) or was not understood (`reason` says why). With both,
    the claim is what was understood, and the reason says what was not: the step is refuted with its claim, and else not
    understood.
    `cites`: ids such as "g0" (a given) or "s2" (a step) that the text itself names; empty where it names none.
    """

    text: str
    claim: Claim | None
    span: tuple[int, int] | None = None
    reason: str | None = None
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, by `kind`:

    - "value": the value of `variable`; - "truth": whether `claim` holds (true, false or unknown);
    - "choice": which of `options`, a label and a claim each, holds; - "fill": what has to stand for the "_" in
      `template`, a claim with a gap, for it to hold.
    """

    kind: str
    claim: Claim | None = None
    variable: str | None = None
    options: tuple[tuple[str, Claim], ...] = ()
    template: str = ""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim that it asks about."""
        return (*((self.claim,) if self.claim is not None else ()), *(claim for _, claim in self.options))


def label(text: str) -> str:
    """The label of an option as compared: `(A).` and `a` are the same."""
    return text.strip().rstrip(".").strip("()").strip().casefold()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as written, with its span in the text."""

    text: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The givens, what is asked, the steps, the answer.

    Attributes:
        query: None if the problem has no formal reading.
        reference: the answer that the source of the chain holds right.
        problem: the problem in words, where the numbers of the steps have to come from; None if nothing is said about
            that, as where the givens are formal and say it all.
    """

    id: str
    givens: tuple[Step, ...]
    query: Query | None
    steps: tuple[Step, ...]
    answer: Answer | None
    modulus: int | None = None
    reference: str | None = None
    problem: str | None = None


def read_step(text: str, surface: Surface, span: tuple[int, int] | None = None) -> Step:
    """The step that a piece of text makes; text outside the grammar is a step without a claim, and says why."""
    try:
        return Step(text, surface.parse(text), span)
    except ParseError as error:
        return Step(text, None, span, reason=str(error))


def split_steps(text: str, mark: str) -> list[tuple[str, tuple[int, int]]]:
    """The pieces of `text` between marks or line ends, stripped, with their spans; empty ones are left out."""
    pieces, start = [], 0
    pattern = r";|\n" if mark == ";" else r"\.(?=\s|$)|\n"
    ends = [(match.start(), match.end()) for match in re.finditer(pattern, text)] + [(len(text), len(text))]
    for end, after in ends:
        piece = text[start:end]
        if stripped := piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            pieces.append((stripped, (left, left + len(stripped))))
        start = after
    return pieces


def read_steps(text: str, surface: Surface) -> tuple[tuple[Step, ...], Answer | None]:
    """The steps and the answer of a written chain: the piece "answer VALUE", which closes it.

    An answer that something follows is a step that was not understood: a chain states one answer, at its end.
    """
    steps: list[Step] = []
    answer: Answer | None = None
    pieces = split_steps(text, surface.mark)
    for index, (piece, span) in enumerate(pieces):
        words = piece.split(None, 1)
        if words[0].lower().rstrip(":") != ANSWER_WORD:
            steps.append(read_step(piece, surface, span))
        elif index < len(pieces) - 1:
            steps.append(Step(piece, None, span, reason="an answer before the end of the chain"))
        else:
            value = words[1].strip() if len(words) > 1 else ""
            answer = Answer(value, (span[1] - len(value), span[1]))
    return tuple(steps), answer


def render_steps(claims: Sequence[Claim], answer: str | None, surface: Surface) -> str:
    """The text of a chain: each step closed by the surface's mark, then the answer."""
    text = "".join(f"{surface.render(claim)} {surface.mark} " for claim in claims)
    return text + (f"{ANSWER_WORD} {answer}" if answer is not None else "")


def surface_for(name: str, *, modulus: int | None = None, nouns: Collection[str] = ()) -> Surface:
    return Surface(name, modulus=modulus, nouns=frozenset(nouns))
