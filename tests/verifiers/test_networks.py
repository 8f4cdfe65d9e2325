"""Graphs of edges: what follows from them, closed world; held against every path of small random graphs."""

from __future__ import annotations

import random
from itertools import pairwise, permutations

import pytest

from reasonlab.language.claims import parse_claim
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.networks import Networks

ROADS = "edge: a -> b = 2; edge: b -> c = 2; edge: a -> c = 5; edge: c -- d; edge: x -> y"


def verdict(chain, givens, claim, *before):
    return verify_chain(chain(givens, "; ".join([*before, claim]))).verdicts[-1]


@pytest.mark.parametrize(
    ("claim", "status", "leap", "premises", "witness"),
    [
        ("edge: a -> b", "entailed", 0, ("g0",), None),
        ("edge: a -> b = 2", "entailed", 0, ("g0",), None),
        ("edge: a -> b = 3", "refuted", None, ("g0",), "a -> b = 2"),
        ("edge: b -> a", "refuted", None, ("g0",), "there is no edge b -> a, only a -> b"),
        ("edge: a -> d", "refuted", None, (), "there is no edge a -> d"),
        ("edge: d -- c", "entailed", 0, ("g3",), None),
        ("edge: d -> c", "entailed", 0, ("g3",), None),
        ("edge: a -- b", "refuted", None, ("g0",), "there is no edge b -> a, only a -> b"),
        ("edge: c -> d = 1", "unsupported", None, ("g3",), None),
        ("path: a -> b -> c -> d", "entailed", 3, ("g0", "g1", "g3"), None),
        ("path: a -> b -> c = 4", "entailed", 2, ("g0", "g1"), None),
        ("path: a -> b -> c = 5", "refuted", None, ("g0", "g1"), "the weights add up to 4"),
        ("path: a -> b -> d", "refuted", None, (), "there is no edge b -> d"),
        ("reachable: a d", "entailed", 2, ("g2", "g3"), None),  # the fewest edges
        ("reachable: a a", "entailed", 0, (), None),
        ("reachable: d a", "refuted", None, ("g3",), "d reaches only c"),
        ("reachable: y x", "refuted", None, (), "no edge leaves y"),
        ("unreachable: d a", "entailed", 1, ("g3",), None),
        ("unreachable: a d", "refuted", None, ("g2", "g3"), "a -> c -> d"),
        ("connected: d b", "entailed", 2, ("g1", "g3"), None),
        ("connected: a x", "refuted", None, (), "with a are only b, c, d"),
        ("shortest: a c = 4", "entailed", 2, ("g0", "g1"), None),
        ("shortest: a c = 5", "refuted", None, ("g0", "g1"), "a -> b -> c = 4"),
        ("shortest: a d = 5", "entailed", 3, ("g0", "g1", "g3"), None),
        ("shortest: a x = 5", "refuted", None, (), "a does not reach x"),
        ("cycle: none", "entailed", 5, ("g0", "g1", "g2", "g3", "g4"), None),
        ("cycle: c -> d -> c", "refuted", None, ("g3",), "it goes back by the edge that it came by"),
        ("components: 2", "entailed", 5, ("g0", "g1", "g2", "g3", "g4"), None),
        ("components: 1", "refuted", None, ("g0", "g1", "g2", "g3", "g4"), "there are 2"),
        ("order: a b c d x y", "refuted", None, ("g3",), "d -> c goes against it"),
    ],
)
def test_a_claim_about_roads(chain, claim, status, leap, premises, witness):
    found = verdict(chain, ROADS, claim)
    assert (found.status, found.leap, found.premises, found.witness) == (status, leap, premises, witness)


def test_orders(chain):
    givens = "edge: shirt -> tie; edge: tie -> jacket; edge: socks -> shoes"
    assert verdict(chain, givens, "order: socks shirt shoes tie jacket").status == "entailed"
    wrong = verdict(chain, givens, "order: tie shirt jacket socks shoes")
    assert (wrong.status, wrong.witness, wrong.premises) == ("refuted", "shirt -> tie goes against it", ("g0",))
    assert verdict(chain, givens, "order: shirt tie jacket socks").witness == "shoes is left out"


