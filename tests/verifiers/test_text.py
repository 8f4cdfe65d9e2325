"""Free-form solutions: plain and LaTeX, with every way to state the answer; hostile records get a verdict, too."""

from __future__ import annotations

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.chains import Chain
from reasonlab.language.errors import BadInput
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import Unreadable, guess, read_chains, text
from reasonlab.verifiers.readers.framing import Piece
from reasonlab.verifiers.readers.solutions import final_answer, plain_answer, sentences

PEARS = "Kim has 4 bags of 6 pears and eats 3. How many are left?"


def report(solution, problem=PEARS, **fields):
    return verify_chain(text.read({"problem": problem, "solution": solution, **fields}, default_id="t:1"))


@pytest.mark.parametrize(
    "solution",
    [
        "There are 4 * 6 = 24 pears. She eats 3, so 24 - 3 = 21 are left. The answer is 21.",
        "There are $4 \\times 6 = 24$ pears.\nThen \\[24-3=21.\\]\nThe answer is $\\boxed{21}$.",
        "1. **Pears:** 4 × 6 = 24\n2. Left: 24 − 3 = 21 pears\n\n#### 21",
        "\\begin{align*}4 \\cdot 6 - 3 &= 24 - 3 \\\\ &= 21\\end{align*} Final answer: \\boxed{21}",
        "Step 1: 4 bags * 6 pears/bag = 24 pears\nStep 2: 24 pears - 3 pears = 21 pears\n**Answer:** 21 pears",
    ],
)
def test_a_right_solution_is_consistent(solution):
    found = report(solution, answer="21")
    assert found.outcome == "consistent"  # and never proved
    assert {v.status for v in found.verdicts} <= {"entailed", "no_claim"}
    assert (found.answer.value, found.answer.status) == ("21", "agrees")


def test_a_wrong_solution():
    found = report("There are 4 * 6 = 26 pears. She eats 3, so 26 - 3 = 23 are left. The answer is 23.", answer=21)
    assert [(v.status, v.fault) for v in found.verdicts] == [
        ("refuted", "fresh"),
        ("unsupported", "inherited"),
        ("no_claim", None),
    ]
    assert (found.outcome, found.first_error, found.answer.status) == ("wrong", 0, "differs")


def test_what_was_not_understood_says_what():
    found = report("The root is √(144) = 12. She is happy. So 4 * 6 = 24.")
    assert [v.status for v in found.verdicts] == ["unparsed", "no_claim", "entailed"]
    assert "√(144" in found.verdicts[0].reason
    assert found.outcome == "unparsed"


def test_equations_of_the_problem_are_given():
    problem = "If $x^2 - 5x + 6 = 0$, what is the sum of the roots?"
    found = report("We factor: $(x-2)(x-3) = 0$, so $x = 2$ or $x = 3$. The sum is $2 + 3 = \\boxed{5}$.", problem)
    assert [v.status for v in found.verdicts] == ["entailed"] * 3
    assert found.outcome == "consistent"
    found = report("So $x = 1$ or $x = 4$.", problem)
    assert [v.status for v in found.verdicts] == ["refuted"]
    found = report("So $x = 2$.", problem)
    assert [v.status for v in found.verdicts] == ["unsupported"]  # 3 is lost


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        ("So it is 5.\n#### 5", "5"),
        ("#### Step 1\nIt is 5.", None),
        ("It is \\boxed{\\frac{1}{2}} m.", "\\frac{1}{2}"),
        ("The answer is 5. That is all.", "5"),
        ("The final answer is: $1,234.50", "$1,234.50"),
        ("Answer: **7**", "7"),
        ("First the answer is 3.\nNo, the answer is 4.", "4"),
        ("Final Answer: The final answer is $31$. I hope it is correct.", "$31$"),
        ("The answer is x = 5", "x = 5"),
        ("Nothing here.", None),
    ],
)
def test_final_answers(solution, answer):
    assert final_answer(solution) == answer


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("$1,234.50", "1234.5"),
        ("24 clips", "24"),
        ("50%", "50"),
        ("\\frac{3}{4}", "3 / 4"),
        ("-7.", "-7"),
        ("Tuesday", "Tuesday"),
        ("(B)", "(B)"),
        ("x + 1", "x + 1"),
        ("$x^2$", "x^2"),
        ("**12**", "12"),
        ("x = 5", "5"),
    ],
)
def test_plain_answers(written, compared):
    assert plain_answer(written) == compared


def test_sentences():
    assert sentences("One. Two is 3.5 m long! - Three\n  * four\n5) five\nx = 1\n= 2") == [
        "One.",
        "Two is 3.5 m long!",
        "- Three",
        "four",
        "five",
        "x = 1 = 2",
    ]
    assert sentences("Speed = 60 / 1.5\nSpeed = 40\nTotal = 8\nTotal = 9\nx = .8 + . 84") == [
        "Speed = 60 / 1.5 = 40",
        "Total = 8",
        "Total = 9",
        "x = .8 + . 84",
    ]


@pytest.mark.parametrize(
    ("record", "answer", "reference"),
    [
        ({"question": PEARS, "answer": "4 * 6 = 24. The answer is 24."}, "24", None),
        ({"prompt": PEARS, "completion": "The answer is 24", "answer": "so 24\n#### 24"}, "24", "24"),
        ({"problem": PEARS, "response": "\\boxed{24}", "target": 24.0}, "24", "24"),
        ({"problem": PEARS, "solution": ["4 * 6 = 24", "The answer is 24"], "gold": "$24"}, "24", "24"),
    ],
)
def test_fields(record, answer, reference):
    chain = text.read(record, default_id="t:1")
    assert (chain.answer.text, chain.reference) == (answer, reference)
    assert chain.problem == PEARS
    assert guess(Piece(1, json.dumps(record).encode())) == (
        "gsm8k" if "####" in record.get("answer", "") and "question" in record else "text"
    )


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (5, "a JSON object"),
        ({"problem": "x"}, "a solution in one of"),
        ({"problem": "x", "solution": 5}, "a solution in one of"),
        ({"problem": "x", "solution": [1]}, "a solution in one of"),
        ({"problem": "x" * 300_000, "solution": "y"}, "at most 200000"),
        ({"problem": "x", "solution": "1 = 1\n" * 5_000}, "a shorter one"),
    ],
)
def test_bad_records(record, expected):
    with pytest.raises(BadInput, match=expected):
        text.read(record, default_id="t:1")


