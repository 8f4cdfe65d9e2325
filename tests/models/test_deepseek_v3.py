"""What a match of logits with transformers cannot see: absorbed decoding, balance, and predicting further tokens."""

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM

from reasonlab.decoding import generate
from reasonlab.decoding.cache import Prefill, StaticCache
from reasonlab.models import create, save
from reasonlab.models.balanced_router import sequence_imbalance

KIND = "deepseek_v3"


def look(x, hook):
    """A hook that changes nothing."""


@torch.no_grad()
def decode(model, tokens, given, hooks=()):
    """The logits of the last tokens, one pass each, from a cache; rows of unlike lengths if `given` says so."""
    prefill, lengths = Prefill(torch.device("cpu")), torch.tensor(given)
    model(tokens[:, : max(given)], cache=prefill)
    room = tokens.shape[1] - max(given)
    cache = StaticCache(prefill, lengths, torch.arange(len(given)), room, model.windows())
    said = []
    with model.hooks(fwd_hooks=list(hooks)):
        for step in range(room):
            column = torch.stack([row[n + step : n + step + 1] for row, n in zip(tokens, given)])
            said.append(model(column, cache=cache, positions=cache.positions(1))[:, 0])
    return torch.stack(said, 1), cache


@pytest.mark.parametrize("given", [[9, 9], [9, 4]], ids=["even", "padded"])
@pytest.mark.parametrize("q_rank", [None, 18])
@torch.no_grad()
def test_absorbed_is_naive_is_the_full_forward(subjects, given, q_rank):
    model, tokens = subjects.random_model(KIND, q_rank=q_rank), subjects.tokens(2, 40)
    full = model(tokens)
    wanted = torch.stack([row[n : n + 31] for row, n in zip(full, given)])
    absorbed, cache = decode(model, tokens, given)
    seen = []
    names = [
        (f"blocks.{layer}.attn.hook_{point}", lambda x, hook: seen.append((hook.name, x.shape)))
        for layer in range(3)
        for point in ("k", "v")
    ]
    naive, _ = decode(model, tokens, given, names)
    assert len(seen) == 31 * 6
    assert seen[0] == ("blocks.0.attn.hook_k", (2, 10, 4, 18))  # every token so far, made from its latent
    scale = wanted.abs().max()
    assert (absorbed - naive).abs().max() < 1e-5 * scale
    assert (absorbed - wanted).abs().max() < 1e-5 * scale
    for slots in cache.layers:
        assert slots.k.shape == (2, 1, 40, 14)  # the latents,
        assert slots.v.shape == (2, 1, 40, 8)  # and the shared rotary keys: all that is kept


@pytest.mark.parametrize("where", ["attn_scores", "pattern", "q", "z", "result", "kv_latent", "rot_k", "rot_q"])
@torch.no_grad()
def test_a_hook_in_decoding_does_what_it_does_in_the_naive_path(subjects, where):
    model, tokens = subjects.random_model(KIND), subjects.tokens(2, 20)
    name = f"blocks.1.attn.hook_{where}"

    def halve(x, hook):
        return x * 0.5

    naive = [(f"blocks.1.attn.hook_{letter}", look) for letter in "kv"]
    a, _ = decode(model, tokens, [9, 9], [(name, halve)])
    b, _ = decode(model, tokens, [9, 9], [(name, halve), *naive])
    plain, _ = decode(model, tokens, [9, 9])
    assert (a - b).abs().max() < 1e-5 * b.abs().max()
    assert (a - plain).abs().max() > 1e-3


@torch.no_grad()
def test_generation_under_hooks_on_keys_says_the_same(subjects):
    model = subjects.random_model(KIND)
    prompts = [row[:n].tolist() for row, n in zip(subjects.tokens(3, 20), (5, 20, 11))]
    plain = generate(model, prompts, max_new_tokens=12, eos_id=None)
    with model.hooks(fwd_hooks=[("blocks.0.attn.hook_k", look), ("blocks.2.attn.hook_v", look)]):
        hooked = generate(model, prompts, max_new_tokens=12, eos_id=None)
    assert [g.tokens for g in plain] == [g.tokens for g in hooked]


