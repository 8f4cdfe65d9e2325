"""The byte-latent transformer: causal to the last bit of a boundary, equal to a slow twin that takes the text patch by
patch, equal from a cache; and mistakes in each of these are caught.

Mistakes caught, each by the check named beside it in MISTAKES: attention beyond the own patch; pooling over the next
patch; reading the patch a byte is in; reading the patch before the last; a boundary a byte late; a boundary from the
entropy after the byte; encoder, decoder, entropy model or patch transformer not causal; a threshold of the batch;
a step that forgets where its patch began, or which number it has.
"""

import json

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from reasonlab.decoding.cache import Prefill, StaticCache
from reasonlab.language.errors import BadInput
from reasonlab.models import ARCHITECTURES, ByteTokenizer, create, load, save
from reasonlab.models.attention import Context, GroupedQueryAttention
from reasonlab.models.entropy import EntropyModel, entropy
from reasonlab.models.patches import OwnPatch, Patches, StepContext

LENGTH = 24
Config = ARCHITECTURES["byte_latent"].Config


@pytest.fixture
def model(subjects):
    return subjects.random_model("byte_latent")


@pytest.fixture
def texts(subjects):
    return subjects.tokens(3, LENGTH, seed=5)


def plain(model, length):
    return Context(model.rotary, length, None, None)


@torch.no_grad()
def entropies(model, text):
    """Of byte t + 1, from bytes 0 to t and nothing else."""
    return [entropy(model.entropy(text[:, :n], plain(model, n))[0, -1]).item() for n in range(1, text.shape[1] + 1)]


@torch.no_grad()
def slow_logits(model, text):
    """One text [1 pos], cut into patches that are each taken alone."""
    uncertain, threshold, length = entropies(model, text), model.entropy.threshold.item(), text.shape[1]
    begins = [0, *(t + 1 for t in range(length) if uncertain[t] > threshold)]
    patches = [range(a, b) for a, b in zip(begins, [*begins[1:], length]) if a < b]
    complete = len(begins) - 1
    middle = model.blocks[model.config.patch_layer]
    x = model.embed(text)
    for block in model.blocks[: model.config.patch_layer]:
        x = block(x, plain(model, length))
    alone = [x[:, p.start : p.stop] for p in patches]
    x = torch.cat(
        [y + GroupedQueryAttention.forward(middle.attn, y, middle.ln1, plain(model, y.shape[1])) for y in alone], 1
    )
    latents = [middle.mlp.start.expand(1, -1)]
    for number in range(complete):
        last = [p.stop - 1 for p in patches[: number + 1]]
        z = middle.mlp.up_proj(middle.ln2(x[:, last]))
        for block in middle.mlp.blocks:
            z = block(z, plain(model, len(last)))
        latents.append(middle.mlp.ln_final(z)[:, -1])
    known = [sum(p.stop - 1 <= t for p in patches[:complete]) for t in range(length)]
    x = x + torch.stack([middle.mlp.down_proj(latents[n]) for n in known], 1)
    for block in model.blocks[model.config.patch_layer + 1 :]:
        x = block(x, plain(model, length))
    return model.unembed(model.ln_final(x))


def twin(model, texts, wanted):
    """The largest difference from what the slow twin said."""
    return max((model(row[None]) - slow).abs().max().item() for row, slow in zip(texts, wanted))


def leak(model, texts, wanted):
    """How much a logit moves, at most, when a byte after it changes."""
    before, worst = model(texts), 0.0
    for t in range(1, LENGTH):
        for shift in (1, 7, 20):
            changed = texts.clone()
            changed[:, t] = (changed[:, t] - 8 + shift) % 32 + 8
            worst = max(worst, (model(changed) - before)[:, :t].abs().max().item())
    return worst


