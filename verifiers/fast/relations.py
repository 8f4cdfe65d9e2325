"""Definitions and what follows from them: `arithmetic.Relations` on programs; what has no value goes to `equations`.

It says what the ordinary path says about the same chain (its docstring has the meaning of leaps, premises and faults),
or raises Beyond: givens that contradict each other or are undefined, and what else is unusual.
"""

from __future__ import annotations

from collections.abc import Sequence

from reasonlab.verifiers.evaluation import Operation, Value, show
from reasonlab.verifiers.fast.equations import Equations
from reasonlab.verifiers.fast.programs import Program
from reasonlab.verifiers.fast.reading import Equality, link
from reasonlab.verifiers.fast.values import Beyond, evaluate, literal
from reasonlab.verifiers.verdicts import Judgement, SolverUse

MOST_SHOWN = 120  # characters of a term in a reason


class Relations:
    """The equalities of a chain: judge each, then `establish` or `discredit` it."""

    def __init__(self, givens: Sequence[Equality], steps: Sequence[Equality], modulus: int | None, width: int) -> None:
        """`steps`: those that will be judged, in order; `width`: see `Equations`. Raises Beyond."""
        self.givens, self.first_step, self.modulus = givens, len(givens), modulus
        self.definitions: dict[str, tuple[int, Program]] = {}
        self.parents: dict[str, list[str]] = {}
        self.values: dict[str, Value] = {}
        self.operations: dict[str, set[Operation]] = {}
        self.known: dict[str, int] = {}  # value written down by this given or step
        self.defined_by: dict[str, int] = {}  # definition written down by this given or step
        self.stated: dict[str, Value] = {}  # by bad steps
        self.texts: dict[str, int] = {}
        self.bad: list[tuple[int, Equality]] = []
        self.equations = Equations([*givens, *steps], modulus, width)
        for key, given in enumerate(givens):
            self.equations.say(key, given, given=True)
        others = [key for key, given in enumerate(givens) if not self._define(key, given)]
        self._solve()
        settled = [key for key in others if self._settled(givens[key])]
        for key in settled:
            if self.judge(givens[key]).status != "entailed":
                raise Beyond
        for key in others:
            for name, _ in _stated(givens[key]):
                self.known.setdefault(name, key)
        unsettled = len(settled) < len(others) or len(self.values) < len(self.definitions)
        if unsettled and not self.equations.consistent():
            raise Beyond

    def _define(self, key: int, given: Equality) -> bool:
        """Take a given as a definition, if it is the first of its variable."""
        self.texts.setdefault(given.text, key)
        if len(given.sides) != 2:
            return False
        name, program, parents = _name(given.sides[0]), given.sides[1], given.named[1]
        if name is None:
            name, program, parents = _name(given.sides[1]), given.sides[0], given.named[0]
        if name is None or name in self.definitions:
            return False
        if name in parents:
            return False
        self.definitions[name] = (key, program)
        self.parents[name] = parents
        self.defined_by[name] = key
        if not parents and literal(program) is not None:
            self.known[name] = key
        return True

    def _solve(self) -> None:
        """Give every variable the value of its definition, whatever their order, as far as that goes."""
        waiting = [name for name in self.definitions if name not in self.values]
        while waiting:
            later = []
            for name in waiting:
                noted: set[Operation] = set()
                try:
                    self.values[name] = evaluate(self.definitions[name][1], self.values, self.modulus, noted)
                except KeyError:
                    later.append(name)
                else:
                    self.operations[name] = noted
            if len(later) == len(waiting):
                return
            waiting = later

    def _settled(self, claim: Equality) -> bool:
        """Whether every variable of the claim has a value."""
        return all(name in self.values for side in claim.named for name in side)

    def judge(self, claim: Equality) -> Judgement:
        written: set[Operation] = set()
        try:
            values = [evaluate(side, self.values, self.modulus, written) for side in claim.sides]
        except KeyError:
            return self._judge_open(claim)
        if values.count(values[0]) != len(values):
            broken = next(i for i in range(1, len(values)) if values[i] != values[i - 1])
            premises, _, _, _ = self._trace(claim.named[broken - 1 : broken + 1])
            witness = f"{_cut(claim.texts[0])} = {show(values[0])}"
            return Judgement("refuted", premises, None, witness, self._broken(claim, broken, values))
        key = self.texts.get(claim.text)
        if key is not None and not _is_value(claim):
            return Judgement("entailed", (key,), 0)
        premises, count, operations, stated = self._trace(claim.named)
        return Judgement("entailed", premises, max(count + len(written - operations), 0 if stated else 1))

    def _judge_open(self, claim: Equality) -> Judgement:
        """Link by link where some variable has no value: by evaluation, by restatement, else by equations."""
        if len(claim.sides) == 2:
            key = self.texts.get(claim.text)
            return self.equations.judge(claim) if key is None else Judgement("entailed", (key,), 0)
        links = [link(claim, position, self.modulus) for position in range(len(claim.sides) - 1)]
        judged = [self.judge(each) for each in links]
        for each, one in zip(links, judged):
            if one.status == "refuted":
                reason = f"the link {each.text}" + (f": {one.reason}" if one.reason else "")
                return Judgement("refuted", one.premises, None, one.witness, reason)
        if any(one.status != "entailed" for one in judged):
            raise Beyond
        premises = tuple(sorted({key for one in judged for key in one.premises}))
        leaps = [one.leap for one in judged if one.leap is not None]
        return Judgement("entailed", premises, sum(leaps) if len(leaps) == len(judged) else None)

    def use(self) -> SolverUse:
        return SolverUse(self.equations.meter.questions, self.equations.meter.rlimit)

    def _trace(self, named: Sequence[Sequence[str]]) -> tuple[tuple[int, ...], int, set[Operation], bool]:
        """What the values of names rest on: premises, how many operations and which, and whether each is stated."""
        premises: set[int] = set()
        operations: set[Operation] = set()
        count = 0
        stack = [name for side in named for name in side]
        seen: set[str] = set()
        while stack:
            name = stack.pop()
            key = self.known.get(name)
            if key is not None:
                premises.add(key)
            elif name not in seen:
                seen.add(name)
                premises.add(self.defined_by[name])
                count += len(self.operations[name])
                operations |= self.operations[name]
                stack += self.parents[name]
        return tuple(sorted(premises)), count, operations, not seen

    def _broken(self, claim: Equality, broken: int, values: Sequence[Value]) -> str:
        """The link that fails, in words."""
        mod = f" (mod {self.modulus})" if self.modulus is not None else ""
        left, right = _cut(claim.texts[broken - 1]), _cut(claim.texts[broken])
        one, two = show(values[broken - 1]), show(values[broken])
        first = left if left == one else f"{left} is {one}"
        second = f"not {right}" if right == two else f"{right} is {two}"
        return f"the link {left} = {right}{mod} fails: {first}, {second}"

    def fault(self, claim: Equality) -> str:
        """Of a bad claim: "inherited" if it would hold were the earlier bad steps true, else "fresh"."""
        if not self.bad:
            return "fresh"
        world = dict(self.stated)
        world.update((name, value) for name, value in self.values.items() if name not in {*world, *self.definitions})
        waiting = [name for name in self.definitions if name not in world]
        while waiting:
            later = []
            for name in waiting:
                try:
                    world[name] = evaluate(self.definitions[name][1], world, self.modulus, set())
                except KeyError:
                    later.append(name)
            if len(later) == len(waiting):
                break
            waiting = later
        try:
            values = [evaluate(side, world, self.modulus, set()) for side in claim.sides]
        except KeyError:
            return self.equations.fault(claim, self.bad, self.stated)
        return "inherited" if values.count(values[0]) == len(values) else "fresh"

    def establish(self, key: int, claim: Equality) -> None:
        """An entailed step: what it reached is from now on a premise."""
        text = claim.text
        if self.texts.get(text, -1) < self.first_step:
            self.texts[text] = key
        self.equations.say(key, claim, given=False)
        name = _name(claim.sides[0])
        if len(claim.sides) == 2 and name in self.definitions:
            given, program = self.definitions[name]
            if program == claim.sides[1] and self.texts[text] == key and self.defined_by[name] == given:
                self.defined_by[name] = key
        for name, value in _stated(claim):
            self.stated.pop(name, None)
            if self.known.get(name, -1) < self.first_step:
                self.known[name] = key
            if name not in self.values:
                self.values[name] = evaluate([value], {}, self.modulus, set())
                if len(self.definitions) > len(self.operations):
                    self._solve()

    def discredit(self, key: int, claim: Equality) -> None:
        """A bad step: what it stated tells inherited faults from fresh ones."""
        self.bad.append((key, claim))
        self.equations.doubt(key, claim)
        for side, own in zip(reversed(claim.sides), reversed(claim.named)):
            if not own:
                value = evaluate(side, {}, self.modulus, set())
                self.stated.update((name, value) for side in claim.sides if (name := _name(side)) is not None)
                return


def _name(program: Program) -> str | None:
    """The variable that a program is."""
    if len(program) == 1 and type(program[0]) is str:
        return program[0]
    return None


def _is_value(claim: Equality) -> bool:
    """Whether the claim gives a variable its value, and nothing else."""
    return len(claim.sides) == 2 and _name(claim.sides[0]) is not None and literal(claim.sides[1]) is not None


def _stated(claim: Equality) -> list[tuple[str, Value]]:
    """The variables whose values a true equality writes down."""
    names = [side[0] for side in claim.sides if len(side) == 1 and type(side[0]) is str]
    if names:
        for side in claim.sides:
            number = literal(side)
            if number is not None:
                return [(name, number) for name in names]
    return []


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
