"""Facts, rules and more: what each verdict means, at sizes that can be checked by hand."""

from __future__ import annotations

import pytest

from reasonlab.verifiers import Limits, verify_chain

GIVENS = (
    "every dax is a fep ; every fep that is big is not cold ; ada is a dax ; ada is big ; ben is a fep ; ben is cold"
)
NOUNS = ["dax", "fep"]


@pytest.fixture
def judge(chain):
    def make(text, givens=GIVENS, **fields):
        return verify_chain(chain(givens, text, surface="english", nouns=NOUNS, **fields))

    return make


@pytest.mark.parametrize(
    ("step", "status", "leap", "premises"),
    [
        ("ada is a dax", "entailed", 0, ("g2",)),
        ("every dax is a fep", "entailed", 0, ("g0",)),
        ("daxes are feps", "entailed", 0, ("g0",)),
        ("everything that is big and that is a fep is not cold", "entailed", 0, ("g1",)),
        ("ada is a fep", "entailed", 1, ("g0", "g2")),
        ("ada is not cold", "entailed", 2, ("g0", "g1", "g2", "g3")),
        ("every dax that is big is not cold", "entailed", 2, ("g0", "g1")),
        ("every dax that is big is a fep", "entailed", 1, ("g0",)),
        ("ada is cold", "refuted", None, ("g0", "g1", "g2", "g3")),
        ("ben is big", "refuted", None, ("g1", "g4", "g5")),  # by contraposition
        ("ben is not big", "entailed", 1, ("g1", "g4", "g5")),
        ("ben is a dax", "unsupported", None, ()),
        ("ben is not a dax", "unsupported", None, ()),
        ("every fep is a dax", "unsupported", None, ()),  # backwards
        ("every fep is not cold", "refuted", None, ("g4", "g5")),  # ben
        ("zoe is a dax", "unsupported", None, ()),
    ],
)
def test_meaning(judge, step, status, leap, premises):
    (verdict,) = judge(step).verdicts
    assert (verdict.status, verdict.leap, verdict.premises) == (status, leap, premises)


def test_steps_become_premises(judge):
    report = judge(
        "ada is a dax. every dax is a fep. ada is a fep. ada is big. ada is not cold. answer false", truth="ada is cold"
    )
    assert [v.premises for v in report.verdicts] == [("g2",), ("g0",), ("s0", "s1"), ("g3",), ("g1", "s2", "s3")]
    assert [v.leap for v in report.verdicts] == [0, 0, 1, 0, 1]
    assert (report.outcome, report.answer.status, report.answer.premises) == ("proved", "entailed", ("s4",))


def test_a_derived_rule_shortens_leaps(judge):
    report = judge("every dax that is big is not cold. ada is not cold")
    assert [(v.leap, v.premises) for v in report.verdicts] == [(2, ("g0", "g1")), (1, ("g2", "g3", "s0"))]


def test_a_counter_model_in_words(judge):
    (verdict,) = judge("ben is a dax").verdicts
    assert verdict.witness == "~dax(ben), cold(ben), fep(ben)"
    (verdict,) = judge("every fep is a dax").verdicts
    assert verdict.witness.startswith("~dax(someone0), fep(someone0)")
    (verdict,) = judge("every fep is not cold").verdicts
    assert verdict.witness == "fep(ben) and cold(ben)"


def test_faults(judge):
    report = judge("ben is a dax. ben is big. ben is not cold. ada is cold. every fep is a dax. ben is a dax")
    assert [(v.status, v.fault) for v in report.verdicts] == [
        ("unsupported", "fresh"),
        ("refuted", "fresh"),
        ("refuted", "inherited"),  # were ben big
        ("refuted", "fresh"),
        ("unsupported", "fresh"),
        ("unsupported", "inherited"),
    ]


@pytest.mark.parametrize(
    ("answer", "status", "leap", "outcome"),
    [("true", "refuted", None, "wrong"), ("false", "entailed", 2, "flawed"), ("unknown", "refuted", None, "wrong")],
)
def test_bare_answers(judge, answer, status, leap, outcome):
    report = judge(f"answer {answer}", truth="ada is cold")
    assert (report.answer.status, report.answer.leap, report.outcome) == (status, leap, outcome)


