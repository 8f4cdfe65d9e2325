"""Names that a chain gives itself: definitions hold, suppositions are granted while something is unknown, no more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain

WHOLE = {"givens": ["r = (3 + 4) - (5 * 2)"], "query": {"value": "r"}}


def verdicts(*steps, **fields):
    return verify_chain(chain_from_record({"steps": list(steps), **fields})).verdicts


def statuses(*steps, **fields):
    return [verdict.status for verdict in verdicts(*steps, **fields)]


@pytest.mark.parametrize(
    "text",
    [
        "let: A = 3 + 4",
        "let: A = 3 + 4 & B = 5 * 2 & x = A - B = -3",
        "suppose: x + 3 * x = 80",
        "suppose: x < 5",
        "suppose: a = b = 2",
        "near: 10 / 3 = 3.33 within 0.005",
        "near: x - 2 = -(1 / 3) within 1",
    ],
)
def test_round_trip(text):
    assert render_claim(parse_claim(text)) == text


@pytest.mark.parametrize(
    "text",
    ["let: A", "let: A = 3 &", "let: A < 3", "suppose: x", "suppose: 1 < 2 < 3", "near: 1 = 2", "near: 1 = 2 within x",
     "near: 1 = 2 within -1", "let:", "suppose: " + "(" * 500],
)  # fmt: skip
def test_outside_the_grammar(text):
    with pytest.raises(ParseError):
        parse_claim(text)


def test_a_plan_its_parts_and_the_whole():
    report = verify_chain(
        chain_from_record(
            {
                **WHOLE,
                "steps": [
                    "let: A = 3 + 4 & B = 5 * 2 & r = A - B",
                    "let: A = 3 + 4 = 7",
                    "let: B = 5 * 2 = 10",
                    "r = A - B = 7 - 10 = -3",
                ],
                "answer": "-3",
            }
        )
    )
    assert report.outcome == "proved"
    assert [verdict.premises for verdict in report.verdicts] == [("g0",), ("s0",), ("s0",), ("s0", "s1", "s2")]
    assert [verdict.leap for verdict in report.verdicts][:3] == [0, 1, 1]  # a plan restates what is given


def test_a_plan_of_something_else_is_refuted_and_its_parts_stand():
    found = verdicts("let: A = 3 + 4 & B = 5 * 2 & r = A + B", "let: A = 3 + 4 = 7", "r = A + B = 17", **WHOLE)
    assert [verdict.status for verdict in found] == ["refuted", "entailed", "refuted"]
    assert "r is -3" in found[0].reason


def test_a_mistake_in_a_part_is_inherited_by_the_whole():
    found = verdicts(
        "let: A = 3 + 4 & B = 5 * 2 & r = A - B", "let: B = 5 * 2 = 11", "r = A - B = 7 - 11 = -4", "r = -5", **WHOLE
    )
    assert [(verdict.status, verdict.fault) for verdict in found] == [
        ("entailed", None),
        ("refuted", "fresh"),
        ("refuted", "inherited"),
        ("refuted", "fresh"),
    ]


def test_a_name_that_nothing_defines():
    (found,) = verdicts("let: A = 3 + 4 & r = A - D", **WHOLE)
    assert found.status == "unsupported"


def test_a_name_is_defined_once():
    assert statuses("let: A = 3", "let: A = 3", "let: A = 4", "let: B = A + 1 = 4", "let: B = 5") == [
        "entailed",
        "entailed",
        "refuted",
        "entailed",
        "refuted",
    ]


def test_a_definition_does_not_touch_what_is_given():
    assert statuses("let: r = 5", "let: q = r", **WHOLE) == ["refuted", "entailed"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["suppose: x + 3*x = 8", "suppose: 4*x = 8", "suppose: x = 2", "suppose: x = 3"], "no yes yes false"),
        (["suppose: x + y = 7", "suppose: x - y = 1", "suppose: x = 4", "suppose: y = 3", "suppose: y = 4"],
         "no no yes yes false"),
        (["suppose: x^2 = 4", "suppose: x = 2"], "no open"),  # one unknown has one supposition; -2 is lost
        (["suppose: x = 3 * 5 = 15", "suppose: x + 1 = 16", "x * 2 = 30"], "yes yes yes"),
        (["suppose: 3 * 5 = 15 = x", "suppose: x = 15"], "yes yes"),
        (["suppose: x = 3 * 5 = 16"], "false"),
        (["suppose: (x + 1)^2 = x^2 + 2*x + 1"], "yes"),
        (["suppose: x + 2*x = 3*x = 12", "suppose: x = 4"], "no yes"),
        (["suppose: 3*x = 200", "suppose: x = 66.67", "suppose: x = 66.68", "near: x = 67 within 0.5"],
         "no yes false yes"),
        (["suppose: x > 3", "suppose: x > 2", "suppose: x < 1"], "no yes false"),
        (["suppose: 1 / 0 = q"], "open"),
    ],
)  # fmt: skip
def test_suppositions(steps, expected):
    words = {"no": "no_claim", "yes": "entailed", "false": "refuted", "open": "unsupported"}
    assert statuses(*steps) == [words[word] for word in expected.split()]


@pytest.mark.parametrize(
    "query", [{"value": "y"}, {"truth": "y = 5"}, {"choice": {"A": "y = 5", "B": "y = 6"}}, {"fill": "y = _"}]
)
@pytest.mark.parametrize("step", ["let: y = 5", "suppose: y = 5", "suppose: x + y = 8", "let: z = 5 & y = z"])
def test_a_chain_cannot_answer_by_defining_what_is_asked(query, step):
    answer = {"value": "5", "truth": "true", "choice": "A", "fill": "5"}[next(iter(query))]
    record = {"givens": ["x = 3"], "query": query, "steps": [step], "answer": answer}
    assert verify_chain(chain_from_record(record)).outcome != "proved"


def test_nothing_is_supposed_where_the_problem_is_formal():
    record = {"givens": ["x + y = 7"], "query": {"value": "x"}, "steps": ["suppose: y = 3", "x = 4"], "answer": "4"}
    report = verify_chain(chain_from_record(record))
    assert [verdict.status for verdict in report.verdicts] == ["unsupported", "unsupported"]


def test_suppositions_alone_prove_nothing():
    report = verify_chain(chain_from_record({"steps": ["suppose: x = y + 1"], "answer": "5", "reference": "5"}))
    assert report.outcome == "unparsed"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("near: 10 / 3 = 3.33 within 0.005", "entailed"),
        ("near: 10 / 3 = 3.34 within 0.005", "refuted"),
        ("near: 1 / 0 = 1 within 1", "unsupported"),
        ("near: 2 = 2 within 0", "entailed"),
    ],
)
def test_near(text, status):
    assert statuses(text) == [status]


def test_names_are_bounded():
    many = [f"let: a{i} = {i}" for i in range(250)]
    found = statuses(*many)
    assert found[:200] == ["entailed"] * 200
    assert found[-1] == "unknown"


@given(st.integers(-50, 50), st.integers(1, 9), st.integers(-50, 50))
def test_solving_step_by_step_is_entailed_and_a_slip_is_not(x, a, b):
    steps = [f"suppose: {a} * x + {b} = {a * x + b}", f"suppose: {a} * x = {a * x}", f"suppose: x = {x}"]
    assert statuses(*steps)[-1] == "entailed"
    assert statuses(*steps[:2], f"suppose: x = {x + 1}")[-1] == "refuted"


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("x = 3 * 5 = 15", "x = 7 * 2 = 14", "unsupported"),  # of another thing, or a mistake
        ("x = 3 * 5 = 15", "x = 7 * 2", "unsupported"),
        ("x = 3 * 5 = 15", "x = 7 * 2 = 15", "refuted"),
        ("x = 3 * 5 = 15", "x = 14", "refuted"),
        ("x + 5 = 7", "x = 3 + 4", "refuted"),  # what solves an equation is that one x
        ("x = 3 * 5 = 15", "x = 5 * 3 = 15", "entailed"),
    ],
)
def test_a_name_that_is_defined_again(first, second, status):
    assert verdicts(f"suppose: {first}", f"suppose: {second}")[1].status == status
