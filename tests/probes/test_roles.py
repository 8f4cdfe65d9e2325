"""Positions by meaning: counted by hand on one problem, and laws over many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import BadInput
from reasonlab.probes.roles import ROLES, gold_layout, layout
from reasonlab.tasks.deduction import NOUNS

FORMS = ("plan", "needs", "direct")

# The token of a position counted by hand, `b =` and `a =` being one each:
# 0 <bos> 1 mod 2 10 3 ; 4 b= 5 a 6 + 7 a 8 ; 9 a= 10 3 11 ; 12 b 13 ?
PROMPT = {
    ("definition", "b"): (4, 5, 6, 7),
    ("definition name", "b"): (4,),
    ("definition =", "b"): (4,),
    ("definition left", "b"): (5,),
    ("definition operator", "b"): (6,),
    ("definition right", "b"): (7,),
    ("definition end", "b"): (8,),
    ("definition", "a"): (9, 10),
    ("definition end", "a"): (11,),
    ("definition name", "a"): (9,),
    ("definition =", "a"): (9,),
    ("definition value", "a"): (10,),
    ("query", ""): (12,),
    ("query end", ""): (13,),
}
# 14 b= 15 a 16 + 17 a 18 ; 19 a= 20 3 21 ; 22 b= 23 a 24 [3] 25 + 26 a 27 [3] 28 = 29 6 30 ; 31 answer 32 6
PLAN = PROMPT | {
    ("plan", "b"): (14, 15, 16, 17),
    ("plan name", "b"): (14,),
    ("plan source", "b"): (15, 17),
    ("plan end", "b"): (18,),
    ("step", "a"): (19, 20),
    ("step name", "a"): (19,),
    ("step =", "a"): (19,),
    ("before value", "a"): (19,),
    ("value", "a"): (20,),
    ("step end", "a"): (21,),
    ("before copy", "a"): (23,),
    ("copy", "a"): (24,),
    ("step", "b"): (22, 23, 24, 25, 26, 27, 28, 29),
    ("step name", "b"): (22,),
    ("step =", "b"): (22,),
    ("step left", "b"): (23,),
    ("substituted left", "b"): (24,),
    ("step operator", "b"): (25,),
    ("step right", "b"): (26,),
    ("substituted right", "b"): (27,),
    ("before value", "b"): (28,),
    ("value", "b"): (29,),
    ("step end", "b"): (30,),
    ("before answer", ""): (31,),
    ("answer", ""): (32,),
}
# The step written out: 22 b= 23 a 24 + 25 a 26 = 27 3 28 + 29 3 30 = 31 6 32 ; 33 answer 34 6
LONG = PLAN | {
    ("before copy", "a"): (26,),
    ("copy", "a"): (27,),
    ("step", "b"): (22, 23, 24, 25, 26, 27, 28, 29, 30, 31),
    ("step left", "b"): (23,),
    ("step operator", "b"): (24,),
    ("step right", "b"): (25,),
    ("step substituted =", "b"): (26,),
    ("substituted left", "b"): (27,),
    ("substituted operator", "b"): (28,),
    ("substituted right", "b"): (29,),
    ("before value", "b"): (30,),
    ("value", "b"): (31,),
    ("step end", "b"): (32,),
    ("before answer", ""): (33,),
    ("answer", ""): (34,),
}
# 14 b 15 needs 16 a 17 ; and from there on one token earlier
NEEDS = PROMPT | {
    key: tuple(position - 1 for position in where) for key, where in PLAN.items() if key not in PROMPT
} | {
    ("plan", "b"): (14, 15, 16),
    ("plan name", "b"): (14,),
    ("plan source", "b"): (16,),
}  # fmt: skip


@pytest.mark.parametrize(
    ("form", "text", "roles"),
    [
        ("plan", "b = a + a ; a = 3 ; b = a [3] + a [3] = 6 ; answer 6", PLAN),
        ("needs", "b needs a ; a = 3 ; b = a [3] + a [3] = 6 ; answer 6", NEEDS),
    ],
)
def test_the_roles_of_a_problem_counted_by_hand(hand, tokenizer, form, text, roles):
    made = gold_layout(hand, form, tokenizer)
    assert made.text == text
    assert made.roles == roles
    assert made.prompt_length == 14
    assert made.positions("plan", "a") == ()
    assert made.at("copy", "b") is None
    assert [(place.kind, place.variable) for place in made.places] == [("plan", "b"), ("value", "a"), ("value", "b")]
    assert {name: place.value for name, place in made.stated().items()} == {"a": "3", "b": "6"}
    assert {role for role, _ in made.roles} <= set(ROLES)


def test_the_roles_of_a_step_written_out_counted_by_hand(hand, tokenizer):
    made = layout(hand, "b = a + a ; a = 3 ; b = a + a = 3 + 3 = 6 ; answer 6", tokenizer)
    assert made.roles == LONG
    assert [(place.kind, place.variable) for place in made.places] == [("plan", "b"), ("value", "a"), ("value", "b")]
    assert {name: place.value for name, place in made.stated().items()} == {"a": "3", "b": "6"}
    assert [(word, role) for word, (role, _) in zip(made.words, made.labels())][25:33] == [
        ("a", "step right"),
        ("=", "step substituted ="),
        ("3", "substituted left"),
        ("+", "substituted operator"),
        ("3", "substituted right"),
        ("=", "before value"),
        ("6", "value"),
        (";", "step end"),
    ]


def test_labels_are_the_finest_roles(hand, tokenizer):
    made = gold_layout(hand, "plan", tokenizer)
    assert [(word, role, of) for word, (role, of) in zip(made.words, made.labels())][14:31] == [
        ("b =", "plan name", "b"),
        ("a", "plan source", "b"),
        ("+", "plan", "b"),
        ("a", "plan source", "b"),
        (";", "plan end", "b"),
        ("a =", "before value", "a"),
        ("3", "value", "a"),
        (";", "step end", "a"),
        ("b =", "step name", "b"),
        ("a", "step left", "b"),
        ("[3]", "substituted left", "b"),
        ("+", "step operator", "b"),
        ("a", "step right", "b"),
        ("[3]", "substituted right", "b"),
        ("=", "before value", "b"),
        ("6", "value", "b"),
        (";", "step end", "b"),
    ]
    assert made.labels()[4] == ("definition name", "b")
    assert made.labels()[0] == ("", "")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("b = a + a", "plan", ""),
        ("b = a", "plan", ""),
        ("b needs a", "plan", ""),
        ("b = a [3] + a [3]", "value", ""),  # cut short
        ("b = a [3] + a [3] = 6", "value", "6"),
        ("b = a + a = 3 + 3", "value", ""),
        ("b = 3 + 3", "value", ""),
        ("b = 6", "value", "6"),
        ("a + a = 6", "other", ""),
    ],
)
def test_a_plan_step_names_no_value(hand, tokenizer, text, kind, value):
    (place,) = layout(hand, f"{text} ; answer 6", tokenizer).places
    assert (place.kind, place.variable, place.value) == (kind, "" if kind == "other" else "b", value)


def test_an_unknown_role_is_named(hand, tokenizer):
    with pytest.raises(BadInput, match=r"no role 'nose'; expected one of definition name"):
        gold_layout(hand, "plan", tokenizer).positions("nose")


@pytest.mark.parametrize("form", FORMS)
def test_every_step_keeps_its_words(asked, deduced, tokenizer, words, form):
    for problem, reader in [*((p, tokenizer) for p in asked), *((p, words) for p in deduced)]:
        made = gold_layout(problem, form, reader)
        steps = problem.chain(made.text).steps
        assert [" ".join(made.words[i] for i in place.positions) for place in made.places] == [s.text for s in steps]
        assert reader.decode(made.tokens) == f"{problem.prompt} {made.text}"
        for place in made.places:
            assert made.words[place.end] in (";", ".")


@pytest.mark.parametrize("form", FORMS)
def test_value_roles_stand_at_the_values(asked, tokenizer, form):
    for problem in asked:
        made = gold_layout(problem, form, tokenizer)
        for name, value in problem.instance.values.items():
            if name not in problem.instance.needed:
                assert made.positions("value", name) == ()
                continue
            assert made.words[made.at("value", name)] == str(value)
            assert made.at("before value", name) + 1 == made.at("value", name)
            if name == problem.instance.asked:
                assert made.positions("copy", name) == ()
            else:
                assert made.words[made.at("copy", name)] == f"[{value}]"
                assert made.words[made.at("before copy", name)] == name
                assert made.at("before copy", name) + 1 == made.at("copy", name)


@pytest.mark.parametrize("form", ["plan", "needs"])
def test_plans_stand_before_the_values(asked, tokenizer, form):
    for problem in asked:
        made = gold_layout(problem, form, tokenizer)
        for name in problem.instance.needed:
            definition = problem.instance.by_name[name]
            assert bool(made.positions("plan", name)) == (definition.operator is not None)
            if definition.operator is not None:
                assert made.at("plan name", name) < made.at("plan end", name) < made.at("before value", name)
                sources = [made.words[position] for position in made.positions("plan source", name)]
                assert set(sources) == {definition.left, definition.right}


@pytest.mark.parametrize("form", FORMS)
def test_deduction_has_its_steps(deduced, words, form):
    for problem in deduced:
        made = gold_layout(problem, form, words)
        assert list(made.stated())[-1] == problem.instance.needed[0]
        assert set(made.stated()) == set(problem.instance.needed)
        for name in problem.instance.needed:
            predicate = name.split("(")[0]
            value = f"a {predicate}" if predicate in NOUNS else predicate
            assert made.words[made.at("value", name)] == value
            assert made.words[made.at("before value", name)] in (("is",) if predicate in NOUNS else ("is", "not"))
            assert made.at("before value", name) + 1 == made.at("value", name)
        assert "rule" in [place.kind for place in made.places]
        assert made.words[made.at("answer")] == problem.answer


def test_the_sources_of_a_plan_are_its_premises(deduced, words):
    """Kinds too, each of which is one token with its article: `ada is cold needs ada is a fep and ada is shiny`."""
    kinds = 0
    for problem in deduced:
        made = gold_layout(problem, "needs", words)
        plans = [place for place in made.places if place.kind == "plan"]
        assert plans
        for place in plans:
            step = " ".join(made.words[position] for position in place.positions)
            name, premises = step.split(" needs ")
            sources = [made.words[position] for position in made.positions("plan source", place.variable)]
            assert " ".join(sources) == premises.replace(" and ", " ")
            assert " ".join(made.words[p] for p in made.positions("plan name", place.variable)) == name
            kinds += sum(source.startswith("a ") for source in sources)
    assert kinds


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*"ab;=+3", "[3]", "[5]", "b =", "needs", "and", "answer"]), max_size=25))
def test_whatever_a_model_writes_has_a_layout(hand, tokenizer, chain):
    made = layout(hand, " ".join(chain), tokenizer)
    for positions in made.roles.values():
        assert all(0 < position < len(made.tokens) for position in positions)
    assert len(made.words) == len(made.tokens) == len(made.labels())


def test_the_first_statement_counts(hand, tokenizer):
    made = layout(hand, "a = 3 ; a = 5 ; answer 5", tokenizer)
    assert made.positions("value", "a") == (15,)
    assert made.stated()["a"].value == "3"
