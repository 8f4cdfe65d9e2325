"""Values in brackets: `c = a [3] + b [4] = 7` says `c = a + b = 3 + 4 = 7`, and that a is 3 and b is 4."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.chains import read_steps, surface_for
from reasonlab.language.claims import Equal, parse_claim, render_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.lexer import RESERVED
from reasonlab.language.terms import render_term

names = st.from_regex(r"[a-z][a-z0-9_]{0,3}", fullmatch=True).filter(lambda name: name not in RESERVED)
values = st.integers(-30, 30).map(str) | st.sampled_from(["0.5", "-2.25", "123456789"])
suffixes = st.sampled_from(["", " (mod 10)", " (mod 997)"])

# A term is three texts: in short with its brackets, with the variables, with the values in their place; and whether it
# has a bracket at all.
plain = (names | st.integers(0, 30).map(str)).map(lambda text: (text, text, text, False))


def noted(name: str, value: str) -> tuple[str, str, str, bool]:
    return f"{name} [{value}]", name, f"({value})" if value.startswith("-") else value, True


def larger(inner):
    def joined(left, sign, right):
        return (*(f"({one}) {sign} ({other})" for one, other in zip(left[:3], right[:3])), left[3] or right[3])

    def negated(term):
        return (*(f"-({text})" for text in term[:3]), term[3])

    def squared(term):
        return (*(f"({text}) ^ 2" for text in term[:3]), term[3])

    return st.builds(joined, inner, st.sampled_from("+-*/"), inner) | inner.map(negated) | inner.map(squared)


def said(claim):
    """The claim without its notes."""
    return replace(claim, notes=()) if isinstance(claim, Equal) else claim


# One value for each name, as in a claim.
VALUES = {"a": "3", "b": "-4", "x1": "0.5", "long_name": "-2.25", "z": "123456789"}
terms = st.recursive(plain | st.sampled_from(list(VALUES.items())).map(lambda item: noted(*item)), larger, max_leaves=6)


def both(sides, suffix: str) -> tuple[str, str]:
    """The text with brackets and the same written out."""
    short = " = ".join(side[0] for side in sides)

    def valued(side) -> str:
        """A value noted once in a term stands for every mention of the variable in that term."""
        text = side[2]
        for name in set(re.findall(r"(\w+) \[", side[0])):
            text = re.sub(rf"\b{name}\b", f"({VALUES[name]})", text)
        return text

    long = " = ".join(part for side in sides for part in ((side[1], valued(side)) if side[3] else (side[1],)))
    return short + suffix, long + suffix


@settings(max_examples=300)
@given(st.lists(terms, min_size=2, max_size=4), suffixes, st.none() | st.integers(2, 30))
def test_brackets_say_what_the_long_form_says(sides, suffix, modulus):
    short, long = both(sides, suffix)
    claim = parse_claim(short, modulus=modulus)
    assert said(claim) == parse_claim(long, modulus=modulus)
    assert {name for name, _ in claim.notes} == set(re.findall(r"(\w+) \[", short))
    assert all(render_term(value) == VALUES[name] for name, value in claim.notes)
    assert isinstance(claim, Equal)
    assert len(claim.terms) == len(sides) + sum(side[3] for side in sides)
    assert said(parse_claim(render_claim(said(claim)))) == said(claim)


@settings(max_examples=200)
@given(names, st.dictionaries(names, values, min_size=1, max_size=4), st.data(), suffixes)
def test_without_parentheses(target, operands, data, suffix):
    """As the gold steps are written; a negative value counts as one, whatever stands before it."""
    operands = [noted(*item) for item in operands.items()]
    target = f"t{target}"
    signs = [data.draw(st.sampled_from("+-*")) for _ in operands[1:]]

    def spelled(which: int) -> str:
        return operands[0][which] + "".join(f" {sign} {term[which]}" for sign, term in zip(signs, operands[1:]))

    short = f"{target} = {spelled(0)} = 7{suffix}"
    claim = parse_claim(short)
    assert parse_claim(render_claim(claim)) == claim
    assert [(name, f"{name} [{render_term(value)}]") for name, value in claim.notes] == sorted(
        (term[1], term[0]) for term in operands
    )
    assert said(claim) == parse_claim(f"{target} = {spelled(1)} = {spelled(2)} = 7{suffix}")
    spaced, tight = short.replace("[", "[ ").replace("]", " ]"), short.replace(" [", "[").replace("] ", "]")
    assert parse_claim(spaced) == parse_claim(tight) == parse_claim(short)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("c = a [3] + b [4] = 7", "c = a + b = 3 + 4 = 7"),
        ("c = a [3] + b [4] = 7 (mod 10)", "c = a + b = 3 + 4 = 7 (mod 10)"),
        ("c = a [3] + b [4]", "c = a + b = 3 + 4"),
        ("c = a [3] + b [4] (mod 10)", "c = a + b = 3 + 4 (mod 10)"),
        ("c = a [3] + b = 7", "c = a + b = 3 + b = 7"),
        ("c = a [-3] - b [-4] = 1", "c = a - b = -3 - -4 = 1"),
        ("c = -a [3] = -3", "c = -a = -3 = -3"),
        ("c = -a [-3] = 3", "c = -a = --3 = 3"),
        ("c = a [-2]^2 = 4", "c = a^2 = (-2)^2 = 4"),
        ("c = (a [3] + 1) * b [4] = 16", "c = (a + 1) * b = (3 + 1) * 4 = 16"),
        ("c [7] = a [3] + b [4]", "c = 7 = a + b = 3 + 4"),
        ("c = 2 * a [1.5] = 3", "c = 2 * a = 2 * 1.5 = 3"),
    ],
)
def test_the_short_form_is_what_is_rendered(short, long):
    claim = parse_claim(short)
    assert render_claim(claim) == short
    assert render_claim(said(claim)) == long
    assert parse_claim(long) == said(claim)


def test_the_assumed_modulus_holds_for_short_and_long():
    claim = parse_claim("c = a [3] * b [4] = 2", modulus=10)
    assert said(claim) == parse_claim("c = a * b = 3 * 4 = 2 (mod 10)")
    assert claim == parse_claim("c = a [3] * b [4] = 2 (mod 10)")
    assert render_claim(claim, modulus=10) == "c = a [3] * b [4] = 2"


@pytest.mark.parametrize("text", ["a = a [3]", "c = a [3] = a", "a + b [4] = a [3] + b"])
def test_a_variable_noted_in_one_term_of_two(text):
    claim = parse_claim(text)
    assert parse_claim(render_claim(claim)) == claim


MALFORMED = [
    "c = [3] = 2",
    "c = a [b] = 2",
    "c = a [3 = 2",
    "[",
    "]",
    "[3]",
    "c = a [",
    "c = a [3",
    "c = a [-",
    "c = a [-3",
    "c = a [- = 2",
    "c = a [] = 2",
    "c = a [-] = 2",
    "c = a [--3] = 2",
    "c = a [+3] = 2",
    "c = a [3 + 1] = 2",
    "c = a [3 4] = 2",
    "c = a ] = 2",
    "c = a 3] = 2",
    "c = a [[3]] = 2",
    "c = 3 [3] = 2",
    "c = (a) [3] = 2",
    "c = a + [3] = 2",
    "[3] c = a = 2",
    "c = a [3] b = 2",
    "c = a [3] 4 = 2",
    "c = a [3] (mod [10])",
    "c = a [3] (mod 10) [3]",
    "c = a (mod 10 [3])",
    "mod [3] = 2",
    "c = and [3] = 2",
    "c needs a [3]",
    "c [3] needs a",
    "a [3] < 4",
    "p(a [3])",
    "p [3] & q",
    "2 ^ a [3] = 8",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_brackets_are_refused(text):
    with pytest.raises(ParseError):
        parse_claim(text)


@pytest.mark.parametrize(
    "text", ["c = a [3] [4] = 4", "c = a [3] + a [4] = 7", "a [3] = a [4]", "c = a [3] [-4] = 4", "c = a [-3] [4] = 4"]
)
def test_a_variable_has_one_value(text):
    """Else a wrong value could stand in a proved step."""
    with pytest.raises(ParseError):
        parse_claim(text)


@given(st.integers(1, 150), st.integers(0, 150))
def test_nested_brackets_are_refused(opened, closed):
    if (opened, closed) != (1, 1):
        with pytest.raises(ParseError):
            parse_claim(f"c = a {'[' * opened}3{']' * closed} = 3")
    with pytest.raises(ParseError):
        parse_claim("c = " + "a [" * opened + "3" + "]" * closed + " = 3" if opened > 1 else "c = a [")


def test_steps_in_a_chain():
    surface = surface_for("formal", modulus=10)
    short, _ = read_steps("a = 3 ; b = a [3] + a [3] = 6 ; c = a [3 = 2 ; d = a [3] * b [6] = 8 ; answer 8", surface)
    long, _ = read_steps("a = 3 ; b = a + a = 3 + 3 = 6 ; c = [ ; d = a * b = 3 * 6 = 8 ; answer 8", surface)
    assert [said(step.claim) for step in short] == [step.claim for step in long]
    assert [step.claim is None for step in short] == [False, False, True, False]
    assert "bracket" in short[2].reason
    assert short[1].text == "b = a [3] + a [3] = 6"
