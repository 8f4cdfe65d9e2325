"""STRIPS plans (Fikes & Nilsson 1971): which actions can be done in turn, and what is so after each.

At the start exactly what the `init` givens list is true. Which action is taken is the plan's choice, made by a given or
by the step that names it; what a step claims is that the action can be done after those before it. So `act: 3 ...` is
entailed iff the first three actions are known and each has its preconditions when its turn comes, and refuted with the
unmet ones otherwise. After an action that cannot be done there is no state: a claim about one is `unsupported`. The
plan that `reaches` speaks of is what has been named when it is said.

- *Leap*: the actions up to the one claimed that no earlier step has shown to be possible.
- *Premises*: the action's schema, and for each condition what last made it so: an action, or the start. That nothing
  else changed it is not listed.
- *Fault*: `inherited` if the claim holds where every action named so far was done, possible or not, and the state was
  as the earlier bad steps say.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable

from reasonlab.language.errors import ResourceLimit
from reasonlab.language.planning import SAME, Act, Action, Condition, Conditions, Fact, Init, Reaches, State
from reasonlab.language.worded import Worded
from reasonlab.verifiers.limits import Limits
from reasonlab.verifiers.parts import Parts, undecided
from reasonlab.verifiers.verdicts import Contradiction, Judgement


class History:
    """What was true when: effects do not depend on the state, so each fact has its own list of changes."""

    def __init__(self) -> None:
        self.changes: dict[Fact, list[tuple[int, int, bool, int]]] = {}  # time, order, truth, who said so
        self.count = 0

    def set(self, fact: Fact, time: int, truth: bool, key: int) -> None:
        self.count += 1
        insort(self.changes.setdefault(fact, []), (time, self.count, truth, key))

    def at(self, fact: Fact, time: int) -> tuple[bool, int | None]:
        """Whether a fact is true, and who said so; None: nobody, so it is false."""
        changes = self.changes.get(fact, [])
        before = bisect_right(changes, (time + 1,))
        return (changes[before - 1][2], changes[before - 1][3]) if before else (False, None)

    def holds(self, condition: Condition, time: int) -> bool:
        fact = condition.fact
        truth = fact[1] == fact[2] if fact[0] == SAME else self.at(fact, time)[0]
        return truth == condition.positive


class Plan(Parts):
    """The theory of a chain's actions and states."""

    def __init__(self, givens: Iterable[tuple[int, Worded]], first_step: int, limits: Limits) -> None:
        super().__init__(givens, first_step, limits)
        self.schemas: dict[str, tuple[int, Action]] = {}
        self.starts: tuple[int, ...] = tuple(key for key, part in self.givens if isinstance(part, Init))
        self.acts: dict[int, tuple[int, Fact]] = {}
        self.shown: list[int] = []  # actions that a step has shown to be possible
        self.last = 0  # the number of the last action named
        self.done = 0  # how many actions can be done in turn
        self.stuck: str | None = None  # why not the next
        self.real, self.supposed = History(), History()
        for key, part in self.givens:
            if isinstance(part, Action):
                before = self.schemas.setdefault(part.head[0], (key, part))
                if before[1] != part:
                    self.contradiction = Contradiction((before[0], key), f"{part.head[0]} is two actions")
            elif isinstance(part, Init):
                for fact in part.facts:
                    self.real.set(fact, 0, True, key)
                    self.supposed.set(fact, 0, True, key)
        if self.contradiction is None:
            try:
                self._do_givens()
            except ResourceLimit as limit:
                self.contradiction = undecided(limit)

    def _do_givens(self) -> None:
        acts = [(key, part) for key, part in self.givens if isinstance(part, Act)]
        for key, act in sorted(acts, key=lambda pair: pair[1].index):
            judged = self._judge(act)
            if judged.status == "refuted":
                self.contradiction = _contradiction(key, judged)
                return
            if judged.status == "unsupported":
                self._name(key, act)
            elif act.index > self.done:
                self._do(key, act)
        for key, part in self.givens:
            if isinstance(part, (State, Reaches)) and (judged := self._judge(part)).status == "refuted":
                self.contradiction = _contradiction(key, judged)
                return

    def _of(self, part: Worded) -> Judgement:
        # What the plan reaches changes with each action that is named, so it is never merely restated.
        return self._judge(part) if isinstance(part, Reaches) else super()._of(part)

    def _judge(self, part: Worded) -> Judgement:
        if isinstance(part, Act):
            return self._judge_act(part)
        if isinstance(part, State):
            if part.time > self.done:
                return Judgement("unsupported", reason=self._why_not(part.time))
            return self._judge_state(part.conditions, part.time)
        if isinstance(part, Reaches):
            if self.last > self.done:
                status = "refuted" if self.stuck else "unsupported"
                return Judgement(status, reason=self._why_not(self.last))
            return self._judge_state(part.conditions, self.last)
        if isinstance(part, Init):
            return self._judge_init(part)
        assert isinstance(part, Action)
        return Judgement("unsupported", reason=f"{part.head[0]} is not given so")

    def _judge_init(self, part: Init) -> Judgement:
        if not self.starts:
            return Judgement("unsupported", reason="no start is given")
        return self._judge_state(tuple(Condition(fact) for fact in part.facts), 0)

    def _judge_act(self, part: Act) -> Judgement:
        if part.action[0] in self.schemas:  # for doing it, whether it can be done or not
            self._spend(len(self.schemas[part.action[0]][1].makes))
        known = self.acts.get(part.index)
        if known is not None and known[1] != part.action:
            return Judgement("refuted", (known[0],), None, f"action {part.index} is {' '.join(known[1])}")
        if not self.schemas:
            return Judgement("unsupported", reason="no actions are given")
        if part.index - 1 > self.done:
            status = "refuted" if self.stuck else "unsupported"
            return Judgement(status, reason=self._why_not(part.index - 1))
        needs = self._bind(part.action)
        if isinstance(needs, str):
            return Judgement("refuted", (), reason=needs)
        schema = self.schemas[part.action[0]][0]
        unmet, premises = self._look(needs, part.index - 1, schema)
        if unmet:
            reason = f"action {part.index} cannot be done: {_words(unmet)} is needed"
            return Judgement("refuted", premises, None, f"unmet: {_words(unmet)}", reason)
        return Judgement("entailed", premises, 1 + self._unshown(part.index - 1))

    def _judge_state(self, conditions: Conditions, time: int) -> Judgement:
        wrong, premises = self._look(conditions, time)
        if wrong:
            right = tuple(Condition(each.fact, not each.positive) for each in wrong)
            return Judgement("refuted", premises, None, f"after {time} actions: {_words(right)}")
        return Judgement("entailed", premises, self._unshown(time))

    def _look(self, conditions: Conditions, time: int, *keys: int) -> tuple[Conditions, tuple[int, ...]]:
        """The conditions that do not hold, and what that rests on; all of them, and what they rest on, if they do."""
        self._spend(len(conditions))
        wrong = self._unmet(conditions, time)
        premises = set(keys)
        for condition in wrong or conditions:
            if condition.fact[0] != SAME:
                key = self.real.at(condition.fact, time)[1]
                premises |= set(self.starts) if key is None else {key}
        return wrong, tuple(sorted(premises))

    def _unmet(self, conditions: Conditions, time: int) -> Conditions:
        return tuple(each for each in conditions if not self.real.holds(each, time))

    def _bind(self, action: Fact, *, effects: bool = False) -> Conditions | str:
        """What an action needs (or makes), or why there is no such action."""
        if action[0] not in self.schemas:
            return f"there is no action {action[0]}"
        schema = self.schemas[action[0]][1]
        variables = schema.head[1:]
        if len(variables) != len(action) - 1:
            return f"{action[0]} takes {len(variables)} things, not {len(action) - 1}"
        values = dict(zip(variables, action[1:]))
        return tuple(each.bind(values) for each in (schema.makes if effects else schema.needs))

    def _unshown(self, time: int) -> int:
        return time - bisect_right(self.shown, time)

    def _why_not(self, time: int) -> str:
        if self.stuck:
            return f"there is no state {time}: {self.stuck}"
        missing = self.done + 1
        return f"action {missing} is not known" if missing not in self.acts else f"action {missing} was not done"

    def _do(self, key: int, part: Act) -> None:
        """Do the next action."""
        self._name(key, part)
        self._change(self.real, key, part)
        self.done = part.index

    def _name(self, key: int, part: Act) -> None:
        """Take note of an action of the plan, possible or not."""
        self.acts[part.index] = (key, part.action)
        self.last = max(self.last, part.index)
        self._change(self.supposed, key, part)

    def _change(self, history: History, key: int, part: Act) -> None:
        makes = self._bind(part.action, effects=True)
        for truth in (False, True):  # what is made true and false at once is true
            for condition in makes if not isinstance(makes, str) else ():
                if condition.positive == truth:
                    history.set(condition.fact, part.index, truth, key)

    def _take(self, key: int, part: Worded) -> None:
        if isinstance(part, Act):
            if part.index > self.done:
                self._do(key, part)
            elif self.acts[part.index][0] < self.first_step:
                self.acts[part.index] = (key, part.action)
            if part.index not in self.shown[-1:]:
                insort(self.shown, part.index)
        elif isinstance(part, State):
            for condition in part.conditions:
                if condition.fact[0] != SAME and self.supposed.at(condition.fact, part.time)[0] != condition.positive:
                    self.supposed.set(condition.fact, part.time, condition.positive, key)

    def _suppose(self, key: int, part: Worded) -> None:
        if isinstance(part, Act):
            if part.index in self.acts:
                return
            if part.index == self.done + 1 and self.stuck is None:
                needs = self._bind(part.action)
                unmet = needs if isinstance(needs, str) else f"{_words(self._unmet(needs, self.done))} is needed"
                self.stuck = f"action {part.index} cannot be done: {unmet}"
            self._name(key, part)
        elif isinstance(part, (State, Reaches)):
            time = part.time if isinstance(part, State) else self.last
            for condition in part.conditions:
                if condition.fact[0] != SAME:
                    self.supposed.set(condition.fact, time, condition.positive, key)

    def _supposed(self, part: Worded) -> bool:
        if isinstance(part, Act):
            needs = self._bind(part.action)
            if isinstance(needs, str) or (part.index > 1 and part.index - 1 not in self.acts):
                return False
            if self.acts.get(part.index, (0, part.action))[1] != part.action:
                return False
            return self._all(needs, part.index - 1)
        if isinstance(part, State):
            return part.time <= self.last and self._all(part.conditions, part.time)
        return isinstance(part, Reaches) and self._all(part.conditions, self.last)

    def _all(self, conditions: Conditions, time: int) -> bool:
        self._spend(len(conditions))
        return all(self.supposed.holds(each, time) for each in conditions)


def _contradiction(key: int, judged: Judgement) -> Contradiction:
    return Contradiction(tuple(sorted({key, *judged.premises})), judged.reason or judged.witness or "")


def _words(conditions: Iterable[Condition]) -> str:
    return " and ".join(str(each) for each in conditions)
