"""No text crashes the language: it is understood, or refused with a ParseError (a record: with a BadInput)."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reasonlab.language.chains import read_steps, surface_for
from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.english import parse_sentence, render_sentence
from reasonlab.language.errors import BadInput, ParseError, ResourceLimit
from reasonlab.language.lexer import MAX_TOKENS
from reasonlab.language.records import chain_from_record
from reasonlab.language.terms import apply, evaluate, parse_term

HOSTILE = [
    "",
    " ",
    "\x00",
    "a = 3\x00",
    "9^9^9",
    "9 ^ 99999999999999999999 = 1",
    "9 ** 9 ** 9 ** 9 = 1",
    "a = " + "9" * 5_000,
    "a = " + "9" * 300,
    "(" * 5_000 + "1" + ")" * 5_000 + " = 1",
    "(" * 99 + "1" + ")" * 99 + " = 1",
    "-" * 5_000 + "1 = 1",
    "~" * 5_000 + "p",
    "1" + " + 1" * 290 + " = 291",
    "p" + " & p" * 290,
    "p" + " -> p" * 290,
    "forall X. " * 200 + "p(X)",
    "1 +" * 10_000 + " 1 = 1",
    "а = 3",  # a Cyrillic letter
    "a = ３",  # a full-width digit
    "a = ٣",  # an Arabic-Indic digit
    "a ＝ 3",
    "a = 3²",
    "a = 1e999",
    "a = nan",
    "a = 0x10",
    "a = .5",
    "a = 5.",
    "__import__('os') = 1",
    "a.b = 1",
    "lambda = 1",
    "a = b = ",
    "= 3",
    "a < b < c",
    "a = 3 (mod 0)",
    "a = 3 (mod 1.5)",
    "a = 3 (mod 99999999999999999999999)",
    "needs",
    "a needs",
    "a needs needs",
    "needs needs needs",
    "p(",
    "p()",
    "p(X",
    "forall x. p(x)",
    "forall. p",
    "exists X p(X)",
    "\ud800 = 3",
    "a\u200b = 3",
    "\ufeffa = 3",
    "and = 3",
    "p & mod",
    "every",
    "every dax is",
    "every dax that is is red",
    "everything is red",
    "is is is",
    "is are is",
    "daxes are",
    "not is not",
    "every is is is",
    "ada is not not a dax",
    "ada is a a",
    "a is a is a",
    "x needs x needs x",
    "Ada Is A Dax",
    "[",
    "]",
    "[]",
    "[3]",
    "[3] = 3",
    "c = [",
    "c = a [",
    "c = a [-",
    "c = a [-]",
    "c = a []",
    "c = a [3",
    "c = a 3]",
    "c = a [3] (mod",
    "c = a [3] (mod [10])",
    "c = a [3] (mod 10) [3]",
    "c (mod [3] = 2",
    "mod [3] = 2",
    "c needs a [3]",
    "a [3] needs b",
    "a [3] < 4",
    "p(a [3])",
    "forall X [3]. p(X)",
    "c = a [[3]] = 3",
    "c = a [a [3]] = 3",
    "c = a [3][-3][3] = 3",
    "c = a [3]3 = 3",
    "c = 2 ^ a [3] = 8",
    "c = a [-2] ^ 2 = 4",
    "c = a " + "[" * 500 + "3" + "]" * 90,
    "c = a " + "[" * 5_000,
    "c = a " + "]" * 5_000,
    "c = " + "a [" * 200,
    "c = " + "(" * 99 + "a [3]" + ")" * 99,
    "c = " + "(" * 150 + "a [3]" + ")" * 150,
    "c = a [3]" + " + a [3]" * 110,
    "c = a [3]" + " = a [3]" * 110,
    "c = a [" + "9" * 300 + "]",
    "c = a [" + "9" * 500 + "]",
]


def understood(parse, render, text):
    """Either refused with a ParseError, or the same when rendered and read again."""
    try:
        claim = parse(text)
    except ParseError:
        return
    assert hash(claim) == hash(parse(text))
    assert parse(render(claim)) == claim


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text(text):
    understood(parse_claim, render_claim, text)
    understood(lambda t: parse_sentence(t, ("dax",)), lambda claim: render_sentence(claim, ("dax",)), text)


@settings(max_examples=400)
@given(st.text(max_size=60) | st.text("ab()=+-*/^~&|<>.,X019 \t", max_size=40))
def test_any_text_as_a_claim(text):
    understood(parse_claim, render_claim, text)


@settings(max_examples=600)
@given(
    st.text("[[[]]]a3=-+( ", max_size=40)
    | st.lists(st.sampled_from("a b [ ] [3] [-4] [a] [[ ]] 3 - + * ^ ( ) = < (mod 10) mod needs p(X)".split())).map(
        " ".join
    )
)
@example("c = a [3] + b [4] = 7 (mod 10)")
def test_any_brackets_as_a_claim(text):
    understood(parse_claim, render_claim, text)


@settings(max_examples=400)
@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from("ada ben is are not a an dax daxes every all everything that and needs x mod".split())
    ).map(" ".join)
)
@example("a a is needs a is a a")
def test_any_text_as_a_sentence(text):
    understood(lambda t: parse_sentence(t, ("dax",)), lambda claim: render_sentence(claim, ("dax",)), text)


@given(st.text(max_size=80), st.sampled_from(["formal", "english"]))
def test_any_text_as_a_chain(text, name):
    steps, answer = read_steps(text, surface_for(name))
    assert all(text[step.span[0] : step.span[1]] == step.text for step in steps)
    assert answer is None or text[answer.span[0] : answer.span[1]] == answer.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["id", "surface", "modulus", "nouns", "givens", "query", "steps", "text", "answer", "reference"]


@settings(max_examples=300)
@given(json_values | st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=5))
@example({"answer": 10**5_000})
@example({"query": {"value": "\ud800"}})
@example({"modulus": True})
@example({"steps": ["a"] * 10_001})
@example({"givens": ["a = 1 + 2 + 3"] * 20_000})
@example({"text": "a = 1 ; " * 40_000})
def test_any_record(record):
    with suppress(BadInput):
        assert chain_from_record(record).id


def test_limits_stop_large_numbers():
    with pytest.raises(ResourceLimit, match="exponent"):
        evaluate(parse_term("9 ^ 1001"))
    with pytest.raises(ResourceLimit, match="bits"):
        evaluate(parse_term(" * ".join(["9 ^ 999"] * 10)))
    with pytest.raises(ResourceLimit, match="bits"):
        apply("^", Fraction(10**400), Fraction(999))


def test_token_limit_is_a_parse_error():
    with pytest.raises(ParseError, match=str(MAX_TOKENS)):
        parse_claim("1 + " * MAX_TOKENS + "1 = 1")


def test_errors_cross_processes():
    for error in (ParseError("why", 3), BadInput("what", "expected", "remedy")):
        again = copy.copy(error)  # by __reduce__, as between processes
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_a_record_survives_json():
    record = {"id": "p1", "modulus": 10, "givens": ["a = 3"], "query": {"value": "a"}, "text": "a = 3 ; answer 3"}
    assert chain_from_record(json.loads(json.dumps(record))) == chain_from_record(record)
