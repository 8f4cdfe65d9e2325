"""Mutated gold chains, whose harm the problem's own model decides and no verifier.

A mutant is a gold chain with one step changed, or with one needed given taken out of the problem:

    value          a number in a step is wrong                          b = a + a = 3 + 3 = 7
    bracket        a value noted in brackets is wrong                   b = a [4] + a [4] = 6 ; b = a [4] + a [4] = 8
    operator       an operator is another one                           b = a - a ; b = a - a = 3 - 3 = 0
    variable       another variable, individual, kind or property       b = a + c = 3 + 3 = 6 ; ada is a wug
    negation       a conclusion or the last operand is negated          b = a + a = 3 + 3 = -6 ; ada is not a fep
    backwards      from head to body, or a definition inside out        a needs b ; a = b + a ; every fep is a dax
    given_removed  the chain is unchanged, the problem lacks a given that it needs

A mutant is *harmful* if some claim of its chain does not hold in every world that the (remaining) givens allow. That is
classical entailment, so a true claim that no given states (a contraposed rule, another variable of the same value) is
no harm, and an unproved one is. Both families are small enough to decide it exactly:

- An equality is evaluated under the SCM's values. A variable without a definition is a free root: all values count.
- A literal holds if the SCM says so. Where it does not, and for every rule, a complete search looks for a world in
  which the givens hold and the claim fails. Each individual is a world of its own, since rules speak of one individual
  at a time; a rule is tried on an individual of whom nothing is given.
- A claim `x needs y and z` holds if x's definition reads exactly y and z, or a given rule leads from exactly y and
  z to x. Here the definitions count and not their consequences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain as join
from string import ascii_lowercase

from reasonlab.language.chains import Chain, Step, Surface, read_step
from reasonlab.language.claims import Claim, Equal, Needs
from reasonlab.language.errors import BadInput, quote
from reasonlab.language.formulas import Atom, Literal, Not, Rule, as_rule, atom_of, is_literal
from reasonlab.language.terms import Symbol, evaluate, symbols
from reasonlab.tasks import arithmetic, deduction
from reasonlab.tasks.problems import Problem
from reasonlab.tasks.streams import Stream

GIVEN_REMOVED = "given_removed"
BRACKET = "bracket"
KINDS = {
    arithmetic.NAME: ("value", BRACKET, "operator", "variable", "negation", "backwards", GIVEN_REMOVED),
    deduction.NAME: ("variable", "negation", "backwards", GIVEN_REMOVED),
}


@dataclass(frozen=True)
class Mutant:
    """A mutated gold chain.

    Attributes:
        problem: the problem as it was; without a needed given it would have no answer to state.
        step: the step that was changed; with a given removed, the first that no longer holds.
        harmful: some claim of the chain does not follow from the givens that are left.
        removed: the given that was taken out, by its position.
    """

    kind: str
    problem: Problem
    form: str
    text: str
    step: int
    harmful: bool
    removed: int | None = None

    @property
    def chain(self) -> Chain:
        """The chain to be judged, without the removed given."""
        chain = self.problem.chain(self.text)
        givens = tuple(given for i, given in enumerate(chain.givens) if i != self.removed)
        return replace(chain, id=f"{chain.id}-{self.form}-{self.kind}", givens=givens)


def mutate(problem: Problem, form: str, stream: Stream, kind: str | None = None) -> Mutant:
    """A mutant of the problem's gold chain in `form`: a pure function of its arguments and the stream's state.

    Args:
        kind: one of KINDS of the family; None draws it.

    Raises:
        BadInput: a kind or form that the family does not have.
    """
    kinds, forms = KINDS[problem.family], _MODULES[problem.family].FORMS
    if (kind is not None and kind not in kinds) or form not in forms:
        raise BadInput(
            f"{problem.family} has no mutation {quote(kind)} of form {quote(form)}",
            f"a kind of {', '.join(kinds)} and a form of {', '.join(forms)}",
            "choose one of these",
        )
    kind = kind or stream.choice(kinds)
    gold = problem.gold_text(form)
    surface = problem.instance.surface
    noted = problem.chain(gold).steps
    # Every step in the long form of its claim, so that each part of it stands in the text to be changed.
    steps = tuple(_written_out(step, surface) for step in noted)
    if kind == GIVEN_REMOVED:
        removed = stream.choice(_needed_givens(problem))
        good = follow(problem, noted, removed)
        return Mutant(kind, problem, form, gold, 0 if all(good) else good.index(False), not all(good), removed)
    if kind == BRACKET:
        at, text = _bracket_change(problem.instance, noted, stream)  # type: ignore[arg-type]
    else:
        at, text = _CHANGES[problem.family](kind, problem.instance, steps, stream)
    changed = (*steps[:at], read_step(text, surface), *steps[at + 1 :])
    written = "".join(f"{step.text} {surface.mark} " for step in changed) + f"answer {problem.answer}"
    return Mutant(kind, problem, form, written, at, not all(follow(problem, changed)))


def _written_out(step: Step, surface: Surface) -> Step:
    claim = step.claim
    if isinstance(claim, Equal) and claim.notes:
        claim = replace(claim, notes=())
        return replace(step, text=surface.render(claim), claim=claim)
    return step


def follow(problem: Problem, steps: Sequence[Step], removed: int | None = None) -> list[bool]:
    """For each step whether its claim follows from the problem's givens, less the one at `removed`."""
    holds = _TRUTHS[problem.family](problem.instance, removed)
    return [step.claim is not None and holds(step.claim) for step in steps]


