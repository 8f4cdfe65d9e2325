"""Arithmetic: variables defined by a constant or by two others with + - *, mod p; the value of one is asked.

    mod 10 ; d = a * b ; a = 3 ; c = a - a ; b = a + a ; d ?

Some definitions may be irrelevant to the query (distractors); the order of the definitions is random.

Gold chains: `direct` works depth first: `a = 3 ; b = a [3] + a [3] = 6 ; d = a [3] * b [6] = 8 ; answer 8`, where each
step states definition, substitution and value: `d = a [3] * b [6] = 8` is short for `d = a * b = 3 * 6 = 8`.
`plan` first expands backwards from the query: it restates the definitions that are needed, each variable after all
that need it; then it computes in exactly the reverse order:
`d = a * b ; b = a + a ; a = 3 ; b = a [3] + a [3] = 6 ; d = a [3] * b [6] = 8 ; answer 8`.
`needs` is the same with the plan as claims of dependency: `d needs a and b ; b needs a ; a = 3 ; b = ...`.
`expand` restates in another order: what was mentioned first goes first; then it computes, of what is ready, what was
restated last. To write `plan`, one has to foresee whether something still to be expanded needs the variable, too; in
`expand` every next step follows from what is written already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from string import ascii_lowercase

from reasonlab.language.chains import Query, Surface
from reasonlab.language.errors import BadInput
from reasonlab.tasks.scm import SCM, Variable, constant
from reasonlab.tasks.streams import Stream, digest

OPERATORS = ("+", "-", "*")
NAME = "arithmetic"
SUMMARY = "variables defined by constants or by two others with + - *, mod p"
SIZE_NAME = "variables"
FORMS = ("plan", "expand", "needs", "direct")
# `c =` at the start of a statement is one token: what defines c is marked apart from what reads it. With two tokens the
# same model needs several times as many examples before it finds a definition (LOG.md).
PATTERN = r"(?:(?<=[;?] )|\A)[a-z] =(?!\S)|\S+"
MAX_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Bounds are inclusive.

    Attributes:
        modulus: p; values are 0..p-1.
        variables: how many are defined, distractors included (at most 26).
        distractors: the share of problems with definitions that the query does not need.
        depth: bounds on the longest path of operations to the query; None leaves it free.
    """

    modulus: int = 10
    variables: tuple[int, int] = (3, 6)
    distractors: float = 0.5
    depth: tuple[int, int] | None = None

    def problems(self) -> list[str]:
        """What is wrong with these settings, if anything."""
        low, high = self.variables
        found = []
        if not 2 <= self.modulus <= 1000:
            found.append(f"modulus {self.modulus} is not in 2..1000")
        if not 2 <= low <= high <= 26:
            found.append(f"variables {low}-{high} is not within 2..26")
        if not 0 <= self.distractors <= 1:
            found.append(f"distractors {self.distractors} is not a share between 0 and 1")
        if self.depth is not None and not 1 <= self.depth[0] <= self.depth[1] < high:
            found.append(f"depth {self.depth[0]}-{self.depth[1]} is not within 1..{high - 1}")
        return found


@dataclass(frozen=True, slots=True)
class Definition:
    """`name = left operator right`, or `name = value` where `operator` is None."""

    name: str
    operator: str | None = None
    left: str = ""
    right: str = ""
    value: int = 0

    def __str__(self) -> str:
        return f"{self.name} = {self.value if self.operator is None else f'{self.left} {self.operator} {self.right}'}"


def compute(operator: str, left: int, right: int, modulus: int) -> int:
    if operator == "+":
        return (left + right) % modulus
    if operator == "-":
        return (left - right) % modulus
    return left * right % modulus


@dataclass(frozen=True, slots=True)
class _Mechanism:
    operator: str
    modulus: int

    def __call__(self, left: int, right: int | None = None) -> int:
        # A variable defined by another twice (b = a * a) has one parent, not two.
        return compute(self.operator, left, left if right is None else right, self.modulus)


