"""A right chain and its mutants: what can be changed in any chain, and in the claims and texts that it is made of."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from reasonlab.language.claims import Claim, Compare, Equal, render_claim
from reasonlab.language.defeasible import Concluded, Prefers
from reasonlab.language.formulas import Apply, Atom, Connective, Identity, Not, Quantified, is_variable
from reasonlab.language.justified import Justified
from reasonlab.language.terms import Binary, Negate, Number, Symbol, parse_term

COMPARED = ("<", "<=", ">", ">=", "!=")
MUTANTS = 8  # of one right chain

Record = dict[str, Any]
Item = Claim | str  # of a chain: a claim, or its text
Change = tuple[str, Any]  # what was changed, and what came of it


@dataclass(frozen=True)
class Case:
    """A right chain, the same with one thing changed, and whether a claim or the answer no longer follows."""

    right: Record
    mutant: Record
    change: str
    harmful: bool


@dataclass(frozen=True)
class Problem:
    """A chain in parts that can be changed.

    Attributes:
        asked: the claim whose truth is asked, the variable whose value is, or the query as in a record.
    """

    givens: tuple[Item, ...]
    steps: tuple[Item, ...]
    asked: Claim | str | Record
    answer: str = "true"
    modulus: int | None = None

    @property
    def claims(self) -> tuple[Any, ...]:
        """What has to follow from the givens: the steps, and what the answer says."""
        if isinstance(self.asked, str):
            return (*self.steps, Equal((Symbol(self.asked), parse_term(self.answer)), self.modulus))
        return (*self.steps, self.asked if self.answer == "true" else Not(self.asked))  # type: ignore[arg-type]

    def record(self) -> Record:
        if isinstance(self.asked, dict):
            query = self.asked
        else:
            query = {"value": self.asked} if isinstance(self.asked, str) else {"truth": self._text(self.asked)}
        record = {"givens": [*map(self._text, self.givens)], "steps": [*map(self._text, self.steps)], "query": query}
        return {**record, "answer": self.answer, "modulus": self.modulus}

    def _text(self, item: Item) -> str:
        return item if isinstance(item, str) else render_claim(item, modulus=self.modulus)


def mutated(
    problem: Problem,
    holds: Callable[[Problem], bool | None],
    rng: random.Random,
    variants: Callable[[Item], Iterable[Change]],
    answers: Iterable[str] = (),
) -> Iterator[Case]:
    """Some mutants, their kinds in a random order. Where the oracle cannot tell, a mutant counts as harmless."""
    kinds: dict[str, list[Problem]] = {}
    for kind, mutant in _changes(problem, rng, variants, answers):
        kinds.setdefault(kind, []).append(mutant)
    drawn = [(kind, rng.choice(mutants)) for kind, mutants in kinds.items()]
    right = problem.record()
    for kind, mutant in rng.sample(drawn, min(MUTANTS, len(drawn))):
        yield Case(right, mutant.record(), kind, holds(mutant) is False)


def _changes(
    problem: Problem, rng: random.Random, variants: Callable[[Item], Iterable[Change]], answers: Iterable[str]
) -> Iterator[tuple[str, Problem]]:
    for position, given in enumerate(problem.givens):
        yield "given left out", replace(problem, givens=put(problem.givens, position))
        for kind, other in variants(given):
            yield f"given: {kind}", replace(problem, givens=put(problem.givens, position, other))
    for position, step in enumerate(problem.steps):
        for kind, other in variants(step):
            mutant = replace(problem, steps=put(problem.steps, position, other))
            yield kind, mutant
            if step == problem.asked:  # what is said last, and asked
                yield f"asked: {kind}", replace(mutant, asked=other)
    for position in range(1, len(problem.steps)):
        first, second = problem.steps[position - 1 : position + 1]
        yield (
            "order of steps",
            replace(problem, steps=(*problem.steps[: position - 1], second, first, *problem.steps[position + 1 :])),
        )
    for other in {*answers} - {problem.answer}:
        yield "answer", replace(problem, answer=other)


def put(items: tuple[Any, ...], position: int, *new: Any) -> tuple[Any, ...]:
    """The items with others in place of one."""
    return (*items[:position], *new, *items[position + 1 :])


@dataclass(frozen=True)
class Words:
    """What stands in the claims of a problem, and may stand in each other's place."""

    symbols: frozenset[str]
    predicates: frozenset[tuple[str, int]]
    individuals: frozenset[str]
    rules: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()

    @classmethod
    def of(cls, claims: Iterable[Any], rules: tuple[str, ...] = (), cites: tuple[str, ...] = ()) -> Words:
        nodes = [node for claim in claims for node in _nodes(claim)]
        atoms = [node for node in nodes if isinstance(node, Atom)]
        terms = [part for node in nodes if isinstance(node, (Atom, Apply)) for part in node.arguments]
        terms += [part for node in nodes if isinstance(node, Identity) for part in (node.left, node.right)]
        return cls(
            frozenset(node.name for node in nodes if isinstance(node, Symbol)),
            frozenset((atom.predicate, len(atom.arguments)) for atom in atoms),
            frozenset(term for term in terms if isinstance(term, str) and not is_variable(term)),
            rules,
            cites,
        )

    def variants(self, node: Any, bound: tuple[str, ...] = ()) -> Iterator[Change]:
        """All that one change makes of a claim or a part of it. `bound`: the variables of the quantifiers around it."""
        yield from _here(node, self, bound)
        if isinstance(node, Quantified):
            bound = (*bound, node.variable)
        for name, value in _parts(node):
            if isinstance(value, tuple):
                for position, part in enumerate(value):
                    for kind, other in self._inner(part, bound):
                        yield kind, replace(node, **{name: put(value, position, other)})
            else:
                for kind, other in self._inner(value, bound):
                    if not (isinstance(node, Not) and kind == "negation"):  # a double one says nothing new
                        yield kind, replace(node, **{name: other})

    def _inner(self, part: Any, bound: tuple[str, ...]) -> Iterator[Change]:
        if is_dataclass(part):
            yield from self.variants(part, bound)
        elif isinstance(part, tuple):  # a case of a system
            for position, each in enumerate(part):
                for kind, other in self._inner(each, bound):
                    yield kind, put(part, position, other)


