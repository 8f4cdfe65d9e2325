"""Readers of logic: small records of each format, written by hand."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.claims import render_claim
from reasonlab.language.errors import BadInput
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import folio, guess, prontoqa, proofwriter, read_chains
from reasonlab.verifiers.readers.framing import pieces


def read(record, format):
    (chain,) = read_chains(io.BytesIO(json.dumps(record).encode()), format, name="file")
    return chain


THEORY = {
    "id": "pond_1",
    "context": "The newt is shy. The newt chases the elk. The elk does not chase Gus. If someone is shy and they chase "
    "the elk then they are calm. Calm things are not tall. If something is tall then it visits the newt.",
    "question": "Based on the above information, is the following statement true, false, or unknown? {}",
    "options": ["A) True", "B) False", "C) Unknown"],
}


@pytest.mark.parametrize(
    ("statement", "right"),
    [
        ("The newt is calm.", "A"),
        ("The newt is tall.", "B"),
        ("The newt is not calm.", "B"),
        ("The elk is calm.", "C"),
        ("Gus is not tall.", "C"),
        ("The elk does not chase Gus.", "A"),
        ("The newt does not visit the newt.", "C"),  # a rule does not work backwards
    ],
)
def test_proofwriter(statement, right):
    for label in "ABC":
        record = {**THEORY, "question": THEORY["question"].format(statement), "answer": label}
        report = verify_chain(read(record, "proofwriter"))
        assert report.id == "pond_1"
        assert (report.answer.status == "entailed") is (label == right)
        given = statement == "The elk does not chase Gus."  # it is there, and nothing is to be derived
        assert report.outcome == (("proved" if given else "flawed") if label == right else "wrong")


def test_proofwriter_with_an_explanation():
    record = {
        **THEORY,
        "question": "? The newt is tall.",
        "answer": "B",
        "explanation": ["The newt is calm.", "Newts!"],
    }
    chain = proofwriter.read(record, default_id="x")
    assert [render_claim(step.claim) if step.claim else step.reason for step in chain.steps] == [
        "calm(newt)",
        "expected somebody and what is said of them, found 'Newts' (at character 0)",
    ]
    report = verify_chain(chain)
    assert (report.verdicts[0].status, report.verdicts[0].leap, report.outcome) == ("entailed", 1, "unparsed")


STORY = {
    "story_id": 4,
    "example_id": 11,
    "premises": ["Whoever drinks tea is awake.", "Rina drinks tea or sleeps, not both.", "Rina is not Tom's mother."],
    "premises-FOL": ["∀x (DrinksTea(x) → Awake(x))", "DrinksTea(rina) ⊕ Sleeps(rina)", "mother(tom) ≠ rina"],
    "conclusion": "Rina is awake or sleeps.",
}


@pytest.mark.parametrize(
    ("conclusion", "label", "status"),
    [
        ("Awake(rina) ∨ Sleeps(rina)", "True", "entailed"),
        ("Awake(rina) ∨ Sleeps(rina)", "False", "refuted"),
        ("rina = mother(tom)", "False", "entailed"),
        ("Awake(rina)", "Uncertain", "entailed"),
        ("Awake(rina)", "Unknown", "entailed"),
        ("Awake(rina)", "True", "unsupported"),
        ("Awake(rina, tom)", "True", "unparsed"),
    ],
)
def test_folio(conclusion, label, status):
    chain = read({**STORY, "conclusion-FOL": conclusion, "label": label}, "folio")
    assert (chain.id, chain.givens[0].text) == ("4-11", "Whoever drinks tea is awake.")
    report = verify_chain(chain)
    assert report.answer.status == status
    outcomes = {"entailed": "flawed", "refuted": "wrong", "unsupported": "wrong", "unparsed": "unparsed"}
    assert report.outcome == outcomes[status]  # no label is reasoning, and none agrees with itself


def test_folio_premises_as_lines():
    lines = {field: "\n".join(STORY[field]) for field in ("premises", "premises-FOL")}
    record = {**STORY, **lines, "conclusion-FOL": "Awake(tom)", "label": "Uncertain"}
    assert read(record, "folio") == read({**record, **STORY}, "folio")


def test_folio_fields_in_other_spellings():
    record = {**STORY, "conclusion-FOL": "Awake(tom)", "label": "uncertain"}
    other = {name.replace("-FOL", "_fol"): value for name, value in record.items()}
    assert folio.looks_like(other)
    assert read(other, "folio") == read(record, "folio")


def test_a_premise_that_is_not_understood_leaves_open_what_it_might_say():
    formulas = [*STORY["premises-FOL"], "Awake(rina"]
    for label in ("True", "False", "Unknown"):
        record = {**STORY, "premises-FOL": formulas, "conclusion-FOL": "Awake(rina)", "label": label}
        answer = verify_chain(read(record, "folio")).answer
        assert answer.status == "unknown"
        assert answer.reason.startswith("given 3 was not understood")


def test_folio_premises_of_any_length_are_refused():
    with pytest.raises(BadInput, match="premises of 250100 characters; expected at most 250000"):
        folio.read({**STORY, "premises-FOL": ["Awake(tom)"] * 25_010}, default_id="long")


@pytest.mark.parametrize("reader", [proofwriter, prontoqa])
def test_prose_of_any_length_is_refused(reader):
    """A context of 10 MB took 20 seconds to read."""
    record = {
        "id": "long",
        "context": "Rex is calm. " * 20_000,
        "question": "true or false? Rex is calm.",
        "answer": "A",
    }
    with pytest.raises(BadInput, match="'context' has 260000 characters; expected at most 250000"):
        reader.read(record, default_id="long")
    sentences = ["Rex is calm."] * 30_000
    with pytest.raises(BadInput, match="'explanation' has 360000 characters; expected at most 250000"):
        reader.read({**record, "context": "Rex is calm.", "explanation": sentences}, default_id="long")


def test_folio_says_what_is_ill_formed():
    formulas = ["∀x (DrinksTea(x) → Awake(x)))", "Sleeps(y)", ""]
    chain = read({**STORY, "premises-FOL": formulas, "conclusion-FOL": "Awake(rina", "label": "True"}, "folio")
    assert [step.reason for step in (*chain.givens, *chain.steps)] == [
        "ill-formed: this closing bracket was never opened (at character 28)",
        "ill-formed: the variable y is bound by no quantifier (at character 7)",
        "ill-formed: expected a statement, found the end (at character 0)",
        "ill-formed: this bracket is never closed (at character 5)",
    ]
    report = verify_chain(chain)
    assert (report.outcome, report.answer.status) == ("unparsed", "unchecked")
    unasked = verify_chain(read({**STORY, "label": "True"}, "folio"))
    assert (unasked.outcome, unasked.verdicts[0].reason) == ("unparsed", "the conclusion has no formula")


def test_folio_contradictory_premises_are_named():
    formulas = [*STORY["premises-FOL"], "∀x ∀y (Larger(x, y) ↔ ¬Larger(y, x))"]
    report = verify_chain(read({**STORY, "premises-FOL": formulas, "conclusion-FOL": "p", "label": "True"}, "folio"))
    assert report.outcome == "unknown"
    assert report.reason.startswith("the givens contradict each other (g3)")


@pytest.mark.parametrize(
    ("record", "format"),
    [({**THEORY, "answer": "A"}, "proofwriter"), ({**STORY, "label": "True"}, "folio")],
)
def test_guessing(record, format):
    (piece,) = pieces(io.BytesIO(json.dumps([record]).encode()))
    assert guess(piece) == format


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [*THEORY, *STORY, "answer", "label", "conclusion-FOL", "explanation"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([THEORY, STORY, {}]), st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4))
def test_any_record_is_a_chain_or_refused(record, changes):
    for reader in (proofwriter.read, folio.read):
        try:
            chain = reader({**record, **changes}, default_id="x")
        except BadInput:
            continue
        assert chain.id
        assert len(verify_chain(chain).verdicts) == len(chain.steps)
