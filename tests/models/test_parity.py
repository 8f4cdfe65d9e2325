"""Every architecture against transformers' and TransformerLens' bridge, in both directions, at 1e-5: every weight,
gain, sink, bias and buffer moved, texts beyond windows and chunks. The mistakes that this bar catches:
test_*_mistakes.py."""

import pytest
import torch
from transformer_lens.model_bridge.sources import build_bridge_from_module
from transformers import CONFIG_MAPPING, AutoConfig, AutoModelForCausalLM

from reasonlab.models import ARCHITECTURES, load, save

BAR = 1e-5
LENGTH = 40
WRITTEN = [
    ("qwen3", {"d_head": 16}),
    ("qwen3", {"tie_embeddings": True}),
    ("qwen3_moe", {"normalise": False}),
    ("qwen3_moe", {}),
    ("gpt_oss", {}),
    ("gpt_oss", {"tie_embeddings": True}),
    ("gpt_oss", {"n_layers": 3, "yarn_factor": 1.0}),
    ("llama4_text", {}),
    ("llama4_text", {"n_active": 2, "moe_step": 1}),
    ("llama4_text", {"temperature": False, "qk_norm": False}),
    ("llama4_text", {"nope_step": 2}),
    ("deepseek_v3", {}),
    ("deepseek_v3", {"yarn_mscale": 1.0}),
    ("deepseek_v3", {"yarn_mscale_all": 0.0}),
    ("deepseek_v3", {"yarn_factor": 1.0}),
    ("deepseek_v3", {"yarn_truncate": False, "interleave": False}),
    ("deepseek_v3", {"q_rank": None, "normalise": False, "n_dense": 0, "n_groups": 1, "top_groups": 1}),
]
THEIRS = {
    "qwen3": {
        "intermediate_size": 70, "num_hidden_layers": 2, "tie_word_embeddings": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": 77_000.0},
    },
    "qwen3_moe": {
        "intermediate_size": 70, "moe_intermediate_size": 20, "num_experts": 5, "num_experts_per_tok": 3,
        "norm_topk_prob": True, "decoder_sparse_step": 1,
    },
    "gpt_oss": {
        "intermediate_size": 20, "num_local_experts": 5, "num_experts_per_tok": 3, "sliding_window": 9,
    },
    "llama4_text": {
        "num_hidden_layers": 5, "intermediate_size": 20, "intermediate_size_mlp": 70, "num_local_experts": 5,
        "num_experts_per_tok": 1, "interleave_moe_layer_step": 2, "attention_chunk_size": 9, "floor_scale": 4,
        "attn_scale": 0.3,
    },
    "deepseek_v3": {
        "num_key_value_heads": 6, "head_dim": 12, "intermediate_size": 70, "moe_intermediate_size": 20,
        "n_routed_experts": 6, "num_experts_per_tok": 3, "n_shared_experts": 2, "kv_lora_rank": 26,
        "qk_rope_head_dim": 12, "qk_nope_head_dim": 9, "v_head_dim": 10, "n_group": 3, "topk_group": 2,
        "first_k_dense_replace": 2, "routed_scaling_factor": 1.7,
        "rope_parameters": {
            "rope_type": "yarn", "rope_theta": 300.0, "factor": 8.0, "original_max_position_embeddings": 512,
            "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 0.8,
        },
    },
}  # fmt: skip
READ = [
    ("qwen3", {}, {"rope_theta": 77_000.0}),
    ("qwen3", {"tie_word_embeddings": True}, {"tie_embeddings": True}),
    ("qwen3_moe", {}, {}),
    # transformers' own YaRN: factor 32 of 4096 positions, theta 150000, not truncated
    ("gpt_oss", {}, {"yarn_factor": 32.0, "yarn_original": 4096, "rope_theta": 150_000.0, "rms_eps": 1e-5}),
    ("llama4_text", {}, {}),
    ("deepseek_v3", {"q_lora_rank": None}, {"q_rank": None}),
    ("deepseek_v3", {"q_lora_rank": 22}, {"q_rank": 22}),
]


@pytest.mark.parametrize(("name", "changes"), WRITTEN, ids=str)
@torch.no_grad()
def test_transformers_and_the_bridge_read_what_we_write(tmp_path, subjects, name, changes):
    model = subjects.random_model(name, size=0.1, **changes)
    save(model, None, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager")
    kind = model.config.ARCHITECTURE
    assert type(theirs).__name__ == kind
    tokens = subjects.tokens(3, LENGTH)
    logits = model(tokens)
    assert logits.abs().max() > 0.1
    assert subjects.distance(logits, theirs(tokens).logits) < BAR
    assert subjects.distance(load(tmp_path).model(tokens), logits) == 0
    bridge = build_bridge_from_module(theirs, kind, hf_config=theirs.config)
    assert subjects.distance(logits, bridge(tokens)) < BAR


@pytest.mark.parametrize(("name", "changes", "fields"), READ, ids=str)
@torch.no_grad()
def test_we_read_what_transformers_writes(tmp_path, subjects, name, changes, fields):
    shape = {
        "vocab_size": 40, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 3,
        "head_dim": 10, "max_position_embeddings": 64,
    }  # fmt: skip
    config = AutoConfig.for_model(name, **{**shape, **THEIRS[name], **changes})
    theirs = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    subjects.randomise(theirs, size=0.1)
    theirs.save_pretrained(tmp_path)
    model = load(tmp_path).model
    assert {field: getattr(model.config, field) for field in fields} == fields
    tokens = subjects.tokens(3, LENGTH)
    assert subjects.distance(model(tokens), theirs(tokens).logits) < BAR


def test_every_architecture_with_a_counterpart_is_compared():
    assert {name for name, _ in WRITTEN} == set(THEIRS) == {name for name in ARCHITECTURES if name in CONFIG_MAPPING}
