"""The causal and graph theories against their slow twins, on random cases: they have to agree on every one.

    python benchmarks/causal_twins.py --cases 100000 [--only separation rounding ...] [--seed 0]

The twins live beside the tests: every path of a graph, every hidden state of a model, Tian's algorithm for Shpitser's,
a solver of real arithmetic for intervals. A disagreement is printed and ends the script with code 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import networkx as nx
from mutants.twins import beside_the_tests

from reasonlab.commands.output import emit_table
from reasonlab.language.claims import parse_claim
from reasonlab.language.diagrams import Graph
from reasonlab.language.probability import parse_expression, render_expression
from reasonlab.verifiers.diagrams import adjusts, diagram_of
from reasonlab.verifiers.identification import Hedge, estimand
from reasonlab.verifiers.identities import difference
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.networks import Networks
from reasonlab.verifiers.rounding import judge

ORACLE, ROUNDING, IN_TESTS, PATHS = map(
    beside_the_tests, ("causal_oracle", "rounding_oracle", "test_rounding", "test_networks")
)


def random_diagram(rng: random.Random, sizes: tuple[int, ...], edge: float, hidden: float) -> tuple[Any, Any, Any]:
    parents, pairs = ORACLE.random_graph(rng, sizes, edge, hidden)
    return parents, pairs, diagram_of(Graph.read(ORACLE.graph_text(parents, pairs)))


def separation(rng: random.Random) -> tuple[str, str]:
    """d-separation: a search, every path, and networkx."""
    parents, pairs, diagram = random_diagram(rng, (2, 3, 4, 5, 6), rng.choice([0.3, 0.6]), rng.choice([0, 0.2]))
    names = rng.sample(list(parents), len(parents))
    given = [name for name in names[2:] if rng.random() < 0.5]
    found = diagram.open_way(names[:1], names[1:2], given) is None
    whole = ORACLE.with_hidden(parents, pairs)
    graph = nx.DiGraph((parent, name) for name, each in whole.items() for parent in each)
    graph.add_nodes_from(whole)
    assert nx.is_d_separator(graph, {names[0]}, {names[1]}, set(given)) == found
    return str(found), str(ORACLE.separated(parents, pairs, names[:1], names[1:2], given))


def identification(rng: random.Random) -> tuple[str, str]:
    """Whether an effect is identified: Shpitser & Pearl's algorithm, and Tian's."""
    parents, pairs, diagram = random_diagram(rng, (2, 3, 4, 5), 0.6, rng.choice([0.2, 0.5]))
    names = rng.sample(list(parents), len(parents))
    treatment = set(names[: rng.choice([1, 1, 2])])
    outcome = {names[-1]} - treatment or {names[0]}
    treatment -= outcome
    try:
        estimand(diagram, frozenset(outcome), frozenset(treatment), frozenset())
        found = True
    except Hedge:
        found = False
    return str(found), str(ORACLE.identified(parents, pairs, outcome, treatment))


def estimands(rng: random.Random) -> tuple[str, str]:
    """What identifies an effect, in a model that draws functions, every hidden state one by one."""
    while True:
        parents, pairs, diagram = random_diagram(rng, (2, 3), 0.7, 0.4)
        treatment, outcome = rng.sample(list(parents), 2)
        try:
            found = estimand(diagram, frozenset([outcome]), frozenset([treatment]), frozenset())
            break
        except Hedge:
            continue
    query = parse_expression(f"P({outcome} | do({treatment}))")
    scm = ORACLE.Scm(parents, pairs, rng, functions=1)
    values = {name: rng.randrange(2) for name in parents}
    return str(scm.value(query, values)), str(scm.value(found, values))


def adjustment(rng: random.Random) -> tuple[str, str]:
    """The adjustment criterion, and equality in every model (by polynomials, or a counter-model)."""
    parents, _, diagram = random_diagram(rng, (2, 3, 3, 4), 0.6, 0.15)
    treatment, outcome, *rest = rng.sample(list(parents), len(parents))
    chosen = [name for name in rest if rng.random() < 0.6]
    around = f"sum_{{{', '.join(chosen)}}} " if chosen else ""
    weight = f" P({', '.join(chosen)})" if chosen else ""
    formula = parse_expression(f"{around}P({outcome} | {', '.join([treatment, *chosen])}){weight}")
    query = parse_expression(f"P({outcome} | do({treatment}))")
    found = adjusts(diagram, chosen, [treatment], [outcome]) is None
    return str(found), str(difference(diagram, query, formula, Meter()) is None)


def identities(rng: random.Random) -> tuple[str, str]:
    """An equation that is proved holds in a model that draws functions."""
    parents, pairs, diagram = random_diagram(rng, (2, 3), 0.7, 0.3)
    names = list(parents)
    left, right = (parse_expression(f"P({event(rng, names)})") for _ in range(2))
    if rng.random() < 0.5:  # one that may well hold
        right = parse_expression(f"sum_{{{names[0]}}} {render_expression(left)[:-1]}, {names[0]})")
    try:
        proved = difference(diagram, left, right, Meter()) is None
        scm = ORACLE.Scm(parents, pairs, rng, functions=1)
        holds = scm.value(left, {}) == scm.value(right, {})
    except ZeroDivisionError:
        return "undefined", "undefined"
    return ("holds", "holds" if holds else "fails") if proved else ("fails", "fails")


def event(rng: random.Random, names: list[str]) -> str:
    name = rng.choice(names[1:])
    setting = f"_{{{rng.choice([other for other in names if other != name])}=1}}" if rng.random() < 0.5 else ""
    return f"{name}{setting}={rng.randrange(2)}"


def rounding(rng: random.Random) -> tuple[str, str]:
    """Rounded arithmetic: intervals, and a solver of real arithmetic."""
    claim = IN_TESTS.random_relation(rng)
    return judge(claim).status, ROUNDING.judge(claim)


def networks(rng: random.Random) -> tuple[str, str]:
    """Graphs of edges: networkx and searches, and every path."""
    names, claims, ways = PATHS.random_network(rng)
    theory = Networks(list(enumerate(claims)), Meter())
    start, end = rng.sample(sorted(names), 2)
    paths = [path for path in PATHS.every_path(names, ways, start) if path[-1] == end]
    best = min((sum(ways[step][1] for step in pairwise(path)) for path in paths), default=None)
    guess = (best or 0) + rng.randrange(2)
    nodes = sorted({name for way in ways for name in way})
    order = rng.sample(nodes, len(nodes))
    truth = {
        f"reachable: {start} {end}": bool(paths),
        f"shortest: {start} {end} = {guess}": best is not None and guess == best,
        "cycle: none": not PATHS.has_cycle(names, ways),
        f"order: {' '.join(order)}": all(order.index(x) < order.index(y) for x, y in ways),
    }
    found = {text: theory.judge(parse_claim(text), text).status == "entailed" for text in truth}
    return str(found), str(truth)


TWINS: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "separation": separation,
    "identification": identification,
    "estimands": estimands,
    "adjustment": adjustment,
    "identities": identities,
    "rounding": rounding,
    "networks": networks,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000, help="of each twin")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(TWINS), default=list(TWINS))
    options = parser.parse_args()
    rows, apart = [], 0
    for name in options.only:
        rng, started, seen = random.Random(f"{name} {options.seed}"), time.process_time(), Counter[str]()
        different = 0
        for case in range(options.cases):
            fast, slow = TWINS[name](rng)
            seen[fast if len(fast) < 12 else "other"] += 1
            if fast != slow:
                different += 1
                print(f"{name}, seed {options.seed}, case {case}: {fast} is not {slow}", file=sys.stderr)
        apart += different
        common = ", ".join(f"{value}: {count}" for value, count in seen.most_common(4))
        rows.append(
            {
                "twin": name,
                "cases": options.cases,
                "differ": different,
                "CPU s": round(time.process_time() - started, 1),
                "found": common,
            }
        )
    emit_table("theories against their slow twins", rows)
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
