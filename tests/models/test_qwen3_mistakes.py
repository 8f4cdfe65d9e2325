"""The mistakes in Qwen3 that the bar of parity catches; and its activations, point by point, beside the bridge's."""

import dataclasses

import pytest
import torch
from transformer_lens.model_bridge.sources import build_bridge_from_module
from transformers import AutoModelForCausalLM

from reasonlab.models import Qwen3Config, create, save
from reasonlab.models.qwen3 import Attention
from reasonlab.models.rotary import rotate

BAR = 1e-5
CONFIG = Qwen3Config(
    vocab_size=50,
    d_model=48,
    n_layers=3,
    n_heads=4,
    n_kv_heads=2,
    d_head=16,  # not d_model / n_heads
    d_mlp=80,
    rope_theta=5_000.0,
    max_positions=64,
)


def tokens(seed: int = 0, rows: int = 3, length: int = 24) -> torch.Tensor:
    return torch.randint(0, 50, (rows, length), generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def model(subjects):
    return subjects.randomise(create("qwen3", CONFIG, seed=1), size=0.1)


@torch.no_grad()
def test_the_bridge_gives_the_same_logits_and_activations(tmp_path, subjects, model):
    """Our hook points mean what TransformerLens' do: each that both have holds the same values."""
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    bridge = build_bridge_from_module(theirs, "Qwen3ForCausalLM", hf_config=theirs.config)
    logits, cache = model.run_with_cache(tokens())
    their_logits, their_cache = bridge.run_with_cache(tokens())
    assert subjects.distance(logits, their_logits) < BAR
    compared = set()
    for name, ours in cache.items():
        if name not in their_cache:
            continue
        other = their_cache[name]
        if name.endswith("hook_attn_scores"):  # masked with -inf here, with the least float there
            ours, other = ours.tril(), other.tril()
        if other.shape != ours.shape and other.ndim == 4:  # q and k after the rotation are head-first there
            other = other.transpose(1, 2)
        assert subjects.distance(ours, other) < 1e-4, name
        compared.add(name.removeprefix("blocks.1."))
    assert compared >= {
        "hook_embed",
        "hook_resid_pre",
        "hook_resid_mid",
        "hook_resid_post",
        "hook_attn_out",
        "hook_mlp_out",
        "attn.hook_q",
        "attn.hook_k",
        "attn.hook_v",
        "attn.hook_rot_q",
        "attn.hook_rot_k",
        "attn.hook_attn_scores",
        "attn.hook_pattern",
        "attn.hook_z",
        "mlp.hook_pre",
        "mlp.hook_post",
    }


def interleaved(self, x, norm, point, context):
    """RoPE on neighbouring pairs (GPT-J's layout) instead of the two halves."""
    half = torch.arange(x.shape[-1] // 2).repeat_interleave(2)
    y = norm(x)
    turned = torch.stack((-y[..., 1::2], y[..., ::2]), -1).flatten(-2)
    return (y * context.cos[..., half] + turned * context.sin[..., half]).transpose(1, 2)


def backwards(self, x, norm, point, context):
    return rotate(norm(x), context.cos, -context.sin).transpose(1, 2)


def norm_after_rope(self, x, norm, point, context):
    return norm(rotate(x, context.cos, context.sin)).transpose(1, 2)


def no_norm(self, x, norm, point, context):
    return rotate(x, context.cos, context.sin).transpose(1, 2)


def by_head(self, x, norm, point, context):
    """Rotated by the index of the head: a known bug of small rewrites, which leaves the model blind to order."""
    return rotate(norm(x).transpose(1, 2), *(t[:, : x.shape[2]] for t in (context.cos, context.sin)))


@pytest.mark.parametrize("mutant", [interleaved, backwards, norm_after_rope, no_norm, by_head])
@torch.no_grad()
def test_a_wrong_rotation_or_norm_fails_the_bar(monkeypatch, subjects, model, mutant):
    right = model(tokens())
    monkeypatch.setattr(Attention, "normalise_and_rotate", mutant)
    assert subjects.distance(model(tokens()), right) > 10 * BAR


@pytest.mark.parametrize(
    "change",
    [{"rms_eps": 1e-5}, {"rope_theta": 10_000.0}, {"rope_theta": 5_100.0}],
    ids=["eps", "default theta", "theta by 2 %"],
)
@torch.no_grad()
def test_a_wrong_constant_fails_the_bar(tmp_path, subjects, model, change):
    """Against transformers itself. Embeddings are made small first: eps only shows beside small activations."""
    model.embed.weight.mul_(0.02)
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    mutant = create("qwen3", dataclasses.replace(CONFIG, **change))
    mutant.load_state_dict(model.state_dict())
    assert subjects.distance(model(tokens()), theirs(tokens()).logits) < BAR
    assert subjects.distance(mutant(tokens()), theirs(tokens()).logits) > 10 * BAR


@torch.no_grad()
def test_swapped_key_value_groups_fail_the_bar(subjects, model):
    """Query head h reads key/value head h // group, not h % n_kv_heads."""
    right = model(tokens())
    for block in model.blocks:
        weight = block.attn.q_proj.weight
        weight.copy_(weight.unflatten(0, (2, 2, -1)).transpose(0, 1).flatten(0, 2))
    for block in model.blocks:
        weight = block.attn.o_proj.weight
        weight.copy_(weight.unflatten(1, (2, 2, -1)).transpose(1, 2).flatten(1, 3))
    assert subjects.distance(model(tokens()), right) > 10 * BAR


@torch.no_grad()
def test_order_matters(subjects, model):
    """Shuffling the prefix changes the last logits: positions reach attention."""
    text = tokens(rows=1)
    order = torch.cat((torch.arange(22).flip(0), torch.tensor([22, 23])))
    assert subjects.distance(model(text)[:, -1], model(text[:, order])[:, -1]) > 1e-3
    shifted = model(text, positions=torch.arange(24)[None] + 7)
    assert subjects.distance(shifted, model(text)) < 1e-4  # only distances between positions count
    stretched = model(text, positions=2 * torch.arange(24)[None])
    assert subjects.distance(stretched, model(text)) > 1e-3


@torch.no_grad()
def test_nothing_looks_ahead_so_right_padding_changes_nothing(subjects, model):
    text = tokens()
    padded = torch.cat((text[:, :10], torch.zeros(3, 14, dtype=torch.long)), 1)
    assert subjects.distance(model(padded)[:, :10], model(text)[:, :10]) < 1e-6
    assert subjects.distance(model(padded)[:, 10:], model(text)[:, 10:]) > 1e-3


@torch.no_grad()
def test_bf16_stays_near(subjects, model):
    right = model(tokens())
    with torch.autocast("cpu", torch.bfloat16):
        autocast = model(tokens())
    pure = model.to(torch.bfloat16)(tokens())
    assert pure.dtype == torch.bfloat16
    for logits in (autocast.float(), pure.float()):
        assert 0 < subjects.distance(logits, right) < 0.05 * right.abs().max()
