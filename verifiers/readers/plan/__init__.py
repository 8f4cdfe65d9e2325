"""PlanBench's plan verification (Valmeekam et al. 2023, arXiv 2206.10498): an English domain, a start, a goal, a plan.

    {"instance_id": 1, "query": "I am playing with a set of blocks ... [STATEMENT]\\nAs initial conditions I have that,
     the red block is clear, ...\\nMy goal is to have that ...\\nMy plan is as follows:\\n\\n[PLAN]\\npick up the red
     block\\n...\\n[PLAN END]\\n\\n[VERIFICATION]\\n", "ground_truth_plan": "The above plan is valid."}

The plan is the chain: each line claims that its action can be done then, and the whole that it reaches the goal; with a
line that is not read, nothing is asked of the whole. A line may also be PDDL, as in (stack red blue). Worked examples
before the last [STATEMENT] are left out. A query that ends before the plan has it in "llm_raw_response". Which domain
it is shows in how it is introduced: one file a domain.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.language.planning import Act, Condition, Fact, Init, Reaches, read_fact
from reasonlab.verifiers.readers.plan import blocks, logistics, obfuscated

_STATEMENT, _PLAN = "[STATEMENT]", "[PLAN]"
_ENDS = re.compile(r"\[(?:PLAN END|VERIFICATION)\]")
_START = re.compile(r"initial conditions[^,]*?(?:that|:),?\s*(.+?)\.\s*(?:\n|$)", re.IGNORECASE | re.DOTALL)
_GOAL = re.compile(r"my goal is (?:to have )?that,?\s*(.+?)\.\s*(?:\n|$)", re.IGNORECASE | re.DOTALL)
_LIST_MARK = re.compile(r"(?:(?:step\s*)?\d+\s*[.):]|[-*•])\s+", re.IGNORECASE)
_LITERAL = re.compile(r"\(\s*([\w-]+(?:\s+[\w-]+)*)\s*\)")
_VERDICT = re.compile(r"\bplan is (valid|invalid)\b", re.IGNORECASE)
_RESPONSES = ("llm_raw_response", "response")
MAX_ACTIONS = 10_000


class Domain(Protocol):
    """What the file of a domain offers."""

    def looks_like(self, intro: str) -> bool:
        """Whether a problem is introduced as one of this domain; never true of two domains."""

    def actions(self, intro: str) -> list[Step]:
        """The actions that the introduction describes, as givens; and each sentence that is not understood."""

    def fact(self, text: str) -> Fact:
        """Raises ParseError."""

    def action(self, text: str) -> Fact:
        """Raises ParseError."""

    def kinds(self, facts: list[Fact]) -> list[Fact]:
        """What the names in these facts say by themselves."""


DOMAINS: dict[str, Domain] = {
    "blocks": blocks,
    "logistics": logistics,
    "obfuscated": obfuscated,
}


def looks_like(record: dict[str, Any]) -> bool:
    query = record.get("query")
    return isinstance(query, str) and _STATEMENT in query


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    query = record.get("query")
    if not isinstance(query, str) or _STATEMENT not in query:
        raise _bad(f"'query' is {quote(query)}", f"a string with {_STATEMENT}")
    domain = domain_of(query)
    intro, statement = query.partition(_STATEMENT)[0], query.rpartition(_STATEMENT)[2]
    start, goal = _START.search(statement), _GOAL.search(statement)
    if start is None or goal is None:
        raise _bad(f"the statement {quote(statement)} has no start or no goal", "both, as PlanBench words them")
    plan = _plan(statement, record)
    try:
        facts = [domain.fact(text) for text in listed(start[1])]
        reaches = Reaches(tuple(Condition(domain.fact(text)) for text in listed(goal[1])))
        init = Init((*facts, *domain.kinds(facts)))
    except (ParseError, ValueError) as error:
        raise _bad(
            f"the statement {quote(statement)} does not parse: {error}", "facts as PlanBench words them"
        ) from None
    if len(plan) > MAX_ACTIONS:
        raise _bad(f"a plan of {len(plan)} actions", f"at most {MAX_ACTIONS}")
    known = {name for each in facts for name in each[1:]}
    steps = tuple(_step(index, line, domain, known) for index, line in enumerate(plan, 1))
    whole = all(step.claim is not None for step in steps)  # what an action that is not read makes, nobody knows
    identity = record.get("id", record.get("instance_id"))
    return Chain(
        id=str(identity) if isinstance(identity, (str, int)) else default_id,
        givens=(*domain.actions(intro), Step(start[0].strip(), init)),
        query=Query("truth", claim=reaches) if whole else None,
        steps=steps,
        answer=Answer("true"),
        reference=_reference(record),
    )


def domain_of(query: str) -> Domain:
    """The domain that a query is introduced with. Raises BadInput."""
    intro = query.partition(_STATEMENT)[0]
    domain = next((domain for domain in DOMAINS.values() if domain.looks_like(intro)), None)
    if domain is None:
        raise _bad(f"the introduction {quote(intro)} belongs to no known domain", f"one of {', '.join(DOMAINS)}")
    return domain


def listed(text: str) -> list[str]:
    """The parts of "a, b and c"."""
    return [part.strip() for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", text) if part.strip()]


def _plan(statement: str, record: dict[str, Any]) -> list[str]:
    """The lines of the plan."""
    text = _ENDS.split(statement.partition(_PLAN)[2])[0]
    if not text.strip():
        response = next((record[name] for name in _RESPONSES if isinstance(record.get(name), str)), "")
        text = _ENDS.split(response.rpartition(_PLAN)[2])[0]
    return [line.strip() for line in text.splitlines() if line.strip()]


def _step(index: int, line: str, domain: Domain, known: set[str]) -> Step:
    try:
        return Step(line, Act(index, _action(_LIST_MARK.sub("", line, count=1), domain, known)))
    except (ParseError, ValueError) as error:
        return Step(line, None, reason=str(error))


def _action(text: str, domain: Domain, known: set[str]) -> Fact:
    """A line of a plan in the words of its domain, or as PDDL has it: (stack red blue). Raises ParseError."""
    literal = _LITERAL.fullmatch(text.strip())
    if literal is None:
        return domain.action(text)
    action = read_fact(literal[1].lower())
    if strange := set(action[1:]) - known:
        raise ParseError(f"expected names of the statement, found {quote(min(strange))}")
    return action


def _reference(record: dict[str, Any]) -> str | None:
    """Whether the source holds the plan valid."""
    found = _VERDICT.search(str(record.get("ground_truth_plan", ""))[:200])
    return None if found is None else str(found[1].lower() == "valid").lower()


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.plan for the record's fields")
