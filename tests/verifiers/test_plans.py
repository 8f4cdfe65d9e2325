"""Plan steps are held against the definitions, not their consequences."""

from __future__ import annotations

import pytest

from reasonlab.verifiers import verify_chain


@pytest.mark.parametrize(
    ("step", "status", "premises", "words"),
    [
        ("c needs a and b", "entailed", ("g2",), None),
        ("c needs b and a", "entailed", ("g2",), None),
        ("c needs a", "refuted", ("g2",), "leaves out b"),
        ("c needs a and b and d", "refuted", ("g2",), "does not need d"),
        ("c needs a and d", "refuted", ("g2",), "leaves out b and does not need d"),
        ("a needs b", "refuted", ("g0",), "does not need b"),
        ("e needs a", "unsupported", (), "nothing defines e"),
    ],
)
def test_arithmetic(chain, step, status, premises, words):
    (verdict,) = verify_chain(chain("a = 3 ; b = a + a ; c = a + b ; d = 1", step, modulus=10)).verdicts
    assert (verdict.status, verdict.premises, verdict.reason) == (status, premises, words)
    assert verdict.leap == (0 if status == "entailed" else None)


@pytest.mark.parametrize(
    ("step", "status", "premises"),
    [
        ("ada is not cold needs ada is a fep and ada is big", "entailed", ("g1",)),
        ("ada is not cold needs ada is a fep", "refuted", ("g1",)),
        ("ada is cold needs ada is a fep and ada is big", "unsupported", ()),  # the other sign
        ("ada is a fep needs ada is a dax", "entailed", ("g0",)),
        ("ada is a fep needs ben is a dax", "refuted", ("g0",)),
        ("ada is a dax needs ada is a fep", "refuted", ("g2",)),  # a fact needs nothing
    ],
)
def test_deduction(chain, step, status, premises):
    givens = "every dax is a fep ; every fep that is big is not cold ; ada is a dax ; ada is big"
    (verdict,) = verify_chain(chain(givens, step, surface="english", nouns=["dax", "fep"])).verdicts
    assert (verdict.status, verdict.premises) == (status, premises)


def test_propositions(chain):
    report = verify_chain(chain("p -> q ; p", "q needs p ; q needs r"))
    assert [v.status for v in report.verdicts] == ["entailed", "refuted"]
