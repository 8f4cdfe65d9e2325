"""Training of the byte-latent transformer: it learns, its patches get their size, padding is no part of a loss."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from reasonlab.models import HookedModel
from reasonlab.recipes import Recipe, make_corpus, make_model
from reasonlab.training.batches import Batch, collate
from reasonlab.training.corpus import Corpus
from reasonlab.training.loop import TrainConfig, chain_loss, train
from reasonlab.training.optimizer import split_parameters

RECIPE = Recipe(
    problems=200, architecture="byte_latent", tokenizer="bytes", difficulty="variables=2-3",
    model={"d_model": 32, "n_layers": 3, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_mlp": 48, "window": 16,
           "d_patch": 48, "n_patch_layers": 1, "d_patch_mlp": 48, "d_entropy": 16, "patch_size": 5.0,
           "max_positions": 512},
)  # fmt: skip
CONFIG = TrainConfig(steps=60, batch_size=8, warmup=4, log_every=10, checkpoint_every=16)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus(RECIPE, make_model(RECIPE)[1])


def fit(corpus: Corpus, folder: Path | None = None, watch=None) -> tuple[HookedModel, list[dict[str, Any]]]:
    model, tokenizer = make_model(RECIPE)
    rows: list[dict[str, Any]] = []
    train(model, corpus, CONFIG, pad_id=tokenizer.pad_id, device=torch.device("cpu"), checkpoints=folder,
          log=rows.append, watch=watch)  # fmt: skip
    return model, rows


def entropy_loss(model: HookedModel, batch: Batch) -> float:
    with torch.no_grad():
        return model.further_loss(batch.tokens, torch.zeros(()), batch.chain).item()


def test_it_learns_with_patches_of_the_size_asked_for_and_a_killed_run_resumes(
    corpus: Corpus, tmp_path: Path, killed_at
) -> None:
    whole, rows = fit(corpus)
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
    assert 4 < rows[-1]["patch_size"] < 6
    batch = collate(corpus, torch.arange(8).numpy(), 0)
    assert entropy_loss(whole, batch) < 0.8 * math.log(260)

    with killed_at(30) as kill:
        fit(corpus, tmp_path, watch=kill)
    resumed, _ = fit(corpus, tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values()))


@torch.no_grad()
def test_a_loss_is_that_of_each_text_alone(corpus: Corpus) -> None:
    """Bits a byte: documents do not see each other, and padding is no byte."""
    model, _ = make_model(RECIPE)
    rows = corpus.lengths.argsort()[[0, 50, 120, -1]]
    together = collate(corpus, rows, 0)
    assert together.padding > 0.05
    texts = [collate(corpus, rows[i : i + 1], 0) for i in range(4)]
    entropy_loss(model, together)
    model.after_step()
    patches = model.context(together.tokens, None, None).patches
    assert 0.1 < patches.ends[together.tokens > 0].float().mean() < 0.3
    counts = [int(text.chain.sum()) for text in texts]
    mean = sum(n * chain_loss(model, text).item() for n, text in zip(counts, texts)) / sum(counts)
    assert chain_loss(model, together).item() == pytest.approx(mean, rel=1e-5)


def test_muon_trains_the_matrices_of_the_patch_transformer_and_adamw_the_entropy_model() -> None:
    groups = split_parameters(make_model(RECIPE)[0])
    assert {"blocks.1.mlp.up_proj.weight", "blocks.1.mlp.blocks.0.attn.q_proj.weight"} <= groups["matrices"].keys()
    assert "entropy.blocks.0.mlp.up_proj.weight" in groups["rest"]
    assert "blocks.1.mlp.start" in groups["rest"]
