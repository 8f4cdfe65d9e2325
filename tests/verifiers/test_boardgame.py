"""The reader of BoardgameQA: small games written by hand, every frame, what players know, and hostile records."""

from __future__ import annotations

import io
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.claims import render_claim
from reasonlab.language.errors import BadInput, ParseError
from reasonlab.language.formulas import render_formula
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import boardgame, guess
from reasonlab.verifiers.readers.boardgame.attributes import decide, read_attribute
from reasonlab.verifiers.readers.boardgame.rules import read_rule
from reasonlab.verifiers.readers.framing import pieces


def game(facts, rules, question, proof="", **fields):
    text = (
        f"A few players are playing a boardgame. The current state of the game is as follows. {facts} "
        f"And the rules of the game are as follows. {rules} "
        f"Based on the game state and the rules and preferences, does {question}?"
    )
    return {"id": "test-1", "question": text, "proof": proof, **fields}


FACTS = "The newt has 90 dollars, and is named Momo. The toad has 60 dollars. The toad smiles at the newt."
RULES = (
    "Rule1: The newt will hug the crane if it (the newt) has more money than the toad. "
    "Rule2: If at least one animal winks at the crane, then the newt does not hug the crane. "
    "Rule3: Regarding the newt, if it has something to drink, then we can conclude that it does not hug the crane. "
    "Rule2 is preferred over Rule1. Rule3 is preferred over Rule1."
)
PROOF = (
    "We know the newt has 90 dollars and the toad has 60 dollars, 90 is more than 60 which is the toad's money, and "
    'according to Rule1 "if the newt has more money than the toad, then the newt hugs the crane", and for the '
    'conflicting and higher priority rule Rule2 we cannot prove the antecedent "at least one animal winks at the '
    'crane" and for Rule3 we cannot prove the antecedent "the newt has something to drink", so we can conclude "the '
    'newt hugs the crane". So the statement "the newt hugs the crane" is proved and the answer is "yes".'
)


def read(record):
    return boardgame.read(record, default_id="x")


def test_a_game():
    chain = read(game(FACTS, RULES, "the newt hug the crane", PROOF, label="proved"))
    assert [render_claim(given.claim) for given in chain.givens] == [
        "holds: 'has 90 dollars'(newt)",
        "holds: 'is named momo'(newt)",
        "holds: 'has 60 dollars'(toad)",
        "holds: 'smile at'(toad, newt)",
        "rule: Rule1: 'has more money than'(newt, toad) -> hug(newt, crane)",
        "rule: Rule2: forall X. 'wink at'(X, crane) -> ~hug(newt, crane)",
        "rule: Rule3: 'has something to drink'(newt) -> ~hug(newt, crane)",
        "prefers: Rule2 > Rule1",
        "prefers: Rule3 > Rule1",
        "rule: Known1: 'has 90 dollars'(newt) & 'has 60 dollars'(toad) -> 'has more money than'(newt, toad)",
    ]
    assert [render_claim(step.claim) for step in chain.steps] == [
        "holds: 'has 90 dollars'(newt)",
        "holds: 'has 60 dollars'(toad)",
        "90 > 60",
        "holds: 'has more money than'(newt, toad)",
        "rule: Rule1: 'has more money than'(newt, toad) -> hug(newt, crane)",
        "prefers: Rule2 > Rule1",
        "unproved: Rule2 |- exists X. 'wink at'(X, crane)",
        "prefers: Rule3 > Rule1",
        "unproved: Rule3 |- 'has something to drink'(newt)",
        "so: Rule1 |- hug(newt, crane)",
    ]
    report = verify_chain(chain)
    assert (report.outcome, {verdict.status for verdict in report.verdicts}) == ("proved", {"entailed"})
    assert max(verdict.leap for verdict in report.verdicts) == 1


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("has 90 dollars and", "has 95 dollars and", "unsupported"),
        ("90 is more than 60", "60 is more than 90", "refuted"),
        ('to Rule1 "', 'to Rule2 "', "refuted"),
        ("then the newt hugs the crane", "then the newt does not hug the crane", "refuted"),
        ("if the newt has more money", "if the crane has more money", "refuted"),
        ("rule Rule2 we", "rule Rule1 we", "unsupported"),
        ("animal winks at the crane", "animal winks at the toad", "refuted"),
        ('conclude "the newt hugs', 'conclude "the newt does not hug', "refuted"),
        ('conclude "the newt hugs', 'conclude "the toad hugs', "unsupported"),
    ],
)
def test_mutated_proofs_are_not_proved(old, new, status):
    assert PROOF.count(old) == 1
    proof = PROOF.replace(old, new)
    report = verify_chain(read(game(FACTS, RULES, "the newt hug the crane", proof, label="proved")))
    assert report.outcome == "flawed"
    assert status in {verdict.status for verdict in report.verdicts}


