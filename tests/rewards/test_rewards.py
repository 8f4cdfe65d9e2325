"""Rewards: one score an input, in order, None where nothing could be checked; the same from threads and coroutines.

The fakes have the shapes of TRL 1.16, reasoning-gym 0.1.25, verifiers 0.1 to 0.4 and Inspect 0.3.285.
"""

from __future__ import annotations

import asyncio
import math
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from reasonlab import rewards
from reasonlab.language.errors import BadInput
from reasonlab.rewards import (
    Reward,
    gym_score_answer,
    inspect_score,
    needless,
    read_completion,
    read_gsm8k,
    rubric_function,
    text_of,
    trl_reward,
)
from reasonlab.tasks import FAMILIES, parse_difficulty, problems
from reasonlab.verifiers import verify_chain

SUM = {"givens": ["a = 3", "b = a + a", "c = b + a"], "modulus": 10, "query": {"value": "c"}, "reference": "9"}
PROOF = "b = a + a = 3 + 3 = 6 ; c = b + a = 6 + 3 = 9 ; answer 9"
LOGIC = {"givens": ["p | q | r", "~p", "r -> q"], "query": {"truth": "q"}}
COMPLETIONS = {  # completion -> outcome, steps, proof, tidy
    PROOF: (1, 1, 1, 1),
    "b = a + a = 3 + 3 = 6 ; answer 9": (1, 1, 0, 0),  # the answer is left to the reader
    "b = 6 ; c = 9 ; b = 6 ; a = 3 ; answer 9": (1, 1, 1, 0),  # two steps for nothing
    "b = a + a = 3 + 3 = 7 ; c = 9 ; answer 9": (1, 1 / 2, 0, 0),
    "b = a + a = 3 + 3 = 6 ; c = b + a = 6 + 3 = 8 ; answer 8": (0, 1 / 2, 0, 0),
    "b = 6 ; c is nine ; answer 9": (1, 1 / 2, 0, 0),
    "b = 6 ; c = 9": (0, 1, 0, 0),  # no answer
    "answer nine": (0, 0, 0, 0),
    "": (0, 0, 0, 0),
    "\x00 ~~ (((": (0, 0, 0, 0),
}
KINDS = ("outcome", "steps", "proof", "tidy")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("completion", COMPLETIONS)
def test_what_a_completion_is_worth(completion, kind):
    assert Reward(kind)(completion, SUM) == COMPLETIONS[completion][KINDS.index(kind)]


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in FAMILIES for form in FAMILIES[name].forms])
def test_every_gold_chain_is_worth_one(name, form):
    for problem in problems(name, parse_difficulty(name, ""), "test", 3, 8):
        record = problem.record("")
        for kind in KINDS:
            assert Reward(kind, max_leap=1)(problem.gold_text(form), record) == 1


def test_a_bare_answer_is_a_proof_only_where_leaps_are_free():
    bare = "c = 9 ; answer 9"
    assert Reward("proof")(bare, SUM) == 1
    assert Reward("proof", max_leap=1)(bare, SUM) == 0
    assert Reward("tidy", max_leap=1)(PROOF, SUM) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "columns",
    [
        {"givens": "a = 3"},
        {"givens": ["a = 3"], "query": {"value": "a", "truth": "a = 3"}},
        {"modulus": 1},
        {"givens": ["p", "~p"], "query": {"truth": "q"}},  # contradictory: nothing can be judged by it
    ],
)
def test_what_could_not_be_checked_is_none(kind, columns):
    assert Reward(kind)("q ; answer true", columns) is None


def test_where_nothing_could_be_proved_only_what_is_refuted_is_zero():
    unread = {"givens": ["a = 3", "b is a bit more"], "query": {"value": "a"}}
    for kind in ("proof", "tidy"):
        assert Reward(kind)("a = 3 ; answer 3", unread) is None
        assert Reward(kind)("a = 4 ; answer 4", unread) == 0
        assert Reward(kind)("b = 4 ; answer 3", unread) is None  # what was not understood may say so
        assert Reward(kind)("a = 3 ; answer 3", {"givens": ["a = 3"]}) is None  # nothing is asked
        assert Reward(kind)("a = 3 ; answer 3", {}) is None
        assert Reward(kind)("1 + 1 = 3 ; answer 3", {}) == 0
    assert Reward("steps")("b = 4 ; a = 3", unread) == 1
    assert Reward("steps")("a = 3 ; answer 3", {}) is None  # nothing supports it, and nothing could
    assert Reward("steps")("a = 3 ; 1 + 1 = 2 ; 1 + 1 = 3", {}) == 0.5
    assert Reward("outcome")("a = 3 ; answer 3", {}) is None


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("1000", "1,000", 1), ("$4", "4", 1), ("4.", "4", 1), (r"\boxed{4}", "4", 1), ("0.5", "1/2", 1),
        ("4.0", "4", 1), ("50%", "0.5", 0), ("50%", "50%", 1), ("$4", "€4", 0), ("1.000", "1,000", 0), ("5", "4", 0),
    ],
)  # fmt: skip
def test_an_answer_is_worth_what_its_value_is(answer, reference, score):
    assert Reward("outcome")(f"answer {answer}", {"answer": reference}) == score