@dataclass(frozen=True)
class Instance:
    """One arithmetic problem: the definitions in the order of the prompt, and the variable asked for."""

    modulus: int
    definitions: tuple[Definition, ...]
    asked: str

    @cached_property
    def by_name(self) -> dict[str, Definition]:
        return {definition.name: definition for definition in self.definitions}

    @property
    def surface(self) -> Surface:
        return Surface("formal", modulus=self.modulus)

    @property
    def prompt(self) -> str:
        return f"mod {self.modulus} ; {' ; '.join(map(str, self.definitions))} ; {self.asked} ?"

    @property
    def givens(self) -> tuple[str, ...]:
        return tuple(map(str, self.definitions))

    @property
    def query(self) -> Query:
        return Query("value", variable=self.asked)

    @cached_property
    def values(self) -> dict[str, int]:
        """Every variable's value, by recursion on the definitions; tests hold it against `scm`."""
        values: dict[str, int] = {}

        def value(name: str) -> int:
            if name not in values:
                definition = self.by_name[name]
                if definition.operator is None:
                    values[name] = definition.value
                else:
                    left, right = value(definition.left), value(definition.right)
                    values[name] = compute(definition.operator, left, right, self.modulus)
            return values[name]

        for definition in self.definitions:
            value(definition.name)
        return values

    @property
    def answer(self) -> str:
        return str(self.values[self.asked])

    def scm(self) -> SCM:
        domain = tuple(range(self.modulus))
        variables = {}
        for definition in self.definitions:
            if definition.operator is None:
                variables[definition.name] = constant(definition.name, domain, definition.value)
            else:
                parents = tuple(dict.fromkeys((definition.left, definition.right)))
                mechanism = _Mechanism(definition.operator, self.modulus)
                variables[definition.name] = Variable(definition.name, domain, parents, mechanism)
        return SCM(variables)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The variables that the query depends on, itself included: the query first, each one after all that need it.

        Among those that are ready, the one that became ready first goes first; of two at once, the left operand.
        """
        waiting: dict[str, int] = {}
        stack, reached = [self.asked], {self.asked}
        while stack:
            definition = self.by_name[stack.pop()]
            if definition.operator is not None:
                for name in {definition.left, definition.right}:
                    waiting[name] = waiting.get(name, 0) + 1
                    if name not in reached:
                        reached.add(name)
                        stack.append(name)
        order, ready = [], [self.asked]
        while ready:
            name = ready.pop(0)
            order.append(name)
            definition = self.by_name[name]
            if definition.operator is not None:
                for source in dict.fromkeys((definition.left, definition.right)):
                    waiting[source] -= 1
                    if waiting[source] == 0:
                        ready.append(source)
        return tuple(order)

    @property
    def operations(self) -> int:
        """How many operations the query needs."""
        return sum(self.by_name[name].operator is not None for name in self.needed)

    @property
    def depth(self) -> int:
        """The longest path of operations to the query."""
        depths: dict[str, int] = {}
        for name in reversed(self.needed):
            definition = self.by_name[name]
            depths[name] = (
                0 if definition.operator is None else 1 + max(depths[definition.left], depths[definition.right])
            )
        return depths[self.asked]

    @property
    def size(self) -> int:
        """The measure of difficulty that scores are reported by: the number of variables."""
        return len(self.definitions)

    def gold(self, form: str) -> str:
        """The text of the gold chain in one of FORMS."""
        if form == "direct":
            steps = [self._compute_step(name) for name in self._depth_first()]
        elif form == "expand":
            mentioned = self._first_mentioned()
            steps = [str(self.by_name[name]) for name in mentioned]
            steps += [self._compute_step(name) for name in self._last_ready(mentioned)]
        else:
            steps = [self._needs_step(name) if form == "needs" else str(self.by_name[name]) for name in self.needed]
            steps += [self._compute_step(n) for n in reversed(self.needed) if self.by_name[n].operator is not None]
        return "".join(f"{step} ; " for step in steps) + f"answer {self.answer}"

    def _needs_step(self, name: str) -> str:
        definition = self.by_name[name]
        if definition.operator is None:
            return str(definition)
        return f"{name} needs {' and '.join(dict.fromkeys((definition.left, definition.right)))}"

    def _compute_step(self, name: str) -> str:
        definition = self.by_name[name]
        if definition.operator is None:
            return str(definition)
        left, right = self.values[definition.left], self.values[definition.right]
        # Each value stands right behind the variable that it is looked up for: with the values in a term of their own
        # the model mixes up the operands (LOG.md).
        return (
            f"{name} = {definition.left} [{left}] {definition.operator} {definition.right} [{right}] "
            f"= {self.values[name]}"
        )

    def _first_mentioned(self) -> list[str]:
        """What the query depends on, in the order in which the restated definitions mention it."""
        order = [self.asked]
        for name in order:  # grows
            definition = self.by_name[name]
            if definition.operator is not None:
                order += [
                    source for source in dict.fromkeys((definition.left, definition.right)) if source not in order
                ]
        return order

    def _last_ready(self, mentioned: list[str]) -> list[str]:
        """The operations among `mentioned` in the order of computing: of those that are ready, the last mentioned."""
        known = {name for name in mentioned if self.by_name[name].operator is None}
        left = [name for name in mentioned if name not in known]
        order = []
        while left:
            ready = [name for name in left if {self.by_name[name].left, self.by_name[name].right} <= known]
            order.append(ready[-1])
            known.add(ready[-1])
            left.remove(ready[-1])
        return order

    def _depth_first(self) -> list[str]:
        order: list[str] = []

        def visit(name: str) -> None:
            if name not in order:
                definition = self.by_name[name]
                if definition.operator is not None:
                    visit(definition.left)
                    visit(definition.right)
                order.append(name)

        visit(self.asked)
        return order

    @property
    def fingerprint(self) -> str:
        """A hash that names of variables, the order of definitions and of the operands of + and * do not change.

        Two variables with equal definition trees are one label, so it identifies a little more than renamings do:
        splits by it are at least as far apart as by the problem itself.
        """
        labels: dict[str, str] = {}

        def label(name: str) -> str:
            if name not in labels:
                definition = self.by_name[name]
                if definition.operator is None:
                    labels[name] = str(definition.value)
                else:
                    parts = [label(definition.left), label(definition.right)]
                    if definition.operator != "-":
                        parts.sort()
                    labels[name] = digest(definition.operator, *parts, size=8).hex()
            return labels[name]

        every = sorted(label(definition.name) for definition in self.definitions)
        return digest(NAME, self.modulus, label(self.asked), *every, size=8).hex()


def vocabulary(difficulty: Difficulty) -> list[str]:
    """Every token of prompts and gold chains."""
    words = ["mod", ";", "=", *OPERATORS, "?", "needs", "and", "answer", *ascii_lowercase]
    heads = [f"{name} =" for name in ascii_lowercase]
    values = [str(value) for value in range(max(difficulty.modulus + 1, 24))]
    return words + heads + values + [f"[{value}]" for value in values]


def sample(stream: Stream, difficulty: Difficulty) -> Instance:
    """Raises BadInput where no problem of the wanted depth was met in MAX_DRAWS draws."""
    for _ in range(MAX_DRAWS):
        instance = _sample(stream, difficulty)
        if difficulty.depth is None or difficulty.depth[0] <= instance.depth <= difficulty.depth[1]:
            return instance
    low, high = difficulty.depth or (0, 0)
    raise BadInput(
        f"no problem of depth {low}-{high} with {difficulty.variables[0]}-{difficulty.variables[1]} variables was met "
        f"in {MAX_DRAWS} draws",
        "a depth that such problems often have",
        "widen depth, or allow more variables",
    )


def _sample(stream: Stream, difficulty: Difficulty) -> Instance:
    total = stream.between(difficulty.variables)
    extra = 0
    if total > 2 and stream.chance(difficulty.distractors):
        extra = 1 + stream.below(max(1, total // 3))
    needed = total - extra
    constants = 1
    if needed >= 3 and stream.chance(0.4):
        constants = 2 + (stream.below(needed // 3) if needed >= 6 else 0)

    names = stream.sample(ascii_lowercase, total)
    p = difficulty.modulus
    made = [Definition(name, value=stream.below(p)) for name in names[:constants]]
    unused = list(names[:constants])
    for i in range(constants, needed):
        # An operation adds one unused name and takes off up to two. So that only the query is unused at the end, it
        # must take off at least `must` of them.
        must = len(unused) + 1 - (needed - i)
        left = stream.choice(unused) if must >= 1 or stream.chance(0.5) else stream.choice(names[:i])
        pool = [name for name in (unused if must >= 2 else names[:i]) if name != left]
        right = stream.choice(pool) if pool and not (must < 2 and stream.chance(0.1)) else left
        if stream.chance(0.5):
            left, right = right, left
        made.append(Definition(names[i], stream.choice(OPERATORS), left, right))
        unused = [name for name in unused if name not in (left, right)] + [names[i]]
    for i in range(needed, total):
        if stream.chance(0.35):
            made.append(Definition(names[i], value=stream.below(p)))
        else:
            made.append(
                Definition(names[i], stream.choice(OPERATORS), stream.choice(names[:i]), stream.choice(names[:i]))
            )
    stream.shuffle(made)
    return Instance(p, tuple(made), names[needed - 1])
