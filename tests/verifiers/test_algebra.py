"""Equations with unknowns: what follows, what does not, and where it fails."""

from __future__ import annotations

import pytest

from reasonlab.verifiers import Limits, verify_chain

CASES = [
    # givens, step, status, leap, premises, witness
    ("2 * x + 1 = 7", "x = 3", "entailed", 1, ("g0",), None),
    ("2 * x + 1 = 7", "2 * x = 6", "entailed", 1, ("g0",), None),
    ("2 * x + 1 = 7", "2 * x + 1 = 7", "entailed", 0, ("g0",), None),
    ("2 * x + 1 = 7", "x = 4", "refuted", None, ("g0",), "x = 3"),
    ("x + y = 5 ; x - y = 1", "x = 3", "entailed", 1, ("g0", "g1"), None),
    ("x + y = 5 ; x - y = 1 ; y = z", "z = 2", "entailed", 2, ("g0", "g1", "g2"), None),
    ("x + y = 5 ; z = 1", "x = 3", "unsupported", None, (), "x = 0, y = 5"),
    ("x + y = 5", "2 * y + 2 * x = 10", "entailed", 1, ("g0",), None),
    ("", "(x + y) ^ 2 = x ^ 2 + 2 * x * y + y ^ 2", "entailed", 1, (), None),
    ("", "x ^ 2 - 1 = (x + 1) * (x - 1)", "entailed", 1, (), None),
    ("", "(x + y) ^ 2 = x ^ 2 + y ^ 2", "unsupported", None, (), None),
    ("", "x = x + 1", "refuted", None, (), None),
    ("x ^ 2 = 4 ; x > 0", "x = 2", "entailed", None, ("g0", "g1"), None),
    ("x ^ 2 = 4", "x = 2", "unsupported", None, (), "x = -2 or x = 2"),
    ("x ^ 2 = 4", "x = 3", "refuted", None, ("g0",), "x = -2 or x = 2"),
    ("x ^ 2 = 4", "x ^ 4 = 16", "entailed", None, ("g0",), None),
    ("x ^ 3 = 8", "x = 2", "entailed", None, ("g0",), None),  # the reals: one root
    ("x = 2", "x ^ 2 + 1 = 5", "entailed", 2, ("g0",), None),
    ("x + 1 = 3", "x * x = 4", "entailed", None, ("g0",), None),
    ("x > 2 ; y > x", "y > 1", "entailed", None, ("g0", "g1"), None),
    ("x > 2", "x < 1", "refuted", None, ("g0",), None),
    ("x * y = 6 ; x = 2", "y = 3", "entailed", 1, ("g0", "g1"), None),
    ("x / y = 2", "x = 2 * y", "entailed", 1, ("g0",), None),
    ("x = y", "x / y = 1", "unsupported", None, (), None),  # not where y = 0
    ("x = y ; y != 0", "x / y = 1", "entailed", None, ("g0", "g1"), None),
]


@pytest.mark.parametrize(("givens", "step", "status", "leap", "premises", "witness"), CASES)
def test_meaning(chain, givens, step, status, leap, premises, witness):
    (verdict,) = verify_chain(chain(givens, step)).verdicts
    assert (verdict.status, verdict.premises) == (status, premises)
    assert verdict.leap == leap
    if witness is not None:
        assert verdict.witness == witness
    assert (verdict.witness is not None) or status != "unsupported"


def test_solving_step_by_step(chain):
    text = "2 * x = 6 ; x = 3 ; y = 5 - x ; y = 2 ; answer 2"
    report = verify_chain(chain("2 * x + 1 = 7 ; x + y = 5", text, value="y"))
    assert [(v.status, v.leap, v.premises) for v in report.verdicts] == [
        ("entailed", 1, ("g0",)),
        ("entailed", 1, ("s0",)),  # the latest step, not the given
        ("entailed", 1, ("g1",)),
        ("entailed", 1, ("s1", "s2")),
    ]
    assert (report.outcome, report.answer.leap) == ("proved", 0)


def test_an_answer_that_is_not_derived_is_no_proof(chain):
    report = verify_chain(chain("2 * x + 1 = 7", "2 * x = 6 ; answer 3", value="x"))
    assert (report.answer.status, report.answer.leap, report.outcome) == ("entailed", 1, "flawed")


def test_an_inherited_fault(chain):
    report = verify_chain(chain("2 * x + 1 = 7 ; y = x + z ; z = w + w", "x = 4 ; y = 4 + z ; y = 5 + z"))
    assert [(v.status, v.fault) for v in report.verdicts] == [
        ("refuted", "fresh"),
        ("refuted", "inherited"),
        ("refuted", "fresh"),
    ]


@pytest.mark.parametrize(
    ("givens", "named"),
    [
        ("x + y = 1 ; z = 3 ; x + y = 2", "(g0, g2)"),
        ("x ^ 2 = 0 - 1", "(g0)"),  # no real root
        ("x > 1 ; x < 0 ; y = 2", "(g0, g1)"),
        ("x ^ 2 = 4 ; x ^ 3 = 1", "(g0, g1)"),
    ],
)
def test_contradictions_are_named(chain, givens, named):
    report = verify_chain(chain(givens, "x = 1"))
    assert report.outcome == "unknown"
    assert named in report.reason


def test_a_limit_is_named_and_is_no_verdict(chain):
    givens = " ; ".join(f"x{i} * x{i + 1} > x{i + 2} ^ 3 + {i}" for i in range(6))
    (verdict,) = verify_chain(chain(givens, "x0 * x3 ^ 2 = x5 + 1"), limits=Limits(algebra_rlimit=1_000)).verdicts
    assert verdict.status == "unknown"
    assert "1000" in verdict.reason
    (verdict,) = verify_chain(chain("x = y", "(x + y + z + w + v + 1) ^ 60 = 1")).verdicts
    assert verdict.status == "unknown"
    assert "limit" in verdict.reason