def _here(node: Any, words: Words, bound: tuple[str, ...]) -> Iterator[Change]:
    """What a change of this very node makes of it."""
    match node:
        case Number(value):
            yield from (("value", Number(other)) for other in {value + 1, abs(value - 1), value * 10} - {value})
        case Symbol(name):
            yield from (("variable", Symbol(other)) for other in sorted(words.symbols - {name}))
        case Negate(operand):
            yield "sign", operand
        case Binary("^", left, Number(value)):
            yield "power", Binary("^", left, Number(value + 1))
        case Binary(operator, left, right):
            yield from (("operator", Binary(other, left, right)) for other in "+-*" if other != operator)
            if operator in "-/":
                yield "direction", Binary(operator, right, left)
        case Equal(terms, None, ()) if len(terms) == 2:
            yield from (("relation", Compare(terms[0], other, terms[1])) for other in COMPARED)
        case Compare(left, operator, right):
            yield from (("relation", Compare(left, other, right)) for other in COMPARED if other != operator)
            yield "direction", Compare(right, operator, left)
        case Atom(predicate, arguments):
            yield "negation", Not(node)
            alike = sorted(name for name, arity in words.predicates if arity == len(arguments) and name != predicate)
            yield from (("predicate", Atom(other, arguments)) for other in alike)
            if len(arguments) == 2:
                yield "direction", Atom(predicate, arguments[::-1])
            yield from _named(node, "arguments", words, bound)
        case Apply():
            yield from _named(node, "arguments", words, bound)
        case Identity(left, right):
            yield "negation", Not(node)
            for name, side in (("left", left), ("right", right)):
                if isinstance(side, str):
                    yield from (("individual", replace(node, **{name: o})) for o in _others(side, words, bound))
        case Not(operand):
            yield "negation", operand
        case Connective(operator, left, right):
            others = [other for other in ("&", "|", "->", "<->") if other != operator]
            yield from (("connective", Connective(other, left, right)) for other in others)
            yield "direction", Connective(operator, right, left)
            yield from (("part left out", part) for part in (left, right))
        case Quantified(quantifier, variable, body):
            yield "quantifier", Quantified("exists" if quantifier == "forall" else "forall", variable, body)
        case Prefers(better, worse):
            yield "direction", Prefers(worse, better)
        case Concluded(rule, literal):
            yield from (("rule", Concluded(other, literal)) for other in words.rules if other != rule)
        case Justified(rule, cites, assumptions, _):
            yield from (("rule", replace(node, rule=other)) for other in words.rules if other != rule)
            for position in range(len(cites)):
                yield "citation left out", replace(node, cites=put(cites, position))
                yield from (("citation", replace(node, cites=put(cites, position, other))) for other in words.cites)
            for position in range(len(assumptions)):
                yield "assumption left out", replace(node, assumptions=put(assumptions, position))


def _named(node: Atom | Apply, field: str, words: Words, bound: tuple[str, ...]) -> Iterator[Change]:
    for position, argument in enumerate(node.arguments):
        if isinstance(argument, str):
            for other in _others(argument, words, bound):
                yield "individual", replace(node, **{field: put(node.arguments, position, other)})


def _others(name: str, words: Words, bound: tuple[str, ...]) -> list[str]:
    return sorted({*words.individuals, *bound} - {name})


def _parts(node: Any) -> Iterator[tuple[str, Any]]:
    """The fields that have parts of their own. An exponent stays as it is: it is an integer."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple) or (
            is_dataclass(value) and not (getattr(node, "operator", "") == "^" and field.name == "right")
        ):
            yield field.name, value


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif is_dataclass(node) and not isinstance(node, Fraction):
        yield node
        for _, value in _parts(node):
            yield from _nodes(value)


def rewordings(*alike: Iterable[str]) -> Callable[[Item], Iterator[Change]]:
    """Of a text: all that comes of one word, put for another of its kind, or of two of them that change places."""
    kinds = [sorted(words, key=len, reverse=True) for words in alike]
    patterns = [
        re.compile("|".join(rf"(?<![\w.]){re.escape(w)}(?![\w.])" if w[-1:].isalnum() else re.escape(w) for w in words))
        for words in kinds
    ]

    def variants(text: Item) -> Iterator[Change]:
        assert isinstance(text, str)
        start = text.index(":") + 1
        for words, pattern in zip(kinds, patterns):
            places = list(pattern.finditer(text, start))
            for place in places:
                for other in words:
                    if other != place[0]:
                        yield "word", text[: place.start()] + other + text[place.end() :]
            for one, two in pairwise(places):
                if one[0] != two[0]:
                    yield (
                        "places",
                        text[: one.start()] + two[0] + text[one.end() : two.start()] + one[0] + text[two.end() :],
                    )

    return variants
