"""Arithmetic: what follows from definitions `c = a + b`, `a = 3`, exactly, over the rationals or mod p.

The *fragment*: every given defines a variable by a term, none twice, without a cycle. There each variable has one
value, so a claim whose variables all have values is entailed or refuted by evaluation. Whatever lies outside (unknowns,
equations to solve, comparisons mod p) goes to `reasonlab.verifiers.algebra`.

- A chain of equalities is the conjunction of its links: refuted if one is, and the reason names it. So is a system of
  one case; one of several is entailed if a case is, or else if algebra finds that one of them must hold.
- A term that is undefined (division by zero, no inverse mod p) makes its claim `unsupported`, and a given a
  contradiction.
- *Leap*: 0 where nothing is to be done but to read: a definition or a value restated, numbers compared. Otherwise it is
  the number of operations that have to be carried out, starting from the values that a given writes down or an earlier
  entailed step states: those of the definitions of every variable used that is not among these, and those written in
  the step; an operation on the same numbers counts once, and one that a counted definition already has does not count
  again. A value that is only reached by copies (`c = b`, `b = 3`) takes no operation, but is stated nowhere: 1.
- *Premises*: the values used, by the first step that reached them, else by their definition and what it uses.
- *Fault*: `inherited` if the claim holds in the world where each variable that an earlier bad step stated has the value
  stated there last (a `do` on the definitions; of other givens those that contradict it give way), else `fresh`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.relations import Compare, Equal, Relation, System, cases_of, names_of, render_system, terms_of
from reasonlab.language.terms import Binary, Symbol, Term, subterms
from reasonlab.verifiers import algebra
from reasonlab.verifiers.constraints import Premise, Store
from reasonlab.verifiers.evaluation import Operation, Value, evaluate, literal, residue, show, show_term, whole
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Claim = Relation | System
VISIT = 3  # what looking at a definition weighs


@dataclass(frozen=True, slots=True)
class Trace:
    """What the values of some variables rest on.

    Attributes:
        operations: those of the definitions on the way; `count` has one for each definition that carries it out.
        stated: whether a given or an entailed step states each of the values.
    """

    premises: set[int]
    count: int
    operations: set[Operation]
    stated: bool


class Ring:
    """The variables over the rationals (`modulus` None) or mod p: definitions, values, and who established them."""

    def __init__(self, modulus: int | None, meter: Meter) -> None:
        self.modulus, self.meter = modulus, meter
        self.definitions: dict[str, tuple[int, Term]] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.values: dict[str, Value] = {}
        self.operations: dict[str, set[Operation]] = {}
        self.known: dict[str, int] = {}  # value written down by this given or step
        self.defined_by: dict[str, int] = {}  # definition written down by this given or step
        self.source: dict[str, Ring] = {}  # values that come from another ring
        self.readers: dict[str, list[str]] | None = None  # the variables whose definitions read a variable

    def define(self, name: str, key: int, term: Term, parents: tuple[str, ...]) -> None:
        self.definitions[name] = (key, term)
        self.parents[name] = parents
        self.defined_by[name] = key
        if not parents and literal(term) is not None:
            self.known[name] = key
        self.readers = None

    def solve(self) -> Contradiction | None:
        """Give a value to every variable whose definition allows it (Kahn's algorithm); say if one is undefined."""
        waiting: dict[str, list[str]] = {}
        missing: dict[str, int] = {}
        ready = []
        for name, parents in self.parents.items():
            if name in self.values:
                continue
            absent = [parent for parent in parents if parent not in self.values]
            missing[name] = len(absent)
            for parent in absent:
                waiting.setdefault(parent, []).append(name)
            if not absent:
                ready.append(name)
        while ready:
            name = ready.pop()
            try:
                if not self._evaluate(name):
                    continue
            except ZeroDivisionError:
                key, term = self.definitions[name]
                return Contradiction((key,), f"{name} = {show_term(term)} is undefined")
            for child in waiting.get(name, ()):
                missing[child] -= 1
                if not missing[child]:
                    ready.append(child)
        return None

    def _evaluate(self, name: str) -> bool:
        """Give a variable the value of its definition; False if a limit stops it. Claims about it are then open."""
        noted: set[Operation] = set()
        try:
            self.values[name] = evaluate(self.definitions[name][1], self.values, self.modulus, noted, self.meter)
        except ResourceLimit:
            return False
        self.operations[name] = noted
        return True

    def settle(self, name: str, value: Value) -> list[str]:
        """Give a variable a value, and those that now follow by definitions; all that are new."""
        if self.readers is None:
            self.readers = {}
            self.meter.spend(len(self.parents))
            for reader, parents in self.parents.items():
                for parent in parents:
                    self.readers.setdefault(parent, []).append(reader)
        self.values[name] = value
        new = [name]
        for parent in new:  # grows
            for reader in self.readers.get(parent, ()):
                self.meter.spend(len(self.parents[reader]))
                if reader in self.values or any(one not in self.values for one in self.parents[reader]):
                    continue
                try:
                    if self._evaluate(reader):
                        new.append(reader)
                except ZeroDivisionError:
                    continue
        return new

    def cyclic(self) -> bool:
        """Whether the definitions form a cycle."""
        left = {
            name: {p for p in parents if p in self.definitions and p not in self.values}
            for name, parents in self.parents.items()
            if name not in self.values
        }
        children: dict[str, list[str]] = {}
        for name, parents in left.items():
            for parent in parents:
                children.setdefault(parent, []).append(name)
        ready = [name for name, parents in left.items() if not parents]
        done = 0
        while ready:
            done += 1
            name = ready.pop()
            for child in children.get(name, ()):
                left[child].discard(name)
                if not left[child]:
                    ready.append(child)
        return done < len(left)

    def under(self, stated: Mapping[str, Value], names: Iterable[str]) -> dict[str, Value]:
        """The values of some variables where those of `stated` are held and no longer listen to their definitions."""
        world = dict(stated)
        stack = [(name, False) for name in names]
        seen: set[str] = set()
        while stack:
            name, ready = stack.pop()
            if name in world or (name in seen and not ready):
                continue
            self.meter.spend(VISIT)
            if name not in self.definitions:
                if name in self.values:
                    world[name] = self.values[name]
            elif ready:
                if all(parent in world for parent in self.parents[name]):
                    world[name] = evaluate(self.definitions[name][1], world, self.modulus, set(), self.meter)
            else:
                seen.add(name)
                stack.append((name, True))
                stack += [(parent, False) for parent in self.parents[name]]
        return world

    def trace(self, names: Iterable[str]) -> Trace:
        """What the values of `names` rest on."""
        premises: set[int] = set()
        count = 0
        operations: set[Operation] = set()
        stack: list[tuple[Ring, str]] = [(self, name) for name in names]
        seen: set[tuple[int | None, str]] = set()
        while stack:
            ring, name = stack.pop()
            if name not in ring.known and name in ring.source:
                ring = ring.source[name]
            if name in ring.known:
                premises.add(ring.known[name])
                continue
            if (ring.modulus, name) in seen:
                continue
            seen.add((ring.modulus, name))
            self.meter.spend(VISIT)
            premises.add(ring.defined_by[name])
            count += len(ring.operations[name])
            operations |= ring.operations[name]
            stack += [(ring, parent) for parent in ring.parents[name]]
        return Trace(premises, count, operations, not seen)


class Relations:
    """The theory of a chain's equalities and comparisons: judge each claim, then `establish` or `discredit` it."""

    def __init__(
        self, givens: Sequence[tuple[int, Claim]], first_step: int, modulus: int | None, limits: Limits, meter: Meter
    ) -> None:
        self.first_step, self.modulus, self.limits, self.meter = first_step, modulus, limits, meter
        self.said: list[tuple[int, Claim, bool]] = []  # by a given (True) or an entailed step
        self.bad: list[tuple[int, Claim]] = []
        self.stated: dict[int | None, dict[str, Value]] = {}  # by bad steps, last
        self.texts: dict[str, int] = {}
        self.rings: dict[int | None, Ring] = {None: Ring(None, meter)}
        self._algebra: algebra.Algebra | None = None
        self._suspects: Store | None = None
        self.contradiction = self._read_givens(givens)

    @property
    def algebra(self) -> algebra.Algebra:
        """What was said, as algebra holds it; made when a claim first asks for it."""
        if self._algebra is None:
            self._algebra = algebra.Algebra(self.meter)
            for key, claim, given in self.said:
                self._algebra.add(key, claim, given=given)
        return self._algebra

    def _say(self, key: int, claim: Claim, *, given: bool) -> None:
        self.said.append((key, claim, given))
        if self._algebra is not None:
            self._algebra.add(key, claim, given=given)

    def ring(self, modulus: int | None) -> Ring:
        """The ring for a modulus; variables defined over the rationals or mod a multiple have a residue in it."""
        if modulus not in self.rings:
            self.rings[modulus] = ring = Ring(modulus, self.meter)
            self._project(ring)
        return self.rings[modulus]

    def _read_givens(self, givens: Sequence[tuple[int, Claim]]) -> Contradiction | None:
        constraints: list[tuple[int, Claim]] = []
        for key, claim in givens:
            self.texts.setdefault(render_system(claim), key)
            cases = cases_of(claim)
            for part in cases[0] if len(cases) == 1 else (claim,):
                self._say(key, part, given=True)
                if not (isinstance(part, Equal) and self._define(key, part)):
                    constraints.append((key, part))
        for modulus in sorted(self.rings, key=lambda m: -m if m else -(1 << 62)):  # the rationals, then large moduli
            ring = self.rings[modulus]
            self._project(ring)
            if (found := ring.solve()) is not None:
                return Contradiction(
                    _sorted(ring.trace(ring.parents[_name(found, ring)]).premises | set(found.premises)), found.reason
                )
        settled = [pair for pair in constraints if self._settled(pair[1])]
        for key, claim in settled:
            judged = self.judge(claim)
            if judged.status == "refuted":
                return Contradiction(_sorted({key, *judged.premises}), judged.reason or "")
            if judged.status == "unsupported":
                return Contradiction((key,), judged.reason or "")
            if judged.status == "unknown":
                return Contradiction((), f"whether the givens can all hold is unknown: {judged.reason}")
        for key, claim in constraints:
            if isinstance(claim, Equal):
                for name, _ in _stated(claim):
                    self.ring(claim.modulus).known.setdefault(name, key)
        if (
            len(settled) < len(constraints)
            or any(ring.cyclic() for ring in self.rings.values())
            or self._may_divide_by_zero()
        ):
            return self.algebra.contradiction()
        return None

    def _define(self, key: int, claim: Equal) -> bool:
        """Take the claim as a definition, if it is one: `variable = term`, the first for that variable."""
        if len(claim.terms) != 2:
            return False
        name, term = claim.terms
        if not isinstance(name, Symbol):
            name, term = term, name
        if claim.modulus not in self.rings:
            self.rings[claim.modulus] = Ring(claim.modulus, self.meter)
        ring = self.rings[claim.modulus]
        if not isinstance(name, Symbol) or name.name in ring.definitions:
            return False
        parents = _parents(term)
        if name.name in parents:
            return False
        ring.define(name.name, key, term, parents)
        return True

    def define(self, key: int, claim: Equal) -> None:
        """Take in a definition of a new variable after the givens, as if it had been given."""
        self.texts.setdefault(render_system(claim), key)
        self._say(key, claim, given=True)
        self._define(key, claim)
        self.ring(claim.modulus).solve()

    def _project(self, ring: Ring) -> None:
        if ring.modulus is None:
            return
        self.meter.spend(len(self.rings))
        for modulus, other in sorted(self.rings.items(), key=lambda item: -(item[0] or (1 << 62))):
            if other is not ring and (modulus is None or modulus % ring.modulus == 0):
                self.meter.spend(len(other.values))
                for name, value in other.values.items():
                    if name in ring.values or name in ring.definitions:
                        continue
                    try:
                        ring.values[name] = residue(value, ring.modulus)
                    except ZeroDivisionError:
                        continue
                    ring.source[name] = other

    def _settled(self, claim: Claim) -> bool:
        """Whether every variable of the claim has a value."""
        if isinstance(claim, System):
            return all(self._settled(relation) for case in claim.cases for relation in case)
        values = self.ring(claim.modulus if isinstance(claim, Equal) else None).values
        return all(name in values for name in names_of(claim))

    def _may_divide_by_zero(self) -> bool:
        """Whether a definition without a value divides."""
        return any(
            name not in ring.values
            and any(isinstance(part, Binary) and part.operator in "/^" for part in subterms(term))
            for ring in self.rings.values()
            for name, (_, term) in ring.definitions.items()
        )

    def judge(self, claim: Claim, text: str | None = None) -> Judgement:
        """The judgement on a claim, from the givens and the steps established so far."""
        if isinstance(claim, System):
            return self._judge_system(claim, text)
        ring = self.ring(claim.modulus if isinstance(claim, Equal) else None)
        terms = terms_of(claim)
        written: set[Operation] = set()
        try:
            values = [evaluate(term, ring.values, ring.modulus, written, self.meter) for term in terms]
        except KeyError:
            return self._judge_open(claim)
        except ZeroDivisionError as error:
            return Judgement("unsupported", reason=f"a term is undefined: {_lower(error)}")
        except ResourceLimit as error:
            return Judgement("unknown", reason=str(error))
        if (key := self._restated(claim, text)) is not None and _holds(claim, values):
            return Judgement("entailed", (key,), 0)
        used = terms
        if isinstance(claim, Compare):
            holds = _holds(claim, values)
            reason = None if holds else f"{_comparison(claim, values)} is false"
        else:
            broken = next((i for i in range(1, len(values)) if values[i] != values[i - 1]), None)
            holds, reason = broken is None, None
            if broken is not None:
                used = terms[broken - 1 : broken + 1]
                reason = _broken(used, values[broken - 1 : broken + 1], claim.modulus)
        names = {name for term in used for name in _parents(term)}
        trace = ring.trace(names)
        leap = max(trace.count + len(written - trace.operations), 0 if trace.stated else 1)
        if holds:
            return Judgement("entailed", _sorted(trace.premises), leap)
        return Judgement("refuted", _sorted(trace.premises), leap, _right(claim, terms, values), reason)

    def _restated(self, claim: Relation, text: str | None) -> int | None:
        """The given or step that makes the very claim, where that is more than a value."""
        if isinstance(claim, Equal) and isinstance(claim.terms[0], Symbol) and _stated(claim) and len(claim.terms) == 2:
            return None  # a value: whoever established it is the premise
        return self.texts.get(text if text is not None else render_system(claim))

    def _judge_open(self, claim: Relation) -> Judgement:
        """Link by link where some variable has no value: by evaluation, by restatement, else by algebra."""
        if isinstance(claim, Compare) or len(claim.terms) == 2:
            if (key := self.texts.get(render_system(claim))) is not None:
                return Judgement("entailed", (key,), 0)
            return self.algebra.judge(claim)
        links = [Equal(claim.terms[i : i + 2], claim.modulus) for i in range(len(claim.terms) - 1)]
        return self._judge_all(claim, links, "link")

    def _judge_system(self, claim: System, text: str | None) -> Judgement:
        """By cases where one is entailed or all are refuted, else by algebra."""
        key = self.texts.get(text if text is not None else render_system(claim))
        if key is not None:
            return Judgement("entailed", (key,), 0)
        if len(claim.cases) == 1:
            return self._judge_all(claim, claim.cases[0], "relation")
        judged = [self._judge_all(case, case, "relation") for case in claim.cases]
        entailed = [one for one in judged if one.status == "entailed"]
        if entailed:
            return min(entailed, key=lambda one: (one.leap is None, one.leap or 0))
        if all(one.status == "refuted" for one in judged):
            witness = " and ".join(dict.fromkeys(one.witness for one in judged if one.witness))
            premises = _sorted({key for one in judged for key in one.premises})
            return Judgement("refuted", premises, None, witness or None, "each case fails")
        if self._settled(claim):  # a case is undefined, or too long to evaluate
            return next(one for one in judged if one.status != "refuted")
        return self.algebra.judge(claim)

    def _judge_all(self, claim: Claim | tuple[Relation, ...], parts: Sequence[Relation], what: str) -> Judgement:
        """The judgement on relations that are said to hold together: the first that fails decides."""
        judged = [self.judge(part) for part in parts]
        for status in ("refuted", "unsupported", "unknown"):
            for part, one in zip(parts, judged):
                if one.status == status:
                    reason = f"the {what} {render_system(part)}" + (f": {one.reason}" if one.reason else "")
                    found = Judgement(status, one.premises, None, one.witness, reason if len(parts) > 1 else one.reason)
                    open_ones = [other for other in judged if other.status != "entailed"]
                    if status == "unsupported" and one.reason is None and len(open_ones) > 1:
                        return self._judge_together(claim, found, what)
                    return found
        leaps = [one.leap for one in judged]
        premises = _sorted({key for one in judged for key in one.premises})
        return Judgement("entailed", premises, None if None in leaps else sum(leaps))  # type: ignore[arg-type]

    def _judge_together(self, claim: Claim | tuple[Relation, ...], apart: Judgement, what: str) -> Judgement:
        """Relations that may hold one by one, but perhaps never all at once."""
        judged = self.algebra.judge(System((claim,)) if isinstance(claim, tuple) else claim)
        if judged.status == "refuted":
            return Judgement("refuted", judged.premises, None, None, f"its {what}s cannot hold together")
        return judged if judged.status == "unknown" else apart

    def fault(self, claim: Claim) -> str:
        """Of a bad claim: "inherited" if it would hold were the earlier bad steps true, else "fresh"."""
        if not self.bad:
            return "fresh"
        try:
            holds = any(all(self._holds_under(relation) for relation in case) for case in cases_of(claim))
        except KeyError:
            return self._fault_open(claim)
        except ZeroDivisionError:
            return "fresh"
        return "inherited" if holds else "fresh"

    def _holds_under(self, relation: Relation) -> bool:
        """Whether a relation holds where variables have the values that bad steps stated."""
        ring = self.ring(relation.modulus if isinstance(relation, Equal) else None)
        world = ring.under(self.stated.get(ring.modulus, {}), names_of(relation))
        return _holds(relation, [evaluate(term, world, ring.modulus, set(), self.meter) for term in terms_of(relation)])

    def _fault_open(self, claim: Claim) -> str:
        if self._suspects is None:
            self._suspects = Store(self.limits.premises)
            for key, said, given in self.said:
                if given:
                    self._suspects.add(Premise(key, said), given=True)
            for key, said in self.bad:
                self._suspects.add(Premise(key, said), given=True)
        suspects = {key for key, _ in self.bad}
        kept = [one for one in self._suspects.about(names_of(claim)) if one.key in suspects or not self._stated_by(one)]
        while (clash := algebra.contradiction(kept, self.meter)) is not None:
            fewer = [one for one in kept if one.key in suspects or one.key not in clash.premises]
            if len(fewer) == len(kept):
                return "fresh"  # the bad steps contradict each other
            kept = fewer  # what contradicts a bad step gives way to it
        return "inherited" if algebra.follows(kept, claim, self.meter) else "fresh"

    def _stated_by(self, premise: Premise) -> bool:
        """Whether a given is about a variable whose value bad steps stated."""
        claim = premise.claim
        if not isinstance(claim, Equal):
            return False
        stated = self.stated.get(claim.modulus, {})
        return any(isinstance(term, Symbol) and term.name in stated for term in claim.terms)

    def establish(self, key: int, claim: Claim, text: str) -> None:
        """An entailed step: what it reached is from now on a premise."""
        self.take_in(key, claim, text, given=False)

    def take_in(self, key: int, claim: Claim, text: str, *, given: bool) -> None:
        """What a step says is from now on a premise; `given`: it adds to what follows."""
        if self.texts.get(text, -1) < self.first_step:
            self.texts[text] = key
        cases = cases_of(claim)
        for part in cases[0] if len(cases) == 1 else (claim,):
            self._say(key, part, given=given)
            if isinstance(part, Equal):
                self._take_in_equality(key, part, text)

    def _take_in_equality(self, key: int, claim: Equal, text: str) -> None:
        ring = self.ring(claim.modulus)
        name = claim.terms[0]
        if len(claim.terms) == 2 and isinstance(name, Symbol) and name.name in ring.definitions:
            given, term = ring.definitions[name.name]
            if term == claim.terms[1] and self.texts[text] == key and ring.defined_by[name.name] == given:
                ring.defined_by[name.name] = key
        for stated, value in _stated(claim):
            self.stated.get(claim.modulus, {}).pop(stated, None)
            if ring.known.get(stated, -1) < self.first_step:
                ring.known[stated] = key
            self._set(ring, stated, value)
        for noted, number in claim.notes:
            # A note repeats a value that was stated, or else it states it.
            if noted not in ring.known and (read := literal(number)) is not None:
                ring.known[noted] = key
                self._set(ring, noted, read)

    def _set(self, ring: Ring, name: str, value: Fraction) -> None:
        """Give a variable a value, and others those that follow from it, in this ring and in those of its divisors."""
        if name in ring.values:
            return
        waiting = [(ring, name, whole(value) if ring.modulus is None else residue(whole(value), ring.modulus))]
        while waiting:
            here, one, number = waiting.pop()
            for new in here.settle(one, number):
                for other in self.rings.values():
                    self.meter.spend(1)
                    divides = other.modulus is not None and (here.modulus is None or here.modulus % other.modulus == 0)
                    if other is here or not divides or new in other.values or new in other.definitions:
                        continue
                    try:
                        projected = residue(here.values[new], other.modulus)  # type: ignore[arg-type]
                    except ZeroDivisionError:
                        continue
                    other.source[new] = here
                    waiting.append((other, new, projected))

    def discredit(self, key: int, claim: Claim) -> None:
        """A refuted or unsupported step: what it stated tells inherited faults from fresh ones."""
        self.bad.append((key, claim))
        if self._suspects is not None:
            self._suspects.add(Premise(key, claim), given=True)
        cases = cases_of(claim)
        for relation in cases[0] if len(cases) == 1 else ():
            if isinstance(relation, Equal):
                self._discredit_equality(relation)

    def _discredit_equality(self, claim: Equal) -> None:
        for term in reversed(claim.terms):
            try:
                value = evaluate(term, {}, claim.modulus, set(), self.meter)
            except (KeyError, ZeroDivisionError, ResourceLimit):
                continue
            for name in claim.terms:
                if isinstance(name, Symbol):
                    self.stated.setdefault(claim.modulus, {})[name.name] = value
            return


def _stated(claim: Equal) -> list[tuple[str, Fraction]]:
    """The variables whose values a true equality writes down."""
    number = next((number for term in claim.terms if (number := literal(term)) is not None), None)
    return [] if number is None else [(term.name, number) for term in claim.terms if isinstance(term, Symbol)]


def _parents(term: Term) -> tuple[str, ...]:
    """The variables of a term, in order of appearance."""
    kind = type(term)
    if kind is Symbol:
        return (term.name,)  # type: ignore[union-attr]
    if kind is Binary and type(term.left) is Symbol and type(term.right) is Symbol:  # type: ignore[union-attr]
        left, right = term.left.name, term.right.name  # type: ignore[union-attr]
        return (left,) if left == right else (left, right)
    return tuple(dict.fromkeys(part.name for part in subterms(term) if isinstance(part, Symbol)))


def _sorted(keys: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(keys))


def _holds(claim: Relation, values: Sequence[Value]) -> bool:
    if isinstance(claim, Equal):
        return all(value == values[0] for value in values)
    left, right = values
    operator = claim.operator
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    if operator == ">=":
        return left >= right
    return left != right


def _comparison(claim: Compare, values: Sequence[Value]) -> str:
    return f"{show(values[0])} {claim.operator} {show(values[1])}"


def _broken(terms: Sequence[Term], values: Sequence[Value], modulus: int | None) -> str:
    """The link that fails, in words."""
    mod = f" (mod {modulus})" if modulus is not None else ""
    left, right = (show_term(term) for term in terms)
    sides = [text if text == show(value) else f"{text} is {show(value)}" for text, value in zip((left, right), values)]
    return f"the link {left} = {right}{mod} fails: {sides[0]}, {sides[1] if ' is ' in sides[1] else 'not ' + sides[1]}"


def _right(claim: Relation, terms: Sequence[Term], values: Sequence[Value]) -> str:
    """The right values of what the claim is about."""
    if isinstance(claim, Equal):
        return f"{show_term(terms[0])} = {show(values[0])}"
    named = [f"{show_term(t)} = {show(v)}" for t, v in zip(terms, values) if literal(t) is None]
    return " and ".join(named) or _comparison(claim, values)


def _lower(error: Exception) -> str:
    text = str(error)
    return "division by zero" if "Fraction" in text or not text else text


def _name(found: Contradiction, ring: Ring) -> str:
    return next(name for name, (key, _) in ring.definitions.items() if key in found.premises)
