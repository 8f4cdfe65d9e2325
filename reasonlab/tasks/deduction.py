"""Deduction: made-up kinds, properties, individuals; a statement to prove or refute by definite rules.

    every dax is a fep . every fep that is shiny is not cold . ada is a dax . ada is shiny . ada is cold ?

In the spirit of PrOntoQA (Saparov & He 2023, arXiv 2210.01240), with conjunctive rules, several individuals and
negation in heads and bodies. Each derivable atom has one rule (or is a fact), so its proof is unique.

Gold chains: `direct` states, depth first, the facts, each rule where it is used and what follows. `plan` first expands
backwards from the query: it restates the rules that are needed, and the facts where it meets them; then it derives, in
exactly the reverse order. `needs` is the same with the plan as claims of dependency, and restates each rule where it is
used: `ada is not cold needs ada is a fep and ada is shiny . ...`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from reasonlab.language.chains import Query, Surface
from reasonlab.language.claims import Needs
from reasonlab.language.english import render_sentence
from reasonlab.language.formulas import Atom, Literal, Not, Rule, atom_of, negate, render_formula
from reasonlab.tasks.scm import SCM, Variable, constant
from reasonlab.tasks.streams import Stream, digest

NAME = "deduction"
SUMMARY = "made-up kinds and properties; prove or refute a statement"
SIZE_NAME = "hops"
FORMS = ("plan", "needs", "direct")
# `every fep` and `a fep` are one token each: the kind that a rule starts from is marked apart from the kind that it
# yields (as `c =` in arithmetic; LOG.md). So is `every fep that is (not)`, so that a rule's second premise stands right
# behind the token by which it is found: of two rules with one, models took the other's. Beside arithmetic, `a` may be
# a variable: behind it stand signs, or words that are no kinds.
PATTERN = r"every \S+(?: that is(?: not)?)?|(?:(?<= )|\A)a (?!(?:and|needs|answer)(?!\S))[a-z]{2}\S*|\S+"

KINDS = tuple(
    "blick borp brill dax drell dwib fep flane florp gaz gorp grib jelk jorn kell klim lorm mip nard nim pell plon "
    "quib rask rill shum snark sul tarn tiv trell vab vorn wug yim zek zorp".split()
)
PROPERTIES = tuple(
    "bitter bold bright calm clever cold cruel dull eager fierce fluffy fresh gentle grumpy heavy hollow honest "
    "humble jolly lazy loud mild noisy pale proud quiet rare rough sharp shiny shy silly slow smooth soft sour sweet "
    "tall tiny warm".split()
)
INDIVIDUALS = tuple("ada ben cleo dora emil finn gus hana ivo june karl lena max nora otto pia".split())
NOUNS = frozenset(KINDS)

TRUE, FALSE, UNKNOWN, CONFLICT = "true", "false", "unknown", "conflict"
DOMAIN = (TRUE, FALSE, UNKNOWN, CONFLICT)


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Bounds are inclusive.

    Attributes:
        hops: rules on the longest path from a fact to the query.
        conjunctions: the share of rules on the way that have a second premise.
        distractors: how many rules and facts the query does not need.
    """

    hops: tuple[int, int] = (1, 5)
    conjunctions: float = 0.2
    distractors: tuple[int, int] = (0, 5)

    def problems(self) -> list[str]:
        """What is wrong with these settings, if anything."""
        found = []
        if not 1 <= self.hops[0] <= self.hops[1] <= 12:
            found.append(f"hops {self.hops[0]}-{self.hops[1]} is not within 1..12")
        if not 0 <= self.conjunctions <= 0.5:
            found.append(f"conjunctions {self.conjunctions} is not a share between 0 and 0.5")
        if not 0 <= self.distractors[0] <= self.distractors[1] <= 12:
            found.append(f"distractors {self.distractors[0]}-{self.distractors[1]} is not within 0..12")
        return found


@dataclass(frozen=True, slots=True)
class _Mechanism:
    """The value of an atom from the atoms of its rules' bodies: the rules whose bodies hold fire.

    `rules`: for each, what the head becomes (TRUE or FALSE) and the value each parent must have, by parent position.
    """

    rules: tuple[tuple[str, tuple[tuple[int, str], ...]], ...]

    def __call__(self, *parents: str) -> str:
        fired = {head for head, body in self.rules if all(parents[i] == wanted for i, wanted in body)}
        if len(fired) > 1 or CONFLICT in parents:
            return CONFLICT
        return fired.pop() if fired else UNKNOWN


