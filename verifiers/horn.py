"""Definite rules over named individuals: their instances, their closure, and minimal derivations in it.

A literal is (positive, predicate, arguments), and `~p` is an atom of its own here: forward chaining (Dowling & Gallier
1984) is complete for what it can reach that way. Contraposition is not, so a literal outside the closure may still
follow; `model` then often shows that it does not.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from reasonlab.language.formulas import Apply, Atom, Connective, Formula, Not, Quantified, is_variable
from reasonlab.verifiers.limits import Meter, within

INSTANCE = 3  # elementary operations that making or taking in a ground instance weighs

Literal = tuple[bool, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """`body -> head`, closed over its variables; a body may be empty (`forall X. red(X)`)."""

    body: tuple[Literal, ...]
    head: Literal
    variables: tuple[str, ...]

    def same(self) -> tuple[frozenset[Literal], Literal]:
        """Equal for rules that differ in the order of their bodies or the names of their variables (in that order)."""
        names = {name: f"V{i}" for i, name in enumerate(self.variables)}
        return frozenset(_bind(part, names) for part in self.body), _bind(self.head, names)


@dataclass(frozen=True, slots=True)
class Instance:
    """A rule with individuals for its variables; `rule` is its position among the rules."""

    rule: int
    body: tuple[Literal, ...]
    head: Literal


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a literal is reached: the facts it starts from and the rule instances applied, each once."""

    facts: tuple[Literal, ...]
    instances: tuple[Instance, ...]


def opposite(literal: Literal) -> Literal:
    return (not literal[0], literal[1], literal[2])


def show(literal: Literal) -> str:
    positive, predicate, arguments = literal
    return ("" if positive else "~") + predicate + (f"({', '.join(arguments)})" if arguments else "")


def read_literal(formula: Formula) -> Literal | None:
    """The formula as a literal about names, double negations taken away; None if it is none."""
    positive = True
    while isinstance(formula, Not):
        formula, positive = formula.operand, not positive
    if not isinstance(formula, Atom) or any(isinstance(argument, Apply) for argument in formula.arguments):
        return None
    return (positive, formula.predicate, formula.names)


def read_clauses(formula: Formula) -> list[Literal | Rule] | None:
    """The formula as facts and definite rules, together equivalent to it; None if it is not of that shape.

    Literals joined by & , and `forall`s around implications from literals joined by & (or |) to literals joined by & .
    """
    literal = read_literal(formula)
    if literal is not None and not any(map(is_variable, literal[2])):
        return [literal]
    clauses: list[Literal | Rule] = []
    parts = [formula]
    while parts:
        part = parts.pop()
        if isinstance(part, Connective) and part.operator == "&":
            parts += (part.right, part.left)
            continue
        bound: set[str] = set()
        while isinstance(part, Quantified) and part.quantifier == "forall":
            if part.variable in bound:
                return None
            bound.add(part.variable)
            part = part.body
        made = _implication(part)
        if made is None:
            return None
        for body, head in made:
            names = dict.fromkeys(name for lit in (*body, head) for name in lit[2] if is_variable(name))
            # An individual may not be bound, and a free variable means that the formula holds for everything.
            clauses.append(Rule(body, head, tuple(names)) if body or names else head)
    return clauses


def _implication(formula: Formula) -> list[tuple[tuple[Literal, ...], Literal]] | None:
    if isinstance(formula, Connective) and formula.operator == "->":
        bodies = [_conjunction(part) for part in _parts(formula.left, "|")]
        heads = _conjunction(formula.right)
    elif isinstance(formula, Connective) and formula.operator == "<->":
        left, right = read_literal(formula.left), read_literal(formula.right)
        return None if left is None or right is None else [((left,), right), ((right,), left)]
    else:
        bodies, heads = [()], _conjunction(formula)
    if heads is None or any(body is None for body in bodies):
        return None
    return [(body, head) for body in bodies for head in heads]  # type: ignore[misc]


def _parts(formula: Formula, operator: str) -> list[Formula]:
    parts, stack = [], [formula]
    while stack:
        part = stack.pop()
        if isinstance(part, Connective) and part.operator == operator:
            stack += (part.right, part.left)
        else:
            parts.append(part)
    return parts


def _conjunction(formula: Formula) -> tuple[Literal, ...] | None:
    literals = [read_literal(part) for part in _parts(formula, "&")]
    return None if None in literals else tuple(literals)  # type: ignore[arg-type]


def _bind(literal: Literal, binding: Mapping[str, str]) -> Literal:
    return (literal[0], literal[1], tuple(binding.get(name, name) for name in literal[2]))


def instances(rule: Rule, position: int, individuals: Sequence[str], meter: Meter, *, made: int = 0) -> list[Instance]:
    """Every instance of a rule. Raises ResourceLimit where with those `made` before they are too many, or the work."""
    variables = rule.variables
    count = max(1, len(individuals)) ** min(len(variables), 64)
    within(made + count, meter.limits.instances, "instances of the rules")
    meter.spend(INSTANCE * count)
    if not variables:
        return [Instance(position, rule.body, rule.head)]
    if len(variables) == 1:
        found = []
        for name in individuals:
            binding = {variables[0]: name}
            found.append(Instance(position, tuple([_bind(p, binding) for p in rule.body]), _bind(rule.head, binding)))
        return found
    return [
        Instance(position, tuple(_bind(part, binding) for part in rule.body), _bind(rule.head, binding))
        for names in product(individuals, repeat=len(variables))
        for binding in (dict(zip(variables, names)),)
    ]


