"""The scripts on traces, on small files of each format written by hand: what they count, and what they find."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SCRIPTS = ("traces_arithmetic", "traces_causal", "traces_logic", "traces_states")

SUM = {"input": "((2 + 3) * 4) =", "target": "20", "answer": "20"}
PLAN = 'This equation can be written as "A * B", where A = (2 + 3) and B = 4.'
GOOD_SUM = [PLAN, "Let's calculate A = (2 + 3) = 5.", "Then, A * B = 5 * 4 = 20. So the answer is 20"]
BAD_SUM = [PLAN, "Let's calculate A = (2 + 3) = 6.", "Then, A * B = 6 * 4 = 24. So the answer is 24"]
BRACKETS = {"input": "( [", "target": "] )", "answer": "] )"}
STACKS = ["stack: empty", "( ; stack: (", "[ ; stack: ( [", 'So, we need "]", ")". So the answer is ] )']
WRONG_STACKS = [*STACKS[:2], "[ ; stack: [", *STACKS[3:]]

INTRO = """I am playing with a set of blocks where I need to arrange the blocks into stacks.
Here are the actions I can do

Pick up a block
Stack a block on top of another block

I have the following restrictions on my actions:
I can only pick up a block if the block is on the table and the block is clear.
Once I pick up or unstack a block, I am holding the block.
I can only stack a block on top of another block if I am holding the block being stacked.
"""
STATEMENT = """
[STATEMENT]
As initial conditions I have that, the red block is clear, the blue block is clear, the red block is on the table and \
the blue block is on the table.
My goal is to have that the red block is on top of the blue block.
My plan is as follows:

[PLAN]
{}
[PLAN END]
"""
STACKED = "pick up the red block\nstack the red block on top of the blue block"
UNHELD = "stack the red block on top of the blue block"
PLANS = {
    STACKED: "The above plan is valid.",
    UNHELD: "The above plan is invalid.The following action at step 1 has an unmet precondition:\n"
    f"{UNHELD}\nThe unmet precondition is:\nthe hand is currently holding red block",
    "pick up the red block": "The above plan is invalid. This is the unmet goal condition:\n"
    "the red block is on top of the blue block",
    "pick up the blue block": "The above plan is valid.",  # as a wrong label
}


@pytest.fixture
def tables(monkeypatch, capsys, tmp_path):
    """Runs a script on files of these names and records, and gives its tables."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def run(script: str, files: dict[str, list]) -> list[list[dict]]:
        for name, records in files.items():
            (tmp_path / name).write_text("\n".join(map(json.dumps, records)), "utf-8")
        monkeypatch.setattr("sys.argv", [script, str(tmp_path), "--list", "--json"])
        assert importlib.import_module(script).main() == 0
        text, found, at = capsys.readouterr().out, [], 0
        while at < len(text.rstrip()):
            table, at = json.JSONDecoder().raw_decode(text, at)
            found.append(table)
            at += len(text[at:]) - len(text[at:].lstrip())
        return found

    return run


def counts(table: list[dict]) -> dict[str, int]:
    return {row["what"]: row["count"] for row in table}


def labelled(record: dict, steps: list[str], label: int | None) -> dict:
    return {**record, "steps": steps, "mistake_index": label}


def test_arithmetic(tables):
    solutions = [
        {"question": "Kim has 4 bags of 6 pears. How many?", "answer": "4*6=<<4*6=24>>24 pears\n#### 24"},
        {"question": "Kim has 4 bags. How many?", "answer": "4*7=<<4*7=29>>29 pears\n#### 29"},
    ]
    sums = [labelled(SUM, GOOD_SUM, None), labelled(SUM, BAD_SUM, 1), labelled(SUM, BAD_SUM, None)]
    equations, _, labels, cases = tables(
        "traces_arithmetic", {"gsm8k_train.jsonl": solutions, "bigbench_mistake_multistep_arithmetic.jsonl": sums}
    )
    assert counts(equations)["annotated equations read"] == 2
    assert counts(equations)["annotated equations refuted"] == 1
    assert counts(labels)["agrees, judged with the problem"] == counts(labels)["agrees, judged by itself"] == 2
    assert counts(labels)["disagrees, judged by itself: theirs, an error before the label"] == 1
    assert {case["what"] for case in cases} == {"refuted", "judged with the problem", "judged by itself"}


