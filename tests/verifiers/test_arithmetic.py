"""What each verdict on arithmetic means, at sizes that can be checked by hand."""

from __future__ import annotations

import pytest

from reasonlab.verifiers import verify_chain

GIVENS = "a = 3 ; b = a + 1 ; c = a + b ; d = 9"  # mod 10: b = 4, c = 7


def judge(chain, givens, text, modulus=10, **fields):
    return verify_chain(chain(givens, text, modulus=modulus, **fields))


@pytest.mark.parametrize(
    ("step", "leap", "premises"),
    [
        ("a = 3", 0, ("g0",)),  # a value restated
        ("3 = a", 0, ("g0",)),
        ("c = a + b", 0, ("g2",)),  # a definition restated
        ("b = a + 1 = 3 + 1 = 4", 1, ("g0", "g1")),  # one operation with its substitutions
        ("b = 4", 1, ("g0", "g1")),
        ("c = a + b = 3 + 4 = 7", 2, ("g0", "g1", "g2")),  # b was never computed
        ("c = 7", 2, ("g0", "g1", "g2")),
        ("a + d = 2", 1, ("g0", "g3")),  # 12 mod 10
        ("c = b + a", 2, ("g0", "g1", "g2")),  # the same sum the other way round
        ("2 * 3 = 6", 1, ()),
        ("7 = 7", 0, ()),
        ("c = -3", 2, ("g0", "g1", "g2")),
    ],
)
def test_entailed(chain, step, leap, premises):
    (verdict,) = judge(chain, GIVENS, step).verdicts
    assert (verdict.status, verdict.leap, verdict.premises) == ("entailed", leap, premises)


def test_established_steps_are_premises_and_shorten_leaps(chain):
    report = judge(chain, GIVENS, "a = 3 ; b = a + 1 = 4 ; c = a + b = 3 + 4 = 7 ; c = 7 ; answer 7", value="c")
    assert [v.leap for v in report.verdicts] == [0, 1, 1, 0]
    assert [v.premises for v in report.verdicts] == [("g0",), ("g1", "s0"), ("g2", "s0", "s1"), ("s2",)]
    assert (report.outcome, report.answer.leap, report.answer.premises) == ("proved", 0, ("s2",))


@pytest.mark.parametrize(
    ("step", "witness", "reason", "premises"),
    [
        ("c = 8", "c = 7", "the link c = 8 (mod 10) fails: c is 7, not 8", ("g0", "g1", "g2")),
        ("c = a + b = 3 + 4 = 8", "c = 7", "the link 3 + 4 = 8 (mod 10) fails: 3 + 4 is 7, not 8", ()),
        (
            "c = a + b = 3 + 5 = 8",
            "c = 7",
            "the link a + b = 3 + 5 (mod 10) fails: a + b is 7, 3 + 5 is 8",
            ("g0", "g1"),
        ),
        ("c = a - b", "c = 7", "the link c = a - b (mod 10) fails: c is 7, a - b is 9", ("g0", "g1", "g2")),
        ("c = a * d", None, None, None),  # 27 is 7: true by accident
    ],
)
def test_refuted_with_the_right_value_and_the_link(chain, step, witness, reason, premises):
    (verdict,) = judge(chain, GIVENS, step).verdicts
    if witness is None:
        assert (verdict.status, verdict.leap) == ("entailed", 3)
        return
    assert (verdict.status, verdict.fault, verdict.witness, verdict.leap) == ("refuted", "fresh", witness, None)
    assert (verdict.reason, verdict.premises) == (reason, premises)


def test_faults_are_fresh_or_inherited(chain):
    steps = "a = 5 ; b = a + 1 = 5 + 1 = 6 ; c = a + b = 5 + 6 = 2 ; c = 1 ; d = 9 ; a = 3 ; b = 6"
    report = judge(chain, GIVENS, steps)
    assert [(v.status, v.fault) for v in report.verdicts] == [
        ("refuted", "fresh"),
        ("refuted", "inherited"),  # right, were a = 5
        ("refuted", "fresh"),  # 5 + 6 is 1
        ("refuted", "fresh"),  # not even what it said itself
        ("entailed", None),
        ("entailed", None),
        ("refuted", "inherited"),  # the second step says so
    ]
    assert report.first_error == 0


