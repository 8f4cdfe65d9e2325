"""Each fast path against its slow twin, values and gradients."""

import dataclasses

import pytest
import torch

from reasonlab.models import Qwen3Config, attention, create
from reasonlab.models.fused import RMSNormFunction, RMSNormRotateFunction
from reasonlab.models.hooked import RMSNorm
from reasonlab.models.rotary import rotate

CONFIG = Qwen3Config(
    vocab_size=40, d_model=32, n_layers=2, n_heads=6, n_kv_heads=3, d_head=8, d_mlp=48, max_positions=64
)
TOKENS = torch.randint(0, 40, (3, 20), generator=torch.Generator().manual_seed(0))


def random_model(**changes):
    model = create("qwen3", dataclasses.replace(CONFIG, **changes))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model


def logits_and_gradients(model):
    model.zero_grad()
    logits = model(TOKENS)
    (logits * torch.linspace(-1, 1, logits.numel()).view_as(logits)).sum().backward()
    gradients = (torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in model.parameters())
    return [logits.detach(), *gradients]


def assert_same(ours, theirs, tolerance=2e-5):
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).abs().max() <= tolerance * max(1.0, b.abs().max().item())


def look(x, hook):
    """A hook that changes nothing: it only forces the path that computes this point."""


def test_every_path_through_the_model_is_the_same_function(monkeypatch, subject):
    matmul = logits_and_gradients(subject)
    assert matmul[0].std() > 0.1
    monkeypatch.setattr(attention, "LONGEST_MATMUL_ATTENTION", 0)
    assert_same(logits_and_gradients(subject), matmul)  # scaled_dot_product_attention
    for suffix in ("attn_scores", "pattern", "result", "_input", "normalized", "rot_q", "hook_k", "expert_out"):
        with subject.hooks(fwd_hooks=[(lambda name, suffix=suffix: name.endswith(suffix), look)]):
            assert_same(logits_and_gradients(subject), matmul)
    with subject.hooks(fwd_hooks=[(lambda name: True, look)]):
        assert_same(logits_and_gradients(subject), matmul)


def test_a_tied_weight_takes_both_gradients():
    model = random_model(tie_embeddings=True)
    assert_same(logits_and_gradients(model), logits_and_gradients(model))
    assert model.unembed.weight is model.embed.weight
    assert len(list(model.parameters())) == len(list(random_model().parameters())) - 1


def test_without_gradients_the_same_logits():
    model = random_model()
    with_gradients = model(TOKENS)
    with torch.no_grad():
        assert_same([model(TOKENS)], [with_gradients])
    with torch.inference_mode():
        assert_same([model(TOKENS)], [with_gradients])


def test_the_hidden_state_and_chosen_logits():
    model = random_model()
    full = model(TOKENS)
    assert_same([model.unembed(model.hidden(TOKENS))], [full])
    at = torch.tensor([[3, 19], [0, 0], [7, 2]])
    assert_same([model(TOKENS, logits_at=at)], [full[torch.arange(3)[:, None], at]])


def test_fused_norm_is_the_explicit_norm():
    norm = RMSNorm(16, 1e-6)
    torch.nn.init.normal_(norm.weight)
    x = torch.randn(4, 5, 16, requires_grad=True)
    g = torch.randn(4, 5, 16)
    fast = RMSNormFunction.apply(x, norm.weight, 1e-6, torch.float32)[0]
    assert_same([fast, *torch.autograd.grad(fast, (x, norm.weight), g)], slow_norm(norm, x, g))


def slow_norm(norm, x, g):
    slow = norm.explicit(x)
    return [slow, *torch.autograd.grad(slow, (x, norm.weight), g)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fused_norm_and_rotation_are_the_two_in_turn(dtype):
    norm = RMSNorm(8, 1e-6)
    torch.nn.init.normal_(norm.weight)
    x = torch.randn(2, 7, 3, 8, dtype=dtype, requires_grad=True)
    g = torch.randn(2, 3, 7, 8, dtype=dtype)
    angle = torch.randn(7, 4).repeat(1, 2)
    fast = RMSNormRotateFunction.apply(x, norm.weight, angle.cos(), angle.sin(), 1e-6)[0]
    slow = rotate(norm.explicit(x.float()), angle.cos()[None, :, None], angle.sin()[None, :, None]).transpose(1, 2)
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    inputs = (x, norm.weight)
    assert_same(
        [fast, *torch.autograd.grad(fast, inputs, g)],
        [slow, *torch.autograd.grad(slow, inputs, g.float())],
        tolerance,
    )


def test_gradients_under_vmap():
    """TransformerLens and torch.func take many gradients at once."""
    model = random_model()
    x = torch.randn(2, 6, 32, requires_grad=True)
    y = model.blocks[0].ln1(x)
    directions = torch.randn(5, *y.shape)
    (batched,) = torch.autograd.grad(y, x, directions, is_grads_batched=True, retain_graph=True)
    each = torch.stack([torch.autograd.grad(y, x, d, retain_graph=True)[0] for d in directions])
    assert_same([batched], [each])
