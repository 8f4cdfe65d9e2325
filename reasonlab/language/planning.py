"""STRIPS planning (Fikes & Nilsson 1971): actions, what they need and what they make. `verifiers.planning` judges.

    action: stack ?x ?y | needs holding ?x, clear ?y | makes on ?x ?y, handempty, not holding ?x, not clear ?y
    init: on a b, ontable b, clear a, handempty     what is true at the start; what no `init` lists is false
    init: ()                                        nothing is
    act: 1 unstack a b                              the first action is this one, and it can be done then
    state: 1 holding a, not clear a                 this is so after one action
    reaches: on b a                                 every action can be done in turn, and then this is so

A condition is a predicate with its arguments, perhaps after "not"; `= ?x ?y` compares two of them. Where an action
makes something true and false at once, it is true (as in PDDL). All words are single; actions are counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from reasonlab.language.errors import ParseError, quote
from reasonlab.language.names import check_index, cut_index
from reasonlab.language.worded import Worded

SAME = "="
NO_FACTS = "()"
MAX_WORDS = 40  # in one condition or action
_WORD = re.compile(r"\??(?!&$)[^\s,;:=<>!|?()\[\]{}\"]+")

Fact = tuple[str, ...]  # a predicate and its arguments, or an action's name and its arguments


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact that has to be true, or false."""

    fact: Fact
    positive: bool = True

    def __str__(self) -> str:
        return ("" if self.positive else "not ") + " ".join(self.fact)

    def bind(self, values: Mapping[str, str]) -> Condition:
        return Condition(tuple(values.get(word, word) for word in self.fact), self.positive)


Conditions = tuple[Condition, ...]


def _check(fact: Fact, *, variables: bool = False) -> None:
    """Raises ValueError where a fact would not read back."""
    try:
        same = read_fact(" ".join(fact), variables=variables) == fact
    except ParseError as error:
        raise ValueError(str(error)) from None
    if not same:
        raise ValueError(f"expected single words, not {quote(fact)}")


def read_fact(text: str, *, variables: bool = False) -> Fact:
    """A predicate or an action with its arguments. Raises ParseError."""
    words = tuple(text.split())
    if not words or len(words) > MAX_WORDS:
        raise ParseError(f"expected from 1 to {MAX_WORDS} words, found {quote(text.strip())}")
    same = words[0] == SAME
    for word in words[1:] if same else words:
        if not _WORD.fullmatch(word) or word == "not" or (word[0] == "?" and (not variables or word is words[0])):
            raise ParseError(f"expected a word{' or a ?variable' if variables else ''}, found {quote(word)}")
    if same and len(words) != 3:
        raise ParseError(f"expected two things after '=', found {quote(text.strip())}")
    return words


def read_conditions(text: str, *, variables: bool = False) -> Conditions:
    """Conditions with commas between, at least one. Raises ParseError."""
    found = []
    for part in text.split(","):
        first, _, rest = part.strip().partition(" ")
        positive = first != "not"
        found.append(Condition(read_fact(part if positive else rest, variables=variables), positive))
    return tuple(found)


def write_conditions(conditions: Conditions) -> str:
    return ", ".join(str(condition) for condition in conditions)


@dataclass(frozen=True, slots=True)
class Action(Worded):
    """An action schema: `head` is its name and its ?variables."""

    word: ClassVar[str] = "action"
    theory: ClassVar[str] = "planning"

    head: Fact
    needs: Conditions = ()
    makes: Conditions = ()

    def __post_init__(self) -> None:
        _check(self.head, variables=True)
        for condition in (*self.needs, *self.makes):
            _check(condition.fact, variables=True)
        if (wrong := _wrong(self.head, self.needs, self.makes)) is not None:
            raise ValueError(wrong)

    @classmethod
    def read(cls, body: str) -> Self:
        first, *parts = body.split("|")
        head = read_fact(first, variables=True)
        conditions: dict[str, Conditions] = {"needs": (), "makes": ()}
        for part in parts:
            word, _, rest = part.strip().partition(" ")
            if word not in conditions or conditions[word]:
                raise ParseError(f"expected 'needs ...' and 'makes ...', once each, found {quote(part.strip())}")
            conditions[word] = read_conditions(rest, variables=True)
        if (wrong := _wrong(head, conditions["needs"], conditions["makes"])) is not None:
            raise ParseError(wrong)
        return cls(head, conditions["needs"], conditions["makes"])

    def body(self) -> str:
        needs = f" | needs {write_conditions(self.needs)}" if self.needs else ""
        makes = f" | makes {write_conditions(self.makes)}" if self.makes else ""
        return " ".join(self.head) + needs + makes