def company(model, texts, wanted):
    """How much a row's logits depend on the other rows and on padding, at most."""
    together = model(torch.cat((texts, texts.new_zeros(3, 9)), 1))
    return max((together[i, :LENGTH] - model(row[None])[0]).abs().max().item() for i, row in enumerate(texts))


def steps(model, texts, wanted):
    """How far the logits of single steps from a cache are, at most, from those of the whole."""
    lengths = torch.tensor([4, 13, 8])
    prefill = Prefill(torch.device("cpu"), lengths)
    whole = model(texts)
    model(texts[:, :13], cache=prefill)
    cache = StaticCache(prefill, lengths, torch.arange(3), 11, model.windows())
    worst, rows = 0.0, torch.arange(3)
    for step in range(11):
        at = lengths + step
        if step == 5:  # the second row leaves
            cache.keep(torch.tensor([0, 2]))
            rows = torch.tensor([0, 2])
        said = model(texts[rows, at[rows]][:, None], positions=cache.positions(1), cache=cache)[:, 0]
        worst = max(worst, (said - whole[rows, at[rows]]).abs().max().item())
    return worst


CHECKS = [twin, leak, company, steps]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 1.0])
@torch.no_grad()
def test_the_model_is_sound(model, texts, check, share):
    """With patches from one byte to the whole text: `share` of the bytes end one."""
    ordered = sorted(value for row in texts for value in entropies(model, row[None]))
    place = round((1 - share) * len(ordered))
    model.entropy.threshold.fill_((([0.0, *ordered])[place] + [*ordered, 9.0][place]) / 2)
    wanted = [slow_logits(model, row[None]) for row in texts]
    assert check(model, texts, wanted) < 1e-4 * model(texts).abs().max()


@torch.no_grad()
def test_changes_flip_boundaries(model, texts):
    """Else the test of leaks would show less than it says."""
    flips = 0
    before = model.entropy.boundaries(texts, plain(model, LENGTH))
    for t in range(1, LENGTH):
        changed = texts.clone()
        changed[:, t] = (changed[:, t] - 7) % 32 + 8
        after = model.entropy.boundaries(changed, plain(model, LENGTH))
        assert torch.equal(before[:, :t], after[:, :t])
        flips += int((before != after)[:, t].sum())
    assert flips > 10


class Unmasked(Context):
    def __init__(self, context):
        self.__dict__.update(context.__dict__, _blocked={}, _added={})

    def _make_blocked(self, keys, window, chunk):
        return torch.zeros(1, self.positions.shape[1], keys, dtype=torch.bool)


def unmask(monkeypatch, attn):
    kind = GroupedQueryAttention.forward
    monkeypatch.setattr(attn, "forward", lambda resid, ln, context: kind(attn, resid, ln, Unmasked(context)))


def change_ending(monkeypatch, change):
    ending = Patches.ending.__func__

    def changed(cls, ends, positions, cache):
        return change(lambda ends=ends, cache=cache: ending(cls, ends, positions, cache), ends, cache)

    monkeypatch.setattr(Patches, "ending", classmethod(changed))


def beyond_the_own_patch(monkeypatch, model):
    monkeypatch.setattr(OwnPatch, "_make_blocked", Context._make_blocked)


def over_the_next_patch(monkeypatch, model):
    def next_too(self, keys, window, chunk):
        number = torch.stack([row.unique_consecutive(return_inverse=True)[1] for row in self.starts])
        return (torch.arange(keys) < self.starts[:, :, None]) | (number[:, None] > number[:, :, None] + 1)

    monkeypatch.setattr(OwnPatch, "_make_blocked", next_too)


def reading_the_patch_it_is_in(monkeypatch, model):
    def change(ending, ends, cache):
        patches = ending()
        return patches._replace(complete=patches.complete + ~ends)

    change_ending(monkeypatch, change)


def reading_the_patch_before_the_last(monkeypatch, model):
    def change(ending, ends, cache):
        patches = ending()
        return patches._replace(complete=(patches.complete - 1).clamp(min=0))

    change_ending(monkeypatch, change)


