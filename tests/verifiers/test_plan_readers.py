"""Plans in PlanBench's words and in PDDL: other names and layouts say the same; what is not read refutes nothing."""

from __future__ import annotations

import re

import pytest

from reasonlab.language.claims import parse_claim, render_claim
from reasonlab.language.errors import BadInput
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
        {PICK: "(pick-up a)", STACK: "(stack a b)"},  # as PlanBench's problem files name these blocks
        {PICK: "1. **Pick up the red block**", STACK: "Step 2: stack red block on the blue block."},
        {PICK: f"Here is the plan:\n{PICK}", STACK: f"{STACK}\nThe goal conditions are satisfied in the final state."},
        {"initial conditions I have that,": "initial conditions I have that:"},
        {"is on the table.\nMy": "is on the table\nMy", "blue block.\nMy": "blue block. I want to be quick.\nMy"},
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
    without = lines[lines.index("\n", re.search("pick.up", lines, re.IGNORECASE).start()) + 1 :]
    found = report(before + mark + without)  # without the first action
    assert (found.outcome, found.first_error, found.verdicts[0].status) == ("wrong", 0, "refuted")


def test_a_line_that_is_not_read_is_not_held_against_the_plan():
    found = report(STATEMENT.replace(PICK, "grab the red block"))
    assert ([verdict.status for verdict in found.verdicts], found.outcome) == (["unparsed", "unparsed"], "unparsed")
    assert found.verdicts[1].reason == "'grab the red block' was not read, so nobody knows what is so now"
    found = report(STATEMENT.replace(STACK, "put it onto the blue one"))
    assert ([verdict.status for verdict in found.verdicts], found.outcome) == (["entailed", "unparsed"], "unparsed")


def test_pddl_names_that_the_statement_does_not_have_are_not_read():
    found = report(STATEMENT.replace(PICK, "(pick-up z)"))
    assert found.verdicts[0].status == "unparsed"
    assert "found 'z'" in found.verdicts[0].reason


BEFORE, _, _ = STATEMENT.partition("[PLAN]")
PROMPT = f"{INTRO}{BEFORE}[PLAN]\n"


def read(query=PROMPT, **fields):
    return plan.read({"instance_id": 3, "query": query, **fields}, default_id="blocks")


def test_a_query_without_a_plan():
    """Plan generation: a model's plan, else the source's."""
    gold = "(pick-up a)\n(stack a b)\n"
    assert verify_chain(read(ground_truth_plan=gold)).outcome == "proved"
    said = f"{STACK}\n[PLAN END]\n\n[STATEMENT]\nAs initial conditions I have that, ..."
    found = verify_chain(read(ground_truth_plan=gold, llm_raw_response=said))
    assert ([verdict.text for verdict in found.verdicts], found.outcome) == ([STACK], "wrong")
    for fields in ({}, {"ground_truth_plan": "The above plan is valid."}):
        with pytest.raises(BadInput, match="there is no plan"):
            read(**fields)


def test_replanning_is_refused():
    event = "During execution, an unexpected event has occurred.\nAfter re-planning, the plan is as follows:\n[PLAN]\n"
    with pytest.raises(BadInput, match="re-planning after an event is not read"):
        read(INTRO + STATEMENT.replace("[VERIFICATION]", event))


@pytest.mark.parametrize(("minutes", "status"), [(3, "entailed"), (2, "refuted")])
def test_the_time_that_a_plan_takes(minutes, status):
    intro = INTRO.replace("Pick up a block\n", "Pick up a block. It takes 1 minute to pick up a block.\n")
    intro = intro.replace(
        "another block\n\n", "another block. It takes 2 minutes to stack a block on top of another block.\n\n"
    )
    plans = f"{PICK}\n{STACK}\n[PLAN END]\nThe total time to execute the plan is {minutes} minutes.\n"
    found = verify_chain(read(intro + BEFORE + "[PLAN]\n" + plans))
    assert [verdict.status for verdict in found.verdicts] == ["entailed", "entailed", status]
    assert found.outcome == ("proved" if status == "entailed" else "flawed")


