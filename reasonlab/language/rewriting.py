"""Rewritings: relations and systems that are said to have the same solutions.

    rewrite: x ^ 2 = 4 => x = 2 or x = -2
    rewrite: 2 * x + 1 = 7 => 2 * x = 6 => x = 3
    rewrite: x ^ 2 = 2 => false (over rationals)

    rewrite = stage "=>" stage { "=>" stage } [ "(" "over" domain ")" ]
    stage   = system | "true" | "false"              every value of the unknowns solves it, or none does
    domain  = "reals" | "rationals" | "integers" | "complex"                         left out: the reals

`reasonlab.verifiers.rewriting` judges them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.relations import Relation, System, parse_system, render_system
from reasonlab.language.worded import Worded

DOMAINS = ("reals", "rationals", "integers", "complex")
ARROW = "=>"
_TRUTHS = {"true": True, "false": False}
_OVER = re.compile(r"\(\s*over\s+([a-z]+)\s*\)\s*$")

Stage = Relation | System | bool


@dataclass(frozen=True, slots=True)
class Rewrite(Worded):
    """Every stage has the solutions of the one before it, in the domain."""

    word: ClassVar[str] = "rewrite"
    theory: ClassVar[str] = "rewriting"

    stages: tuple[Stage, ...]
    domain: str = DOMAINS[0]

    def __post_init__(self) -> None:
        if len(self.stages) < 2:
            raise ValueError("a rewriting has two stages or more")
        if self.domain not in DOMAINS:
            raise ValueError(f"expected a domain of {', '.join(DOMAINS)}, not {quote(self.domain)}")
        if any(getattr(stage, "notes", ()) for stage in self.stages):
            raise ValueError("a stage of a rewriting notes no values in brackets")

    @classmethod
    def read(cls, body: str) -> Self:
        domain = DOMAINS[0]
        if over := _OVER.search(body):
            domain, body = over[1], body[: over.start()]
        try:
            return cls(tuple(_read_stage(text) for text in body.split(ARROW)), domain)
        except ValueError as error:
            raise ParseError(str(error)) from None

    def body(self) -> str:
        text = f" {ARROW} ".join(map(render_stage, self.stages))
        return text if self.domain == DOMAINS[0] else f"{text} (over {self.domain})"


def render_stage(stage: Stage) -> str:
    return str(stage).lower() if isinstance(stage, bool) else render_system(stage)


def _read_stage(text: str) -> Stage:
    word = text.strip()
    return _TRUTHS[word] if word in _TRUTHS else parse_system(text)
