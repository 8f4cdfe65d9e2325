"""Arithmetic: what follows from definitions `c = a + b`, `a = 3`, exactly, over the rationals or mod p.

The *fragment*: every given defines a variable by a term, none twice, without a cycle. There each variable has one
value, so a claim whose variables all have values is entailed or refuted by evaluation. Whatever lies outside (unknowns,
equations to solve, comparisons mod p) goes to `reasonlab.verifiers.algebra`.

- A chain of equalities is the conjunction of its links: refuted if one is, and the reason names it.
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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasonlab.language.claims import Compare, Equal, render_claim
from reasonlab.language.errors import ResourceLimit
from reasonlab.language.terms import Binary, Symbol, Term, subterms, symbols
from reasonlab.verifiers.evaluation import Operation, Value, evaluate, literal, residue, show, show_term, whole
from reasonlab.verifiers.limits import Limits, Meter
from reasonlab.verifiers.verdicts import Contradiction, Judgement

Relation = Equal | Compare


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

    def __init__(self, modulus: int | None) -> None:
        self.modulus = modulus
        self.definitions: dict[str, tuple[int, Term]] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.values: dict[str, Value] = {}
        self.operations: dict[str, set[Operation]] = {}
        self.known: dict[str, int] = {}  # value written down by this given or step
        self.defined_by: dict[str, int] = {}  # definition written down by this given or step
        self.source: dict[str, Ring] = {}  # values that come from another ring

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
            key, term = self.definitions[name]
            noted: set[Operation] = set()
            try:
                self.values[name] = evaluate(term, self.values, self.modulus, noted)
            except ZeroDivisionError:
                return Contradiction((key,), f"{name} = {show_term(term)} is undefined")
            except ResourceLimit:
                continue  # stays without a value: claims about it are out of the fragment
            self.operations[name] = noted
            for child in waiting.get(name, ()):
                missing[child] -= 1
                if not missing[child]:
                    ready.append(child)
        return None

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

    def do(self, stated: dict[str, Value]) -> dict[str, Value]:
        """The values where each variable of `stated` is held at its value and no longer listens to its definition."""
        world = Ring(self.modulus)
        world.definitions = {name: entry for name, entry in self.definitions.items() if name not in stated}
        world.parents = {name: self.parents[name] for name in world.definitions}
        world.values = {name: value for name, value in self.values.items() if name not in self.definitions} | stated
        world.solve()
        return world.values

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
            premises.add(ring.defined_by[name])
            count += len(ring.operations[name])
            operations |= ring.operations[name]
            stack += [(ring, parent) for parent in ring.parents[name]]
        return Trace(premises, count, operations, not seen)


class Relations:
    """The theory of a chain's equalities and comparisons: judge each claim, then `establish` or `discredit` it."""

    def __init__(
        self, givens: Sequence[tuple[int, Relation]], first_step: int, modulus: int | None, limits: Limits, meter: Meter
    ) -> None:
        self.givens, self.first_step, self.modulus = tuple(givens), first_step, modulus
        self.limits, self.meter = limits, meter
        self.derived: list[tuple[int, Relation]] = []
        self.bad: list[tuple[int, Relation]] = []
        self.stated: dict[int | None, dict[str, Value]] = {}
        self.texts: dict[str, int] = {}
        self.rings: dict[int | None, Ring] = {None: Ring(None)}
        self.contradiction = self._read_givens()

    def ring(self, modulus: int | None) -> Ring:
        """The ring for a modulus; variables defined over the rationals or mod a multiple have a residue in it."""
        if modulus not in self.rings:
            self.rings[modulus] = ring = Ring(modulus)
            self._project(ring)
        return self.rings[modulus]

    def _read_givens(self) -> Contradiction | None:
        constraints: list[tuple[int, Relation]] = []
        for key, claim in self.givens:
            self.texts.setdefault(render_claim(claim), key)
            if not (isinstance(claim, Equal) and self._define(key, claim)):
                constraints.append((key, claim))
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
            for name, _ in _stated(claim):
                self.ring(claim.modulus).known.setdefault(name, key)  # type: ignore[union-attr]
        if (
            len(settled) < len(constraints)
            or any(ring.cyclic() for ring in self.rings.values())
            or self._may_divide_by_zero()
        ):
            from reasonlab.verifiers import algebra

            return algebra.contradiction(self.givens, self.limits, self.meter)
        return None

    def _define(self, key: int, claim: Equal) -> bool:
        """Take the claim as a definition, if it is one: `variable = term`, the first for that variable."""
        if len(claim.terms) != 2:
            return False
        name, term = claim.terms
        if not isinstance(name, Symbol):
            name, term = term, name
        ring = self.rings.setdefault(claim.modulus, Ring(claim.modulus))
        if not isinstance(name, Symbol) or name.name in ring.definitions:
            return False
        parents = _parents(term)
        if name.name in parents:
            return False
        ring.definitions[name.name] = (key, term)
        ring.parents[name.name] = parents
        ring.defined_by[name.name] = key
        if not parents and literal(term) is not None:
            ring.known[name.name] = key
        return True

    def _project(self, ring: Ring) -> None:
        if ring.modulus is None:
            return
        for modulus, other in sorted(self.rings.items(), key=lambda item: -(item[0] or (1 << 62))):
            if other is not ring and (modulus is None or modulus % ring.modulus == 0):
                for name, value in other.values.items():
                    if name in ring.values or name in ring.definitions:
                        continue
                    try:
                        ring.values[name] = residue(value, ring.modulus)
                    except ZeroDivisionError:
                        continue
                    ring.source[name] = other

    def _settled(self, claim: Relation) -> bool:
        """Whether every variable of the claim has a value."""
        ring = self.ring(claim.modulus if isinstance(claim, Equal) else None)
        return all(name in ring.values for term in _terms(claim) for name in symbols(term))

    def _may_divide_by_zero(self) -> bool:
        """Whether a definition without a value divides."""
        return any(
            name not in ring.values
            and any(isinstance(part, Binary) and part.operator in "/^" for part in subterms(term))
            for ring in self.rings.values()
            for name, (_, term) in ring.definitions.items()
        )

    def judge(self, claim: Relation, text: str | None = None) -> Judgement:
        """The judgement on a claim, from the givens and the steps established so far."""
        ring = self.ring(claim.modulus if isinstance(claim, Equal) else None)
        terms = _terms(claim)
        written: set[Operation] = set()
        try:
            values = [evaluate(term, ring.values, ring.modulus, written) for term in terms]
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
        return self.texts.get(text if text is not None else render_claim(claim))

    def _judge_open(self, claim: Relation) -> Judgement:
        """Link by link where some variable has no value: by evaluation, by restatement, else by algebra."""
        from reasonlab.verifiers import algebra

        if isinstance(claim, Compare) or len(claim.terms) == 2:
            if (key := self.texts.get(render_claim(claim))) is not None:
                return Judgement("entailed", (key,), 0)
            return algebra.judge((*self.givens, *self.derived), claim, self.limits, self.meter)
        links = [Equal(claim.terms[i : i + 2], claim.modulus) for i in range(len(claim.terms) - 1)]
        judged = [self.judge(link) if self._settled(link) else self._judge_open(link) for link in links]
        for status in ("refuted", "unsupported", "unknown"):
            for link, one in zip(links, judged):
                if one.status == status:
                    reason = f"the link {render_claim(link)}" + (f": {one.reason}" if one.reason else "")
                    found = Judgement(status, one.premises, None, one.witness, reason)
                    open_links = [other for other in judged if other.status != "entailed"]
                    if status == "unsupported" and one.reason is None and len(open_links) > 1:
                        return self._judge_together(claim, found)
                    return found
        leaps = [one.leap for one in judged]
        premises = _sorted({key for one in judged for key in one.premises})
        return Judgement("entailed", premises, None if None in leaps else sum(leaps))  # type: ignore[arg-type]

    def _judge_together(self, claim: Equal, apart: Judgement) -> Judgement:
        """Links that may hold one by one, but perhaps never all at once."""
        from reasonlab.verifiers import algebra

        goal = -1
        clash = algebra.contradiction((*self.givens, *self.derived, (goal, claim)), self.limits, self.meter)
        if clash is None:
            return apart
        if not clash.premises:
            return Judgement("unknown", reason=clash.reason)
        premises = _sorted(key for key in clash.premises if key != goal)
        return Judgement("refuted", premises, None, None, "its links cannot hold together")

    def fault(self, claim: Relation) -> str:
        """Of a bad claim: "inherited" if it would hold were the earlier bad steps true, else "fresh"."""
        if not self.bad:
            return "fresh"
        ring = self.ring(claim.modulus if isinstance(claim, Equal) else None)
        world = ring.do(self.stated.get(ring.modulus, {}))
        try:
            values = [evaluate(term, world, ring.modulus, set()) for term in _terms(claim)]
        except KeyError:
            return self._fault_open(claim)
        except (ZeroDivisionError, ResourceLimit):
            return "fresh"
        return "inherited" if _holds(claim, values) else "fresh"

    def _fault_open(self, claim: Relation) -> str:
        from reasonlab.verifiers import algebra

        stated = self.stated.get(claim.modulus if isinstance(claim, Equal) else None, {})
        kept = [(key, given) for key, given in self.givens if not _defines(given, stated)]
        while (clash := algebra.contradiction((*kept, *self.bad), self.limits, self.meter)) is not None:
            fewer = [(key, given) for key, given in kept if key not in clash.premises]
            if len(fewer) == len(kept):
                return "fresh"  # the bad steps contradict each other
            kept = fewer  # what contradicts a bad step gives way to it
        judged = algebra.judge_links((*kept, *self.bad), claim, self.limits, self.meter)
        return "inherited" if judged.status == "entailed" else "fresh"

    def establish(self, key: int, claim: Relation, text: str) -> None:
        """An entailed step: what it reached is from now on a premise."""
        self.derived.append((key, claim))
        if self.texts.get(text, -1) < self.first_step:
            self.texts[text] = key
        if not isinstance(claim, Equal):
            return
        ring = self.ring(claim.modulus)
        name = claim.terms[0]
        if len(claim.terms) == 2 and isinstance(name, Symbol) and name.name in ring.definitions:
            given, _ = ring.definitions[name.name]
            if self.texts[text] == key and text == self._given_text(given) and ring.defined_by[name.name] == given:
                ring.defined_by[name.name] = key
        for name, given_value in _stated(claim):
            self.stated.get(claim.modulus, {}).pop(name, None)
            if ring.known.get(name, -1) < self.first_step:
                ring.known[name] = key
            self._set(ring, name, given_value)
        for name, value in claim.notes:
            # A note repeats a value that was stated, or else it states it.
            if name not in ring.known and (number := literal(value)) is not None:
                ring.known[name] = key
                self._set(ring, name, number)

    def _set(self, ring: Ring, name: str, value: Fraction) -> None:
        """Give a variable a value, and others those that follow from it."""
        if name not in ring.values:
            ring.values[name] = whole(value) if ring.modulus is None else residue(whole(value), ring.modulus)
            ring.solve()
            for other in self.rings.values():
                self._project(other)

    def _given_text(self, key: int) -> str:
        return next(render_claim(claim) for given, claim in self.givens if given == key)

    def discredit(self, key: int, claim: Relation) -> None:
        """A refuted or unsupported step: what it stated tells inherited faults from fresh ones."""
        self.bad.append((key, claim))
        if not isinstance(claim, Equal):
            return
        ring = self.ring(claim.modulus)
        for term in reversed(claim.terms):
            try:
                value = evaluate(term, {}, ring.modulus, set())
            except (KeyError, ZeroDivisionError, ResourceLimit):
                continue
            for name in claim.terms:
                if isinstance(name, Symbol):
                    self.stated.setdefault(claim.modulus, {})[name.name] = value
            return


def _terms(claim: Relation) -> tuple[Term, ...]:
    return claim.terms if isinstance(claim, Equal) else (claim.left, claim.right)


def _stated(claim: Relation) -> list[tuple[str, Fraction]]:
    """The variables whose values a true equality writes down."""
    if isinstance(claim, Compare):
        return []
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


def _defines(claim: Relation, names: Iterable[str]) -> bool:
    return isinstance(claim, Equal) and any(isinstance(term, Symbol) and term.name in names for term in claim.terms)


def _lower(error: Exception) -> str:
    text = str(error)
    return "division by zero" if "Fraction" in text or not text else text


def _name(found: Contradiction, ring: Ring) -> str:
    return next(name for name, (key, _) in ring.definitions.items() if key in found.premises)
