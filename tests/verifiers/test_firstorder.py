"""First-order logic with identity and functions: meaning by hand, and against every small world."""

from __future__ import annotations

import random
import time
from itertools import product

import pytest

from reasonlab.language.formulas import (
    Apply,
    Atom,
    Connective,
    Formula,
    Identity,
    Not,
    Quantified,
    parse_formula,
    render_formula,
)
from reasonlab.language.records import chain_from_record
from reasonlab.verifiers import Limits, verify_chain
from reasonlab.verifiers.firstorder import Question
from reasonlab.verifiers.limits import DEFAULT_LIMITS, Meter
from reasonlab.verifiers.structures import Structure, in_words

MEANING = [
    ("(ada = eve) ; tall(ada)", "tall(eve)", "entailed", ("g0", "g1")),
    ("(ada = eve) ; tall(ada)", "~tall(eve)", "refuted", ("g0", "g1")),
    ("tall(ada) ; ~tall(eve)", "(ada != eve)", "entailed", ("g0", "g1")),
    ("tall(ada) ; tall(eve)", "(ada = eve)", "unsupported", ()),  # names need not denote different things
    ("forall X. mother(X) != X", "(mother(ada) = ada)", "refuted", ("g0",)),
    ("forall X. forall Y. f(X) = f(Y) -> X = Y ; f(a) = f(b)", "(a = b)", "entailed", ("g0", "g1")),
    ("mother(ada) = eve ; kind(eve)", "kind(mother(ada))", "entailed", ("g0", "g1")),
    ("mother(ada) = eve ; kind(eve)", "kind(mother(eve))", "unsupported", ()),
    ("forall X. X = a | X = b ; p(a) ; p(b)", "forall X. p(X)", "entailed", ("g0", "g1", "g2")),
    ("forall X. X = a | X = b ; p(a)", "forall X. p(X)", "unsupported", ()),
    ("exists X. p(X) & (forall Y. p(Y) -> Y = X) ; p(a) ; p(b)", "(a = b)", "entailed", ("g0", "g1", "g2")),
    ("'Dog'(rex) ; 'Rex' = rex -> p", "'Dog'('Rex')", "unsupported", ()),
    ("", "(a = a)", "entailed", ()),
    ("", "forall X. exists Y. f(X) = Y", "entailed", ()),
    ("forall X. forall Y. X = Y", "p(a) <-> p(b)", "entailed", ("g0",)),
]  # fmt: skip


@pytest.mark.parametrize(("givens", "step", "status", "premises"), MEANING)
def test_meaning(chain, givens, step, status, premises):
    (verdict,) = verify_chain(chain(givens, step)).verdicts
    assert (verdict.status, verdict.premises) == (status, premises)
    assert (verdict.witness is not None) == (status == "unsupported")


@pytest.mark.parametrize(
    ("givens", "step", "witness"),
    [
        ("p(a) | p(b)", "p(a)", "~p(a), p(b)"),
        ("p(a) ; p(b)", "(a = b)", "p(a), p(b)"),
        ("(b = a) ; p(a)", "p(c)", "a = b, p(a), ~p(c)"),
        ("exists X. p(X)", "p(a)", "~p(a), p(someone1)"),
        ("mother(ada) = eve", "kind(eve)", "~kind(ada), ~kind(eve), mother(ada) = eve, mother(eve) = eve"),
    ],
)
def test_counter_models_are_small_and_in_words(chain, givens, step, witness):
    (verdict,) = verify_chain(chain(givens, step)).verdicts
    assert (verdict.status, verdict.witness) == ("unsupported", witness)


@pytest.mark.parametrize(
    ("givens", "named"),
    [
        ("(a = b) ; p(a) ; ~p(b) ; q", "(g0, g1, g2)"),
        ("forall X. f(X) != f(X) ; q", "(g0)"),
        ("likes(a) ; q ; likes(a, b)", "likes is a predicate of 1 argument in given 0, and a predicate of 2"),
        ("dog(rex) ; likes(ada, dog)", "dog is a predicate of 1 argument in given 0, and an individual here"),
        ("mother(ada) ; kind(mother(ada))", "mother is a predicate of 1 argument in given 0, and a function"),
    ],
)
def test_contradictions_and_confusions_are_named(chain, givens, named):
    report = verify_chain(chain(givens, "q ; answer true", truth="q"))
    assert (report.outcome, report.verdicts[0].status) == ("unknown", "unknown")
    assert named in report.reason


