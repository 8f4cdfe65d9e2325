"""The outcome is a total function of what was found, and its table says what DESIGN says."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from reasonlab.verifiers.outcomes import OUTCOMES, PRECEDENCE, Facts, outcome
from reasonlab.verifiers.verdicts import ANSWER_STATUSES, STATUSES


def every():
    sets = [frozenset(some) for size in range(len(STATUSES) + 1) for some in combinations(STATUSES, size)]
    flags = (True, False)
    for steps, answer, leap, agrees in product(sets, ANSWER_STATUSES, (None, 0, 1), (None, *flags)):
        for complete, contradiction in product(flags, flags):
            yield Facts(steps, answer, leap, agrees, complete, contradiction)


def decide(facts: Facts) -> str:
    return outcome(
        facts.steps,
        facts.answer,
        answer_leap=facts.answer_leap,
        agrees=facts.agrees,
        complete=facts.complete,
        contradiction=facts.contradiction,
    )


def test_total_and_every_row_is_used():
    used = set()
    for facts in every():
        assert decide(facts) in OUTCOMES
        used.add(next(i for i, (applies, _) in enumerate(PRECEDENCE) if applies(facts)))
    assert used == set(range(len(PRECEDENCE)))


def test_laws():
    for facts in every():
        token = decide(facts)
        if token == "proved":
            assert facts.steps <= {"entailed", "no_claim"}
            assert (facts.answer, facts.answer_leap) == ("entailed", 0)
            assert facts.complete
            assert not facts.contradiction
        if token == "consistent":
            assert facts.steps <= {"entailed", "no_claim"}
            assert facts.answer in ("entailed", "agrees", "unchecked", "absent")
        if token == "flawed":
            assert facts.answer in ("entailed", "agrees", "unsupported")
            assert facts.answer != "unsupported" or facts.agrees
        if not facts.contradiction and facts.steps & {"refuted", "unsupported"}:
            assert token in ("flawed", "wrong")
        if token == "unknown":
            assert facts.contradiction or "unknown" in (*facts.steps, facts.answer)


@pytest.mark.parametrize(
    ("steps", "answer", "more", "token"),
    [
        ({"entailed"}, "entailed", {"answer_leap": 0}, "proved"),
        ({"entailed", "no_claim"}, "entailed", {"answer_leap": 0}, "proved"),
        (set(), "entailed", {"answer_leap": 0}, "proved"),  # a given states it
        (set(), "entailed", {"answer_leap": 3}, "flawed"),  # right, but no reasoning
        (set(), "entailed", {"answer_leap": None}, "flawed"),  # rightly "unknown", and no reasoning
        ({"no_claim"}, "entailed", {"answer_leap": None}, "flawed"),
        ({"entailed"}, "entailed", {"answer_leap": None}, "consistent"),  # no step can state that nothing follows
        ({"entailed"}, "entailed", {"answer_leap": 0, "complete": False}, "consistent"),
        ({"entailed", "refuted"}, "entailed", {"answer_leap": 0}, "flawed"),
        ({"entailed", "unsupported"}, "refuted", {}, "wrong"),
        ({"unknown", "refuted"}, "unknown", {}, "wrong"),
        ({"unknown", "entailed"}, "entailed", {"answer_leap": 0}, "unknown"),
        ({"unparsed", "entailed"}, "entailed", {"answer_leap": 0}, "unparsed"),
        ({"unparsed"}, "refuted", {}, "wrong"),
        ({"entailed"}, "unsupported", {"agrees": True}, "flawed"),
        ({"entailed"}, "unsupported", {}, "wrong"),
        ({"entailed"}, "absent", {}, "consistent"),
        (set(), "absent", {}, "unparsed"),
        ({"entailed"}, "agrees", {}, "consistent"),
        ({"entailed"}, "unchecked", {}, "consistent"),
        ({"entailed"}, "differs", {}, "wrong"),
        ({"refuted"}, "agrees", {}, "flawed"),
        ({"refuted"}, "unchecked", {}, "wrong"),
        ({"no_claim"}, "agrees", {}, "unparsed"),
        ({"entailed"}, "unknown", {"contradiction": True}, "unknown"),
    ],
)
def test_published_cases(steps, answer, more, token):
    assert outcome(steps, answer, **more) == token
