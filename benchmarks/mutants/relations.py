"""Arithmetic, algebra, rewriting and rounded numbers. The oracles: every residue, and Z3 on the terms as they stand."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import z3

from mutants.cases import Case, Change, Problem, Words, mutated, rewordings
from mutants.twins import beside_the_tests
from reasonlab.language.claims import Compare, Equal, parse_claim
from reasonlab.language.errors import ParseError
from reasonlab.language.relations import System
from reasonlab.language.rewriting import Rewrite
from reasonlab.language.terms import (
    Binary,
    Negate,
    Number,
    Symbol,
    Term,
    number_term,
    parse_term,
    render_term,
    substitute,
)

ROUNDING = beside_the_tests("rounding_oracle")
RLIMIT = 5_000  # of Z3 for one question; beyond it the oracle does not know


class Undefined(Exception):
    """A division by zero."""


# Residues: every world.


def residues(rng: random.Random) -> Iterator[Case]:
    """Definitions mod p, and steps of definition, substitution and value."""
    modulus = rng.choice([2, 3, 5, 7, 10])
    givens, steps, values = _definitions(rng, rng.randint(2, 3), modulus)
    names = list(values)
    problem = Problem(givens, steps, names[-1], str(values[names[-1]]), modulus)
    variants = Words.of((*givens, *steps)).variants
    yield from mutated(problem, _in_every_world, rng, variants, [str((values[names[-1]] + 1) % modulus)])


def _in_every_world(problem: Problem) -> bool | None:
    claims, modulus = problem.claims, problem.modulus
    assert modulus is not None
    names = sorted(Words.of((*problem.givens, *claims)).symbols)
    worlds = (dict(zip(names, values)) for values in product(range(modulus), repeat=len(names)))
    if not all(isinstance(each, Equal) and each.modulus == modulus for each in (*problem.givens, *claims)):
        return None
    allowed = [world for world in worlds if all(_congruent(given, world) for given in problem.givens)]  # type: ignore[arg-type]
    return bool(allowed) and all(_congruent(claim, world) for world in allowed for claim in claims)


def _congruent(claim: Equal, world: dict[str, int]) -> bool:
    assert claim.modulus is not None
    return len({evaluated(term, world) % claim.modulus for term in claim.terms}) == 1


def evaluated(term: Term, world: Any) -> Any:
    """Raises Undefined."""
    match term:
        case Number(value):
            return int(value) if value.denominator == 1 else value
        case Symbol(name):
            return world[name]
        case Negate(operand):
            return -evaluated(operand, world)
        case Binary(operator, left, right):
            one, two = evaluated(left, world), evaluated(right, world)
            if operator == "/":
                if two == 0:
                    raise Undefined
                return Fraction(one) / two
            return {"+": one + two, "-": one - two, "*": one * two}[operator] if operator != "^" else one**two
    raise TypeError(term)


def _definitions(
    rng: random.Random, count: int, modulus: int | None
) -> tuple[tuple[Equal, ...], tuple[Equal, ...], dict[str, Any]]:
    """Variables defined one by another, the steps that compute them, and their values."""
    values: dict[str, Any] = {}
    givens, steps = [], []
    for name in rng.sample("abcdefgh", count):
        while True:
            term = _term(rng, list(values), modulus)
            try:
                value = evaluated(term, values)
            except Undefined:
                continue
            if modulus or value >= 0 or _is_decimal(value):  # an answer is written as one number
                break
        value = value % modulus if modulus else Fraction(value)
        known = {each: number_term(values[each]) for each in values}
        givens.append(Equal((Symbol(name), term), modulus))
        stages = dict.fromkeys([term, substitute(term, known), number_term(value)])
        steps.append(Equal((Symbol(name), *stages), modulus))
        values[name] = value
    return tuple(givens), tuple(steps), values


def _is_decimal(value: Any) -> bool:
    return (Fraction(value) * 10**6).denominator == 1


def _term(rng: random.Random, names: list[str], modulus: int | None) -> Term:
    if not names:
        return Number(Fraction(rng.randint(0, (modulus or 30) - 1), 1 if modulus else rng.choice([1, 1, 1, 2, 10])))
    left: Term = Symbol(rng.choice(names))
    if modulus is None and rng.random() < 0.25:
        return Binary("/", left, Number(Fraction(rng.randint(2, 9))))
    right: Term = Symbol(rng.choice(names)) if rng.random() < 0.6 else Number(Fraction(rng.randint(1, 6)))
    term = Binary(rng.choice("+-*"), left, right)
    if rng.random() < 0.3:
        term = Binary(rng.choice("+-*"), term, Symbol(rng.choice(names)))
    return term


# Real numbers: Z3 on the terms as they stand.


def definitions(rng: random.Random) -> Iterator[Case]:
    """Integers, decimals and ratios: definitions and the steps that compute them."""
    givens, steps, values = _definitions(rng, rng.randint(2, 5), None)
    name = list(values)[-1]
    answer, *others = (render_term(number_term(values[name] + change)) for change in (0, 1, Fraction(1, 2)))
    yield from _solved(rng, Problem(givens, steps, name, answer), others)


def linear(rng: random.Random) -> Iterator[Case]:
    """Linear equations with a solution, combinations of them, and what they settle."""
    names = rng.sample("xyz", rng.randint(1, 3))
    point = {name: rng.randint(-5, 5) for name in names}
    givens = []
    for _ in names:
        left = " + ".join(f"{rng.randint(1, 4)} * {name}" for name in rng.sample(names, rng.randint(1, len(names))))
        givens.append(f"{left} = {evaluated(parse_term(left), point)}".replace("+ -", "- "))
    proposed = [f"{name} = {value}" for name, value in point.items()]
    if len(givens) > 1:
        (one, other), (two, another) = (given.split(" = ") for given in givens[:2])
        proposed.insert(0, f"{one} - ({two}) = {other} - ({another})")
    proposed.insert(0, f"{rng.randint(2, 3)} * ({givens[0].split(' = ')[0]}) = 2 * ({givens[0].split(' = ')[1]})")
    yield from _proposed(rng, givens, proposed)


def polynomial(rng: random.Random) -> Iterator[Case]:
    """A quadratic equation by its roots, what tells them apart, powers and cases."""
    one, two = rng.randint(-4, 4), rng.randint(-4, 4)
    givens = [f"x ^ 2 - ({one + two}) * x + ({one * two}) = 0"]
    more = [f"x > {min(one, two)}", f"x < {max(one, two)}", f"y = x * x + {rng.randint(0, 3)}", f"x != {two}"]
    givens += rng.sample(more, rng.randint(0, 3))
    proposed = [
        f"(x - {one}) * (x - {two}) = 0".replace("- -", "+ "),
        f"x = {one} or x = {two}",
        f"x ^ 2 >= {rng.randint(0, 4)}",
    ]
    proposed += [
        f"x = {one}",
        f"x = {two}",
        f"x ^ 3 = {one**3}",
        f"y >= {rng.randint(0, 3)}",
        f"y > x + {rng.randint(-3, 3)}",
    ]
    yield from _proposed(rng, givens, proposed, ("power", "variable"))  # of higher roots Z3 may take minutes


def inequalities(rng: random.Random) -> Iterator[Case]:
    """Inequalities between linear terms and what adds up from them."""
    low, gap, high = rng.randint(-3, 3), rng.randint(0, 3), rng.randint(4, 9)
    givens = [f"x {rng.choice(['>', '>='])} {low}", f"y {rng.choice(['>', '>='])} x + {gap}", f"y + z <= {high}"]
    proposed = [
        f"y > {low + gap - rng.randint(0, 1)}",
        f"x + y >= {2 * low + gap}",
        f"z < {high - low - gap + rng.randint(0, 1)}",
        f"-2 * x <= {-2 * low}",
        f"x != {low - rng.randint(1, 3)}",
        f"2 * y - x > {low + 2 * gap - 1}",
        "y >= x or y <= x",
        f"x - y <= {-gap} and x >= {low}",
    ]
    yield from _proposed(rng, givens, rng.sample(proposed, 3))


def _proposed(
    rng: random.Random, givens: list[str], proposed: list[str], without: Sequence[str] = ()
) -> Iterator[Case]:
    """The chain of those proposed that follow; the last is what is asked."""
    known = tuple(map(parse_claim, givens))
    steps = [claim for claim in map(parse_claim, proposed) if _among_reals(known, (claim,))]
    if steps:
        yield from _solved(rng, Problem(known, tuple(steps), steps[-1]), ["false"], without)


def _solved(rng: random.Random, problem: Problem, answers: list[str], without: Sequence[str] = ()) -> Iterator[Case]:
    words = Words.of((*problem.givens, *problem.steps))

    def variants(item: Any) -> Iterator[Change]:
        return (change for change in words.variants(item) if change[0] not in without)

    yield from mutated(problem, lambda each: _among_reals(each.givens, each.claims), rng, variants, answers)


def _among_reals(givens: tuple[Any, ...], claims: tuple[Any, ...]) -> bool | None:
    """Each question has a context of its own: what was asked before would change Z3's ways, and its time."""
    reals = Reals(z3.Context())
    solver = z3.SolverFor("QF_NRA", ctx=reals.context)
    solver.set(rlimit=RLIMIT)
    try:
        solver.add(*map(reals.formula, givens))
        together = z3.And(*map(reals.formula, claims))
    except Undefined:
        return False
    except KeyError:  # a division by a variable
        return None
    possible = solver.check()
    if possible != z3.sat:
        return False if possible == z3.unsat else None
    solver.add(z3.Not(together))
    fails = solver.check()
    return None if fails == z3.unknown else fails == z3.unsat