def test_cycles(chain):
    givens = "edge: a -> b; edge: b -> c; edge: c -> a; edge: c -> d"
    assert verdict(chain, givens, "cycle: b -> c -> a -> b").leap == 3
    none = verdict(chain, givens, "cycle: none")
    assert (none.status, none.witness, none.premises) == ("refuted", "a -> b -> c -> a", ("g0", "g1", "g2"))
    assert verdict(chain, "edge: a -> b; edge: b -> a", "cycle: none").witness == "a -> b -> a"
    assert verdict(chain, "edge: a -- b; edge: b -- c", "cycle: none").status == "entailed"
    for givens in ("edge: a -- b; edge: b -> a", "edge: b -> a; edge: a -- b"):
        assert verdict(chain, givens, "cycle: none").status == "entailed"  # one edge, given twice
        assert verdict(chain, givens, "cycle: a -> b -> a").status == "refuted"


def test_a_step_that_was_reached_counts_as_one(chain):
    found = verdict(chain, "edge: a -> b; edge: b -> c; edge: c -> d", "reachable: a d", "reachable: a c")
    assert (found.leap, found.premises) == (2, ("g2", "s0"))


def test_negative_weights(chain):
    givens = "edge: a -> b = 1; edge: b -> c = -3; edge: a -> c = 0"
    assert verdict(chain, givens, "shortest: a c = -2").premises == ("g0", "g1")
    endless = verdict(chain, givens + "; edge: c -> b = 2", "shortest: a c = -2")
    assert (endless.status, endless.reason) == ("unsupported", "from a a cycle of negative weight can be reached")


def test_contradictory_givens_are_named(chain):
    for givens, named in (
        ("edge: a -> b = 2; edge: a -> b = 3", "(g0, g1): two weights of a -> b"),
        ("edge: a -> b; reachable: b a", "(g1): no edge leaves b"),
        ("edge: a -> b; edge: b -> c; unreachable: a c", "(g0, g1, g2): a -> b -> c"),
    ):
        report = verify_chain(chain(givens, "edge: a -> b"))
        assert report.outcome == "unknown"
        assert report.reason == f"the givens contradict each other {named}"


def test_faults(chain):
    report = verify_chain(
        chain("edge: a -> b; edge: c -> d", "edge: b -> c; reachable: a d; path: a -> d; edge: b -> c; edge: d -> a")
    )
    assert [v.fault for v in report.verdicts] == ["fresh", "inherited", "fresh", "inherited", "fresh"]


def test_without_edges_nothing_is_known(chain):
    assert verdict(chain, "", "reachable: a b").reason == "no edge is given"


def test_an_answer(chain):
    asked = {"truth": "shortest: a c = 4"}
    report = verify_chain(chain(ROADS, "path: a -> b -> c = 4; shortest: a c = 4; answer true", **asked))
    assert report.outcome == "proved"
    wrong = verify_chain(chain(ROADS, "path: a -> b -> c = 4; shortest: a c = 4; answer false", **asked))
    assert wrong.outcome == "wrong"


def random_network(rng):
    """Edges as claims, and the ways that they open: (start, end) -> (edge, weight, both ways)."""
    names = "abcdef"[: rng.randint(2, 5)]
    claims, ways, pairs = [], {}, set()
    for _ in range(rng.randint(1, 8)):
        a, b = rng.sample(names, 2)
        weight = rng.choice([None, None, 1, 2, 3, 7])
        both = rng.random() < 0.3
        if {(a, b), (b, a)} & pairs:
            continue
        pairs |= {(a, b)} | ({(b, a)} if both else set())
        claims.append(parse_claim(f"edge: {a} {'--' if both else '->'} {b}" + (f" = {weight}" if weight else "")))
        for way in [(a, b), (b, a)][: 2 if both else 1]:
            ways[way] = (len(claims) - 1, 1 if weight is None else weight, both)
    return names, claims, ways


def every_path(names, ways, start):
    """All paths from a node, as tuples of nodes."""
    found = [(start,)]
    for path in found:
        found += [(*path, name) for name in names if name not in path and (path[-1], name) in ways]
    return found