def test_a_corrected_value_no_longer_excuses(chain):
    report = judge(chain, "a = 3 ; b = a + 1", "a = 5 ; a = 3 ; b = 6")
    assert [(v.status, v.fault) for v in report.verdicts] == [
        ("refuted", "fresh"),
        ("entailed", None),
        ("refuted", "fresh"),
    ]


@pytest.mark.parametrize(
    ("step", "status", "witness"),
    [
        ("c = a + b", "entailed", None),
        ("c = a + b = 3 + 4 = 7", "unsupported", "a = 3, b = 0, c = 3"),
        ("b = 4", "unsupported", "a = 3, b = 0, c = 3"),
        ("c - b = 3", "entailed", None),
        ("c = b", "refuted", None),
        ("e = 0 * b = 0", "unsupported", "a = 3, b = 0, c = 3, e = 1"),
        ("0 * b = 0", "entailed", None),
        ("2 * b = 5", "refuted", None),  # never, mod 10
    ],
)
def test_without_a_given(chain, step, status, witness):
    (verdict,) = judge(chain, "a = 3 ; c = a + b", step).verdicts
    assert (verdict.status, verdict.witness) == (status, witness)


def test_an_unsupported_value_is_inherited_by_what_uses_it(chain):
    report = judge(chain, "a = 3 ; c = a + b", "b = 4 ; c = a + b = 3 + 4 = 7")
    assert [(v.status, v.fault) for v in report.verdicts] == [("unsupported", "fresh"), ("unsupported", "inherited")]


@pytest.mark.parametrize(
    ("givens", "modulus", "premises", "words"),
    [
        ("a = 3 ; b = a ; a = 4", 10, ("g0", "g2"), "a = 4"),
        ("a = 3 ; a = 13", 10, None, None),
        ("a = 1 ; b = a / 0", None, ("g0", "g1"), "b = a / 0 is undefined"),
        ("a = 5 ; b = 1 / a", 10, ("g0", "g1"), "b = 1 / a is undefined"),
        ("a = b + 1 ; b = a", 10, ("g0", "g1"), "cannot all hold"),
        ("2 * a = 1", 10, ("g0",), "cannot hold"),
        ("1 = 2", None, ("g0",), "1 = 2"),
    ],
)
def test_contradictory_givens_come_first(chain, givens, modulus, premises, words):
    report = judge(chain, givens, "x = 1 ; 1 = 1 ; answer 1", modulus, value="a")
    if premises is None:
        assert report.reason is None
        return
    assert report.outcome == "unknown"
    assert {v.status for v in report.verdicts} == {report.answer.status} == {"unknown"}
    assert f"({', '.join(premises)})" in report.reason
    assert words in report.reason


@pytest.mark.parametrize(
    ("step", "status", "reason"),
    [
        ("x = 1 / 0", "unsupported", "division by zero"),
        ("a / (a - 3) = 1", "unsupported", "division by zero"),
        ("a ^ 1001 = 1", "unknown", "exponent 1001"),
        ("9 ^ 999 * 9 ^ 999 * 9 ^ 999 * 9 ^ 999 * 9 ^ 999 * 9 ^ 999 * 9 ^ 999 * 9 ^ 999 = 1", "unknown", "20000 bits"),
    ],
)
def test_undefined_and_too_large(chain, step, status, reason):
    (verdict,) = judge(chain, "a = 3", step, None).verdicts
    assert verdict.status == status
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("3 ^ 2000 = 1", "entailed"),
        ("3 ^ 2001 = 3", "entailed"),
        ("3 ^ 2001 = 1", "refuted"),
        ("b = a ^ 2001 = 7", "refuted"),
        ("a ^ -2001 = 7", "entailed"),
        ("3 ^ " + "9" * 400 + " = 7", "entailed"),
        ("2 ^ -1 = 5", "unsupported"),  # no inverse
    ],
)
def test_powers_mod_p_have_no_limit_of_their_own(chain, step, status):
    (verdict,) = judge(chain, "a = 3 ; b = a", step, 10).verdicts
    assert verdict.status == status


