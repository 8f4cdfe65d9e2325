"""Qwen3 against transformers' Qwen3 and TransformerLens' bridge, at 1e-5; and the mistakes that this bar catches."""

import dataclasses

import pytest
import torch
from transformer_lens.model_bridge.sources import build_bridge_from_module
from transformers import AutoModelForCausalLM
from transformers import Qwen3Config as HFConfig
from transformers import Qwen3ForCausalLM as HFQwen3

from reasonlab.models import Qwen3, Qwen3Config, create, load, save
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


def randomise(model: torch.nn.Module, seed: int = 0) -> None:
    """Every parameter moves, norm weights too: at their initial ones they would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)


def tokens(seed: int = 0, rows: int = 3, length: int = 24) -> torch.Tensor:
    return torch.randint(0, 50, (rows, length), generator=torch.Generator().manual_seed(seed))


def random_model(**changes) -> Qwen3:
    model = create("qwen3", dataclasses.replace(CONFIG, **changes), seed=1)
    randomise(model)
    return model


def distance(a: torch.Tensor, b: torch.Tensor) -> float:
    return (a - b).abs().max().item()


@pytest.mark.parametrize("tied", [False, True])
@torch.no_grad()
def test_transformers_reads_what_we_write(tmp_path, tied):
    model = random_model(tie_embeddings=tied)
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    assert isinstance(theirs, HFQwen3)
    logits = model(tokens())
    assert logits.abs().max() > 0.1
    assert distance(logits, theirs(tokens()).logits) < BAR
    assert distance(load(tmp_path).model(tokens()), logits) == 0


@pytest.mark.parametrize("tied", [False, True])
@torch.no_grad()
def test_we_read_what_transformers_writes(tmp_path, tied):
    theirs = HFQwen3(
        HFConfig(
            vocab_size=50,
            hidden_size=48,
            num_hidden_layers=2,
            num_attention_heads=6,
            num_key_value_heads=3,
            head_dim=10,
            intermediate_size=70,
            max_position_embeddings=64,
            tie_word_embeddings=tied,
            rope_parameters={"rope_type": "default", "rope_theta": 77_000.0},
            attn_implementation="eager",
        )
    ).eval()
    randomise(theirs)
    theirs.save_pretrained(tmp_path)
    model = load(tmp_path).model
    assert model.config.rope_theta == 77_000.0
    assert distance(model(tokens()), theirs(tokens()).logits) < BAR


@torch.no_grad()
def test_the_bridge_gives_the_same_logits_and_activations(tmp_path):
    """Our hook points mean what TransformerLens' do: each that both have holds the same values."""
    model = random_model()
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    bridge = build_bridge_from_module(theirs, "Qwen3ForCausalLM", hf_config=theirs.config)
    logits, cache = model.run_with_cache(tokens())
    their_logits, their_cache = bridge.run_with_cache(tokens())
    assert distance(logits, their_logits) < BAR
    compared = set()
    for name, ours in cache.items():
        if name not in their_cache:
            continue
        other = their_cache[name]
        if name.endswith("hook_attn_scores"):  # masked with -inf here, with the least float there
            ours, other = ours.tril(), other.tril()
        if other.shape != ours.shape and other.ndim == 4:  # q and k after the rotation are head-first there
            other = other.transpose(1, 2)
        assert distance(ours, other) < 1e-4, name
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
def test_a_wrong_rotation_or_norm_fails_the_bar(monkeypatch, mutant):
    model = random_model()
    right = model(tokens())
    monkeypatch.setattr(Attention, "normalise_and_rotate", mutant)
    assert distance(model(tokens()), right) > 10 * BAR


@pytest.mark.parametrize(
    "change",
    [{"rms_eps": 1e-5}, {"rope_theta": 10_000.0}, {"rope_theta": 5_100.0}],
    ids=["eps", "default theta", "theta by 2 %"],
)
@torch.no_grad()
def test_a_wrong_constant_fails_the_bar(tmp_path, change):
    """Against transformers itself. Embeddings are made small first: eps only shows beside small activations."""
    model = random_model()
    model.embed.weight.mul_(0.02)
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    mutant = create("qwen3", dataclasses.replace(CONFIG, **change))
    mutant.load_state_dict(model.state_dict())
    assert distance(model(tokens()), theirs(tokens()).logits) < BAR
    assert distance(mutant(tokens()), theirs(tokens()).logits) > 10 * BAR


@torch.no_grad()
def test_swapped_key_value_groups_fail_the_bar():
    """Query head h reads key/value head h // group, not h % n_kv_heads."""
    model = random_model()
    right = model(tokens())
    for block in model.blocks:
        weight = block.attn.q_proj.weight
        weight.copy_(weight.unflatten(0, (2, 2, -1)).transpose(0, 1).flatten(0, 2))
    for block in model.blocks:
        weight = block.attn.o_proj.weight
        weight.copy_(weight.unflatten(1, (2, 2, -1)).transpose(1, 2).flatten(1, 3))
    assert distance(model(tokens()), right) > 10 * BAR


@torch.no_grad()
def test_order_matters():
    """Shuffling the prefix changes the last logits: positions reach attention."""
    model = random_model()
    text = tokens(rows=1)
    order = torch.cat((torch.arange(22).flip(0), torch.tensor([22, 23])))
    assert distance(model(text)[:, -1], model(text[:, order])[:, -1]) > 1e-3
    shifted = model(text, positions=torch.arange(24)[None] + 7)
    assert distance(shifted, model(text)) < 1e-4  # only distances between positions count
    stretched = model(text, positions=2 * torch.arange(24)[None])
    assert distance(stretched, model(text)) > 1e-3


@torch.no_grad()
def test_nothing_looks_ahead_so_right_padding_changes_nothing():
    model = random_model()
    text = tokens()
    padded = torch.cat((text[:, :10], torch.zeros(3, 14, dtype=torch.long)), 1)
    assert distance(model(padded)[:, :10], model(text)[:, :10]) < 1e-6
    assert distance(model(padded)[:, 10:], model(text)[:, 10:]) > 1e-3


@torch.no_grad()
def test_bf16_stays_near():
    model = random_model()
    right = model(tokens())
    with torch.autocast("cpu", torch.bfloat16):
        autocast = model(tokens())
    pure = model.to(torch.bfloat16)(tokens())
    assert pure.dtype == torch.bfloat16
    for logits in (autocast.float(), pure.float()):
        assert 0 < distance(logits, right) < 0.05 * right.abs().max()
