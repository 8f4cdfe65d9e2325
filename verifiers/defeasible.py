"""Defeasible reasoning: what can be concluded where rules disagree and some are preferred to others.

Defeasible logic with ambiguity blocking and team defeat (Nute 1994; as in Antoniou, Billington, Governatori & Maher
2001, "Representation results for defeasible logic"), here without strict rules and defeaters. With facts F, rules R and
a preference >, all rules written out for the individuals named:

- a rule *applies* if every condition is concluded, and is *discarded* if one of them fails;
- q is *concluded* if it is a fact; or if ~q is none, a rule for q applies, and every rule for ~q is discarded or has
  a rule for q that applies and is preferred to it;
- q *fails* if it is no fact and: ~q is a fact; or every rule for q is discarded; or a rule for ~q applies to which no
  rule for q is preferred that is not discarded;
- what could only support itself fails, too (Maher & Governatori 1999: well-founded failure). What is left, where two
  conclusions attack each other in a circle, is neither concluded nor failing.

Negation is no failure: `~q` holds if it is concluded. So a question has three answers: q is concluded (true), ~q is
(false), or neither (unknown). Two rules that disagree, neither preferred, conclude nothing. BoardgameQA (Kazemi et al.
2023, arXiv 2306.07934) reads its theories so.

What nobody knows (`perhaps`) is tried both ways; where that changes the answer the verdict is unknown, and says why.

- *Premises*: of a conclusion, the facts and rules of a derivation, and the preferences that decide against rules which
  apply. *Leap*: the different rule instances in it, from what earlier steps have reached.
- *Fault*: `inherited` if the claim would hold were the conclusions of earlier bad steps facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from reasonlab.language import formulas
from reasonlab.language.claims import render_claim
from reasonlab.language.defeasible import Concluded, Defeasible, Holds, Perhaps, Prefers, Unproved
from reasonlab.language.formulas import atom_of, is_variable
from reasonlab.verifiers.horn import Instance, Literal, instances, opposite, show
from reasonlab.verifiers.horn import Program as Chaining
from reasonlab.verifiers.horn import Rule as Clause
from reasonlab.verifiers.limits import Meter, within
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Claim = Holds | Defeasible | Prefers | Perhaps | Concluded | Unproved
_MOST_OPEN = 6  # things that nobody knows, of which every combination is tried
_LOOK = 4  # elementary operations that looking at a rule weighs
_MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What follows from facts. `reasons`: of each conclusion that is no fact, the instance that yields it."""

    concluded: Mapping[Literal, None]
    failed: frozenset[Literal]
    reasons: Mapping[Literal, Instance]


class Program:
    """The rules written out, with the preference among them; a rule's number is its place in `names`."""

    def __init__(
        self, names: Sequence[str], made: Iterable[Instance], better: frozenset[tuple[str, str]], meter: Meter
    ) -> None:
        self.names, self.better, self.meter = names, better, meter
        self.instances = list(made)
        self.rules_for: dict[Literal, list[Instance]] = {}
        self.needed_for: dict[Literal, dict[Literal, None]] = {}  # a condition -> what hangs on it
        for instance in self.instances:
            self.rules_for.setdefault(instance.head, []).append(instance)
            for part in instance.body:
                self.needed_for.setdefault(part, {}).update({instance.head: None, opposite(instance.head): None})
        heads = {literal for instance in self.instances for literal in (instance.head, *instance.body)}
        self.literals = sorted({*heads, *map(opposite, heads)})

    def preferred(self, one: Instance, other: Instance) -> bool:
        return (self.names[one.rule], self.names[other.rule]) in self.better

    def conclusions(self, facts: Iterable[Literal]) -> Conclusions:
        """Raises ResourceLimit."""
        given = dict.fromkeys(facts)
        concluded: dict[Literal, None] = dict(given)
        failed: set[Literal] = set()
        reasons: dict[Literal, Instance] = {}
        agenda = [literal for literal in self.literals if literal not in given]
        while True:
            for literal in agenda:  # grows
                if literal in concluded or literal in failed:
                    continue
                rules = len(self.rules_for.get(literal, ())) + len(self.rules_for.get(opposite(literal), ()))
                self.meter.spend(_LOOK * (1 + rules))
                reason = self._reason(literal, given, concluded, failed)
                if reason is not None:
                    concluded[literal] = None
                    reasons[literal] = reason
                elif self._fails(literal, given, concluded, failed):
                    failed.add(literal)
                else:
                    continue
                agenda += self.needed_for.get(literal, ())
            circular = self._unfounded(concluded, failed)
            if not circular:
                return Conclusions(concluded, frozenset(failed), reasons)
            failed.update(circular)
            agenda = [other for literal in circular for other in self.needed_for.get(literal, ())]

    def _reason(
        self, literal: Literal, given: Mapping[Literal, None], concluded: Mapping[Literal, None], failed: set[Literal]
    ) -> Instance | None:
        """An instance that applies and yields the literal, where it is concluded."""
        against = opposite(literal)
        if against in given:
            return None
        team = [one for one in self.rules_for.get(literal, ()) if all(part in concluded for part in one.body)]
        for attack in self.rules_for.get(against, ()):
            discarded = any(part in failed for part in attack.body)
            if not discarded and not any(self.preferred(one, attack) for one in team):
                return None
        return team[0] if team else None

    def _fails(
        self, literal: Literal, given: Mapping[Literal, None], concluded: Mapping[Literal, None], failed: set[Literal]
    ) -> bool:
        against = opposite(literal)
        if against in given:
            return True
        alive = [one for one in self.rules_for.get(literal, ()) if not any(part in failed for part in one.body)]
        if not alive:
            return True
        return any(
            all(part in concluded for part in attack.body) and not any(self.preferred(one, attack) for one in alive)
            for attack in self.rules_for.get(against, ())
        )

    def _unfounded(self, concluded: Mapping[Literal, None], failed: set[Literal]) -> list[Literal]:
        """The undecided literals that nothing but themselves could support."""
        chaining = Chaining(self.meter)
        chaining.add([instance for instance in self.instances if instance.head not in failed])
        supported = chaining.closure(concluded)
        return [literal for literal in self.literals if literal not in supported and literal not in failed]


