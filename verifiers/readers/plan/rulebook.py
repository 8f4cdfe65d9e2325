"""Domains that are told in fixed English sentences: what each sentence says of which action.

An action is what its own name says (that a block put down lies on the table), with whatever the sentences add. So a
rule that the text leaves out is not assumed, and one that it adds is not passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasonlab.language.chains import Step
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.planning import Action, Condition, Fact, read_conditions, read_fact


@dataclass(frozen=True, slots=True)
class Says:
    """What a sentence says of an action, in the claim language."""

    action: str
    needs: str = ""
    makes: str = ""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A domain.

    Attributes:
        actions: what a line that lists an action begins with, the action's head, and what it makes by its own name.
        sentences: what each sentence says, in small letters and without the full stop.
        facts: patterns of facts, and the facts they are, with the groups of the pattern as \\\\1 and so on.
        plans: the same of the lines of a plan.
    """

    actions: Mapping[str, tuple[str, str]]
    sentences: Mapping[str, Sequence[Says]]
    facts: Mapping[str, str]
    plans: Mapping[str, str]

    def read(self, intro: str) -> list[Step]:
        """The actions that an introduction lists, and each sentence that is not understood."""
        lines = [" ".join(line.split()) for line in re.split(r"\n|(?<=\.)\s+", intro)]
        heads: dict[str, Fact] = {}
        needs: dict[str, dict[Condition, None]] = {}
        makes: dict[str, dict[Condition, None]] = {}
        unread: list[Step] = []
        for line in lines:
            text = line.lower().rstrip(".:")
            if text in self.actions:
                head, own = self.actions[text]
                fact = read_fact(head, variables=True)
                heads[fact[0]] = fact
                makes.setdefault(fact[0], {}).update(_conditions(own))
            elif text in self.sentences:
                for says in self.sentences[text]:
                    needs.setdefault(says.action, {}).update(_conditions(says.needs))
                    makes.setdefault(says.action, {}).update(_conditions(says.makes))
            elif text and not text.startswith(_ASIDES):
                unread.append(Step(line, None, reason="the sentence says nothing known of an action"))
        actions = [Action(head, tuple(needs.get(name, ())), tuple(makes.get(name, ()))) for name, head in heads.items()]
        return [*(Step(f"the action {action.head[0]}", action) for action in actions), *unread]

    def fact(self, text: str) -> Fact:
        """Raises ParseError."""
        return _match(self.facts, text, "a fact")

    def action(self, text: str) -> Fact:
        """Raises ParseError."""
        return _match(self.plans, text, "an action")

    def schema(self, text: str) -> str:
        """The name of the action that is listed so."""
        return self.actions[text][0].split()[0] if text in self.actions else text


_ASIDES = (
    "it takes",
    "i am playing with",
    "i have the following restrictions",
    "i have to plan",
    "here are the actions",
    "the following are the restrictions",
    "locations within a city",
    "in each city there is",
    "for example",
    "here location",
    "the plan correctness",
    "an action is executable",
    "the state resulting",
    "plan correctness",
)


def _conditions(text: str) -> dict[Condition, None]:
    return dict.fromkeys(read_conditions(text, variables=True)) if text else {}


def _match(patterns: Mapping[str, str], text: str, what: str) -> Fact:
    words = " ".join(text.lower().strip(" .").split())
    for pattern, meaning in patterns.items():
        if found := re.fullmatch(pattern, words):
            return read_fact(found.expand(meaning))
    raise ParseError(f"expected {what} of the domain, found {quote(text)}")