def a_boundary_a_byte_late(monkeypatch, model):
    change_ending(monkeypatch, lambda ending, ends, cache: ending(ends.roll(1, 1)))


def a_boundary_from_the_entropy_after_the_byte(monkeypatch, model):
    change_ending(monkeypatch, lambda ending, ends, cache: ending(ends.roll(-1, 1)))


def a_threshold_of_the_batch(monkeypatch, model):
    def boundaries(self, tokens, context):
        uncertain = entropy(self(tokens, context))
        return uncertain > uncertain.median()

    monkeypatch.setattr(EntropyModel, "boundaries", boundaries)


def encoder_not_causal(monkeypatch, model):
    unmask(monkeypatch, model.blocks[0].attn)


def decoder_not_causal(monkeypatch, model):
    unmask(monkeypatch, model.blocks[-1].attn)


def entropy_model_not_causal(monkeypatch, model):
    unmask(monkeypatch, model.entropy.blocks[0].attn)


def patch_transformer_not_causal(monkeypatch, model):
    unmask(monkeypatch, model.blocks[1].mlp.blocks[0].attn)


def a_step_forgets_where_its_patch_began(monkeypatch, model):
    def change(ending, ends, cache):
        if cache is not None and "patch_start" in cache.state:
            cache.state["patch_start"] = torch.zeros_like(cache.state["patch_start"])
        return ending()

    change_ending(monkeypatch, change)


def a_step_forgets_the_number_of_its_patch(monkeypatch, model):
    def change(ending, ends, cache):
        if cache is not None and "patch_count" in cache.state:
            cache.state["patch_count"] = torch.zeros_like(cache.state["patch_count"])
        return ending()

    change_ending(monkeypatch, change)


def a_step_sees_places_not_yet_taken(monkeypatch, model):
    monkeypatch.setattr(
        StepContext, "_make_blocked", lambda self, keys, window, chunk: torch.zeros(len(self.positions), 1, keys) > 0
    )


MISTAKES = [
    (beyond_the_own_patch, twin),
    (over_the_next_patch, leak),
    (reading_the_patch_it_is_in, leak),
    (reading_the_patch_before_the_last, twin),
    (a_boundary_a_byte_late, twin),
    (a_boundary_from_the_entropy_after_the_byte, leak),
    (encoder_not_causal, leak),
    (decoder_not_causal, leak),
    (entropy_model_not_causal, leak),
    (patch_transformer_not_causal, leak),
    (a_threshold_of_the_batch, leak),
    (a_threshold_of_the_batch, company),
    (a_step_forgets_where_its_patch_began, steps),
    (a_step_forgets_the_number_of_its_patch, steps),
    (a_step_sees_places_not_yet_taken, steps),
]


@pytest.mark.parametrize(
    ("mistake", "check"), MISTAKES, ids=[f"{m.__name__.replace('_', ' ')}: {c.__name__}" for m, c in MISTAKES]
)
@torch.no_grad()
def test_a_mistake_is_caught(model, texts, monkeypatch, mistake, check):
    wanted = [slow_logits(model, row[None]) for row in texts]
    scale = model(texts).abs().max()
    assert check(model, texts, wanted) < 1e-4 * scale
    mistake(monkeypatch, model)
    assert check(model, texts, wanted) > 1e-2 * scale


def test_neither_model_bends_the_other(model, texts):
    hidden = model.hidden(texts)
    model.unembed(hidden).square().sum().backward(retain_graph=True)
    assert all(parameter.grad is None for parameter in model.entropy.parameters())
    model.zero_grad(set_to_none=True)
    model.further_loss(texts, hidden, torch.ones_like(texts, dtype=torch.bool)).backward()
    assert all(parameter.grad is not None for parameter in model.entropy.parameters())
    named = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert all(name.startswith("entropy.") for name in named)


