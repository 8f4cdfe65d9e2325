"""Rewriting steps: the cases by hand, the oracle's grid, premises, faults, and what is said of bad ones."""

import random
from fractions import Fraction
from itertools import product

import pytest

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.rewriting import Rewriting

KEEPS = {
    "x ^ 2 = 4 => x = 2 or x = -2": None,
    "2 * x + 1 = 7 => 2 * x = 6 => x = 3": 2,
    "x = x => true": None,
    "x ^ 2 = -1 => false": None,
    "x ^ 2 = 2 => false (over rationals)": None,
    "2 * x = 5 => false (over integers)": None,
    "x ^ 2 < 10 => x < 4 and x > -4 (over integers)": None,
    "x * y = 0 => x = 0 or y = 0": None,
    "x * y = 1 => x = 1 / y": None,
    "x + y = 3 and x - y = 1 => x = 2 and y = 1": None,
    "x + y = 3 and x - y = 1 => x = 2 and y = 1 (over complex)": None,
    "x ^ 4 = 1 => x ^ 2 = 1 or x ^ 2 = -1 (over complex)": None,
    "3 * x = 6 (mod 10) => x = 2 (mod 10)": 1,
    "x = 3 => x = 3": 0,
}
CHANGES = {
    "x ^ 2 = 4 => x = 2": "loses x = -2",
    "x = 2 => x ^ 2 = 4": "gains x = -2",
    "x * (x - 1) = 0 => x - 1 = 0": "loses x = 0",
    "-2 * x < 4 => x < -2": "loses x > -2 and gains x < -2",
    "1 / x < 1 => 1 < x": "loses x < 0",
    "(x ^ 2 - 1) / (x - 1) = 2 => x + 1 = 2": "gains x = 1",
    "x ^ 2 = -1 => false (over complex)": "loses x ^ 2 + 1 = 0",
    "x ^ 3 = 1 => x = 1 (over complex)": "loses x ^ 2 + x + 1 = 0",
    "x ^ 2 < 10 => x < 4 (over integers)": "gains x <= -4",
    "x ^ 2 = 2 => x = 1 (over rationals)": "gains x = 1",
    "3 * x = 6 (mod 9) => x = 2 (mod 9)": "loses x = 5",
    "true => x = 1 or x != 1 => x != 1": "loses x = 1",
}


def judged(text):
    return Rewriting([], None, Meter()).judge(parse_claim(f"rewrite: {text}"))


@pytest.mark.parametrize(("text", "leap"), KEEPS.items())
def test_the_solutions_are_kept(text, leap):
    found = judged(text)
    assert (found.status, found.leap) == ("entailed", leap)


@pytest.mark.parametrize(("text", "change"), CHANGES.items())
def test_what_is_lost_and_gained_is_said(text, change):
    found = judged(text)
    assert (found.status, found.witness) == ("refuted", change)


def test_the_step_at_fault_is_named():
    found = judged("x ^ 2 = 4 => x = 2 => 2 * x = 4")
    assert found.witness == "loses x = -2"
    assert found.reason == "the step x^2 = 4 => x = 2 loses x = -2"


@pytest.mark.parametrize(
    "text",
    [
        "x < 1 => x < 2 (over complex)",
        "x = 1 (mod 5) => x = 1 (mod 5) (over rationals)",
        "x * y = 1 => x = 1 / y (over integers)",
    ],
)
def test_what_is_outside_the_methods_is_unknown(text):
    assert judged(text).status == "unknown"


def test_a_term_without_a_value():
    assert judged("x = 1 / 0 => x = 2").reason.startswith("a term is undefined")


@pytest.mark.parametrize("text", ["x = 1", "x = 1 => ", "=> x = 1", "x = 1 => x = 1 (over cats)", "p & q => p"])
def test_what_is_no_rewriting(text):
    with pytest.raises(ParseError):
        parse_claim(f"rewrite: {text}")


@pytest.mark.parametrize("text", [*KEEPS, *CHANGES])
def test_a_rewriting_reads_back(text):
    claim = parse_claim(f"rewrite: {text}")
    assert parse_claim(render_claim(claim)) == claim