@pytest.mark.parametrize(
    ("facts", "rules", "label"),
    [
        (FACTS, RULES, "proved"),
        (FACTS + " The crane winks at the crane.", RULES, "disproved"),
        (FACTS + " The newt has a green tea.", RULES, "disproved"),
        (FACTS + " The newt has a knife.", RULES, "proved"),
        (FACTS.replace("60", "91"), RULES, "unknown"),
        (FACTS + " The newt has a green tea.", RULES.replace(" Rule3 is preferred over Rule1.", ""), "unknown"),
        (FACTS + " The newt has a green tea.", RULES[:-30] + "Rule1 is preferred over Rule3.", "proved"),
        (FACTS + " The newt does not hug the crane.", RULES, "disproved"),
    ],
)  # fmt: skip
def test_answers(facts, rules, label):
    for stated in ("proved", "disproved", "unknown"):
        report = verify_chain(read(game(facts, rules, "the newt hug the crane", label=stated)))
        assert (report.answer.status == "entailed") is (stated == label)


def test_what_the_tables_do_not_know_is_not_guessed():
    facts = FACTS + " The newt has a mysterious bottle."
    report = verify_chain(read(game(facts, RULES, "the newt hug the crane", label="proved")))
    assert (report.answer.status, report.outcome) == ("unknown", "unknown")
    assert "'has something to drink'(newt)" in report.answer.reason


def test_an_answer_about_another_statement():
    ending = 'So the statement "the toad hugs the crane" is proved and the answer is "yes".'
    chain = read(game(FACTS, RULES, "the newt hug the crane", ending, label="proved"))
    assert [step.reason for step in chain.steps] == ["the proof is of another statement than the question's"]
    assert verify_chain(chain).outcome == "unparsed"


def test_the_corpus_own_layout_and_nothing_to_prove():
    record = game(FACTS, RULES, "the toad hug the crane", label="unknown")
    record["example"] = record.pop("question")
    record["proof"] = (
        'The provided information is not enough to prove or disprove the statement "the toad hugs the crane".'
    )
    chain = read(record)
    assert (chain.steps, chain.answer.text, verify_chain(chain).answer.status) == ((), "unknown", "entailed")


def test_other_phrases_and_names_of_two_words():
    facts = "The sea otter juggles the hats of the crane."
    rules = (
        "Rule1: If something juggles the hats of the crane, then it tickles the black swan. "
        "Rule2: If the sea otter tickles the black swan, then the black swan does not juggle the hats of the newt."
    )
    report = verify_chain(read(game(facts, rules, "the black swan juggle the hats of the newt", label="disproved")))
    assert (report.answer.status, report.answer.leap) == ("entailed", 2)
    unsure = rules.replace("tickles the black swan, then", "tickles gently the black swan, then")
    with pytest.raises(BadInput, match="may mean the same"):
        read(game(facts, unsure, "the black swan juggle the hats of the newt"))


