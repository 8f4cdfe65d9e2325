"""PlanBench (Valmeekam et al. 2023, arXiv 2206.10498): an English domain, a start, and a plan for a goal or what was
done.

    {"instance_id": 1, "query": "I am playing with a set of blocks ... [STATEMENT]\\nAs initial conditions I have that,
     the red block is clear, ...\\nMy goal is to have that ...\\nMy plan is as follows:\\n\\n[PLAN]\\npick up the red
     block\\n...\\n[PLAN END]\\n\\n[VERIFICATION]\\n", "ground_truth_plan": "The above plan is valid."}

The plan is the chain: each line claims that its action can be done then, and the whole that it reaches the goal. A
query that ends before the plan has it in "llm_raw_response", or only the source's own in "ground_truth_plan", as PDDL.
Worked examples before the last [STATEMENT] are left out. Where a line is not read, nobody knows what it does: the lines
after it are read for what refutes them, and nothing is asked of the whole.

Plan execution has an [ACTION SEQUENCE] and asks for the [RESULTING STATE]: the state is the chain, in one step. Plan
reuse is a plan like any other; re-planning after an event is refused. Which domain it is shows in how it is introduced:
one file a domain.
"""

from __future__ import annotations

from typing import Any

from reasonlab.language.chains import Answer, Chain, Query
from reasonlab.language.errors import BadInput, ParseError, quote
from reasonlab.verifiers.readers.fields import identity
from reasonlab.verifiers.readers.plan.executions import SEQUENCE, executed
from reasonlab.verifiers.readers.plan.problems import STATEMENT, Problem, domain_of, listed, read_problem
from reasonlab.verifiers.readers.plan.responses import PLAN, lines_of, plan_text, steps_of, verdict

__all__ = ["domain_of", "listed", "looks_like", "read"]

MAX_ACTIONS = 10_000


def looks_like(record: dict[str, Any]) -> bool:
    query = record.get("query")
    return isinstance(query, str) and STATEMENT in query


def read(record: Any, *, default_id: str) -> Chain:
    """The chain of a record. Raises BadInput."""
    if not isinstance(record, dict):
        raise _bad(f"a record is {quote(record)}", "a JSON object")
    query = record.get("query")
    if not isinstance(query, str) or STATEMENT not in query:
        raise _bad(f"'query' is {quote(query)}", f"a string with {STATEMENT}")
    name = identity(record) or default_id
    try:
        problem = read_problem(query)
        return (executed if SEQUENCE in problem.statement else _planned)(name, problem, record)
    except (ParseError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise _bad(f"the statement {quote(query.rpartition(STATEMENT)[2])} does not parse: {error}", _AS) from None


_AS = "facts and a plan as PlanBench words them"


def _planned(name: str, problem: Problem, record: dict[str, Any]) -> Chain:
    """The chain of a plan. Raises ParseError."""
    if problem.goal is None:
        raise ParseError("it has no goal")
    if problem.statement.count(PLAN) > 1:
        raise ParseError("it has more than one plan; re-planning after an event is not read")
    lines = lines_of(plan_text(problem, record))
    if len(lines) > MAX_ACTIONS:
        raise ParseError(f"a plan of {len(lines)} actions is over the limit of {MAX_ACTIONS}")
    steps, whole = steps_of(lines, problem)
    return Chain(
        id=name,
        givens=problem.givens,
        query=Query("truth", claim=problem.goal) if whole else None,
        steps=steps,
        answer=Answer("true"),
        reference=verdict(record),
    )


def _bad(what: str, expected: str) -> BadInput:
    return BadInput(what, expected, "see reasonlab.verifiers.readers.plan for the record's fields")
