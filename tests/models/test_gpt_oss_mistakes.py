"""The mistakes in GPT-OSS that the bar of parity catches: mutants for each item of the architecture's checklist
(`MUTANTS`, `CLAMPS`)."""

import dataclasses
import json
import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts as HFGptOssExperts

from reasonlab.language.errors import BadInput
from reasonlab.models import create, load, save
from reasonlab.models.gpt_oss import ALPHA, BiasedRouter, ClampedExperts, GptOssConfig
from reasonlab.models.rotary import RotaryTables, Yarn, rotate_interleaved

BAR = 1e-5
LENGTH = 40  # of windows of 7


@torch.no_grad()
def test_large_weights_reach_the_clamp_as_in_transformers(tmp_path, subjects):
    """The bar is relative here: logits are large, and float32 with them coarse."""
    model = large_model(subjects)
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")(subjects.tokens(3)).logits
    assert subjects.distance(model(subjects.tokens(3)), theirs) < BAR * theirs.abs().max().item()


def large_model(subjects):
    """Gate and up beyond the clamp, on every side."""
    model = subjects.random_model("gpt_oss")
    reached = []
    with torch.no_grad():
        for block in model.blocks:
            block.mlp.experts.gate_up_proj.mul_(8)
    before = ClampedExperts.activate
    try:
        ClampedExperts.activate = staticmethod(lambda both: (reached.append(both), before(both))[1])
        model(subjects.tokens(3))
    finally:
        ClampedExperts.activate = staticmethod(before)
    gate, up = torch.cat([x[:, ::2] for x in reached]), torch.cat([x[:, 1::2] for x in reached])
    assert gate.max() > 8
    assert gate.min() < -8
    assert up.max() > 8
    assert up.min() < -8
    return model


# Each mutant takes (monkeypatch, model) and makes one mistake.


def attribute(name, make):
    """In every attention layer, `name` becomes make(layer number, attention)."""

    def mutate(monkeypatch, model):
        for number, block in enumerate(model.blocks):
            monkeypatch.setattr(block.attn, name, make(number, block.attn))

    return mutate


def changed(ending, change):
    """Every parameter whose name ends so is changed."""

    def mutate(monkeypatch, model):
        touched = [p for name, p in model.named_parameters() if name.endswith(ending)]
        assert touched
        for parameter in touched:
            parameter.copy_(change(parameter))

    return mutate


def yarn(**changes):
    """Other rotary tables."""

    def mutate(monkeypatch, model):
        config = model.config
        right = Yarn(config.yarn_factor, config.yarn_original, truncate=False, scale=0.1 * math.log(32) + 1)
        assert torch.equal(tables(config, right).cos, model.rotary.cos)
        model.rotary = tables(config, None if changes.get("off") else dataclasses.replace(right, **changes))

    return mutate


def tables(config, stretch):
    return RotaryTables(config.d_head, config.rope_theta, config.max_positions, yarn=stretch)


def scaled_cosine_only(monkeypatch, model):
    model.rotary.sin /= 0.1 * math.log(32) + 1


def interleaved_pairs(monkeypatch, model):
    monkeypatch.setattr("reasonlab.models.attention.rotate", rotate_interleaved)


def router(weigh):
    def mutate(monkeypatch, model):
        def forward(self, x):
            scores = F.linear(x, self.weight, self.bias)
            indices = scores.topk(self.n_active, -1).indices
            return indices, weigh(self, x, scores, indices)

        monkeypatch.setattr(BiasedRouter, "forward", forward)

    return mutate


def activation(activate):
    def mutate(monkeypatch, model):
        monkeypatch.setattr(ClampedExperts, "activate", staticmethod(activate))

    return mutate


def glu(gate, up, *, alpha=ALPHA, more=1.0, gate_limits=(None, 7.0), up_limits=(-7.0, 7.0)):
    gate, up = gate.clamp(*gate_limits), up.clamp(*up_limits)
    return (up + more) * gate * torch.sigmoid(alpha * gate)


def epsilon(monkeypatch, model):
    for module in model.modules():
        if hasattr(module, "eps"):
            module.eps = 3e-5


