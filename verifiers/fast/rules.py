"""Facts and definite rules about individuals: `logic.Formulas` and `horn.Program`, on texts instead of trees.

A literal is its text, `~p(ada)`. A rule binds one variable at most and has one head, and no body asks for a negated
literal, so chaining forward from the facts gives a model as well. It says what the ordinary path says about the same
chain (whose docstrings have the meaning of leaps, premises and faults), or raises Beyond: other formulas, names used in
two ways, givens that contradict each other.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reasonlab.language.lexer import MAX_TOKENS, RESERVED
from reasonlab.verifiers.fast.values import Beyond
from reasonlab.verifiers.horn import Literal
from reasonlab.verifiers.logic import ANYONE, _world
from reasonlab.verifiers.verdicts import Judgement, SolverUse

MAX_CHARACTERS = MAX_TOKENS  # of which each has one at least
MAX_INSTANCES = 5_000

_NAME = "[A-Za-z][A-Za-z0-9_]*"
_LITERAL = rf"~?{_NAME}(?:\({_NAME}(?:, {_NAME})*\))?"
_FACT = re.compile(rf"~?({_NAME})(?:\(({_NAME}(?:, {_NAME})*)\))?")
_KIND = re.compile(rf"forall ([A-Z][A-Za-z0-9_]*)\. ({_NAME})\(\1\) -> (~?)({_NAME})\(\1\)")  # the commonest rule
_RULE = re.compile(rf"(?:forall ([A-Z][A-Za-z0-9_]*)\. )?({_LITERAL}(?: & {_LITERAL})*) -> ({_LITERAL})")

ANY = "*"  # stands for the variable of a rule
_INDIVIDUAL = -1


class Clause(NamedTuple):
    """A fact (no body) or a rule. `text`: as `render_claim` writes it; `uses`: names and their arity, as they occur."""

    text: str
    head: str
    body: tuple[str, ...]
    uses: list[tuple[str, int]]


def read_clause(text: str) -> Clause | None:
    """The clause that a text states, or None: not one, not written as `render_claim` does, or beyond this file."""
    if len(text) > MAX_CHARACTERS:
        return None
    if (kind := _KIND.fullmatch(text)) is not None:
        variable, body, sign, head = kind.groups()
        if variable in (body, head):
            return None
        return Clause(text, f"{sign}{head}({ANY})", (f"{body}({ANY})",), [(body, 1), (head, 1)])
    uses: list[tuple[str, int]] = []
    if _FACT.fullmatch(text):
        return Clause(text, text, (), uses) if _template(text, None, uses) is not None else None
    if (rule := _RULE.fullmatch(text)) is None:
        return None
    variable, *sides = rule.groups()
    if "~" in sides[0]:
        return None
    parts = [_template(part, variable, uses) for side in sides for part in side.split(" & ")]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or (variable is not None and not any(ANY in part for part in known)):
        return None
    *body, head = known
    return Clause(text, head, tuple(body), uses)


def _template(literal: str, variable: str | None, uses: list[tuple[str, int]]) -> str | None:
    """The literal with the mark ANY for the variable; None if another is in it. Its names are added to `uses`."""
    predicate, arguments = _FACT.fullmatch(literal).groups()  # type: ignore[union-attr]
    names = arguments.split(", ") if arguments else []
    uses.append((predicate, len(names)))
    if predicate == variable:
        return None
    for position, name in enumerate(names):
        if name == variable:
            names[position] = ANY
        elif name[0] <= "Z":
            return None
        else:
            uses.append((name, _INDIVIDUAL))
    sign = literal[: literal[0] == "~"]
    return f"{sign}{predicate}({', '.join(names)})" if names else literal


class Instance(NamedTuple):
    """A rule with an individual for its variable; `rule` is its position among the rules."""

    rule: int
    body: tuple[str, ...]
    head: str


class Rules:
    """The clauses of a chain: judge each claim, then `establish` or `discredit` it."""

    def __init__(self, givens: Sequence[Clause], asked: Sequence[Clause]) -> None:
        """`asked`: every clause that will be asked about. Raises Beyond."""
        self.first_step = len(givens)
        self.facts: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.rule_keys: list[int] = []
        self.known_rules: dict[object, int] = {}
        self.instances: list[Instance] = []
        self.by_head: dict[str, list[Instance]] = {}
        self.by_body: dict[str, list[int]] = {}
        individuals = _individuals((*givens, *asked))
        for key, given in enumerate(givens):
            self.texts.setdefault(given.text, key)
            if given.body:
                self._add(key, given, individuals)
            else:
                self.facts.setdefault(given.head, key)
        self.closure = self._close(set(), self.facts)
        if _clash(self.closure):
            raise Beyond
        self.supposed: set[str] | None = None  # the closure with the bad steps as facts, once there is one

    def _add(self, key: int, rule: Clause, individuals: Sequence[str]) -> None:
        known = _same(rule)
        if known in self.known_rules:
            return
        position = self.known_rules[known] = len(self.rule_keys)
        self.rule_keys.append(key)
        if len(self.instances) + len(individuals) > MAX_INSTANCES:
            raise Beyond
        bound = ANY in rule.head or any(ANY in part for part in rule.body)
        for name in individuals if bound else individuals[:1]:
            body = tuple([part.replace(ANY, name) for part in rule.body])
            made = Instance(position, body, rule.head.replace(ANY, name))
            for part in set(body) if len(body) > 1 else body:
                self.by_body.setdefault(part, []).append(len(self.instances))
            self.by_head.setdefault(made.head, []).append(made)
            self.instances.append(made)

    def _close(self, reached: set[str], more: Iterable[str]) -> set[str]:
        """Everything that forward chaining reaches from what was `reached` so and `more`."""
        agenda = [literal for literal in more if literal not in reached]
        reached = reached.union(agenda)
        while agenda:
            for position in self.by_body.get(agenda.pop(), ()):
                _, body, head = self.instances[position]
                if head not in reached and (len(body) == 1 or reached.issuperset(body)):
                    reached.add(head)
                    agenda.append(head)
        return reached

    def judge(self, claim: Clause) -> Judgement:
        key = self.texts.get(claim.text)
        if key is not None:
            return Judgement("entailed", (key,), 0)
        if claim.body:
            position = self.known_rules.get(_same(claim))
            if position is None:
                raise Beyond
            return Judgement("entailed", (self.rule_keys[position],), 0)
        literal = claim.head
        if literal in self.closure:
            premises, leap = self._derive(literal)
            return Judgement("entailed", premises, leap)
        against = opposite(literal)
        if against in self.closure:
            premises, leap = self._derive(against)
            return Judgement("refuted", premises, leap, against, f"{against} follows")
        fails, holds = (self._close(self.closure, (each,)) for each in (against, literal))
        if _clash(fails) or _clash(holds):
            raise Beyond
        return Judgement("unsupported", witness=_world(map(_literal, fails), _literal(literal)))

    def use(self) -> SolverUse:
        return SolverUse()

    def _derive(self, goal: str) -> tuple[tuple[int, ...], int]:
        """The premises of a cheapest derivation of what is in the closure, and how many instances it applies."""
        key = self.facts.get(goal)
        if key is not None:
            return (key,), 0
        for instance in self.by_head.get(goal, ()):
            if all(part in self.facts for part in instance.body):
                keys = {self.facts[part] for part in instance.body}
                return tuple(sorted({*keys, self.rule_keys[instance.rule]})), 1
        chosen = self._cheapest(goal)
        keys, used, stack = set(), set(), [goal]
        while stack:
            literal = stack.pop()
            if literal in self.facts:
                keys.add(self.facts[literal])
            elif literal not in used:
                used.add(literal)
                keys.add(self.rule_keys[chosen[literal].rule])
                stack += chosen[literal].body
        return tuple(sorted(keys)), len(used)

    def _cheapest(self, goal: str) -> dict[str, Instance]:
        """Which instance yields each literal on the way to the goal (Knuth 1977; ties as in `horn.Program`)."""
        cost: dict[str, int] = {}
        chosen: dict[str, Instance] = {}
        missing: dict[int, int] = {}
        heap: list[tuple[int, int, str, Instance | None]] = [(0, i, fact, None) for i, fact in enumerate(self.facts)]
        order = len(heap)
        while True:
            price, _, literal, via = heapq.heappop(heap)
            if literal in cost:
                continue
            cost[literal] = price
            if via is not None:
                chosen[literal] = via
            if literal == goal:
                return chosen
            for position in self.by_body.get(literal, ()):
                instance = self.instances[position]
                body = set(instance.body)
                missing[position] = left = missing.get(position, len(body)) - 1
                if not left and instance.head not in cost:
                    order += 1
                    heapq.heappush(heap, (1 + sum(cost[part] for part in body), order, instance.head, instance))

    def fault(self, claim: Clause) -> str:
        """Of a bad claim: "inherited" if it can be derived with the help of an earlier bad step, else "fresh"."""
        return "inherited" if self.supposed is not None and claim.head in self.supposed else "fresh"

    def establish(self, key: int, claim: Clause) -> None:
        """An entailed step: from now on it is a premise, before the given that says the same."""
        if self.texts.get(claim.text, -1) >= self.first_step:
            return
        self.texts[claim.text] = key
        if claim.body:
            position = self.known_rules[_same(claim)]
            if self.rule_keys[position] < self.first_step:
                self.rule_keys[position] = key
        elif self.facts.get(claim.head, -1) < self.first_step:
            self.facts[claim.head] = key

    def discredit(self, key: int, claim: Clause) -> None:
        """A bad step: kept apart, to tell inherited faults from fresh ones."""
        self.supposed = self._close(self.closure if self.supposed is None else self.supposed, (claim.head,))


def opposite(literal: str) -> str:
    return literal[1:] if literal[0] == "~" else f"~{literal}"


def _clash(world: set[str]) -> bool:
    """Whether a literal and its opposite are in it."""
    return any(literal[0] == "~" and literal[1:] in world for literal in world)


def _individuals(clauses: Iterable[Clause]) -> list[str]:
    """The individuals that are named, from left to right. Raises Beyond where names are used in two ways."""
    uses: dict[str, int] = {}
    for clause in clauses:
        for name, use in clause.uses:
            if uses.setdefault(name, use) != use:
                raise Beyond
    if not RESERVED.isdisjoint(uses):
        raise Beyond
    return [name for name, use in uses.items() if use == _INDIVIDUAL] or [ANYONE]


def _same(rule: Clause) -> object:
    """Equal for rules that differ in the order of their bodies or the name of their variable."""
    return (rule.body[0] if len(set(rule.body)) == 1 else frozenset(rule.body)), rule.head


def _literal(text: str) -> Literal:
    """The literal as the ordinary path has it."""
    predicate, _, arguments = text.removeprefix("~").partition("(")
    return (text[0] != "~", predicate, tuple(arguments[:-1].split(", ")) if arguments else ())