def _wrong(head: Fact, needs: Conditions, makes: Conditions) -> str | None:
    """What no action schema may be."""
    variables = head[1:]
    if head[0] == SAME or len(set(variables)) < len(variables) or not all(word[0] == "?" for word in variables):
        return f"expected a name and different ?variables, found {quote(' '.join(head))}"
    free = {word for each in (*needs, *makes) for word in each.fact if word[0] == "?"} - set(variables)
    if free:
        return f"{min(free)} is no argument of {head[0]}"
    if any(each.fact[0] == SAME for each in makes):
        return f"{head[0]} cannot make two things the same"
    return None


@dataclass(frozen=True, slots=True)
class Init(Worded):
    """Facts that are true at the start; `init: ()` where none is."""

    word: ClassVar[str] = "init"
    theory: ClassVar[str] = "planning"

    facts: tuple[Fact, ...]

    def __post_init__(self) -> None:
        if any(fact[0] == SAME for fact in self.facts):
            raise ValueError("expected facts")
        for fact in self.facts:
            _check(fact)

    @classmethod
    def read(cls, body: str) -> Self:
        conditions = () if body == NO_FACTS else read_conditions(body)
        for condition in conditions:
            if not condition.positive or condition.fact[0] == SAME:
                raise ParseError(f"expected what is true (the rest is false), found {quote(str(condition))}")
        return cls(tuple(condition.fact for condition in conditions))

    def body(self) -> str:
        return ", ".join(" ".join(fact) for fact in self.facts) or NO_FACTS


@dataclass(frozen=True, slots=True)
class Act(Worded):
    """The action of this number is this one, and it can be done after those before it."""

    word: ClassVar[str] = "act"
    theory: ClassVar[str] = "planning"

    index: int
    action: Fact

    def __post_init__(self) -> None:
        check_index(self.index, 1)
        _check(self.action)
        if self.action[0] == SAME:
            raise ValueError("expected an action")

    @classmethod
    def read(cls, body: str) -> Self:
        index, rest = cut_index(body, 1)
        action = read_fact(rest)
        if action[0] == SAME:
            raise ParseError(f"expected an action, found {quote(rest)}")
        return cls(index, action)

    def body(self) -> str:
        return f"{self.index} {' '.join(self.action)}"


@dataclass(frozen=True, slots=True)
class State(Worded):
    """What is so after so many actions."""

    word: ClassVar[str] = "state"
    theory: ClassVar[str] = "planning"

    time: int
    conditions: Conditions

    def __post_init__(self) -> None:
        check_index(self.time)
        _check_all(self.conditions)

    @classmethod
    def read(cls, body: str) -> Self:
        time, rest = cut_index(body)
        return cls(time, read_conditions(rest))

    def body(self) -> str:
        return f"{self.time} {write_conditions(self.conditions)}"


@dataclass(frozen=True, slots=True)
class Reaches(Worded):
    """The whole plan can be done, and what is so after it."""

    word: ClassVar[str] = "reaches"
    theory: ClassVar[str] = "planning"

    conditions: Conditions

    def __post_init__(self) -> None:
        _check_all(self.conditions)

    @classmethod
    def read(cls, body: str) -> Self:
        return cls(read_conditions(body))

    def body(self) -> str:
        return write_conditions(self.conditions)


def _check_all(conditions: Conditions) -> None:
    if not conditions:
        raise ValueError("expected a condition")
    for condition in conditions:
        _check(condition.fact)
