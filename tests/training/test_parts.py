"""Training on problems of several families at once: one vocabulary, equal shares, a curriculum in which all grow."""

from __future__ import annotations

import json

import numpy as np
import pytest

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.recipes import Recipe, check_recipe, make_corpus, make_model, part_from_text, recipe_from_json
from reasonlab.tasks import family, make, parse_difficulty

SHAPE = {"d_model": 32, "n_layers": 1, "n_heads": 1, "n_kv_heads": 1, "d_head": 32, "d_mlp": 32, "max_positions": 512}
ARITHMETIC = {"family": "arithmetic", "difficulty": "variables=3-6", "form": "needs"}
DEDUCTION = {"family": "deduction", "difficulty": "", "form": "needs"}
BOTH = Recipe(**ARITHMETIC, also=[DEDUCTION], problems=301, model=SHAPE)


@pytest.mark.parametrize("name", ["arithmetic", "deduction"])
def test_the_joint_words_cut_texts_as_the_family_s_own_do(name):
    _, tokenizer = make_model(BOTH)
    alone = family(name)
    _, own = make_model(Recipe(family=name, model=SHAPE))
    for form in alone.forms:
        for index in range(100):
            problem = make(name, parse_difficulty(name, ""), "train", 0, index)
            text = f"{problem.prompt} {problem.gold_text(form)}"
            ids = tokenizer.encode(text)
            assert [tokenizer.vocabulary[i] for i in ids] == [own.vocabulary[i] for i in own.encode(text)]
            assert tokenizer.decode(ids) == text
            assert tokenizer.hf.encode(text).ids == ids


def test_every_part_has_its_share_and_grows_in_the_curriculum():
    _, tokenizer = make_model(BOTH)
    joined = make_corpus(BOTH, tokenizer)
    halves = [
        make_corpus(Recipe(**part, problems=count, model=SHAPE), tokenizer)
        for part, count in ((ARITHMETIC, 150), (DEDUCTION, 151))
    ]
    assert len(joined) == 301
    for i in (0, 149, 150, 300):
        half, at = (halves[0], i) if i < 150 else (halves[1], i - 150)
        assert joined.sequence(i).tolist() == half.sequence(at).tolist()
        assert joined.prompts[i] == half.prompts[at]
    for half, sizes in zip(halves, (joined.sizes[:150], joined.sizes[150:])):
        assert sizes.max() == 100
        # The same order, and the same steps between: who was smaller is smaller, who was equal is equal.
        assert np.array_equal(np.unique(half.sizes, return_inverse=True)[1], np.unique(sizes, return_inverse=True)[1])


def test_a_recipe_of_parts_comes_back_from_json():
    from dataclasses import asdict

    assert recipe_from_json(json.loads(json.dumps(asdict(BOTH)))) == BOTH
    assert BOTH.part("deduction").form == "needs"
    assert BOTH.part(None).family == "arithmetic"
    with pytest.raises(BadInput, match="was not trained on 'sums'; expected one of arithmetic, deduction"):
        BOTH.part("sums")
    for also in ([{"family": "deduction"}], [{**DEDUCTION, "form": 3}], ["deduction"]):
        with pytest.raises(BadInput, match="is no recipe"):
            recipe_from_json({**asdict(BOTH), "also": also})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sums", "there is no family 'sums'"),
        ("deduction:poem", "deduction has no form 'poem'"),
        ("deduction:plan:legs=3", "deduction has no setting 'legs'"),
    ],
)
def test_a_bad_part_is_one_line(text, says):
    with pytest.raises(BadInput, match=says):
        part_from_text(text)


def test_a_family_twice_and_more_families_than_problems_are_refused():
    with pytest.raises(BadInput, match="each family once"):
        check_recipe(Recipe(also=[ARITHMETIC]))
    with pytest.raises(BadInput, match="1 problems of 2 families"):
        check_recipe(Recipe(also=[DEDUCTION], problems=1))


def test_train_evaluate_and_sample_know_the_parts(tmp_path, capsys):
    def run(*words):
        code = main([*words, "--root", str(tmp_path), "--device", "cpu", "--json"])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return json.loads(printed.out)

    made = run(
        "train", "--also", "deduction:needs:hops=1-2", "--form", "needs", "--difficulty", "variables=3-4",
        "--steps", "2", "--problems", "64", "--layers", "1", "--width", "32", "--mlp", "32", "--evaluate-problems", "4",
        "--evaluate-every", "0", "--precision", "fp32",
    )  # fmt: skip
    assert "arithmetic-deduction" in made["run"]
    assert {"proved", "proved_arithmetic", "proved_deduction"} <= set(made)
    scores = run("evaluate", made["path"], "--problems", "3", "--larger", "2")
    assert list(scores) == ["held-out", "larger", "deduction-held-out", "deduction-larger"]
    assert [entry["asked"]["family"] for entry in scores.values()] == ["arithmetic"] * 2 + ["deduction"] * 2
    assert scores["deduction-larger"]["asked"]["difficulty"]["hops"] == [3, 5]
    only = run("evaluate", made["path"], "--problems", "3", "--family", "deduction", "--difficulty", "hops=1")
    assert list(only) == ["deduction-held-out"]
    sampled = run("sample", made["path"], "--family", "deduction", "--count", "2")
    assert [row["family"] for row in sampled] == ["deduction"] * 2
    assert main(["evaluate", made["path"], "--difficulty", "hops=1"]) == 2
    assert "say which with --family" in capsys.readouterr().err
