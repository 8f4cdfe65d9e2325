"""Plans as people and models write them, a line each: actions in the words of the domain or in PDDL, numbered or not;
what is so before or after an action, and that the goal is reached.

    1. Current State: the red block is clear, ...
       Action: pick up the red block
       Reason: The above action is applicable in the current state because its preconditions; ..., are satisfied ...
       Resulting State: the hand is currently holding red block, ...

A heading ("Here is the plan:") claims nothing. That a plan takes so many minutes is a sum of what its actions take.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from reasonlab.language.chains import Step
from reasonlab.language.claims import Claim, parse_claim
from reasonlab.language.errors import ParseError, quote
from reasonlab.language.planning import Act, Condition, Fact, State, read_fact
from reasonlab.verifiers.readers.plan.problems import STATEMENT, Problem

PLAN = "[PLAN]"
RESPONSES = ("llm_raw_response", "response", "extracted_llm_plan")
_ENDS = re.compile(r"\[(?:PLAN END|VERIFICATION)\]")
_LIST_MARK = re.compile(r"(?:(?:step|action)?\s*\d+\s*[.):]|[-*•])\s+|(?:next\s+)?action\s*:\s*", re.IGNORECASE)
_LITERAL = re.compile(r"\(\s*([\w-]+(?:\s+[\w-]+)*)\s*\)")
_STATE = re.compile(r"(?:(?:the )?(current|resulting|final) state)(?: is)?\s*:\s*(.+)", re.IGNORECASE)
_NEEDED = re.compile(r"reason\s*:.*?\bpreconditions?\s*[;:,]\s*(.+?),? (?:is|are) satisfied\b.*", re.IGNORECASE)
_REACHED = re.compile(
    r"(?:(?:hence|so|thus|therefore),? )?the goal(?: conditions?)? (?:is|are) (?:reached|achieved|satisfied|met)"
    r"(?: in the final state)?\.?(?: hence,? the above plan is (?:a )?valid(?: plan)?\.?)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"the total (?:time|cost) to execute the plan is ([0-9]{1,9}) minutes?\.?", re.IGNORECASE)
_VERDICT = re.compile(r"\bplan is (valid|invalid)\b", re.IGNORECASE)


def plan_text(problem: Problem, record: dict[str, Any]) -> str:
    """The text of the plan: the query's, else a model's, else the source's. Raises ParseError if there is none."""
    inside = problem.statement.partition(PLAN)[2]
    if inside.strip():
        return _ENDS.split(inside)[0] + _after(inside)
    for name in RESPONSES:
        response = record.get(name)
        if isinstance(response, list) and all(isinstance(line, str) for line in response):
            response = "\n".join(response)
        if isinstance(response, str):
            first = response.partition(STATEMENT)[0] if response.partition(STATEMENT)[0].strip() else response
            text = first.rpartition(PLAN)[2]
            return _ENDS.split(text)[0] + _after(text)
    gold = record.get("ground_truth_plan")
    if isinstance(gold, str) and "(" in gold:
        return gold
    raise ParseError(f"there is no plan, neither behind {PLAN} nor in {', '.join(RESPONSES)}")


def _after(text: str) -> str:
    """What is said of a plan's cost behind its end."""
    cost = _TIME.search(text)
    return f"\n{cost[0]}" if cost is not None and _ENDS.search(text, 0, cost.start()) else ""


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip("`*_ \t\r")]


def steps_of(lines: Sequence[str], problem: Problem) -> tuple[tuple[Step, ...], bool]:
    """The steps of a plan, and whether every line of it was read."""
    steps: list[Step] = []
    done: list[Fact] = []  # as far as they are read
    unread: str | None = None
    for line in lines:
        text = _LIST_MARK.sub("", line.replace("*", "").replace("`", "").strip(), count=1).strip()
        text = _LIST_MARK.sub("", text, count=1) if text.lower().startswith("action") else text
        try:
            claim = _claim(text, len(done), done, problem)
        except (ParseError, ValueError) as error:
            unread = unread or quote(line)
            done.append(())  # it may be an action
            steps.append(Step(line, None, reason=str(error)))
            continue
        if isinstance(claim, Act):
            done.append(claim.action)
        open_ = unread is not None and claim is not None
        steps.append(
            Step(line, claim, reason=f"{unread} was not read, so nobody knows what is so now" if open_ else None)
        )
    return tuple(steps), unread is None


def _claim(text: str, time: int, done: Sequence[Fact], problem: Problem) -> Claim | None:
    """What a line claims; None for a heading. Raises ParseError."""
    if state := _STATE.fullmatch(text):
        return State(time, problem.conditions(state[2].rstrip(" .")))
    if needed := _NEEDED.fullmatch(text):
        return State(max(time - 1, 0), problem.conditions(needed[1]))
    if _REACHED.fullmatch(text):
        return problem.goal
    if minutes := _TIME.fullmatch(text):
        return _total(done, minutes[1], problem)
    if text.endswith(":"):
        return None
    return Act(time + 1, action_of(text, problem))


def _total(done: Sequence[Fact], minutes: str, problem: Problem) -> Claim:
    """That the actions take so many minutes together. Raises ParseError."""
    costs = [problem.costs.get(action[0]) if action else None for action in done]
    if None in costs or not costs:
        raise ParseError("nothing says how long each action takes")
    return parse_claim(f"{' + '.join(map(str, costs))} = {minutes}")


def action_of(text: str, problem: Problem) -> Fact:
    """A line of a plan in the words of its domain, or as PDDL has it: (stack red blue). Raises ParseError."""
    literal = _LITERAL.fullmatch(text.strip())
    if literal is None:
        return problem.domain.action(text)
    return problem.spelled(read_fact(" ".join(word for word in literal[1].lower().split() if word != "object")))


def facts_of(names: Sequence[str], problem: Problem) -> list[Condition]:
    """Facts as the source writes them: `on_a_b`. Raises ParseError."""
    return [Condition(problem.spelled(read_fact(" ".join(name.lower().split("_"))))) for name in names]


def verdict(record: dict[str, Any]) -> str | None:
    """Whether the source holds the plan valid."""
    found = _VERDICT.search(str(record.get("ground_truth_plan", ""))[:200])
    return None if found is None else str(found[1].lower() == "valid").lower()
