"""The mistakes in Llama 4's text model that the bar of parity catches: see MUTANTS.

Texts of 24 tokens are longer than the chunks (7) and the floor scale (5); of four layers the last has no rotation, and
experts and dense layers alternate.
"""

import pytest
import torch
import torch.nn.functional as F

from reasonlab.language.errors import BadInput
from reasonlab.models import llama4 as ours
from reasonlab.models.rotary import rotate

BAR = 1e-5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"moe_layers": [0]}, "moe_layers"),
        ({"no_rope_layers": [1, 1, 1, 1]}, "no_rope_layers"),
        ({"layer_types": ["full_attention"] * 4}, "layer_types"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5}}, "rope_type"),
        ({"num_experts_per_tok": 9}, "n_active = 9"),
    ],
)
def test_what_is_not_implemented_is_refused(subjects, changes, message):
    content = subjects.config_of("llama4_text").to_hf()
    with pytest.raises(BadInput, match=message):
        ours.Llama4Config.from_hf({**content, **changes})


def weigh_the_output(self, x, indices, weights):
    each = ours.mix(x.flatten(0, 1), indices.flatten(0, 1), None, self.expert)
    return (each * weights.flatten(0, 1)[..., None]).sum(1).view(x.shape)


def softmax_scores(self, x):
    scores = F.linear(x, self.weight)
    indices = scores.topk(self.n_active, -1).indices
    return indices, scores.softmax(-1).gather(-1, indices)


def normalised_scores(self, x):
    scores = F.linear(x, self.weight).sigmoid()
    indices = scores.topk(self.n_active, -1).indices
    return indices, torch.ones_like(scores[..., : self.n_active])


def interleaved_experts(self, number, x):
    both = x @ self.gate_up_proj[number]
    return (F.silu(both[..., ::2]) * both[..., 1::2]) @ self.down_proj[number]


def norm_without_rotation_too(self, q, k, context):
    if self.rope:
        q, k = (ours.rotate_interleaved(x, context.cos, context.sin) for x in (q, k))
    else:
        q = q * self.temperature(context.positions)[:, :, None, None]
    q, k = (ours.l2_norm(x, self.config.rms_eps) for x in (q, k))
    return q.transpose(1, 2), k.transpose(1, 2)


def temperature_of(scale):
    return lambda self, positions: 1 + self.config.attn_scale * scale(positions, self.config.floor_scale).log1p()


def sum_norm(x, eps):
    return x * (x.square().sum(-1, keepdim=True) + eps).rsqrt()


MUTANTS = {
    "the weight on the output": (ours.InputWeightedExperts, "forward", weigh_the_output),
    "softmax for the weights": (ours.SigmoidRouter, "forward", softmax_scores),
    "weights normalised to one": (ours.SigmoidRouter, "forward", normalised_scores),
    "no shared expert": (ours.ExpertMLP, "forward", lambda self, x: self.experts(x, *self.gate(x))),
    "gate and up interleaved": (ours.InputWeightedExperts, "expert", interleaved_experts),
    "half-split rotation": (ours, "rotate_interleaved", rotate),
    "norm of the sum": (ours, "l2_norm", sum_norm),
    "no eps in the norm": (ours, "l2_norm", lambda x, eps: F.rms_norm(x, x.shape[-1:], None, 0.0)),
    "eps of 1e-6 in the norm": (ours, "l2_norm", lambda x, eps: F.rms_norm(x, x.shape[-1:], None, 1e-6)),
    "norm in NoPE layers too": (ours.Attention, "place", norm_without_rotation_too),
    "no temperature": (ours.Attention, "temperature", temperature_of(lambda p, s: p * 0.0)),
    "temperature without floor": (ours.Attention, "temperature", temperature_of(lambda p, s: (p + 1) / s)),
    "temperature from position 0": (ours.Attention, "temperature", temperature_of(lambda p, s: (p / s).floor())),
}
EDITS = {
    "rotation in every layer": lambda attn, i: setattr(attn, "rope", True),
    "no chunks": lambda attn, i: setattr(attn, "chunk", None),
    "windows for chunks": lambda attn, i: attn.__dict__.update(window=attn.chunk, chunk=None),
    "chunks of one more": lambda attn, i: attn.chunk and setattr(attn, "chunk", attn.chunk + 1),
    "chunks in every layer": lambda attn, i: setattr(attn, "chunk", 7),
    "NoPE layers counted from 0": lambda attn, i: attn.__dict__.update(rope=i % 4 != 0, chunk=7 if i % 4 else None),
}


@pytest.fixture(scope="module")
def right(subjects):
    """Where they are normalised, queries and keys are small: eps only shows where the norm has little to divide by.

    That the norm comes after the rotation is no item: without a weight the two commute.
    """
    model = subjects.random_model("llama4_text", size=0.1)
    for block in model.blocks:
        if block.attn.rope:
            block.attn.q_proj.weight.data.mul_(0.1)
            block.attn.k_proj.weight.data.mul_(0.1)
    return model


@pytest.mark.parametrize("name", [*MUTANTS, *EDITS])
@torch.no_grad()
def test_a_mistake_fails_the_bar(monkeypatch, subjects, right, name):
    logits = right(subjects.tokens(3))
    if name in MUTANTS:
        monkeypatch.setattr(*MUTANTS[name])
        wrong = right(subjects.tokens(3))
    else:
        wrong_model = subjects.random_model("llama4_text", size=0.1)
        wrong_model.load_state_dict(right.state_dict())
        for layer, block in enumerate(wrong_model.blocks):
            EDITS[name](block.attn, layer)
        wrong = wrong_model(subjects.tokens(3))
    assert subjects.distance(wrong, logits) > 5 * BAR
