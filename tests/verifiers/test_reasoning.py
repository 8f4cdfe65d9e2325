"""Reasoning in words: what each way to put a step claims, and that no way to put it makes something false hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import prontoqa, wordings

CONTEXT = (
    "Each lurpus is a zimpus. Zimpuses are not loud. Everything that is a fep or a gorp is a lurpus. "
    "Rex is a fep. Ada is a fep or a gorp. Sam is loud. Every quimpus is loud."
)


def report(*steps: str, question: str = "Rex is not loud.", answer: str = "A"):
    record = {
        "context": CONTEXT,
        "question": f"Is the following statement true or false? {question}",
        "options": ["A) True", "B) False", "C) Unknown"],
        "answer": answer,
        "explanation": list(steps),
    }
    return verify_chain(prontoqa.read(record, default_id="x"))


def claims(*steps: str) -> list[str | None]:
    return [verdict.claim for verdict in report(*steps).verdicts]


@pytest.mark.parametrize(
    "step",
    [
        "Rex is a zimpus.",
        "So Rex is a zimpus.",
        "Therefore, Rex is a zimpus!",
        "- We know that Rex is a zimpus.",
        "3. Thus we can conclude that Rex must be a zimpus.",
        "**Step 2:** It follows that Rex is a zimpus.",
        "(4) By rule 2, Rex is a zimpus.",
        "From (2) and (3), Rex is a zimpus.",
        "According to the context, Rex is a zimpus (from premise 1 and step 2).",
        "int1: Rex is a zimpus",
        "sent1 & rule2 -> int1: Rex is a zimpus",
        "This means that Rex is a zimpus [2, 3].",
        'So, "Rex is a zimpus."',
        'The statement "Rex is a zimpus" is true.',
        "It is true that Rex is a zimpus.",
    ],
)
def test_what_leads_to_a_statement(step):
    found = report(step)
    assert [(verdict.claim, verdict.status) for verdict in found.verdicts] == [("zimpus(rex)", "entailed")]
    wrong = report(step.replace("Rex", "Sam"))
    assert [(verdict.claim, verdict.status) for verdict in wrong.verdicts] == [("zimpus(sam)", "refuted")]


@pytest.mark.parametrize(
    "step",
    [
        "Since Rex is a fep, Rex is a lurpus.",
        "Because Rex is a fep, we can conclude that Rex is a lurpus.",
        "Rex is a fep, so he is a lurpus.",
        "Rex is a fep; therefore, Rex is a lurpus.",
        "Rex is a fep, which means that Rex is a lurpus.",
        "Rex is a lurpus because he is a fep.",
        "Rex is a lurpus, since Rex is a fep.",
        "From the fact that Rex is a fep, Rex is a lurpus.",
    ],
)
def test_premises_and_conclusions_are_claimed_alike(step):
    (verdict,) = report(step).verdicts
    if "because he" in step:  # nobody is named before "he"
        assert verdict.status == "unparsed"
        return
    assert (verdict.claim, verdict.status) == ("fep(rex) & lurpus(rex)", "entailed")
    for false in ("Rex is a fep", "a lurpus"):
        (verdict,) = report(step.replace(false, "Rex is loud" if false[0] == "R" else "loud")).verdicts
        assert verdict.status == "refuted"


def test_premises_with_rules_and_commas():
    assert claims("Since Rex is a fep and everything that is a fep or a gorp is a lurpus, Rex is a lurpus.") == [
        "fep(rex) & (forall X. fep(X) | gorp(X) -> lurpus(X)) & lurpus(rex)"
    ]
    assert claims("Since Rex is a fep, a gorp, or a lurpus, Rex is a lurpus.") == [
        "(fep(rex) | gorp(rex) | lurpus(rex)) & lurpus(rex)"
    ]


CONTRADICTION = [
    "Assume Sam is a fep.",
    "Sam is a fep or a gorp.",
    "Sam is a lurpus.",
    "Sam is not loud.",
    "This contradicts with Sam is loud.",
    "Sam is not a fep.",
]


def test_proof_by_contradiction():
    found = report(*CONTRADICTION, question="Sam is not a fep.")
    assert [verdict.status for verdict in found.verdicts] == ["no_claim", *["entailed"] * 5]
    assert found.outcome == "proved"
    assert found.verdicts[4].claim == "fep(sam) -> loud(sam) & ~loud(sam)"
    # Without the contradiction nothing was shown, and what is assumed is not known.
    assert report(*CONTRADICTION[:4], question="Sam is not a fep.").outcome == "flawed"
    assert report("Assume Sam is a fep.", "Sam is a fep.", question="Sam is a fep.", answer="A").outcome == "wrong"
    # What is no contradiction refutes nothing.
    wrong = report("Assume Rex is a gorp.", "This contradicts Rex is a fep.", "Rex is not a gorp.")
    assert [verdict.status for verdict in wrong.verdicts] == ["no_claim", "unsupported", "unsupported"]


CASES = [
    "Assume Ada is a fep.",
    "Ada is a lurpus.",
    "Assume Ada is a gorp.",
    "Ada is a lurpus.",
    "Since Ada is a fep or a gorp, Ada is a lurpus.",
]


def test_proof_by_cases():
    found = report(*CASES, question="Ada is a lurpus.")
    assert [verdict.claim for verdict in found.verdicts] == [
        None,
        "fep(ada) -> lurpus(ada)",
        None,
        "gorp(ada) -> lurpus(ada)",
        "(fep(ada) | gorp(ada)) & lurpus(ada)",
    ]
    assert found.outcome == "proved"
    either = report(*CASES[:4], "In either case, Ada is a lurpus.", question="Ada is a lurpus.")
    assert (either.verdicts[-1].claim, either.outcome) == ("lurpus(ada)", "proved")
    # A case that is no case, and a conclusion that holds in one case only.
    assert report("Since Ada is a fep or loud, Ada is a fep.").verdicts[0].status == "unsupported"
    assert report(CASES[0], "Ada is a fep.", "In either case, Ada is a fep.").verdicts[-1].status == "unsupported"


def test_an_assumption_inside_another():
    steps = ("Assume Sam is a fep.", "Assume Rex is a quimpus.", "Rex is loud.")
    assert claims(*steps)[-1] == "fep(sam) & quimpus(rex) -> loud(rex)"


def test_an_assumption_that_is_not_understood():
    found = report("Assume Sam is somewhat a fep.", "Sam is a lurpus.", "This contradicts Sam is loud.", "Sam is loud.")
    assert [verdict.status for verdict in found.verdicts] == ["unparsed", "unparsed", "unparsed", "entailed"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("The answer is A.", "true"),
        ("So the correct option is: (B) False", "false"),
        ("Answer: C) Unknown", "unknown"),
        ("Therefore, the statement is False.", "false"),
        ("True", "true"),
        ('Thus the statement "Rex is not loud" is true.', "true"),
        ("It is false that Rex is not loud.", "false"),
        ("The statement is uncertain.", "unknown"),
    ],
)
def test_what_the_chain_says_is_its_answer(step, said):
    found = report("Rex is not loud.", step)
    assert found.answer.value == said
    right = said == "true"
    assert (found.answer.status == "entailed") is right
    assert found.outcome == ("proved" if right else "wrong")
    assert found.verdicts[1].status == {"true": "entailed", "false": "refuted", "unknown": "no_claim"}[said]


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("Let's think step by step.", "no_claim"),
        ("We need to determine whether Rex is loud.", "no_claim"),
        ("Here is the proof:", "no_claim"),
        ("Rex is loud:", "refuted"),
        ("Let us see that Rex is loud.", "unparsed"),
        ("Rex is loud, I think.", "unparsed"),
        ("Rex and Sam are loud.", "unparsed"),
        ("The answer is D.", "unparsed"),
        ("The answer is A) False.", "unparsed"),
        ("It is unknown that Sam is a fep.", "unparsed"),
        ("This contradicts Sam is loud.", "unparsed"),
        ("Rex is a fep and so is Sam.", "unparsed"),
    ],
)
def test_other_sentences(step, status):
    assert report(step).verdicts[0].status == status


def test_the_generators_own_layout():
    record = {
        "question": CONTEXT,
        "query": "Prove: Rex is not loud.",
        "chain_of_thought": ["Rex is a lurpus.", "Rex is a zimpus.", "Rex is not loud."],
        "answer": "True",
    }
    assert prontoqa.looks_like(record)
    assert verify_chain(prontoqa.read(record, default_id="x")).outcome == "proved"


PIECES = [
    "Rex is a fep",
    "Sam is loud",
    "so",
    "since",
    "because",
    "assume",
    "this contradicts",
    ",",
    "the answer is",
    "a)",
]
PIECES += ["the statement is", "true", "false", "in either case", "or", "and", "(from 1)", "int1:", "->", '"', "it is"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES)).map(" ".join) | st.text(max_size=20), max_size=4))
def test_any_text_gives_a_verdict_a_sentence(texts):
    found = report(*texts)
    assert len(found.verdicts) == sum(len(list(wordings.sentences(text))) for text in texts)
    assert not any(
        verdict.status == "entailed" and verdict.claim in ("loud(rex)", "fep(sam)", "~loud(sam)")
        for verdict in found.verdicts
    )
