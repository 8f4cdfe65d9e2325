"""Every hook point is where its name says: perturb it and the output moves, restore it and the output returns."""

import pytest
import torch
from transformer_lens import ActivationCache, patching
from transformer_lens.tools.analysis import logit_lens

from reasonlab.models import Qwen3Config, create

CONFIG = Qwen3Config(
    vocab_size=40, d_model=32, n_layers=2, n_heads=4, n_kv_heads=2, d_head=8, d_mlp=48, max_positions=32
)
BATCH, POS, HEAD, KV = 2, 12, 4, 2
SHAPES = {
    "hook_embed": (BATCH, POS, 32),
    "blocks.1.hook_resid_pre": (BATCH, POS, 32),
    "blocks.1.hook_resid_mid": (BATCH, POS, 32),
    "blocks.1.hook_resid_post": (BATCH, POS, 32),
    "blocks.1.hook_attn_out": (BATCH, POS, 32),
    "blocks.1.hook_mlp_in": (BATCH, POS, 32),
    "blocks.1.hook_mlp_out": (BATCH, POS, 32),
    "blocks.1.attn.hook_q": (BATCH, POS, HEAD, 8),
    "blocks.1.attn.hook_k": (BATCH, POS, KV, 8),
    "blocks.1.attn.hook_v": (BATCH, POS, KV, 8),
    "blocks.1.attn.hook_rot_q": (BATCH, POS, HEAD, 8),
    "blocks.1.attn.hook_rot_k": (BATCH, POS, KV, 8),
    "blocks.1.attn.hook_attn_scores": (BATCH, HEAD, POS, POS),
    "blocks.1.attn.hook_pattern": (BATCH, HEAD, POS, POS),
    "blocks.1.attn.hook_z": (BATCH, POS, HEAD, 8),
    "blocks.1.attn.hook_result": (BATCH, POS, HEAD, 32),
    "blocks.1.attn.hook_q_input": (BATCH, POS, HEAD, 32),
    "blocks.1.attn.hook_k_input": (BATCH, POS, KV, 32),
    "blocks.1.attn.hook_v_input": (BATCH, POS, KV, 32),
    "blocks.1.mlp.hook_pre": (BATCH, POS, 48),
    "blocks.1.mlp.hook_pre_linear": (BATCH, POS, 48),
    "blocks.1.mlp.hook_post": (BATCH, POS, 48),
    "blocks.1.ln1.hook_scale": (BATCH, POS, 1),
    "blocks.1.ln2.hook_normalized": (BATCH, POS, 32),
    "ln_final.hook_scale": (BATCH, POS, 1),
    "ln_final.hook_normalized": (BATCH, POS, 32),
}


def make_model():
    model = create("qwen3", CONFIG)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model


