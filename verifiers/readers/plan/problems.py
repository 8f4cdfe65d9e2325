"""The problem of a PlanBench query: its domain, what is so at the start, and the goal, if there is one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from reasonlab.language.chains import Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.planning import Condition, Conditions, Fact, Init, Reaches
from reasonlab.verifiers.readers.plan import blocks, logistics, obfuscated

STATEMENT = "[STATEMENT]"
_END = r"\s*(.+?)(?:\.(?=\s|$)|\n|$)"
_START = re.compile(r"initial conditions[^,]*?(?:that|:)[,:]?" + _END, re.IGNORECASE)
_GOAL = re.compile(r"my goal is (?:to have )?that,?" + _END, re.IGNORECASE)
_COST = re.compile(r"\bit takes ([0-9]{1,6}) minutes? to (?:do the )?(.+?)(?: action)?\.(?=\s|$)", re.IGNORECASE)


class Domain(Protocol):
    """What the file of a domain offers."""

    def looks_like(self, intro: str) -> bool:
        """Whether a problem is introduced as one of this domain; never true of two domains."""

    def actions(self, intro: str) -> list[Step]:
        """The actions that the introduction describes, as givens; and each sentence that is not understood."""

    def fact(self, text: str) -> Fact:
        """Raises ParseError."""

    def action(self, text: str) -> Fact:
        """Raises ParseError."""

    def schema(self, text: str) -> str:
        """The name of the action that an introduction lists so."""

    def spelled(self, fact: Fact) -> Fact:
        """A fact or an action of the domain's PDDL file, with the names that statements give the same things."""

    def kinds(self, facts: list[Fact]) -> list[Fact]:
        """What the names in these facts say by themselves."""


DOMAINS: dict[str, Domain] = {
    "blocks": blocks,
    "logistics": logistics,
    "obfuscated": obfuscated,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`statement`: the text of the last one. `known`: the names in it. `costs`: the minutes that each action takes."""

    domain: Domain
    statement: str
    givens: tuple[Step, ...]
    known: frozenset[str]
    goal: Reaches | None
    costs: dict[str, int]

    def spelled(self, fact: Fact) -> Fact:
        """An action or a fact of PDDL in the names of the statement. Raises ParseError."""
        for each in (fact, self.domain.spelled(fact)):
            if self.known.issuperset(each[1:]):
                return (self.domain.spelled(each)[0], *each[1:])
        strange = min(set(fact[1:]) - self.known)
        raise ParseError(f"expected names of the statement, found {quote(strange)}")

    def conditions(self, text: str) -> Conditions:
        """What "a, b and c" says. Raises ParseError."""
        return tuple(dict.fromkeys(Condition(self.domain.fact(part)) for part in listed(text)))


def read_problem(query: str) -> Problem:
    """The problem of a query's last statement. Raises BadInput, ParseError, ValueError."""
    domain = domain_of(query)
    intro, statement = query.partition(STATEMENT)[0], query.rpartition(STATEMENT)[2]
    start, goal = _START.search(statement), _GOAL.search(statement)
    if start is None:
        raise ParseError("it has no start")
    facts = [domain.fact(text) for text in listed(start[1])]
    init = Init((*facts, *domain.kinds(facts)))
    return Problem(
        domain,
        statement,
        (*domain.actions(intro), Step(start[0].strip(), init)),
        frozenset(name for each in facts for name in each[1:]),
        Reaches(tuple(Condition(domain.fact(text)) for text in listed(goal[1]))) if goal is not None else None,
        {domain.schema(cost[2].lower()): int(cost[1]) for cost in _COST.finditer(intro)},
    )


def domain_of(query: str) -> Domain:
    """The domain that a query is introduced with. Raises ParseError."""
    intro = query.partition(STATEMENT)[0]
    domain = next((domain for domain in DOMAINS.values() if domain.looks_like(intro)), None)
    if domain is None:
        raise ParseError(f"the introduction {quote(intro)} is none of {', '.join(DOMAINS)}")
    return domain


def listed(text: str) -> list[str]:
    """The parts of "a, b and c"."""
    return [part.strip() for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", text) if part.strip()]
