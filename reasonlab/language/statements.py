"""Statements of the surface `logic`: formulas in any usual notation, alone or with the rule that is said to yield them.

    ∀x (Drinks(x) → Dependent(x))        from g0, s1 by modus ponens: Dependent(rina)        by: mp g0, s1 |- p

`parse_statement(render_statement(c)) == c`.
"""

from __future__ import annotations

from reasonlab.language.claims import FORMULAS, Claim, parse_claim, render_claim
from reasonlab.language.justified import Justified, read_phrase
from reasonlab.language.notation import read_notation, render_notation


def parse_statement(text: str) -> Claim:
    """Raises ParseError outside the notations."""
    if text.lstrip().startswith(f"{Justified.word}:"):
        return parse_claim(text)
    return read_phrase(text, read_notation) or read_notation(text)


def render_statement(claim: Claim) -> str:
    """Raises ValueError for a claim that is no statement of logic."""
    if isinstance(claim, Justified):
        return render_claim(claim)
    if not isinstance(claim, FORMULAS):
        raise ValueError(f"{render_claim(claim)} is no statement of logic")
    return render_notation(claim)
