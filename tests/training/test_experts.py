"""Training of models with experts: they learn, resume bit for bit, report their load, and are kept in balance."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from reasonlab.models import create
from reasonlab.models.gpt_oss import GptOssConfig
from reasonlab.models.qwen3_moe import Qwen3MoeConfig
from reasonlab.recipes import Recipe, make_corpus, make_model
from reasonlab.training.corpus import Corpus
from reasonlab.training.loop import TrainConfig, train
from reasonlab.training.optimizer import Optimizers, split_parameters

CPU = torch.device("cpu")
SHAPE = {"d_model": 32, "n_layers": 2, "n_heads": 2, "n_kv_heads": 1, "d_head": 16, "d_expert": 16, "n_experts": 4,
         "max_positions": 512}  # fmt: skip
RECIPES = {
    "qwen3_moe": Recipe(problems=200, architecture="qwen3_moe", model=SHAPE, difficulty="variables=2-3"),
    "gpt_oss": Recipe(
        problems=200, architecture="gpt_oss", model={**SHAPE, "window": 8}, difficulty="variables=2-3"
    ),
    "llama4_text": Recipe(
        problems=200, architecture="llama4_text", model={**SHAPE, "d_mlp": 48, "moe_step": 1},
        difficulty="variables=2-3",
    ),
    "deepseek_v3": Recipe(
        problems=200, architecture="deepseek_v3", difficulty="variables=2-3",
        model={**SHAPE, "n_kv_heads": 2, "d_nope": 8, "d_rope": 8, "kv_rank": 16, "n_dense": 0, "n_predict": 1,
               "n_groups": 1, "sequence_balance": True},
    ),
}  # fmt: skip
CONFIG = TrainConfig(steps=12, batch_size=8, warmup=2, log_every=3, checkpoint_every=4)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return make_corpus(RECIPES["gpt_oss"], make_model(RECIPES["gpt_oss"])[1])


def fit(name: str, corpus: Corpus, config: TrainConfig = CONFIG, folder: Path | None = None, watch=None):
    model, tokenizer = make_model(RECIPES[name])
    rows: list[dict[str, Any]] = []
    train(model, corpus, config, pad_id=tokenizer.pad_id, device=CPU, checkpoints=folder, log=rows.append, watch=watch)
    return model, rows


@pytest.mark.parametrize("name", RECIPES)
def test_the_loss_falls_and_a_killed_run_resumes_to_the_same_weights(
    name: str, corpus: Corpus, tmp_path: Path, killed_at
) -> None:
    whole, rows = fit(name, corpus)
    assert rows[-1]["loss"] < 0.9 * rows[0]["loss"]

    with killed_at(9) as kill:
        fit(name, corpus, folder=tmp_path, watch=kill)
    resumed, rest = fit(name, corpus, folder=tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values()))
    assert [row["step"] for row in rest] == [9, 12]


@pytest.mark.parametrize("name", RECIPES)
def test_the_auxiliary_loss_keeps_the_load_even(name: str, corpus: Corpus) -> None:
    """From a router that prefers one expert: with the loss the preference goes, without it it stays."""
    ended = {}
    for balance in (0.0, 1.0):
        model, tokenizer = make_model(RECIPES[name])
        with torch.no_grad():
            for router in model.routers():
                router.weight[0], router.weight[1:] = 0.05, -0.05
        rows: list[dict[str, Any]] = []
        config = replace(CONFIG, balance=balance, steps=30, log_every=10)
        train(model, corpus, config, pad_id=tokenizer.pad_id, device=CPU, log=rows.append)
        assert all(1 <= row["expert_load"] <= SHAPE["n_experts"] for row in rows)
        ended[balance] = rows[-1]["expert_load"]
    assert ended[1.0] < ended[0.0]


def test_what_predicts_further_is_trained(corpus: Corpus) -> None:
    without, _ = fit("deepseek_v3", corpus, replace(CONFIG, further=0.0, balance=0.0))
    trained, _ = fit("deepseek_v3", corpus)
    fresh, _ = make_model(RECIPES["deepseek_v3"])
    name = "predictors.0.enorm.weight"  # its optimiser decays nothing
    assert torch.equal(without.state_dict()[name], fresh.state_dict()[name])
    assert not torch.equal(trained.state_dict()[name], fresh.state_dict()[name])
    assert {"predictors.0.eh_proj.weight", "predictors.0.block.mlp.experts.down_proj"} <= split_parameters(trained)[
        "matrices"
    ].keys()
    assert all(block.mlp.gate.e_score_correction_bias.abs().max() > 0 for block in trained.blocks)


def test_the_metrics_and_the_loss_are_as_defined() -> None:
    model = create("gpt_oss", GptOssConfig(40, **SHAPE)).train()
    assert model.auxiliary_loss() == 0
    for block in model.blocks:
        block.mlp.gate.bias.data = torch.tensor([9.0, 5.0, 0.0, 0.0])  # everybody to experts 0 and 1
    model(torch.arange(30).view(2, 15))
    p = torch.tensor([9.0, 5.0, 0.0, 0.0]).softmax(0)
    assert model.auxiliary_loss().item() == pytest.approx(2 * 4 * (0.5 * p[0] + 0.5 * p[1]).item(), rel=0.02)
    assert model.auxiliary_loss() == 0  # given once
    for router in model.routers():
        assert router.take_load().tolist() == [30, 30, 0, 0]  # a rule of balance takes it at each step
    assert model.load_metrics() == {"expert_load": 2.0}
    assert model.load_metrics() == {"expert_load": 1.0}  # nothing since


def test_even_routers_have_the_least_loss() -> None:
    model = create("qwen3_moe", Qwen3MoeConfig(40, **SHAPE)).train()
    with torch.no_grad():
        for block in model.blocks:
            block.mlp.gate.weight.zero_()
    model(torch.arange(30).view(2, 15))
    assert model.auxiliary_loss().item() == pytest.approx(2.0)  # one a layer
    model.eval()(torch.arange(30).view(2, 15))
    assert model.auxiliary_loss() == 0


@pytest.mark.parametrize(("name", "turned_ones"), [("gpt_oss", 4), ("llama4_text", 4), ("qwen3_moe", 0)])
def test_matrices_of_experts_go_to_muon_in_their_direction(name: str, turned_ones: int) -> None:
    model, _ = make_model(RECIPES[name])
    matrices = split_parameters(model)["matrices"]
    assert {"blocks.0.mlp.experts.gate_up_proj", "blocks.1.mlp.experts.down_proj"} <= matrices.keys()
    muon = Optimizers(model, muon_lr=0.1, adam_lr=0.1, gain_lr=0.1, weight_decay=0.0)._optimizers[0]
    turned = [p for group in muon.param_groups if group["inputs_first"] for p in group["params"]]
    assert len(turned) == turned_ones
    assert all(p.ndim == 3 for p in turned)


def test_biases_of_experts_and_sinks_are_not_muons() -> None:
    rest = split_parameters(make_model(RECIPES["gpt_oss"])[0])["rest"]
    assert {"blocks.0.mlp.experts.down_proj_bias", "blocks.0.attn.sinks"} <= rest.keys()
