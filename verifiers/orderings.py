"""Things in a row: what follows about their positions from constraints, in every row that the givens allow.

A clause is entailed iff no row under the givens breaks it; a claim is refuted iff no row under them satisfies all of
it. The search is `rows`. A claim with `since` is about an inference, and says more: what comes after "since" holds, and
from that alone, with which things there are, the rest follows. It is refuted where either part is; `unsupported` where
the first part is open, or true for other reasons.

- *Leap*: of each clause that neither a given nor an earlier step states, its premises less one, at least 1: no
  derivation that joins two at a time is shorter.
- *Premises*: of each clause, a smallest set that still entails it, earlier steps before givens; of a refutation, a
  smallest set that still excludes the claim.
- *Fault*: `inherited` if the claim follows with the help of what earlier bad steps state, where what contradicts the
  last of these gives way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.orderings import Atom, Clause, Objects, Place, write_clauses
from reasonlab.language.worded import Worded
from reasonlab.verifiers.limits import Limits, within
from reasonlab.verifiers.parts import undecided
from reasonlab.verifiers.rows import Row, find_row, negation
from reasonlab.verifiers.verdicts import Contradiction, Judgement

SHOWN = 3  # right positions in a witness


class Orderings:
    """The theory of a chain's positions."""

    def __init__(self, givens: Iterable[tuple[int, Worded]], first_step: int, limits: Limits) -> None:
        self.first_step, self.limits, self.spent = first_step, limits, 0
        self.key = -1
        self.things: tuple[str, ...] = ()
        self.names: frozenset[str] = frozenset()
        self.clauses: dict[Clause, int] = {}  # of the givens
        self.stated: dict[Clause, tuple[int, frozenset[Clause]]] = {}  # by whom, and what it follows from
        self.bad: list[tuple[Clause, ...]] = []
        self.contradiction: Contradiction | None = None
        for key, claim in givens:
            if isinstance(claim, Objects):
                if self.things and {*self.things} != {*claim.names}:
                    self.contradiction = Contradiction((self.key, key), "they are different things")
                elif not self.things:
                    self.key, self.things, self.names = key, claim.names, frozenset(claim.names)
            elif isinstance(claim, Place):
                for clause in (*claim.clauses, *claim.since):
                    self.clauses.setdefault(clause, key)
                    self.stated.setdefault(clause, (key, frozenset((clause,))))
        if self.things and self.contradiction is None:
            self.contradiction = self._contradict()

    def _contradict(self) -> Contradiction | None:
        for clause, key in self.clauses.items():
            if (stranger := self._stranger((clause,))) is not None:
                return Contradiction(tuple(sorted({self.key, key})), f"{stranger} is not among the things")
        try:
            if self._row(self.clauses) is not None:
                return None
            core = self._core(tuple(self.clauses), ())
        except ResourceLimit as limit:
            return undecided(limit)
        keys = {self.key, *(self.clauses[clause] for clause in core)}
        return Contradiction(tuple(sorted(keys)), f"no row satisfies {write_clauses(core)}")

    def judge(self, claim: Worded, text: str) -> Judgement:
        if isinstance(claim, Objects):
            return self._judge_things(claim)
        assert isinstance(claim, Place)
        if not self.things:
            if claim.since or any(clause not in self.stated for clause in claim.clauses):
                return Judgement("unsupported", reason="nothing says which things are in the row")
        elif (stranger := self._stranger((*claim.clauses, *claim.since))) is not None:
            return Judgement("unsupported", (self.key,), reason=f"{stranger} is not among the things")
        for reason in claim.since:
            if self._derive(reason, tuple(self.clauses)) is None:
                return self._fails(claim.since, reason, "what it rests on is not given")
        reasons = claim.since or tuple(self.clauses)
        premises: set[int] = set()
        leap = 0
        for clause in claim.clauses:
            derived = self._derive(clause, reasons)
            if derived is None:
                why = "it does not follow from what is said after 'since'" if claim.since else None
                return self._fails(claim.clauses, clause, why, reasons)
            premises |= derived[0]
            leap += derived[1]
        return Judgement("entailed", tuple(sorted(premises)), leap)

    def _judge_things(self, claim: Objects) -> Judgement:
        if not self.things:
            return Judgement("unsupported", reason="nothing says which things are in the row")
        if {*claim.names} == {*self.things}:
            return Judgement("entailed", (self.key,), 0)
        return Judgement("refuted", (self.key,), None, f"the things are {', '.join(self.things)}")

    def _derive(self, clause: Clause, reasons: tuple[Clause, ...]) -> tuple[set[int], int] | None:
        """The premises and the leap of a clause that follows from reasons; None if it does not."""
        allowed = frozenset(reasons)
        known = self.stated.get(clause)
        if known is not None and known[1] <= allowed:
            return {known[0]}, 0
        opposite = negation(clause)
        if self._row((*reasons, *opposite)) is not None:
            return None
        steps = [each for each, (key, rests) in self.stated.items() if key >= self.first_step and rests <= allowed]
        core = self._core(tuple(dict.fromkeys((*reasons, *steps))), opposite)
        return {self.key, *(key for each in core for key in self._keys(each))}, max(1, len(core) - 1)

    def _keys(self, clause: Clause) -> set[int]:
        """Who states a clause; of one that is only said after "since", the givens that it follows from."""
        if clause in self.stated:
            return {self.stated[clause][0]}
        return {self.clauses[each] for each in self._core(tuple(self.clauses), negation(clause))}

    def _fails(
        self, claimed: tuple[Clause, ...], clause: Clause, why: str | None, reasons: Sequence[Clause] = ()
    ) -> Judgement:
        """The judgement on clauses of which one does not follow."""
        if self._row((*self.clauses, *claimed)) is None:
            core = self._core(tuple(self.clauses), claimed)
            keys = {self.key, *(key for each in core for key in self._keys(each))}
            reason = f"no row has {write_clauses((clause,))}" if self._row((*self.clauses, clause)) is None else None
            return Judgement("refuted", tuple(sorted(keys)), None, self._right(claimed), reason)
        row = self._row((*(reasons or self.clauses), *negation(clause)))
        witness = f"in the row {', '.join(row)} it fails" if row else None
        return Judgement("unsupported", (), None, witness, why or f"{write_clauses((clause,))} may be false")

    def _right(self, claimed: tuple[Clause, ...]) -> str | None:
        """The positions that the givens fix, of things that the claim places."""
        row = self._row(self.clauses)
        fixed: list[str] = []
        for name in dict.fromkeys(atom.left for clause in claimed for atom in clause) if row else ():
            place = row.index(name) + 1 if row else 0
            if len(fixed) < SHOWN and self._row((*self.clauses, (Atom(name, "!=", place),))) is None:
                fixed.append(f"{name} = {place}")
        return ", ".join(fixed) or None

    def fault(self, claim: Worded) -> str:
        if not self.bad or not isinstance(claim, Place) or not self.things or self._stranger(claim.clauses):
            return "fresh"
        said = {clause for clauses in self.bad for clause in clauses}
        base = claim.since or tuple(self.clauses)
        if any(reason not in said and reason not in self.stated for reason in claim.since):
            return "fresh"
        world = self._world(base)
        new = [clause for clause in claim.clauses if clause not in said]
        return "inherited" if all(self._row((*world, *negation(clause))) is None for clause in new) else "fresh"

    def _world(self, base: tuple[Clause, ...]) -> tuple[Clause, ...]:
        """What the last bad step says, and of the base what does not contradict it; the base alone if nothing can."""
        world = self.bad[-1]
        if self._stranger(world) or self._row(world) is None:
            return base
        for clause in base:
            if self._row((*world, clause)) is not None:
                world = (*world, clause)
        return world

    def establish(self, key: int, claim: Worded, text: str) -> None:
        if isinstance(claim, Place):
            reasons = frozenset(claim.since or self.clauses)
            for clause in (*claim.since, *claim.clauses):
                rests = frozenset((clause,)) if clause in self.clauses or clause in claim.since else reasons
                if self.stated.get(clause, (-1, reasons))[0] < self.first_step:
                    self.stated[clause] = (key, rests)

    def discredit(self, key: int, claim: Worded) -> None:
        if isinstance(claim, Place):
            self.bad.append(claim.clauses)

    def _core(self, reasons: tuple[Clause, ...], goal: tuple[Clause, ...]) -> tuple[Clause, ...]:
        """A smallest part of the reasons that still excludes the goal. Givens are tried first for leaving out."""
        kept = list(reasons)
        for clause in sorted(reasons, key=lambda each: self.stated.get(each, (-1,))[0] >= self.first_step):
            fewer = [each for each in kept if each != clause]
            if self._row((*fewer, *goal)) is None:
                kept = fewer
        return tuple(kept)

    def _row(self, clauses: Iterable[Clause]) -> Row | None:
        return find_row(self.things, tuple(clauses), self._spend)

    def _spend(self, count: int) -> None:
        self.spent += count
        within(self.spent, self.limits.states, "events simulated")

    def _stranger(self, clauses: Iterable[Clause]) -> str | None:
        """A thing that is not in the row."""
        names = (name for clause in clauses for atom in clause for name in (atom.left, atom.right))
        return next((name for name in names if isinstance(name, str) and name not in self.names), None)
