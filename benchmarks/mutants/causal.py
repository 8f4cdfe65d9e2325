"""Causal graphs, estimands, rounded data and paths. Whether a change makes a chain false is known from how it was made,
or from the slow twins beside the tests (every path, every hidden state of a model); others are not drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import pairwise
from types import ModuleType
from typing import Any

from mutants.cases import Case
from mutants.twins import beside_the_tests
from reasonlab.language.probability import parse_expression


def chain(givens: list[str], steps: list[str], asked: str, answer: str = "true") -> dict[str, Any]:
    return {"givens": givens, "steps": steps, "query": {"truth": asked}, "answer": answer}


def harm(right: dict[str, Any], mutant: dict[str, Any], change: str) -> Case:
    return Case(right, mutant, change, harmful=True)


def turned(right: dict[str, Any]) -> Case:
    return harm(right, {**right, "answer": "false"}, "answer")


def paths(rng: random.Random, twins: ModuleType) -> Iterator[Case]:
    """Reachability and distances."""
    names, claims, ways = twins.random_network(rng)
    givens = [f"edge: {claim.body()}" for claim in claims]
    found = [path for start in names for path in twins.every_path(names, ways, start) if len(path) > 2]
    if not found:
        return
    path = rng.choice(found)
    start, end = path[0], path[-1]
    walk = f"path: {' -> '.join(path)}"
    right = chain(givens, [walk, f"reachable: {start} {end}"], f"reachable: {start} {end}")
    yield turned(right)
    other = list(path)
    place = rng.randrange(len(other) - 1)
    other[place], other[place + 1] = other[place + 1], other[place]
    if (other[place], other[place + 1]) not in ways:
        yield harm(right, {**right, "steps": [f"path: {' -> '.join(other)}", right["steps"][1]]}, "edge reversed")
    used = {ways[step][0] for step in pairwise(path)}
    gone = rng.choice(sorted(used))
    kept = {way: data for way, data in ways.items() if data[0] != gone}
    if not any(each[-1] == end for each in twins.every_path(names, kept, start)):
        fewer = [given for index, given in enumerate(givens) if index != gone]
        yield harm(right, {**right, "givens": fewer}, "edge left out")
    lengths = [sum(ways[step][1] for step in pairwise(p)) for p in found if (p[0], p[-1]) == (start, end)]
    direct = ways.get((start, end))
    best = min([*lengths, *([direct[1]] if direct else [])])
    claim = f"shortest: {start} {end} = {best}"
    right = chain(givens, [claim], claim)
    wrong = f"shortest: {start} {end} = {best + rng.choice([-1, 1, 2])}"
    yield harm(right, chain(givens, [wrong], wrong), "number")


def diagrams(rng: random.Random, twins: ModuleType) -> Iterator[Case]:
    """d-separation and adjustment."""
    parents, pairs = twins.random_graph(rng, (3, 4, 5), 0.5, 0.15)
    graph = f"graph: {twins.graph_text(parents, pairs)}"
    names = rng.sample(list(parents), len(parents))
    given = [name for name in names[2:] if rng.random() < 0.5]

    def claim(condition: list[str]) -> tuple[str, bool]:
        apart = twins.separated(parents, pairs, names[:1], names[1:2], condition)
        about = f"{names[0]} from {names[1]}" + (f" given {', '.join(condition)}" if condition else "")
        return about, apart

    about, apart = claim(given)
    text = f"{'dsep' if apart else 'dconnected'}: {about}"
    right = chain([graph], [text], text)
    yield turned(right)
    wrong = f"{'dconnected' if apart else 'dsep'}: {about}"
    yield harm(right, chain([graph], [wrong], wrong), "negated")
    changed = sorted(set(given) ^ {rng.choice(names[2:])})
    about, now = claim(changed)
    if now != apart:
        wrong = f"{'dsep' if apart else 'dconnected'}: {about}"
        yield harm(right, chain([graph], [wrong], wrong), "condition")
    edges = [(parent, name) for name, each in parents.items() for parent in each]
    if edges:
        parent, name = rng.choice(edges)
        wrong = graph.replace(f"{parent} -> {name}", f"{name} -> {parent}")
        yield harm(chain([graph], [graph], graph), chain([graph], [wrong], wrong), "edge reversed")


def estimands(rng: random.Random, twins: ModuleType) -> Iterator[Case]:
    """Adjustment formulas, right and changed; a model that draws functions says which change matters."""
    names = ["X", "Y", *(f"Z{i}" for i in range(rng.randint(1, 2)))]
    confounders = names[2:]
    parents = {"X": tuple(confounders), "Y": ("X", *confounders), **dict.fromkeys(confounders, ())}
    graph = f"graph: {twins.graph_text(parents, ())}"
    listed = ", ".join(confounders)
    query = "P(Y | do(X))"
    formula = f"sum_{{{listed}}} P(Y | X, {listed}) P({listed})"
    text = f"identifies: {query} = {formula}"
    right = chain([graph], [text], text)
    yield turned(right)
    fewer = ", ".join(confounders[1:])
    changes = {
        "adjustment dropped": f"sum_{{{fewer}}} P(Y | X, {fewer}) P({fewer})" if fewer else "P(Y | X)",
        "weight conditioned": f"sum_{{{listed}}} P(Y | X, {listed}) P({listed} | X)",
        "effect turned round": f"sum_{{{listed}}} P(X | Y, {listed}) P({listed})",
        "condition dropped": f"sum_{{{listed}}} P(Y | {listed}) P({listed})",
        "values": f"sum_{{{listed}}} P(Y | X, {listed}) P({', '.join(f'{name}=1' for name in confounders)})",
    }
    scm = twins.Scm(parents, (), rng, functions=1)
    for change, other in changes.items():
        values = {"X": rng.randrange(2), "Y": rng.randrange(2)}
        if scm.value(parse_expression(query), values) != scm.value(parse_expression(other), values):
            wrong = f"identifies: {query} = {other}"
            yield harm(right, chain([graph], [wrong], wrong), change)


def estimates(rng: random.Random, twins: ModuleType) -> Iterator[Case]:
    """Arithmetic on rounded data: total probability and an effect by adjustment."""
    weight, rates = rng.randint(20, 80), rng.sample(range(10, 91), 4)
    if len({weight, 100 - weight, *rates}) < 6:
        return
    graph = "graph: Z -> X, Z -> Y, X -> Y"
    data = [f"estimate: P(Z=1) = 0.{weight}"]
    data += [f"estimate: P(Y=1 | X={i >> 1}, Z={i & 1}) = 0.{rate}" for i, rate in enumerate(rates)]
    quantity = "E[Y | do(X=1)] - E[Y | do(X=0)]"
    numbers = [100 - weight, rates[2], rates[0], weight, rates[3], rates[1]]

    def steps(numbers: list[int], signs: str, result: Fraction) -> list[str]:
        a, b, c, d, e, f = (f"0.{each:02d}" for each in numbers)
        text = f"{a} * ({b} {signs[0]} {c}) {signs[1]} {d} * ({e} {signs[2]} {f})"
        return [f"estimate: {quantity} = {text} = {float(result):.2f}", f"estimate: {quantity} {sign} 0"]

    effect = Fraction(numbers[0] * (numbers[1] - numbers[2]) + numbers[3] * (numbers[4] - numbers[5]), 10_000)
    if abs(effect) < Fraction(1, 10):
        return
    sign = ">" if effect > 0 else "<"
    formula = steps(numbers, "-+-", effect)
    right = chain([graph, *data], formula, f"estimate: {quantity} {sign} 0")
    yield turned(right)
    place = rng.randrange(6)
    strange = rng.choice([n for n in range(10, 91) if not {n, 100 - n} & {weight, *rates, *(100 - r for r in rates)}])
    changed = [*numbers[:place], strange, *numbers[place + 1 :]]
    yield harm(right, {**right, "steps": steps(changed, "-+-", effect)}, "number from nowhere")
    one, two = rng.sample(range(6), 2)
    swapped = list(numbers)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    yield harm(right, {**right, "steps": steps(swapped, "-+-", effect)}, "numbers swapped")
    wrong = effect + rng.choice([-1, 1]) * Fraction(rng.randint(8, 30), 100)
    yield harm(right, {**right, "steps": steps(numbers, "-+-", wrong)}, "result")
    yield harm(right, {**right, "steps": steps(numbers, rng.choice(["++-", "---", "-++"]), effect)}, "operator")
    yield harm(right, {**right, "givens": right["givens"][:1] + right["givens"][2:]}, "datum left out")


CAUSAL, NETWORKS = map(beside_the_tests, ("causal_oracle", "test_networks"))
FAMILIES: dict[str, Callable[[random.Random], Iterator[Case]]] = {
    "paths": partial(paths, twins=NETWORKS),
    "diagrams": partial(diagrams, twins=CAUSAL),
    "estimands": partial(estimands, twins=CAUSAL),
    "estimates": partial(estimates, twins=CAUSAL),
}