def test_the_bias_evens_out_the_load(subjects):
    """On the same tokens over and over, experts that nobody chose come to be chosen."""
    model = subjects.random_model(KIND, bias_speed=0.02, top_groups=4).train()
    gates, tokens = [block.mlp.gate for block in model.blocks[1:]], subjects.tokens(8, 40)
    spread = []
    for _ in range(60):
        before = [gate.e_score_correction_bias.clone() for gate in gates]
        model(tokens)
        loads = [gate.load.float() for gate in gates]
        spread.append(sum(load.std().item() for load in loads))
        model.after_step()
        for gate, bias, load in zip(gates, before, loads):
            assert torch.equal(gate.e_score_correction_bias, bias + 0.02 * (load.mean() - load).sign())
            assert gate.load.sum() == 0
    assert spread[-1] < 0.4 * spread[0]
    assert all("e_score_correction_bias" not in name for name, _ in model.named_parameters())


def test_evaluation_moves_no_bias(subjects):
    model = subjects.random_model(KIND)
    gate = model.blocks[1].mlp.gate
    before = gate.e_score_correction_bias.clone()
    model(subjects.tokens())
    model.after_step()
    assert torch.equal(gate.e_score_correction_bias, before)


def test_sequence_imbalance_is_one_when_even_and_the_number_of_experts_when_all_take_one():
    even = torch.arange(12).view(1, 6, 2) % 4
    assert sequence_imbalance(torch.full((1, 6, 4), 0.3), even).item() == pytest.approx(1)
    one = torch.zeros(3, 5, 4)
    one[..., 2] = 0.9
    assert sequence_imbalance(one, torch.full((3, 5, 1), 2)).item() == pytest.approx(4)


def test_the_balance_loss_has_a_gradient_when_asked_for(subjects):
    model, tokens = subjects.random_model(KIND, sequence_balance=True).train(), subjects.tokens()
    model(tokens)
    model.auxiliary_loss().backward()
    assert model.blocks[1].mlp.gate.weight.grad.abs().max() > 0
    quiet = subjects.random_model(KIND).train()
    quiet(tokens)
    assert quiet.auxiliary_loss() == 0


def test_predictors_see_what_they_may_and_are_not_saved(tmp_path, subjects):
    model = subjects.random_model(KIND, n_predict=2)
    tokens = subjects.tokens(2, 20)
    made = model.further(tokens, model.hidden(tokens))
    assert [h.shape for h in made] == [(2, 19, 32), (2, 18, 32)]
    moved = tokens.clone()
    moved[:, 12] = (moved[:, 12] + 1) % subjects.VOCAB
    for k, (a, b) in enumerate(zip(made, model.further(moved, model.hidden(moved))), start=1):
        difference = (a - b).abs().amax((0, 2))
        assert difference[: 12 - k].max() < 1e-5  # position i has seen tokens up to i + k
        assert difference[12 - k] > 1e-3
    save(model, None, tmp_path)
    plain = create(KIND, subjects.config_of(KIND))
    assert set(model.hf_weights()) == set(plain.hf_weights())
    logits = model(tokens)
    theirs, report = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert (theirs(tokens).logits - logits).abs().max() < 1e-4


def test_further_loss_is_the_cross_entropy_of_the_token_k_plus_1_ahead(subjects):
    model, tokens = subjects.random_model(KIND, n_predict=2), subjects.tokens(2, 20)
    wanted = torch.zeros(2, 20, dtype=torch.bool)
    wanted[0, 5:9] = wanted[1, 1:4] = True
    hidden = model.hidden(tokens)
    by_hand = []
    for k, h in enumerate(model.further(tokens, hidden), start=1):
        logprobs = model.unembed(h).log_softmax(-1)
        targets = [(row, t) for row, t in wanted.nonzero().tolist() if t - k - 1 >= 0]
        by_hand.append(-sum(logprobs[row, t - k - 1, tokens[row, t]] for row, t in targets) / len(targets))
    loss = model.further_loss(tokens, hidden, wanted)
    assert loss.item() == pytest.approx(torch.stack(by_hand).mean().item(), rel=1e-5)
    loss.backward()
    assert model.predictors[1].eh_proj.weight.grad.abs().max() > 0
    assert model.embed.weight.grad.abs().max() > 0


def test_predictors_learn(subjects):
    model = create(KIND, subjects.config_of(KIND, n_predict=1), seed=1).train()
    tokens = (torch.arange(24)[None] + torch.arange(8)[:, None]) % 16 + 8  # every token tells the next
    wanted, optimizer = torch.ones_like(tokens, dtype=torch.bool), torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        hidden = model.hidden(tokens)
        loss = F.cross_entropy(model.unembed(hidden[:, :-1]).transpose(1, 2), tokens[:, 1:])
        further = model.further_loss(tokens, hidden, wanted)
        (loss + 0.3 * further).backward()
        optimizer.step()
        optimizer.zero_grad()
        model.after_step()
        losses.append(further.item())
    assert losses[-1] < 0.5 * losses[0]