def test_logic(tables):
    record = {
        "context": "Each lurpus is a zimpus. Zimpuses are not loud. Rex is a lurpus.",
        "question": "Is the following statement true or false? Rex is loud.",
        "options": ["A) True", "B) False"],
        "explanation": ["Rex is a lurpus.", "Each lurpus is a zimpus.", "Rex is a zimpus.", "Rex is not loud."],
    }
    (answers, causes, cases) = tables(
        "traces_logic", {"prontoqa_small.json": [{**record, "answer": "B"}, {**record, "answer": "A"}]}
    )
    assert (answers[0]["read"], answers[0]["agree"], answers[0]["steps"]) == ("2 of 2", 1, "8 entailed")
    assert [row["records"] for row in causes] == [1]
    assert cases[0]["record"] == "prontoqa:2"


def test_causal(tables):
    model = {
        "model_id": 0,
        "graph_id": "chain",
        "structure": "X->Y",
        "params": {"p(X)": 0.5, "p(Y | X)": [0.2, 0.6]},
        "groundtruth": {"ATE(Y | X)": 0.4, "P(Y=1)": 0.5},
    }
    question = {
        "question_id": 1,
        "given_info": "",
        "question": "Will X increase the chance of Y?",
        "answer": "yes",
        "meta": {
            "graph_id": "chain",
            "query_type": "ate",
            "polarity": True,
            "groundtruth": 0.4,
            "given_info": {"p(Y | X)": [0.2, 0.6]},
            "treatment": "X",
            "outcome": "Y",
            "model_id": 0,
        },
        "reasoning": {
            "step0": "Let X = switch; Y = lamp.",
            "step1": "X->Y",
            "step2": "E[Y | do(X = 1)] - E[Y | do(X = 0)]",
            "step3": "P(Y=1|X=1) - P(Y=1|X=0)",
            "step4": "P(Y=1 | X=0) = 0.20\nP(Y=1 | X=1) = 0.60",
            "step5": "0.60 - 0.20 = 0.50",
            "end": "0.50 > 0",
        },
    }
    truths, reasoning, *_ = tables("traces_causal", {"cladder_models.json": [model], "cladder_easy.json": [question]})
    assert [(row["quantity"], row["wrong"], row["largest error"]) for row in truths[:-1]] == [("P(Y=1)", 1, 0.1)]
    assert reasoning[0]["step5 arithmetic refuted"] == 1


def test_states(tables):
    plans = [{"query": f"{INTRO}{STATEMENT.format(text)}", "ground_truth_plan": label} for text, label in PLANS.items()]
    closings = [labelled(BRACKETS, STACKS, None), labelled(BRACKETS, WRONG_STACKS, 2), labelled(BRACKETS, STACKS, 1)]
    found, steps, labels, cases = tables(
        "traces_states",
        {"planbench_plan_verification.json": plans, "bigbench_mistake_dyck_languages_3.jsonl": closings},
    )
    assert counts(found)["the same step, preconditions and goals"] == 3
    assert steps[0]["steps"] == "11 entailed, 1 refuted"
    assert counts(labels) == {
        "agrees, dyck_languages": 2,
        "disagrees, dyck_languages: theirs, the step at the label is true": 1,
    }
    assert [case["what"] for case in cases] == ["plan", "dyck_languages"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_without_the_data_nothing_is_measured(script, monkeypatch, capsys, tmp_path):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setattr("sys.argv", [script, str(tmp_path)])
    assert importlib.import_module(script).main() == 2
    assert capsys.readouterr().err.startswith(f"nothing measured: {tmp_path} ")
