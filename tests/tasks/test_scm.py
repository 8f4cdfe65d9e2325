"""Structural causal models: evaluation against the slow twins, `do`, counterfactuals."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import BadInput, ResourceLimit
from reasonlab.tasks import SCM, Problem, Variable, family, make
from reasonlab.tasks.deduction import CONFLICT, FALSE, TRUE, UNKNOWN
from reasonlab.tasks.scm import constant

BOOL = (False, True)


def problem(name: str, index: int) -> Problem:
    return make(name, family(name).difficulty(), "test", 11, index)


def firing_squad(nervous: bool = False) -> SCM:
    """Pearl, Causality, 7.1.2: the court orders (u), the captain signals (c), both riflemen fire (a, b), death (d).

    With `nervous`, rifleman a may also fire out of nerves (w).
    """
    variables = [constant("u", BOOL, True)]
    if nervous:
        variables += [constant("w", BOOL, False), Variable("a", BOOL, ("c", "w"), lambda c, w: c or w)]
    else:
        variables.append(Variable("a", BOOL, ("c",), lambda c: c))
    variables += [
        Variable("c", BOOL, ("u",), lambda u: u),
        Variable("b", BOOL, ("c",), lambda c: c),
        Variable("d", BOOL, ("a", "b"), lambda a, b: a or b),
    ]
    return SCM({variable.name: variable for variable in variables})


@pytest.mark.parametrize("index", range(150))
def test_arithmetic_scm_equals_the_slow_twin(oracle, index):
    made = problem("arithmetic", index)
    slow = {name: value % 10 for name, value in oracle.arithmetic(list(made.instance.givens)).items()}
    assert made.scm().evaluate() == slow == made.instance.values
    assert made.answer == str(slow[made.instance.asked])


@pytest.mark.parametrize("index", range(150))
def test_deduction_scm_equals_naive_forward_chaining(oracle, index):
    made = problem("deduction", index)
    slow = oracle.deduction(list(made.instance.givens))
    names = {frozenset(): UNKNOWN, frozenset({True}): TRUE, frozenset({False}): FALSE, frozenset(BOOL): CONFLICT}
    values = made.scm().evaluate()
    for name, value in values.items():
        word, person = name.removesuffix(")").split("(")
        assert value == names[frozenset(slow.get((person, word), ()))], name
    assert {f"{word}({person})" for person, word in slow} <= values.keys()
    person, word, sign = oracle.fact(made.prompt.removesuffix(" ?").split(" . ")[-1])
    assert made.answer == str(slow[person, word] == {sign}).lower()


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.data(), st.sampled_from(("arithmetic", "deduction")), st.integers(0, 10_000))
def test_do_changes_only_descendants(data, name, index):
    scm = problem(name, index).scm()
    variable = data.draw(st.sampled_from(sorted(scm.variables)))
    value = data.draw(st.sampled_from(scm.variables[variable].domain))
    before, after = scm.evaluate(), scm.intervene({variable: value}).evaluate()
    changed = {other for other in before if before[other] != after[other]}
    assert changed <= {variable} | nx.descendants(scm.graph(), variable)
    assert after[variable] == value
    if before[variable] == value:  # holding a variable where it was changes nothing
        assert not changed


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.data(), st.integers(0, 10_000))
def test_counterfactual_with_known_roots_is_do(data, index):
    scm = problem("arithmetic", index).scm()
    values = scm.evaluate()
    variable = data.draw(st.sampled_from(sorted(scm.variables)))
    value = data.draw(st.integers(0, 9))
    roots = {name: values[name] for name, v in scm.variables.items() if not v.parents}
    after = scm.intervene({variable: value}).evaluate()
    assert scm.counterfactual(roots, {variable: value}) == {name: {v} for name, v in after.items()}


def test_firing_squad():
    squad = firing_squad()
    # The prisoner is dead. Had rifleman a not fired, he would be dead all the same: b would have fired.
    assert squad.counterfactual({"d": True}, {"a": False})["d"] == {True}
    # He is alive: no order was given. Had a fired on his own, he would be dead, and b would not have fired.
    assert squad.counterfactual({"d": False}, {"a": True}) == {
        "u": {False},
        "c": {False},
        "a": {True},
        "b": {False},
        "d": {True},
    }
    # do is not seeing: with a held back, the order still reaches b.
    assert squad.do(a=False).evaluate() == {"u": True, "c": True, "a": False, "b": True, "d": True}


def test_firing_squad_with_nerves_keeps_every_possible_world():
    squad = firing_squad(nervous=True)
    # Dead, by the order or by nerves: worlds (u, w) = (1, 0), (1, 1), (0, 1). Without a's shot, b's settles it.
    found = squad.counterfactual({"d": True}, {"a": False})
    assert (found["u"], found["w"], found["d"]) == (BOOL_SET, BOOL_SET, BOOL_SET)
    assert squad.counterfactual({"d": True, "b": True}, {"a": False})["d"] == {True}
    assert squad.counterfactual({"d": True, "b": False}, {"a": False})["d"] == {False}
    # Dead, and nobody fired: no world is like that.
    assert set(map(frozenset, squad.counterfactual({"d": True, "a": False, "b": False}, {}).values())) == {frozenset()}


BOOL_SET = {False, True}


def test_evaluate_takes_the_values_of_roots():
    assert firing_squad().evaluate({"u": False})["d"] is False


def test_what_do_holds_is_no_root():
    held = firing_squad().do(u=False)
    with pytest.raises(BadInput, match=r"'u' is held by do\(\)"):
        held.evaluate({"u": True})
    assert held.do(u=True).evaluate()["d"] is True  # the last one holds it
    # In the model in which no order can be given, nobody dies: there is no such world to go back to.
    assert held.counterfactual({"d": True}, {})["d"] == set()
    assert held.counterfactual({"d": False}, {"a": True})["d"] == {True}


def test_counterfactual_names_its_limit():
    roots = {f"x{i}": constant(f"x{i}", tuple(range(10)), 0) for i in range(6)}
    with pytest.raises(ResourceLimit, match="1000000 settings of the roots"):
        SCM(roots).counterfactual({}, {})


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: SCM({"a": Variable("a", BOOL, ("b",), lambda b: b)}), "reads 'b', which has none"),
        (
            lambda: SCM({n: Variable(n, BOOL, (m,), lambda x: x) for n, m in (("a", "b"), ("b", "a"))}),
            "the mechanisms form a cycle",
        ),
        (lambda: firing_squad().do(x=True), "there is no variable 'x'"),
        (lambda: firing_squad().do(a="maybe"), "'maybe' is no value of 'a'"),
        (lambda: firing_squad().evaluate({"a": True}), "'a' has causes"),
        (lambda: firing_squad().counterfactual({"x": True}, {}), "there is no variable 'x'"),
    ],
)
def test_bad_input_is_one_line(act, message):
    with pytest.raises(BadInput) as caught:
        act()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count(";") >= 2  # what, expected, remedy
