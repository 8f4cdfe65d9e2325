"""Plans in PlanBench's words and in PDDL: other names and layouts say the same; what is not read refutes nothing."""

from __future__ import annotations

import pytest

from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import pddl, plan

INTRO = """I am playing with a set of blocks where I need to arrange the blocks into stacks.
Here are the actions I can do

Pick up a block
Stack a block on top of another block

I have the following restrictions on my actions:
I can only pick up or unstack a block if my hand is empty.
I can only pick up a block if the block is on the table and the block is clear.
Once I pick up or unstack a block, I am holding the block.
I can only stack a block on top of another block if I am holding the block being stacked.
"""
STATEMENT = """
[STATEMENT]
As initial conditions I have that, the red block is clear, the hand is empty, the red block is on the table and the \
blue block is on the table.
My goal is to have that the red block is on top of the blue block.
My plan is as follows:

[PLAN]
pick up the red block
stack the red block on top of the blue block
[PLAN END]

[VERIFICATION]
"""
PICK, STACK = "pick up the red block", "stack the red block on top of the blue block"


def report(statement: str, *, label="The above plan is valid."):
    return verify_chain(plan.read({"query": INTRO + statement, "ground_truth_plan": label}, default_id="blocks"))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"the red block": "block a", "the blue block": "the block b"},
        {"the red": "the light green", "the blue": "the off-white"},
        {PICK: f"1. {PICK}", STACK: f"2) {STACK}."},
        {PICK: "(pick-up red)", STACK: "(stack red blue)"},
        {PICK: PICK.upper(), STACK: f"- {STACK}"},
        {"[PLAN END]": ""},
    ],
)
def test_names_and_layouts(changes):
    statement = STATEMENT
    for plain, other in changes.items():
        assert plain in statement
        statement = statement.replace(plain, other)
    assert report(statement).outcome == "proved"
    before, mark, lines = statement.partition("[PLAN]\n")
    found = report(before + mark + lines.partition("\n")[2])  # without the first action
    assert (found.outcome, found.first_error, found.verdicts[0].status) == ("wrong", 0, "refuted")


def test_a_line_that_is_not_read_is_not_held_against_the_plan():
    found = report(STATEMENT.replace(PICK, "grab the red block"))
    assert [verdict.status for verdict in found.verdicts] == ["unparsed", "unsupported"]
    found = report(STATEMENT.replace(STACK, "put it onto the blue one"))
    assert ([verdict.status for verdict in found.verdicts], found.outcome) == (["entailed", "unparsed"], "unparsed")


def test_pddl_names_that_the_statement_does_not_have_are_not_read():
    found = report(STATEMENT.replace(PICK, "(pick-up a)"))
    assert found.verdicts[0].status == "unparsed"
    assert "found 'a'" in found.verdicts[0].reason


def test_a_pddl_plan_with_a_line_that_is_not_read():
    domain = (
        "(define (domain d) (:predicates (on ?x)) (:action do :parameters (?x) :precondition () :effect (and (on ?x))))"
    )
    problem = "(define (problem p) (:domain d) (:objects a b) (:init (on b)) (:goal (and (on a))))"
    record = {"domain": domain, "problem": problem}
    plans = {"(do a)": "proved", "(do b)": "wrong", "(do b)\nand then a": "unparsed"}
    for text, outcome in plans.items():
        assert verify_chain(pddl.read({**record, "plan": text}, default_id="d")).outcome == outcome
