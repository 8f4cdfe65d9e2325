"""One small model of every architecture, with every weight, gain, bias and buffer moved, for the tests of all.

The shapes are unlike in every dimension, and windows and chunks are shorter than the texts.
"""

import torch

from reasonlab.models import ARCHITECTURES, create

VOCAB, POSITIONS = 40, 64
SHAPES = {
    "qwen3": {"d_model": 32, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2, "d_head": 8, "d_mlp": 48},
    "qwen3_moe": {
        "d_model": 32, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2, "d_head": 8, "d_expert": 12, "n_experts": 6,
        "n_active": 2,
    },
    "gpt_oss": {
        "d_model": 32, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2, "d_head": 8, "d_expert": 12, "n_experts": 6,
        "n_active": 2, "window": 7, "rope_theta": 500.0, "yarn_original": 512,
    },
    "llama4_text": {
        "d_model": 32, "n_layers": 4, "n_heads": 4, "n_kv_heads": 2, "d_head": 8, "d_mlp": 40, "d_expert": 12,
        "n_experts": 6, "moe_step": 2, "chunk": 7, "floor_scale": 5,
    },
    "deepseek_v3": {
        "d_model": 32, "n_layers": 3, "n_heads": 4, "n_kv_heads": 4, "d_head": 6, "d_nope": 10, "d_rope": 8,
        "kv_rank": 14, "q_rank": 18, "d_mlp": 40, "d_expert": 12, "n_experts": 8, "n_active": 3, "n_groups": 4,
        "top_groups": 2, "n_shared": 2, "rope_theta": 500.0, "yarn_factor": 8.0, "yarn_original": 512,
        "yarn_mscale": 0.7,
    },
    "byte_latent": {
        "d_model": 32, "n_layers": 4, "n_heads": 4, "n_kv_heads": 2, "d_head": 8, "d_mlp": 40, "patch_layer": 1,
        "window": 7, "d_patch": 24, "n_patch_layers": 2, "d_patch_mlp": 28, "d_entropy": 16, "n_entropy_layers": 2,
        "patch_size": 3.0,
    },
}  # fmt: skip


def config_of(name, **changes):
    shape = {"max_positions": POSITIONS, **SHAPES[name], **changes}
    return ARCHITECTURES[name].Config(vocab_size=VOCAB, **shape)


def randomise(model, seed=3, size=0.2):
    """Moves every weight and every saved buffer: at their initial zeros and ones they would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * size)
    return model


def random_model(name, seed=3, size=0.2, **changes):
    model = randomise(create(name, config_of(name, **changes)), seed, size)
    if name == "byte_latent":  # entropies far apart, and a threshold from data, as in training
        for tensor in model.entropy.state_dict().values():
            tensor.mul_(2)
        model.entropy.threshold.zero_()
        model.further_loss(tokens(16), torch.zeros(()), torch.ones(16, 24, dtype=torch.bool))
        model.after_step()
    return model


def tokens(rows=2, length=24, seed=0):
    return torch.randint(8, VOCAB, (rows, length), generator=torch.Generator().manual_seed(seed))


def distance(a, b):
    return (a - b).abs().max().item()
