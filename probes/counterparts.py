"""Counterparts: problems of the same shape as a given one, word for word as long, in which one thing is different.

For interchange (Geiger et al. 2021, arXiv 2106.02997) the source must hold another value of one variable x: an
exogenous constant that x depends on is changed (`do` on a root), or, where none moves x, the operator of its
definition. What must then follow in the base problem is not read off the source but computed: `scm.do(x=v)`.
Arithmetic problems have such counterparts; a deduction problem has none of the same length, since a negation is a
word more.

All draws are pure functions of (seed, problem).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase

from reasonlab.language.errors import BadInput, quote
from reasonlab.models import Tokenizer
from reasonlab.probes.roles import NO_VARIABLE, Layout, gold_layout
from reasonlab.tasks import Problem
from reasonlab.tasks.arithmetic import NAME, OPERATORS, Definition, Instance
from reasonlab.tasks.streams import Stream

KINDS = ("auto", "constant", "asked", "step 2", "constant 2")  # beside a variable's own name; any number will do
ALIASES = {"auto": "step 1", "constant": "constant 1"}


@dataclass(frozen=True)
class Read:
    """A place where x's value, or what follows from it, is predicted: the word after `position`.

    `name`: "own" (x's own value), "copy" (its first use), "child" (the value of the first step that uses x) or
    "answer". `base`, `expected`, `source`: the right values in the base, in the base under do(x=v), in the source.
    `bracketed`: the value is written `[7]`, behind its variable.
    """

    name: str
    position: int
    base: int
    expected: int
    source: int
    bracketed: bool = False

    def word(self, value: int) -> str:
        """A value as this place writes it."""
        return f"[{value}]" if self.bracketed else str(value)


@dataclass(frozen=True)
class Case:
    """A base problem, a source in which `variable` has the value `value`, an unrelated problem of the same shape."""

    variable: str
    value: int
    base: Layout
    source: Layout
    unrelated: Layout
    base_values: dict[str, int]
    expected: dict[str, int]  # the base's values under do(variable = value)
    source_values: dict[str, int]

    @property
    def child(self) -> str | None:
        """The first variable whose step uses `variable`. No other operand of it can depend on `variable`."""
        order = list(self.base.stated())
        for name in order[order.index(self.variable) + 1 :]:
            definition = self.base.problem.instance.by_name[name]  # type: ignore[attr-defined]  # arithmetic
            if self.variable in (definition.left, definition.right):
                return name
        return None

    def reads(self) -> tuple[Read, ...]:
        """Own, copy, child, answer: those that this chain has."""
        x, child, asked = self.variable, self.child, self.base.problem.instance.query.variable or ""
        wanted = [("own", "before value", x, x), ("copy", "before copy", x, x)]
        if child is not None:
            wanted.append(("child", "before value", child, child))
        wanted.append(("answer", "before answer", NO_VARIABLE, asked))
        found = []
        for name, role, owner, variable in wanted:
            position = self.base.at(role, owner)
            if position is not None:
                base, expected, source = (t[variable] for t in (self.base_values, self.expected, self.source_values))
                bracketed = self.base.words[position + 1].startswith("[")
                found.append(Read(name, position, base, expected, source, bracketed))
        return tuple(found)

    def first_use(self) -> Read:
        """The first place after x's own step where its value is used: its copy, or the answer."""
        return next(read for read in self.reads() if read.name in ("copy", "answer"))


@dataclass(frozen=True)
class Cases:
    """The cases that were made, and how many problems gave none, by reason."""

    cases: tuple[Case, ...]
    skipped: dict[str, int]


def make_cases(
    problems: list[Problem], tokenizer: Tokenizer, *, variable: str = "auto", form: str = "plan", seed: int = 0
) -> Cases:
    """A case for each problem that has the variable.

    Args:
        variable: a place on the path (see `on_path`), "auto" (step 1), "constant" (constant 1), or a name.

    Raises:
        BadInput: the family has no counterparts, or no problem has the variable.
    """
    cases: list[Case] = []
    skipped: dict[str, int] = {}
    for problem in problems:
        made = make_case(problem, tokenizer, variable=variable, form=form, seed=seed)
        if isinstance(made, Case):
            cases.append(made)
        else:
            skipped[made] = skipped.get(made, 0) + 1
    if not cases:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in skipped.items()) or "there are no problems"
        raise BadInput(
            f"none of {len(problems)} problems has the variable {quote(variable)} ({reasons})",
            f"{', '.join(KINDS)}, or the name of a variable that the query depends on",
            "choose another --variable, or give more or larger problems",
        )
    return Cases(tuple(cases), skipped)


