"""The theories: what judges which claims, in one table. A new theory is a file, and a line here.

Each is built once a chain, from the givens of its kind and every claim of its kind that will be asked about; theories
share no symbols, so a contradiction in one is a contradiction of the chain, and entailment in one needs no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from reasonlab.language.claims import Claim, Compare, Equal, Needs, System
from reasonlab.language.networks import Link, Linked, Path, Reachable
from reasonlab.language.worded import Worded
from reasonlab.verifiers.arithmetic import Relations
from reasonlab.verifiers.brackets import Stacks
from reasonlab.verifiers.defeasible import Rulebook
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.logic import Formulas
from reasonlab.verifiers.naming import Naming
from reasonlab.verifiers.orderings import Orderings
from reasonlab.verifiers.permutations import Swaps
from reasonlab.verifiers.planning import Plan
from reasonlab.verifiers.rounding import Rounding
from reasonlab.verifiers.sorting import Sorting
from reasonlab.verifiers.verdicts import Contradiction, Judgement

RELATIONS, FORMULAS, PLANS, CAUSAL = "relations", "formulas", "plans", "causal"

CLOSED = frozenset(("networks", "planning", "permutations", "defeasible"))  # what no given of theirs says is false
GROWING = (Link, Path, Reachable, Linked)  # but these stay true whatever else is given


@dataclass(frozen=True, slots=True)
class Setting:
    """What a theory is built from.

    Attributes:
        givens: (key, claim) of the givens of this theory; keys count givens from 0, and steps go on from `first_step`.
        asked: the claims of this theory that the steps and the query make, in order.
        modulus: of the chain.
        asks: the names that the question is about; None where nothing is asked formally.
        relations: the theory of the chain's relations, which is built first.
    """

    givens: tuple[tuple[int, Any], ...]
    asked: tuple[Any, ...]
    first_step: int
    modulus: int | None
    limits: Limits
    meter: Meter
    asks: frozenset[str] | None = None
    relations: Theory | None = None


class Theory(Protocol):
    """What judges the claims of one kind. `judge` may raise ResourceLimit: the verdict is then `unknown`."""

    @property
    def contradiction(self) -> Contradiction | None: ...
    def judge(self, claim: Any, text: str) -> Judgement:
        """The judgement on a claim, from the givens and what was established so far."""

    def fault(self, claim: Any) -> str:
        """Of a claim judged bad: "inherited" if it would hold were the earlier bad steps true, else "fresh"."""

    def establish(self, key: int, claim: Any, text: str) -> None:
        """Take in an entailed step: a premise for later ones, without power of its own."""

    def discredit(self, key: int, claim: Any) -> None:
        """Take note of a bad step, to tell inherited faults from fresh ones."""


def _relations(setting: Setting) -> Theory:
    """Relations; where the chain gives names, those that take them in."""
    claims = (*(claim for _, claim in setting.givens), *setting.asked)
    if any(isinstance(claim, Worded) for claim in claims):
        return Naming(
            setting.givens, setting.first_step, setting.modulus, setting.limits, setting.meter, asks=setting.asks
        )
    return Relations(setting.givens, setting.first_step, setting.modulus, setting.limits, setting.meter)


def _formulas(setting: Setting) -> Theory:
    if any(isinstance(claim, Worded) for claim in (*(claim for _, claim in setting.givens), *setting.asked)):
        from reasonlab.verifiers.proofs import Proofs

        return Proofs(setting.givens, setting.asked, setting.first_step, setting.limits, setting.meter)
    return Formulas(setting.givens, setting.asked, setting.first_step, setting.limits, setting.meter)


def _causal(setting: Setting) -> Theory:
    from reasonlab.verifiers.causal import Causal

    return Causal(setting.givens, setting.asked, setting.meter)


def _networks(setting: Setting) -> Theory:
    from reasonlab.verifiers.networks import Networks

    return Networks(setting.givens, setting.meter)


def _rewriting(setting: Setting) -> Theory:
    from reasonlab.verifiers.rewriting import Rewriting

    return Rewriting(setting.givens, setting.relations, setting.meter)  # type: ignore[arg-type]


THEORIES: dict[str, Callable[[Setting], Theory]] = {
    RELATIONS: _relations,
    FORMULAS: _formulas,
    CAUSAL: _causal,
    "defeasible": lambda setting: Rulebook(setting.givens, setting.asked, setting.first_step, setting.meter),
    "networks": _networks,
    "rewriting": _rewriting,
    "rounding": lambda setting: Rounding(setting.givens, setting.meter),
    "brackets": lambda setting: Stacks(setting.givens, setting.first_step, setting.limits),
    "orderings": lambda setting: Orderings(setting.givens, setting.first_step, setting.limits),
    "permutations": lambda setting: Swaps(setting.givens, setting.first_step, setting.limits),
    "planning": lambda setting: Plan(setting.givens, setting.first_step, setting.limits),
    "sorting": lambda setting: Sorting(setting.givens, setting.first_step, setting.limits),
}


def theory_name(claim: Claim) -> str:
    """The key in THEORIES of what judges a claim; PLANS for a dependency, which is checked against two of them."""
    if isinstance(claim, (Equal, Compare, System)):
        return RELATIONS
    if isinstance(claim, Needs):
        return PLANS
    return claim.theory if isinstance(claim, Worded) else FORMULAS