def test_an_unknown_verdict_is_none_and_not_zero():
    hard = {"givens": ["9 ^ 9999 = x"], "query": {"value": "x"}}
    assert [Reward(kind)("x = 1 ; answer 1", hard) for kind in ("outcome", "steps", "proof")] == [None] * 3
    assert Reward("outcome")("answer 3", {}) is None  # nothing to compare it with


def test_a_fault_of_ours_is_none_and_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(rewards, "verify_chain", lambda chain, limits: 1 / 0)
    assert Reward()(PROOF, SUM) is None
    assert "ZeroDivisionError" in caplog.text


def test_a_completion_of_the_wrong_form_is_worth_nothing():
    long = "a = 3 ; " * 10_001  # more steps than a record may have
    assert Reward("steps")(long, SUM) == 0.0


def test_unknown_kinds_and_bounds_are_refused():
    for options in ({"kind": "kind"}, {"max_leap": -1}):
        with pytest.raises(BadInput):
            Reward(**options)


def test_needless_steps_are_those_that_the_answer_does_not_rest_on():
    def found(text):
        chain = read_completion(text, {**SUM, "givens": [*SUM["givens"], "d = a"]})
        return needless(chain, verify_chain(chain))

    assert found(PROOF) == ()
    assert found("d = 3 ; b = a + a = 6 ; c = b + a = 9 ; answer 9") == (0,)
    assert found("c needs a and b ; b needs a ; b = a + a = 6 ; c = b + a = 9 ; answer 9") == ()
    assert found("d needs a ; b needs a ; b needs a ; b = a + a = 6 ; c = b + a = 9 ; answer 9") == (0, 2)


MESSAGES = [
    (PROOF, PROOF),
    ([{"role": "assistant", "content": PROOF}], PROOF),
    ([{"role": "assistant", "content": "no"}, {"role": "user", "content": "?"}, {"content": "yes"}], "yes"),
    ([{"role": "assistant", "content": [{"type": "text", "text": "a = "}, {"type": "text", "text": "3"}]}], "a = 3"),
    ([types.SimpleNamespace(role="assistant", content="x")], "x"),
    ([{"role": "assistant", "content": None, "tool_calls": []}], ""),
    ([], ""),
    (None, ""),
    ({"content": "x"}, "x"),
]


@pytest.mark.parametrize(("completion", "text"), MESSAGES)
def test_the_last_message_counts(completion, text):
    assert text_of(completion) == text


def test_columns_that_a_data_set_filled_up_are_cleaned():
    columns = {**SUM, "query": {"value": "c", "truth": None}, "surface": None, "nouns": None, "note": object()}
    assert Reward("proof")(PROOF, columns) == 1
    assert Reward("outcome")(PROOF, {"answer": "9"}) == 1  # as most data sets call the reference
    assert Reward("outcome")(PROOF, {"answer": "8"}) == 0


def test_a_reader_of_prose():
    reward = Reward("outcome", read=read_gsm8k)
    problem = {"question": "How many clips?", "answer": "She sold 48/2 = <<48/2=24>>24.\n#### 1,072"}
    assert reward("24 + 48 = <<24+48=72>>72\n#### $1072", problem) == 1
    assert reward("#### 71", problem) == 0
    assert reward("seventy-two", problem) == 0
    assert reward("#### 72", {"question": "?"}) is None
    assert Reward("steps", read=read_gsm8k)("<<1+1=2>>2 and <<2+2=5>>5\n#### 5", problem) == 0.5


# TRL: GRPOTrainer calls the function with every column of the data set, repeated for each completion, and with more.