def test_a_claim_that_uses_a_name_otherwise_is_not_understood(chain):
    (verdict,) = verify_chain(chain("likes(a, b)", "likes(a)")).verdicts
    assert verdict.status == "unparsed"
    assert verdict.reason == "likes is a predicate of 2 arguments in given 0, and a predicate of 1 argument here"


def test_no_finite_world_is_unknown(chain):
    order = "forall X. ~less(X, X) ; forall X. less(X, next(X)) ;"
    order += "forall X. forall Y. forall Z. less(X, Y) & less(Y, Z) -> less(X, Z)"
    report = verify_chain(chain(order, "p(a)"), limits=Limits(rlimit=20_000))
    assert report.outcome == "unknown"


def test_worlds_are_checked_by_the_definition_of_truth():
    world = Structure(2, {"a": 0, "b": 1}, {("f", 1): {(0,): 1, (1,): 1}}, {("p", 1): frozenset({(1,)})})
    for text, truth in [
        ("p(f(a))", True),
        ("forall X. p(f(X))", True),
        ("exists X. f(X) = a", False),
        ("forall X. p(X) <-> X = b", True),
        ("p(a) | (exists X. X != a & f(X) = X)", True),
        ("p(b) & p(a)", False),
        ("p(a) -> p(b)", True),
    ]:
        assert world.holds(parse_formula(text), 1_000) is truth
    assert in_words(world, parse_formula("p(a)")) == "~p(a), p(b), f(a) = b, f(b) = b"


# The slow twin: every world of one and of two individuals.


def random_term(rng, bound, depth=1):
    if depth and rng.random() < 0.3:
        return Apply("f", (random_term(rng, bound, 0),))
    return rng.choice([*bound, *bound, "a", "b"])


def random_formula(rng: random.Random, depth: int, bound: tuple[str, ...] = ()) -> Formula:
    roll = rng.random()
    if depth == 0 or roll < 0.2:
        if rng.random() < 0.35:
            return Identity(random_term(rng, bound), random_term(rng, bound))
        if rng.random() < 0.6:
            return Atom("p", (random_term(rng, bound),))
        return Atom("r", (random_term(rng, bound), random_term(rng, bound)))
    if roll < 0.5 and len(bound) < 2:
        name = "XY"[len(bound)]
        return Quantified(rng.choice(["forall", "exists"]), name, random_formula(rng, depth - 1, (*bound, name)))
    if roll < 0.65:
        return Not(random_formula(rng, depth - 1, bound))
    operator = rng.choice(["&", "|", "->", "<->"])
    return Connective(operator, random_formula(rng, depth - 1, bound), random_formula(rng, depth - 1, bound))


def value(term, world, values):
    if isinstance(term, Apply):
        return world["f"][value(term.arguments[0], world, values)]
    return values[term] if term in values else world[term]


def true(formula, world, values) -> bool:
    if isinstance(formula, Atom):
        return tuple(value(term, world, values) for term in formula.arguments) in world[formula.predicate]
    if isinstance(formula, Identity):
        return value(formula.left, world, values) == value(formula.right, world, values)
    if isinstance(formula, Not):
        return not true(formula.operand, world, values)
    if isinstance(formula, Quantified):
        cases = [true(formula.body, world, {**values, formula.variable: one}) for one in world["everyone"]]
        return all(cases) if formula.quantifier == "forall" else any(cases)
    left, right = true(formula.left, world, values), true(formula.right, world, values)
    return {"&": left and right, "|": left or right, "->": not left or right, "<->": left == right}[formula.operator]


def worlds():
    for size in (1, 2):
        everyone = range(size)
        pairs = list(product(everyone, repeat=2))
        for a, b in pairs:
            for f in product(everyone, repeat=size):
                for p in product((False, True), repeat=size):
                    for r in product((False, True), repeat=len(pairs)):
                        yield {
                            "everyone": everyone,
                            "a": a,
                            "b": b,
                            "f": f,
                            "p": {(one,) for one in everyone if p[one]},
                            "r": {pair for pair, on in zip(pairs, r) if on},
                        }


