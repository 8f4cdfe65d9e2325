"""RuleTaker's English: what each kind of sentence says, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import parse_formula, render_formula
from reasonlab.language.ruletaker import parse_ruletaker, vocabulary_of
from reasonlab.language.verbs import base_form, stem

SENTENCES = [
    ("The newt chases the bald eagle.", "chase(newt, 'bald eagle')"),
    ("Gus is quiet.", "quiet(gus)"),
    ("Gus isn't quiet", "~quiet(gus)"),
    ("The newt does not chase Gus.", "~chase(newt, gus)"),
    ("Gus is not quiet and cold.", "~quiet(gus) & cold(gus)"),
    ("All shy, tall things are calm.", "forall X. shy(X) & tall(X) -> calm(X)"),
    ("Shy people are not calm.", "forall X. shy(X) -> ~calm(X)"),
    ("If something is shy and not tall then it is calm.", "forall X. shy(X) & ~tall(X) -> calm(X)"),
    ("If someone is shy and they are not tall then they visit Gus.", "forall X. shy(X) & ~tall(X) -> visit(X, gus)"),
    (
        "If someone visits the newt and the newt is shy then they do not chase the elk.",
        "forall X. visit(X, newt) & shy(newt) -> ~chase(X, elk)",
    ),
    ("If the newt is shy and the newt visits Gus then Gus is calm.", "shy(newt) & visit(newt, gus) -> calm(gus)"),
    ("If the newt is shy then it is calm.", "shy(newt) -> calm(newt)"),
    ("If something watches Gus then it is calm and it does not watch the newt.",
     "forall X. watch(X, gus) -> calm(X) & ~watch(X, newt)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), SENTENCES)
def test_sentences(text, meaning):
    formula = parse_ruletaker(text, vocabulary_of([text for text, _ in SENTENCES]))
    assert render_formula(formula) == meaning
    assert parse_formula(meaning) == formula


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a sentence"),
        ("Gus", "expected somebody and what is said"),
        ("Gus quiet", "expected somebody and what is said"),
        ("Is Gus quiet?", "unexpected '?'"),
        ("If Gus is quiet.", "expected 'then'"),
        ("They are quiet.", "nobody is named"),
        ("Gus does chase the newt.", "expected 'not'"),
        ("Gus is very quiet indeed.", "expected one property"),
        ("All things are quiet.", "expected a property"),
        ("Gus is quiet and.", "between 'and' or commas"),
        ("Gus is 3.", "unexpected"),
        ("Gus is quiet\x00.", "unexpected"),
    ],
)
def test_refused(text, reason):
    with pytest.raises(ParseError) as error:
        parse_ruletaker(text, vocabulary_of([]))
    assert reason in str(error.value)


WORDS = "if then and not is are does do the Gus newt shy chases visit they it all , things someone"


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(WORDS.split())).map(" ".join)
)  # fmt: skip
def test_any_text_is_read_or_refused(text):
    with suppress(ParseError):
        formula = parse_ruletaker(text, vocabulary_of([text]))
        assert parse_formula(render_formula(formula)) == formula


@pytest.mark.parametrize(
    ("third", "base"),
    [
        *(("chases", "chase"), ("visits", "visit"), ("watches", "watch"), ("passes", "pass")),
        *(("carries", "carry"), ("sees", "see"), ("goes", "go"), ("freezes", "freeze")),
    ],
)  # fmt: skip
def test_forms_of_verbs(third, base):
    assert stem(third) == stem(base)
    assert base_form(third) == base