FRAMES = [
    ("If at least one animal hugs the newt, then the toad smiles at the crane.", "forall X. hug(X, newt) -> {}"),
    ("The toad smiles at the crane whenever at least one animal hugs the newt.", "forall X. hug(X, newt) -> {}"),
    ("If there is evidence that one animal, no matter which one, hugs the newt, then the toad smiles at the crane "
     "undoubtedly.", "forall X. hug(X, newt) -> {}"),
    ("There exists an animal which hugs the newt? Then the toad definitely smiles at the crane.",
     "forall X. hug(X, newt) -> {}"),
    ("There exists an animal which hugs the newt? Then, the toad definitely does not smile at the crane.",
     "forall X. hug(X, newt) -> ~{}"),
    ("The toad unquestionably smiles at the crane, in the case where the newt does not hug the toad.",
     "~hug(newt, toad) -> {}"),
    ('This is a basic rule: if the newt hugs the toad, then the conclusion that "the toad will not smile at the crane" '
     "follows immediately and effectively.", "hug(newt, toad) -> ~{}"),
    ("One of the rules of the game is that if the newt hugs the toad, then the toad will, without hesitation, smile at "
     "the crane.", "hug(newt, toad) -> {}"),
    ("One of the rules of the game is that if the newt hugs the toad, then the toad will never smile at the crane.",
     "hug(newt, toad) -> ~{}"),
    ("For the toad, if you have two pieces of evidence 1) the newt hugs the toad and 2) that crane does not hug the "
     "toad, then you can add toad smiles at the crane to your conclusions.",
     "hug(newt, toad) & ~hug(crane, toad) -> {}"),
    ('For the toad, if the belief is that the newt hugs the toad but the crane hugs the toad, then you can add that '
     '"the toad is not going to smile at the crane" to your conclusions.', "hug(newt, toad) & hug(crane, toad) -> ~{}"),
    ("In order to conclude that toad will never smile at the crane, two pieces of evidence are required: firstly that "
     "the newt will not hug the toad and secondly the crane should hug the toad.",
     "~hug(newt, toad) & hug(crane, toad) -> ~{}"),
    ("Here is an important piece of information about the toad: if it has a sharp object then it smiles at the crane "
     "for sure.", "'has a sharp object'(toad) -> {}"),
    ("Regarding the toad, if it has a sharp object, then we can conclude that it does not smile at the crane.",
     "'has a sharp object'(toad) -> ~{}"),
    ("The toad will not smile at the crane if it (the toad) has a sharp object.", "'has a sharp object'(toad) -> ~{}"),
    ("If the newt hugs the toad and the toad has a sharp object, then, inevitably, the toad smiles at the crane.",
     "hug(newt, toad) & 'has a sharp object'(toad) -> {}"),
    ("Are you certain that one of the animals hugs the newt and also at the same time does not hug the toad? Then you "
     "can also be certain that the same animal smiles at the crane.", "forall X. hug(X, newt) & ~hug(X, toad) -> {x}"),
    ("The living creature that does not hug the newt will smile at the crane with no doubts.",
     "forall X. ~hug(X, newt) -> {x}"),
    ("The living creature that hugs the newt will never smile at the crane.", "forall X. hug(X, newt) -> ~{x}"),
    ("From observing that one animal hugs the newt, one can conclude that it also smiles at the crane, undoubtedly.",
     "forall X. hug(X, newt) -> {x}"),
    ("From observing that an animal hugs the newt, one can conclude the following: that animal does not smile at the "
     "crane.", "forall X. hug(X, newt) -> ~{x}"),
    ("If you see that something does not hug the newt but it hugs the toad, what can you certainly conclude? You can "
     "conclude that it also smiles at the crane.", "forall X. ~hug(X, newt) & hug(X, toad) -> {x}"),
    ("Be careful when something hugs the newt and also hugs the toad because in this case it will surely not smile at "
     "the crane (this may or may not be problematic).", "forall X. hug(X, newt) & hug(X, toad) -> ~{x}"),
    ("If you are positive that you saw one of the animals hugs the newt, you can be certain that it will also smile at "
     "the crane.", "forall X. hug(X, newt) -> {x}"),
    ("If something does not hug the newt and additionally not hug the toad, then it smiles at the crane, too.",
     "forall X. ~hug(X, newt) & ~hug(X, toad) -> {x}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), FRAMES)
def test_frames(text, rule):
    meaning = rule.format("'smile at'(toad, crane)", x="'smile at'(X, crane)")
    assert render_formula(read_rule(text).rule.formula()) == meaning


@pytest.mark.parametrize(
    "text",
    [
        *("", "The toad sleeps.", "If the toad sleeps, then it snores.", "If at least one animal, then the toad hugs."),
        "If the newt hugs the toad, then the toad has a knife.",
        "Regarding the newt, if it wears a purple hat, then we can conclude that it hugs the toad.",
    ],
)
def test_other_rules_are_refused(text):
    with pytest.raises(ParseError):
        read_rule(text)
    with pytest.raises(BadInput, match=r"Rule1 is not understood|has no number"):
        read(game(FACTS, f"Rule1: {text}", "the newt hug the crane"))


KNOWLEDGE = [
    ("has a knife", "has a sharp object", True),
    ("has a knife", "has something to drink", False),
    ("has a purple hat", "has a purple hat", True),
    ("has a purple cap", "has a purple hat", None),
    ("is named momo", "has a purple hat", False),
    ("has a gizmo", "has something to drink", None),
    ("has some kale", "has a leafy green vegetable", True),
    ("is a nurse", "works in healthcare", True),
    ("is a nurse", "works in marketing", False),
    ("is a wizard", "works in marketing", None),
    ("is currently in Lyon", "is in France at the moment", True),
    ("is currently in Kenya", "is in Africa at the moment", True),
    ("is currently in Lyon", "is in Canada at the moment", False),
    ("is currently in Atlantis", "is in Canada at the moment", None),
    ("has a card that is white in color", "has a card whose color appears in the flag of Japan", True),
    ("has a card that is blue in color", "has a card whose color appears in the flag of Japan", False),
    ("has a card that is blue in color", "has a card whose color appears in the flag of Mordor", None),
    ("has a card that is green in color", "has a card with a primary color", True),
    ("has a card that is white in color", "has a card whose color is one of the rainbow colors", False),
    ("has a card that is white in color", 'has a card whose color starts with the letter "w"', True),
    ("has 3 friends that are mean and two friends that are not", "has more than four friends", True),
    ("has one friend", "has fewer than 1 friend", False),
    ("is two and a half years old", "is more than 29 months old", True),
    ("was born 2 years ago", "is less than 24 months old", False),
    ("will turn 31 days old in a few minutes", "is more than one month old", None),
    ("is 9 weeks old", "is more than 2 months old", True),
    ("is watching a movie from 1990", "is watching a movie that was released after the Berlin wall fell", True),
    ("is watching a movie from 1989", "is watching a movie that was released after the Berlin wall fell", None),
    ("is watching a movie from 1990", "is watching a movie that was released before Rome was built", None),
    ("has a football with a radius of 10 inches", "has a football that fits in a 20.5 x 30 x 21 inches box", True),
    ("has a football with a radius of 10 inches", "has a football that fits in a 19.9 x 30 x 21 inches box", False),
    ("has a basketball with a diameter of 20 inches", "has a football that fits in a 30 x 30 x 30 inches box", False),
    ("has a 10 x 8.5 inches notebook", "has a notebook that fits in a 9 x 11 inches box", True),
    ("has a 10 x 8.5 inches notebook", "has a notebook that fits in a 9 x 9.5 inches box", False),
    ("lost her keys", "does not have her keys", True),
    ("is holding her keys", "does not have her keys", False),
    ("dreamed of a luxury aircraft", "owns a luxury aircraft", False),
    ("invented a time machine", "purchased a time machine", False),
]


@pytest.mark.parametrize(("fact", "condition", "truth"), KNOWLEDGE)
def test_what_players_know(fact, condition, truth):
    fact, condition = read_attribute(fact.lower()), read_attribute(condition.lower())
    assert decide(condition, "newt", {"newt": [fact]}).truth is truth
    assert decide(condition, "newt", {"toad": [fact], "newt": []}).truth is False


def test_comparisons_of_animals():
    money = {
        name: [read_attribute(f"has {sum_} dollars")] for name, sum_ in (("newt", 90), ("toad", 60), ("crane", 40))
    }
    both = read_attribute("has more money than the toad and the crane combined")
    assert decide(read_attribute("has more money than the toad"), "newt", money).truth is True
    assert decide(both, "newt", money).truth is False
    assert decide(both, "newt", {**money, "crane": []}).truth is False
    names = {"newt": [read_attribute("is named momo")], "sea otter": [read_attribute("is named mia")]}
    alike = read_attribute("has a name whose first letter is the same as the first letter of the sea otter's name")
    assert decide(alike, "newt", names).truth is True


def test_guessing():
    (piece,) = pieces(io.BytesIO(json.dumps([game(FACTS, RULES, "the newt hug the crane", label="proved")]).encode()))
    assert guess(piece) == "boardgame"


GOOD = game(FACTS, RULES, "the newt hug the crane", PROOF, label="proved")
json_values = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=4), max_size=2)
)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["id", "question", "example", "proof", "label", "answer"]), json_values, max_size=3
    ),
    st.integers(0, len(GOOD["question"])),
    st.integers(0, len(PROOF)),
    st.text(max_size=6) | st.sampled_from(['"', " and ", ", ", "the ", "Rule1: ", "x" * 50]),
)
def test_any_record_is_a_chain_or_refused(changes, at, there, text):
    question, proof = GOOD["question"], GOOD["proof"]
    for record in (
        {**GOOD, **changes},
        {**GOOD, "question": question[:at] + text + question[at:]},
        {**GOOD, "question": question[:at] + question[at + len(text) :]},
        {**GOOD, "proof": proof[:there] + text + proof[there:]},
        {**GOOD, "proof": proof[:there] + proof[there + len(text) :]},
    ):
        with suppress(BadInput):
            chain = read(record)
            assert len(verify_chain(chain).verdicts) == len(chain.steps)


