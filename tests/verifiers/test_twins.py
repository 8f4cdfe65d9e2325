"""Law 4: every fast path equals its slow twin, on random cases."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from reasonlab.language.chains import Chain, Step
from reasonlab.language.claims import parse_claim
from reasonlab.language.formulas import render_formula
from reasonlab.verifiers import verify_chain

SLOW = [pytest.param(seed, seed % 2 == 0, 150, marks=pytest.mark.slow) for seed in range(10, 30)]
ALL = {"entailed", "refuted", "unsupported", "contradiction"}


def judged(givens, claims, modulus=None):
    """The status of each claim by itself, or "contradiction" for all."""
    steps = tuple(Step(str(i), claim) for i, claim in enumerate(claims))
    chain = Chain("c", tuple(Step(str(given), given) for given in givens), None, steps, None, modulus)
    report = verify_chain(chain)
    if report.reason and "contradict" in report.reason:
        assert {verdict.status for verdict in report.verdicts} == {"unknown"}
        return ["contradiction"] * len(claims), report
    return [verdict.status for verdict in report.verdicts], report


def random_term(rng, names, modulus, depth=2):
    if depth == 0 or rng.random() < 0.3:
        return rng.choice([*names, *names, str(rng.randrange(modulus))])
    left, right = (random_term(rng, names, modulus, depth - 1) for _ in range(2))
    return f"({left} {rng.choice('+-*')} {right})"


def random_modular(rng):
    modulus = rng.choice([2, 3, 4, 5, 6])
    names = "abcd"
    givens = []
    for name in rng.sample(names, rng.randint(1, 4)):
        term = str(rng.randrange(modulus)) if rng.random() < 0.4 else random_term(rng, names, modulus, 1)
        givens.append(f"{name} = {term}")
    if rng.random() < 0.2:
        givens.append(f"{random_term(rng, names, modulus, 1)} = {rng.randrange(modulus)}")
    claims = []
    for _ in range(4):
        terms = [random_term(rng, names, modulus) for _ in range(rng.choice([2, 2, 3]))]
        if rng.random() < 0.4:
            terms[-1] = str(rng.randrange(modulus))
        claims.append(" = ".join(terms))
    claims.append(rng.choice(givens))
    return modulus, [parse_claim(g, modulus=modulus) for g in givens], [parse_claim(c, modulus=modulus) for c in claims]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))])
def test_arithmetic_mod_p_equals_every_world(oracle, seed):
    rng, seen = random.Random(seed), Counter()
    for _ in range(60):
        modulus, givens, claims = random_modular(rng)
        found, report = judged(givens, claims, modulus)
        expected = [oracle.modular_status(givens, claim, modulus) for claim in claims]
        assert found == expected, (modulus, givens, claims)
        seen.update(found)
        keys = {f"g{i}": given for i, given in enumerate(givens)} | {f"s{i}": claim for i, claim in enumerate(claims)}
        for verdict, claim in zip(report.verdicts, claims):
            if verdict.status in ("entailed", "refuted"):
                premises = [keys[premise] for premise in verdict.premises]
                assert oracle.modular_status(premises, claim, modulus) == verdict.status  # they are enough
    assert set(seen) == ALL


def random_literal(rng, names):
    text = f"{rng.choice('pqr')}({rng.choice(names)})"
    return text if rng.random() < 0.6 else f"~{text}"


def random_rule(rng, names):
    body = " & ".join(random_literal(rng, names) for _ in range(rng.choice([1, 1, 2])))
    rule = f"{body} -> {random_literal(rng, names)}"
    return f"forall X. {rule}" if names == ("X",) else rule


def random_monadic(rng, beyond):
    """Facts and rules over two individuals; with `beyond`, also disjunctions and negated conjunctions."""
    people = ("ann", "bob")

    def other():
        left, right = random_literal(rng, people), random_literal(rng, people)
        return rng.choice([f"{left} | {right}", f"~({left} & {right})", f"{left} <-> {right}", f"{left} -> ({right})"])

    givens = [random_literal(rng, people) for _ in range(rng.randint(0, 3))]
    givens += [random_rule(rng, ("X",) if rng.random() < 0.8 else people) for _ in range(rng.randint(1, 4))]
    if beyond:
        givens += [other() for _ in range(rng.randint(1, 2))]
    claims = [random_literal(rng, people) for _ in range(4)] + [random_rule(rng, ("X",))]
    if beyond:
        claims.append(other())
    rng.shuffle(givens)
    return [parse_claim(g) for g in givens], [parse_claim(c) for c in claims]


@pytest.mark.parametrize(("seed", "beyond", "count"), [(1, False, 100), (3, True, 15), *SLOW])
def test_logic_equals_every_world(oracle, seed, beyond, count):
    rng, seen = random.Random(seed), Counter()
    for _ in range(count):
        givens, claims = random_monadic(rng, beyond)
        found, report = judged(givens, claims)
        expected = [oracle.monadic_status(givens, claim, ("ann", "bob")) for claim in claims]
        assert found == expected, (list(map(render_formula, givens)), list(map(render_formula, claims)), expected)
        seen.update(found)
        keys = {f"g{i}": given for i, given in enumerate(givens)} | {f"s{i}": claim for i, claim in enumerate(claims)}
        for verdict, claim in zip(report.verdicts, claims):
            if verdict.status in ("entailed", "refuted"):
                premises = [keys[premise] for premise in verdict.premises]
                assert oracle.monadic_status(premises, claim, ("ann", "bob")) == verdict.status
    assert set(seen) == ALL


def linear(rng, names):
    parts = [f"{rng.randint(1, 3)} * {name}" for name in rng.sample(names, rng.randint(1, 2))]
    return f"{' - '.join(parts)} + {rng.randint(0, 3)}"


def test_linear_algebra_equals_z3(oracle):
    rng, seen = random.Random(5), Counter()
    for _ in range(60):
        givens = [f"{linear(rng, 'xyz')} = {rng.randint(0, 4)}" for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.3:
            givens.append(f"x = {rng.randint(0, 3)}")
        claims = [f"{linear(rng, 'xyz')} = {linear(rng, 'xyz')}", f"x = {rng.randint(-2, 3)}", "2 * x - x + y = y + x"]
        if rng.random() < 0.5:
            combined = [given.split(" = ") for given in givens[:2]]
            claims.append(
                f"{' + '.join(f'({left})' for left, _ in combined)} = {' + '.join(right for _, right in combined)}"
            )
        givens, claims = [parse_claim(g) for g in givens], [parse_claim(c) for c in claims]
        found, report = judged(givens, claims)
        assert found == [oracle.real_status(givens, claim) for claim in claims], (givens, claims)
        seen.update(found)
        keys = {f"g{i}": given for i, given in enumerate(givens)} | {f"s{i}": claim for i, claim in enumerate(claims)}
        for verdict, claim in zip(report.verdicts, claims):
            if verdict.status in ("entailed", "refuted"):
                premises = [keys[premise] for premise in verdict.premises]
                assert oracle.real_status(premises, claim) == verdict.status
    assert set(seen) == ALL


def test_polynomials_equal_z3(oracle):
    rng, seen = random.Random(6), Counter()
    for _ in range(12):
        root, other = rng.randint(-3, 3), rng.randint(-3, 3)
        givens = [f"x ^ 2 - {root + other} * x + {root * other} = 0".replace("- -", "+ ").replace("+ -", "- ")]
        givens += rng.sample(
            [f"x > {rng.randint(-3, 3)}", f"y = x * x + {rng.randint(0, 2)}", f"x = {root}"], rng.randint(0, 2)
        )
        claims = [
            f"x = {root}",
            f"x ^ 3 = {rng.choice([root**3, 5])}",
            "x ^ 2 >= 0",
            f"y < {rng.randint(-1, 9)}",
            "x * x + 1 = 0",
        ]
        givens, claims = [parse_claim(g) for g in givens], [parse_claim(c) for c in claims]
        found, _ = judged(givens, claims)
        assert found == [oracle.real_status(givens, claim) for claim in claims], (givens, claims)
        seen.update(found)
    assert set(seen) >= {"entailed", "refuted", "unsupported"}