@dataclass(frozen=True)
class Reals:
    """Claims as Z3's formulas."""

    context: z3.Context

    def formula(self, claim: Any) -> Any:
        match claim:
            case Rewrite(stages):
                first, *others = map(self.formula, stages)
                return z3.And(*(first == other for other in others))
            case System(cases):
                return z3.Or(*(z3.And(*map(self.formula, case)) for case in cases))
            case Equal(terms):
                value, *values = map(self.value, terms)
                return z3.And(*(value == other for other in values))
            case Compare(one, operator, two):
                left, right = self.value(one), self.value(two)
                return {
                    "<": left < right,
                    "<=": left <= right,
                    ">": left > right,
                    ">=": left >= right,
                    "!=": left != right,
                }[operator]
        return z3.Not(self.formula(claim.operand))

    def value(self, term: Term) -> Any:
        match term:
            case Number(value):
                return z3.Q(value.numerator, value.denominator, self.context)
            case Symbol(name):
                return z3.Real(name, self.context)
            case Negate(operand):
                return -self.value(operand)
            case Binary("^", left, Number(exponent)):
                power = z3.RealVal(1, self.context)
                for _ in range(int(exponent)):
                    power = power * self.value(left)
                return power
            case Binary("/", left, right):
                divisor = evaluated(right, {})  # a number: generators divide by nothing else
                if divisor == 0:
                    raise Undefined
                return self.value(left) / z3.Q(*Fraction(divisor).as_integer_ratio(), self.context)
            case Binary(operator, left, right):
                one, two = self.value(left), self.value(right)
                return {"+": one + two, "-": one - two, "*": one * two}[operator]
        raise TypeError(term)


