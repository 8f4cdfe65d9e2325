"""Slow twins of the causal theory, with none of its code: graphs as dicts, models by every hidden state one by one."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations, product

from reasonlab.language.probability import Expectation, Figure, Minus, Operation, Probability, Sum, Variable


def random_graph(rng: random.Random, sizes=(2, 3, 4), edge=0.5, hidden=0.2):
    """parents and hidden pairs over A, B, C, ... in a random order."""
    names = "ABCDEF"[: rng.choice(sizes)]
    order = rng.sample(names, len(names))
    parents = {v: tuple(sorted(u for u in order[:i] if rng.random() < edge)) for i, v in enumerate(order)}
    pairs = tuple(pair for pair in combinations(names, 2) if rng.random() < hidden)
    return dict(sorted(parents.items())), pairs


def graph_text(parents, pairs) -> str:
    edges = [f"{p} -> {v}" for v, each in parents.items() for p in each] + [f"{a} <-> {b}" for a, b in pairs]
    touched = {name for edge in edges for name in (edge.split()[0], edge.split()[2])}
    return ", ".join([*edges, *(v for v in parents if v not in touched)])


def with_hidden(parents, pairs):
    """The directed graph with an unseen variable for every pair."""
    whole = {name: list(each) for name, each in parents.items()}
    for a, b in pairs:
        whole[f"U{a}{b}"] = []
        whole[a].append(f"U{a}{b}")
        whole[b].append(f"U{a}{b}")
    return whole


def ancestors(whole, names):
    found, stack = set(names), list(names)
    while stack:
        for parent in whole[stack.pop()]:
            if parent not in found:
                found.add(parent)
                stack.append(parent)
    return found


def paths(whole, start, end):
    """Every path, as a list of names, whatever the direction of its edges."""
    near = {name: set(each) for name, each in whole.items()}
    for name, each in whole.items():
        for parent in each:
            near[parent].add(name)

    def extend(path):
        if path[-1] == end:
            yield list(path)
            return
        for other in sorted(near[path[-1]] - set(path)):
            yield from extend([*path, other])

    yield from extend([start])


def is_open(whole, path, given) -> bool:
    """Pearl's definition 1.2.3, triple by triple."""
    for before, name, after in zip(path, path[1:], path[2:]):
        collider = before in whole[name] and after in whole[name]
        if collider and not any(name in ancestors(whole, [each]) for each in given):
            return False
        if not collider and name in given:
            return False
    return True


def separated(parents, pairs, left, right, given) -> bool:
    whole = with_hidden(parents, pairs)
    return not any(is_open(whole, path, given) for a in left for b in right for path in paths(whole, a, b))


class Scm:
    """A random model: every variable draws a function of its causes, from a few that were drawn at random."""

    def __init__(self, parents, pairs, rng: random.Random, functions=3) -> None:
        self.whole = with_hidden(parents, pairs)
        self.order: list[str] = []
        while len(self.order) < len(self.whole):
            self.order += [v for v in self.whole if v not in self.order and all(p in self.order for p in self.whole[v])]
        self.draws = {}
        for name in self.order:
            rows = list(product((0, 1), repeat=len(self.whole[name])))
            # The first two functions are constant, so that every combination of values can occur.
            tables = [dict.fromkeys(rows, 0), dict.fromkeys(rows, 1)]
            tables += [{row: rng.randrange(2) for row in rows} for _ in range(functions if rows != [()] else 0)]
            weights = [rng.randint(1, 9) for _ in tables]
            self.draws[name] = [(Fraction(w, sum(weights)), table) for w, table in zip(weights, tables)]

    def states(self):
        for drawn in product(*(self.draws[name] for name in self.order)):
            weight = Fraction(1)
            for part, _ in drawn:
                weight *= part
            yield weight, {name: table for name, (_, table) in zip(self.order, drawn)}

    def solve(self, tables, settings):
        values = {}
        for name in self.order:
            row = tuple(values[p] for p in self.whole[name])
            values[name] = settings.get(name, tables[name][row])
        return values

    def holds(self, tables, event, do, values) -> bool:
        want = values.get(event.value, event.value)
        return self.look(tables, event.variable, do, values) == want

    def look(self, tables, variable, do, values):
        settings = {s.name: values.get(s.value, s.value) for s in do}
        for s in variable.settings:
            inner = isinstance(s.value, Variable)
            settings[s.name] = self.look(tables, s.value, (), values) if inner else values.get(s.value, s.value)
        return self.solve(tables, settings)[variable.name]

    def probability(self, events, do, values) -> Fraction:
        return sum(
            (w for w, tables in self.states() if all(self.holds(tables, e, do, values) for e in events)), Fraction(0)
        )

    def value(self, expression, values) -> Fraction:
        if isinstance(expression, Figure):
            return Fraction(expression.text)
        if isinstance(expression, Minus):
            return -self.value(expression.operand, values)
        if isinstance(expression, Operation):
            left, right = self.value(expression.left, values), self.value(expression.right, values)
            if expression.operator == "/":
                return left / right
            return {"+": left + right, "-": left - right, "*": left * right}[expression.operator]
        if isinstance(expression, Sum):
            names = [value for _, value in expression.bound]
            return sum(
                (
                    self.value(expression.body, {**values, **dict(zip(names, each))})
                    for each in product((0, 1), repeat=len(names))
                ),
                Fraction(0),
            )
        given, do = list(expression.given), expression.do
        below = self.probability(given, do, values)
        if isinstance(expression, Probability):
            return self.probability([*expression.events, *given], do, values) / below
        assert isinstance(expression, Expectation)
        return (
            sum((sign * self.probability([event, *given], do, values) for sign, event in expression.terms), Fraction(0))
            / below
        )


def identified(parents, pairs, outcome, treatment) -> bool:
    """Whether P(outcome | do(treatment)) is identified: Tian's algorithm (Huang & Valtorta 2006), not Shpitser's."""
    rest = {v: [p for p in each if p not in treatment] for v, each in parents.items() if v not in treatment}
    wanted = ancestors(rest, outcome)
    return all(
        _recover(parents, pairs, piece, home)
        for piece in _districts(wanted, pairs)
        for home in _districts(set(parents), pairs)
        if piece <= home
    )


def _districts(names, pairs):
    left, found = set(names), []
    while left:
        piece = {left.pop()}
        while more := {b for a, b in [*pairs, *(p[::-1] for p in pairs)] if a in piece and b in names} - piece:
            piece |= more
        left -= piece
        found.append(piece)
    return found


def _recover(parents, pairs, small, large) -> bool:
    """Whether the factor of `small` can be had from that of `large`, both tied together by unseen causes."""
    inside = {v: [p for p in parents[v] if p in large] for v in large}
    closed = ancestors(inside, small)
    if closed == small:
        return True
    if closed == large:
        return False
    (home,) = [piece for piece in _districts(closed, pairs) if small <= piece]
    return _recover(parents, pairs, small, home)
