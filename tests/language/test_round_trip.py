"""Law 1: parse(render(x)) == x, for everything that the claim language can say."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasonlab.language.chains import read_steps, render_steps, surface_for
from reasonlab.language.claims import Compare, Equal, Needs, System, parse_claim, render_claim
from reasonlab.language.english import parse_sentence, render_sentence
from reasonlab.language.formulas import (
    Apply,
    Atom,
    Connective,
    Identity,
    Not,
    Quantified,
    Rule,
    arguments,
    as_rule,
    is_variable,
    parse_formula,
    parts,
    render_formula,
    spelling,
    symbol_name,
)
from reasonlab.language.formulas import atoms as atoms_of
from reasonlab.language.lexer import RESERVED
from reasonlab.language.terms import (
    Binary,
    Negate,
    Number,
    Symbol,
    evaluate,
    number_term,
    operations,
    parse_term,
    render_term,
    substitute,
    symbols,
)

names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True).filter(lambda name: name not in RESERVED)
variables = st.from_regex(r"[A-Z][a-z0-9_]{0,3}", fullmatch=True)
decimals = st.builds(lambda n, places: Fraction(n, 10**places), st.integers(0, 10**6), st.integers(0, 4))
numbers = decimals.map(Number)
exponents = st.integers(0, 9).map(lambda n: Number(Fraction(n)))
powers = st.one_of(exponents, exponents.map(Negate))


def larger_terms(inner):
    return st.one_of(
        inner.map(Negate),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(Binary, st.just("^"), inner, powers),
    )


terms = st.recursive(numbers | names.map(Symbol), larger_terms, max_leaves=12)
spellings = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters=";"), min_size=1, max_size=6)
symbols_of_logic = names | variables | spellings.map(lambda text: symbol_name(text, individual=False))
people = names | spellings.map(lambda text: symbol_name(text, individual=True))
things = st.recursive(
    people | variables,
    lambda inner: st.builds(Apply, symbols_of_logic, st.lists(inner, min_size=1, max_size=2).map(tuple)),
    max_leaves=4,
)
atoms = st.builds(Atom, symbols_of_logic, st.lists(things, max_size=3).map(tuple))


def larger_formulas(inner):
    return st.one_of(
        inner.map(Not),
        st.builds(Connective, st.sampled_from(["&", "|", "->", "<->"]), inner, inner),
        st.builds(Quantified, st.sampled_from(["forall", "exists"]), variables, inner),
    )


def closed(formula):
    """The formula with its free variables bound, and its variables no statements of their own."""
    for name in sorted({term for term in arguments(formula) if isinstance(term, str) and is_variable(term)}):
        formula = Quantified("forall", name, formula)
    return formula


def says_nothing(formula):
    return any(
        isinstance(part, Quantified) and any(atom == Atom(part.variable) for atom in atoms_of(part))
        for part in parts(formula)
    )


formulas = (
    st.recursive(atoms | st.builds(Identity, things, things), larger_formulas, max_leaves=10)
    .map(closed)
    .filter(lambda formula: not says_nothing(formula))
)
moduli = st.none() | st.integers(2, 10**6)
facts = atoms.filter(lambda atom: atom.arguments and closed(atom) == atom)
items = names.map(Symbol) | facts | facts.map(Not)
relations = st.one_of(
    st.builds(Equal, st.lists(terms, min_size=2, max_size=4).map(tuple), moduli),
    st.builds(Compare, terms, st.sampled_from(["<", "<=", ">", ">=", "!="]), terms),
)
systems = st.lists(st.lists(relations, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).filter(
    lambda cases: sum(map(len, cases)) > 1
)
claims = st.one_of(
    relations,
    systems.map(tuple).map(System),
    st.builds(Needs, items, st.lists(items, min_size=1, max_size=3).map(tuple)),
    formulas,
)


@given(terms)
def test_terms(term):
    assert parse_term(render_term(term)) == term


@given(formulas)
def test_formulas(formula):
    assert parse_formula(render_formula(formula)) == formula


@given(spellings, st.booleans())
def test_names_keep_their_spelling(text, individual):
    assert spelling(symbol_name(text, individual=individual)) == text


@settings(max_examples=300)
@given(claims)
def test_claims(claim):
    assert parse_claim(render_claim(claim)) == claim


@given(st.lists(terms, min_size=2, max_size=3).map(tuple), moduli, st.integers(2, 30))
def test_claims_in_a_chain_with_a_modulus(sides, modulus, assumed):
    claim = Equal(sides, modulus or assumed)
    assert parse_claim(render_claim(claim, modulus=assumed), modulus=assumed) == claim


@given(st.fractions(max_denominator=10**4))
def test_number_terms(value):
    term = number_term(value)
    assert parse_term(render_term(term)) == term
    assert evaluate(term) == value


@given(terms, st.dictionaries(names, st.integers(-9, 9), max_size=5))
def test_substituting_values_evaluates_the_same(term, values):
    values = {name: values.get(name, 2) for name in symbols(term)}
    try:
        expected = evaluate(term, values)
    except ZeroDivisionError:
        return
    closed = substitute(term, {name: number_term(value) for name, value in values.items()})
    assert not symbols(closed)
    assert evaluate(closed) == expected


words = st.sampled_from(["dax", "fep", "yumpus", "red", "cold", "kind-hearted"])
NOUNS = frozenset({"dax", "fep", "yumpus"})
people = st.sampled_from(["ada", "ben", "zoe"])


def literals(argument):
    atom = st.builds(lambda word: Atom(word, (argument,)), words)
    return atom | atom.map(Not)


facts = people.flatmap(literals)
rules = st.builds(
    lambda body, head: Rule(tuple(body), head).formula(), st.lists(literals("X"), min_size=1, max_size=3), literals("X")
)
plans = st.builds(lambda target, sources: Needs(target, tuple(sources)), facts, st.lists(facts, min_size=1, max_size=3))


@given(facts | rules | plans)
def test_sentences(claim):
    assert parse_sentence(render_sentence(claim, NOUNS), NOUNS) == claim


@given(rules)
def test_rules_are_recognised(formula):
    assert as_rule(formula).formula() == formula


@given(st.lists(claims, max_size=4), st.none() | st.integers(0, 99).map(str))
def test_formal_chains(said, answer):
    surface = surface_for("formal")
    steps, found = read_steps(render_steps(said, answer, surface), surface)
    assert [step.claim for step in steps] == said
    assert (found.text if found else None) == answer


@given(st.lists(facts | rules, max_size=4), st.none() | st.sampled_from(["true", "false"]))
def test_english_chains(said, answer):
    surface = surface_for("english", nouns=NOUNS)
    text = render_steps(said, answer, surface)
    steps, found = read_steps(text, surface)
    assert [step.claim for step in steps] == said
    assert (found.text if found else None) == answer
    assert all(text[step.span[0] : step.span[1]] == step.text for step in steps)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14),
        ("2 - 3 - 4", -5),
        ("8 / 4 / 2", 1),
        ("-2 ^ 2", -4),
        ("2 ^ -1 + 0.5", 1),
        ("(1 + 2) * -3", -9),
        ("1 / 3 + 1 / 6", Fraction(1, 2)),
    ],
)
def test_values(text, value):
    assert evaluate(parse_term(text)) == value


def test_operations_are_counted():
    assert [operations(parse_term(text)) for text in ("3", "-3", "-x", "a + b", "a + b * 2", "x ^ 2")] == [
        0,
        0,
        1,
        1,
        2,
        1,
    ]