def chain(steps, givens=(), query=None, answer=None):
    record = {"id": "c", "givens": list(givens), "steps": list(steps)}
    return verify_chain(chain_from_record(record | ({"query": query, "answer": answer} if query else {})))


def test_a_stage_reached_from_a_given_is_stated_from_then_on():
    report = chain(
        ["rewrite: 2 * x + 1 = 7 => 2 * x = 6", "rewrite: 2 * x = 6 => x = 3", "x = 3"],
        ["2 * x + 1 = 7"], {"value": "x"}, "3",
    )  # fmt: skip
    assert report.outcome == "proved"
    assert [verdict.premises for verdict in report.verdicts] == [("g0",), ("s0",), ("s1",)]
    assert [verdict.leap for verdict in report.verdicts] == [1, 1, 0]


def test_a_step_that_loses_a_solution_is_refuted_and_what_rests_on_it_inherits():
    report = chain(
        ["rewrite: x ^ 2 = x => x = 1", "rewrite: x = 1 => x ^ 2 = x"],
        ["x ^ 2 = x"],
    )  # fmt: skip
    assert [(verdict.status, verdict.fault) for verdict in report.verdicts] == [
        ("refuted", "fresh"),
        ("refuted", "inherited"),
    ]
    assert report.verdicts[0].witness == "loses x = 0"


def test_a_given_rewriting_that_does_not_hold_is_a_contradiction():
    assert chain(["rewrite: x = 1 => x = 1"], ["rewrite: x ^ 2 = 4 => x = 2"]).outcome == "unknown"


GRID = [Fraction(n, 2) for n in range(-12, 13)]


def factored(rng, roots, name):
    return (
        " * ".join(f"({name} - {root})".replace("- -", "+ ") for root in roots)
        + f" {rng.choice(['=', '<', '<=', '!='])} 0"
    )


def holds(text, x):
    left, operator, _ = text.rsplit(" ", 2)
    value = eval(left, {"x": x})
    return {"=": value == 0, "<": value < 0, "<=": value <= 0, "!=": value != 0}[operator]


@pytest.mark.parametrize("seed", range(60))
def test_as_a_grid_of_points_says(seed):
    """All roots are integers, so a change of the solutions shows at an integer or halfway between two."""
    rng = random.Random(seed)
    stages = [
        " or ".join(
            factored(rng, [rng.randint(-4, 4) for _ in range(rng.randint(1, 3))], "x") for _ in range(rng.randint(1, 2))
        )
        for _ in range(2)
    ]
    if rng.random() < 0.3:
        stages[1] = stages[0]
    domain, points = rng.choice([("reals", GRID), ("integers", [x for x in GRID if x.denominator == 1])])
    here, there = ({x for x in points if any(holds(part, x) for part in stage.split(" or "))} for stage in stages)
    found = judged(f"{stages[0]} => {stages[1]} (over {domain})")
    assert found.status == ("entailed" if here == there else "refuted"), (stages, found)
    assert ("loses" in (found.witness or "")) == bool(here - there)
    assert ("gains" in (found.witness or "")) == bool(there - here)


@pytest.mark.parametrize("seed", range(40))
def test_two_unknowns_as_a_grid_says(seed):
    rng = random.Random(seed)
    roots = [rng.randint(-1, 1) for _ in range(2)]
    other = rng.choice([roots, [rng.randint(-1, 1) for _ in range(2)]])
    here = f"(x - {roots[0]}) * (y - {roots[1]}) = 0"
    joined = rng.choice(["or", "and"])
    there = f"x = {other[0]} {joined} y = {other[1]}"
    points = list(product(range(-2, 3), repeat=2))
    first = {(x, y) for x, y in points if (x - roots[0]) * (y - roots[1]) == 0}
    combine = any if joined == "or" else all
    second = {(x, y) for x, y in points if combine((x == other[0], y == other[1]))}
    found = judged(f"{here} => {there}".replace("- -", "+ "))
    assert found.status == ("entailed" if first == second else "refuted"), (here, there, found)
