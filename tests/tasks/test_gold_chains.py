"""Law 3: every gold chain of every family is proved, and no mutant with a claim that does not follow is."""

from __future__ import annotations

from collections import Counter

import pytest

from reasonlab.tasks import FAMILIES, family, parse_difficulty, problems
from reasonlab.tasks.mutations import KINDS, mutate
from reasonlab.tasks.streams import Stream
from reasonlab.verifiers import verify_chain

CASES = [(name, form) for name in FAMILIES for form in FAMILIES[name].forms]
HARD = {"arithmetic": "modulus=23,variables=9-14", "deduction": "hops=6-10,conjunctions=0.4,distractors=4-8"}


def check_gold(name: str, form: str, difficulty: object, count: int) -> None:
    for problem in problems(name, difficulty, "test", 1, count):
        report = verify_chain(problem.chain(problem.gold_text(form)))
        assert report.outcome == "proved", problem.prompt
        assert all(verdict.leap <= 1 for verdict in report.verdicts), problem.prompt


def check_mutants(name: str, form: str, difficulty: object, count: int) -> None:
    made: Counter[str] = Counter()
    for problem in problems(name, difficulty, "test", 1, count):
        kind = KINDS[name][problem.index % len(KINDS[name])]
        mutant = mutate(problem, form, Stream("law", problem.id, form), kind)
        if mutant.harmful:
            made[kind] += 1
            assert verify_chain(mutant.chain).outcome != "proved", mutant
    assert set(made) == set(KINDS[name])


@pytest.mark.parametrize(("name", "form"), CASES)
def test_gold_chains_are_proved(name, form):
    check_gold(name, form, family(name).difficulty(), 120)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_hard_gold_chains_are_proved(name, form):
    check_gold(name, form, parse_difficulty(name, HARD[name]), 20)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_harmful_mutants_are_not_proved(name, form):
    check_mutants(name, form, family(name).difficulty(), 120)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), CASES)
def test_ten_thousand_gold_chains_are_proved(name, form):
    check_gold(name, form, family(name).difficulty(), 10_000)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), CASES)
def test_ten_thousand_mutants_are_not_proved(name, form):
    check_mutants(name, form, family(name).difficulty(), 10_000)
