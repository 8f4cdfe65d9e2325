"""Plain English: what each kind of sentence says, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import parse_formula, render_formula
from reasonlab.language.sentences import parse_sentence, singular, vocabulary_of
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
    ("If someone is shy or tall, they are calm.", "forall X. shy(X) | tall(X) -> calm(X)"),
    ("If a person is shy then they are calm.", "forall X. shy(X) -> calm(X)"),
    ("If a zumpus is shy then the zumpus is calm.", "forall X. zumpus(X) & shy(X) -> calm(X)"),
    ("If someone is a bird and not shy then they can fly.", "forall X. bird(X) & ~shy(X) -> 'can fly'(X)"),
    ("Gus cannot fly.", "~'can fly'(gus)"),
    ("Gus can see the elk.", "'can see'(gus, elk)"),
    ("The current does not run through the bulb.", "~'run through'(current, bulb)"),
    ("The current runs through the bulb.", "'run through'(current, bulb)"),
    ("If the circuit does not have the bell then it is calm.", "~have(circuit, bell) -> calm(circuit)"),
    # kinds
    ("Each zumpus is a lorpus.", "forall X. zumpus(X) -> lorpus(X)"),
    ("Zumpuses are lorpuses.", "forall X. zumpus(X) -> lorpus(X)"),
    ("Zumpuses are never shy.", "forall X. zumpus(X) -> ~shy(X)"),
    ("A zumpus is not shy.", "forall X. zumpus(X) -> ~shy(X)"),
    ("No zumpus is a lorpus.", "forall X. zumpus(X) -> ~lorpus(X)"),
    ("No zumpuses are lorpuses.", "forall X. zumpus(X) -> ~lorpus(X)"),
    ("Nothing that is shy is tall.", "forall X. shy(X) -> ~tall(X)"),
    ("Nobody is tall.", "forall X. ~tall(X)"),
    ("Everything is tall.", "forall X. tall(X)"),
    ("Someone is tall.", "exists X. tall(X)"),
    ("There is a zumpus that is tall.", "exists X. zumpus(X) & tall(X)"),
    ("Some zumpuses are tall.", "exists X. zumpus(X) & tall(X)"),
    ("Every shy zumpus is tall.", "forall X. shy(X) & zumpus(X) -> tall(X)"),
    ("Every shy thing is tall.", "forall X. shy(X) -> tall(X)"),
    ("Gus is a shy zumpus.", "shy(gus) & zumpus(gus)"),
    ("Painted ladies are butterflies.", "forall X. painted(X) & lady(X) -> butterfly(X)"),
    ("Gus is a painted lady.", "painted(gus) & lady(gus)"),
    ("Each butterfly is a bird.", "forall X. butterfly(X) -> bird(X)"),
    ("127 is a Mersenne prime.", "mersenne('127') & prime('127')"),
    ("Mary Ann is a bird.", "bird('mary ann')"),
    ("Birds can fly.", "forall X. bird(X) -> 'can fly'(X)"),
    ("Everyone who can fly is tall.", "forall X. 'can fly'(X) -> tall(X)"),
    ("Everything that is shy, tall, or a zumpus is a bird.", "forall X. shy(X) | tall(X) | zumpus(X) -> bird(X)"),
    ("Everything that is a zumpus and a bird and shy is calm.", "forall X. zumpus(X) & bird(X) & shy(X) -> calm(X)"),
    ("Every zumpus that is shy and is tall is calm and is red.",
     "forall X. zumpus(X) & (shy(X) & tall(X)) -> calm(X) & red(X)"),
    ("Each zumpus is a bird, a lorpus, and shy.", "forall X. zumpus(X) -> bird(X) & lorpus(X) & shy(X)"),
    ("Gus is a zumpus, a bird or shy.", "zumpus(gus) | bird(gus) | shy(gus)"),
    ("Gus is both shy and a bird.", "shy(gus) & bird(gus)"),
    ("Gus is neither shy nor a bird.", "~shy(gus) & ~bird(gus)"),
    ("Gus is shy, but not tall.", "shy(gus) & ~tall(gus)"),
    ("Gus is not shy or not tall.", "~shy(gus) | ~tall(gus)"),
    # several
    ("Gus is a bird and he is shy.", "bird(gus) & shy(gus)"),
    ("Gus is a bird or Gus is not shy.", "bird(gus) | ~shy(gus)"),
    ("Gus is a bird and Rex is shy or tall.", "bird(gus) & (shy(rex) | tall(rex))"),
    ("Every bird is shy and Gus is a bird.", "(forall X. bird(X) -> shy(X)) & bird(gus)"),
    ("Every bird is shy, and each zumpus is tall.",
     "(forall X. bird(X) -> shy(X)) & (forall X. zumpus(X) -> tall(X))"),
    ("It is not true that Gus is shy.", "~shy(gus)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meaning"), SENTENCES)
def test_sentences(text, meaning):
    formula = parse_sentence(text, vocabulary_of([text for text, _ in SENTENCES])).formula
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
        ("Gus is 3.", "expected a kind"),
        ("Gus is quiet\x00.", "unexpected"),
        # what can be read in two ways
        ("Gus is a cat or shy and tall.", "one of 'and' and 'or' in a list"),
        ("Gus is shy and Rex is tall or Max is calm.", "one of 'and' and 'or' between clauses"),
        ("Gus is not a cat or a dog.", "'not' before 'or' can be read in two ways"),
        ("A cat is shy. The cat is tall.", "unexpected '.'"),
        ("If Gus is shy and Rex is tall then he is calm.", "may mean more than one"),
        ("If something chases something then it is calm.", "more than one 'someone' or 'something'"),
        ("Someone who is shy is calm.", "some one or anyone"),
        # what is not in the grammar is no name and no verb
        ("If everything is shy then Gus is calm.", "expected a name"),
        ("If nothing is shy then Gus is calm.", "expected a name"),
        ("That guy Gus sure is nice.", "expected a name"),
        ("Gus is usually shy.", "expected one property"),
        ("Gus is bigger than the cat.", "expected one property"),
        ("Gus is shy because Rex is tall.", "expected one property"),
        ("Not every cat is shy.", "expected a name"),
        ("Only cats are shy.", "expected a"),
        ("Cats and dogs are shy.", "expected a kind"),
        ("Most cats are shy.", "expected a property, found 'most'"),
        ("Many shy things are tall.", "expected a property, found 'many'"),
        ("Gus is a fake cat.", "expected one property"),
        ("Every nearly tall thing is shy.", "expected a property, found 'nearly'"),
        ("Gus is a partly tall cat.", "expected a property, found 'partly'"),
        ("Gus and Rex are shy.", "expected a kind"),
        ("Gus is a cat that is shy.", "expected one property"),
        ("Gus is not only shy but also tall.", "expected one property"),
        ("Gus is not necessarily shy.", "expected one property"),
        ("Gus might be shy.", "expected somebody"),
        ("Gus is a person.", "says nothing of anyone"),
        ("shy and " * 400 + "tall", "more than 300 words"),
    ],
)
def test_refused(text, reason):
    with pytest.raises(ParseError) as error:
        parse_sentence(text, vocabulary_of([]))
    assert reason in str(error.value)


def test_a_kind_is_no_individual():
    words = vocabulary_of(["Rex is a cat."])
    for text in ("The cat is shy.", "Cat is shy."):
        with pytest.raises(ParseError, match="may be one cat or the kind"):
            parse_sentence(text, words)


def test_a_pronoun_goes_back_to_the_one_that_was_named():
    words = vocabulary_of([])
    assert parse_sentence("Gus is shy.", words).named == "gus"
    assert parse_sentence("Gus is shy and Rex is tall.", words).named is None
    assert render_formula(parse_sentence("He is calm.", words, named="gus").formula) == "calm(gus)"


@pytest.mark.parametrize(
    ("plural", "noun"),
    [
        *(("butterflies", "butterfly"), ("wolves", "wolf"), ("knives", "knife"), ("foxes", "fox"), ("roses", "rose")),
        *(("mosses", "moss"), ("sheep", "sheep"), ("men", "man"), ("worpus", "worpus"), ("luminous", "luminous")),
    ],
)
def test_singular(plural, noun):
    assert singular(plural, frozenset({"butterfly", "wolf", "knife", "fox", "rose", "moss", "sheep", "man"})) == noun


WORDS = "if then and or not is are does do the a each no Gus newt newts shy chases visit they it all , things someone "
WORDS += "that can some nor neither"


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(WORDS.split())).map(" ".join)
)  # fmt: skip
def test_any_text_is_read_or_refused(text):
    with suppress(ParseError):
        formula = parse_sentence(text, vocabulary_of([text])).formula
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