TOLD = """
1. Current State: the red block is clear, the hand is empty and the red block is on the table
   Action: pick up the red block
   Reason: The above action is applicable in the current state because its preconditions; the red block is clear, \
the hand is empty and the red block is on the table, are satisfied in the current state.
   Resulting State: the hand is currently holding red block and the blue block is on the table
2. Action: stack the red block on top of the blue block

Final State: the red block is on top of the blue block
The goal conditions are satisfied in the final state. Hence, the above plan is valid.
[PLAN END]
"""


def test_a_plan_that_tells_its_states():
    found = verify_chain(read(f"{INTRO}{BEFORE}[PLAN]{TOLD}"))
    assert ({verdict.status for verdict in found.verdicts}, found.outcome) == ({"entailed"}, "proved")
    wrong = TOLD.replace("State: the hand is currently holding red block", "State: the hand is empty")
    found = verify_chain(read(f"{INTRO}{BEFORE}[PLAN]{wrong}"))
    assert ([v.status for v in found.verdicts].count("refuted"), found.first_error) == (1, 3)


STATE = f"{INTRO}{BEFORE.partition('My goal')[0]}I have executed the following action sequence:\n\n"
STATE += f"[ACTION SEQUENCE]\n{PICK}\n[ACTION SEQUENCE END]\n[RESULTING STATE]\n"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("the hand is currently holding red block and the blue block is on the table", "proved"),
        ("the hand is currently holding red block, the blue block is on the table.\n\n[STATEMENT]\n...", "proved"),
        ("the hand is empty and the blue block is on the table", "wrong"),
        ("the hand is currently holding red block", "unparsed"),  # the source says more
        ("I hold the red block", "unparsed"),
        (None, "proved"),
    ],
)
def test_what_is_so_after_actions(said, outcome):
    fields = {"ground_truth_plan": ["holding_a", "ontable_b"], "llm_raw_response": said}
    assert verify_chain(read(STATE, **fields)).outcome == outcome


def test_a_pddl_plan_with_a_line_that_is_not_read():
    domain = (
        "(define (domain d) (:predicates (on ?x)) (:action do :parameters (?x) :precondition () :effect (and (on ?x))))"
    )
    problem = "(define (problem p) (:domain d) (:objects a b) (:init (on b)) (:goal (and (on a))))"
    record = {"domain": domain, "problem": problem}
    plans = {"(do a)": "proved", "(do b)": "wrong", "(do b)\nand then a": "unparsed"}
    for text, outcome in plans.items():
        assert verify_chain(pddl.read({**record, "plan": text}, default_id="d")).outcome == outcome


@pytest.mark.parametrize(("init", "outcome"), [("(:init)", "proved"), ("(:init (on a))", "wrong")])
def test_nothing_may_be_true_at_the_start(init, outcome):
    domain = """(define (domain lamps) (:predicates (on ?x))
        (:action switch :parameters (?x) :precondition (not (on ?x)) :effect (on ?x)))"""
    problem = f"(define (problem one) (:domain lamps) (:objects a) {init} (:goal (on a)))"
    record = {"domain": domain, "problem": problem, "plan": "(switch a)"}
    chain = pddl.read(record, default_id="lamps")
    assert verify_chain(chain).outcome == outcome
    for given in chain.givens:
        assert parse_claim(render_claim(given.claim)) == given.claim
    with pytest.raises(BadInput, match="no start or no goal"):
        pddl.read({**record, "problem": problem.replace(init, "")}, default_id="lamps")
    with pytest.raises(BadInput, match=r"of the domain '.candles.', and this one is '.lamps.'"):
        pddl.read({**record, "problem": problem.replace(":domain lamps", ":domain candles")}, default_id="lamps")
