"""Plan execution: what is so after a sequence of actions.

    ... [STATEMENT]\\nAs initial conditions I have that, ...\\nI have executed the following action sequence:\\n\\n
    [ACTION SEQUENCE]\\nattack object a\\n[ACTION SEQUENCE END]\\n[RESULTING STATE]\\n

The actions are given; the state that a model ("llm_raw_response") or else the source ("ground_truth_plan", a list of
facts as `pain_a`) says is the one step, and the answer is that it is so. What the source lists beside what is said
stays as a step that says nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reasonlab.language.chains import Answer, Chain, Query, Step
from reasonlab.language.errors import ParseError
from reasonlab.language.planning import Act, Condition, State
from reasonlab.verifiers.readers.plan.problems import STATEMENT, Problem
from reasonlab.verifiers.readers.plan.responses import RESPONSES, action_of, facts_of, lines_of

SEQUENCE, _STATE = "[ACTION SEQUENCE]", "[RESULTING STATE]"
_ENDS = re.compile(r"\[ACTION SEQUENCE END\]|\[RESULTING STATE\]")
_SHOWN = 3


def executed(name: str, problem: Problem, record: dict[str, Any]) -> Chain:
    """The chain of an execution. Raises ParseError, ValueError."""
    lines = lines_of(_ENDS.split(problem.statement.partition(SEQUENCE)[2])[0])
    acts = [Step(line, Act(index, action_of(line, problem))) for index, line in enumerate(lines, 1)]
    gold = record.get("ground_truth_plan")
    if not isinstance(gold, list) or not all(isinstance(each, str) for each in gold):
        gold = []
    said = _said(problem, record)
    if said is None and not gold:
        raise ParseError(f"no state is said, neither behind {_STATE} nor in {', '.join(RESPONSES)}")
    steps, state = _steps(said, gold, len(acts), problem)
    return Chain(
        id=name,
        givens=(*problem.givens, *acts),
        query=Query("truth", claim=state) if state is not None else None,
        steps=steps,
        answer=Answer("true"),
        reference=_agrees(state, tuple(facts_of(gold, problem))),
    )


def _steps(said: str | None, gold: list[str], time: int, problem: Problem) -> tuple[tuple[Step, ...], State | None]:
    """What is said to be so after the actions, and the claim that it is. Raises ParseError for the source's facts."""
    facts = tuple(facts_of(gold, problem))
    if said is None:
        state = State(time, facts)
        return (Step(", ".join(gold), state),), state
    try:
        state = State(time, problem.conditions(said.rstrip(" .")))
    except (ParseError, ValueError) as error:
        return (Step(said, None, reason=str(error)),), None
    missing = _missing(facts, state.conditions)
    return (Step(said, state), *((Step("", None, reason=missing),) if missing else ())), state


def _agrees(state: State | None, gold: Sequence[Condition]) -> str | None:
    """Whether the source lists all that is said; None where there is nothing to compare."""
    return str(set(gold).issuperset(state.conditions)).lower() if gold and state is not None else None


def _said(problem: Problem, record: dict[str, Any]) -> str | None:
    """The state as the query or a model says it."""
    responses = (record.get(name) for name in RESPONSES)
    for text in (problem.statement.partition(_STATE)[2], *(each for each in responses if isinstance(each, str))):
        first = text.partition(STATEMENT)[0].rpartition(_STATE)[2].strip()
        if first:
            return " ".join(first.split())
    return None


def _missing(gold: Sequence[Condition], said: Sequence[Condition]) -> str | None:
    """What the source lists and the chain does not say."""
    words = [str(each) for each in gold if each not in said]
    if not words:
        return None
    more = ", …" if len(words) > _SHOWN else ""
    return f"it does not say {', '.join(words[:_SHOWN])}{more}, which the source has as well"