HOSTILE = [
    "9**9**9**9 = 1",
    "2^(9^9) = x, 9^999999 = 1, 10^400 * 10^400 = 1",
    "1" + "0" * 5_000 + " = 1",
    "(" * 20_000,
    "x = y = z = " * 1_000,
    "x + y = 1\n" * 1_500,
    "a*b*c*d*e = 1\nb*c*d*e*f = 2\nc*d*e*f*g = 3\na^9 + b^9 = c^9\n" * 20,
    "1 = 1 " * 10_000,
    "\0\x01\x02 1 + 1 = 2 \uffff",
    "١ + ١ = ٢; 𝟏 + 𝟏 = 𝟐; 1 ＋ 1 ＝ 2; і = 1",
    "NaN = NaN, Infinity = 1, nan + inf = 0",
    "\\frac{" * 5_000 + "1}{2}",
    "$" * 20_000,
    "<<1=1>>" * 2_000,
    "1/0 = 0/0",
    "#### " * 5_000,
    "the answer is " * 5_000,
    "x^2 = 2\n" + "".join(f"x = {i}\n" for i in range(500)),
    "ｆｏｏ‮ = 5 \U000e0001",
]


@pytest.mark.parametrize("solution", HOSTILE)
@pytest.mark.parametrize("format", ["text", "gsm8k"])
def test_hostile_solutions(format, solution):
    record = {"question": solution[:50_000], "problem": solution[:50_000], "answer": solution}
    begin = time.process_time()
    (item,) = read_chains(io.BytesIO(json.dumps(record).encode() + b"\n"), format)
    if isinstance(item, Chain):
        assert len(verify_chain(item).verdicts) == len(item.steps)
    assert time.process_time() - begin < 10  # 2 s by benchmarks/fuzz.py; here what has no end is caught


def test_a_long_line_is_refused_in_one_line():
    begin = time.process_time()
    data = json.dumps({"problem": "p", "solution": "1 + 1 = 2. " * 1_000_000}).encode()
    (item,) = read_chains(io.BytesIO(data), "text")
    assert isinstance(item, Unreadable)
    assert "over" in item.reason or "at most" in item.reason
    assert time.process_time() - begin < 10  # 2 s by benchmarks/fuzz.py; here what has no end is caught


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")), st.text(max_size=100))
def test_any_solution_gets_a_verdict(solution, problem):
    found = report(solution, problem)
    assert found.outcome in ("consistent", "flawed", "wrong", "unknown", "unparsed")


CRANES = "Kim folds 3 cranes of 5 sheets and 7 hats of 2 sheets. How many sheets is that?"


@pytest.mark.parametrize(
    ("solution", "statuses"),
    [
        (
            "Let x be the sheets of the cranes. x = 3 * 5 = 15. Let x be the sheets of the hats. x = 7 * 2 = 14."
            " So 15 + 14 = 29.",
            ["entailed"] * 3,
        ),
        ("Let x be the sheets. x = 3 * 5 = 15. Let x be the sheets. x = 14.", ["entailed", "refuted"]),
        ("Let x be 5 sheets, so x = 5; let x be 2 sheets, so x = 2.", ["entailed", "entailed"]),
        ("x = 3 * 5 = 15. Of the hats x = 7 * 2 = 14.", ["entailed", "unsupported"]),
    ],
)
def test_a_name_introduced_anew_is_another_one(solution, statuses):
    found = report(solution, problem=CRANES)
    assert [v.status for v in found.verdicts] == statuses


def test_a_name_of_the_problem_is_not_introduced_anew():
    solution = "Let x be the number. Let x be the answer. x = 5."
    assert report(solution, problem="If x + 5 = 7, what is x?").verdicts[-1].status == "refuted"


@pytest.mark.parametrize(
    ("sentence", "statuses"),
    [
        ("4 + 4 is 9.", ["refuted"]),
        ("4 plus 4 equals 9.", ["refuted"]),
        ("4 plus 4 makes 8.", ["entailed"]),
        ("20% of 50 is 11.", ["refuted"]),
        ("12 divided by 4 is 4.", ["refuted"]),
        ("4 ＋ 4 ＝ 9", ["refuted"]),
        ("𝟒 + 4 ﹦ 9", ["refuted"]),
        ("٤ + ٤ = ٨", ["entailed"]),
        ("4 pears + 4 pears are 8 pears.", ["entailed"]),
        ("4 + 4 is 2 more than 6.", ["no_claim"]),
        ("4 + 4 is not 9.", ["no_claim"]),
        ("Pages 4-5 is 20 minutes.", ["no_claim"]),
        ("3/4 is 12 pears.", ["no_claim"]),
        ("Her age is 5.", ["no_claim"]),
        ("Pears + plums is 9.", ["no_claim"]),
    ],
)
def test_what_is_said_to_be(sentence, statuses):
    problem = "Of 50 pears 20% go, 4 and 4 of the 12 stay, and so on."
    assert [v.status for v in report(sentence, problem=problem).verdicts] == statuses
