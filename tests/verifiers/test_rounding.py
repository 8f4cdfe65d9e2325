"""Rounded arithmetic: what the intervals of written numbers allow, and nothing else."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest

from reasonlab.language.rounding import Rounded
from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.intervals import Interval, written
from reasonlab.verifiers.rounding import judge


@pytest.fixture(scope="module")
def oracle(load_by_path):
    return load_by_path(Path(__file__).with_name("rounding_oracle.py"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("0.85 - 0.26 = 0.59", "entailed"),
        ("0.85 - 0.26 = 0.60", "entailed"),  # 0.8549 - 0.2551 and 0.5951 would do; so do the ends
        ("0.85 - 0.26 = 0.61", "refuted"),
        ("1 / 3 = 0.33", "entailed"),
        ("1 / 3 = 0.34", "refuted"),
        ("2 + 2 = 4", "entailed"),
        ("2 + 2 = 5", "refuted"),
        ("2 = 2.0", "entailed"),
        ("0.125 = 0.13", "entailed"),  # half up
        ("0.125 = 0.12", "entailed"),  # half to even
        ("1 / 8 = 0.12 ", "entailed"),
        ("0.40 / 0.40 = 1.02", "entailed"),  # the two 0.40 are two quantities
        ("0.40 / 0.40 = 1.04", "refuted"),
        ("0.25 = 0.3 = 0.35", "refuted"),  # each link may hold, but not with the same 0.3
        ("(-0.1)^2 = 0.00", "entailed"),
        ("(0.0)^2 = -0.01", "refuted"),  # a square is never negative, although its base may be
        ("0.5 = 0.6", "refuted"),  # 0.55 is rounded to one of them, whatever the rule
        ("-0.5 = -0.6", "refuted"),
        ("1 - 0.5 = 0.6", "entailed"),  # half up: 1 - 0.45 = 0.55
        ("0.1 > 0", "entailed"),
        ("0.0 > 0", "entailed"),  # it may be 0.04
        ("0 > 0", "refuted"),
        ("0.5 < 0.4", "refuted"),  # 0.45 at least, and 0.45 at most
        ("0.5 <= 0.4", "entailed"),
        ("3 != 3", "refuted"),
        ("3 != 3.0", "entailed"),
        ("1 / 0.0 = 7", "unsupported"),
        ("1 / 0 = 7", "unsupported"),
        ("0.0^-1 = 7", "unsupported"),
        ("0.5 / (0.3 - 0.3) = 7", "unsupported"),
    ],
)
def test_a_relation_by_itself(body, status):
    assert judge(Rounded.read(body)).status == status


def test_the_witness_is_the_range_of_the_left_side():
    judged = judge(Rounded.read("0.85 - 0.26 = 0.61"))
    assert judged.witness == "0.85 - 0.26 is between 0.58 and 0.6"
    assert judged.reason.endswith("0.61 is between 0.605 and 0.615")


def test_a_divisor_that_may_be_zero_is_named():
    assert "the divisor is between -0.05 and 0.05" in judge(Rounded.read("1 / 0.0 = 7")).reason
    assert judge(Rounded.read("1 / 0 = 7")).reason == "1 / 0 is undefined: the divisor is 0"


def test_leap_premise_and_fault(chain):
    report = verify_chain(
        chain(
            "rounded: 1 / 3 = 0.33",
            "rounded: 1 / 3 = 0.33; rounded: 0.5 * 0.5 + 0.1 = 0.35; rounded: 0.5 * 0.5 + 0.1 = 0.35;"
            "rounded: 0.5 = -0.5; rounded: 0.5 = -0.5",
        )
    )
    assert [verdict.leap for verdict in report.verdicts] == [0, 2, 0, None, None]
    assert [verdict.premises for verdict in report.verdicts] == [("g0",), (), ("s1",), (), ()]
    assert [verdict.fault for verdict in report.verdicts] == [None, None, None, "fresh", "inherited"]


@pytest.mark.parametrize("given", ["rounded: 1 = 2", "rounded: 1 / 0 = 2"])
def test_a_false_given_is_a_contradiction(chain, given):
    report = verify_chain(chain(given, "rounded: 2 + 2 = 4"))
    assert report.outcome == "unknown"
    assert "the givens contradict each other (g0)" in report.reason


def test_limits_are_named(chain):
    text = "rounded: 9^1001 = 1; rounded: (((9^999)^999)^999) = 1"
    report = verify_chain(chain("", text))
    assert [verdict.status for verdict in report.verdicts] == ["unknown", "unknown"]
    assert all("limit" in verdict.reason or "bits" in verdict.reason for verdict in report.verdicts)
    assert verify_chain(chain("rounded: 9^1001 = 1", "rounded: 1 = 1")).outcome == "unknown"


@pytest.mark.parametrize(
    ("number", "low", "high"),
    [("0.40", "0.395", "0.405"), ("0.4", "0.35", "0.45"), ("7", "7", "7"), ("7.0", "6.95", "7.05")],
)
def test_what_a_number_stands_for(number, low, high):
    assert written(number) == Interval(Fraction(low), Fraction(high))


def random_number(rng):
    places = rng.choice([0, 0, 1, 1, 2])
    return f"{rng.randrange(0, 4 * 10**places) / 10**places:.{places}f}"


def random_side(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return random_number(rng)
    kind = rng.random()
    if kind < 0.12:
        return f"({random_side(rng, depth - 1)})^{rng.choice([2, 3, -1])}"
    if kind < 0.2:
        return f"(-{random_side(rng, depth - 1)})"
    return f"({random_side(rng, depth - 1)} {rng.choice('+-*//')} {random_side(rng, depth - 1)})"


def random_relation(rng):
    if rng.random() < 0.2:
        sign = rng.choice(["<", "<=", ">", ">=", "!="])
        return Rounded.read(f"{random_side(rng, 1)} {sign} {random_side(rng, 1)}")
    sides = [random_side(rng, 2), *(random_number(rng) for _ in range(rng.choice([1, 1, 2])))]
    return Rounded.read(" = ".join(sides))


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_solver_of_real_numbers(oracle, seed):
    rng = random.Random(seed)
    seen = {}
    for _ in range(250):
        claim = random_relation(rng)
        status = judge(claim).status
        assert status == oracle.judge(claim), claim.body()
        seen[status] = seen.get(status, 0) + 1
    assert min(seen.get(status, 0) for status in ("entailed", "refuted", "unsupported")) >= 5