def _needed_givens(problem: Problem) -> list[int]:
    instance = problem.instance
    if isinstance(instance, arithmetic.Instance):
        return [i for i, definition in enumerate(instance.definitions) if definition.name in instance.needed]
    needed = {literal if step is None else step[0] for literal, step in instance.proof.items()}  # type: ignore[attr-defined]
    return [i for i, statement in enumerate(instance.statements) if statement in needed]  # type: ignore[attr-defined]


# What holds


class _ArithmeticTruth:
    """Whether a claim holds in every world that the definitions allow."""

    def __init__(self, instance: arithmetic.Instance, removed: int | None) -> None:
        self._modulus = instance.modulus
        self._kept = {d.name: d for i, d in enumerate(instance.definitions) if i != removed}
        scm = instance.scm()
        if removed is None:
            self._worlds = [scm.evaluate()]
        else:
            name = instance.definitions[removed].name
            # What has no definition listens to nothing, and may have any value.
            self._worlds = [scm.intervene({name: value}).evaluate() for value in range(instance.modulus)]

    def __call__(self, claim: Claim) -> bool:
        if isinstance(claim, Needs):
            definition = self._kept.get(claim.target.name) if isinstance(claim.target, Symbol) else None
            sources = {item.name for item in claim.sources if isinstance(item, Symbol)}
            if definition is None or definition.operator is None:
                return False
            return sources == {definition.left, definition.right}
        if not isinstance(claim, Equal):
            return False
        foreign = frozenset(join.from_iterable(map(symbols, claim.terms))) - self._worlds[0].keys()
        return all(self._equal(claim, world) for base in self._worlds for world in self._filled(base, sorted(foreign)))

    def _filled(self, world: dict, foreign: Sequence[str]) -> Iterator[dict]:
        """The world with every choice of values for variables that the problem does not have."""
        if not foreign:
            yield world
            return
        for value in range(self._modulus):
            yield from self._filled({**world, foreign[0]: value}, foreign[1:])

    def _equal(self, claim: Equal, world: dict) -> bool:
        noted = all(self._equal(Equal((Symbol(n), value), claim.modulus), world) for n, value in claim.notes)
        return noted and len({evaluate(term, world, modulus=claim.modulus) for term in claim.terms}) == 1


Clause = tuple[tuple[str, bool], ...]  # some of these predicates has this sign