class Rulebook:
    """The defeasible theory of one chain, and what its steps have established so far.

    Raises ResourceLimit where the rules, written out, are too many to conclude from.
    """

    def __init__(
        self, givens: Sequence[tuple[int, Claim]], asked: Iterable[Claim], first_step: int, meter: Meter
    ) -> None:
        self.first_step, self.meter = first_step, meter
        self.facts: dict[Literal, int] = {}
        self.rules: dict[str, Defeasible] = {}
        self.preferences: dict[tuple[str, str], int] = {}
        self.keys: dict[str, int] = {}  # of rules, by name
        self.open: list[Literal] = []
        self.stated: dict[Literal, int] = {}  # steps
        self.bad: list[Literal] = []
        self.program, self.worlds = Program((), (), frozenset(), meter), [Conclusions({}, frozenset(), {})]
        self.contradiction = self._read(givens)
        if self.contradiction is None:
            people = (name for claim in (*(claim for _, claim in givens), *asked) for name in _names(claim))
            self._conclude(list(dict.fromkeys(name for name in people if not is_variable(name))))

    def _conclude(self, individuals: Sequence[str]) -> None:
        """Write the rules out and draw the conclusions, for every way in which what nobody knows may be."""
        within(len(self.open), _MOST_OPEN, "facts that nobody knows")
        names = list(self.rules)
        made: list[Instance] = []
        for position, name in enumerate(names):
            made += instances(_clause(self.rules[name]), position, individuals, self.meter)
            within(len(made), self.meter.limits.instances, "instances of rules")
        self.program = Program(names, made, frozenset(self.preferences), self.meter)
        self.worlds = [
            self.program.conclusions((*self.facts, *(one for one, on in zip(self.open, chosen) if on)))
            for chosen in product((False, True), repeat=len(self.open))
        ]

    def _read(self, givens: Sequence[tuple[int, Claim]]) -> Contradiction | None:
        found: Contradiction | None = None
        for key, claim in givens:
            if isinstance(claim, Holds):
                literal = _key(claim.literal)
                self.facts.setdefault(literal, key)
                if opposite(literal) in self.facts:
                    words = f"both {show(literal)} and {show(opposite(literal))} are facts"
                    found = found or Contradiction((self.facts[opposite(literal)], key), words)
            elif isinstance(claim, Defeasible):
                known = self.rules.setdefault(claim.name, claim)
                self.keys.setdefault(claim.name, key)
                if not _same(known, claim):
                    found = found or Contradiction((self.keys[claim.name], key), f"two rules are called {claim.name}")
            elif isinstance(claim, Prefers):
                self.preferences.setdefault((claim.better, claim.worse), key)
            elif isinstance(claim, Perhaps):
                self.open.append(_key(claim.literal))
        return found or self._circle()

    def _circle(self) -> Contradiction | None:
        """A rule preferred to itself, by way of others."""
        worse: dict[str, list[str]] = {}
        for one, other in self.preferences:
            worse.setdefault(one, []).append(other)
        for start in worse:
            reached, todo = set(), [start]
            while todo:
                for name in worse.get(todo.pop(), ()):
                    if name == start:
                        keys = tuple(sorted(self.preferences.values()))
                        return Contradiction(keys, f"{start} is preferred to itself, by way of others")
                    if name not in reached:
                        reached.add(name)
                        todo.append(name)
        return None

    def judge(self, claim: Claim, text: str) -> Judgement:
        if isinstance(claim, Holds):
            return self._holds(_key(claim.literal))
        if isinstance(claim, Concluded):
            return self._concluded(claim)
        if isinstance(claim, Unproved):
            return self._unproved(claim)
        if isinstance(claim, Defeasible):
            return self._rule(claim)
        if isinstance(claim, Prefers):
            return self._prefers(claim)
        known = _key(claim.literal) in self.open
        return Judgement("entailed" if known else "unsupported", reason=None if known else "nothing says so")

    def _holds(self, literal: Literal) -> Judgement:
        found = {self._status(literal, world) for world in self.worlds}
        if len(found) > 1:
            hangs = " and ".join(show(one) for one in self.open)
            return Judgement("unknown", reason=f"it hangs on whether {hangs} holds, which nothing says")
        (status,) = found
        if status == "entailed":
            keys, leap = self._derivation(literal)
            return Judgement("entailed", keys, leap)
        if status == "refuted":
            keys, leap = self._derivation(opposite(literal))
            return Judgement("refuted", keys, leap, show(opposite(literal)), f"{show(opposite(literal))} is concluded")
        return Judgement("unsupported", witness=self._obstacles(literal))

    def _status(self, literal: Literal, world: Conclusions) -> str:
        if literal in world.concluded:
            return "entailed"
        return "refuted" if opposite(literal) in world.concluded else "unsupported"

    def _derivation(self, goal: Literal) -> tuple[tuple[int, ...], int]:
        """The premises of a conclusion, and how many rule instances lie between them and it."""
        world = self.worlds[0]
        keys: set[int] = set()
        used: dict[Literal, Instance] = {}
        todo = [goal]
        while todo:
            literal = todo.pop()
            if literal in self.stated or literal in self.facts:
                keys.add(self.stated.get(literal, self.facts.get(literal, -1)))
            elif literal not in used:
                used[literal] = instance = world.reasons[literal]
                keys.add(self.keys[self.program.names[instance.rule]])
                keys |= self._decisive(literal, world)
                todo += instance.body
        return tuple(sorted(keys)), len(used)

    def _decisive(self, literal: Literal, world: Conclusions) -> set[int]:
        """The preferences that let a conclusion stand against rules that apply."""
        keys = set()
        team = [one for one in self.program.rules_for[literal] if all(part in world.concluded for part in one.body)]
        for attack in self.program.rules_for.get(opposite(literal), ()):
            if not any(part in world.failed for part in attack.body):
                one = next(one for one in team if self.program.preferred(one, attack))
                keys.add(self.preferences[self.program.names[one.rule], self.program.names[attack.rule]])
        return keys

    def _obstacles(self, literal: Literal) -> str:
        """Why a literal cannot be concluded."""
        world, words = self.worlds[0], []
        for instance in self.program.rules_for.get(literal, ()):
            name = self.program.names[instance.rule]
            unmet = next((part for part in instance.body if part not in world.concluded), None)
            if unmet is not None:
                words.append(f"{name} does not apply: {show(unmet)} cannot be concluded")
                continue
            attack = next(
                (
                    attack
                    for attack in self.program.rules_for.get(opposite(literal), ())
                    if not any(part in world.failed for part in attack.body)
                ),
                None,
            )
            if attack is not None:
                words.append(f"{name} is not preferred to {self.program.names[attack.rule]}, which disagrees")
        words = list(dict.fromkeys(words))
        more = ", …" if len(words) > _MOST_SHOWN else ""
        return "; ".join(words[:_MOST_SHOWN]) + more if words else f"no rule concludes {show(literal)}"

    def _concluded(self, claim: Concluded) -> Judgement:
        literal = _key(claim.literal)
        judged = self._holds(literal)
        if claim.rule not in self.rules:
            return Judgement("unsupported", reason=f"no rule is called {claim.rule}")
        number = self.program.names.index(claim.rule)
        mine = [one for one in self.program.rules_for.get(literal, ()) if one.rule == number]
        applies = [one for one in mine if self._unmet(one) is None]
        why: str | None = None
        if not mine:
            why = f"{claim.rule} does not conclude {show(literal)}"
        elif not applies:
            unmet = self._unmet(mine[0])
            why = f"{claim.rule} does not apply: {show(unmet)} cannot be concluded"  # type: ignore[arg-type]
        if judged.status != "entailed":
            reason = "; ".join(part for part in (why, judged.reason) if part) or None
            return Judgement(judged.status, judged.premises, None, judged.witness, reason)
        if why is not None:
            return Judgement("refuted", judged.premises, None, None, f"it can be concluded, but not so: {why}")
        keys = {self.keys[claim.rule], *self._decisive(literal, self.worlds[0])}
        steps = [self._derivation(part) for part in applies[0].body]
        keys.update(key for found, _ in steps for key in found)
        return Judgement("entailed", tuple(sorted(keys)), 1 + sum(leap for _, leap in steps))

    def _unmet(self, instance: Instance) -> Literal | None:
        return next((part for part in instance.body if part not in self.worlds[0].concluded), None)

    def _unproved(self, claim: Unproved) -> Judgement:
        rule = self.rules.get(claim.rule)
        if rule is None:
            return Judgement("unsupported", reason=f"no rule is called {claim.rule}")
        wanted = _key(claim.condition)
        asked = [
            part for one in self.program.instances if self.program.names[one.rule] == claim.rule for part in one.body
        ]
        meant = [part for part in dict.fromkeys(asked) if _instance_of(part, wanted)]
        if not meant:
            return Judgement("refuted", (self.keys[claim.rule],), reason=f"{claim.rule} has no such condition")
        for part in meant:
            if any(part in world.concluded for world in self.worlds):
                if all(part in world.concluded for world in self.worlds):
                    keys, _ = self._derivation(part)
                    return Judgement("refuted", keys, None, show(part), f"{show(part)} is concluded")
                return Judgement("unknown", reason=f"nothing says whether {show(part)} holds")
        if all(part in world.failed for part in meant for world in self.worlds):
            return Judgement("entailed", (self.keys[claim.rule],), 1)
        return Judgement("unsupported", reason="its conclusion and another attack each other in a circle")

    def _rule(self, claim: Defeasible) -> Judgement:
        known = self.rules.get(claim.name)
        if known is None:
            return Judgement("unsupported", reason=f"no rule is called {claim.name}")
        if _same(known, claim):
            return Judgement("entailed", (self.keys[claim.name],), 0)
        return Judgement(
            "refuted", (self.keys[claim.name],), None, render_claim(known), f"{claim.name} says another thing"
        )

    def _prefers(self, claim: Prefers) -> Judgement:
        key = self.preferences.get((claim.better, claim.worse))
        if key is not None:
            return Judgement("entailed", (key,), 0)
        key = self.preferences.get((claim.worse, claim.better))
        if key is not None:
            return Judgement("refuted", (key,), None, f"{claim.worse} > {claim.better}", "it is the other way round")
        return Judgement("unsupported", reason="nothing says so")

    def fault(self, claim: Claim) -> str:
        if not self.bad or not isinstance(claim, (Holds, Concluded)):
            return "fresh"
        literal = _key(claim.literal)
        against = {opposite(one) for one in self.bad}
        facts = [*(fact for fact in self.facts if fact not in against), *self.bad]
        follows = literal in self.program.conclusions(facts).concluded
        return "inherited" if follows and literal not in self.worlds[0].concluded else "fresh"

    def establish(self, key: int, claim: Claim, text: str) -> None:
        if isinstance(claim, (Holds, Concluded)):
            self.stated.setdefault(_key(claim.literal), key)
        elif isinstance(claim, Defeasible) and self.keys[claim.name] < self.first_step:
            self.keys[claim.name] = key
        elif isinstance(claim, Prefers) and self.preferences[claim.better, claim.worse] < self.first_step:
            self.preferences[claim.better, claim.worse] = key

    def discredit(self, key: int, claim: Claim) -> None:
        if isinstance(claim, (Holds, Concluded)):
            self.bad.append(_key(claim.literal))