TOLD = [
    "The newt hugs the toad. By Rule1, the newt hugs the crane. So the answer is yes.",
    "1. We know the newt hugs the toad.\n"
    "2. According to Rule1, if the newt hugs the toad, then the newt hugs the crane.\n"
    '3. Therefore the newt hugs the crane.\nFinal answer: "yes"',
    "Rule1 says that if the newt hugs the toad, then the newt hugs the crane. The newt hugs the crane by Rule1.",
]


@pytest.mark.parametrize("proof", TOLD)
def test_proofs_in_other_words(proof):
    rules = "Rule1: If the newt hugs the toad, then the newt hugs the crane."
    record = game("The newt hugs the toad.", rules, "the newt hug the crane", proof, label="proved")
    assert verify_chain(read(record)).outcome == "proved"
    wrong = {**record, "proof": proof.replace("newt hugs the crane", "newt does not hug the crane")}
    found = verify_chain(read(wrong))
    assert "refuted" in {verdict.status for verdict in found.verdicts}
    strange = {**record, "proof": proof.replace("The newt hugs the crane", "The newt hugs the hen") + " The hen winks."}
    assert verify_chain(read(strange)).outcome == "unparsed"


def test_records_laid_out_otherwise():
    rules = "Rule1: If the newt hugs the toad, then the newt hugs the crane."
    record = game("The newt hugs the toad.", rules, "the newt hug the crane", label="proved")
    other = {**record, "question": record["question"].replace(". ", ".\n")}
    assert boardgame.looks_like(other)
    for label in ("yes", "Proved", "true"):
        chain = read({**other, "label": label})
        assert (chain.givens, chain.answer.text, chain.reference) == (read(record).givens, "true", None)


