"""Steps with their rule: rendered and read they are the same, and the usual phrases say the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.chains import surface_for
from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import Atom, Connective, Identity, Not, parse_formula, symbol_name
from reasonlab.language.justified import Justified, read_phrase
from reasonlab.language.notation import read_notation
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import verify_chain

statements = st.recursive(
    st.builds(Atom, st.sampled_from(["p", "Q"]), st.sampled_from(["a", "]|-", "b, c", "by"]).map(
        lambda name: (symbol_name(name, individual=True),)
    )) | st.just(Identity("a", "b")),
    lambda inner: inner.map(Not) | st.builds(Connective, st.sampled_from(["&", "|", "->", "<->"]), inner, inner),
    max_leaves=5,
)  # fmt: skip
steps = st.builds(
    Justified,
    st.sampled_from(["mp", "modus-ponens", "de-morgan-s-law"]),
    st.lists(st.sampled_from(["g0", "g12", "s0", "s99"]), max_size=3).map(tuple),
    st.lists(statements, max_size=2).map(tuple),
    statements,
)


@given(steps)
def test_round_trip(step):
    assert parse_claim(render_claim(step)) == step


def test_what_has_to_follow():
    p, q, r = map(parse_formula, "pqr")
    assert Justified("mp", (), (), r).statement == r
    assert Justified("mp", (), (p, q), r).statement == parse_formula("p & q -> r")


@pytest.mark.parametrize(
    ("text", "rule", "cites", "conclusion"),
    [
        ("from s1, s2 by modus ponens: Q(a)", "modus-ponens", ("s1", "s2"), "Q(a)"),
        ("From g0 and S1, by Modus Tollens: ¬P(a)", "modus-tollens", ("g0", "s1"), "~P(a)"),
        ("by De Morgan's law from g0: ¬p ∨ ¬q", "de-morgan-s-law", ("g0",), "~p | ~q"),
        (
            "p → q, by hypothetical syllogism from g0, g1, and g2",
            "hypothetical-syllogism",
            ("g0", "g1", "g2"),
            "p -> q",
        ),
        ("q by MP from s1 and s2.", "mp", ("s1", "s2"), "q"),
    ],
)
def test_phrases(text, rule, cites, conclusion):
    assert read_phrase(text, read_notation) == Justified(rule, cites, (), parse_formula(conclusion))


@pytest.mark.parametrize("text", ["q by the way", "from here to there", "q", "", "by by by", "q by mp from x1"])
def test_other_words_are_no_phrase(text):
    assert read_phrase(text, read_notation) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("by: |- q", "expected a rule"),
        ("by: mp s1 s2 |- q", "expected a rule"),
        ("by: mp s01 |- q", "expected a rule"),
        ("by: mp s1, |- q", "expected a rule"),
        ("by: mp s1 |-", "expected a predicate, found the end"),
        ("by: mp s1 [] |- q", "expected a predicate, found ']'"),
        ("by: mp s1 [p |- q", "found '-'"),
        ("by: mp s1 | q", "expected '-'"),
        ("by: mp s1 |- q |- r", "expected"),
        ("by: mp s1 |- q(X)", "bound by no quantifier"),
    ],
)
def test_refused(text, reason):
    with pytest.raises(ParseError, match=re.escape(reason)):
        parse_claim(text)


def test_the_logic_surface():
    record = {
        "surface": "logic",
        "givens": ["∀x (Drinks(x) → Dependent(x))", "Drinks(Rina)"],
        "query": {"truth": "∃x Dependent(x)"},
        "text": "from g0 by universal instantiation: Drinks(Rina) ⇒ Dependent(Rina) ;"
        "by: mp s0, g1 |- Dependent('Rina') ;"
        "from s1 by existential generalisation: exists x. Dependent(x) ; answer true",
    }
    chain = chain_from_record(record)
    assert [render_claim(given.claim) for given in chain.givens] == [
        "forall X. Drinks(X) -> Dependent(X)",
        "Drinks('Rina')",
    ]
    report = verify_chain(chain)
    assert (report.outcome, [verdict.leap for verdict in report.verdicts]) == ("proved", [1, 1, 1])
    surface = surface_for("logic")
    for step in (*chain.givens, *chain.steps):
        assert surface.parse(surface.render(step.claim)) == step.claim
    with pytest.raises(ValueError, match="no statement of logic"):
        surface.render(parse_claim("a = 3"))
    (unread,) = chain_from_record({"surface": "logic", "steps": ["P(x)"]}).steps
    assert (unread.claim, unread.reason) == (None, "the variable x is bound by no quantifier (at character 2)")