def trl_call(function, completions):
    count = len(completions)
    return function(
        prompts=["?"] * count, completions=completions, completion_ids=[[1, 2]] * count,
        **{name: [value] * count for name, value in SUM.items()},
        trainer_state=types.SimpleNamespace(global_step=3), log_extra=print, log_metric=print,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrap", [str, lambda text: [{"role": "assistant", "content": text}]])
def test_trl(kind, wrap):
    function = trl_reward(Reward(kind))
    scores = trl_call(function, [wrap(completion) for completion in COMPLETIONS])
    assert scores == [worth[KINDS.index(kind)] for worth in COMPLETIONS.values()]
    assert function.__name__ == f"reasonlab_{kind}"
    assert not asyncio.iscoroutinefunction(function)
    assert trl_call(function, []) == []


def test_trl_scores_each_completion_by_its_own_row():
    columns = {"givens": [["a = 3"], "broken", ["a = 4"]], "query": [{"value": "a"}] * 3}
    function = trl_reward(Reward("proof"))
    assert function(prompts=["?"] * 3, completions=["answer 3"] * 3, **columns) == [1.0, None, 0.0]


# reasoning-gym: score_answer(answer, entry), where an entry is {"question", "answer", "metadata"}.


def test_reasoning_gym():
    score = gym_score_answer(Reward("proof"))
    assert score(PROOF, {"question": "?", "answer": "9", "metadata": SUM}) == 1
    assert score(None, {"question": "?", "answer": "9", "metadata": SUM}) == 0
    assert score("", {"question": "?", "answer": "9", "metadata": SUM}) == 0
    outcome = gym_score_answer(Reward("outcome"))
    assert outcome("4 + 3 = 7 ; answer 7", {"question": "4 + 3 =", "answer": "7", "metadata": {"difficulty": 1}}) == 1
    assert outcome("answer 8", {"question": "4 + 3 =", "answer": "7", "metadata": None}) == 0
    assert [outcome(text, {"question": "4 + 3 =", "answer": "7"}) for text in ("7", " 7.0\n", "8", "?")] == [1, 1, 0, 0]


# verifiers: a rubric calls its functions with those of its arguments that they name, or with all where they take any.


def rubric_call(function, **row):
    state = {"prompt": "?", "trajectory": []}
    return asyncio.run(function(prompt=[], task="sums", state=state, parser=object(), **row))


def test_verifiers():
    function = rubric_function(Reward("proof"))
    completion = [{"role": "assistant", "content": PROOF}]
    assert rubric_call(function, completion=completion, answer="9", info=SUM) == 1
    assert rubric_call(function, completion=[], answer="9", info=SUM) == 0
    assert rubric_call(function, completion=completion, answer="", info={"givens": 3}) is None
    assert asyncio.iscoroutinefunction(function)
    assert function.__name__ == "reasonlab_proof"


# Inspect: an async scorer of a state and a target.


@dataclass
class Score:
    value: float
    answer: str | None = None
    reason: str | None = None

    @classmethod
    def unscored(cls, *, reason=None, answer=None):
        return cls(math.nan, answer, reason)


@dataclass
class State:
    output: Any
    metadata: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def inspect_ai(monkeypatch):
    package, scorer = types.ModuleType("inspect_ai"), types.ModuleType("inspect_ai.scorer")
    package.scorer, scorer.Score = scorer, Score
    monkeypatch.setitem(sys.modules, "inspect_ai", package)
    monkeypatch.setitem(sys.modules, "inspect_ai.scorer", scorer)


def inspect_call(score, completion, metadata, target="9"):
    state = State(types.SimpleNamespace(completion=completion), metadata)
    return asyncio.run(score(state, types.SimpleNamespace(text=target)))


def test_inspect(inspect_ai):
    score = inspect_score(Reward("proof"))
    assert inspect_call(score, PROOF, SUM) == Score(1.0, PROOF)
    assert inspect_call(score, "answer 8", SUM).value == 0
    unscored = inspect_call(score, PROOF, {"givens": 3})
    assert math.isnan(unscored.value)
    assert unscored.reason == "not_checked"
    assert inspect_call(inspect_score(Reward("outcome")), "answer 9", {}).value == 1
    assert math.isnan(inspect_call(inspect_score(Reward("outcome")), "answer 9", None, target="").value)


def test_inspect_without_anyio_uses_asyncio(inspect_ai, monkeypatch):
    monkeypatch.setitem(sys.modules, "anyio", None)
    monkeypatch.setitem(sys.modules, "anyio.to_thread", None)
    assert inspect_call(inspect_score(Reward("proof")), PROOF, SUM).value == 1


# From threads and coroutines.

MANY = [
    ("q | r ; q ; answer true", LOGIC),
    ("q | r ; r ; answer true", LOGIC),
    ("x < 3 ; x = 1", {"givens": ["x + y + z = 3", "x * y = 2", "z > 0"]}),
    (PROOF, SUM),
] * 12


def test_threads_get_the_same_scores():
    reward = Reward("steps")
    alone = [reward(completion, columns) for completion, columns in MANY]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda item: reward(*item), MANY))
    assert together == alone


def test_coroutines_get_the_same_scores_and_the_loop_goes_on():
    function, reward = rubric_function(Reward("steps")), Reward("steps")
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    async def run():
        heart = asyncio.create_task(beat())
        found = await asyncio.gather(*(function(completion=text, info=columns) for text, columns in MANY))
        heart.cancel()
        return found

    assert asyncio.run(run()) == [reward(text, columns) for text, columns in MANY]
    assert beats > len(MANY)
