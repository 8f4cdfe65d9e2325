"""GSM8K's layout, on solutions written by hand."""

from __future__ import annotations

import pytest

from reasonlab.language.claims import render_claim
from reasonlab.language.errors import BadInput
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import gsm8k

PEARS = {
    "question": "Kim has 4 bags of 6 pears and gives a third away. How many are left, at $.50 each?",
    "answer": "She has 4*6=<<4*6=24>>24 pears.\nShe gives 24/3=<<24/3=8>>8 away, so 24-8=<<24-8=16>>16 stay.\n"
    "That is good.\nThey cost 16*.50=$<<16*.50=8>>8.00\n#### 8",
}


def read(answer, question=None, **fields):
    return gsm8k.read({"answer": answer, **({"question": question} if question else {}), **fields}, default_id="t:1")


def test_a_solution():
    chain = gsm8k.read(PEARS, default_id="t:1")
    assert [render_claim(step.claim) if step.claim else None for step in chain.steps] == [
        "4 * 6 = 24",
        "24 / 3 = 8",
        "24 - 8 = 16",
        None,
        "16 * 0.5 = 8",
    ]
    report = verify_chain(chain)
    assert [v.status for v in report.verdicts] == ["entailed", "entailed", "entailed", "no_claim", "entailed"]
    assert [v.premises for v in report.verdicts] == [(), ("s0",), ("s0", "s1"), (), ("s2",)]
    assert (report.outcome, report.answer.status) == ("consistent", "agrees")  # prose is never proved


@pytest.mark.parametrize(
    ("text", "claims", "true"),
    [
        ("48/2=24", ["48 / 2 = 24"], True),
        ("48/2=25", ["48 / 2 = 25"], False),
        ("$1,200 x 5%=60", ["1200 * (5 / 100) = 60"], True),
        (".5*3=1.5", ["0.5 * 3 = 1.5"], True),
        ("5.*3=15", ["5 * 3 = 15"], True),
        ("2(3+1)=8.00", ["2 * (3 + 1) = 8"], True),
        ("[2+1]*3=9", ["(2 + 1) * 3 = 9"], True),
        ("1 1/2*4=6", ["(1 + 1 / 2) * 4 = 6"], True),
        ("+5=5", ["5 = 5"], True),
        ("10÷4×2=5", ["10 / 4 * 2 = 5"], True),
        ("10/3=3.33", ["near: 10 / 3 = 3.33 within 0.005"], True),
        ("10/3=3.34", ["10 / 3 = 3.34"], False),
        ("10/3=3", ["10 / 3 = 3"], False),  # a whole number is exact
        ("1+1=2=6/3", ["1 + 1 = 2 = 6 / 3"], True),
        ("14 hours=15 hours", ["14 = 15"], False),  # an annotation names nothing, it states
        ("1/0=5", ["1 / 0 = 5"], None),
        ("x+1=2", ["suppose: x + 1 = 2"], "said"),
    ],
)
def test_annotations(text, claims, true):
    assert [render_claim(claim) for claim in gsm8k.read_equation(text)] == claims
    statuses = {verdict.status for verdict in verify_chain(read(f"so <<{text}>>\n#### 1")).verdicts}
    assert statuses == {{True: "entailed", False: "refuted", None: "unsupported", "said": "no_claim"}[true]}


@pytest.mark.parametrize("text", ["five apples=5", "12", "=", "3==", "1/=2", "", "7//2=3", "((1+2)=3", "1=2=", "√4=2"])
def test_annotations_that_are_not_read_say_so(text):
    (step,) = read(f"so <<{text}>>").steps
    assert step.claim is None
    assert step.reason.startswith(f"<<{text}>>")


def test_what_a_line_says_beside_its_annotations():
    claims = [
        render_claim(step.claim)
        for step in read("So 2 + 2 = <<2+2=4>>4 and that is 5*2 = 11, and 2 + 2 = 4 * 1 = <<4*1=4>>4.").steps
        if step.claim
    ]
    assert claims == ["2 + 2 = 4", "5 * 2 = 11", "2 + 2 = 4 * 1 = 4", "4 * 1 = 4"]


def test_an_annotation_that_differs_from_its_line():
    report = verify_chain(read("They cost 6*2.5 = $<<6*3=18>>18."))
    assert [(v.claim, v.status) for v in report.verdicts] == [("6 * 2.5 = 18", "refuted"), ("6 * 3 = 18", "entailed")]


def test_equations_without_annotations():
    chain = read("So 2 + 2 = 5.\nFine.\nThen 7 + √(2) = 9.\n#### $1,234")
    assert [v.status for v in verify_chain(chain).verdicts] == ["refuted", "no_claim", "unparsed"]
    assert chain.answer.text == "1234"


def test_unknowns():
    question = "A pen and a book that costs 3 times as much make $20. What does the pen cost?"
    chain = read("Let x be the pen.\nx + 3x = 20\n4x = 20\nx = 20/4 = <<20/4=5>>5\n#### 5", question)
    report = verify_chain(chain)
    assert [v.status for v in report.verdicts] == ["no_claim", "no_claim", "entailed", "entailed", "entailed"]
    assert report.outcome == "consistent"


def test_a_number_from_nowhere():
    report = verify_chain(read("She pays 4*7=<<4*7=28>>28.\n#### 28", PEARS["question"]))
    assert (report.outcome, report.first_error) == ("flawed", 0)
    assert report.verdicts[0].reason.startswith("7 comes from nowhere")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ([], "a JSON object"),
        ({}, "the solution as a string"),
        ({"answer": 5}, "the solution as a string"),
        ({"answer": "1", "question": 5}, "the problem as a string"),
        ({"answer": "x" * 300_000}, "at most 200000"),
    ],
)
def test_bad_records(record, expected):
    with pytest.raises(BadInput, match=expected):
        gsm8k.read(record, default_id="t:1")


def test_latex_in_a_solution():
    text = "She has $4\\times 6=24$ pears.\n\\[\\frac{24}{3}=8\\]\nThey cost \\(16\\cdot 0.5=9\\)."
    report = verify_chain(read(text, "Kim has 4 bags of 6 pears and gives a third away; 16 are left, at $.50 each."))
    assert [v.claim for v in report.verdicts] == ["4 * 6 = 24", "24 / 3 = 8", "16 * 0.5 = 9"]
    assert report.first_error == 2
