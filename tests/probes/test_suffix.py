"""Patched runs that go on from the clean one are the whole passes under a hook, on every architecture that can."""

import pytest
import torch

from reasonlab.probes.interventions import hooked_logits, variant_logits
from reasonlab.probes.suffix import SEQUENCES, continues, suffix_logits
from reasonlab.probes.variants import Variant

COMPONENTS = ("hook_resid_pre", "hook_resid_mid", "hook_attn_out", "attn.hook_z", "hook_mlp_out", "hook_resid_post")


def variants_of(model, sequences, generator):
    """Each component at each layer, at the first, a middle and the last position; reads before, at and after it."""
    found = [Variant(sequences[0], (1, 4))]
    for component in COMPONENTS:
        for layer in range(model.cfg.n_layers):
            for tokens in sequences:
                last = len(tokens) - 1
                for position in (0, 5, last):
                    for head in (None, 1) if component == "attn.hook_z" else (None,):
                        size = (model.cfg.d_model,)
                        if component == "attn.hook_z":
                            size = (model.cfg.d_head,) if head else (model.cfg.n_heads, model.cfg.d_head)
                        value = torch.randn(size, generator=generator)
                        reads = (position, last, 2) if head is None else (last,)
                        hook = f"blocks.{layer}.{component}"
                        found.append(Variant(tokens, reads, hook, position, head, value))
    return found


def sequences_of(count, generator):
    lengths = torch.randint(8, 26, (count,), generator=generator).tolist()
    return [tuple(torch.randint(0, 40, (length,), generator=generator).tolist()) for length in lengths]


def test_equal_to_the_whole_pass(subject):
    generator = torch.Generator().manual_seed(1)
    variants = variants_of(subject, sequences_of(3, generator), generator)
    if type(subject).__name__ in ("ByteLatent", "DeepseekV3"):  # patches; latent attention
        assert not continues(subject, variants)
        return
    assert continues(subject, variants)
    done = []
    fast, slow = suffix_logits(subject, variants, batch=7, progress=done.append), hooked_logits(subject, variants)
    assert sum(done) == len(variants)
    for variant, a, b in zip(variants, fast, slow):
        assert a.shape == b.shape == (len(variant.reads), subject.cfg.d_vocab)
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_the_patches_matter(subjects):
    """So that equality above is not the equality of things that nothing moves."""
    model, generator = subjects.random_model("qwen3"), torch.Generator().manual_seed(2)
    variants = variants_of(model, sequences_of(2, generator), generator)
    plain = suffix_logits(model, [Variant(v.tokens, v.reads) for v in variants])
    moved = [bool((a - b).abs().max() > 1e-3) for a, b in zip(plain, suffix_logits(model, variants))]
    assert sum(moved) > 0.9 * len(moved)


def test_more_sequences_than_are_held_at_once(subjects):
    model, generator = subjects.random_model("qwen3"), torch.Generator().manual_seed(3)
    variants = [
        Variant(tokens, (7,), "blocks.0.hook_mlp_out", 3, None, torch.randn(32, generator=generator))
        for tokens in sequences_of(SEQUENCES + 9, generator)
    ]
    for a, b in zip(suffix_logits(model, variants), hooked_logits(model, variants)):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("reason", ["another hook", "another site"])
def test_what_it_cannot_do_is_left_to_the_whole_pass(subjects, reason):
    model = subjects.random_model("qwen3")
    site = "blocks.1.hook_mlp_in" if reason == "another site" else "blocks.1.hook_mlp_out"
    variants = [Variant((1, 2, 3, 4), (3,), site, 2, None, torch.ones(32))]
    hooks = [("blocks.0.hook_resid_post", lambda x, hook: 2 * x)] if reason == "another hook" else []
    with model.hooks(fwd_hooks=hooks):
        assert not continues(model, variants)
        (found,) = variant_logits(model, variants)
        (wanted,) = hooked_logits(model, variants)
    assert torch.equal(found, wanted)
