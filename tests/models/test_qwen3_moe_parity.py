"""Qwen3's mixture of experts against transformers', at 1e-5; and the mistakes that this bar catches."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from transformer_lens.model_bridge.sources import build_bridge_from_module
from transformers import AutoModelForCausalLM
from transformers import Qwen3MoeConfig as HFConfig
from transformers import Qwen3MoeForCausalLM as HFQwen3Moe

from reasonlab.models import create, load, save
from reasonlab.models.experts import Experts
from reasonlab.models.qwen3_moe import SoftmaxRouter

BAR = 1e-5


def distance(a, b):
    return (a - b).abs().max().item()


@pytest.mark.parametrize("normalise", [False, True])
@torch.no_grad()
def test_transformers_and_the_bridge_read_what_we_write(tmp_path, subjects, normalise):
    model = subjects.random_model("qwen3_moe", size=0.1, normalise=normalise)
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    assert isinstance(theirs, HFQwen3Moe)
    tokens = subjects.tokens(3)
    logits = model(tokens)
    assert logits.abs().max() > 0.1
    assert distance(logits, theirs(tokens).logits) < BAR
    assert distance(load(tmp_path).model(tokens), logits) == 0
    bridge = build_bridge_from_module(theirs, "Qwen3MoeForCausalLM", hf_config=theirs.config)
    assert distance(logits, bridge(tokens)) < BAR


@torch.no_grad()
def test_we_read_what_transformers_writes(tmp_path, subjects):
    theirs = HFQwen3Moe(
        HFConfig(
            vocab_size=40, hidden_size=48, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=3,
            head_dim=10, intermediate_size=70, moe_intermediate_size=20, num_experts=5, num_experts_per_tok=3,
            norm_topk_prob=True, decoder_sparse_step=1, max_position_embeddings=64, attn_implementation="eager",
        )
    ).eval()  # fmt: skip
    subjects.randomise(theirs, size=0.1)
    theirs.save_pretrained(tmp_path)
    assert distance(load(tmp_path).model(subjects.tokens(3)), theirs(subjects.tokens(3)).logits) < BAR


def scores_unnormalised(self, x):
    scores = F.linear(x, self.weight).softmax(-1)
    indices = scores.topk(self.n_active, -1).indices
    return indices, scores.gather(-1, indices)


def softmax_of_the_chosen_sigmoids(self, x):
    scores = F.linear(x, self.weight).sigmoid()
    indices = scores.topk(self.n_active, -1).indices
    weights = scores.gather(-1, indices)
    return indices, weights / weights.sum(-1, keepdim=True)


def one_expert_fewer(self, x):
    scores = F.linear(x, self.weight).softmax(-1)
    indices = scores.topk(self.n_active - 1, -1).indices
    return indices, scores.gather(-1, indices) / scores.gather(-1, indices).sum(-1, keepdim=True)


@pytest.mark.parametrize("mutant", [scores_unnormalised, softmax_of_the_chosen_sigmoids, one_expert_fewer])
@torch.no_grad()
def test_a_wrong_router_fails_the_bar(monkeypatch, subjects, mutant):
    model = subjects.random_model("qwen3_moe")
    right = model(subjects.tokens())
    monkeypatch.setattr(SoftmaxRouter, "forward", mutant)
    assert distance(model(subjects.tokens()), right) > 10 * BAR


@torch.no_grad()
def test_gate_and_up_are_not_exchangeable(monkeypatch, subjects):
    model = subjects.random_model("qwen3_moe")
    right = model(subjects.tokens())

    def swapped(self, number, x):
        up, gate = F.linear(x, self.gate_up_proj[number]).chunk(2, -1)
        return F.linear(F.silu(gate) * up, self.down_proj[number])

    monkeypatch.setattr(Experts, "expert", swapped)
    assert distance(model(subjects.tokens()), right) > 10 * BAR


def test_training_counts_the_load(subjects):
    model = subjects.random_model("qwen3_moe").train()
    tokens = subjects.tokens(3, 20)
    model(tokens)
    for block in model.blocks:
        load = block.mlp.gate.take_load()
        assert load.sum() == 3 * 20 * 2
        assert block.mlp.gate.take_load().sum() == 0
    model.eval()
    model(tokens)
    assert model.blocks[0].mlp.gate.load.sum() == 0


def test_the_seed_makes_the_weights_and_every_expert_learns(subjects):
    config = subjects.config_of("qwen3_moe")
    model = create("qwen3_moe", config, seed=1)
    assert torch.equal(
        model(subjects.tokens()), create("qwen3_moe", dataclasses.replace(config), seed=1)(subjects.tokens())
    )
    model(subjects.tokens(8, 40)).square().sum().backward()
    for block in model.blocks:
        assert (block.mlp.experts.gate_up_proj.grad.abs().amax((1, 2)) > 0).all()
