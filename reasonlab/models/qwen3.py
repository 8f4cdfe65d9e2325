"""Qwen3, from scratch, dense. Source: Qwen3 Technical Report, arXiv 2505.09388; parity with transformers is tested.

    x_0     = E[token]
    x_mid   = x_l + Attention(RMSNorm(x_l))           x_{l+1} = x_mid + MLP(RMSNorm(x_mid))
    logits  = RMSNorm(x_L) W_U

    q, k, v = W_q x, W_k x, W_v x                     no biases; n_kv_heads key/value heads, shared by groups of queries
    q, k    = RoPE(RMSNorm_dhead(q)), RoPE(RMSNorm_dhead(k))          the norm comes before the rotation
    A       = softmax(q k^T / sqrt(d_head) + causal)  z = A v         out = W_o z
    MLP(x)  = W_down (silu(W_gate x) * W_up x)                        SwiGLU

Hook points (shapes; h = n_heads, kv = n_kv_heads): `hook_q`, `hook_k` are the projections, before norm and rotation;
`hook_rot_q`, `hook_rot_k` come after both. `hook_{q,k,v}_input` and `hook_mlp_in` hold the residual stream *before* the
layer norm, the first three once per head. A point that is not hooked costs nothing: per-head inputs and results,
scores and patterns are only materialised under a hook. Under `hook_{q,k,v}_input` the points of `ln1` fire per head.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.hook_points import HookPoint

from reasonlab.models.attention import Context, GroupedQueryAttention
from reasonlab.models.config import ModelConfig
from reasonlab.models.decoder import Block, Decoder
from reasonlab.models.fused import RMSNormRotateFunction
from reasonlab.models.hooked import RMSNorm, is_hooked, tap
from reasonlab.models.kernels import compiled, rms_rotate
from reasonlab.models.mlp import MLP
from reasonlab.models.qwen3_compiled import CompiledStep
from reasonlab.models.qwen3_step import PackedStep
from reasonlab.models.rotary import RotaryTables, rotate


@dataclass(frozen=True)
class Qwen3Config(ModelConfig):
    """The shape of a dense Qwen3."""

    MODEL_TYPE: ClassVar[str] = "qwen3"
    ARCHITECTURE: ClassVar[str] = "Qwen3ForCausalLM"
    HF_NAMES: ClassVar[dict[str, str]] = {**ModelConfig.HF_NAMES, "d_mlp": "intermediate_size"}
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"d_model": 128, "n_layers": 4, "n_heads": 4, "n_kv_heads": 4, "d_head": 32, "d_mlp": 192},  # 0.56M
        "small": {"d_model": 256, "n_layers": 6, "n_heads": 8, "n_kv_heads": 4, "d_head": 32, "d_mlp": 384},  # 3.0M
        "base": {"d_model": 512, "n_layers": 8, "n_heads": 8, "n_kv_heads": 4, "d_head": 64, "d_mlp": 1152},  # 20.4M
    }

    d_mlp: int = 192

    def more_to_hf(self) -> dict[str, Any]:
        return {
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "use_sliding_window": False,
        }

    @classmethod
    def restrictions(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        return {
            **super().restrictions(content, rope),
            "use_sliding_window": (content.get("use_sliding_window", False), False),
        }


class Attention(GroupedQueryAttention):
    """Grouped-query attention with normalised queries and keys."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__(config, layer)
        self.q_norm = RMSNorm(config.d_head, config.rms_eps)
        self.k_norm = RMSNorm(config.d_head, config.rms_eps)

    def place(
        self, q: Float[Tensor, "batch pos head d_head"], k: Float[Tensor, "batch pos kv d_head"], context: Context
    ) -> tuple[Float[Tensor, "batch head pos d_head"], Float[Tensor, "batch kv pos d_head"]]:
        return (
            self.normalise_and_rotate(q, self.q_norm, self.hook_rot_q, context),
            self.normalise_and_rotate(k, self.k_norm, self.hook_rot_k, context),
        )

    def normalise_and_rotate(
        self, x: Float[Tensor, "batch pos head d_head"], norm: RMSNorm, point: HookPoint, context: Context
    ) -> Float[Tensor, "batch head pos d_head"]:
        """RoPE(RMSNorm(x)) of queries or keys, head first."""
        if not is_hooked(point, norm.hook_scale, norm.hook_normalized):
            cos, sin = context.cos[:, :, 0], context.sin[:, :, 0]
            if not torch.is_grad_enabled():
                return rms_rotate(x, norm.weight, cos, sin, norm.eps)[0]
            if len(cos) == 1:
                return RMSNormRotateFunction.apply(x, norm.weight, cos[0], sin[0], norm.eps)[0]
        return tap(point, rotate(norm(x), context.cos, context.sin)).transpose(1, 2)


class Qwen3(Decoder):
    """The dense model."""

    Config: ClassVar[type[ModelConfig]] = Qwen3Config

    def __init__(self, config: Qwen3Config, seed: int = 0) -> None:
        super().__init__()
        blocks = [
            Block(config.d_model, config.rms_eps, Attention(config, layer), MLP(config.d_model, config.d_mlp))
            for layer in range(config.n_layers)
        ]
        rotary = RotaryTables(config.d_head, config.rope_theta, config.max_positions)
        self.assemble(config, seed, rotary, blocks, d_mlp=config.d_mlp)

    def packed(self) -> CompiledStep | PackedStep:
        """The weights as they are now, packed for decoding one token a row without hooks."""
        library = compiled(self.embed.weight)
        return PackedStep(self) if library is None else CompiledStep(self, library)
