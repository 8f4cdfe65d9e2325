"""Chains as other models and prompts write them: the first step that is wrong is found where it is, or there is none.

`other_prompts.jsonl` holds a record a line, written by hand, with the index of its first wrong step. A chain with a
step that is not read is `unparsed`: that is allowed of one that is right, and is recorded, so that a change shows.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reasonlab.verifiers import verify_chain
from reasonlab.verifiers.readers import guess, reader_for
from reasonlab.verifiers.readers.framing import Piece
from reasonlab.verifiers.readers.mistake.record import labelled, split_options

CASES = [json.loads(line) for line in Path(__file__).with_name("other_prompts.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_first_wrong_step(case):
    format = guess(Piece(1, json.dumps(case["record"]).encode())) or "reasonlab"
    assert format == case["format"]
    report = verify_chain(reader_for(format)(case["record"], default_id="x"))
    assert (report.first_error, report.outcome) == (case["first_error"], case["outcome"])


def test_what_is_right_is_never_refuted_and_what_is_wrong_is_never_proved():
    for case in CASES:
        good = case["outcome"] in ("proved", "consistent")
        assert not (good and case["first_error"] is not None), case["name"]
    assert len(CASES) >= 150


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("Who?\nOptions:\n(A) red ball.\n(B) blue ball.", {"A": "red ball", "B": "blue ball"}),
        ("Who? Options: (A) red ball. (B) blue ball.", {"A": "red ball", "B": "blue ball"}),
        ("Who?\nA. red ball\nB. blue ball\nAnswer it.", {"A": "red ball", "B": "blue ball"}),
        ("Who?\nA) red ball\nB) blue ball\n\nThink.", {"A": "red ball", "B": "blue ball"}),
        ("There is a plan (A) and nothing else.", {}),
        ("Who is it?", {}),
    ],
)
def test_options_however_they_are_written(options, found):
    assert split_options(options)[1] == found


@pytest.mark.parametrize(
    ("text", "label"),
    [("(A)", "(A)"), ("Option A", "(A)"), ("**(A) red ball**", "(A)"), ("the red ball.", "A"), ("(A) blue ball", None)],
)
def test_the_option_that_an_answer_names(text, label):
    options = {"A": "red ball", "B": "blue ball"}
    assert labelled(text, options) == (label or text)