class _DeductionTruth:
    """Whether a claim about individuals, or about all of them, follows from the facts and rules."""

    def __init__(self, instance: deduction.Instance, removed: int | None) -> None:
        kept = tuple(statement for i, statement in enumerate(instance.statements) if i != removed)
        self._values = replace(instance, statements=kept).scm().evaluate()
        self._rules = [statement for statement in kept if isinstance(statement, Rule)]
        self._facts = [statement for statement in kept if not isinstance(statement, Rule)]
        self._clauses = [(*(_sign(_opposite(part)) for part in rule.body), _sign(rule.head)) for rule in self._rules]

    def __call__(self, claim: Claim) -> bool:
        if isinstance(claim, Needs):
            return any(self._leads(rule, claim) for rule in self._rules)
        if is_literal(claim):
            return self._literal(claim)  # type: ignore[arg-type]
        rule = as_rule(claim)  # type: ignore[arg-type]
        return rule is not None and self._impossible((*map(_sign, rule.body), _sign(_opposite(rule.head))))

    def _leads(self, rule: Rule, claim: Needs) -> bool:
        if isinstance(claim.target, Symbol):
            return False
        applied = rule.instance({"X": atom_of(claim.target).names[0]})
        return applied.head == claim.target and set(applied.body) == set(claim.sources)

    def _literal(self, literal: Literal) -> bool:
        if self._values.get(deduction.name_of(literal)) == deduction.truth(literal):
            return True
        own = [fact for fact in self._facts if atom_of(fact).arguments == atom_of(literal).arguments]
        return self._impossible((*map(_sign, own), _sign(_opposite(literal))))

    def _impossible(self, signs: Sequence[tuple[str, bool]]) -> bool:
        """Whether no individual can have all these signs under the rules."""
        return not satisfiable([*self._clauses, *((sign,) for sign in signs)])


def _sign(literal: Literal) -> tuple[str, bool]:
    return atom_of(literal).predicate, not isinstance(literal, Not)


def _opposite(literal: Literal) -> Literal:
    return atom_of(literal) if isinstance(literal, Not) else Not(literal)


def satisfiable(clauses: Sequence[Clause]) -> bool:
    """Whether some choice of signs meets every clause. Complete (Davis, Logemann & Loveland 1962)."""
    if not clauses:
        return True
    shortest = min(clauses, key=len)
    if not shortest:
        return False
    predicate, sign = shortest[0]
    # A clause of one literal leaves no choice.
    return any(
        satisfiable(_given(clauses, predicate, s)) for s in ((sign,) if len(shortest) == 1 else (sign, not sign))
    )


def _given(clauses: Sequence[Clause], predicate: str, sign: bool) -> list[Clause]:
    """The clauses that are left once a sign is settled, without what it makes false."""
    left = (clause for clause in clauses if (predicate, sign) not in clause)
    return [tuple(part for part in clause if part[0] != predicate) for clause in left]


# Changes to one step: each returns its position and its new text


