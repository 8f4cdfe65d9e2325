"""Grounding: what a text states, what everybody knows, and a number from nowhere."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.common_knowledge import conversion, known_numbers, unit, words_of
from reasonlab.verifiers.quantities import numbers_stated


def verdicts(problem, *steps):
    return verify_chain(chain_from_record({"problem": problem, "steps": list(steps)})).verdicts


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Twenty-five of one hundred and fifty", "25 150"),
        ("three thousand two hundred and seven", "3207"),
        ("a hundred", "100"),
        ("1,200 or 5 650 000 or .5", "1200 5650000 1/2"),
        ("half of it", "1/2 2 1"),
        ("two-thirds, a quarter", "2/3 2 3 1/4 4"),
        ("one and a half, 2 1/2, 1½, two and half", "3/2 5/2"),
        ("3/4", "3/4 3 4"),
        ("20% or five percent", "20 1/5 5 1/20"),
        ("25% off", "25 1/4 4"),
        ("$1.25 and 50 cents", "5/4 125 50 1/2"),
        ("3 dozen, two dozen", "36 24 12 3 2"),
        ("twice, thrice, doubled, triple", "2 3"),
        ("5k, 2.5 million", "5000 2500000"),
        ("the 4th, the fifth", "4 5"),
        ("a 10-year-old", "10"),
        ("threefold", "3"),
    ],
)
def test_what_a_text_states(text, numbers):
    assert {Fraction(number) for number in numbers.split()} <= set(numbers_stated(text))


@pytest.mark.parametrize(
    ("text", "number"),
    [("20% off", "80"), ("20% off", "4/5"), ("two boys and three girls", "5"), ("5 weeks", "7"), ("no number", "0")],
)
def test_what_has_to_be_worked_out_is_not_stated(text, number):
    assert Fraction(number) not in numbers_stated(text)


def test_common_knowledge_needs_its_word():
    assert Fraction(7) in known_numbers(words_of("every week"))
    assert Fraction(7) not in known_numbers(words_of("every egg"))
    assert Fraction(12) in known_numbers(words_of("5 feet tall, in inches"))
    assert Fraction(12) not in known_numbers(words_of("5 feet tall"))
    assert Fraction(1) in known_numbers(frozenset())


def test_units():
    assert (unit("feet"), unit("hrs"), unit("kg"), unit("Pears")) == ("foot", "hour", "kilogram", "pear")
    assert conversion("hour", "minute") == 60
    assert conversion("ounce", "pound") == Fraction(1, 16)
    assert conversion("pear", "apple") is None


EGGS = "Kim has 4 boxes of 6 eggs and uses a third of them."


def test_a_number_from_nowhere_is_named():
    (verdict,) = verdicts(EGGS, "4 * 7 = 28")
    assert (verdict.status, verdict.fault) == ("unsupported", "fresh")
    assert verdict.reason == "7 comes from nowhere: neither the problem nor an earlier step states it"


def test_results_ground_later_steps_and_are_their_premises():
    found = verdicts(EGGS, "4 * 6 = 24", "24 / 3 = 8", "24 - 8 = 16")
    assert [verdict.status for verdict in found] == ["entailed"] * 3
    assert [verdict.premises for verdict in found] == [(), ("s0",), ("s0", "s1")]


def test_a_number_of_a_bad_step_is_inherited():
    found = verdicts(EGGS, "4 * 6 = 25", "25 - 6 = 19", "19 * 4 = 76", "13 * 2 = 26")
    assert [(verdict.status, verdict.fault) for verdict in found] == [
        ("refuted", "fresh"),
        ("unsupported", "inherited"),
        ("unsupported", "inherited"),
        ("unsupported", "fresh"),
    ]
    assert found[1].premises == ("s0",)


def test_a_result_cannot_ground_itself():
    assert [verdict.status for verdict in verdicts(EGGS, "24 = 24 * 1", "24 = 24", "24 * 1 = 24 = 4 * 6")] == [
        "unsupported",
        "unsupported",
        "entailed",
    ]


def test_one_side_that_is_grounded_is_enough():
    (verdict,) = verdicts(EGGS, "24 = 6 * 4 = 12 * 2")
    assert verdict.status == "entailed"
    (verdict,) = verdicts(EGGS, "11 * 13 = 143 = 143")
    assert verdict.status == "unsupported"


def test_numbers_of_suppositions_have_a_source_and_what_follows_needs_none():
    found = verdicts(
        "A number and its triple make 20.", "suppose: x + 3 * x = 20", "suppose: 4 * x = 20", "suppose: x = 5"
    )
    assert [verdict.status for verdict in found] == ["no_claim", "entailed", "entailed"]
    found = verdicts("A number and its triple make 20.", "suppose: 5 * x = 20", "suppose: x = 4")
    assert [(verdict.status, verdict.fault) for verdict in found] == [
        ("unsupported", "fresh"),
        ("unsupported", "inherited"),
    ]


def test_a_step_that_was_not_understood_may_state_a_number():
    found = verdicts(EGGS, "there are 9 hens", "9 * 4 = 36")
    assert [verdict.status for verdict in found] == ["unparsed", "entailed"]


def test_without_a_problem_nothing_is_asked():
    (verdict,) = verify_chain(chain_from_record({"steps": ["7 * 13 = 91"]})).verdicts
    assert verdict.status == "entailed"


@given(st.text(max_size=300) | st.text("0123456789,./% $½-thirdswohunea ", max_size=200))
def test_any_text_states_numbers(text):
    assert all(isinstance(number, Fraction) for number in numbers_stated(text))
    words_of(text)


@given(st.integers(0, 10**12))
def test_numbers_in_words(number):
    assert Fraction(number) in numbers_stated(in_words(number))


def in_words(number):
    """The slow twin: a number as it is said."""
    ones = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    ones += "sixteen seventeen eighteen nineteen".split()
    tens = "x x twenty thirty forty fifty sixty seventy eighty ninety".split()
    for name, size in (
        ("trillion", 10**12),
        ("billion", 10**9),
        ("million", 10**6),
        ("thousand", 1000),
        ("hundred", 100),
    ):
        if number >= size:
            rest = number % size
            return f"{in_words(number // size)} {name}" + (f" {in_words(rest)}" if rest else "")
    if number < 20:
        return ones[number]
    return tens[number // 10] + (f"-{ones[number % 10]}" if number % 10 else "")


@pytest.mark.parametrize(
    "text", ["1 " * 50_000, "one hundred " * 20_000, "1/" * 50_000, "9" * 100_000, "½" * 100_000, "twenty-" * 30_000]
)
def test_hostile_texts(text):
    begin = time.process_time()
    numbers_stated(text)
    words_of(text)
    assert time.process_time() - begin < 10  # 2 s by benchmarks/fuzz.py; here what has no end is caught
