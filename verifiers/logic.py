"""Logic: what follows from facts and rules, propositional, Horn or first-order with equality.

The *fragment*: givens that are facts, or definite rules over literals. There forward chaining proves and refutes, and a
model found by it shows what does not follow. Contraposition, cases, quantifiers, identity, functions and whatever else
it leaves undecided goes to Z3 (`firstorder`). The meaning is that of first-order logic throughout: names need not
denote different things, and what is not said is open.

- *Leap*: a fact or rule restated is 0. Otherwise the number of different rule instances in a cheapest derivation from
  what a given states or an earlier entailed step has reached; of a rule: from its body, for an arbitrary individual.
  Where Z3 decided: the number of premises that are no literals, at least 1 (no derivation is shorter).
- *Premises*: the facts and rules of that derivation, each by the first step that states it, else by the given.
- *Fault*: `inherited` if the claim can be derived with the help of an earlier bad step, else `fresh`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.formulas import Formula, conjuncts, individuals, negate, render_formula
from reasonlab.language.signature import Signature
from reasonlab.verifiers.horn import (
    Derivation,
    Instance,
    Literal,
    Program,
    Rule,
    instances,
    opposite,
    read_clauses,
    read_literal,
    show,
)
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.verdicts import Contradiction, Judgement

if TYPE_CHECKING:
    from reasonlab.verifiers.firstorder import Question

ANYONE = "_"  # an arbitrary individual: no name of the language begins so
MOST_SHOWN = 12


class Formulas:
    """The theory of a chain's formulas: judge each claim, then `establish` or `discredit` it."""

    def __init__(
        self,
        givens: Sequence[tuple[int, Formula]],
        others: Iterable[Formula],
        first_step: int,
        limits: Limits,
        meter: Meter,
    ) -> None:
        """`others`: every formula that will be asked about, for the individuals that it names."""
        self.givens, self.first_step, self.limits, self.meter = tuple(givens), first_step, limits, meter
        formulas = [formula for _, formula in givens]
        names = (name for formula in (*formulas, *others) for name in individuals(formula))
        self.individuals = list(dict.fromkeys(names)) or [ANYONE]
        self.texts: dict[str, int] = {}
        self.facts: dict[Literal, int] = {}
        self.rules: list[Rule] = []
        self.rule_keys: list[int] = []
        self.known_rules: dict[object, int] = {}  # position of a rule, by what it says
        self.program = Program(meter)
        self.derived: list[tuple[int, Formula]] = []
        self.bad: list[tuple[int, Formula]] = []
        self.beyond = False  # whether a given lies outside the fragment
        for key, formula in self.givens:
            self.texts.setdefault(render_formula(formula), key)
            self.beyond = not self._read(key, formula) or self.beyond
        self.given_rules = len(self.rules)
        self.closure = self.program.closure(self.facts)
        self.signature = Signature()
        self.contradiction = self._confusion() or self._contradiction()

    def _read(self, key: int, formula: Formula) -> bool:
        """Take a formula's facts and rules in; False if it is not of that shape."""
        clauses = read_clauses(formula)
        if clauses is None:
            return False
        for clause in clauses:
            if not isinstance(clause, Rule):
                self.facts.setdefault(clause, key)
            elif not self._add_rule(key, clause):
                return False
        return True

    def _add_rule(self, key: int, rule: Rule) -> bool:
        if rule.same() in self.known_rules:
            return True
        try:
            made = instances(rule, len(self.rules), self.individuals, self.meter, made=len(self.program.instances))
        except ResourceLimit:
            return False
        self.known_rules[rule.same()] = len(self.rules)
        self.rules.append(rule)
        self.rule_keys.append(key)
        self.program.add(made)
        return True

    def _confusion(self) -> Contradiction | None:
        """Givens that use one name for different things: what they say together is anyone's guess."""
        for key, formula in self.givens:
            clash = self.signature.clash(formula)
            if clash is not None:
                return Contradiction((key,), clash)
            self.signature.add(formula, f"in given {key}")
        return None

    def _contradiction(self) -> Contradiction | None:
        for literal in self.closure:
            if opposite(literal) in self.closure:
                keys = self._premises(literal) | self._premises(opposite(literal))
                positive = literal if literal[0] else opposite(literal)
                return Contradiction(
                    tuple(sorted(keys)), f"both {show(positive)} and {show(opposite(positive))} follow"
                )
        if not self.beyond and self.program.model(self.facts) is not None:
            return None
        found = self._question(self.givens).consistent()
        if found.status == "unsat":
            core = [render_formula(formula) for key, formula in self.givens if key in found.core]
            words = " and ".join(core[:MOST_SHOWN]) + (" and …" if len(core) > MOST_SHOWN else "")
            return Contradiction(found.core, f"{words} cannot all hold")
        if found.status == "unknown":
            return Contradiction((), f"whether the givens can all hold is unknown: {found.reason}")
        return None

    def _premises(self, literal: Literal) -> set[int]:
        derivation = self.program.derive(literal, self.facts)
        return self._keys(derivation, self.facts) if derivation else set()

    def _keys(self, derivation: Derivation, facts: dict[Literal, int]) -> set[int]:
        keys = {facts[fact] for fact in derivation.facts if fact in facts}
        return keys | {self.rule_keys[instance.rule] for instance in derivation.instances}

    def judge(self, claim: Formula, text: str | None = None) -> Judgement:
        """The judgement on a claim, from the givens and the steps established so far."""
        key = self.texts.get(text if text is not None else render_formula(claim))
        if key is not None:
            return Judgement("entailed", (key,), 0)
        clash = self.signature.clash(claim)
        if clash is not None:
            return Judgement("unparsed", reason=clash)
        clauses = read_clauses(claim)
        if clauses is not None and len(clauses) == 1:
            (clause,) = clauses
            found = self._judge_rule(clause) if isinstance(clause, Rule) else self._judge_literal(clause)
            if found is not None:
                return found
        return self._judge_by_solver(claim)

    def _judge_literal(self, literal: Literal) -> Judgement | None:
        if literal in self.closure or literal in self.facts:
            derivation = self.program.derive(literal, self.facts)
            if derivation is not None:
                return Judgement("entailed", _sorted(self._keys(derivation, self.facts)), len(derivation.instances))
        against = opposite(literal)
        if against in self.closure or against in self.facts:
            derivation = self.program.derive(against, self.facts)
            if derivation is not None:
                keys = _sorted(self._keys(derivation, self.facts))
                return Judgement("refuted", keys, len(derivation.instances), show(against), f"{show(against)} follows")
        if self.beyond:
            return None
        fails, holds = self.program.model([*self.closure, against]), self.program.model([*self.closure, literal])
        if fails is None or holds is None:
            return None
        return Judgement("unsupported", witness=_world(fails, literal))

    def _judge_rule(self, rule: Rule) -> Judgement | None:
        position = self.known_rules.get(rule.same())
        if position is not None:
            return Judgement("entailed", (self.rule_keys[position],), 0)
        for instance in instances(rule, -1, self.individuals, self.meter):
            if opposite(instance.head) in self.closure and all(part in self.closure for part in instance.body):
                return self._broken(instance)
        program, body, head = self._for_anyone(rule)
        reached = program.closure([*self.facts, *body])
        consistent = not any(opposite(literal) in reached for literal in reached)
        if head in reached and consistent:
            established = {**self.facts, **dict.fromkeys(body, -1)}
            derivation = program.derive(head, established)
            if derivation is not None:
                keys = self._keys(derivation, established) - {-1}
                return Judgement("entailed", _sorted(keys), max(1, len(derivation.instances)))
        if self.beyond:
            return None
        fails = program.model([*self.facts, *body, opposite(head)])
        program.add(instances(rule, -1, [*self.individuals, *_fresh(rule)], self.meter))
        if fails is None or program.model(self.facts) is None:
            return None
        return Judgement("unsupported", witness=_world(fails, head, *body))

    def _broken(self, instance: Instance) -> Judgement:
        """A rule that a named individual breaks."""
        keys: set[int] = set()
        for literal in (*instance.body, opposite(instance.head)):
            keys |= self._premises(literal)
        words = " and ".join(show(part) for part in (*instance.body, opposite(instance.head)))
        return Judgement("refuted", _sorted(keys), None, words, f"{words} follow" + ("" if instance.body else "s"))

    def _for_anyone(self, rule: Rule) -> tuple[Program, list[Literal], Literal]:
        """The rules with individuals about whom nothing is known, and the rule's body and head for them."""
        names = [*self.individuals, *_fresh(rule)]
        program = Program(self.meter)
        for position, known in enumerate(self.rules):
            program.add(instances(known, position, names, self.meter))
        binding = dict(zip(rule.variables, _fresh(rule)))
        body = [(part[0], part[1], tuple(binding.get(name, name) for name in part[2])) for part in rule.body]
        head = (rule.head[0], rule.head[1], tuple(binding.get(name, name) for name in rule.head[2]))
        return program, body, head

    def _judge_by_solver(self, claim: Formula) -> Judgement:
        question = self._question((*self.givens, *self.derived))
        without = question.ask(claim, negated=True)
        if without.status == "unsat":
            return Judgement("entailed", without.core, self._rules_among(without.core))
        having = question.ask(claim, negated=False)
        if having.status == "unsat":
            leap = self._rules_among(having.core)
            return Judgement("refuted", having.core, leap, None, f"{render_formula(negate(claim))} follows")
        if "unknown" in (without.status, having.status):
            return Judgement("unknown", reason=without.reason or having.reason)
        return Judgement("unsupported", witness=question.small_world(claim, negated=True) or without.world)

    def _rules_among(self, keys: Iterable[int]) -> int:
        formulas = dict((*self.givens, *self.derived, *self.bad))
        return max(1, sum(read_literal(formulas[key]) is None for key in keys))

    def _question(self, premises: Sequence[tuple[int, Formula]]) -> Question:
        from reasonlab.verifiers.firstorder import Question

        return Question(premises, self.limits, self.meter)

    def fault(self, claim: Formula) -> str:
        """Of a bad claim: "inherited" if it can be derived with the help of an earlier bad step, else "fresh"."""
        if not self.bad:
            return "fresh"
        world = Formulas.__new__(Formulas)
        world.__dict__.update(self.__dict__)
        world.texts, world.facts, world.program = dict(self.texts), dict(self.facts), Program(self.meter)
        world.rules, world.rule_keys, world.known_rules = list(self.rules), list(self.rule_keys), dict(self.known_rules)
        world.program.add(self.program.instances)
        for key, formula in self.bad:
            world.texts.setdefault(render_formula(formula), key)
            if not world._read(key, formula):
                return self._fault_by_solver(claim)
        world.closure = world.program.closure(world.facts)
        if world.texts.get(render_formula(claim)) is not None:
            return "inherited"
        clauses = read_clauses(claim)
        if clauses is None or len(clauses) != 1:
            return self._fault_by_solver(claim)
        (clause,) = clauses
        if not isinstance(clause, Rule):
            return "inherited" if clause in world.closure else "fresh"
        program, body, head = world._for_anyone(clause)
        return "inherited" if head in program.closure([*world.facts, *body]) else "fresh"

    def _fault_by_solver(self, claim: Formula) -> str:
        """Only where the givens and the bad steps do not contradict each other: there everything would follow."""
        question = self._question((*self.givens, *self.bad))
        if question.consistent().status != "sat":
            return "fresh"
        return "inherited" if question.ask(claim, negated=True).status == "unsat" else "fresh"

    def establish(self, key: int, claim: Formula, text: str) -> None:
        """An entailed step: from now on it is a premise, before the given that says the same."""
        self.derived.append((key, claim))
        if self.texts.get(text, -1) >= self.first_step:
            return
        self.texts[text] = key
        changed = False
        for part in conjuncts(claim):
            self.texts.setdefault(render_formula(part), key)
            for clause in read_clauses(part) or ():
                changed = self._take(key, clause) or changed
        if changed:  # reached by other means than chaining: chain on from there
            self.closure = self.program.closure([*self.closure, *self.facts])

    def _take(self, key: int, clause: Literal | Rule) -> bool:
        """Take an established clause in; whether more may be reached with it."""
        if isinstance(clause, Rule):
            position = self.known_rules.get(clause.same())
            if position is None:
                return self._add_rule(key, clause)
            if self.rule_keys[position] < self.first_step:
                self.rule_keys[position] = key
        elif self.facts.get(clause, -1) < self.first_step:
            self.facts[clause] = key
            return clause not in self.closure
        return False

    def discredit(self, key: int, claim: Formula) -> None:
        """A refuted or unsupported step: kept apart, to tell inherited faults from fresh ones."""
        self.bad.append((key, claim))

    def rules_for(self, literal: Literal) -> list[tuple[int, Instance]]:
        """The instances of given rules that yield a literal, each with the key of the first that states the rule."""
        return [
            (self.rule_keys[instance.rule], instance)
            for instance in self.program.by_head.get(literal, ())
            if instance.rule < self.given_rules
        ]

    def fired(self) -> list[Instance]:
        """The rule instances whose bodies follow."""
        return [one for one in self.program.instances if all(part in self.closure for part in one.body)]


def _fresh(rule: Rule) -> list[str]:
    return [f"{ANYONE}{i}" for i in range(len(rule.variables))]


def _sorted(keys: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(keys))


def _world(true: Iterable[Literal], *about: Literal) -> str:
    """A world in words: what the claim is about comes first, then what holds of the same individuals."""
    literals = set(true)
    names = {name for literal in about for name in literal[2]}
    first = []
    for literal in about:
        positive = (True, literal[1], literal[2])
        first.append(positive if positive in literals else opposite(positive))
    rest = sorted(lit for lit in literals if lit not in first and (names & set(lit[2]) or not names))
    words = [show(literal).replace(ANYONE, "someone") for literal in dict.fromkeys((*first, *rest))]
    return ", ".join(words[:MOST_SHOWN]) + (", …" if len(words) > MOST_SHOWN else "")