def _key(literal: formulas.Literal) -> Literal:
    atom = atom_of(literal)
    return (literal is atom, atom.predicate, atom.names)


def _clause(claim: Defeasible) -> Clause:
    body, head = tuple(map(_key, claim.rule.body)), _key(claim.rule.head)
    names = dict.fromkeys(name for literal in (*body, head) for name in literal[2] if is_variable(name))
    return Clause(body, head, tuple(names))


def _same(one: Defeasible, other: Defeasible) -> bool:
    """Whether two rules say the same, up to the order of conditions and the names of variables."""
    return one.name == other.name and _clause(one).same() == _clause(other).same()


def _names(claim: Claim) -> Iterable[str]:
    if isinstance(claim, Defeasible):
        return [name for literal in (*claim.rule.body, claim.rule.head) for name in atom_of(literal).names]
    if isinstance(claim, Prefers):
        return ()
    return atom_of(claim.condition if isinstance(claim, Unproved) else claim.literal).names


def _instance_of(literal: Literal, pattern: Literal) -> bool:
    """Whether a literal is the pattern with individuals for its variables."""
    if literal[:2] != pattern[:2] or len(literal[2]) != len(pattern[2]):
        return False
    binding: dict[str, str] = {}
    return all(
        binding.setdefault(name, one) == one if is_variable(name) else name == one
        for name, one in zip(pattern[2], literal[2])
    )
