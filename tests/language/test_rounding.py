"""The grammar of rounded relations: `Rounded.read(claim.body()) == claim`, digits kept as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.rounding import Rounded
from reasonlab.language.terms import Symbol

digits = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3})?", fullmatch=True)


def larger(inner):
    return st.one_of(
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"({text})"),
        st.builds(lambda left, sign, right: f"({left} {sign} {right})", inner, st.sampled_from("+-*/"), inner),
        st.builds(lambda base, power: f"({base})^{power}", inner, st.integers(-4, 4)),
    )


sides = st.recursive(digits, larger, max_leaves=8)
bodies = st.one_of(
    st.lists(sides, min_size=2, max_size=4).map(" = ".join),
    st.builds(lambda a, sign, b: f"{a} {sign} {b}", sides, st.sampled_from(["<", "<=", ">", ">=", "!="]), sides),
)


@given(bodies)
def test_what_is_read_is_written_and_read_again(body):
    claim = parse_claim(f"rounded: {body}")
    assert parse_claim(render_claim(claim)) == claim
    assert sorted(claim.numbers) == sorted(parse_claim(render_claim(claim)).numbers)


def test_digits_are_kept():
    claim = parse_claim("rounded: 0.50 - 0.5 = 0")
    assert claim.numbers == ("0.50", "0.5", "0")
    assert render_claim(claim) == "rounded: 0.50 - 0.5 = 0"
    assert claim != parse_claim("rounded: 0.5 - 0.5 = 0")


def test_an_exponent_is_a_count():
    claim = Rounded.read("0.5^2 = 0.25^-1")
    assert claim.numbers == ("0.5", "0.25")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "expected a number"),
        ("0.5", "expected '='"),
        ("a = 0.5", "expected numbers only, found 'a'"),
        ("0.5 = 0.5 < 0.7", "expected the end"),
        ("0.5 < 0.6 < 0.7", "expected the end"),
        ("0.5 = ", "found the end"),
        ("0.5^0.5 = 1", "an exponent must be an integer"),
        ("1,000 = 1000", "expected '='"),
        ("(" * 200 + "1" + ")" * 200 + " = 1", "nested deeper"),
        ("1" * 500 + " = 1", "digits"),
        (" + ".join(["0.1"] * 400) + " = 40", "tokens"),
    ],
)
def test_what_is_outside_the_grammar_is_said(body, says):
    with pytest.raises(ParseError, match=says.replace("(", r"\(")):
        parse_claim(f"rounded: {body}")


def test_places_must_fit_their_numbers():
    with pytest.raises(ValueError, match="n0, n1"):
        Rounded((Symbol("n1"), Symbol("n0")), ("1", "2"))
    with pytest.raises(ValueError, match="expected two sides"):
        Rounded((Symbol("n0"), Symbol("n1")), ("1", "2"), "~")
    with pytest.raises(ValueError, match="digits"):
        Rounded((Symbol("n0"), Symbol("n1")), ("1", "-2"))