def test_the_answer_is_the_proofs_then_the_records_and_the_label_is_the_reference():
    rules = "Rule1: If the newt hugs the toad, then the newt hugs the crane."
    record = game("The newt hugs the toad.", rules, "the newt hug the crane", label="disproved")
    proof = "By Rule1, the newt hugs the crane. The answer is yes."
    found = verify_chain(read({**record, "proof": proof}))  # a reference overrules no proof
    assert (found.outcome, found.answer.reason) == ("proved", "the reference 'false' is wrong")
    proof = "By Rule1, the newt hugs the crane."
    assert verify_chain(read({**record, "proof": proof, "answer": "yes"})).outcome == "proved"
    assert verify_chain(read({**record, "proof": proof, "answer": "no"})).outcome == "wrong"
    assert verify_chain(read({**record, "proof": proof})).outcome == "wrong"  # the label is all there is
    chain = read({**record, "proof": "", "answer": "It does."})  # beside a label, words of its own say nothing
    assert (chain.answer.text, chain.reference) == ("false", None)


HOSTILE = [
    game(FACTS, "Rule1: " + "if the newt hugs the toad and " * 1_200, "the newt hug the crane"),
    game(FACTS, "Rule1: If the newt hugs the toad, then the newt hugs the crane. " * 550, "the newt hug the crane"),
    game("The newt has a cat, " * 1_800, RULES, "the newt hug the crane"),
    game("The newt hugs the toad. " * 1_500, RULES, "the newt hug the crane"),
    game(FACTS, RULES, "the newt " * 4_000),
    game(FACTS, RULES, "the newt hug the crane", "We know " * 4_900),
    game(FACTS, RULES, "the newt hug the crane", "We know the newt hugs, and according to Rule1 \"" * 800),
    game(FACTS, RULES, "the newt hug the crane", 'x, and according to Rule1 "' + '", so we can conclude "' * 1_700),
    game(FACTS, RULES, "the newt hug the crane", "We know " + "the newt hugs the toad and " * 1_400 + PROOF),
    game(FACTS * 100_000, RULES, "the newt hug the crane"),
    game(FACTS, RULES.replace("a", "а"), "the newt hug the crane"),  # Cyrillic
]  # fmt: skip


@pytest.mark.parametrize("record", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_records_are_answered_soon(record):
    begun = time.process_time()
    with suppress(BadInput):
        verify_chain(read(record))
    assert time.process_time() - begun < 10  # 2 s by benchmarks/fuzz.py; here what has no end is caught