def _arithmetic_change(
    kind: str, instance: arithmetic.Instance, steps: Sequence[Step], stream: Stream
) -> tuple[int, str]:
    """The gold steps have four shapes: `a = 3`, `d = a * b`, `d = a * b = 3 * 6 = 8` and `d needs a and b`."""

    def fits(words: list[str]) -> bool:
        needs, constant = words[1] == "needs", len(words) == 3 and words[1] == "="
        return {
            "value": words[-1].isdigit(),
            "operator": not needs and not constant,
            "variable": True,
            "negation": not needs,
            "backwards": not constant,
        }[kind]

    at, words = stream.choice([(i, words) for i, step in enumerate(steps) if fits(words := step.text.split())])
    if kind == "value":
        place = stream.choice([i for i, word in enumerate(words) if word.isdigit()])
        words[place] = str((int(words[place]) + 1 + stream.below(instance.modulus - 1)) % instance.modulus)
    elif kind == "operator":
        new = stream.choice([sign for sign in arithmetic.OPERATORS if sign != words[3]])
        _set_operator(words, new, stream.below(3) if len(words) == 11 else 0, instance.modulus)
    elif kind == "variable":
        _set_variable(words, instance, stream)
    elif kind == "negation":
        words[-1] = f"-{words[-1]}"
    elif words[1] == "needs":
        place = 2 + 2 * stream.below((len(words) - 1) // 2)
        words[0], words[place] = words[place], words[0]
    else:
        operand = stream.choice((2, 4))
        words[0], words[operand] = words[operand], words[0]
        if len(words) == 11:
            words[10], words[operand + 4] = words[operand + 4], words[10]
    return at, " ".join(words)


_NOTED = re.compile(
    r"(?P<head>[a-z]) = (?P<left>[a-z]) \[(?P<a>\d+)\] (?P<sign>[-+*]) (?P<right>[a-z]) \[(?P<b>\d+)\] = (?P<value>\d+)"
)


def _bracket_change(instance: arithmetic.Instance, steps: Sequence[Step], stream: Stream) -> tuple[int, str]:
    """Another value in the brackets of one variable, and in half of the cases the result that would follow from it.

    One value in eight is the same residue written otherwise, which is no error.
    """
    at, found = stream.choice([(i, match) for i, step in enumerate(steps) if (match := _NOTED.fullmatch(step.text))])
    changed = stream.choice((found["left"], found["right"]))
    modulus, old = instance.modulus, instance.values[changed]
    new = old + modulus if stream.chance(0.125) else (old + 1 + stream.below(modulus - 1)) % modulus
    left, right = (
        new if found[name] == changed else int(found[value]) for name, value in (("left", "a"), ("right", "b"))
    )
    value = arithmetic.compute(found["sign"], left, right, modulus) if stream.chance(0.5) else int(found["value"])
    return at, f"{found['head']} = {found['left']} [{left}] {found['sign']} {found['right']} [{right}] = {value}"


def _set_operator(words: list[str], new: str, where: int, modulus: int) -> None:
    """In the definition, in the numbers, or in both with the value that then comes out."""
    if where != 1:
        words[3] = new
    if where != 0:
        words[7] = new
    if where == 2:
        words[10] = str(arithmetic.compute(new, int(words[6]), int(words[8]), modulus))


def _set_variable(words: list[str], instance: arithmetic.Instance, stream: Stream) -> None:
    """Another variable of the problem, or now and then one that it lacks; an operand may bring its value with it."""
    place = stream.choice([i for i, word in enumerate(words) if len(word) == 1 and word.isalpha()])
    others = [name for name in instance.by_name if name != words[place]]
    foreign = [name for name in ascii_lowercase if name not in instance.by_name]
    words[place] = new = stream.choice(foreign if foreign and stream.chance(0.125) else others)
    if len(words) == 11 and place and new in instance.values and stream.chance(0.5):
        words[place + 4] = str(instance.values[new])
        words[10] = str(arithmetic.compute(words[7], int(words[6]), int(words[8]), instance.modulus))


def _deduction_change(
    kind: str, instance: deduction.Instance, steps: Sequence[Step], stream: Stream
) -> tuple[int, str]:
    claims: list[Claim] = [step.claim for step in steps]  # type: ignore[misc]  # gold steps all parse
    if kind == "backwards":
        at, claim = _backwards(instance, claims, stream)
    else:
        at = stream.below(len(claims))
        parts = _parts(claims[at])
        conclusion = len(parts) - 1 if _is_rule(claims[at]) else 0
        if kind == "negation":
            parts[conclusion] = _opposite(parts[conclusion])
        else:
            place = stream.below(len(parts))
            parts[place] = _other_words(parts[place], instance, stream)
        claim = _build(claims[at], parts)
    return at, instance.surface.render(claim)


def _is_rule(claim: Claim) -> bool:
    return not isinstance(claim, Needs) and not is_literal(claim)


def _parts(claim: Claim) -> list[Literal]:
    """The literals of a gold claim: of a need the target first, of a rule the head last."""
    if isinstance(claim, Needs):
        return [claim.target, *claim.sources]  # type: ignore[list-item]
    if is_literal(claim):
        return [claim]  # type: ignore[list-item]
    rule = as_rule(claim)  # type: ignore[arg-type]
    assert rule is not None  # gold claims have these three shapes
    return [*rule.body, rule.head]


def _build(like: Claim, parts: Sequence[Literal]) -> Claim:
    """A claim of the same shape as `like` with these literals."""
    if isinstance(like, Needs):
        return Needs(parts[0], tuple(parts[1:]))
    return parts[0] if is_literal(like) else Rule(tuple(parts[:-1]), parts[-1]).formula()


def _other_words(literal: Literal, instance: deduction.Instance, stream: Stream) -> Literal:
    """The literal with another individual, or another word of the same sort: mostly words that the problem has."""
    atom = atom_of(literal)
    mentioned = [atom_of(part) for statement in instance.statements for part in _statement_parts(statement)]
    if atom.arguments != ("X",) and stream.chance(0.5):
        used = list(
            dict.fromkeys(other.names[0] for other in mentioned if other.arguments not in (("X",), atom.arguments))
        )
        every = [name for name in deduction.INDIVIDUALS if name != atom.names[0]]
        new = Atom(atom.predicate, (stream.choice(used if used and stream.chance(0.75) else every),))
    else:
        sort = deduction.KINDS if atom.predicate in deduction.NOUNS else deduction.PROPERTIES
        words = list(
            dict.fromkeys(m.predicate for m in mentioned if m.predicate in sort and m.predicate != atom.predicate)
        )
        every = [word for word in sort if word != atom.predicate]
        new = Atom(stream.choice(words if words and stream.chance(0.75) else every), atom.arguments)
    return Not(new) if isinstance(literal, Not) else new


def _statement_parts(statement: Literal | Rule) -> tuple[Literal, ...]:
    return (*statement.body, statement.head) if isinstance(statement, Rule) else (statement,)


def _backwards(instance: deduction.Instance, claims: Sequence[Claim], stream: Stream) -> tuple[int, Claim]:
    """A rule or a need from its head to its body; or a literal that a rule read backwards would yield.

    One reversed rule in eight is contraposed instead, which is no error.
    """
    literals = [i for i, claim in enumerate(claims) if is_literal(claim)]
    guesses = _backward_conclusions(instance)
    if guesses and stream.chance(0.3):
        return stream.choice(literals), stream.choice(guesses)
    at = stream.choice([i for i in range(len(claims)) if i not in literals])
    parts = _parts(claims[at])
    if isinstance(claims[at], Needs):
        place = 1 + stream.below(len(parts) - 1)
        parts[0], parts[place] = parts[place], parts[0]
    else:
        place = stream.below(len(parts) - 1)
        parts[place], parts[-1] = parts[-1], parts[place]
        if stream.chance(0.125):
            parts[place], parts[-1] = _opposite(parts[place]), _opposite(parts[-1])
    return at, _build(claims[at], parts)


def _backward_conclusions(instance: deduction.Instance) -> list[Literal]:
    """What "if the head holds, so does the body" would add to the facts and what follows from them."""
    values = instance.scm().evaluate()

    def holds(literal: Literal) -> bool:
        return values.get(deduction.name_of(literal)) == deduction.truth(literal)

    people = dict.fromkeys(atom_of(part).names[0] for part in instance.statements if not isinstance(part, Rule))
    applied = [rule.instance({"X": p}) for rule in instance.statements if isinstance(rule, Rule) for p in people]
    return [part for rule in applied if holds(rule.head) for part in rule.body if not holds(part)]


_MODULES = {arithmetic.NAME: arithmetic, deduction.NAME: deduction}
_TRUTHS: dict[str, Callable[..., Callable[[Claim], bool]]] = {
    arithmetic.NAME: _ArithmeticTruth,
    deduction.NAME: _DeductionTruth,
}
_CHANGES: dict[str, Callable[..., tuple[int, str]]] = {
    arithmetic.NAME: _arithmetic_change,
    deduction.NAME: _deduction_change,
}
