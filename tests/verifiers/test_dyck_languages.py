"""BIG-Bench-Mistake's Dyck languages in many layouts: each is read, and in each a false line is refuted."""

from __future__ import annotations

import pytest

from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import mistake
from reasonlab.verifiers.readers.mistake.record import MAX_STEP

END = (
    'Now, we have reached the end. The final stack is "{ [".',
    'We will need to pop out "[", "{" one by one in that order.',
    'So, we need "]", "}". So the answer is ] }',
)
SYMBOLS = "{()["
STACKS = ("{", "{(", "{", "{[")
LAYOUTS = {  # the empty stack, a line of (symbol, stack), and how brackets are joined
    "plain": ("stack: empty", "{0} ; stack: {1}", " ".join),
    "programs": ("Stack: []", "{0} ; Stack: {1}", lambda stack: str(list(stack))),
    "numbered": ("Initially, the stack is empty.", "1. Read {0} -> stack = {1}", " ".join),
    "commas": ("Initial stack: empty", "Step 1: '{0}' -> push; the stack is now: {1}", ", ".join),
    "quotes": ("Start with an empty stack.", 'After reading {0}: the stack is "{1}".', " ".join),
    "arrows": ("Stack: (empty)", "{0} → Stack: {1}", "".join),
    "words": ("The stack is empty.", "Next symbol: {0}; Stack: {1}", " ".join),
}


def report(steps, problem="{ ( ) [", answer="] }"):
    record = {"input": problem, "steps": list(steps), "answer": answer, "target": "] }"}
    return verify_chain(mistake.read(record, default_id="dyck"))


def written(layout, *, stacks=STACKS):
    empty, line, joined = LAYOUTS[layout]
    lines = [line.format(symbol, joined(stack)) for symbol, stack in zip(SYMBOLS, stacks)]
    if "push" in line:
        lines[2] = lines[2].replace("push", "pop '('")
    return [empty, *lines, *END]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_and_what_is_false_in_it_refuted(layout):
    assert report(written(layout)).outcome == "proved"
    for index in range(4):
        wrong = [*STACKS]
        wrong[index] += "<"
        found = report(written(layout, stacks=wrong))
        assert (found.outcome, found.first_error, found.verdicts[index + 1].status) == ("flawed", index + 1, "refuted")


@pytest.mark.parametrize(
    "problem",
    [
        "Input: { ( ) [",
        "Complete the sequence, closing every bracket: {()[",
        "{, (, ), [",
        "'{ ( ) ['",
        "Input: { ( ) [\nOutput:",
    ],
)
def test_problems(problem):
    assert report(written("plain"), problem).outcome == "proved"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("] ; stack: []", "may be two or an empty list"),
        ("{ ; stack: { as before", "expected brackets"),
        (") -> pop '['; stack: {", "found ["),
        (") -> push; stack: {", "opening bracket to be pushed"),
    ],
)
def test_what_is_not_understood_is_not_read(line, reason):
    found = report(["stack: empty", "{ ; stack: {", line]).verdicts[2]
    assert found.status == "unparsed"
    assert reason in found.reason


def test_stacks_after_symbols_that_are_not_named_are_not_read():
    found = report(["stack: {", "stack: { (", "stack: {", "stack: { [", *END])
    assert ({each.status for each in found.verdicts[:4]}, found.outcome) == ({"unparsed"}, "unparsed")


def test_after_a_line_about_a_symbol_that_is_not_read_places_are_not_guessed():
    lines = written("plain")
    lines[2] = "I see ( and so push it"
    statuses = [each.status for each in report(lines).verdicts]
    assert statuses == ["entailed", "entailed", "unparsed", "unparsed", "unparsed", "entailed", "entailed", "entailed"]


def test_a_step_over_the_limit_is_not_read_and_one_at_it_is():
    line = "{ ; stack: {"
    for size, status in ((MAX_STEP, "entailed"), (MAX_STEP + 1, "unparsed")):
        found = report(["stack: empty", line + " " * (size - len(line))]).verdicts[1]
        assert found.status == status
        assert status == "entailed" or f"the limit of {MAX_STEP}" in found.reason


@pytest.mark.parametrize(
    "text", [" " * 19_000 + "x", "read " * 4_000, "stack is " * 2_000, "'" * 19_000, "[,'" * 6_000]
)
def test_hostile_lines(text):
    assert report([text, "{ ; stack: " + text]).verdicts[0].status == "unparsed"
