"""Llama 4's text model, from scratch. Source: Meta's release notes (2025) and code; parity with transformers is tested.

    a RoPE layer, where (i + 1) % 4 != 0            a NoPE layer, every fourth (Kazemnejad et al., arXiv 2305.19466)
      q, k = L2(RoPE(W_q x)), L2(RoPE(W_k x))         q, k = t W_q x, W_k x
      L2(x) = x / sqrt(mean(x^2) + eps)               t = 1 + attn_scale ln(1 + floor((p + 1) / floor_scale))
      causal, within chunks of `chunk` positions      causal over the whole text

RoPE turns interleaved pairs; the L2 norm has no weight and comes after the rotation. t, the temperature by position p,
keeps attention sharp over texts longer than those of training (Nakanishi, arXiv 2501.19399).

    s      = W_r x                                  I = the n_active experts with the largest s (one of them, usually)
    MLP(x) = Shared(x) + sum over e in I of Expert_e(sigmoid(s_e) x)         the weight goes into the expert's *input*

Every `moe_step`-th layer has experts, the others a dense SwiGLU of width d_mlp. Pre-norm, no biases. On disk the
experts lie side by side, [expert in out]; the MLP is called `feed_forward` there.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from reasonlab.models.attention import Context, GroupedQueryAttention
from reasonlab.models.config import MixtureConfig, ModelConfig
from reasonlab.models.decoder import Block, Decoder
from reasonlab.models.experts import ExpertLayer, Router, mix
from reasonlab.models.hooked import tap
from reasonlab.models.mlp import MLP
from reasonlab.models.rotary import RotaryTables, rotate_interleaved


@dataclass(frozen=True)
class Llama4Config(MixtureConfig):
    """The shape of a Llama 4 text model.

    Attributes:
        d_mlp, d_expert: widths of the dense layers, and of each expert and the shared one.
        moe_step: layers moe_step - 1, 2 moe_step - 1, ... have experts.
        nope_step: layers nope_step - 1, 2 nope_step - 1, ... have no rotation.
        chunk: positions in a chunk of a RoPE layer.
        floor_scale, attn_scale: of the temperature of NoPE layers, if `temperature`.
        qk_norm: whether RoPE layers normalise queries and keys.
    """

    MODEL_TYPE: ClassVar[str] = "llama4_text"
    ARCHITECTURE: ClassVar[str] = "Llama4ForCausalLM"
    HF_NAMES: ClassVar[dict[str, str]] = {
        **ModelConfig.HF_NAMES,
        "d_mlp": "intermediate_size_mlp",
        "d_expert": "intermediate_size",
        "n_experts": "num_local_experts",
        "n_active": "num_experts_per_tok",
        "moe_step": "interleave_moe_layer_step",
        "nope_step": "no_rope_layer_interval",
        "chunk": "attention_chunk_size",
        "temperature": "attn_temperature_tuning",
        "floor_scale": "floor_scale",
        "attn_scale": "attn_scale",
        "qk_norm": "use_qk_norm",
    }
    HF_ALIASES: ClassVar[dict[str, str]] = {}
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"d_model": 96, "n_layers": 4, "n_heads": 4, "n_kv_heads": 2, "d_head": 24, "d_expert": 48,
                 "n_experts": 7, "d_mlp": 96},  # 0.58M
        "small": {"d_model": 192, "n_layers": 6, "n_heads": 6, "n_kv_heads": 3, "d_head": 32, "d_expert": 112,
                  "n_experts": 8, "d_mlp": 384, "moe_step": 2},  # 3.1M
        "base": {"d_model": 384, "n_layers": 8, "n_heads": 8, "n_kv_heads": 4, "d_head": 48, "d_expert": 112,
                 "n_experts": 16, "d_mlp": 768},  # 21M
    }  # fmt: skip

    rope_theta: float = 500_000.0
    rms_eps: float = 1e-5
    d_mlp: int = 192
    d_expert: int = 96
    n_active: int = 1
    moe_step: int = 1
    nope_step: int = 4
    chunk: int = 128
    temperature: bool = True
    floor_scale: int = 128
    attn_scale: float = 0.1
    qk_norm: bool = True

    def has_experts(self, layer: int) -> bool:
        return (layer + 1) % self.moe_step == 0

    def has_rope(self, layer: int) -> bool:
        return (layer + 1) % self.nope_step != 0

    def more_to_hf(self) -> dict[str, Any]:
        layers = range(self.n_layers)
        return {
            "hidden_act": "silu",
            "attention_bias": False,
            "attention_dropout": 0.0,
            "output_router_logits": False,
            "moe_layers": [i for i in layers if self.has_experts(i)],
            "no_rope_layers": [int(self.has_rope(i)) for i in layers],  # 1 means that it has RoPE
            "layer_types": ["chunked_attention" if self.has_rope(i) else "full_attention" for i in layers],
        }

    @classmethod
    def restrictions(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        layers, experts, nope = (content[cls.HF_NAMES[name]] for name in ("n_layers", "moe_step", "nope_step"))
        rotated = [(i + 1) % nope != 0 for i in range(layers)]
        ours: dict[str, list[Any]] = {
            "moe_layers": list(range(experts - 1, layers, experts)),
            "no_rope_layers": [int(one) for one in rotated],
            "layer_types": ["chunked_attention" if one else "full_attention" for one in rotated],
        }
        return {
            **super().restrictions(content, rope),
            **{name: (content.get(name) or wanted, wanted) for name, wanted in ours.items()},
        }


def l2_norm(x: Float[Tensor, "*rest d_head"], eps: float) -> Float[Tensor, "*rest d_head"]:
    """x / sqrt(mean(x^2) + eps), in float32."""
    return F.rms_norm(x.float(), x.shape[-1:], None, eps).to(x.dtype)


class Attention(GroupedQueryAttention):
    """Grouped-query attention, with RoPE in chunks or without positions over the whole text.

    `hook_rot_q` and `hook_rot_k` hold what is compared, in both kinds of layer: rotated and normalised, or (queries of
    NoPE layers) scaled by their temperature.
    """

    config: Llama4Config

    def __init__(self, config: Llama4Config, layer: int) -> None:
        super().__init__(config, layer)
        self.rope = config.has_rope(layer)
        self.chunk = config.chunk if self.rope else None

    def place(
        self, q: Float[Tensor, "batch pos head d_head"], k: Float[Tensor, "batch pos kv d_head"], context: Context
    ) -> tuple[Float[Tensor, "batch head pos d_head"], Float[Tensor, "batch kv pos d_head"]]:
        if self.rope:
            q, k = (rotate_interleaved(x, context.cos, context.sin) for x in (q, k))
            if self.config.qk_norm:
                q, k = (l2_norm(x, self.config.rms_eps) for x in (q, k))
        elif self.config.temperature:
            q = q * self.temperature(context.positions)[:, :, None, None].to(q.dtype)
        return tap(self.hook_rot_q, q).transpose(1, 2), tap(self.hook_rot_k, k).transpose(1, 2)

    def temperature(self, positions: Int[Tensor, "#batch pos"]) -> Float[Tensor, "#batch pos"]:
        """t above, of each position."""
        floors = ((positions + 1.0) / self.config.floor_scale).floor()
        return 1 + self.config.attn_scale * floors.log1p()


class SigmoidRouter(Router):
    """The largest logits; the weight of each is its own sigmoid, not normalised. `hook_router_scores`: the logits."""

    def __init__(self, config: Llama4Config) -> None:
        super().__init__(config.d_model, config.n_experts)
        self.n_active = config.n_active

    def forward(
        self, x: Float[Tensor, "batch pos d_model"]
    ) -> tuple[Int[Tensor, "batch pos chosen"], Float[Tensor, "batch pos chosen"]]:
        scores = tap(self.hook_router_scores, F.linear(x, self.weight))
        indices = self.largest(scores, self.n_active)
        return indices, tap(self.hook_expert_weights, scores.gather(-1, indices).float().sigmoid())


class InputWeightedExperts(ExpertLayer):
    """n SwiGLU layers side by side whose input, not output, is weighted. `gate_up_proj` holds W_gate beside W_up:
    [expert d_model 2*d_expert]. `hook_expert_out` comes after the weights here."""

    INPUTS_FIRST: ClassVar[bool] = True

    def __init__(self, n_experts: int, d_model: int, d_expert: int) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.zeros(n_experts, d_model, 2 * d_expert))
        self.down_proj = nn.Parameter(torch.zeros(n_experts, d_expert, d_model))

    def expert(self, number: int, x: Float[Tensor, "token d_model"]) -> Float[Tensor, "token d_model"]:
        gate, up = (x @ self.gate_up_proj[number]).chunk(2, -1)
        return (F.silu(gate) * up) @ self.down_proj[number]

    def forward(
        self,
        x: Float[Tensor, "batch pos d_model"],
        indices: Int[Tensor, "batch pos chosen"],
        weights: Float[Tensor, "batch pos chosen"],
    ) -> Float[Tensor, "batch pos d_model"]:
        weighted = x[:, :, None] * weights[..., None].to(x.dtype)
        each = mix(weighted.flatten(0, 2), indices.flatten()[:, None], None, self.expert)
        return tap(self.hook_expert_out, each.view(weighted.shape)).sum(2)


class ExpertMLP(nn.Module):
    """Router, experts, and the shared expert that every token passes."""

    def __init__(self, config: Llama4Config) -> None:
        super().__init__()
        self.gate = SigmoidRouter(config)
        self.experts = InputWeightedExperts(config.n_experts, config.d_model, config.d_expert)
        self.shared_expert = MLP(config.d_model, config.d_expert)

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return self.shared_expert(x) + self.experts(x, *self.gate(x))


class Llama4(Decoder):
    """The text model."""

    Config: ClassVar[type[ModelConfig]] = Llama4Config

    def __init__(self, config: Llama4Config, seed: int = 0) -> None:
        super().__init__()
        blocks = []
        for layer in range(config.n_layers):
            mlp = ExpertMLP(config) if config.has_experts(layer) else MLP(config.d_model, config.d_mlp)
            blocks.append(Block(config.d_model, config.rms_eps, Attention(config, layer), mlp))
        rotary = RotaryTables(config.d_head, config.rope_theta, config.max_positions, interleaved=True)
        self.assemble(
            config, seed, rotary, blocks,
            d_mlp=config.d_mlp, num_experts=config.n_experts, experts_per_token=config.n_active,
        )  # fmt: skip

    @staticmethod
    def hf_name(name: str) -> str:
        return Decoder.hf_name(name).replace(".mlp.gate.", ".mlp.router.").replace(".mlp.", ".feed_forward.")
