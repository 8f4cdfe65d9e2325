"""Names that a solution in prose introduces anew: after `Let x be the price of a pen`, `Let x be the price of a cup`
speaks of another quantity, and what was said of the first `x` says nothing about it.

The later one is written `x_2` in the claims. Only two introductions in so many words, of different things, are taken
for that: what merely computes the same name again may be a mistake as well (`reasonlab.verifiers.naming`). A name that
the problem itself uses keeps its meaning throughout.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import count

from reasonlab.language.chains import Step
from reasonlab.language.claims import Claim
from reasonlab.language.naming import Suppose
from reasonlab.language.relations import Equal, Relation, System, names_of
from reasonlab.language.terms import Symbol, Term, substitute, symbols

_INTRODUCED = re.compile(
    r"\blet\s+\$?([A-Za-z])\$?\s+(?:now\s+)?(?:be|denote|represent|stand\s+for)\s+([^.;]+)", re.IGNORECASE
)


def told_apart(steps: Iterable[Step], taken: Collection[str]) -> tuple[Step, ...]:
    """The steps, each name followed by a number from its second introduction on; those that are `taken` keep theirs."""
    steps = tuple(steps)
    used = {name for step in steps for name in _names(step.claim)} | set(taken)
    meanings: dict[str, str] = {}
    current: dict[str, Term] = {}
    told: list[Step] = []
    text = ""
    pending: list[re.Match[str]] = []
    for step in steps:
        if step.text != text:
            text, waiting = step.text, pending
            pending = list(_INTRODUCED.finditer(text))
        else:
            waiting = []
        start = step.span[0] if step.span is not None else len(text)
        while pending and pending[0].start() < start:
            waiting.append(pending.pop(0))
        for name, meaning in (match.groups() for match in waiting):
            words = " ".join(meaning.casefold().split())
            if name not in taken and meanings.setdefault(name, words) != words:
                meanings[name] = words
                fresh = next(f"{name}_{n}" for n in count(2) if f"{name}_{n}" not in used)
                used.add(fresh)
                current[name] = Symbol(fresh)
        told.append(replace(step, claim=_renamed(step.claim, current)) if current else step)
    return tuple(told)


def _names(claim: Claim | None) -> frozenset[str]:
    if isinstance(claim, Suppose):
        return frozenset().union(*map(symbols, claim.sides))
    return names_of(claim) if isinstance(claim, (Equal, System)) else frozenset()


def _renamed(claim: Claim | None, names: Mapping[str, Term]) -> Claim | None:
    if isinstance(claim, Suppose):
        return replace(claim, sides=tuple(substitute(side, names) for side in claim.sides))
    if isinstance(claim, System):
        return replace(claim, cases=tuple(tuple(_replaced(each, names) for each in case) for case in claim.cases))
    return claim


def _replaced(relation: Relation, names: Mapping[str, Term]) -> Relation:
    if isinstance(relation, Equal):
        return replace(relation, terms=tuple(substitute(term, names) for term in relation.terms))
    return replace(relation, left=substitute(relation.left, names), right=substitute(relation.right, names))
