"""Plans: `c needs a and b` says what c is defined by, or follows by one rule from. Checked against the givens alone.

Entailed (leap 0, the definition or rule as premise) if the sources are exactly what some definition or rule instance of
the target uses; refuted, naming what is missing and what is needless, if it has others; unsupported if it has none.
"""

from __future__ import annotations

from collections.abc import Collection

from reasonlab.language.claims import Needs
from reasonlab.language.formulas import render_formula
from reasonlab.language.terms import Symbol
from reasonlab.verifiers.arithmetic import Relations
from reasonlab.verifiers.horn import Literal, read_literal, show
from reasonlab.verifiers.logic import Formulas
from reasonlab.verifiers.verdicts import Judgement


def judge(claim: Needs, relations: Relations | None, formulas: Formulas | None) -> Judgement:
    """The judgement on a plan step, from whichever theory knows its target."""
    if isinstance(claim.target, Symbol) and relations is not None:
        rings = [relations.ring(relations.modulus), *relations.rings.values()]
        ring = next((ring for ring in rings if claim.target.name in ring.definitions), None)
        if ring is not None:
            name = claim.target.name
            uses = (frozenset(ring.parents[name]), ring.defined_by[name])
            return _compare(name, [uses], frozenset(_text(source) for source in claim.sources))
    if formulas is not None and (target := _literal(claim.target)) is not None:
        rules = [(frozenset(map(show, instance.body)), key) for key, instance in formulas.rules_for(target)]
        if not rules and target in formulas.facts:
            rules = [(frozenset(), formulas.facts[target])]
        if rules:
            return _compare(show(target), rules, frozenset(_text(source) for source in claim.sources))
    return Judgement("unsupported", reason=f"nothing defines {_text(claim.target)}")


def _literal(item: Symbol | object) -> Literal | None:
    return (True, item.name, ()) if isinstance(item, Symbol) else read_literal(item)  # type: ignore[arg-type]


def _text(item: Symbol | object) -> str:
    return item.name if isinstance(item, Symbol) else render_formula(item)  # type: ignore[arg-type]


def _compare(target: str, known: list[tuple[frozenset[str], int]], stated: Collection[str]) -> Judgement:
    for uses, key in known:
        if uses == stated:
            return Judgement("entailed", (key,), 0)
    uses, key = min(known, key=lambda pair: (len(pair[0] ^ frozenset(stated)), pair[1]))  # the nearest one
    missing, needless = sorted(uses - frozenset(stated)), sorted(frozenset(stated) - uses)
    parts = [
        f"{words} {' and '.join(names)}"
        for words, names in (("leaves out", missing), ("does not need", needless))
        if names
    ]
    witness = f"{target} needs {' and '.join(sorted(uses))}" if uses else f"{target} needs nothing"
    return Judgement("refuted", (key,), None, witness, f"{' and '.join(parts)}")
