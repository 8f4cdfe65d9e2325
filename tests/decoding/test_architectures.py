"""Cached generation of every architecture is its uncached forward pass: beyond windows and chunks, with prompts of
every length in one tile, and with rows that finish early."""

import pytest
import torch

from reasonlab.decoding import generate

pytestmark = pytest.mark.usefixtures("kernels")


def prompts(subjects, count, longest=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (count,), generator=generator).tolist()
    return [torch.randint(8, subjects.VOCAB, (n,), generator=generator).tolist() for n in lengths]


@torch.no_grad()
def slow_greedy(model, prompt, max_new_tokens, eos=None):
    tokens, logprobs = list(prompt), []
    while len(logprobs) < max_new_tokens and len(tokens) <= model.cfg.n_ctx:
        said = model(torch.tensor([tokens]))[0, -1].log_softmax(-1)
        tokens.append(int(said.argmax()))
        logprobs.append(said.max().item())
        if tokens[-1] == eos:
            break
    return tuple(tokens[len(prompt) :]), logprobs


@pytest.mark.parametrize("hooked", [False, True], ids=["as fast as it goes", "under a hook"])
@pytest.mark.parametrize("tile", [1, 5, 64])
def test_cached_is_uncached(subject, subjects, tile, hooked):
    batch = prompts(subjects, 14)
    eos = slow_greedy(subject, batch[0], 24)[0][6]  # some rows say it early, some never
    hooks = [("hook_embed", lambda x, hook: None)] if hooked else []
    with subject.hooks(fwd_hooks=hooks):
        said = generate(subject, batch, max_new_tokens=24, eos_id=eos, tile=tile)
    lengths = set()
    for prompt, generation in zip(batch, said):
        tokens, logprobs = slow_greedy(subject, prompt, 24, eos)
        assert generation.tokens == tokens
        assert generation.logprobs == pytest.approx(logprobs, abs=1e-4)
        lengths.add(len(tokens))
    assert len(lengths) > 2  # rows finish at different times, or this test shows less than it claims


@torch.no_grad()
def test_a_windowed_layer_keeps_no_more_than_its_window(subject, subjects):
    from reasonlab.decoding.cache import Prefill, StaticCache

    prefill = Prefill(torch.device("cpu"))
    lengths = torch.tensor([40, 33])
    subject(subjects.tokens(2, 40), cache=prefill)
    cache = StaticCache(prefill, lengths, torch.tensor([0, 1]), 20, subject.windows())
    for slots, window in zip(cache.layers, subject.windows(), strict=True):
        assert slots.k.shape[2] == (60 if window is None else min(60, 2 * window))
