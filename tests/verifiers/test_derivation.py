"""The derivation graph, and how it differs from the causal graph."""

from __future__ import annotations

import networkx as nx
import pytest

from reasonlab.tasks import FAMILIES, parse_difficulty, problems
from reasonlab.verifiers import compare, derivation_graph, verify_chain
from reasonlab.verifiers.derivation import stated

GIVENS = "a = 3 ; b = a + a ; c = a + b ; d = a * a"
CAUSAL = nx.DiGraph([("a", "b"), ("a", "c"), ("b", "c"), ("a", "d")])


def held(chain, text, givens=GIVENS, causal=CAUSAL, **fields):
    fields = fields or {"value": "c", "modulus": 10}
    one = chain(givens, text, **fields)
    return compare(one, verify_chain(one), causal)


def test_the_graph(chain):
    one = chain(GIVENS, "b = a + a = 3 + 3 = 6 ; c = 9 ; answer 9", value="c", modulus=10)
    graph = derivation_graph(one, verify_chain(one))
    assert sorted(graph.edges) == [
        ("g0", "s0"),
        ("g0", "s1"),
        ("g1", "s0"),
        ("g2", "s1"),
        ("s0", "s1"),
        ("s1", "answer"),
    ]
    assert nx.get_node_attributes(graph, "states")["s1"] == "c"


@pytest.mark.parametrize(
    ("text", "missing", "edges", "needless", "misordered"),
    [
        ("b = a + a = 6 ; c = a + b = 9 ; answer 9", (), (), (), ()),
        ("c needs a and b ; b needs a ; a = 3 ; b = 6 ; c = 9 ; answer 9", (), (), (), ()),
        ("c = 9 ; answer 9", ("b",), (), (), ()),
        ("b = 6 ; d = 9 ; c = 9 ; answer 9", (), (), (1,), ()),
        ("d needs a ; b = 6 ; b needs a ; b needs a ; c = 9 ; answer 9", (), (), (0, 3), ()),
        ("b = 6 ; b = 6 ; c = 9 ; answer 9", (), (), (1,), ()),
        ("c = 9 ; b = 6 ; answer 9", (), (("b", "c"),), (1,), (("c", "b"),)),
        ("b = 7 ; c = 9 ; answer 9", ("b",), (), (), ()),  # a refuted step states nothing
        ("", ("b", "c"), (), (), ()),
    ],
)
def test_differences(chain, text, missing, edges, needless, misordered):
    found = held(chain, text)
    assert found.needed == ("a", "b", "c")
    assert (found.missing, found.missing_edges) == (missing, edges)
    assert (found.needless, found.misordered) == (needless, misordered)
    assert found.faithful == (not (missing or edges or needless or misordered))


def test_rules_that_do_not_fire_are_no_causes(chain):
    causal = nx.DiGraph([("dax(ada)", "red(ada)"), ("fep(ada)", "red(ada)")])
    fields = {"surface": "english", "nouns": ["dax", "fep"], "truth": "ada is red"}
    givens = "every dax is red ; every fep is red ; ada is a dax"
    found = held(chain, "ada is a dax. every dax is red. ada is red. answer true", givens, causal, **fields)
    assert found.needed == ("dax(ada)", "red(ada)")
    assert found.faithful


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in FAMILIES for form in FAMILIES[name].forms])
def test_gold_chains_are_faithful(name, form):
    for problem in problems(name, parse_difficulty(name, ""), "train", 13, 40):
        chain = problem.chain(problem.gold_text(form))
        found = compare(chain, verify_chain(chain), problem.scm().graph())
        assert found.faithful
        assert set(found.needed) == set(problem.instance.needed)


def test_what_a_step_states(chain):
    texts = ["c = a + b = 7", "c = a + b", "7 = c", "a = b = 7", "p", "~q(ada)", "p & q", "c needs a", "c < 3"]
    said = [stated(step.claim) for step in chain("", " ; ".join(texts)).steps]
    assert said == ["c", None, "c", None, "p", "q(ada)", None, None, None]