class Program:
    """Ground instances, indexed by what they need and by what they yield."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.instances: list[Instance] = []
        self.by_head: dict[Literal, list[Instance]] = {}
        self.by_body: dict[Literal, list[int]] = {}
        self.always: list[Instance] = []  # those without a body
        self.negative: list[Instance] = []  # those with a negated literal in the body

    def add(self, made: Sequence[Instance]) -> None:
        self.meter.spend(INSTANCE * len(made))
        for instance in made:
            position = len(self.instances)
            self.instances.append(instance)
            self.by_head.setdefault(instance.head, []).append(instance)
            if not instance.body:
                self.always.append(instance)
            for part in set(instance.body) if len(instance.body) > 1 else instance.body:
                self.by_body.setdefault(part, []).append(position)
            if not all(part[0] for part in instance.body):
                self.negative.append(instance)

    def closure(self, facts: Iterable[Literal]) -> dict[Literal, None]:
        """Everything that forward chaining reaches, in the order in which it does."""
        reached: dict[Literal, None] = dict.fromkeys(facts)
        for instance in self.always:
            reached[instance.head] = None
        agenda = list(reached)
        missing: dict[int, int] = {}
        work = 0
        for literal in agenda:  # grows
            waiting = self.by_body.get(literal, ())
            work += 1 + len(waiting)
            for position in waiting:
                instance = self.instances[position]
                body = instance.body
                if len(body) > 1:
                    left = missing.get(position)
                    if left is None:
                        left = len(set(body))
                    missing[position] = left = left - 1
                    if left:
                        continue
                if instance.head not in reached:
                    reached[instance.head] = None
                    agenda.append(instance.head)
        self.meter.spend(work)
        return reached

    def model(self, facts: Iterable[Literal]) -> dict[Literal, None] | None:
        """Literals that make every instance true, atoms not among them being false; None if none was found this way.

        The closure of the facts; where a rule asks for what is neither true nor false, that is taken as false, and
        what then fires is added.
        """
        reached = self.closure(facts)
        while True:
            self.meter.spend(len(self.negative) + (len(reached) >> 2))
            for literal in reached:
                if (not literal[0], literal[1], literal[2]) in reached:
                    return None
            added = [
                instance.head
                for instance in self.negative
                if instance.head not in reached
                and all(_holds(part, reached) for part in instance.body)
                and (instance.head[0] or opposite(instance.head) in reached)
            ]
            if not added:
                return reached
            reached = self.closure((*reached, *added))

    def derive(self, goal: Literal, established: Mapping[Literal, int]) -> Derivation | None:
        """A cheapest derivation from what is established (Knuth 1977, cost: rule instances in the tree)."""
        if goal in established:
            return Derivation((goal,), ())
        for instance in self.by_head.get(goal, ()):
            if all(part in established for part in instance.body):
                return Derivation(tuple(dict.fromkeys(instance.body)), (instance,))
        chosen = self._cheapest(goal, established)
        if chosen is None:
            return None
        facts: dict[Literal, None] = {}
        used: dict[Literal, Instance] = {}
        stack = [goal]
        while stack:
            literal = stack.pop()
            if literal in established:
                facts[literal] = None
            elif literal not in used:
                used[literal] = chosen[literal]
                stack += chosen[literal].body
        return Derivation(tuple(facts), tuple(used.values()))

    def _cheapest(self, goal: Literal, established: Mapping[Literal, int]) -> dict[Literal, Instance] | None:
        cost: dict[Literal, int] = {}
        chosen: dict[Literal, Instance] = {}
        missing: dict[int, int] = {}
        heap: list[tuple[int, int, Literal, Instance | None]] = []
        for order, literal in enumerate(established):
            heap.append((0, order, literal, None))
        order = len(heap)
        for instance in self.always:
            heap.append((1, order, instance.head, instance))
            order += 1
        heapq.heapify(heap)
        self.meter.spend(len(heap))
        while heap:
            self.meter.spend(2)
            price, _, literal, via = heapq.heappop(heap)
            if literal in cost:
                continue
            cost[literal] = price
            if via is not None:
                chosen[literal] = via
            if literal == goal:
                return chosen
            waiting = self.by_body.get(literal, ())
            self.meter.spend(2 * len(waiting))
            for position in waiting:
                instance = self.instances[position]
                left = missing.get(position, len(set(instance.body))) - 1
                missing[position] = left
                if not left and instance.head not in cost:
                    order += 1
                    total = 1 + sum(cost[part] for part in set(instance.body))
                    heapq.heappush(heap, (total, order, instance.head, instance))
        return None


def _holds(literal: Literal, reached: Mapping[Literal, None]) -> bool:
    """Whether a literal is true where every atom outside `reached` is false."""
    if literal[0]:
        return literal in reached
    return (True, literal[1], literal[2]) not in reached
