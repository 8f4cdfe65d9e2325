"""Every hook point of every architecture is where its name says: perturb it and the output moves, restore it and the
output returns; and TransformerLens' own tools run on it."""

import pytest
import torch
from transformer_lens import ActivationCache, patching
from transformer_lens.tools.analysis import fit_das, logit_lens

from reasonlab.models import ARCHITECTURES

BATCH, POS = 2, 24
TOKENS = torch.randint(8, 40, (BATCH, POS), generator=torch.Generator().manual_seed(0))
MANY_TOKENS = torch.randint(8, 40, (4, 60), generator=torch.Generator().manual_seed(0))
WHOLE = ("expert_indices", "hook_boundary")  # numbers of experts, yes or no
CHOICES = (*WHOLE, "hook_entropy")  # they and what only a choice reads have no gradient


@torch.no_grad()
def run(model, *hooks, tokens=TOKENS):
    return model.run_with_hooks(tokens, fwd_hooks=list(hooks))


def cached(model, names=lambda name: True):
    """Activations by name; the split inputs apart: they turn what the first norm computes into per-head values."""
    _, cache = model.run_with_cache(TOKENS, names_filter=lambda name: names(name) and not name.endswith("_input"))
    _, inputs = model.run_with_cache(TOKENS, names_filter=lambda name: names(name) and name.endswith("_input"))
    return {**{name: cache[name] for name in cache}, **{name: inputs[name] for name in inputs}}


def test_every_architecture_is_a_subject(subjects):
    assert set(subjects.SHAPES) == set(ARCHITECTURES)


def test_no_point_is_missing(subject):
    """What can only be seen under a hook is seen under a hook; names that all architectures have hold what they say."""
    seen = cached(subject)
    assert set(seen) == set(subject.hook_dict)
    cfg = subject.cfg
    wanted = {"hook_embed": (BATCH, POS, cfg.d_model), "ln_final.hook_scale": (BATCH, POS, 1)}
    for layer in range(cfg.n_layers):
        for stream in ("resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_in", "mlp_out"):
            wanted[f"blocks.{layer}.hook_{stream}"] = (BATCH, POS, cfg.d_model)
        for square in ("attn_scores", "pattern"):
            wanted[f"blocks.{layer}.attn.hook_{square}"] = (BATCH, cfg.n_heads, POS, POS)
        wanted[f"blocks.{layer}.attn.hook_result"] = (BATCH, POS, cfg.n_heads, cfg.d_model)
        wanted[f"blocks.{layer}.ln2.hook_normalized"] = (BATCH, POS, cfg.d_model)
    for name, shape in wanted.items():
        assert tuple(seen[name].shape) == shape, name


def test_perturbed_the_output_moves_and_restored_it_returns(subject, point):
    tokens = MANY_TOKENS if point.startswith("entropy.") else TOKENS  # a jump needs somebody near it
    plain = subject(tokens)
    generator = torch.Generator().manual_seed(0)

    def perturb(x, hook):
        if x.dtype == torch.bool:
            return ~x
        if not x.is_floating_point():  # the numbers of experts
            return (x + 1) % subject.cfg.num_experts
        return x * (1 + 0.5 * torch.rand(x.shape, generator=generator))

    kept = []

    def keep(x, hook):
        kept.append(x.clone())

    def spoil(x, hook):
        return torch.rand_like(x) if x.is_floating_point() else torch.zeros_like(x)

    def restore(x, hook):
        return kept[0]

    scale = plain.abs().max()
    assert (run(subject, (point, perturb), tokens=tokens) - plain).abs().max() > 1e-4
    assert (run(subject, (point, keep), tokens=tokens) - plain).abs().max() < 1e-5 * scale
    assert len(kept) == 1
    assert (run(subject, (point, spoil), (point, restore), tokens=tokens) - plain).abs().max() < 1e-5 * scale
    assert (subject(tokens) - plain).abs().max() == 0


def test_writing_in_place_is_the_same_intervention(subject, point):
    if point.endswith(WHOLE):
        pytest.skip("whole numbers cannot be halved")

    def outside(x, hook):
        return torch.cat((x[:, :1], x[:, 1:] * 0.5), 1)

    def inside(x, hook):
        x[:, 1:] *= 0.5

    difference = (run(subject, (point, inside)) - run(subject, (point, outside))).abs().max()
    assert difference < 1e-5 * subject(TOKENS).abs().max()