MUTANTS = {
    "no sink": attribute("sinks", lambda layer, attn: None),
    "one sink for all heads": changed("sinks", lambda p: p.mean().expand_as(p)),
    "all layers slide": attribute("window", lambda layer, attn: 7),
    "no layer slides": attribute("window", lambda layer, attn: None),
    "odd layers slide": attribute("window", lambda layer, attn: 7 if layer % 2 else None),
    "a window longer by one": attribute("window", lambda layer, attn: None if layer % 2 else 8),
    "YaRN off": yarn(off=True),
    "YaRN truncated": yarn(truncate=True),
    "YaRN of another factor": yarn(factor=16.0),
    "YaRN of other turns": yarn(beta_fast=16.0),
    "cos and sin without their scale": yarn(scale=1.0),
    "only cos scaled": scaled_cosine_only,
    "interleaved rotation": interleaved_pairs,
    "no bias of q": changed("q_proj.bias", torch.zeros_like),
    "no bias of k": changed("k_proj.bias", torch.zeros_like),
    "no bias of v": changed("v_proj.bias", torch.zeros_like),
    "no bias of o": changed("o_proj.bias", torch.zeros_like),
    "no bias of the router": changed("gate.bias", torch.zeros_like),
    "softmax over all experts": router(lambda self, x, scores, i: scores.softmax(-1).gather(-1, i)),
    "a bias that only chooses": router(
        lambda self, x, scores, i: F.linear(x, self.weight).gather(-1, i).softmax(-1)
    ),
    "sigmoids for weights": router(lambda self, x, scores, i: scores.gather(-1, i).sigmoid()),
    "no bias of gate and up": changed("gate_up_proj_bias", torch.zeros_like),
    "no bias of down": changed("experts.down_proj_bias", torch.zeros_like),
    "gate and up concatenated": activation(lambda both: glu(*both.chunk(2, -1))),
    "gate and up exchanged": activation(lambda both: glu(both[..., 1::2], both[..., ::2])),
    "up without its 1": activation(lambda both: glu(both[..., ::2], both[..., 1::2], more=0.0)),
    "a plain silu": activation(lambda both: glu(both[..., ::2], both[..., 1::2], alpha=1.0)),
    "another epsilon": epsilon,
}  # fmt: skip
CLAMPS = {
    "gate not clamped": {"gate_limits": (None, 1e9)},
    "up not clamped from above": {"up_limits": (-7.0, None)},
    "up not clamped from below": {"up_limits": (None, 7.0)},
}


@pytest.mark.parametrize("mistake", MUTANTS)
@torch.no_grad()
def test_a_mistake_fails_the_bar(monkeypatch, subjects, mistake):
    model = subjects.random_model("gpt_oss", size=0.1)
    right = model(subjects.tokens(3, LENGTH))
    MUTANTS[mistake](monkeypatch, model)
    assert subjects.distance(model(subjects.tokens(3, LENGTH)), right) > 10 * BAR


@pytest.mark.parametrize("mistake", CLAMPS)
@torch.no_grad()
def test_a_mistaken_clamp_fails_the_relative_bar(monkeypatch, subjects, mistake):
    model = large_model(subjects)
    right = model(subjects.tokens(3))
    activation(lambda both: glu(both[..., ::2], both[..., 1::2], **CLAMPS[mistake]))(monkeypatch, model)
    assert subjects.distance(model(subjects.tokens(3)), right) > 10 * BAR * right.abs().max().item()


def test_the_activation_alone_is_transformers(subjects):
    """A gate clamped from below changes a logit too little to be seen in it: sigmoid(-1.702 * 7) is 7e-6."""
    both = torch.cartesian_prod(torch.linspace(-20, 20, 81), torch.linspace(-20, 20, 81))
    right = HFGptOssExperts._apply_gate(SimpleNamespace(limit=7.0, alpha=1.702), both)
    assert subjects.distance(ClampedExperts.activate(both), right) < BAR
    clamped = glu(both[..., ::2], both[..., 1::2], gate_limits=(-7.0, 7.0))
    assert subjects.distance(clamped, right) > 10 * BAR


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("rope_parameters", "rope_type"), "default"),
        (("rope_parameters", "truncate"), True),
        (("rope_parameters", "attention_factor"), 1.5),
        (("attention_bias",), False),
        (("swiglu_limit",), 5.0),
        (("layer_types",), ["full_attention", "full_attention"]),
        (("quantization_config",), {"quant_method": "mxfp4"}),
    ],
    ids=lambda x: x[-1] if isinstance(x, tuple) else "",
)
def test_a_config_of_another_kind_is_one_clear_line(tmp_path, subjects, path, value):
    save(subjects.random_model("gpt_oss"), None, tmp_path)
    content = json.loads((tmp_path / "config.json").read_text())
    holder = content
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(BadInput, match=path[-1]) as caught:
        load(tmp_path)
    assert "\n" not in str(caught.value)


def test_more_active_experts_than_there_are_is_refused():
    with pytest.raises(BadInput, match="n_active = 9"):
        GptOssConfig(40, n_experts=8, n_active=9)


@pytest.mark.parametrize(("name", "low", "high"), [("tiny", 4e5, 6e5), ("small", 2.5e6, 3.5e6), ("base", 17e6, 23e6)])
def test_presets_have_their_size(name, low, high):
    model = create("gpt_oss", GptOssConfig.preset(name, 100))
    assert low < sum(p.numel() for p in model.parameters()) < high


def test_every_expert_bias_and_sink_learns(subjects):
    model = create("gpt_oss", subjects.config_of("gpt_oss"), seed=1)
    model(subjects.tokens(8, LENGTH)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
