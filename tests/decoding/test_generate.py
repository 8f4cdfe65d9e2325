"""Cached generation against its slow twin, a full forward pass a token; rows that differ, finish early, and sample."""

import math

import pytest
import torch

from reasonlab.decoding import Generation, Step, generate
from reasonlab.language.errors import BadInput
from reasonlab.models import Qwen3Config, create

VOCAB, EOS, LIMIT = 40, 37, 64
CONFIG = Qwen3Config(
    vocab_size=VOCAB, d_model=32, n_layers=2, n_heads=4, n_kv_heads=2, d_head=8, d_mlp=48, max_positions=LIMIT
)


def make_model():
    model = create("qwen3", CONFIG)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model


MODEL = make_model()


pytestmark = pytest.mark.usefixtures("kernels")


def prompts(count, longest=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (count,), generator=generator).tolist()
    return [torch.randint(8, VOCAB, (n,), generator=generator).tolist() for n in lengths]


@torch.no_grad()
def slow_logits(tokens):
    return MODEL(torch.tensor([tokens]))[0, -1]


def slow_greedy(prompt, max_new_tokens):
    tokens, logprobs = list(prompt), []
    while len(logprobs) < max_new_tokens and len(tokens) <= LIMIT:
        said = slow_logits(tokens).log_softmax(-1)
        tokens.append(int(said.argmax()))
        logprobs.append(said.max().item())
        if tokens[-1] == EOS:
            break
    return tuple(tokens[len(prompt) :]), logprobs


@pytest.mark.parametrize("tile", [1, 5, 64])
def test_cached_is_uncached(tile):
    """Rows of 1 to 40 tokens, some of which end early, in tiles of any size: the same tokens and log-probabilities."""
    batch = prompts(16)
    said = generate(MODEL, batch, max_new_tokens=12, eos_id=EOS, tile=tile)
    assert [g.prompt for g in said] == list(range(16))
    assert 1 <= sum(g.finished for g in said) <= 15  # or this test shows less than it claims
    for prompt, generation in zip(batch, said):
        tokens, logprobs = slow_greedy(prompt, 12)
        assert generation.tokens == tokens
        assert generation.finished == (tokens[-1] == EOS)
        assert generation.logprobs == pytest.approx(logprobs, abs=1e-4)


def test_long_attention_path_agrees_too(monkeypatch):
    batch = prompts(8)
    short = generate(MODEL, batch, max_new_tokens=10, eos_id=EOS)
    monkeypatch.setattr("reasonlab.models.attention.LONGEST_MATMUL_ATTENTION", 0)
    assert [g.tokens for g in generate(MODEL, batch, max_new_tokens=10, eos_id=EOS)] == [g.tokens for g in short]


def test_packed_steps_are_the_forward_pass():
    """A hook that changes nothing sends every step through the model's own forward pass."""
    batch = prompts(12)
    packed = generate(MODEL, batch, max_new_tokens=12, eos_id=EOS)
    calls = []
    with MODEL.hooks(fwd_hooks=[("hook_embed", lambda x, hook: calls.append(x.shape[1]))]):
        plain = generate(MODEL, batch, max_new_tokens=12, eos_id=EOS)
    assert calls[1:] == [1] * 11
    assert [g.tokens for g in packed] == [g.tokens for g in plain]
    for a, b in zip(packed, plain):
        assert a.logprobs == pytest.approx(b.logprobs, abs=1e-4)


def test_bfloat16_says_what_its_weights_say_in_float32():
    """Its cache and, without compiled kernels, its arithmetic are rounded: log-probabilities move by hundredths."""
    half = make_model().bfloat16()
    batch = prompts(12)
    for generation in generate(half, batch, max_new_tokens=8, eos_id=None):
        tokens = batch[generation.prompt] + list(generation.tokens)
        with torch.no_grad():
            said = create_like(half)(torch.tensor([tokens[:-1]]))[0].log_softmax(-1)
        expected = [said[i - 1, tokens[i]].item() for i in range(len(batch[generation.prompt]), len(tokens))]
        assert generation.logprobs == pytest.approx(expected, abs=0.15)


def create_like(model):
    """The same weights in float32."""
    copy = create("qwen3", CONFIG)
    copy.load_state_dict(model.state_dict())
    return copy


def test_rows_stop_where_the_positions_end():
    """A prompt of max_positions tokens has one new token; shorter rows in its tile go on."""
    batch = [list(range(8, 40)) * 2, [9, 10], [11] * 62]
    said = generate(MODEL, batch, max_new_tokens=30, eos_id=None)
    assert [len(g.tokens) for g in said] == [1, 30, 3]
    assert not any(g.finished for g in said)
    assert said[1].tokens == generate(MODEL, [batch[1]], max_new_tokens=30, eos_id=None)[0].tokens