# Rewriting.


def rewriting(rng: random.Random) -> Iterator[Case]:
    """Equations and inequalities solved by steps that keep the solutions."""
    a, b = rng.sample(range(-4, 5), 2)
    low, high, factor, shift = min(a, b), max(a, b), rng.randint(2, 4), rng.randint(1, 5)
    product_, expanded = f"(x - ({a})) * (x - ({b}))", f"x ^ 2 - ({a + b}) * x + ({a * b})"
    stages = rng.choice(
        [
            [f"{factor} * x + {shift} = {factor * a + shift}", f"{factor} * x = {factor * a}", f"x = {a}"],
            [f"{expanded} = 0", f"{product_} = 0", f"x = {a} or x = {b}"],
            [f"{product_} < 0", f"x > {low} and x < {high}"],
            [f"{product_} >= 0", f"x <= {low} or x >= {high}"],
            [f"-{factor} * x < {-factor * a}", f"x > {a}"],
            [f"x ^ 2 = {a * a}", f"(x - ({a})) * (x + ({a})) = 0", f"x = {a} or x = {-a}"],
            [f"x + y = {a + b} and x - y = {a - b}", f"2 * x = {2 * a} and x + y = {a + b}", f"x = {a} and y = {b}"],
        ]
    )
    last, way = parse_claim(stages[-1]), parse_claim(f"rewrite: {' => '.join(stages)}")
    problem = Problem((parse_claim(stages[0]),), (way,), last)
    yield from _solved(rng, problem, ["false"])


# Rounded numbers: their text counts, so words of the text are changed.


def rounded(rng: random.Random) -> Iterator[Case]:
    """A calculation with rounded numbers and its rounded result."""
    numbers = [f"{rng.randrange(1, 100) / 10**places:.{places}f}" for places in rng.choices([0, 1, 2], k=3)]
    term = f"{numbers[0]} {rng.choice('+-*/')} ({numbers[1]} {rng.choice('+-*')} {numbers[2]})"
    try:
        value = evaluated(parse_term(term), {})
    except Undefined:
        return
    text = f"rounded: {term} = {round(float(value), 2):.2f}"
    if not _rounds(problem := Problem((), (text,), {"truth": text})):
        return
    other = [f"{rng.randrange(1, 1000) / 10**places:.{places}f}" for places in (0, 1, 2, 2)]
    yield from mutated(problem, _rounds, rng, rewordings([*numbers, *other, text.split()[-1]], "+-*/"))


def _rounds(problem: Problem) -> bool | None:
    try:
        return all(ROUNDING.judge(parse_claim(step)) == "entailed" for step in problem.steps)  # type: ignore[arg-type]
    except ParseError:  # two words that changed places
        return False


FAMILIES = {
    "arithmetic": definitions,
    "arithmetic mod p": residues,
    "linear": linear,
    "polynomial": polynomial,
    "inequalities": inequalities,
    "rewriting": rewriting,
    "rounding": rounded,
}