def has_cycle(names, ways):
    for size in range(2, len(names) + 1):
        for nodes in permutations(names, size):
            steps = list(pairwise([*nodes, nodes[0]]))
            if all(step in ways for step in steps) and len({ways[step][0] for step in steps}) == size:
                return True
    return False


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))])
def test_equals_every_path(seed):
    rng = random.Random(seed)
    for _ in range(250):
        names, claims, ways = random_network(rng)
        theory = Networks(list(enumerate(claims)), Meter())
        assert theory.contradiction is None

        def status(text, theory=theory):
            return theory.judge(parse_claim(text), text).status

        a, b = (rng.choice([*names, *(name for edge in ways for name in edge)]) for _ in range(2))
        paths = [path for path in every_path(names, ways, a) if path[-1] == b]
        assert status(f"reachable: {a} {b}") == ("entailed" if paths else "refuted")
        assert status(f"unreachable: {a} {b}") == ("refuted" if paths else "entailed")
        best = min((sum(ways[step][1] for step in pairwise(path)) for path in paths), default=None)
        for guess in {best or 0, (best or 0) + 1}:
            expected = "entailed" if best is not None and guess == best else "refuted"
            assert status(f"shortest: {a} {b} = {guess}") == expected
        assert status("cycle: none") == ("refuted" if has_cycle(names, ways) else "entailed")
        nodes = sorted({name for way in ways for name in way})
        order = rng.sample(nodes, len(nodes))
        fits = all(order.index(x) < order.index(y) for x, y in ways)
        assert status(f"order: {' '.join(order)}") == ("entailed" if fits else "refuted")
        around = {**ways, **{(y, x): data for (x, y), data in ways.items()}}
        pieces = {frozenset(path[-1] for path in every_path(nodes, around, node)) for node in nodes}
        assert status(f"components: {len(pieces)}") == "entailed"
        assert status(f"components: {len(pieces) + 1}") == "refuted"
        joined = any(a in piece and b in piece for piece in pieces) or a == b
        assert status(f"connected: {a} {b}") == ("entailed" if joined else "refuted")


@pytest.mark.parametrize("seed", range(3))
def test_a_proof_uses_only_its_premises(seed):
    """Without the edges that are no premises it holds all the same; without one of them it needs another path."""
    rng = random.Random(seed)
    for _ in range(100):
        names, claims, _ways = random_network(rng)
        text = f"reachable: {rng.choice(names)} {rng.choice(names)}"
        judged = Networks(list(enumerate(claims)), Meter()).judge(parse_claim(text), text)
        if judged.status == "entailed" and judged.premises:
            kept = [(key, claim) for key, claim in enumerate(claims) if key in judged.premises]
            assert Networks(kept, Meter()).judge(parse_claim(text), text).status == "entailed"
            assert judged.leap == len(judged.premises)
            for key in judged.premises:
                fewer = Networks([pair for pair in kept if pair[0] != key], Meter())
                assert fewer.judge(parse_claim(text), text).status != "entailed"


def test_huge_graphs_are_answered():
    count = 3_000
    claims = [parse_claim(f"edge: n{i} -> n{(i * 7919 + 1) % count} = {i % 5}") for i in range(count)]
    theory = Networks(list(enumerate(claims)), Meter())
    for text in ("reachable: n0 n2999", "cycle: none", "components: 1", "connected: n0 n1", "shortest: n0 n5 = 1"):
        assert theory.judge(parse_claim(text), text).status in ("entailed", "refuted")


def test_a_distance_that_would_take_too_long_is_unknown(chain):
    edges = [f"edge: n{i} -> n{i + 1} = -1" for i in range(1_500)]
    found = verdict(chain, "; ".join(edges), "shortest: n0 n5 = -5")
    assert found.status == "unknown"
    assert "limit" in found.reason


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("path: a -> b -> c", "entailed"),  # whatever else is given
        ("connected: a c", "entailed"),
        ("path: a -> c", "unknown"),
        ("unreachable: c a", "unknown"),
        ("cycle: none", "unknown"),
        ("components: 1", "unknown"),
    ],
)
def test_a_given_that_is_not_understood_may_add_an_edge(step, status):
    record = {"givens": ["edge: a -> b", "edge: b -> c", "edge: from c to a, perhaps"], "steps": [step]}
    (verdict,) = verify_chain(chain_from_record(record)).verdicts
    assert verdict.status == status


def test_a_given_that_is_not_understood_may_be_true_at_the_start():
    record = {"givens": ["action: go | needs ready", "init: (ready)"], "steps": ["act: 1 go", "state: 0 not ready"]}
    assert [verdict.status for verdict in verify_chain(chain_from_record(record)).verdicts][1] == "unknown"


def test_a_swap_that_is_not_understood_may_have_come_before():
    record = {
        "givens": ["after: 0 ann = x, bea = y", "swap: 1 ann, bea", "but before, they swap, too"],
        "steps": ["after: 1 ann = y, bea = x"],
    }
    assert [verdict.status for verdict in verify_chain(chain_from_record(record)).verdicts] == ["unknown"]
    understood = {**record, "givens": record["givens"][:2]}
    assert [verdict.status for verdict in verify_chain(chain_from_record(understood)).verdicts] == ["entailed"]
