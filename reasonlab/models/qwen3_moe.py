"""Qwen3's mixture of experts. Source: Qwen3 Technical Report, arXiv 2505.09388; parity with transformers is tested.

    s     = softmax(W_r x)             over all experts, in float32
    I     = the n_active experts with the largest s
    w_e   = s_e / sum of s over I      for e in I (if `normalise`; else s_e)
    MLP(x) = sum over I of w_e Expert_e(x),    Expert_e(x) = W_down (silu(W_gate x) * W_up x)

All else is dense Qwen3. On disk each expert has its own three matrices.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from reasonlab.models.config import MixtureConfig, ModelConfig
from reasonlab.models.decoder import Block, Decoder
from reasonlab.models.experts import Experts, Router, split_experts
from reasonlab.models.hooked import tap
from reasonlab.models.qwen3 import Attention, Qwen3Config
from reasonlab.models.rotary import RotaryTables


@dataclass(frozen=True)
class Qwen3MoeConfig(Qwen3Config, MixtureConfig):
    """The shape of a Qwen3 in which every layer has experts; `d_mlp` is only carried along for config.json."""

    MODEL_TYPE: ClassVar[str] = "qwen3_moe"
    ARCHITECTURE: ClassVar[str] = "Qwen3MoeForCausalLM"
    HF_NAMES: ClassVar[dict[str, str]] = {
        **Qwen3Config.HF_NAMES,
        "n_experts": "num_experts",
        "n_active": "num_experts_per_tok",
        "d_expert": "moe_intermediate_size",
        "normalise": "norm_topk_prob",
    }
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"d_model": 96, "n_layers": 4, "n_heads": 4, "n_kv_heads": 2, "d_head": 24, "d_expert": 48,
                 "n_experts": 8},  # 0.57M
        "small": {"d_model": 192, "n_layers": 6, "n_heads": 6, "n_kv_heads": 3, "d_head": 32, "d_expert": 80,
                  "n_experts": 8},  # 2.9M
        "base": {"d_model": 384, "n_layers": 8, "n_heads": 8, "n_kv_heads": 4, "d_head": 48, "d_expert": 120,
                 "n_experts": 16},  # 21M
    }  # fmt: skip

    normalise: bool = True

    def more_to_hf(self) -> dict[str, Any]:
        return {
            **super().more_to_hf(), "decoder_sparse_step": 1, "mlp_only_layers": [], "output_router_logits": False,
        }  # fmt: skip

    @classmethod
    def restrictions(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        return {
            **super().restrictions(content, rope),
            "decoder_sparse_step": (content.get("decoder_sparse_step", 1), 1),
            "mlp_only_layers": (content.get("mlp_only_layers") or [], []),
        }


class SoftmaxRouter(Router):
    """Softmax over all experts, then the largest."""

    def __init__(self, config: Qwen3MoeConfig) -> None:
        super().__init__(config.d_model, config.n_experts)
        self.n_active, self.normalise = config.n_active, config.normalise

    def forward(
        self, x: Float[Tensor, "batch pos d_model"]
    ) -> tuple[Int[Tensor, "batch pos chosen"], Float[Tensor, "batch pos chosen"]]:
        scores = tap(self.hook_router_scores, F.linear(x, self.weight).softmax(-1, dtype=torch.float32))
        indices = self.choose(scores.topk(self.n_active, -1).indices, scores)
        weights = scores.gather(-1, indices)
        if self.normalise:
            weights = weights / weights.sum(-1, keepdim=True)
        return indices, tap(self.hook_expert_weights, weights)


class ExpertMLP(nn.Module):
    """Router and experts in the place of the dense layer."""

    def __init__(self, config: Qwen3MoeConfig) -> None:
        super().__init__()
        self.gate = SoftmaxRouter(config)
        self.experts = Experts(config.n_experts, config.d_model, config.d_expert)

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return self.experts(x, *self.gate(x))


class Qwen3Moe(Decoder):
    """The model with experts."""

    Config: ClassVar[type[ModelConfig]] = Qwen3MoeConfig

    def __init__(self, config: Qwen3MoeConfig, seed: int = 0) -> None:
        super().__init__()
        blocks = [
            Block(config.d_model, config.rms_eps, Attention(config, layer), ExpertMLP(config))
            for layer in range(config.n_layers)
        ]
        rotary = RotaryTables(config.d_head, config.rope_theta, config.max_positions)
        self.assemble(config, seed, rotary, blocks, num_experts=config.n_experts, experts_per_token=config.n_active)

    def hf_pieces(self, name: str, tensor: Tensor) -> dict[str, Tensor]:
        return split_experts(self.hf_name(name), tensor)