def test_gradients_reach_every_point(subject, point):
    if point.endswith(CHOICES):
        pytest.skip("a choice has no gradient")
    seen = []
    with subject.hooks(bwd_hooks=[(point, lambda g, hook: seen.append(g.clone()))]):
        hidden = subject.hidden(TOKENS)
        further = subject.further_loss(TOKENS, hidden, torch.ones_like(TOKENS, dtype=torch.bool))
        (subject.unembed(hidden).square().sum() + further).backward()
    assert len(seen) == 1
    assert seen[0].abs().max() > 0
    subject.zero_grad()


def test_moving_one_head_moves_nothing_before_its_layer(subject):
    before = cached(subject)
    with subject.hooks(fwd_hooks=[("blocks.1.attn.hook_z", lambda z, hook: z * 0)]):
        after = cached(subject)
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert {name for name in before if name.startswith("blocks.0") or name == "hook_embed"} <= same
    assert "blocks.1.hook_attn_out" not in same


def test_split_inputs_are_the_residual_stream_and_independent(subject):
    name = "blocks.1.attn.hook_{}_input"
    letters = [letter for letter in "qkv" if name.format(letter) in subject.hook_dict]
    _, cache = subject.run_with_cache(TOKENS, names_filter=lambda n: n.endswith(("_input", "resid_pre")))
    _, rest = subject.run_with_cache(TOKENS, names_filter=lambda n: n.endswith(tuple(f"hook_{x}" for x in letters)))
    for letter in letters:
        assert torch.equal(cache[name.format(letter)][:, :, 1], cache["blocks.1.hook_resid_pre"])

        def other_head(x, hook):
            x[:, :, 0] = 0
            return x

        with subject.hooks(fwd_hooks=[(name.format(letter), other_head)]):
            _, moved = subject.run_with_cache(TOKENS, names_filter=lambda n, x=letter: n.endswith(f"attn.hook_{x}"))
        difference = (
            (moved[f"blocks.1.attn.hook_{letter}"] - rest[f"blocks.1.attn.hook_{letter}"]).abs().amax((0, 1, 3))
        )
        assert difference[0] > 1e-3
        assert difference[1] < 1e-4  # split and unsplit products round differently


def test_results_sum_to_what_attention_writes(subject):
    _, cache = subject.run_with_cache(TOKENS)
    for layer in range(subject.cfg.n_layers):
        bias = subject.blocks[layer].attn.o_proj.bias
        written = cache["attn_out", layer] - (0 if bias is None else bias)
        assert (cache["result", layer].sum(2) - written).abs().max() < 1e-5 * max(1, written.abs().max())
        assert (cache["pattern", layer].sum(-1) <= 1 + 1e-5).all()
        again = cache["resid_pre", layer] + cache["attn_out", layer] - cache["resid_mid", layer]
        assert again.abs().max() == 0


def test_transformer_lens_tools_run(subject):
    logits, cache = subject.run_with_cache(TOKENS)
    assert isinstance(cache, ActivationCache)
    scale, layers, heads = logits.abs().max(), subject.cfg.n_layers, subject.cfg.n_heads
    stack, labels = cache.accumulated_resid(apply_ln=True, return_labels=True)
    assert labels[-1] == "final_post"
    assert (stack[-1] @ subject.W_U - logits).abs().max() < 1e-4 * scale
    parts = cache.decompose_resid()
    assert (parts.sum(0) - cache["resid_post", layers - 1]).abs().max() < 1e-4 * scale
    assert cache.stack_head_results().shape == (layers * heads, BATCH, POS, subject.cfg.d_model)
    read = logit_lens(subject, TOKENS, positions=None)
    assert (read.values[-1] - logits).abs().max() < 1e-4 * scale
    patched = patching.get_act_patch_resid_pre(subject, TOKENS.flip(1), cache, lambda out: out[0, -1, 5])
    assert patched.shape == (layers, POS)
    assert patched.std() > 0
    learned = fit_das(
        subject, "blocks.1.hook_resid_pre", TOKENS, TOKENS.flip(0), torch.arange(BATCH),
        lambda tokens: subject(tokens)[:, -1], rank=2, epochs=20,
        base_positions=torch.full((BATCH,), POS - 1), source_positions=torch.full((BATCH,), POS - 1),
    )  # fmt: skip
    assert min(learned.losses) < learned.losses[0]  # the choice of experts jumps: not every step is downhill
    _, bare = subject.run_with_cache(TOKENS, return_cache_object=False, names_filter="hook_embed")
    assert list(bare) == ["hook_embed"]
