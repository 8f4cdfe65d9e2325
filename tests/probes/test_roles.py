"""Positions by meaning: counted by hand on one problem, and laws over many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import BadInput
from reasonlab.probes.roles import ROLES, gold_layout, layout

# 0 <bos> 1 mod 2 10 3 ; 4 b 5 = 6 a 7 + 8 a 9 ; 10 a 11 = 12 3 13 ; 14 b 15 ?
# 16 b 17 needs 18 a 19 ; 20 a 21 = 22 3 23 ; 24 b 25 = 26 a 27 + 28 a 29 = 30 3 31 + 32 3 33 = 34 6 35 ;
# 36 answer 37 6 38 <eos>
BY_HAND = {
    ("definition", "b"): (4, 5, 6, 7, 8),
    ("definition name", "b"): (4,),
    ("definition =", "b"): (5,),
    ("definition left", "b"): (6,),
    ("definition operator", "b"): (7,),
    ("definition right", "b"): (8,),
    ("definition end", "b"): (9,),
    ("definition value", "a"): (12,),
    ("query", ""): (14,),
    ("query end", ""): (15,),
    ("plan", "b"): (16, 17, 18),
    ("plan name", "b"): (16,),
    ("plan source", "b"): (18,),
    ("plan end", "b"): (19,),
    ("step", "a"): (20, 21, 22),
    ("before value", "a"): (21,),
    ("value", "a"): (22,),
    ("step end", "a"): (23,),
    ("before copy", "a"): (29,),
    ("copy", "a"): (30,),
    ("step name", "b"): (24,),
    ("step =", "b"): (25,),
    ("step left", "b"): (26,),
    ("step operator", "b"): (27,),
    ("step right", "b"): (28,),
    ("step substituted =", "b"): (29,),
    ("substituted left", "b"): (30,),
    ("substituted operator", "b"): (31,),
    ("substituted right", "b"): (32,),
    ("before value", "b"): (33,),
    ("value", "b"): (34,),
    ("step end", "b"): (35,),
    ("before answer", ""): (36,),
    ("answer", ""): (37,),
}


def test_the_roles_of_a_problem_counted_by_hand(hand, tokenizer):
    made = gold_layout(hand, "plan", tokenizer)
    assert made.text == "b needs a ; a = 3 ; b = a + a = 3 + 3 = 6 ; answer 6"
    assert {key: made.roles.get(key) for key in BY_HAND} == BY_HAND
    assert made.prompt_length == 16
    assert made.positions("plan", "a") == ()
    assert made.at("copy", "b") is None
    assert [place.kind for place in made.places] == ["plan", "value", "value"]
    assert {name: place.value for name, place in made.stated().items()} == {"a": "3", "b": "6"}
    assert made.labels()[30] == ("substituted left", "b")
    assert made.labels()[17] == ("plan", "b")
    assert made.labels()[0] == ("", "")
    assert {role for role, _ in made.roles} <= set(ROLES)


def test_an_unknown_role_is_named(hand, tokenizer):
    with pytest.raises(BadInput, match=r"no role 'nose'; expected one of definition name"):
        gold_layout(hand, "plan", tokenizer).positions("nose")


@pytest.mark.parametrize("form", ["plan", "direct"])
def test_every_step_keeps_its_words(asked, deduced, tokenizer, words, form):
    for problem, reader in [*((p, tokenizer) for p in asked), *((p, words) for p in deduced)]:
        made = gold_layout(problem, form, reader)
        steps = problem.chain(made.text).steps
        assert [" ".join(made.words[i] for i in place.positions) for place in made.places] == [s.text for s in steps]
        assert reader.decode(made.tokens) == f"{problem.prompt} {made.text}"
        for place in made.places:
            assert made.words[place.end] in (";", ".")


def test_value_roles_stand_at_the_values(asked, tokenizer):
    for problem in asked:
        made = gold_layout(problem, "plan", tokenizer)
        for name, value in problem.instance.values.items():
            if name not in problem.instance.needed:
                assert made.positions("value", name) == ()
                continue
            assert made.words[made.at("value", name)] == str(value)
            assert made.at("before value", name) + 1 == made.at("value", name)
            if name == problem.instance.asked:
                assert made.positions("copy", name) == ()
            else:
                assert made.words[made.at("copy", name)] == str(value)
                assert made.at("before copy", name) + 1 == made.at("copy", name)


def test_deduction_has_its_steps(deduced, words):
    for problem in deduced:
        made = gold_layout(problem, "plan", words)
        assert list(made.stated())[-1] == problem.instance.needed[0]
        assert set(made.stated()) == set(problem.instance.needed)
        for name in problem.instance.needed:
            value = made.words[made.at("value", name)]
            assert name.startswith(f"{value}(")
        assert "rule" in [place.kind for place in made.places]
        assert made.words[made.at("answer")] == problem.answer


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*"ab;=+3", "needs", "and", "answer"]), max_size=25))
def test_whatever_a_model_writes_has_a_layout(hand, tokenizer, chain):
    made = layout(hand, " ".join(chain), tokenizer)
    for positions in made.roles.values():
        assert all(0 < position < len(made.tokens) for position in positions)
    assert len(made.words) == len(made.tokens) == len(made.labels())


def test_the_first_statement_counts(hand, tokenizer):
    made = layout(hand, "a = 3 ; a = 5 ; answer 5", tokenizer)
    assert made.positions("value", "a") == (18,)
    assert made.stated()["a"].value == "3"
