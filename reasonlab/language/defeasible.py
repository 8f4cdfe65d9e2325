"""Claims of defeasible reasoning: facts, rules that others may overrule, and which rule is preferred to which.

    holds: ~visits(cow, dog)                           a fact; asked or claimed, that it can be concluded
    rule: Rule2: forall X. likes(X, dog) -> tall(X)    a rule by its name, which others may overrule
    prefers: Rule2 > Rule1                             Rule2 goes before Rule1 where both apply and disagree
    perhaps: sharp(fork)                               nothing says whether this holds (only a given)
    so: Rule2 |- tall(cow)                             this can be concluded, and Rule2 is a reason for it
    unproved: Rule1 |- exists X. likes(X, cow)         a condition of Rule1, which cannot be concluded (of anyone)

All are about literals over names. What can be concluded is for `reasonlab.verifiers.defeasible` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import (
    Apply,
    Atom,
    Formula,
    Literal,
    Not,
    Quantified,
    Rule,
    as_rule,
    atom_of,
    is_variable,
    parse_formula,
    render_formula,
)
from reasonlab.language.worded import Worded

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,40}"
_NAMED = re.compile(rf"({_NAME})\s*:\s*(.+)", re.DOTALL)
_PREFERS = re.compile(rf"({_NAME})\s*>\s*({_NAME})")
_REASON = re.compile(rf"({_NAME})\s*\|-\s*(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OfLiteral(Worded):
    """A claim about a literal and nothing else."""

    theory: ClassVar[str] = "defeasible"

    literal: Literal

    @classmethod
    def read(cls, body: str) -> Self:
        return cls(_literal(parse_formula(body)))

    def body(self) -> str:
        return render_formula(self.literal)


@dataclass(frozen=True, slots=True)
class Holds(OfLiteral):
    """A fact; of a step or a question: that the literal can be concluded."""

    word: ClassVar[str] = "holds"


@dataclass(frozen=True, slots=True)
class Defeasible(Worded):
    """A rule that concludes its head unless something speaks against it."""

    word: ClassVar[str] = "rule"
    theory: ClassVar[str] = "defeasible"

    name: str
    rule: Rule

    @classmethod
    def read(cls, body: str) -> Self:
        match = _NAMED.fullmatch(body)
        if match is None:
            raise ParseError("expected the rule's name, ':' and the rule")
        rule = as_rule(parse_formula(match[2]))
        if rule is None:
            raise ParseError("expected a rule from literals to a literal", match.start(2))
        for literal in (*rule.body, rule.head):
            _literal(literal)
        return cls(match[1], rule)

    def body(self) -> str:
        return f"{self.name}: {render_formula(self.rule.formula())}"


@dataclass(frozen=True, slots=True)
class Prefers(Worded):
    """That one rule goes before another where both apply and disagree."""

    word: ClassVar[str] = "prefers"
    theory: ClassVar[str] = "defeasible"

    better: str
    worse: str

    @classmethod
    def read(cls, body: str) -> Self:
        match = _PREFERS.fullmatch(body)
        if match is None:
            raise ParseError("expected two rules' names with '>' between them")
        return cls(match[1], match[2])

    def body(self) -> str:
        return f"{self.better} > {self.worse}"


@dataclass(frozen=True, slots=True)
class Perhaps(OfLiteral):
    """That nothing says whether a literal holds; so what hangs on it is not known."""

    word: ClassVar[str] = "perhaps"


@dataclass(frozen=True, slots=True)
class Concluded(Worded):
    """That a literal can be concluded, and that a rule of this name applies and concludes it."""

    word: ClassVar[str] = "so"
    theory: ClassVar[str] = "defeasible"

    rule: str
    literal: Literal

    @classmethod
    def read(cls, body: str) -> Self:
        name, formula = _reason(body)
        return cls(name, _literal(formula))

    def body(self) -> str:
        return f"{self.rule} |- {render_formula(self.literal)}"


@dataclass(frozen=True, slots=True)
class Unproved(Worded):
    """That a condition of a rule cannot be concluded; where it has variables, of anyone."""

    word: ClassVar[str] = "unproved"
    theory: ClassVar[str] = "defeasible"

    rule: str
    condition: Literal

    @classmethod
    def read(cls, body: str) -> Self:
        name, formula = _reason(body)
        while isinstance(formula, Quantified) and formula.quantifier == "exists":
            formula = formula.body
        return cls(name, _literal(formula))

    def body(self) -> str:
        formula: Formula = self.condition
        for name in sorted({name for name in atom_of(self.condition).names if is_variable(name)}, reverse=True):
            formula = Quantified("exists", name, formula)
        return f"{self.rule} |- {render_formula(formula)}"


def _reason(body: str) -> tuple[str, Formula]:
    match = _REASON.fullmatch(body)
    if match is None:
        raise ParseError("expected a rule's name, '|-' and what it is about")
    return match[1], parse_formula(match[2])


def _literal(formula: Formula) -> Literal:
    """The formula as a literal over names. Raises ParseError."""
    atom = formula.operand if isinstance(formula, Not) else formula
    if not isinstance(atom, Atom) or any(isinstance(argument, Apply) for argument in atom.arguments):
        raise ParseError(f"expected a literal over names, found {render_formula(formula)[:60]!r}")
    return formula  # type: ignore[return-value]