def test_a_huge_exponent_without_a_modulus_is_named_briefly(chain):
    for step in ("9 ^ 9999999 = 1", "x ^ " + "9" * 400 + " = x", "x ^ -" + "9" * 400 + " = x"):
        (verdict,) = judge(chain, "a = 3", step, None).verdicts
        assert verdict.status == "unknown"
        assert len(verdict.reason) < 80


def test_no_inverse(chain):
    (verdict,) = judge(chain, "a = 3", "a / 5 = 1", 10).verdicts
    assert (verdict.status, verdict.reason) == ("unsupported", "a term is undefined: 5 has no inverse mod 10")
    assert judge(chain, "a = 3", "1 / a = 7", 10).verdicts[0].status == "entailed"


@pytest.mark.parametrize(
    ("step", "status", "leap", "witness"),
    [
        ("a < b", "entailed", 1, None),
        ("a >= 3", "entailed", 0, None),
        ("a > b", "refuted", None, "a = 3 and b = 7/2"),
        ("a != b", "entailed", 1, None),
        ("b = 3.5", "entailed", 1, None),
        ("b = 7 / 2", "entailed", 1, None),  # a ratio in lowest terms is a number, not an operation
        ("b = 14 / 4", "entailed", 2, None),
    ],
)
def test_rationals_and_comparisons(chain, step, status, leap, witness):
    (verdict,) = judge(chain, "a = 3 ; b = a + 0.5", step, None).verdicts
    assert (verdict.status, verdict.leap, verdict.witness) == (status, leap, witness)


@pytest.mark.parametrize(
    ("givens", "step", "status"),
    [
        ("a = 10", "a = 3 (mod 7)", "entailed"),
        ("a = 10 (mod 14)", "a = 3 (mod 7)", "entailed"),
        ("a = 3 (mod 7)", "a = 3 (mod 14)", "unsupported"),
        ("a = 3 (mod 7)", "a + 1 = 4 (mod 7)", "entailed"),
        ("a = 3 (mod 7)", "a = 3", "unsupported"),
        ("a = 3 (mod 7)", "a != 4", "entailed"),
        ("a = 3 (mod 7)", "a = 4", "refuted"),
        ("a = 1 (mod 2) ; a = 2 (mod 3)", "a = 5 (mod 6)", "entailed"),
    ],
)
def test_more_than_one_modulus(chain, givens, step, status):
    assert judge(chain, givens, step, None).verdicts[0].status == status


def test_a_step_repeated_adds_nothing(chain):
    report = judge(chain, GIVENS, "c = a + b = 3 + 4 = 7 ; c = a + b = 3 + 4 = 7")
    assert [(v.leap, v.premises) for v in report.verdicts] == [(2, ("g0", "g1", "g2")), (0, ("s0",))]


def test_many_definitions_in_any_order(chain):
    count = 3_000
    givens = " ; ".join([f"x{i} = x{i - 1} + 1" for i in range(count, 0, -1)] + ["x0 = 0"])
    report = judge(chain, givens, f"x{count} = {count}", None)
    assert (report.verdicts[0].status, report.verdicts[0].leap) == ("entailed", count)


@pytest.mark.parametrize("step", ["x = -23 / 6", "x = -(23 / 6)", "x = (-23) / 6"])
@pytest.mark.parametrize("answer", ["-23/6", "-(23/6)", "-23 / 6"])
def test_a_fraction_below_zero_is_a_number_however_its_sign_is_written(chain, step, answer):
    report = judge(chain, "6 * x + 23 = 0", step, None, value="x", answer=answer)
    assert (report.outcome, report.answer.leap) == ("proved", 0)
    assert judge(chain, "6 * x + 23 = 0", step, None, value="x", answer="-23/5").outcome == "wrong"


def test_a_fraction_that_is_not_in_lowest_terms_is_an_operation(chain):
    assert [judge(chain, "a = 3", f"a - 5 = {side}", None).verdicts[0].leap for side in ("-4 / 2", "-(4 / 2)")] == [
        2,
        3,
    ]