def question(premises):
    return Question(premises, DEFAULT_LIMITS, Meter())


def ask(premises, claim, negated):
    return question(premises).ask(claim, negated=negated)


@pytest.mark.parametrize(("seed", "count"), [(1, 25), pytest.param(2, 1_000, marks=pytest.mark.slow)])
def test_answers_equal_every_small_world(seed, count):
    rng, every, seen = random.Random(seed), list(worlds()), {"sat": 0, "unsat": 0}
    for _ in range(count):
        premises = [(key, random_formula(rng, 2)) for key in range(rng.randint(1, 3))]
        claim = random_formula(rng, 2)
        for negated in (True, False):
            found = ask(premises, claim, negated)
            possible = any(
                true(claim, world, {}) is not negated and all(true(formula, world, {}) for _, formula in premises)
                for world in every
            )
            shown = [render_formula(formula) for _, formula in premises], render_formula(claim)
            if found.status == "unsat":
                assert not possible, shown
                kept = [pair for pair in premises if pair[0] in found.core]
                assert ask(kept, claim, negated).status == "unsat"
                for key in found.core:  # none can be left out
                    less = [pair for pair in kept if pair[0] != key]
                    assert ask(less, claim, negated).status != "unsat", shown
            if possible:
                assert found.status == "sat", shown
                assert question(premises).small_world(claim, negated=negated) is not None
            assert found == ask(premises, claim, negated)  # the same, asked again
            seen[found.status] = seen.get(found.status, 0) + 1
    assert seen["sat"] > count / 2
    assert seen["unsat"] > count / 10


# Mutants: what is claimed is changed; where that changed the meaning, some small world shows it.


def negated(formula, rng):
    return Not(formula)


def reversed_(formula, rng):
    return _first(formula, lambda part: isinstance(part, Connective) and part.operator == "->", _turned)


def _turned(part):
    return Connective("->", part.right, part.left)


def requantified(formula, rng):
    other = {"forall": "exists", "exists": "forall"}
    return _first(
        formula,
        lambda part: isinstance(part, Quantified),
        lambda part: Quantified(other[part.quantifier], part.variable, part.body),
    )


def about_another(formula, rng):
    swap = {"a": "b", "b": "a"}

    def term(argument):
        return (
            Apply("f", (term(argument.arguments[0]),)) if isinstance(argument, Apply) else swap.get(argument, argument)
        )

    def turned(part):
        return Atom(part.predicate, tuple(map(term, part.arguments)))

    return _first(formula, lambda part: isinstance(part, Atom) and turned(part) != part, turned)


def _first(formula, wanted, change):
    """The formula with its first part of a kind changed."""
    if wanted(formula):
        return change(formula)
    if isinstance(formula, Not):
        return Not(_first(formula.operand, wanted, change))
    if isinstance(formula, Quantified):
        return Quantified(formula.quantifier, formula.variable, _first(formula.body, wanted, change))
    if isinstance(formula, Connective):
        left = _first(formula.left, wanted, change)
        right = formula.right if left != formula.left else _first(formula.right, wanted, change)
        return Connective(formula.operator, left, right)
    return formula


MUTATIONS = [negated, reversed_, requantified, about_another]


@pytest.mark.parametrize(("seed", "count"), [(5, 20), pytest.param(6, 2_000, marks=pytest.mark.slow)])
def test_mutants_are_never_proved(chain, seed, count):
    rng, every = random.Random(seed), list(worlds())
    proved, changed = 0, 0
    while proved < count:
        premises = [random_formula(rng, 2) for _ in range(rng.randint(1, 3))]
        models = [world for world in every if all(true(formula, world, {}) for formula in premises)]
        claim = random_formula(rng, 2)
        if not models or not all(true(claim, world, {}) for world in models):
            continue
        givens = list(map(render_formula, premises))
        report = outcome(chain, givens, claim)
        if report != "proved":  # it only holds in small worlds
            continue
        proved += 1
        for mutate in MUTATIONS:
            mutant = mutate(claim, rng)
            if not all(true(mutant, world, {}) for world in models):
                changed += 1
                assert outcome(chain, givens, mutant) in ("wrong", "unknown"), (givens, render_formula(mutant))
        for left_out in range(len(givens)):
            fewer = [world for world in every if all(true(f, world, {}) for f in _without(premises, left_out))]
            if not all(true(claim, world, {}) for world in fewer):
                changed += 1
                assert outcome(chain, _without(givens, left_out), claim) in ("wrong", "unknown")
    assert changed > count


