"""Claims about causal diagrams and about graphs: what is written is read, and read again the same."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.diagrams import Adjusts, Backdoor, Connected, Frontdoor, Graph, Separated
from reasonlab.language.errors import ParseError
from reasonlab.language.networks import (
    Components,
    Cycle,
    Link,
    Linked,
    Order,
    Path,
    Reachable,
    Shortest,
    Unreachable,
    read_weight,
    show_weight,
)

letters = st.permutations(["A", "B2", "tar_level", "X", "Y", "Z"])
nodes = st.permutations(["a", "7", "x_1", "B", "none"])
weights = st.fractions(min_value=-50, max_value=50, max_denominator=40)


@st.composite
def diagrams(draw):
    order = draw(letters)
    pairs = [(order[i], order[j]) for j in range(6) for i in range(j) if draw(st.booleans())]
    edges = [(a, "->", b) if draw(st.integers(0, 4)) else (*sorted((a, b))[:1], "<->", max(a, b)) for a, b in pairs]
    touched = {name for a, _, b in edges for name in (a, b)}
    alone = tuple(name for name in order if name not in touched)
    return Graph(tuple(dict.fromkeys(edges)), alone)


@st.composite
def sets(draw):
    order = draw(letters)
    first, second, third = sorted((draw(st.integers(1, 2)), draw(st.integers(3, 4)), draw(st.integers(4, 6))))
    return tuple(order[:first]), tuple(order[first:second]), tuple(order[second:third])


@given(diagrams())
def test_graphs(claim):
    assert parse_claim(render_claim(claim)) == claim


@given(sets(), st.sampled_from([Separated, Connected]))
def test_separations(parts, kind):
    claim = kind(*parts)
    assert parse_claim(render_claim(claim)) == claim


@given(sets(), st.sampled_from([Backdoor, Frontdoor, Adjusts]))
def test_criteria(parts, kind):
    left, right, given_ones = parts
    claim = kind(given_ones, left, right)
    assert parse_claim(render_claim(claim)) == claim


@given(nodes, weights | st.none(), st.booleans(), st.integers(0, 10**9))
def test_networks(order, weight, directed, count):
    a, b, c, *_ = order
    for claim in (
        Link(a, b, directed, weight),
        Link(a, a, directed, weight),
        Path(tuple(order), weight),
        Cycle((a, b, c), weight),
        Cycle((a,), weight),
        Cycle(()),
        Reachable(a, b),
        Unreachable(a, a),
        Linked(a, b),
        Shortest(a, b, weight or Fraction(0)),
        Order(tuple(order)),
        Components(count % 10**9),
    ):
        assert parse_claim(render_claim(claim)) == claim


@given(weights)
def test_weights(weight):
    assert read_weight(show_weight(weight)) == weight


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("graph: X->M,M->Y ,X<->Y,Z", "graph: X -> M, M -> Y, X <-> Y, Z"),
        ("graph: Y <- X -> Z <-> Y", "graph: X -> Y, X -> Z, Y <-> Z"),
        ("graph: X -> Y, X -> Y, X", "graph: X -> Y"),
        ("dsep: X ; Y | Z, W", "dsep: X from Y given Z, W"),
        ("dsep: X, A from Y", "dsep: X, A from Y"),
        ("backdoor: nothing for X on Y", "backdoor: nothing for X on Y"),
        ("identifiable: P(Y|do(X),Z)", "identifiable: P(Y | Z, do(X))"),
        ("edge: a->b = 0.50", "edge: a -> b = 0.5"),
        ("edge: a -- b = -1/3", "edge: a -- b = -1 / 3"),
        ("cycle: a -> b -> a", "cycle: a -> b -> a"),
        ("shortest: a c=3", "shortest: a c = 3"),
    ],
)
def test_how_it_is_written(text, rendered):
    assert render_claim(parse_claim(text)) == rendered


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("graph: ", "expected a variable"),
        ("graph: X -> ", "expected a variable"),
        ("graph: X -> X", "an edge from X to itself"),
        ("graph: X => Y", "expected a variable"),
        ("graph: on -> Y", "expected a variable"),
        ("dsep: X", "expected 'X from Y given Z'"),
        ("dsep: X from Y from Z", "expected 'X from Y given Z'"),
        ("dsep: X from X", "on two sides"),
        ("dsep: X from Y given Y", "on two sides"),
        ("backdoor: Z", "expected 'Z for X on Y'"),
        ("backdoor: X for X on Y", "on two sides"),
        ("adjusts: Z, Z for X on Y", "listed twice"),
        ("identifiable: E[Y | do(X)]", "expected P"),
        ("identifiable: P(Y | do(Y))", "on two sides"),
        ("edge: a", "expected 'a -> b'"),
        ("edge: a -> b -> c", "several make a path"),
        ("edge: a -> b = x", "expected a number"),
        ("edge: a -> b = 1/0", "expected a number"),
        ("path: a -> b -> a", "no node twice"),
        ("path: a -- b", "it has a direction"),
        ("cycle: a -> b -> c", "back at the start"),
        ("reachable: a", "two nodes"),
        ("shortest: a c", "expected 'a c = 3'"),
        ("order: a b a", "each once"),
        ("components: many", "how many"),
        ("edge: a b -> c", "expected 'a -> b'"),
        ("edge: Ａ -> b", "expected a node"),
    ],
)
def test_what_is_outside_the_grammar_is_said(text, says):
    with pytest.raises(ParseError, match=says):
        parse_claim(text)
