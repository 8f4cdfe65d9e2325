"""Counting: intervals by hand, and judged chains that are known to be solved, flawed, wrong or unfinished."""

import json
import math

import pytest

from reasonlab import evaluate
from reasonlab.evaluate import Share
from reasonlab.tasks import Problem, make, parse_difficulty


@pytest.fixture(scope="module")
def problem() -> Problem:
    return make("arithmetic", parse_difficulty("arithmetic", "variables=4-5,distractors=0"), "test", 1, 3)


def test_the_interval_is_wilsons() -> None:
    """8 of 10: the standard worked example, [0.490, 0.943]."""
    low, high = Share(8, 10).interval
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)
    assert Share(10, 10).interval[1] == pytest.approx(1.0)
    assert Share(0, 10).interval[0] == 0.0
    assert math.isnan(Share(0, 0).value)


def test_a_gold_chain_is_proved_with_nothing_missing(problem: Problem) -> None:
    for form in ("plan", "needs", "direct"):
        judged = evaluate.judge(problem, problem.gold_text(form))
        assert judged.proved
        assert judged.answer_right
        assert judged.comparison.faithful


def test_a_bare_right_answer_is_no_proof(problem: Problem) -> None:
    judged = evaluate.judge(problem, f"answer {problem.answer}")
    assert judged.answer_right
    assert not judged.proved


def test_a_right_answer_after_a_wrong_step_is_flawed(problem: Problem) -> None:
    gold = problem.gold_text("plan")
    start = next(name for name in problem.instance.needed if problem.instance.by_name[name].operator is None)
    value = problem.instance.values[start]
    judged = evaluate.judge(problem, gold.replace(f"{start} = {value} ;", f"{start} = {(value + 1) % 10} ;"))
    assert judged.report.outcome == "flawed"
    assert judged.report.first_error is not None
    row = judged.row()
    assert row["first_error_kind"] == "refuted"
    assert json.loads(row["verdicts"])["outcome"] == "flawed"


def test_a_step_about_a_distractor_is_needless() -> None:
    settings = parse_difficulty("arithmetic", "variables=5-6,distractors=1")
    problem = make("arithmetic", settings, "test", 1, 0)
    spare = next(d for d in problem.instance.definitions if d.name not in problem.instance.needed)
    gold = problem.gold_text("direct")
    judged = evaluate.judge(problem, f"{spare} ; {gold}")
    assert judged.proved
    assert judged.comparison.needless == (0,)


def test_scores_add_up(problem: Problem) -> None:
    wrong = (int(problem.answer) + 1) % 10
    texts = [problem.gold_text("plan"), f"answer {problem.answer}", f"answer {wrong}", "nonsense ; answer"]
    scores = evaluate.score(evaluate.judge(problem, text, finished=text != "nonsense ; answer") for text in texts)
    assert (scores.proved.count, scores.answer_right.count, scores.finished.count) == (1, 2, 3)
    assert sum(scores.outcomes.values()) == scores.chains == 4
    assert json.dumps(scores.to_json())
    assert set(evaluate.by_size([evaluate.judge(problem, texts[0])])) == {problem.instance.size}
