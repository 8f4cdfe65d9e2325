"""The deduction family: one derivation for each needed atom, no contradictions, the mix of problems."""

from __future__ import annotations

import pytest

from reasonlab.language.formulas import Atom, Not, Rule, atom_of
from reasonlab.tasks import make, parse_difficulty, problems
from reasonlab.tasks.deduction import CONFLICT, Difficulty, Instance, name_of, truth

HARD = "hops=6-12,conjunctions=0.5,distractors=6-12"


def instances(text: str, count: int) -> list[Instance]:
    return [p.instance for p in problems("deduction", parse_difficulty("deduction", text), "train", 9, count)]


@pytest.mark.parametrize(("text", "count"), [("", 400), (HARD, 100)])
def test_each_needed_atom_has_exactly_one_derivation(text, count):
    for made in instances(text, count):
        values = made.scm().evaluate()

        def holds(literal, values=values):
            return values.get(name_of(literal)) == truth(literal)

        for literal in made.needed_literals:
            (person,) = atom_of(literal).arguments
            ways = [s for s in made.statements if not isinstance(s, Rule) and atom_of(s) == atom_of(literal)]
            ways += [
                s
                for s in made.statements
                if isinstance(s, Rule)
                and atom_of(s.instance({"X": person}).head) == atom_of(literal)
                and all(map(holds, s.instance({"X": person}).body))
            ]
            step = made.proof[literal]
            assert ways == [literal if step is None else step[0]]
            assert holds(literal)


@pytest.mark.parametrize(("text", "count"), [("", 400), (HARD, 100)])
def test_givens_never_contradict_each_other(oracle, text, count):
    for made in instances(text, count):
        assert CONFLICT not in made.scm().evaluate().values()
        assert all(len(signs) == 1 for signs in oracle.deduction(list(made.givens)).values())


def test_graph_is_the_rules_about_each_individual():
    rule = Rule((Atom("dax", ("X",)), Not(Atom("big", ("X",)))), Atom("fep", ("X",)))
    ada, ben = Atom("dax", ("ada",)), Atom("fep", ("ben",))
    made = Instance((ada, rule, ben), ada, {ada: None}, hops=0)
    # Of ben it is a fact that he is a fep, and a fact listens to nothing.
    assert set(made.scm().graph().edges) == {("dax(ada)", "fep(ada)"), ("big(ada)", "fep(ada)")}
    assert made.scm().evaluate()["fep(ada)"] == "unknown"
    assert made.scm().do(**{"big(ada)": "false"}).evaluate()["fep(ada)"] == "true"


def test_needed_is_what_the_proof_uses():
    for made in instances("", 200):
        graph = made.scm().graph()
        place = {name: i for i, name in enumerate(made.needed)}
        assert made.needed[0] == name_of(made.asked)
        for literal, step in made.proof.items():
            for source in step[1].body if step else ():
                assert graph.has_edge(name_of(source), name_of(literal))
                assert place[name_of(literal)] < place[name_of(source)]
        assert len(place) == len(made.needed) == len(made.proof)
        assert made.operations == sum(step is not None for step in made.proof.values())


def test_gold_chains_in_every_form():
    """By hand: one rule with two conditions, and a rule that refutes."""
    x, ada = ("X",), ("ada",)
    first = Rule((Atom("dax", x), Atom("shiny", x)), Atom("fep", x))
    second = Rule((Atom("fep", x),), Not(Atom("cold", x)))
    goal, middle, *facts = Not(Atom("cold", ada)), Atom("fep", ada), Atom("dax", ada), Atom("shiny", ada)
    proof = {
        goal: (second, second.instance({"X": "ada"})),
        middle: (first, first.instance({"X": "ada"})),
        **dict.fromkeys(facts),
    }
    made = Instance((second, *facts, first), Atom("cold", ada), proof, hops=2)
    assert made.prompt == (
        "every fep is not cold . ada is a dax . ada is shiny . every dax that is shiny is a fep . ada is cold ?"
    )
    assert made.gold("direct") == (
        "ada is a dax . ada is shiny . every dax that is shiny is a fep . ada is a fep . every fep is not cold . "
        "ada is not cold . answer false"
    )
    assert made.gold("plan") == (
        "every fep is not cold . every dax that is shiny is a fep . ada is a dax . ada is shiny . ada is a fep . "
        "ada is not cold . answer false"
    )
    assert made.gold("needs") == (
        "ada is not cold needs ada is a fep . ada is a fep needs ada is a dax and ada is shiny . ada is a dax . "
        "ada is shiny . every dax that is shiny is a fep . ada is a fep . every fep is not cold . ada is not cold . "
        "answer false"
    )


def test_the_default_mix():
    made = [p.instance for p in problems("deduction", Difficulty(), "test", 0, 800)]
    assert 0.43 < sum(i.answer == "true" for i in made) / len(made) < 0.57  # four standard errors around one half
    assert {i.hops for i in made} == {1, 2, 3, 4, 5}
    assert any(len(s.body) == 2 for i in made for s in i.statements if isinstance(s, Rule))
    assert {isinstance(i.goal, Not) for i in made} == {True, False}
    unneeded = [len(i.statements) - len(i.proof) for i in made]
    assert min(unneeded) == 0
    assert max(unneeded) == 5


def test_fingerprint_ignores_the_order_of_statements_only():
    made = make("deduction", Difficulty(hops=(3, 3)), "train", 0, 0).instance
    turned = Instance(made.statements[::-1], made.asked, made.proof, made.hops)
    fewer = Instance(made.statements[1:], made.asked, made.proof, made.hops)
    assert turned.fingerprint == made.fingerprint
    assert turned.prompt != made.prompt
    assert fewer.fingerprint != made.fingerprint
