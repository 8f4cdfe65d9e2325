"""Expressions of probability and the claims about them: what is written is read, and read again the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.estimands import Estimate, Identifies, Identity
from reasonlab.language.probability import (
    Event,
    Expectation,
    Figure,
    Minus,
    Operation,
    Probability,
    Setting,
    Sum,
    Variable,
    free_values,
    ground,
    is_observational,
    parse_expression,
    render_expression,
    variables,
)

names = st.sampled_from(["X", "Y", "Z", "V1", "tar_level", "E", "P", "do"])
values = st.sampled_from([0, 1, "v", "k", "x'", "Y"])
plain = names.map(Variable)


def settings_to(what):
    found = st.dictionaries(names, what, min_size=1, max_size=2)
    return found.map(lambda made: tuple(Setting(name, value) for name, value in made.items()))


flat = st.builds(Variable, names, settings_to(values))
counterfactuals = plain | flat | st.builds(Variable, names, settings_to(values | flat))
events = st.builds(Event, counterfactuals, values)
conditions = st.lists(events, max_size=2).map(tuple)
done = st.dictionaries(names, values, max_size=2).map(lambda d: tuple(Setting(n, v) for n, v in d.items()))
terms = st.lists(st.tuples(st.sampled_from([1, -1]), events), min_size=1, max_size=3).map(tuple)
leaves = st.one_of(
    st.builds(Probability, st.lists(events, min_size=1, max_size=2).map(tuple), conditions, done),
    st.builds(Expectation, terms, conditions, done),
    st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,3})?", fullmatch=True).map(Figure),
)
bounds = st.lists(st.tuples(names, st.sampled_from(["v", "k", "Y"])), min_size=1, max_size=2, unique_by=lambda b: b[1])
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(Minus),
        st.builds(Operation, st.sampled_from("+-*/"), inner, inner),
        st.builds(Sum, bounds.map(tuple), inner),
    ),
    max_leaves=8,
)


@given(expressions)
def test_expressions(expression):
    assert parse_expression(render_expression(expression)) == expression


@settings(max_examples=40)
@given(expressions, expressions)
def test_identities(left, right):
    claim = Identity(left, right)
    if len(free_values(left) | free_values(right)) <= 6:
        assert parse_claim(render_claim(claim)) == claim
        if is_observational(right):
            assert parse_claim(render_claim(Identifies(left, right))) == Identifies(left, right)


@settings(max_examples=40)
@given(st.lists(expressions, min_size=2, max_size=3), st.sampled_from(["=", "<", "<=", ">", ">="]))
def test_estimates(sides, operator):
    sides = [ground(side, dict.fromkeys(free_values(side), 1)) for side in sides]
    claim = Estimate(tuple(sides if operator == "=" else sides[:2]), operator)
    assert parse_claim(render_claim(claim)) == claim


@given(expressions)
def test_grounding_leaves_nothing_open(expression):
    grounded = ground(expression, dict.fromkeys(free_values(expression), 0))
    assert not free_values(grounded)
    assert variables(grounded) == variables(expression)
    assert is_observational(grounded) == is_observational(expression)


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("sum_Z P(Y|X,Z)P(Z)", "sum_{Z} P(Y | X, Z) * P(Z)"),
        ("\\sum_{A=v} P(A=v)*[P(B=1|A=v) - 0.50]", "sum_{A=v} P(A=v) * (P(B=1 | A=v) - 0.50)"),
        ("E[Y=1 | do(X = 1), Z=0]", "E[Y | Z=0, do(X=1)]"),
        ("E[Y_{X = 1} - Y_{X = 0} | X = 1]", "E[Y_{X=1} - Y_{X=0} | X=1]"),
        ("P(Y_{X=1, M=M_{X=0}})", "P(Y_{X=1, M=M_{X=0}})"),
        ("(sum_X P(X)) P(Y)", "(sum_{X} P(X)) * P(Y)"),
        ("sum_X P(X) + P(Y)", "sum_{X} P(X) + P(Y)"),
        ("-(P(X) - P(Y)) / 2", "-(P(X) - P(Y)) / 2"),
    ],
)
def test_how_it_is_written(text, rendered):
    assert render_expression(parse_expression(text)) == rendered


def test_a_sum_takes_in_the_product_behind_it():
    total = parse_expression("sum_X P(X) P(Y) + P(Z)")
    assert isinstance(total, Operation)
    assert total.operator == "+"
    assert free_values(total) == {"Y", "Z"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("identity: P(Y", "expected '\\)'"),
        ("identity: P(Y) = ", "found the end"),
        ("identity: P() = 1", "expected a variable"),
        ("identity: P(Y=2) = 1", "the value 0 or 1"),
        ("identity: P(Y | do(X=X_{Z=1})) = 1", "goes in a subscript"),
        ("identity: P(Y | do(X=1, X=0)) = 1", "one value for each"),
        ("identity: sum_{X=1} P(X=1) = 1", "a name for the value"),
        ("identity: P(Y = 1 ] = 1", "expected '\\)'"),
        ("identity: P(Y; X) = 1", "unexpected character ';'"),
        ("identity: P(A, B, C, D, F, G, H) = 1", "more than 6 values"),
        ("identifies: P(Y | do(X)) = P(Y_{X})", "an estimand must be without do"),
        ("estimate: P(Y) = 0.5", "an estimate needs a number for 'Y'"),
        ("estimate: P(Y=1) = 0.5 > 0", "expected the end"),
        ("estimate: 0.5 > 0 > 0", "expected the end"),
        ("identity: " + "(" * 200 + "1" + ")" * 200 + " = 1", "nested deeper"),
        ("identity: " + "sum_X " * 200 + "1 = 1", "nested deeper"),
        ("identity: P(" + "Y_{X=" * 110 + "1" + "}" * 110 + ") = 1", "nested deeper"),
        ("identity: " + " + ".join(["P(Y)"] * 300) + " = 1", "tokens"),
        ("identity: 1" + "0" * 500 + " = 1", "digits"),
        ("identity: P(Ｘ) = 1", "unexpected character"),
    ],
)
def test_what_is_outside_the_grammar_is_said(text, says):
    with pytest.raises(ParseError, match=says):
        parse_claim(text)
