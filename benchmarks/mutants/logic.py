"""Propositional, Horn and first-order logic, steps with their rules, defeasible rules. The oracles: every small world,
and the definition of what defeasible rules conclude.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from mutants.cases import Case, Problem, Words, mutated
from mutants.twins import beside_the_tests
from mutants.worlds import follows
from reasonlab.language.claims import parse_claim
from reasonlab.language.defeasible import Concluded, Defeasible, Holds, Prefers
from reasonlab.language.formulas import (
    Atom,
    Connective,
    Formula,
    Not,
    atom_of,
    is_variable,
    parse_formula,
    render_formula,
)
from reasonlab.language.justified import Justified

FIRSTORDER, PROOFS, DEFEASIBLE = map(beside_the_tests, ("test_firstorder", "test_proofs", "test_defeasible"))


def propositional(rng: random.Random) -> Iterator[Case]:
    """Random premises, and of random formulas those that follow."""
    draw = FormulaDraw(rng, "pqrs")
    givens = [draw.formula(2) for _ in range(rng.randint(2, 4))]
    if follows(givens, [], [1]) is None:
        return
    steps = [
        claim for claim in (draw.formula(rng.choice([0, 1, 2])) for _ in range(8)) if follows(givens, [claim], [1])
    ]
    if steps:
        yield from _formulas(rng, givens, steps[:3], [1], complete=True)


def horn(rng: random.Random) -> Iterator[Case]:
    """Facts and rules about two individuals, and what they lead to, forward."""
    people, kinds = ("ann", "bob"), ("red", "big", "old")
    facts = [_literal(rng, kinds, people) for _ in range(rng.randint(1, 3))]
    rules = []
    for _ in range(rng.randint(1, 3)):
        body = rng.sample(kinds, rng.choice([1, 1, 2]))
        head = rng.choice([kind for kind in kinds if kind not in body])
        signs = [rng.choice(["", "", "~"]) for _ in range(len(body) + 1)]
        texts = [f"{sign}{kind}(X)" for sign, kind in zip(signs, [*body, head])]
        rules.append(parse_formula(f"forall X. {' & '.join(texts[:-1])} -> {texts[-1]}"))
    givens = [*facts, *rules]
    rng.shuffle(givens)
    sizes = [1, 2, 3]
    if follows(givens, [], sizes) is None:
        return
    every = [Atom(kind, (who,)) for kind in kinds for who in people]
    literals = [sign(atom) for atom in every for sign in (lambda atom: atom, Not)]
    steps = [each for each in literals if each not in facts and follows(givens, [each], sizes)]
    if steps:
        yield from _formulas(rng, givens, rng.sample(steps, min(3, len(steps))), sizes, complete=True)


def first_order(rng: random.Random) -> Iterator[Case]:
    """Random formulas with identity, a function and nested quantifiers; not what only holds in small worlds."""
    givens = [FIRSTORDER.random_formula(rng, 2) for _ in range(rng.randint(1, 3))]
    if follows(givens, [], [1, 2]) is None:
        return
    claims = [FIRSTORDER.random_formula(rng, 2) for _ in range(4)]
    claim = next((each for each in claims if follows(givens, [each], [1, 2])), None)
    if claim is None:
        return
    problem = Problem(tuple(givens), (claim,), claim)
    if FIRSTORDER.verify_chain(FIRSTORDER.chain_from_record(problem.record())).outcome == "proved":
        yield from _formulas(rng, givens, [claim], [1, 2], complete=False)


def _literal(rng: random.Random, kinds: tuple[str, ...], people: tuple[str, ...]) -> Formula:
    atom = Atom(rng.choice(kinds), (rng.choice(people),))
    return atom if rng.random() < 0.7 else Not(atom)


def _formulas(
    rng: random.Random, givens: list[Formula], steps: list[Formula], sizes: list[int], *, complete: bool
) -> Iterator[Case]:
    """`complete`: what holds in the worlds of these sizes follows, and givens true in none of them contradict."""

    def holds(problem: Problem) -> bool | None:
        known = follows(problem.givens, problem.claims, sizes)  # type: ignore[arg-type]
        return False if known is None and complete else known

    problem = Problem(tuple(givens), tuple(steps), steps[-1])
    yield from mutated(problem, holds, rng, Words.of((*givens, *steps)).variants, ["false"])


class FormulaDraw:
    """Random formulas of propositional logic."""

    def __init__(self, rng: random.Random, letters: str) -> None:
        self.rng, self.letters = rng, letters

    def formula(self, depth: int) -> Formula:
        if depth == 0 or self.rng.random() < 0.2:
            return Atom(self.rng.choice(self.letters))
        if self.rng.random() < 0.25:
            return Not(self.formula(depth - 1))
        return Connective(self.rng.choice(["&", "|", "->", "<->"]), self.formula(depth - 1), self.formula(depth - 1))


# Steps with their rules.

SUBPROOFS = [
    (
        "p | q ; p -> r ; q -> r",
        "assumption [p] |- p ; modus-ponens g1, s0 [p] |- r ; conditional-introduction s1 |- p -> r ;"
        "assumption [q] |- q ; modus-ponens g2, s3 [q] |- r ; disjunction-elimination g0, s1, s4 |- r",
    ),
    (
        "p -> q ; ~q",
        "assumption [p] |- p ; modus-ponens g0, s0 [p] |- q ; explosion s1, g1 [p] |- r & ~r ;"
        "negation-introduction s2 |- ~p",
    ),
    ("p -> q ; q -> r", "hypothetical-syllogism g0, g1 |- p -> r ; contraposition s0 |- ~r -> ~p"),
    (
        "p & q ; q -> r",
        "conjunction-elimination g0 |- q ; modus-ponens g1, s0 |- r ; disjunction-introduction s1 |- r | s",
    ),
    ("p | q ; ~p ; ~q | r", "disjunctive-syllogism g0, g1 |- q ; resolution g0, g2 |- p | r ; reiteration s1 |- p | r"),
]
RULES = tuple(PROOFS.RULES)


def proofs(rng: random.Random) -> Iterator[Case]:
    """Proofs by rules, with formulas in the place of their letters."""
    if rng.random() < 0.5:
        known, said = rng.choice(SUBPROOFS)
        texts = [f"by: {each.strip()}" for each in said.split(";")]
    else:
        rule, known, conclusion = rng.choice(
            [each for each in PROOFS.LICENSED if "X" not in each[1] + each[2] and "(" not in each[2]]
        )
        cites = ", ".join(f"g{i}" for i in range(len(known.split(";")) if known else 0))
        texts = [f"by: {rule} {cites} |- {conclusion}"]
    letters = iter(rng.sample("pqrstuvw", 8))
    plain = any("resolution" in text or "explosion" in text for text in texts)  # clauses and contradictions stay such
    by = {letter: Atom(next(letters)) if plain else _part(rng, letters) for letter in "pqrs"}
    givens = tuple(PROOFS.filled(parse_formula(each), by) for each in known.split(";") if each)
    steps = tuple(_justified(parse_claim(text), by) for text in texts)  # type: ignore[arg-type]
    if follows(givens, [], [1]) is None:
        return
    problem = Problem(givens, steps, steps[-1].conclusion)
    cites_ = tuple(f"{kind}{i}" for kind, items in (("g", givens), ("s", steps)) for i in range(len(items)))
    variants = Words.of((*givens, *(step.conclusion for step in steps)), RULES, cites_).variants
    yield from mutated(problem, _sequents, rng, variants, ["false"])


def _part(rng: random.Random, letters: Iterator[str]) -> Formula:
    atom = Atom(next(letters))
    return rng.choice([atom, Connective("&", atom, Atom(next(letters)))])


def _justified(step: Justified, by: dict[str, Formula]) -> Justified:
    assumptions = tuple(PROOFS.filled(each, by) for each in step.assumptions)
    return Justified(step.rule, step.cites, assumptions, PROOFS.filled(step.conclusion, by))


def _sequents(problem: Problem) -> bool | None:
    """Whether each step follows from what it cites alone, under its assumptions, and the answer from the givens."""
    givens: tuple[Any, ...] = problem.givens
    steps: tuple[Any, ...] = problem.steps
    known: dict[str, Formula] = {f"g{i}": given for i, given in enumerate(givens)}
    for position, step in enumerate(steps):
        if not all(cite in known for cite in step.cites) or not follows(
            [known[cite] for cite in step.cites], [step.statement], [1]
        ):
            if all(cite in known for cite in step.cites) and follows([known[c] for c in step.cites], [], [1]) is None:
                return None  # whatever is cited is contradictory: everything follows
            return False
        known[f"s{position}"] = step.statement
    found = follows(givens, problem.claims[len(steps) :], [1])
    return False if found is None else found


# Defeasible rules.


def defeasible(rng: random.Random) -> Iterator[Case]:
    """Facts, rules that may disagree, preferences, and what can be concluded."""
    letters, people = "pqrst", ("a", "b")
    facts = {Atom(letter, (who,)) for letter in letters[:2] for who in people if rng.random() < 0.6}
    rules = []
    for number in range(rng.randint(2, 5)):
        head = rng.randrange(1, len(letters))
        who = rng.choice(["X", "X", "X", *people])
        body = [
            f"{rng.choice(['', '', '~'])}{letters[rng.randrange(head)]}({who})" for _ in range(rng.choice([1, 1, 2]))
        ]
        sign = rng.choice(["", "~"])
        quantifier = "forall X. " if who == "X" else ""
        rules.append(parse_claim(f"rule: R{number}: {quantifier}{' & '.join(body)} -> {sign}{letters[head]}({who})"))
    pairs = [(one.name, two.name) for one in rules for two in rules if one.name < two.name and rng.random() < 0.3]
    givens = (*map(Holds, sorted(facts, key=render_formula)), *rules, *(Prefers(*pair) for pair in pairs))
    theory = Theory(givens)
    literals = [sign(Atom(letter, (who,))) for letter in letters for who in people for sign in (lambda atom: atom, Not)]
    concluded = [each for each in literals if each not in facts and theory.concludes(each)]
    if concluded:
        chosen = rng.sample(concluded, min(3, len(concluded)))
        reasons = [(rng.choice(theory.reasons(each)), each) for each in chosen]
        steps = (*(Concluded(*each) for each in reasons), Holds(chosen[-1]))
        names = tuple(rule.name for rule in rules)
        yield from mutated(
            Problem(givens, steps, steps[-1]), _concluded, rng, Words.of((*givens, *steps), names).variants, ["false"]
        )


def _concluded(problem: Problem) -> bool | None:
    """Whether the definition concludes every step and the answer. It has none for rules that hang on themselves."""
    try:
        theory = Theory(problem.givens)
        return theory.consistent and all(theory.answers(claim) for claim in problem.claims)
    except RecursionError:
        return None


class Theory:
    """The definition of what rules conclude, over two individuals."""

    def __init__(self, givens: tuple[Any, ...]) -> None:
        self.rules_for: dict[Any, list[Any]] = {}
        self.better = {(each.better, each.worse) for each in givens if isinstance(each, Prefers)}
        self.facts = {_key(each.literal, "X") for each in givens if isinstance(each, Holds)}
        for each in givens:
            if isinstance(each, Defeasible):
                literals = (*each.rule.body, each.rule.head)
                free = any(is_variable(name) for literal in literals for name in atom_of(literal).names)
                for who in ("a", "b") if free else ("X",):
                    head = _key(each.rule.head, who)
                    body = tuple(_key(literal, who) for literal in each.rule.body)
                    self.rules_for.setdefault(head, []).append(Instance(each.name, body))
        self.definition = DEFEASIBLE.Definition(self, self.facts)

    @property
    def consistent(self) -> bool:
        """Whether no fact contradicts another, and no rule is preferred to itself."""
        reach = set(self.better)
        while more := {(a, d) for (a, b), (c, d) in product(reach, reach) if b == c} - reach:
            reach |= more
        return not any((not sign, *rest) in self.facts for sign, *rest in self.facts) and not any(
            a == b for a, b in reach
        )

    def preferred(self, one: Instance, two: Instance) -> bool:
        return (one.rule, two.rule) in self.better

    def concludes(self, literal: Formula) -> bool:
        return bool(self.definition.concluded(_key(literal, "X")))

    def reasons(self, literal: Formula) -> list[str]:
        """The rules that apply and lead to a literal."""
        rules = self.rules_for.get(_key(literal, "X"), ())
        return [each.rule for each in rules if self.definition.applies(each)]

    def answers(self, claim: Any) -> bool:
        if isinstance(claim, Concluded):
            return self.concludes(claim.literal) and claim.rule in self.reasons(claim.literal)
        return self.concludes(Not(claim.operand.literal) if isinstance(claim, Not) else claim.literal)


class Instance:
    """A rule about one individual."""

    def __init__(self, rule: str, body: tuple[Any, ...]) -> None:
        self.rule, self.body = rule, body


def _key(literal: Formula, who: str) -> tuple[bool, str, tuple[str, ...]]:
    sign = True
    while isinstance(literal, Not):
        sign, literal = not sign, literal.operand
    atom = atom_of(literal)
    return (sign, atom.predicate, tuple(who if is_variable(name) else name for name in atom.names))


FAMILIES: dict[str, Callable[[random.Random], Iterator[Case]]] = {
    "propositional": propositional,
    "horn": horn,
    "first-order": first_order,
    "natural deduction": proofs,
    "defeasible": defeasible,
}
