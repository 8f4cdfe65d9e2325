"""Relations between real unknowns, exactly: what follows, what cannot be, and where a claim fails.

1. Linear equations are solved, and their unknowns put in everywhere, until no further equation has become linear.
2. *No unknown is left*, or the claim follows by adding multiples of equations: decided.
3. *One unknown is left*: every piece of the real line between the roots is looked at (`realline`). Complete, for any
   equations and inequalities.
4. *Any number, but linear premises and a claim of equations*: the solutions of the premises form a flat (a point, a
   line, a plane, ...), which lies in the zeros of several polynomials only if it lies in those of one of them. So
   `(x - y) * (x + y) = 0 or x = 0` is looked at case by case. Complete for the entailed.
5. Any other goal may hold at one small point and fail at another (`points`).
6. Z3 (`nonlinear`) within its limits; else unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

from reasonlab.verifiers import polynomials as poly
from reasonlab.verifiers.constraints import Constraint, Premise, holds
from reasonlab.verifiers.decision import Decision
from reasonlab.verifiers.evaluation import in_words, show
from reasonlab.verifiers.limits import Meter
from reasonlab.verifiers.linear import Row, Rows
from reasonlab.verifiers.points import failing, satisfiable
from reasonlab.verifiers.polynomials import Value
from reasonlab.verifiers.realline import Line, coefficients, line

MOST_POINTS = 4  # of a finite set of solutions that is listed

Case = tuple[Constraint, ...]


def decide(premises: Sequence[Constraint], goal: Premise | None, meter: Meter, *, alone: bool) -> Decision:
    """The decision on a goal from one conjunction of premises, or, without a goal, on whether they can hold.

    `alone`: whether the premises are known to be consistent, so that those that do not bear on the goal are left out.
    """
    question = _Question(premises, goal, meter, alone)
    return question.decision or question.solve()


class _Question:
    """Premises and a goal while unknowns are eliminated. `decision`: what this alone settled."""

    def __init__(self, premises: Sequence[Constraint], goal: Premise | None, meter: Meter, alone: bool) -> None:
        self.meter, self.goal = meter, goal
        self.solved = Rows(meter)
        own = goal.names if goal is not None else frozenset[str]()
        self.names = sorted(own.union(*(poly.variables(one.polynomial) for one in premises)))
        self.rest: list[Constraint] = []
        self.cases: list[Case] = []
        self.decision = self._eliminate(premises) or (self._claim(goal) if goal is not None else None)
        if self.decision is None and alone and goal is not None:
            self.rest = _bearing(self.rest, self.unknowns(self.cases), meter)

    def _eliminate(self, premises: Sequence[Constraint]) -> Decision | None:
        """Solve what is linear, put it in, and so on; what is left is `rest`."""
        waiting = sorted(premises, key=lambda one: -max(one.premises))  # later steps become pivots, and so premises
        while True:
            others = []
            for one in waiting:
                if one.operator != "=" or poly.degree(one.polynomial) > 1:
                    others.append(one)
                elif (found := self.solved.insert(Row(one.polynomial, one.premises))) is not None:
                    return Decision("impossible", found)
            if len(others) == len(waiting):
                break
            waiting = [self._put_in(one) for one in others]
        for one in waiting:
            truth = one.truth()
            if truth is False:
                return Decision("impossible", one.premises)
            if truth is None:
                self.rest.append(one)
        return None

    def _put_in(self, one: Constraint) -> Constraint:
        row = self.solved.put_in(Row(one.polynomial, one.premises))
        return replace(one, polynomial=row.polynomial, premises=row.premises)

    def _claim(self, goal: Premise) -> Decision | None:
        """Put what is known into the goal; decide it if adding equations is enough."""
        forms = goal.forms(self.meter)
        nothing = frozenset[int]()
        self.cases = [tuple(self._put_in(replace(one, premises=nothing)) for one in case) for case in forms]
        rows = self.solved.copy()
        for one in self.rest:
            if one.operator == "=" and (found := rows.insert(Row(one.polynomial, one.premises))) is not None:
                return Decision("impossible", found)
        reduced = [tuple(self._reduce(one, rows) for one in case) for case in self.cases]
        undefined = next((one for case in reduced for one in case if one.condition and one.truth() is False), None)
        if undefined is not None and len(reduced) == 1:
            return Decision("unsupported", reason="a term is undefined: division by zero")
        linear = len(forms) == 1 and all(poly.degree(one.polynomial) <= 1 and one.operator == "=" for one in forms[0])
        for case in reduced:
            if all(one.truth() for one in case):
                return Decision("entailed", frozenset().union(*(one.premises for one in case)), linear=linear)
        false = [next((one for one in case if one.truth() is False), None) for case in reduced]
        if all(one is not None and not one.condition for one in false) and not _conditions(self.cases):
            premises = frozenset().union(*(one.premises for one in false if one is not None))
            return Decision("refuted", premises, model=self._solution())
        return None

    def _reduce(self, one: Constraint, rows: Rows) -> Constraint:
        row = rows.reduce(Row(one.polynomial, one.premises))
        return replace(one, polynomial=row.polynomial, premises=row.premises)

    def unknowns(self, cases: Iterable[Case]) -> frozenset[str]:
        return frozenset().union(*(poly.variables(one.polynomial) for case in cases for one in case))

    def solve(self) -> Decision:
        if self.goal is None and not self.rest:
            return Decision("consistent")
        unknowns = sorted(self.unknowns([*self.cases, tuple(self.rest)]))
        if self.goal is None:
            return self._consistent()
        if len(unknowns) <= 1:
            return self._on_line(unknowns[0] if unknowns else self.names[0] if self.names else "x")
        if not self.rest and all(one.operator == "=" for case in self.cases for one in case):
            found = self._on_flat()
            if found is not None:
                return found
        if not _conditions(self.cases):
            point = failing(self.rest, self.cases, unknowns, self.meter)
            if point is not None:
                return Decision("unsupported", model=in_words(self.solved.complete(point, self.names)))
        from reasonlab.verifiers import nonlinear

        return nonlinear.ask(self.rest, self.cases, self.solved, self.names, self.meter)

    def _consistent(self) -> Decision:
        """Whether what is left can hold, in groups that share no unknown."""
        left = list(self.rest)
        while left:
            group = _bearing(left, poly.variables(left[0].polynomial), self.meter)
            taken = set(map(id, group))
            left = [one for one in left if id(one) not in taken]
            names = sorted(self.unknowns([tuple(group)]))
            if len(names) == 1:
                cut = cut_line([group], self.meter)
                found = any(all_hold(group, cut, piece) for piece in cut.line.pieces)
                if not found:
                    return Decision("impossible", frozenset().union(*(one.premises for one in group)))
                continue
            if satisfiable(group, names, self.meter):
                continue
            from reasonlab.verifiers import nonlinear

            decision = nonlinear.ask(group, None, self.solved, names, self.meter)
            if decision.status != "consistent":
                return decision
        return Decision("consistent")

    def _on_line(self, name: str) -> Decision:
        """One unknown left: look at every piece of the line on which the premises hold."""
        cut = cut_line([self.rest, *self.cases], self.meter)
        world = [piece for piece in cut.line.pieces if all_hold(self.rest, cut, piece)]
        premises = frozenset().union(*(one.premises for one in (*self.rest, *(c for case in self.cases for c in case))))
        if not world:
            return Decision("impossible", frozenset().union(*(one.premises for one in self.rest)))
        true = {piece for piece in world if any(all_hold(case, cut, piece) for case in self.cases)}
        false = [piece for piece in world if piece not in true]
        if not false:
            return Decision("entailed", premises)
        undefined = [piece for piece in false if not all(cut.holds(one, piece) for one in _conditions(self.cases))]
        if undefined:
            model = self._where(cut, name, world, undefined)
            failing = self._where(cut, name, false, false)
            return Decision("unsupported", model=model, reason="a term may be undefined", failing=failing)
        if not true:
            return Decision("refuted", premises, model=self._where(cut, name, world, world))
        failing = self._where(cut, name, false, false)
        return Decision("unsupported", model=self._where(cut, name, world, false), failing=failing)

    def _where(self, cut: Cut, name: str, world: list[int], chosen: list[int]) -> str | None:
        """All solutions of the premises where they are few, else one of the chosen."""
        own = sorted(self.goal.names) if self.goal is not None else []
        if len(world) <= MOST_POINTS and all(cut.line.is_root(piece) for piece in world):
            samples = [cut.line.sample(piece) for piece in world]
            if own == [name] or not own or any(sample is None for sample in samples):
                return cut.line.show(name, world, self.meter)
            points = [self.solved.complete({name: sample}, self.names) for sample in samples if sample is not None]
            return " or ".join(dict.fromkeys(in_words({n: point[n] for n in own}) for point in points))
        piece = next((piece for piece in chosen if cut.line.sample(piece) is not None), chosen[0])
        sample = cut.line.sample(piece)
        if sample is None:
            return cut.line.show(name, [piece], self.meter)
        return in_words(self.solved.complete({name: sample}, self.names))

    def _on_flat(self) -> Decision | None:
        """Linear premises, a goal of equations: no case holds everywhere, so where does none?"""
        possible = [self._possible(case) for case in self.cases]
        if None in possible and True not in possible:
            return None
        if not any(possible):
            premises = frozenset().union(*(one.premises for case in self.cases for one in case))
            return Decision("refuted", premises, model=self._solution())
        factors = [next(one.polynomial for one in case if one.polynomial) for case in self.cases]
        free = sorted(frozenset().union(*map(poly.variables, factors)))
        # A polynomial that is not 0 cannot vanish on the whole of a grid whose side is longer than its degree.
        for values in product(range(sum(map(poly.degree, factors)) + 1), repeat=len(free)):
            self.meter.spend(sum(map(len, factors)))
            point: dict[str, Value] = dict(zip(free, values))
            if all(poly.value_at(factor, point) for factor in factors):
                return Decision("unsupported", model=in_words(self.solved.complete(point, self.names)))
        raise AssertionError("a polynomial vanished on too large a grid")

    def _possible(self, case: Case) -> bool | None:
        """Whether a case can hold on the flat; None where that is not seen."""
        if any(one.truth() is False for one in case):
            return False
        rows = Rows(self.meter)
        open_ones = [one for one in case if one.polynomial]
        if all(poly.degree(one.polynomial) <= 1 for one in open_ones):
            return all(rows.insert(Row(one.polynomial, one.premises)) is None for one in open_ones)
        names = self.unknowns([tuple(open_ones)])
        if len(names) > 1:
            return satisfiable(open_ones, sorted(names), self.meter) or None
        cut = cut_line([open_ones], self.meter)
        return any(all_hold(open_ones, cut, piece) for piece in cut.line.pieces)

    def _solution(self) -> str | None:
        """The right values of the unknowns that the goal is about, where the equations settle them."""
        assert self.goal is not None
        values = {name: self.solved.solution(name) for name in sorted(self.goal.names)}
        known = {name: value for name, value in values.items() if value is not None}
        return ", ".join(f"{name} = {show(value)}" for name, value in known.items()) or None


class Cut:
    """The line cut at the roots of some constraints' polynomials."""

    def __init__(self, line: Line, rows: dict[int, int]) -> None:
        self.line, self._rows = line, rows

    def holds(self, one: Constraint, piece: int) -> bool:
        return holds(self.line.signs[self._rows[id(one)]][piece], one.operator)


