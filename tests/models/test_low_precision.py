"""In bfloat16 every architecture says nearly what it says in float32."""

import copy

import torch


@torch.no_grad()
def test_bfloat16_stays_close(subject, subjects):
    """At most positions: where two experts are nearly as good, rounding may choose the other."""
    tokens = subjects.tokens(3, 40)
    exact = subject(tokens)
    low = copy.deepcopy(subject).to(torch.bfloat16)
    cast = low(tokens)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = subject(tokens)
    for logits in (cast, mixed):
        assert logits.dtype == torch.bfloat16
        assert ((logits - exact).abs().amax(-1).median() / exact.abs().max()).item() < 0.02
