"""Problems as pure functions of their names: goldens, streams, splits, difficulties, gold chains as text."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from itertools import product
from pathlib import Path

import pytest

from reasonlab.language.chains import read_steps, render_steps
from reasonlab.language.errors import BadInput
from reasonlab.language.records import chain_from_record
from reasonlab.tasks import FAMILIES, arithmetic, deduction, describe, family, make, parse_difficulty, problems
from reasonlab.tasks.problems import SPLITS, difficulty_from_json, difficulty_to_json
from reasonlab.tasks.streams import Stream, digest

GOLDEN = Path(__file__).with_name("golden_problems.json")
CASES = [(name, form) for name in FAMILIES for form in FAMILIES[name].forms]
HARD = {"arithmetic": "modulus=23,variables=7-9,depth=3-6", "deduction": "hops=6-8,conjunctions=0.4,distractors=3-6"}


def goldens() -> list[dict]:
    """A few problems of each family, split and difficulty, as they are sampled now."""
    found = []
    for name, text, split in product(FAMILIES, ("", "hard"), SPLITS):
        difficulty = parse_difficulty(name, HARD[name] if text else "")
        for problem in problems(name, difficulty, split, 7, 2, start=40):
            found.append(
                {
                    "family": name,
                    "difficulty": describe(difficulty),
                    "split": split,
                    "seed": 7,
                    "index": problem.index,
                    "id": problem.id,
                    "fingerprint": problem.fingerprint,
                    "prompt": problem.prompt,
                    "answer": problem.answer,
                    **{form: problem.gold_text(form) for form in family(name).forms},
                }
            )
    return found


def test_goldens():
    """The same name, the same problem, on every machine. After a wanted change: python tests/tasks/test_problems.py."""
    assert goldens() == json.loads(GOLDEN.read_text())


@pytest.mark.parametrize("name", FAMILIES)
def test_item_does_not_depend_on_what_was_drawn_before(name):
    difficulty = family(name).difficulty()
    forwards = [p.prompt for p in problems(name, difficulty, "train", 3, 20)]
    backwards = [make(name, difficulty, "train", 3, index).prompt for index in reversed(range(20))]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize("name", FAMILIES)
def test_seeds_share_no_stream(name):
    difficulty = family(name).difficulty()
    prompts = Counter(p.prompt for seed in range(5) for p in problems(name, difficulty, "train", seed, 500))
    # Seeding with seed + i would share 1996 of the 2500; three leaves room for chance among small problems.
    assert prompts.total() - len(prompts) <= 3


def test_streams_of_different_names_differ():
    assert digest("ab", "c") != digest("a", "bc")
    first, again, other = Stream("x", 1), Stream("x", 1), Stream("x", 2)
    drawn = [first.below(1000) for _ in range(50)]
    assert drawn == [again.below(1000) for _ in range(50)]
    assert drawn != [other.below(1000) for _ in range(50)]


def test_streams_stay_within_bounds_and_reach_them():
    stream = Stream("bounds")
    assert {stream.between((3, 6)) for _ in range(200)} == {3, 4, 5, 6}
    assert {stream.below(3) for _ in range(200)} == {0, 1, 2}
    for n in range(6):
        drawn = stream.sample("abcde", n)
        assert len(set(drawn)) == len(drawn) == n
    items = list(range(20))
    stream.shuffle(items)
    assert sorted(items) == list(range(20))
    assert items != list(range(20))


@pytest.mark.parametrize("name", FAMILIES)
def test_splits_are_disjoint(name):
    # Small problems, so that the splits would meet if they could.
    small = {"arithmetic": "modulus=5,variables=2-3", "deduction": "hops=1,distractors=0"}[name]
    found = {
        split: {p.fingerprint for p in problems(name, parse_difficulty(name, small), split, 0, 400)} for split in SPLITS
    }
    assert not found["train"] & found["test"]
    assert not found["train"] & found["validation"]
    assert not found["validation"] & found["test"]
    assert sum(high - low for low, high in SPLITS.values()) == 100


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in FAMILIES for text in ("", HARD[name])])
def test_gold_chains_read_back_and_answer_as_the_scm_does(name, text):
    difficulty = parse_difficulty(name, text)
    words = set(family(name).vocabulary(difficulty))
    tokens = re.compile(family(name).pattern)
    for problem in problems(name, difficulty, "test", 2, 150):
        assert set(tokens.findall(problem.prompt)) <= words
        if name == "arithmetic":
            expected = str(problem.scm().evaluate()[problem.instance.asked])
        else:
            asked = problem.instance.asked
            expected = str(problem.scm().evaluate()[deduction.name_of(asked)] == deduction.truth(asked)).lower()
        for form in family(name).forms:
            gold = problem.gold_text(form)
            assert set(tokens.findall(gold)) <= words
            chain = problem.chain(gold)
            assert [step.reason for step in (*chain.givens, *chain.steps) if step.claim is None] == []
            assert chain.answer.text == chain.reference == problem.answer == expected
            assert all(gold[slice(*step.span)] == step.text for step in chain.steps)
            surface = problem.instance.surface
            written = render_steps([step.claim for step in chain.steps], problem.answer, surface)
            assert written == gold
            assert len({step.text for step in chain.steps}) == len(chain.steps)  # nothing is said twice


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in FAMILIES for text in ("", HARD[name])])
def test_vocabulary_has_no_word_twice_and_each_is_one_token(name, text):
    words = family(name).vocabulary(parse_difficulty(name, text))
    assert len(set(words)) == len(words)
    assert all(re.findall(family(name).pattern, word) == [word] for word in words)


EXTREME = {
    "arithmetic": ("modulus=2,variables=2-26", "modulus=997,variables=20-26"),
    "deduction": ("hops=1,distractors=0", "hops=9-12,conjunctions=0.5,distractors=12"),
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name in FAMILIES for text in ("", HARD[name], *EXTREME[name])]
)
def test_every_token_of_every_text_is_in_the_vocabulary(name, text):
    difficulty = parse_difficulty(name, text)
    words = set(family(name).vocabulary(difficulty))
    for split in SPLITS:
        if (name, text, split) == ("arithmetic", EXTREME["arithmetic"][0], "validation"):
            continue  # mod 2 there are few problems
        for problem in problems(name, difficulty, split, 3, 60):
            for written in (problem.prompt, *map(problem.gold_text, family(name).forms)):
                tokens = re.findall(family(name).pattern, written)
                assert " ".join(tokens) == written  # nothing is left out
                assert set(tokens) <= words, (written, set(tokens) - words)


def test_a_value_in_brackets_is_one_token():
    text = "d = a * b ; a = 3 ; d = a [3] * b [16] = 48 ; answer 48"
    assert "|".join(re.findall(family("arithmetic").pattern, text)) == (
        "d =|a|*|b|;|a =|3|;|d =|a|[3]|*|b|[16]|=|48|;|answer|48"
    )


def test_a_kind_and_its_article_are_one_token():
    text = (
        "every dax that is not a fep is shiny . every fep that is dull is a dax . every fep is red . ada is a dax . "
        "ada is not a fep needs ada is a dax . answer true"
    )
    assert "|".join(re.findall(family("deduction").pattern, text)) == (
        "every dax that is not|a fep|is|shiny|.|every fep that is|dull|is|a dax|.|every fep|is|red|.|ada|is|a dax|.|"
        "ada|is|not|a fep|needs|ada|is|a dax|.|answer|true"
    )


def test_a_name_and_its_equals_sign_are_one_token_where_a_statement_begins():
    text = "mod 10 ; d = a * b ; a = 3 ; d ? d = a * b = 3 * 6 = 8 ; a = 3 ; answer 8"
    assert "|".join(re.findall(family("arithmetic").pattern, text)) == (
        "mod|10|;|d =|a|*|b|;|a =|3|;|d|?|d =|a|*|b|=|3|*|6|=|8|;|a =|3|;|answer|8"
    )


@pytest.mark.parametrize(("name", "form"), CASES)
def test_record_reads_back_as_the_same_chain(name, form):
    for problem in problems(name, family(name).difficulty(), "validation", 0, 30):
        gold = problem.gold_text(form)
        record = json.loads(json.dumps(problem.record(gold)))
        assert chain_from_record(record) == problem.chain(gold)
        assert read_steps(record["text"], problem.instance.surface)[1].text == problem.answer


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("arithmetic", ""),
        ("arithmetic", "modulus=23"),
        ("arithmetic", "variables=4-7,distractors=0.25,depth=2-3"),
        ("arithmetic", " variables = 5 , depth = none "),
        ("deduction", ""),
        ("deduction", "hops=2-4,conjunctions=0.0,distractors=1"),
    ],
)
def test_difficulties_round_trip(name, text):
    difficulty = parse_difficulty(name, text)
    assert parse_difficulty(name, describe(difficulty)) == difficulty
    assert difficulty_from_json(name, json.loads(json.dumps(difficulty_to_json(difficulty)))) == difficulty


def test_parsed_difficulty_has_what_was_asked_and_the_defaults():
    parsed = parse_difficulty("arithmetic", "variables=5,modulus=23")
    assert asdict(parsed) == asdict(arithmetic.Difficulty()) | {"variables": (5, 5), "modulus": 23}


BAD = {
    "unknown family": lambda: make("poetry", arithmetic.Difficulty(), "test", 0, 0),
    "unknown split": lambda: make("arithmetic", arithmetic.Difficulty(), "dev", 0, 0),
    "another family's difficulty": lambda: make("arithmetic", deduction.Difficulty(), "test", 0, 0),
    "unknown form": lambda: make("arithmetic", arithmetic.Difficulty(), "test", 0, 0).gold_text("haiku"),
    "unknown setting": lambda: parse_difficulty("arithmetic", "hops=3"),
    "no value": lambda: parse_difficulty("arithmetic", "variables"),
    "no integer": lambda: parse_difficulty("arithmetic", "modulus=ten"),
    "no number": lambda: parse_difficulty("arithmetic", "distractors=many"),
    "a range upside down": lambda: parse_difficulty("arithmetic", "variables=6-3"),
    "a negative range": lambda: parse_difficulty("arithmetic", "variables=-3"),
    "out of range": lambda: parse_difficulty("deduction", "hops=1-99"),
    "not a number at all": lambda: parse_difficulty("deduction", "conjunctions=nan"),
    "too few problems for the split": lambda: [
        make("arithmetic", parse_difficulty("arithmetic", "variables=2,modulus=2,distractors=0"), "validation", 0, 0)
    ],
    "unknown setting in JSON": lambda: difficulty_from_json("arithmetic", {"hops": [1, 2]}),
    "wrong type in JSON": lambda: difficulty_from_json("arithmetic", {"variables": "many"}),
    "wrong types inside JSON": lambda: difficulty_from_json("arithmetic", {"variables": ["a", "b"]}),
    "null in JSON": lambda: difficulty_from_json("deduction", {"hops": None}),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case):
    with pytest.raises(BadInput) as caught:
        BAD[case]()
    assert "\n" not in str(caught.value)
    assert str(caught.value).count(";") >= 2  # what, expected, remedy


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(goldens(), indent=1) + "\n")