def test_the_entropy_models_loss_is_of_the_whole_text_and_of_no_padding(model, texts):
    padded = torch.cat((texts, texts.new_zeros(3, 9)), 1)
    wanted = torch.zeros_like(padded, dtype=torch.bool)
    wanted[:, 10 : LENGTH - 1] = True  # the chain, up to the position before its last byte
    logits = model.entropy(texts, plain(model, LENGTH))[:, :-1]
    slow = torch.nn.functional.cross_entropy(logits.flatten(0, 1), texts[:, 1:].flatten())
    assert abs(model.further_loss(padded, torch.zeros(()), wanted) - slow) < 1e-5


def test_the_threshold_is_midway_between_two_entropies_and_gives_the_size_asked_for(model):
    small = model.entropy
    small.threshold.zero_()
    seen = torch.tensor([0.1, 0.9, 0.4, 0.8, 0.2, 0.3])
    small.observe(seen)  # three bytes a patch
    small.follow()
    assert small.threshold.item() == pytest.approx((0.8 + 0.4) / 2)
    assert model.load_metrics() == {"patch_size": 1.0}  # with the threshold that there was
    small.observe(seen + 1)
    small.follow()
    assert small.threshold.item() == pytest.approx((0.6 + 1.6) / 2)  # a step of the way
    small.observe(seen)
    assert model.load_metrics() == {"patch_size": 12 / 6}  # all of six bytes, then none of six
    assert model.load_metrics() == {}
    before = small.threshold.clone()
    small.follow()
    small.follow()
    assert small.threshold != before
    assert torch.equal(small.threshold, torch.lerp(before, torch.tensor(0.6), 0.5))  # a batch counts once


def test_a_folder_gives_the_same_logits_and_no_other_library_takes_it(model, texts, tmp_path):
    config = Config(vocab_size=260, max_positions=64, d_model=32, n_layers=2, n_heads=2, n_kv_heads=2, d_head=16,
                    d_patch=32, d_entropy=32)  # fmt: skip
    made = create("byte_latent", config, seed=1)
    made.entropy.threshold.fill_(5.5)
    save(made, ByteTokenizer(), tmp_path)
    loaded, tokenizer = load(tmp_path)
    assert isinstance(tokenizer, ByteTokenizer)
    assert loaded.config == config
    assert torch.equal(loaded(texts), made(texts))
    assert loaded.entropy.threshold == 5.5
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "byte_latent"
    for kind in (AutoConfig, AutoModelForCausalLM):
        with pytest.raises(ValueError, match=r"byte_latent.*not recognize this architecture"):
            kind.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("d_patch", 40, "d_patch = 40; expected a multiple of d_head = 32"),
        ("d_entropy", 16, "d_entropy = 16; expected a multiple of d_head = 32"),
        ("patch_layer", 4, "patch_layer = 4; expected less than n_layers = 4"),
        ("patch_size", 1.0, "patch_size = 1.0; expected more than 1 byte"),
        ("window", 0, "window = 0; expected a positive number"),
    ],
)
def test_a_shape_that_is_none_is_one_line(field, value, said):
    with pytest.raises(BadInput, match=said):
        Config.preset("tiny", 260, **{field: value})


@torch.no_grad()
def test_boundaries_can_be_set_by_hand(model, texts):
    """The point of the cut: with every byte a patch, what is read at a byte is the latent of that byte."""
    name = f"blocks.{model.config.patch_layer}.mlp.hook_patch_latent"
    with model.hooks(fwd_hooks=[("entropy.hook_boundary", lambda ends, hook: torch.ones_like(ends))]):
        _, cache = model.run_with_cache(texts)
    assert cache[name].shape[1] == LENGTH
    read = model.blocks[model.config.patch_layer].mlp.down_proj(cache[name])
    assert (cache["mlp_out", model.config.patch_layer] - read).abs().max() < 1e-5