def test_unknown_is_an_answer_but_no_proof(judge):
    report = judge("ada is a dax. answer unknown", truth="ben is a dax")
    assert (report.answer.status, report.answer.leap, report.outcome) == ("entailed", None, "consistent")


@pytest.mark.parametrize(
    ("givens", "named"),
    [
        ("ada is big ; every dax is a fep ; ada is not big", "(g0, g2)"),
        ("ada is a dax ; every dax is big ; every dax is not big", "(g0, g1, g2)"),
        (
            "everything that is not big is cold ; everything that is not big is not cold ; every dax is not big ;"
            "ada is a dax",
            "(g0, g1, g2, g3)",
        ),
        ("everything that is big is not big ; everything that is not big is big", "(g0, g1)"),
    ],
)
def test_contradictory_givens(judge, givens, named):
    report = judge("ada is a dax. answer true", givens, truth="ada is big")
    assert report.outcome == "unknown"
    assert {v.status for v in report.verdicts} == {"unknown"}
    assert named in report.reason


FORMAL = [
    ("p | q ; ~p", "q", "entailed", ("g0", "g1")),
    ("p -> q ; ~q", "~p", "entailed", ("g0", "g1")),
    ("p -> q", "q -> p", "unsupported", ()),
    ("p -> q", "~q -> ~p", "entailed", ("g0",)),
    ("p <-> q ; q", "p", "entailed", ("g0", "g1")),
    ("p & q", "q", "entailed", ("g0",)),
    ("p -> q & r ; p", "r", "entailed", ("g0", "g1")),
    ("p | q -> r ; q", "r", "entailed", ("g0", "g1")),
    ("~(p & q) ; p", "q", "refuted", ("g0", "g1")),
    ("", "p | ~p", "entailed", ()),
    ("", "p & ~p", "refuted", ()),
    ("forall X. dax(X)", "dax(ada)", "entailed", ("g0",)),
    ("forall X. dax(X)", "exists X. dax(X)", "entailed", ("g0",)),
    ("exists X. dax(X)", "dax(ada)", "unsupported", ()),
    ("exists X. dax(X) ; forall X. dax(X) -> fep(X)", "exists X. fep(X)", "entailed", ("g0", "g1")),
    ("forall X. forall Y. knows(X, Y) -> knows(Y, X) ; knows(ada, ben)", "knows(ben, ada)", "entailed", ("g0", "g1")),
    ("forall X. forall Y. knows(X, Y) -> knows(Y, X) ; knows(ada, ben)", "knows(ada, ada)", "unsupported", ()),
    ("forall X. exists Y. knows(X, Y)", "exists Y. forall X. knows(X, Y)", "unsupported", ()),
    ("exists Y. forall X. knows(X, Y)", "forall X. exists Y. knows(X, Y)", "entailed", ("g0",)),
]


@pytest.mark.parametrize(("givens", "step", "status", "premises"), FORMAL)
def test_beyond_horn(chain, givens, step, status, premises):
    (verdict,) = verify_chain(chain(givens, step)).verdicts
    assert (verdict.status, verdict.premises) == (status, premises)
    assert (verdict.witness is not None) or status != "unsupported"


def test_limits_are_named(chain):
    hard = chain(
        "forall X. exists Y. r(X, Y) & ~r(Y, X) ; forall X. forall Y. forall Z. r(X, Y) & r(Y, Z) -> r(X, Z)", "p"
    )
    report = verify_chain(hard, limits=Limits(rlimit=20_000))  # true in infinite worlds only
    assert report.outcome == "unknown"
    assert "20000" in report.reason
    many = " ; ".join(f"p(a{i})" for i in range(300)) + " ; forall X. forall Y. p(X) & p(Y) -> q(X, Y)"
    report = verify_chain(chain(many, "q(a0, a1)"), limits=Limits(instances=1_000))
    assert report.verdicts[0].status == "unknown"


def test_the_solver_is_accounted_for(chain):
    assert verify_chain(chain("p -> q ; p", "q")).solver.questions == 0
    assert verify_chain(chain("p -> q ; ~q", "~p")).solver.rlimit > 0