def cut_line(groups: Sequence[Sequence[Constraint]], meter: Meter) -> Cut:
    """The line cut at the roots of constraints in one unknown."""
    every = [one for group in groups for one in group]
    rows = {id(one): row for row, one in enumerate(every)}
    return Cut(line([coefficients(one.polynomial) for one in every], meter), rows)


def all_hold(group: Iterable[Constraint], cut: Cut, piece: int) -> bool:
    return all(cut.holds(one, piece) for one in group)


def _conditions(cases: Sequence[Case]) -> list[Constraint]:
    """What must be other than 0 for the goal to be defined; with several cases, an undefined one is merely false."""
    return [one for one in cases[0] if one.condition] if len(cases) == 1 else []


def _bearing(rest: Sequence[Constraint], names: Iterable[str], meter: Meter) -> list[Constraint]:
    """The constraints that share an unknown with `names`, if through others."""
    meter.spend(sum(len(one.polynomial) for one in rest))
    waiting = [(position, poly.variables(one.polynomial)) for position, one in enumerate(rest)]
    reached, taken = set(names), list[int]()
    while True:
        met = [(position, own) for position, own in waiting if not reached.isdisjoint(own)]
        if not met:
            return [rest[position] for position in sorted(taken)]
        meter.spend(len(waiting) >> 3)
        taken += [position for position, _ in met]
        reached.update(*(own for _, own in met))
        seen = frozenset(taken)
        waiting = [(position, own) for position, own in waiting if position not in seen]
