"""The arithmetic family: fingerprints, the causal graph, the mix of problems."""

from __future__ import annotations

import random
from dataclasses import replace
from string import ascii_lowercase

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import BadInput
from reasonlab.tasks import make, parse_difficulty, problems
from reasonlab.tasks.arithmetic import Definition, Difficulty, Instance

laws = settings(derandomize=True, deadline=None, max_examples=150)
indices = st.integers(0, 100_000)


def instance(index: int, seed: int = 5) -> Instance:
    return make("arithmetic", Difficulty(), "train", seed, index).instance


def with_definition(made: Instance, name: str, **changes: object) -> Instance:
    return replace(made, definitions=tuple(replace(d, **changes) if d.name == name else d for d in made.definitions))


@laws
@given(indices, st.randoms(use_true_random=False))
def test_fingerprint_ignores_names_order_and_commuted_operands(index, random_: random.Random):
    made = instance(index)
    names = dict(zip(made.by_name, random_.sample(ascii_lowercase, len(made.by_name))))
    definitions = []
    for d in made.definitions:
        left, right = names.get(d.left, ""), names.get(d.right, "")
        if d.operator in ("+", "*") and random_.random() < 0.5:
            left, right = right, left
        definitions.append(Definition(names[d.name], d.operator, left, right, d.value))
    random_.shuffle(definitions)
    other = Instance(made.modulus, tuple(definitions), names[made.asked])
    assert other.fingerprint == made.fingerprint
    assert other.answer == made.answer


@laws
@given(indices, st.data())
def test_fingerprint_tells_values_operators_and_moduli_apart(index, data):
    made = instance(index)
    constants = [d.name for d in made.definitions if d.operator is None]
    name = data.draw(st.sampled_from(constants))
    value = data.draw(st.integers(0, 9).filter(lambda value: value != made.by_name[name].value))
    assert with_definition(made, name, value=value).fingerprint != made.fingerprint
    operation = data.draw(st.sampled_from([d for d in made.definitions if d.operator is not None]))
    operator = data.draw(st.sampled_from([sign for sign in "+-*" if sign != operation.operator]))
    assert with_definition(made, operation.name, operator=operator).fingerprint != made.fingerprint
    assert replace(made, modulus=23).fingerprint != made.fingerprint


def test_fingerprint_tells_the_operands_of_minus_apart():
    base = Instance(10, (Definition("a", value=1), Definition("b", value=2), Definition("c", "-", "a", "b")), "c")
    assert with_definition(base, "c", left="b", right="a").fingerprint != base.fingerprint


@laws
@given(indices)
def test_graph_is_the_definitions(index):
    made = instance(index)
    edges = {(source, d.name) for d in made.definitions if d.operator for source in (d.left, d.right)}
    graph = made.scm().graph()
    assert set(graph.edges) == edges
    assert set(graph.nodes) == set(made.by_name)
    assert set(made.needed) == {made.asked} | nx.ancestors(graph, made.asked)
    # Each variable comes after all that need it.
    place = {name: i for i, name in enumerate(made.needed)}
    assert all(place[target] < place[source] for source, target in edges if target in place)
    assert made.depth == nx.dag_longest_path_length(graph.subgraph(made.needed))
    assert made.operations == sum(graph.in_degree(name) > 0 for name in made.needed)


def test_gold_chains_in_every_form():
    """The example of the family's docstring, by hand."""
    made = Instance(
        10,
        (
            Definition("d", "*", "a", "b"),
            Definition("a", value=3),
            Definition("c", "-", "a", "a"),
            Definition("b", "+", "a", "a"),
        ),
        "d",
    )
    assert made.prompt == "mod 10 ; d = a * b ; a = 3 ; c = a - a ; b = a + a ; d ?"
    assert made.gold("direct") == "a = 3 ; b = a [3] + a [3] = 6 ; d = a [3] * b [6] = 8 ; answer 8"
    assert made.gold("plan") == (
        "d = a * b ; b = a + a ; a = 3 ; b = a [3] + a [3] = 6 ; d = a [3] * b [6] = 8 ; answer 8"
    )
    assert made.gold("needs") == (
        "d needs a and b ; b needs a ; a = 3 ; b = a [3] + a [3] = 6 ; d = a [3] * b [6] = 8 ; answer 8"
    )


def test_the_default_mix():
    """What the published scores rest on: operations that are needed, distractors in half of the problems."""
    made = [p.instance for p in problems("arithmetic", Difficulty(), "test", 0, 3000)]
    assert sum(i.operations for i in made) / len(made) >= 2.5
    distracted = sum(len(i.needed) < len(i.definitions) for i in made) / len(made)
    assert 0.46 < distracted < 0.54  # four standard errors around one half
    assert {len(i.definitions) for i in made} == {3, 4, 5, 6}
    # Where every definition counts, none is left unused.
    assert all(
        set(i.needed) == set(i.by_name)
        for i in (p.instance for p in problems("arithmetic", Difficulty(distractors=0), "test", 0, 300))
    )


@pytest.mark.parametrize("text", ["variables=5-8,depth=3-4", "modulus=23,variables=2-3", "modulus=2,variables=26"])
def test_settings_are_obeyed(text):
    difficulty = parse_difficulty("arithmetic", text)
    for made in (p.instance for p in problems("arithmetic", difficulty, "train", 1, 40)):
        assert difficulty.variables[0] <= len(made.definitions) <= difficulty.variables[1]
        assert made.modulus == difficulty.modulus
        assert all(0 <= value < made.modulus for value in made.values.values())
        if difficulty.depth:
            assert difficulty.depth[0] <= made.depth <= difficulty.depth[1]


def test_a_depth_that_never_comes_is_bad_input_and_no_endless_loop():
    with pytest.raises(BadInput, match="no problem of depth 25-25"):
        make("arithmetic", parse_difficulty("arithmetic", "variables=3-26,depth=25"), "test", 0, 0)
