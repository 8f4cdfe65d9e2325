"""Folders: what is written comes back; what is damaged or foreign is refused in one line."""

import dataclasses
import json

import pytest
import torch

from reasonlab.language.errors import BadInput
from reasonlab.models import ARCHITECTURES, Qwen3Config, Tokenizer, create, load, save

CONFIG = Qwen3Config(vocab_size=16, d_model=16, n_layers=2, n_heads=2, n_kv_heads=1, d_head=8, d_mlp=24)
TOKENIZER = Tokenizer.build([str(i) for i in range(12)])
TOKENS = torch.tensor([[4, 5, 6, 7]])


@pytest.fixture
def folder(tmp_path):
    save(create("qwen3", CONFIG), TOKENIZER, tmp_path)
    return tmp_path


def edit(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_round_trip(tmp_path, tied, dtype):
    model = create("qwen3", dataclasses.replace(CONFIG, tie_embeddings=tied), seed=3)
    save(model, TOKENIZER, tmp_path / "a" / "b", dtype)
    loaded, tokenizer = load(tmp_path / "a" / "b")
    assert loaded.config == model.config
    assert tokenizer.vocabulary == TOKENIZER.vocabulary
    assert not loaded.training
    wanted = model if dtype is None else model.to(dtype)
    for (name, a), (_, b) in zip(wanted.state_dict().items(), loaded.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
    assert loaded.dtype == loaded.cfg.dtype == (dtype or torch.float32)
    assert load(tmp_path / "a" / "b", dtype=torch.float32).model(TOKENS).dtype == torch.float32
    assert (loaded.unembed.weight is loaded.embed.weight) == tied


def test_saving_again_replaces_and_leaves_nothing_behind(folder):
    other = create("qwen3", CONFIG, seed=9)
    save(other, TOKENIZER, folder)
    assert torch.equal(load(folder).model(TOKENS), other(TOKENS))
    assert {p.name for p in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }


def test_the_seed_makes_the_weights():
    same, again, other = (create("qwen3", CONFIG, seed)(TOKENS) for seed in (1, 1, 2))
    assert torch.equal(same, again)
    assert not torch.equal(same, other)


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_presets_have_the_size_they_say(architecture):
    for name, low, high in (("tiny", 0.4e6, 0.7e6), ("small", 2.5e6, 3.5e6), ("base", 18e6, 22e6)):
        config = ARCHITECTURES[architecture].Config.preset(name, vocab_size=100, max_positions=64)
        model = create(architecture, config)
        assert low < sum(p.numel() for p in model.parameters()) < high


def test_text_helpers(folder):
    model = load(folder).model
    assert model.to_tokens("3 4").tolist() == [[7, 8]]
    assert model.to_tokens(["3", "4"], prepend_bos=True).tolist() == [[1, 7], [1, 8]]
    assert model.to_single_token("11") == 15
    with pytest.raises(BadInput, match="different lengths"):
        model.to_tokens(["3", "4 5"])
    with pytest.raises(BadInput, match="no tokenizer"):
        create("qwen3", CONFIG).to_tokens("3")


def cut_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def rename_a_tensor(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["model.layers.0.self_attn.qkv.weight"] = weights.pop("model.layers.0.self_attn.q_proj.weight")
    save_file(weights, folder / "model.safetensors")


DAMAGES = {
    "no config": (lambda f: (f / "config.json").unlink(), "there is no .*config.json"),
    "cut config": (lambda f: (f / "config.json").write_text('{"model_type'), "is not JSON"),
    "config of another kind": (lambda f: (f / "config.json").write_text("[1]"), "a JSON object"),
    "another architecture": (lambda f: edit(f, model_type="llama"), "the architecture 'llama'"),
    "no architecture": (lambda f: (f / "config.json").write_text("{}"), "the architecture ''"),
    "biases": (lambda f: edit(f, attention_bias=True), "attention_bias = True"),
    "sliding window": (lambda f: edit(f, use_sliding_window=True), "use_sliding_window"),
    "yarn": (lambda f: edit(f, rope_parameters={"rope_type": "yarn", "rope_theta": 1.0}), "rope_type = 'yarn'"),
    "field missing": (lambda f: edit(f, rope_parameters={}), "has no 'rope_theta'"),
    "odd head": (lambda f: edit(f, head_dim=7), "d_head = 7"),
    "heads do not divide": (lambda f: edit(f, num_key_value_heads=4), "n_kv_heads = 4"),
    "other width": (lambda f: edit(f, intermediate_size=32), r"has shape \[24, 16\].*\[32, 16\]"),
    "more layers": (lambda f: edit(f, num_hidden_layers=3), "is missing"),
    "fewer layers": (lambda f: edit(f, num_hidden_layers=1), "not part of this architecture"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "there are no weights"),
    "cut weights": (cut_weights, "cannot be read"),
    "foreign names": (rename_a_tensor, r"q_proj.weight is missing \(and 1 more\)"),
    "cut tokenizer": (lambda f: (f / "tokenizer.json").write_text("{"), "cannot be read"),
    "other vocabulary": (
        lambda f: Tokenizer.build([f"w{i}" for i in range(99)]).save(f),
        "103 words and the model 16 embeddings",
    ),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_folder_is_refused_in_one_line(folder, damage):
    spoil, message = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(BadInput, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_other_bad_inputs():
    with pytest.raises(BadInput, match="the architecture 'rnn'; expected one of qwen3"):
        create("rnn", CONFIG)
    with pytest.raises(BadInput, match="the preset 'huge'"):
        Qwen3Config.preset("huge", vocab_size=3)
    model = create("qwen3", dataclasses.replace(CONFIG, max_positions=8))
    with pytest.raises(BadInput, match="9 tokens in a row; expected at most max_positions = 8"):
        model(torch.zeros(1, 9, dtype=torch.long))
    with pytest.raises(BadInput, match="112 words and the model 16"):
        save(model, Tokenizer.build([f"w{i}" for i in range(108)]), "nowhere")
    assert {"qwen3", "qwen3_moe"} <= set(ARCHITECTURES)
