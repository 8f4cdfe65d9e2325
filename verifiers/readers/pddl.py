"""PDDL (McDermott et al. 1998), a subset: :strips, :typing, :negative-preconditions, :equality; and a plan to check.

    {"domain": "(define (domain blocks) ...)", "problem": "(define (problem p1) ...)",
     "plan": "(pick-up a)\\n(stack a b)"}

The plan is the chain: each line claims that its action can be done then, and the whole that it reaches the goal. A type
becomes a condition: `is-a truck1 vehicle`. What the subset lacks (quantifiers, conditional effects, numbers, costs) is
refused by name. `reference`, "true" or "false", may say whether the source holds the plan valid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.planning import SAME, Act, Action, Condition, Conditions, Fact, Init, Reaches, read_fact
from reasonlab.verifiers.readers.fields import identity
from reasonlab.verifiers.readers.sexpressions import Expression, read_expressions, show

REQUIREMENTS = frozenset({":strips", ":typing", ":negative-preconditions", ":equality"})
OBJECT, KIND = "object", "is-a"
MAX_ACTIONS = 10_000
MAX_FACTS = 50_000  # at the start, types among them
_TIMED = re.compile(r"^\s*[\d.]+\s*:\s*|\s*\[[\d.]*\]\s*$")


@dataclass(slots=True)
class _World:
    """What a domain and a problem declare."""

    domain: Expression = ()  # its name
    types: dict[str, str] = field(default_factory=lambda: {OBJECT: ""})  # and the type above each
    objects: dict[str, str] = field(default_factory=dict)  # and the type of each
    predicates: dict[str, int] | None = None  # and how many arguments each takes
    actions: list[Action] = field(default_factory=list)
    init: list[Fact] | None = None
    goal: Conditions = ()

    def kinds(self, name: str, of: str) -> list[Fact]:
        """The types of an object, one above the other."""
        found: dict[str, None] = {}
        while of and of != OBJECT and of not in found:
            found[of] = None
            of = self.types.get(of, "")
        return [(KIND, name, each) for each in found]

    def start(self) -> list[Fact]:
        """What is true at the start. Raises ParseError."""
        facts = list(self.init or ())
        for name, of in self.objects.items():
            facts += self.kinds(name, of)
            if len(facts) > MAX_FACTS:
                raise ParseError(f"more than {MAX_FACTS} facts at the start are over the limit")
        return facts


def looks_like(record: dict[str, Any]) -> bool:
    return all(
        isinstance(record.get(name), str) and "(define" in record[name].lower() for name in ("domain", "problem")
    )


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    world = _World()
    for name in ("domain", "problem"):
        text = record.get(name)
        if not isinstance(text, str):
            raise _bad(f"{name!r} is {quote(text)}", "PDDL as a string")
        try:
            _define(read_expressions(text), name, world)
            facts = world.start()
        except (ParseError, ValueError) as error:
            raise _bad(f"the {name} does not parse: {error}", "the subset of PDDL that is read") from None
    if world.init is None or not world.goal:
        raise _bad("the problem has no start or no goal", "both")
    plan = record.get("plan", "")
    lines = plan.splitlines() if isinstance(plan, str) else plan
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines) or len(lines) > MAX_ACTIONS:
        raise _bad(f"'plan' is {quote(plan)}", f"at most {MAX_ACTIONS} actions, a line each")
    lines = [line.strip() for line in lines if line.partition(";")[0].strip()]
    steps = tuple(_step(index, line) for index, line in enumerate(lines, 1))
    whole = all(step.claim is not None for step in steps)  # what an action that is not read makes, nobody knows
    reference = record.get("reference")
    return Chain(
        id=identity(record) or default_id,
        givens=(*(Step(action.body(), action) for action in world.actions), Step("the start", Init(tuple(facts)))),
        query=Query("truth", claim=Reaches(world.goal)) if whole else None,
        steps=steps,
        answer=Answer("true"),
        reference=None if reference is None else str(reference).lower()[:10],
    )


def _step(index: int, line: str) -> Step:
    try:
        actions = read_expressions(_TIMED.sub("", line))
        if len(actions) != 1:
            raise ParseError(f"expected one action in brackets, found {len(actions)}")
        return Step(line, Act(index, _fact(actions[0])))
    except ParseError as error:
        return Step(line, None, reason=str(error))


def _define(expressions: tuple[Expression, ...], what: str, world: _World) -> None:
    """Read a definition into the world. Raises ParseError."""
    definition = expressions[0] if len(expressions) == 1 else ()
    if isinstance(definition, str) or definition[:1] != ("define",) or len(definition) < 2:
        raise ParseError(f"expected one (define ({what} ...) ...)")
    head = definition[1]
    if isinstance(head, str) or head[:1] != (what,):
        raise ParseError(f"expected (define ({what} ...) ...), found {show(head)}")
    if what == "domain":
        world.domain = head[1:]
    sections = [section for section in definition[2:] if not isinstance(section, str) and section]
    for section in sorted(sections, key=lambda each: each[0] != ":types"):  # types are used by what may come first
        _section(section, world)


def _section(section: tuple[Expression, ...], world: _World) -> None:
    name, *rest = section
    if name == ":requirements":
        for each in rest:
            if each not in REQUIREMENTS:
                raise ParseError(f"{show(each)} is not among the requirements {', '.join(sorted(REQUIREMENTS))}")
    elif name == ":types":
        for each, above in _typed(rest):
            world.types[each] = above
            world.types.setdefault(above, OBJECT)
    elif name in (":constants", ":objects"):
        world.objects.update(_typed(rest))
    elif name == ":predicates":
        world.predicates = {}
        for each in rest:
            if isinstance(each, str) or not each or not isinstance(each[0], str):
                raise ParseError(f"expected a predicate, found {show(each)}")
            world.predicates[each[0]] = len(_typed(list(each[1:])))
    elif name == ":action":
        world.actions.append(_action(rest, world))
    elif name == ":init":
        world.init = world.init or []
        for each in rest:
            fact = _checked(_fact(each), world)
            if fact[0] == SAME:
                raise ParseError(f"expected what is true at the start, found {show(each)}")
            world.init.append(fact)
    elif name == ":goal":
        world.goal = _conditions(rest[0] if len(rest) == 1 else (), world)
        if any(word[0] == "?" for condition in world.goal for word in condition.fact):
            raise ParseError(f"expected names in the goal, found {show(tuple(rest))}")
    elif name == ":domain":
        if tuple(rest) != world.domain:
            raise ParseError(f"the problem is of the domain {show(tuple(rest))}, and this one is {show(world.domain)}")
    else:
        raise ParseError(f"{show(name)} is outside the subset of PDDL that is read")


def _action(parts: list[Expression], world: _World) -> Action:
    name, *rest = parts or ("",)
    if not isinstance(name, str) or len(rest) % 2:
        raise ParseError(
            f"expected a name, and then :parameters, :precondition and :effect, found {show(tuple(parts))}"
        )
    sections = {str(word): value for word, value in zip(rest[::2], rest[1::2])}
    unknown = next((word for word in sections if word not in (":parameters", ":precondition", ":effect")), None)
    if unknown is not None:
        raise ParseError(f"{quote(unknown)} of the action {name} is outside the subset of PDDL that is read")
    parameters = sections.get(":parameters", ())
    variables = _typed([] if isinstance(parameters, str) else list(parameters))
    kinds = tuple(Condition((KIND, variable, of)) for variable, of in variables if of != OBJECT)
    needs = _conditions(sections.get(":precondition", ()), world)
    makes = _conditions(sections.get(":effect", ()), world)
    head = read_fact(" ".join((name, *(variable for variable, _ in variables))), variables=True)
    return Action(head, tuple(dict.fromkeys((*kinds, *needs))), tuple(dict.fromkeys(makes)))


def _typed(words: list[Expression]) -> list[tuple[str, str]]:
    """Names with the type after the dash that follows them, "object" where there is none. Raises ParseError."""
    found: list[tuple[str, str]] = []
    waiting: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        if not isinstance(word, str):
            raise ParseError(f"expected a name, found {show(word)}")
        if word == "-":
            of = words[index + 1] if index + 1 < len(words) else ""
            if not isinstance(of, str) or not of:
                raise ParseError(f"expected one type after '-', found {show(of)}")
            found += [(name, of) for name in waiting]
            waiting, index = [], index + 2
        else:
            waiting.append(word)
            index += 1
    return [*found, *((name, OBJECT) for name in waiting)]


def _conditions(expression: Expression, world: _World) -> Conditions:
    """A conjunction of facts and negated facts. Raises ParseError."""
    if isinstance(expression, str):
        raise ParseError(f"expected a condition in brackets, found {show(expression)}")
    if not expression:
        return ()
    if expression[0] == "and":
        return tuple(each for part in expression[1:] for each in _conditions(part, world))
    if expression[0] == "not":
        if len(expression) != 2:
            raise ParseError(f"expected one fact after 'not', found {show(expression)}")
        return (Condition(_checked(_fact(expression[1], variables=True), world), False),)
    return (Condition(_checked(_fact(expression, variables=True), world)),)


def _fact(expression: Expression, *, variables: bool = False) -> Fact:
    """Raises ParseError."""
    if isinstance(expression, str) or not expression:
        raise ParseError(f"expected a fact in brackets, found {show(expression)}")
    words = [word for word in expression if isinstance(word, str)]
    if len(words) < len(expression):
        raise ParseError(f"{show(expression)} is outside the subset of PDDL that is read")
    return read_fact(" ".join(words), variables=variables)


def _checked(fact: Fact, world: _World) -> Fact:
    """The fact, if its predicate is declared so. Raises ParseError."""
    if world.predicates is not None and fact[0] != SAME and world.predicates.get(fact[0]) != len(fact) - 1:
        raise ParseError(f"{quote(' '.join(fact))} fits no declared predicate")
    return fact


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.pddl for the record's fields")