def make_case(
    problem: Problem, tokenizer: Tokenizer, *, variable: str = "auto", form: str = "plan", seed: int = 0
) -> Case | str:
    """The case of one problem, or why it has none."""
    if problem.family != NAME:
        raise BadInput(
            f"{problem.family} has no variable {quote(variable)} that can be interchanged",
            f"a family with counterparts of the same length: {NAME}",
            "probe its attention instead (--what attention)",
        )
    stream = Stream("probes", "case", seed, problem.fingerprint, problem.prompt, variable)
    base = gold_layout(problem, form, tokenizer)
    name = choose_variable(base, variable)
    if name is None:
        return f"no variable {variable}"
    changed = _other_value(problem, name, stream)
    if changed is None:
        return "no change of one word moves the variable"
    source = gold_layout(changed, form, tokenizer)
    other = gold_layout(unrelated(problem, stream), form, tokenizer)
    values = _values(changed)
    return Case(
        variable=name,
        value=values[name],
        base=base,
        source=source,
        unrelated=other,
        base_values=_values(problem),
        expected=_held(problem, name, values[name]),
        source_values=values,
    )


def relabelled(case: Case, labels: Sequence[int]) -> Case:
    """The case as if the source held `labels[value]` in place of its value: a control, since the network knows no such
    label (after the control tasks of Hewitt & Liang 2019, arXiv 1909.03368)."""
    value = labels[case.value]
    return replace(case, value=value, expected=_held(case.base.problem, case.variable, value))


def on_path(base: Layout) -> dict[str, str]:
    """The variables that the query needs by their place on the path, each once: "constant 1", "constant 2" ... and
    "step 1", "step 2" ... (computed before the one asked for) in the order in which they are stated, then "asked"."""
    instance: Instance = base.problem.instance  # type: ignore[assignment]  # arithmetic only
    stated = [name for name in base.stated() if name in instance.needed and name != instance.asked]
    places: dict[str, str] = {}
    for kind, constant in (("constant", True), ("step", False)):
        names = [name for name in stated if (instance.by_name[name].operator is None) == constant]
        places |= {f"{kind} {i}": name for i, name in enumerate(names, 1)}
    return {**places, "asked": instance.asked}


def choose_variable(base: Layout, variable: str) -> str | None:
    """The name of the variable at a place on this problem's path, if it has one; a name that is needed is its own."""
    places = on_path(base)
    return places.get(ALIASES.get(variable, variable), variable if variable in places.values() else None)


def with_definitions(problem: Problem, changes: dict[str, Definition], asked: str | None = None) -> Problem:
    """The problem with some definitions replaced in their places. It belongs to no split."""
    old: Instance = problem.instance  # type: ignore[assignment]  # arithmetic only
    definitions = tuple(changes.get(definition.name, definition) for definition in old.definitions)
    return replace(problem, split="counterpart", instance=Instance(old.modulus, definitions, asked or old.asked))


def unrelated(problem: Problem, stream: Stream) -> Problem:
    """Another problem of the same shape: other names, constants and operators, the same dependencies."""
    old: Instance = problem.instance  # type: ignore[assignment]  # arithmetic only
    rename = dict(zip(old.by_name, stream.sample(ascii_lowercase, len(old.definitions))))
    changes = {
        definition.name: Definition(rename[definition.name], value=stream.below(old.modulus))
        if definition.operator is None
        else Definition(
            rename[definition.name], stream.choice(OPERATORS), rename[definition.left], rename[definition.right]
        )
        for definition in old.definitions
    }
    return with_definitions(problem, changes, asked=rename[old.asked])


def _other_value(problem: Problem, name: str, stream: Stream) -> Problem | None:
    """The problem with one constant above `name`, else the operator of `name`, changed so that `name` is another."""
    instance: Instance = problem.instance  # type: ignore[assignment]  # arithmetic only
    above = with_causes(problem, name)
    roots = [d for d in instance.definitions if d.name in above and d.operator is None]
    constants = [replace(root, value=value) for root in roots for value in range(instance.modulus)]
    own = instance.by_name[name]
    operators = [replace(own, operator=operator) for operator in OPERATORS] if own.operator is not None else []
    for candidates in (constants, operators):
        stream.shuffle(candidates)
        for definition in candidates:
            changed = with_definitions(problem, {definition.name: definition})
            if _values(changed)[name] != _values(problem)[name]:
                return changed
    return None


def _held(problem: Problem, name: str, value: int) -> dict[str, int]:
    """The problem's values under do(name = value)."""
    return {key: int(str(held)) for key, held in problem.scm().intervene({name: value}).evaluate().items()}


def _values(problem: Problem) -> dict[str, int]:
    return dict(problem.instance.values)  # type: ignore[attr-defined]  # arithmetic only


def with_causes(problem: Problem, name: str) -> set[str]:
    """The variable and all that it depends on."""
    parents = {variable.name: variable.parents for variable in problem.scm().variables.values()}
    found, waiting = set(), [name]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += parents[here]
    return found
