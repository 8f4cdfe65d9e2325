"""The usual notations: what each reads as, what is refused and why, and that the strict language is one of them."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.errors import ParseError
from reasonlab.language.formulas import (
    Apply,
    Atom,
    Connective,
    Identity,
    Not,
    Quantified,
    parse_formula,
    render_formula,
    symbol_name,
)
from reasonlab.language.notation import read_notation, render_notation

READ = [
    # one formula, as many ways as there are to write it
    *(
        (text, "forall X. man(X) -> mortal(X)")
        for text in (
            "∀x (man(x) → mortal(x))",
            "∀x. man(x) → mortal(x)",
            "∀x: man(x) ⇒ mortal(x)",
            "(∀x)(man(x) ⊃ mortal(x))",
            "∀x man(x) → mortal(x)",
            "forall x. man(x) -> mortal(x)",
            "for all x (man(x) => mortal(x))",
            "all x (man(x) implies mortal(x))",
            "FORALL x (man(x) IMPLIES mortal(x))",
            "![X]: (man(X) => mortal(X))",
            "\\forall x (man(x) \\to mortal(x))",
            "\\forall x. man(x) \\rightarrow mortal(x)",
            "forall X. man(X) -> mortal(X).",
            "∀x, man(x) → mortal(x)",
            "for every x, man(x) implies mortal(x)",
            "∀x {man(x) → mortal(x)}",
            "$\\forall x\\, \\left(man(x) \\to mortal(x)\\right)$",
            "fof(rule, axiom, ![X]: (man(X) => mortal(X))).",
        )
    ),
    *(
        (text, "exists X. ~p(X) & q(X)")
        for text in (
            "∃x (¬p(x) ∧ q(x))",
            "exists x (not p(x) and q(x))",
            "there exists x. ~p(x) & q(x)",
            "some x [-p(x) && q(x)]",
            "there exists x such that ∼p(x) and q(x)",
            "?[X]: (!p(X) /\\ q(X))",
            "\\exists x (\\neg p(x) \\land q(x))",
        )
    ),
    # precedence, from the tightest: ~ & xor | -> <->
    ("~p & q ^ r | s -> t <-> u", "~(~p & q <-> r) | s -> t <-> u"),
    ("p → q → r", "p -> q -> r"),
    ("(p → q) → r", "(p -> q) -> r"),
    ("p ∨ q ∧ r", "p | q & r"),
    ("p ⊕ q → r ⊕ s", "~(p <-> q) -> ~(r <-> s)"),
    ("p v q", "p | q"),
    ("p <=> q", "p <-> q"),
    ("p ≡ q", "p <-> q"),
    ("p xor q", "~(p <-> q)"),
    ("p || q", "p | q"),
    # how far quantifiers reach
    ("∀x P(x) → Q(a)", "(forall X. P(X)) -> Q(a)"),
    ("∀x P(x) → Q(x)", "forall X. P(X) -> Q(X)"),
    ("∀x ∃y R(x, y) → S(x, y)", "forall X. exists Y. R(X, Y) -> S(X, Y)"),
    ("(∀x P(x)) → Q(a)", "(forall X. P(X)) -> Q(a)"),
    ("∀x, y (R(x, y))", "forall X. forall Y. R(X, Y)"),
    ("∀x∀y.R(x,y) → R(y,x)", "forall X. forall Y. R(X, Y) -> R(Y, X)"),
    ("exists x y (R(x, y))", "exists X. exists Y. R(X, Y)"),
    ("∀xP(x)", "forall X. P(X)"),
    ("∀x(P(x)) ∧ ∀yMan(y)", "(forall X. P(X)) & (forall Y. Man(Y))"),
    ("∃x (P(x) ∧ ∃x Q(x))", "exists X. P(X) & (exists X. Q(X))"),
    ("∀x ∀X R(x, X)", "forall X. forall X2. R(X, X2)"),
    # names
    ("Drinks(rina) ∧ Limp(Mark)", "Drinks(rina) & Limp('Mark')"),
    ("Grade(a+) ∨ Knows(mrs.smith, l-2021)", "Grade('a+') | Knows('mrs.smith', 'l-2021')"),
    ("Live(y1950)", "Live(y1950)"),
    ("∀person (Human(person))", "forall Person. Human(Person)"),
    ("∀α (P(α))", "forall V. P(V)"),
    ("P('x')", "P(x)"),
    ('Team("New York") ∧ Team(“L A”)', "Team('New York') & Team('L A')"),
    ("'true' & 'x'", "true & x"),
    ("Schön(ı)", "'Schön'('ı')"),
    # identity and functions
    ("∀x (father(x) ≠ x)", "forall X. father(X) != X"),
    ("a = b", "(a = b)"),
    ("¬(a = b) ∧ f(a) == 2", "a != b & f(a) = '2'"),
    ("a \\neq b", "(a != b)"),
]


@pytest.mark.parametrize(("text", "meaning"), READ)
def test_read(text, meaning):
    assert render_formula(read_notation(text)) == meaning


REFUSED = [
    ("", "expected a statement, found the end"),
    ("P(a))", "closing bracket was never opened"),
    ("(P(a) ∧ Q(a)", "bracket is never closed"),
    ("P(a) Q(b)", "a sign between two statements, found 'Q'"),
    ("P(captain america)", "a name is one word"),
    ("P(a) ∧ ∨ Q(a)", "expected a statement, found '∨'"),
    ("P(x)", "the variable x is bound by no quantifier"),
    ("∀x (P(x)) ∧ Q(y)", "the variable y is bound by no quantifier"),
    ("(∀x P(x)) → Q(x)", "the variable x is bound by no quantifier"),
    ("P(a) ∧ P(a, b)", "P is a predicate of 1 argument elsewhere in it, and a predicate of 2 arguments here"),
    ("Likes(ben, Dog) ∧ Dog(rex)", "Dog is a predicate of 1 argument elsewhere in it, and an individual here"),
    ("Says(ben, Wise(ada)) ∧ Wise(ben)", "Wise is a predicate of 1 argument elsewhere in it, and a function of 1"),
    ("∀P P(a)", "the variable P stands where a predicate has to"),
    ("∀x x", "the variable x stands where a predicate has to"),
    ("∀x (P(x) → y)", "the variable y stands where a predicate has to"),
    ("∀ P(x)", "expected a variable, found 'P'"),
    ("P(a) → false", "'false' is no predicate"),
    ("∃!x P(x)", "expected a variable, found '!'"),
    ("∀x P(x(a))", "the variable x stands where a function has to"),
    ("∀ (P(a))", "expected a variable"),
    ("a = b = c", "a sign between two statements"),
    ("P()", "expected an individual or a variable"),
    ("P(a; b)", "found ';'"),
    ("[P(a))", "expected ']' or a sign"),
    ("9 < 10", "a sign between two statements"),
    ("P(\x00)", "expected an individual"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refused(text, reason):
    with pytest.raises(ParseError) as error:
        read_notation(text)
    assert reason in str(error.value)


names = st.sampled_from(["dax", "Dax", "x", "X1", "y12", "c++", "O'Brien", "and", "v", "not", "forall", "Émile", "a b"])
individuals = names.map(lambda name: symbol_name("i" + name, individual=True)) | st.sampled_from(["x", "y", "z1"])
terms = st.recursive(
    individuals | st.sampled_from(["X", "Y", "Z"]),
    lambda inner: st.builds(Apply, st.just("f"), st.tuples(inner)),
    max_leaves=3,
)
atoms = st.builds(
    lambda name, arguments: Atom(symbol_name(f"{name}{len(arguments)}", individual=False), tuple(arguments)),
    names,
    st.lists(terms, max_size=2),
)
formulas = st.recursive(
    atoms | st.builds(Identity, terms, terms),
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Connective, st.sampled_from(["&", "|", "->", "<->"]), inner, inner),
        st.builds(Quantified, st.sampled_from(["forall", "exists"]), st.sampled_from(["X", "Y"]), inner),
    ),
    max_leaves=8,
).map(lambda formula: Quantified("forall", "X", Quantified("exists", "Y", Quantified("forall", "Z", formula))))


@settings(max_examples=300, deadline=None)
@given(formulas)
def test_the_strict_language_is_one_of_the_notations(formula):
    assert parse_formula(render_formula(formula)) == formula
    assert read_notation(render_notation(formula)) == formula


@settings(max_examples=500, deadline=None)
@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from("∀ ∃ x y P Q a ( ) [ ] , . : ¬ ∧ ∨ ⊕ → ↔ = ≠ ' ! ? - and not all \\to f(".split())).map(
        " ".join
    )
    | st.text("∀∃xyPa()[],.:¬∧→=' ", max_size=30)
)
def test_any_text_is_read_or_refused(text):
    try:
        formula = read_notation(text)
    except ParseError:
        return
    assert parse_formula(render_formula(formula)) == formula


HOSTILE = [
    "(" * 10_000,
    "¬" * 10_000 + "p",
    "∀x " * 6_000 + "P(x)",
    "∀x P(x) ∧ " * 400 + "Q(x)",
    "p → " * 5_000 + "p",
    "f(" * 5_000 + "a",
    "P(" + "a, " * 6_000 + "a)",
    "x " * 9_999,
    "'" * 19_999,
    "a." * 9_999,
    "∀" + "x," * 9_000,
    "∀" + "x " * 9_000 + ".",
    " " * 19_999,
    "р ∧ p",  # the first is Cyrillic, and another name
    "P(a)" * 5_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_answered_soon(text):
    begun = time.process_time()
    with suppress(ParseError):
        read_notation(text)
    assert time.process_time() - begun < 10  # here what has no end is caught
