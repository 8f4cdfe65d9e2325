"""The mistakes in DeepSeek-V3 that the bar of parity catches: see MUTANTS and EDITS.

YaRN is on, with a ramp that truncation moves; the biases of the gate are moved, so that they change who is chosen.
"""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from reasonlab.language.errors import BadInput
from reasonlab.models import create, latent, load, save
from reasonlab.models import deepseek_v3 as ours
from reasonlab.models.balanced_router import BalancedRouter
from reasonlab.models.rotary import RotaryTables, rotate

BAR = 1e-5
KIND = "deepseek_v3"


def test_the_gates_bias_stays_exact(tmp_path, subjects):
    """In float32, whatever the rest is cast to: in bfloat16 a step of 1e-3 would often change nothing."""
    model = subjects.random_model(KIND).to(torch.bfloat16)
    name = "blocks.1.mlp.gate.e_score_correction_bias"
    bias = model.state_dict()[name].clone()
    assert bias.dtype == torch.float32
    save(model, None, tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    assert {n.rpartition(".")[2] for n, t in stored.items() if t.dtype == torch.float32} == {"e_score_correction_bias"}
    loaded = load(tmp_path).model
    assert loaded.dtype == torch.bfloat16
    assert torch.equal(loaded.state_dict()[name], bias)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_group": 3}, "n_groups = 3"),
        ({"n_group": 8}, "n_groups = 8"),
        ({"topk_group": 5}, "top_groups = 5"),
        ({"num_experts_per_tok": 5}, "n_active = 5; expected at most the 4 experts of 2 groups"),
        ({"num_key_value_heads": 2}, "n_kv_heads = 2"),
        ({"qk_rope_head_dim": 7}, "d_rope = 7"),
        ({"q_lora_rank": 0}, "q_rank = 0"),
        ({"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4}}, "rope_type"),
    ],
)
def test_what_is_not_implemented_is_refused(subjects, changes, message):
    content = subjects.config_of(KIND).to_hf()
    with pytest.raises(BadInput, match=message):
        ours.DeepseekV3Config.from_hf({**content, **changes})


def weights_with_the_bias(self, x):
    scores = F.linear(x, self.weight).sigmoid() + self.e_score_correction_bias
    indices = self.select(scores)
    weights = scores.gather(-1, indices)
    return indices, weights / weights.sum(-1, keepdim=True) * self.config.routed_scale


def softmax_scores(self, x):
    scores = F.linear(x, self.weight).softmax(-1)
    indices = self.select(scores + self.e_score_correction_bias)
    weights = scores.gather(-1, indices)
    return indices, weights / weights.sum(-1, keepdim=True) * self.config.routed_scale


def selecting(by):
    """The router with another choice: `by` gets (router, s, s + b)."""

    def forward(self, x):
        scores = F.linear(x, self.weight).sigmoid()
        indices = by(self, scores, scores + self.e_score_correction_bias)
        weights = scores.gather(-1, indices)
        return indices, weights / weights.sum(-1, keepdim=True) * self.config.routed_scale

    return forward


def best_groups(count):
    """Groups judged by their `count` best experts, not by two."""

    def by(self, scores, biased):
        groups = biased.unflatten(-1, (self.config.n_groups, -1))
        best = groups.topk(count, -1).values.sum(-1).topk(self.config.top_groups, -1).indices
        shut = torch.ones(groups.shape[:-1], dtype=torch.bool).scatter(-1, best, False)
        return groups.masked_fill(shut[..., None], -torch.inf).flatten(-2).topk(self.config.n_active, -1).indices

    return by


def swapped(self, number, x):
    up, gate = F.linear(x, self.gate_up_proj[number]).chunk(2, -1)
    return F.linear(F.silu(gate) * up, self.down_proj[number])


MUTANTS = {
    "the bias in the weights": (BalancedRouter, "forward", weights_with_the_bias),
    "softmax for the sigmoid": (BalancedRouter, "forward", softmax_scores),
    "chosen without the bias": (BalancedRouter, "forward", selecting(lambda self, s, b: self.select(s))),
    "no groups": (BalancedRouter, "forward", selecting(lambda self, s, b: b.topk(self.config.n_active, -1).indices)),
    "groups by their best expert": (BalancedRouter, "forward", selecting(best_groups(1))),
    "gate and up exchanged": (ours.Experts, "expert", swapped),
    "no shared experts": (ours.ExpertMLP, "forward", lambda self, x: self.experts(x, *self.gate(x))),
    "half-split rotation": (latent, "rotate_interleaved", rotate),
}
EDITS = {
    "not renormalised": {"normalise": False},
    "no routed scale": {"routed_scale": 1.0},
    "no YaRN": {"yarn_factor": 1.0},
    "no mscale_all_dim": {"yarn_mscale_all": 0.0},
    "mscale not in cos and sin": {"yarn_mscale": 1.0},
    "no truncation": {"yarn_truncate": False},
    "one group more": {"top_groups": 3},
    "eps of the latents' norms": None,
    "no norm of the keys' latent": None,
    "softmax scale of the values' width": None,
    "softmax scale once, not squared": None,
    "keys and values exchanged": None,
}


def by_hand(model, name):
    config = model.config
    for block in model.blocks:
        attn = block.attn
        if name == "eps of the latents' norms":
            attn.kv_a_layernorm.eps = attn.q_a_layernorm.eps = 1e-5
        elif name == "no norm of the keys' latent":
            attn.kv_a_layernorm.forward = lambda x: x
        elif name == "softmax scale of the values' width":
            attn.scale *= math.sqrt((config.d_nope + config.d_rope) / config.d_head)
        elif name == "softmax scale once, not squared":
            attn.scale /= config.magnitude(config.yarn_mscale_all)
        else:
            by_head = attn.kv_b_proj.weight.unflatten(0, (config.n_heads, -1))
            attn.kv_b_proj.weight.copy_(by_head.roll(config.d_head, 1).flatten(0, 1))


@pytest.fixture(scope="module")
def right(subjects):
    """Small latents: the eps of their norms only shows where there is little to divide by."""
    model = subjects.random_model(KIND, size=0.1)
    for block in model.blocks:
        block.attn.q_a_proj.weight.data.mul_(0.1)
        block.attn.kv_a_proj_with_mqa.weight.data[: model.config.kv_rank].mul_(0.1)
    return model


@pytest.mark.parametrize("name", [*MUTANTS, *EDITS])
@torch.no_grad()
def test_a_mistake_fails_the_bar(monkeypatch, subjects, right, name):
    tokens = subjects.tokens(3, 40)
    logits, wrong = right(tokens), right
    if name in MUTANTS:
        monkeypatch.setattr(*MUTANTS[name])
    elif EDITS[name]:
        wrong = create(KIND, subjects.config_of(KIND, **EDITS[name]))
        wrong.load_state_dict(right.state_dict())
    else:
        wrong = copy.deepcopy(right)
        by_hand(wrong, name)
    assert subjects.distance(wrong(tokens), logits) > 5 * BAR


def test_the_ramp_of_these_shapes_is_moved_by_truncation(subjects):
    config = subjects.config_of(KIND)
    tables = [
        RotaryTables(config.d_rope, config.rope_theta, 64, yarn=yarn).cos
        for yarn in (config.yarn, subjects.config_of(KIND, yarn_truncate=False).yarn)
    ]
    assert subjects.distance(*tables) > 0.01