def _without(items, position):
    return [*items[:position], *items[position + 1 :]]


def outcome(chain, givens, claim) -> str:
    text = render_formula(claim)
    return verify_chain(chain(" ; ".join(givens), f"{text} ; answer true", truth=text)).outcome


# What costs most: many premises, many steps, search without an end. Answered soon, whatever the answer is.

ORDER = ["forall X. exists Y. r(X, Y)", "forall X. forall Y. r(X, Y) -> ~r(Y, X)"]
ORDER += ["forall X. forall Y. forall Z. r(X, Y) & r(Y, Z) -> r(X, Z)"]
GROUP = [
    "forall X. forall Y. forall Z. m(m(X, Y), Z) = m(X, m(Y, Z))",
    "forall X. m(e, X) = X",
    "forall X. m(i(X), X) = e",
]
HOSTILE = {
    "no finite world": (ORDER, ["exists X. forall Y. r(X, Y)"] * 5),
    "groups": (GROUP, ["forall X. m(X, i(X)) = e", "forall X. forall Y. m(X, Y) = m(Y, X)"] * 3),
    "pigeons": (
        [f"hole{i}(p{j}) | {' | '.join(f'hole{k}(p{j})' for k in range(8) if k != i)}" for i in (0,) for j in range(9)]
        + [f"~(hole{k}(p{i}) & hole{k}(p{j}))" for k in range(5) for i in range(9) for j in range(i)],
        ["q"],
    ),
    "many steps": (["forall X. p(X) | q(X)", "forall X. p(X) -> r(X)"], [f"r(a{i}) | q(a{i})" for i in range(300)]),
    "much that does not follow": ([f"p{i} | q{i}" for i in range(150)], [f"p{i}" for i in range(100)]),
    "many premises": ([f"p{i} | q{i}" for i in range(2_000)], ["p0"]),
    "many names": ([f"(a{i} = a{i + 1})" for i in range(150)], ["(a0 = a150)", "(a0 = b)"]),
    "many variables": (["forall A. forall B. forall C. forall D. forall E. r(A, B, C, D, E)", "p(a) & p(b)"], ["q"]),
    "deep terms": ([f"p({'f(' * 90}a{')' * 90})", "forall X. p(f(X)) -> p(X)"], ["p(a)"]),
    "deep formulas": (["~" * 95 + "p"], ["(" * 95 + "p" + ")" * 95]),
    "a long disjunction": ([" | ".join(f"p{i}" for i in range(290))], ["p3"]),
    "rules by name": (["p -> q", "p"], [f"by: mp g0, g1 |- {'(' * i}q{')' * i}" for i in range(90)]),
    "resolution": (
        [" | ".join(f"~p(f{i}(a)) | p(b{i})" for i in range(20)), " | ".join(f"p(f{i}(a))" for i in range(20))],
        ["by: resolution g0, g1 |- p(b1)"],
    ),
    "terms that grow": (
        [
            "forall A. forall B. forall C. forall D. forall E. forall F. forall G. forall H. p(A, f(A, A), B, f(B, B), "
            "C, f(C, C), D, f(D, D), E, f(E, E), F, f(F, F), G, f(G, G), H) | q",
            "forall A. forall B. forall C. forall D. forall E. forall F. forall G. forall H. ~p(f(B, B), B, f(C, C), "
            "C, f(D, D), D, f(E, E), E, f(F, F), F, f(G, G), G, f(H, H), H, A)",
        ],
        ["by: resolution g0, g1 |- q"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_chains_are_answered_soon(name):
    givens, steps = HOSTILE[name]
    begun = time.process_time()
    report = verify_chain(chain_from_record({"givens": givens, "steps": steps}))
    assert len(report.verdicts) == len(steps)
    assert time.process_time() - begun < 10  # 2 s by benchmarks/fuzz.py; here what has no end is caught