def name_of(literal: Literal) -> str:
    """The SCM variable of a literal: its atom, such as "cold(ada)"."""
    return render_formula(atom_of(literal))


def truth(literal: Literal) -> str:
    """The value at which the literal's variable makes it hold."""
    return FALSE if isinstance(literal, Not) else TRUE


@dataclass(frozen=True)
class Instance:
    """One deduction problem: facts and rules in the order of the prompt, and the statement asked about.

    `proof` maps each literal that the query needs to the rule instance that yields it, or to None for a fact; the
    literal that settles the query comes first.
    """

    statements: tuple[Literal | Rule, ...]
    asked: Literal
    proof: dict[Literal, tuple[Rule, Rule] | None]
    hops: int

    @property
    def surface(self) -> Surface:
        return Surface("english", nouns=NOUNS)

    @cached_property
    def givens(self) -> tuple[str, ...]:
        return tuple(_sentence(statement) for statement in self.statements)

    @property
    def prompt(self) -> str:
        return f"{' . '.join(self.givens)} . {_sentence(self.asked)} ?"

    @property
    def query(self) -> Query:
        return Query("truth", claim=self.asked)

    @property
    def goal(self) -> Literal:
        """The literal that is proved: the statement asked about, or its negation."""
        return next(iter(self.proof))

    @property
    def answer(self) -> str:
        return TRUE if self.goal == self.asked else FALSE

    def scm(self) -> SCM:
        """A variable per ground atom that a fact, the query or a rule about one of the individuals mentions."""
        facts: dict[str, str] = {}
        rules: dict[str, list[Rule]] = {}
        names: dict[str, None] = {}
        people = list(dict.fromkeys(atom_of(s).names[0] for s in self.statements if not isinstance(s, Rule)))
        for statement in self.statements:
            if isinstance(statement, Rule):
                for person in people:
                    instance = statement.instance({"X": person})
                    rules.setdefault(name_of(instance.head), []).append(instance)
                    names.update(dict.fromkeys(map(name_of, (*instance.body, instance.head))))
            else:
                facts[name_of(statement)] = truth(statement)
                names[name_of(statement)] = None
        names[name_of(self.asked)] = None
        variables = {}
        for name in names:
            if name in facts or name not in rules:
                variables[name] = constant(name, DOMAIN, facts.get(name, UNKNOWN))
                continue
            parents = tuple(dict.fromkeys(name_of(literal) for rule in rules[name] for literal in rule.body))
            table = tuple(
                (truth(rule.head), tuple((parents.index(name_of(part)), truth(part)) for part in rule.body))
                for rule in rules[name]
            )
            variables[name] = Variable(name, DOMAIN, parents, _Mechanism(table))
        return SCM(variables)

    @cached_property
    def needed_literals(self) -> tuple[Literal, ...]:
        """What the query depends on: its own literal first, each one before what it follows from."""
        order: list[Literal] = []
        waiting = [self.goal]
        while waiting:
            literal = waiting.pop(0)
            order.append(literal)
            step = self.proof[literal]
            if step is not None:
                waiting += step[1].body
        return tuple(order)

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(map(name_of, self.needed_literals))

    @property
    def operations(self) -> int:
        """How many rule applications the query needs."""
        return sum(step is not None for step in self.proof.values())

    @property
    def depth(self) -> int:
        return self.hops

    @property
    def size(self) -> int:
        """The measure of difficulty that scores are reported by: hops."""
        return self.hops

    def gold(self, form: str) -> str:
        """The text of the gold chain in one of FORMS."""
        steps: list[str] = []
        if form == "direct":
            self._direct(self.goal, steps)
        else:
            for literal in self.needed_literals:
                step = self.proof[literal]
                if step is None:
                    steps.append(_sentence(literal))
                else:
                    steps.append(_sentence(Needs(literal, step[1].body) if form == "needs" else step[0]))
            for literal in reversed(self.needed_literals):
                step = self.proof[literal]
                if step is not None:
                    steps += (_sentence(step[0]),) * (form == "needs") + (_sentence(literal),)
        return "".join(f"{step} . " for step in steps) + f"answer {self.answer}"

    def _direct(self, literal: Literal, steps: list[str]) -> None:
        step = self.proof[literal]
        if step is not None:
            for premise in step[1].body:
                self._direct(premise, steps)
            steps.append(_sentence(step[0]))
        steps.append(_sentence(literal))

    @property
    def fingerprint(self) -> str:
        """A hash of the statements and the query, whatever the order of the statements."""
        return digest(NAME, _sentence(self.asked), *sorted(self.givens), size=8).hex()