def test_samples_depend_on_seed_row_and_sample_alone():
    batch = prompts(6, longest=12)
    options = {"max_new_tokens": 8, "eos_id": EOS, "temperature": 1.0, "n": 3}
    said = generate(MODEL, batch, seed=5, **options)
    assert [(g.prompt, g.sample) for g in said] == [(i, s) for i in range(6) for s in range(3)]
    assert generate(MODEL, batch, seed=5, **options) == said
    assert [g.tokens for g in generate(MODEL, batch, seed=6, **options)] != [g.tokens for g in said]
    assert len({g.tokens for g in said[:3]}) > 1
    # Other neighbours, other tiles, fewer samples, a shorter request: each row says the same.
    for tile in (1, 2, 7):
        assert [g.tokens for g in generate(MODEL, batch, seed=5, tile=tile, **options)] == [g.tokens for g in said]
    fewer = generate(MODEL, batch[:2], seed=5, **{**options, "n": 2, "max_new_tokens": 4})
    assert [g.tokens for g in fewer] == [said[i].tokens[:4] for i in (0, 1, 3, 4)]


def test_sampled_tokens_follow_the_model():
    """2,000 samples of one token against the model's own distribution, by the chi-square statistic."""
    said = generate(MODEL, [[9, 10]], max_new_tokens=1, eos_id=None, temperature=1.0, n=2000, tile=500)
    p = slow_logits([9, 10]).softmax(-1)
    counts = torch.bincount(torch.tensor([g.tokens[0] for g in said]), minlength=VOCAB)
    common = p > 0.005
    statistic = ((counts - 2000 * p)[common] ** 2 / (2000 * p[common])).sum().item()
    freedom = int(common.sum())
    assert freedom > 5
    assert statistic < freedom + 4 * math.sqrt(2 * freedom)
    assert all(g.logprobs[0] == pytest.approx(p[g.tokens[0]].log().item(), abs=1e-4) for g in said[:50])


def test_hooks_fire_with_the_cache_and_steps_say_where():
    """Zeroing one head throughout: cached generation under the hook says what uncached passes under it say."""

    def silence(z, hook):
        z[:, :, 1] = 0
        return z

    batch = prompts(5, longest=9)
    seen: list[Step] = []
    with MODEL.hooks(fwd_hooks=[("blocks.0.attn.hook_z", silence)]):
        said = generate(MODEL, batch, max_new_tokens=6, eos_id=None, n=2, tile=4, on_step=seen.append)
        for generation in said:
            assert generation.tokens == slow_greedy_without_end(batch[generation.prompt], 6)
    plain = generate(MODEL, batch, max_new_tokens=6, eos_id=None)
    assert [g.tokens for g in plain] != [g.tokens for g in said[::2]]
    for row, prompt in enumerate(batch):
        prefills = [s.positions[list(s.prompt).index(row)] for s in seen if row in s.prompt and s.sample[0] == -1]
        assert len(prefills) == 1
        assert prefills[0][prefills[0] >= 0].tolist() == list(range(len(prompt)))
        stepped = [int(p) for s in seen for r, k, p in zip(s.prompt, s.sample, s.positions[:, 0]) if (r, k) == (row, 1)]
        assert stepped == list(range(len(prompt), len(prompt) + 5))


def slow_greedy_without_end(prompt, count):
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(int(slow_logits(tokens).argmax()))
    return tuple(tokens[len(prompt) :])


def test_progress_counts_rows():
    calls = []
    generate(MODEL, prompts(5), max_new_tokens=2, eos_id=None, n=2, tile=4, progress=lambda *done: calls.append(done))
    assert calls == [(4, 10), (8, 10), (10, 10)]


def test_nothing_to_do():
    assert generate(MODEL, [], max_new_tokens=3, eos_id=EOS) == []
    assert isinstance(generate(MODEL, [[9]], max_new_tokens=1, eos_id=EOS)[0], Generation)


@pytest.mark.parametrize(
    ("prompt", "options", "message"),
    [
        ([], {}, "prompt 1 has 0 tokens"),
        ([9] * 65, {}, "prompt 1 has 65 tokens; expected 1 to 64"),
        ([40], {}, "prompt 1 holds token ids from 40 to 40"),
        ([-1], {}, "ids from -1"),
        ([9], {"max_new_tokens": 0}, "max_new_tokens = 0"),
        ([9], {"n": 0}, "n = 0"),
        ([9], {"tile": 0}, "tile = 0"),
        ([9], {"temperature": -1.0}, "temperature = -1"),
        ([9], {"temperature": float("nan")}, "temperature = nan"),
        ([9], {"top_k": 0}, "top_k = 0"),
        ([9], {"top_p": 0.0}, "top_p = 0"),
        ([9], {"top_p": 1.5}, "top_p = 1.5"),
    ],
)
def test_bad_requests_are_refused(prompt, options, message):
    with pytest.raises(BadInput, match=message):
        generate(MODEL, [[9], prompt], **{"max_new_tokens": 2, "eos_id": EOS, **options})
