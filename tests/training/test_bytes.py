"""A model that reads and writes bytes: its texts are the words' texts, its chains are judged, probes refuse it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from reasonlab import evaluate
from reasonlab.language.errors import BadInput
from reasonlab.probes.roles import layout
from reasonlab.recipes import MODEL, Recipe, make_corpus, make_model
from reasonlab.tasks import parse_difficulty, problems
from reasonlab.training.loop import TrainConfig, train

SHAPE = {**MODEL, "d_model": 32, "n_layers": 1, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_mlp": 48}
RECIPE = Recipe(
    problems=200, tokenizer="bytes", model={**SHAPE, "max_positions": 512}, difficulty="variables=2-3",
    train=TrainConfig(steps=30, batch_size=8, warmup=4, log_every=5),
)  # fmt: skip
DIFFICULTY = parse_difficulty("arithmetic", RECIPE.difficulty)


def test_the_corpus_holds_the_same_texts_byte_by_byte():
    model, tokenizer = make_model(RECIPE)
    corpus = make_corpus(RECIPE, tokenizer)
    words = make_corpus(replace(RECIPE, tokenizer="words"), make_model(replace(RECIPE, tokenizer="words"))[1])
    assert model.config.vocab_size == 260
    for i, problem in enumerate(problems("arithmetic", DIFFICULTY, "train", 0, 20)):
        whole = corpus.sequence(i).tolist()
        assert (whole[0], whole[-1]) == (tokenizer.bos_id, tokenizer.eos_id)
        assert tokenizer.decode(whole) == f"{problem.prompt} {problem.gold_text('plan')}"
        assert tokenizer.decode(whole[: corpus.prompts[i]]) == problem.prompt
    assert np.array_equal(corpus.sizes, words.sizes)
    assert corpus.lengths.mean() > 2 * words.lengths.mean()


def test_it_learns_writes_and_is_judged():
    model, tokenizer = make_model(RECIPE)
    losses = []
    train(
        model, make_corpus(RECIPE, tokenizer), RECIPE.train, pad_id=tokenizer.pad_id, device=torch.device("cpu"),
        log=lambda row: losses.append(row["loss"]),
    )  # fmt: skip
    assert losses[-1] < 0.8 * losses[0]
    asked = list(problems("arithmetic", DIFFICULTY, "test", 0, 3))
    written = evaluate.write_chains(model, tokenizer, asked, max_new_tokens=60)
    judged = [evaluate.judge(problem, text, ended) for problem, (text, ended) in zip(asked, written)]
    assert len(judged) == 3
    for problem in asked:  # what a perfect model of bytes would write: a space, and the gold chain
        assert evaluate.judge(problem, f" {problem.gold_text('plan')}").report.outcome == "proved"


def test_what_bytes_cannot_do_is_one_line():
    _, tokenizer = make_model(RECIPE)
    problem = next(iter(problems("arithmetic", DIFFICULTY, "train", 0, 1)))
    with pytest.raises(BadInput, match="a model that reads bytes; expected one whose values are single tokens"):
        layout(problem, problem.gold_text("plan"), tokenizer)
    with pytest.raises(BadInput, match=r"a text of \d+ bytes among the problems; expected at most max_positions = 64"):
        make_corpus(replace(RECIPE, model={**SHAPE, "max_positions": 64}), tokenizer)
    with pytest.raises(BadInput, match="there is no tokenizer 'bpe'; expected words or bytes"):
        make_corpus(replace(RECIPE, tokenizer="bpe"), tokenizer)


def test_a_prompt_longer_than_the_model_is_one_line():
    model, tokenizer = make_model(replace(RECIPE, model={**SHAPE, "max_positions": 16}))
    asked = list(problems("arithmetic", DIFFICULTY, "test", 0, 1))
    with pytest.raises(BadInput, match=r"a prompt of \d+ tokens; expected fewer than the model's 16 positions"):
        evaluate.write_chains(model, tokenizer, asked)
