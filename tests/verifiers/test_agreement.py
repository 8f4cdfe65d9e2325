"""Answers: equal values agree however they are written, and unequal ones never."""

from __future__ import annotations

from itertools import combinations

import pytest

from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.agreement import Bare, bare

SAME = [
    ("1000", "1,000", "1000.", "1,000.00", "$1000", "$1,000", "1000 $", "€1000", r"\boxed{1000}", "$1000$", "$$1000$$",
     r"\(1000\)", r"\boxed{1,000}.", "**1000**", "1e3", "1.0E3", "+1000", "2000/2", "10^3", r"\$1000", r"\[1000\]"),
    ("4", "4.0", "4.", " 4 ", r"$\boxed{4}$", r"\boxed{\$4}"),
    ("1/2", "0.5", ".5", "0.50", r"\frac{1}{2}", r"\boxed{\frac{1}{2}}", r"\dfrac12"),
    ("-4", "−4", "- 4", "-$4", "$-4"),
    ("1 1/2", "1.5", "3/2"),
    ("50%", "50 %", "50.0%", r"50\%", r"\boxed{50\%}"),
    ("50",), ("-1 1/2", "-3/2"), ("1.000",), ("5",), ("0.333",), ("1/3",), ("1000%",),
    ("12 apples", "12 Apples."), ("12",), ("1,2", "(1,2)"), ("3 and 4",), ("34",),
    ("yes", "Yes.", "**yes**", r"\text{yes}"), ("no",), ("B", "(b)", "b)"),
]  # fmt: skip


def agrees(answer: str, reference: str) -> bool:
    report = verify_chain(chain_from_record({"steps": ["1 + 1 = 2"], "answer": answer, "reference": reference}))
    assert report.answer.status in ("agrees", "differs")
    return report.answer.status == "agrees"


@pytest.mark.parametrize("group", SAME, ids=lambda group: group[0])
def test_equal_values_agree(group):
    currency = [text for text in group if "$" in text or "€" in text]
    for answer in group:
        for reference in group:
            if not (answer in currency and reference in currency):  # of two currencies: below
                assert agrees(answer, reference), (answer, reference)


def test_unequal_values_never_agree():
    for some, others in combinations(SAME, 2):
        for answer in some:
            for reference in others:
                assert not agrees(answer, reference), (answer, reference)


def test_two_currencies_are_two_values():
    assert agrees("$4", "4 $")
    assert not agrees("$4", "€4")


@pytest.mark.parametrize("answer", ["1,006", "$1006", r"\boxed{1006}", "1006.", "**1006**"])
def test_the_value_of_a_variable_may_be_written_so(answer):
    record = {"givens": ["a = 1000", "b = a + 6"], "query": {"value": "b"}, "steps": ["b = a + 6 = 1006"]}
    assert verify_chain(chain_from_record({**record, "answer": answer})).outcome == "proved"
    assert verify_chain(chain_from_record({**record, "answer": answer.replace("6", "7")})).outcome == "wrong"
    assert verify_chain(chain_from_record({**record, "answer": "1006%"})).outcome == "unparsed"


def test_a_long_answer_is_compared_as_it_is():
    long = "7" * 2_000_000
    assert agrees(long, long)
    assert not agrees(long, f"{long}$")
    assert bare(f"${long}") == Bare(f"${long}")