def _sentence(statement: Literal | Rule | Needs) -> str:
    return render_sentence(statement.formula() if isinstance(statement, Rule) else statement, NOUNS)


def vocabulary(difficulty: Difficulty) -> list[str]:
    """Every token of prompts and gold chains."""
    words = [".", "?", "is", "not", "everything", "needs", "and", "answer", TRUE, FALSE]
    kinds = [
        text
        for kind in KINDS
        for text in (f"every {kind}", f"every {kind} that is", f"every {kind} that is not", f"a {kind}")
    ]
    return [*words, *INDIVIDUALS, *kinds, *PROPERTIES]


def sample(stream: Stream, difficulty: Difficulty) -> Instance:
    kinds = stream.sample(KINDS, len(KINDS))
    properties = stream.sample(PROPERTIES, len(PROPERTIES))
    people = stream.sample(INDIVIDUALS, 2)
    hops = stream.between(difficulty.hops)
    hero = people[0]

    def signed(atom: Atom) -> Literal:
        return Not(atom) if stream.chance(0.5) else atom

    def lift(literal: Literal) -> Literal:
        atom = Atom(atom_of(literal).predicate, ("X",))
        return Not(atom) if isinstance(literal, Not) else atom

    goal: Literal = signed(Atom(properties.pop(), (hero,))) if stream.chance(0.7) else Atom(kinds.pop(), (hero,))
    proof: dict[Literal, tuple[Rule, Rule] | None] = {}
    statements: list[Literal | Rule] = []

    def prove(literal: Literal, depth: int) -> None:
        if depth == 0:
            proof[literal] = None
            statements.append(literal)
            return
        premises: list[Literal] = [Atom(kinds.pop(), (hero,))]
        if stream.chance(difficulty.conjunctions):
            premises.append(signed(Atom(properties.pop(), (hero,))))
        rule = Rule(tuple(map(lift, premises)), lift(literal))
        proof[literal] = (rule, rule.instance({"X": hero}))
        statements.append(rule)
        prove(premises[0], depth - 1)
        if len(premises) == 2:  # the side branch is short: a fact, or one rule above a fact
            prove(premises[1], stream.below(min(depth, 2)))

    prove(goal, hops)
    on_path = [atom_of(literal).predicate for literal in proof if atom_of(literal).predicate in NOUNS]
    for _ in range(stream.between(difficulty.distractors)):
        statements.append(_distractor(stream, on_path, goal, kinds, properties, people[1], lift, signed))
    unique = list(dict.fromkeys(statements))
    stream.shuffle(unique)
    asked = goal if stream.chance(0.5) else negate(goal)
    return Instance(tuple(unique), asked, proof, hops)  # type: ignore[arg-type]  # the negation of a literal is one


def _distractor(stream, on_path, goal, kinds, properties, other, lift, signed):  # type: ignore[no-untyped-def]
    """A statement that the proof does not use and that makes no needed literal derivable in a second way."""
    draw = stream.below(4)
    if draw == 0 and on_path:  # a true consequence that leads nowhere
        return Rule((Atom(stream.choice(on_path), ("X",)),), lift(signed(Atom(properties.pop(), ("X",)))))
    if draw == 1:  # the opposite of what is asked, from a kind that the individual does not have
        return Rule((Atom(kinds.pop(), ("X",)),), lift(negate(goal)))
    if draw == 2 and on_path:  # another individual, of a kind on the path
        return Atom(stream.choice(on_path), (other,))
    return Rule((Atom(kinds.pop(), ("X",)),), lift(signed(Atom(properties.pop(), ("X",)))))
