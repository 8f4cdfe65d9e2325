"""The mistakes in Qwen3's mixture of experts that the bar of parity catches."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F

from reasonlab.models import create
from reasonlab.models.experts import Experts
from reasonlab.models.qwen3_moe import SoftmaxRouter

BAR = 1e-5


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
    assert subjects.distance(model(subjects.tokens()), right) > 10 * BAR


@torch.no_grad()
def test_gate_and_up_are_not_exchangeable(monkeypatch, subjects):
    model = subjects.random_model("qwen3_moe")
    right = model(subjects.tokens())

    def swapped(self, number, x):
        up, gate = F.linear(x, self.gate_up_proj[number]).chunk(2, -1)
        return F.linear(F.silu(gate) * up, self.down_proj[number])

    monkeypatch.setattr(Experts, "expert", swapped)
    assert subjects.distance(model(subjects.tokens()), right) > 10 * BAR


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