MODEL = make_model()
TOKENS = torch.randint(0, 40, (BATCH, POS), generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def run(*hooks):
    return MODEL.run_with_hooks(TOKENS, fwd_hooks=list(hooks))


def test_no_point_is_missing():
    assert set(SHAPES) <= set(MODEL.hook_dict)
    _, cache = MODEL.run_with_cache(TOKENS, names_filter=lambda name: not name.endswith("_input"))
    _, inputs = MODEL.run_with_cache(TOKENS, names_filter=lambda name: name.endswith("_input"))
    assert set(cache) | set(inputs) == set(MODEL.hook_dict)
    for name, shape in SHAPES.items():
        assert tuple((inputs if name.endswith("_input") else cache)[name].shape) == shape, name


@pytest.mark.parametrize("name", list(MODEL.hook_dict))
def test_perturbed_the_output_moves_and_restored_it_returns(name):
    plain = MODEL(TOKENS)
    generator = torch.Generator().manual_seed(0)

    def perturb(x, hook):
        return x * (1 + 0.5 * torch.rand(x.shape, generator=generator))

    kept = []

    def keep(x, hook):
        kept.append(x.clone())

    def spoil(x, hook):
        return torch.rand_like(x)

    def restore(x, hook):
        return kept[0]

    assert (run((name, perturb)) - plain).abs().max() > 1e-4
    assert (run((name, keep)) - plain).abs().max() < 1e-5
    assert len(kept) == 1
    assert (run((name, spoil), (name, restore)) - plain).abs().max() < 1e-5
    assert (MODEL(TOKENS) - plain).abs().max() == 0


@pytest.mark.parametrize("name", [n for n in MODEL.hook_dict if n.startswith("blocks.1") or n == "hook_embed"])
def test_writing_in_place_is_the_same_intervention(name):
    def outside(x, hook):
        return torch.cat((x[:, :1], x[:, 1:] * 0.5), 1)

    def inside(x, hook):
        x[:, 1:] *= 0.5

    assert (run((name, inside)) - run((name, outside))).abs().max() < 1e-6


@pytest.mark.parametrize("name", [n for n in MODEL.hook_dict if n.startswith("blocks.1") or n == "hook_embed"])
def test_gradients_reach_every_point(name):
    seen = []
    with MODEL.hooks(bwd_hooks=[(name, lambda g, hook: seen.append(g.clone()))]):
        MODEL(TOKENS).square().sum().backward()
    assert len(seen) == 1
    assert seen[0].abs().max() > 0
    MODEL.zero_grad()


def test_moving_one_head_moves_nothing_before_its_layer():
    _, before = MODEL.run_with_cache(TOKENS)
    with MODEL.hooks(fwd_hooks=[("blocks.1.attn.hook_z", lambda z, hook: z * 0)]):
        _, after = MODEL.run_with_cache(TOKENS)
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert {name for name in before if name.startswith("blocks.0") or name == "hook_embed"} <= same
    assert "blocks.1.hook_attn_out" not in same


def test_split_inputs_are_the_residual_stream_and_independent():
    name = "blocks.1.attn.hook_{}_input"
    _, cache = MODEL.run_with_cache(TOKENS, names_filter=lambda n: n.endswith(("_input", "resid_pre", "hook_v")))
    for letter in "qkv":
        assert torch.equal(cache[name.format(letter)][:, :, 1], cache["blocks.1.hook_resid_pre"])

    def other_head(x, hook):
        x[:, :, 0] = 0
        return x

    with MODEL.hooks(fwd_hooks=[(name.format("v"), other_head)]):
        _, moved = MODEL.run_with_cache(TOKENS, names_filter=lambda n: n.endswith("hook_v"))
    difference = (moved["blocks.1.attn.hook_v"] - cache["blocks.1.attn.hook_v"]).abs().amax((0, 1, 3))
    assert difference[0] > 1e-3
    assert difference[1] < 1e-4  # split and unsplit products round differently


def test_results_sum_to_what_attention_writes():
    _, cache = MODEL.run_with_cache(TOKENS)
    for layer in range(2):
        written = cache["attn_out", layer]
        assert (cache["result", layer].sum(2) - written).abs().max() < 1e-5
        assert (cache["pattern", layer].sum(-1) - 1).abs().max() < 1e-5
        assert (cache["resid_pre", layer] + written - cache["resid_mid", layer]).abs().max() == 0


def test_transformer_lens_tools_run():
    logits, cache = MODEL.run_with_cache(TOKENS)
    assert isinstance(cache, ActivationCache)
    stack, labels = cache.accumulated_resid(apply_ln=True, return_labels=True)
    assert labels[-1] == "final_post"
    assert (stack[-1] @ MODEL.W_U - logits).abs().max() < 1e-4
    parts = cache.decompose_resid()
    assert (parts.sum(0) - cache["resid_post", 1]).abs().max() < 1e-4
    assert cache.stack_head_results().shape == (8, BATCH, POS, 32)
    read = logit_lens(MODEL, TOKENS, positions=None)
    assert (read.values[-1] - logits).abs().max() < 1e-4
    patched = patching.get_act_patch_resid_pre(MODEL, TOKENS.flip(1), cache, lambda out: out[0, -1, 5])
    assert patched.shape == (2, POS)
    assert patched.std() > 0
    _, bare = MODEL.run_with_cache(TOKENS, return_cache_object=False, names_filter="hook_embed")
    assert list(bare) == ["hook_embed"]
