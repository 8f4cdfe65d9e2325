"""GPT-OSS, from scratch. Source: gpt-oss-120b & gpt-oss-20b Model Card, arXiv 2508.10925; parity with transformers is
tested.

    q, k, v = W_q x + b_q, W_k x + b_k, W_v x + b_v   q, k = RoPE(q), RoPE(k), half-split, stretched by YaRN
    a_ij    = q_i k_j / sqrt(d_head)                  j <= i; in even layers (the first is 0) also j > i - window
    p_i     = softmax(a_i1 ... a_ii, s_head)          and the sink's share dropped: a head may look at nothing
    out     = W_o (p v) + b_o

    r       = W_r x + b_r                             I = the n_active experts with the largest r
    w_e     = exp(r_e) / sum over I of exp(r)         the softmax comes after the choice
    g, u    = (W_e x + b_e) at even, at odd places    g <= 7,  -7 <= u <= 7
    MLP(x)  = sum over I of w_e (V_e ((u + 1) g sigmoid(1.702 g)) + c_e)

Every layer has experts. cos and sin carry YaRN's 0.1 ln(factor) + 1 (Peng et al., arXiv 2309.00071); sinks: Xiao et
al., arXiv 2309.17453. What transformers calls `mlp.router` is `mlp.gate` here: hooks have one name everywhere.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from reasonlab.models.attention import GroupedQueryAttention
from reasonlab.models.config import MixtureConfig, ModelConfig
from reasonlab.models.decoder import Block, Decoder
from reasonlab.models.experts import ExpertLayer, Router
from reasonlab.models.hooked import tap
from reasonlab.models.rotary import RotaryTables, Yarn

LIMIT, ALPHA = 7.0, 1.702  # the clamp of gate and up; how steep the gate's sigmoid is


@dataclass(frozen=True)
class GptOssConfig(MixtureConfig):
    """The shape of a GPT-OSS.

    Attributes:
        window: how many positions a query of an even layer sees, its own among them.
        yarn_factor, yarn_original, yarn_fast, yarn_slow: of `rotary.Yarn`, whose ramp is not truncated here; a factor
            of 1 is plain RoPE.
    """

    MODEL_TYPE: ClassVar[str] = "gpt_oss"
    ARCHITECTURE: ClassVar[str] = "GptOssForCausalLM"
    HF_NAMES: ClassVar[dict[str, str]] = {
        **ModelConfig.HF_NAMES,
        "d_expert": "intermediate_size",
        "n_experts": "num_local_experts",
        "n_active": "num_experts_per_tok",
        "window": "sliding_window",
    }
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"d_model": 96, "n_layers": 4, "n_heads": 4, "n_kv_heads": 2, "d_head": 24, "d_expert": 48,
                 "n_experts": 8, "window": 32},  # 0.58M
        "small": {"d_model": 192, "n_layers": 6, "n_heads": 6, "n_kv_heads": 3, "d_head": 32, "d_expert": 80,
                  "n_experts": 8, "window": 64},  # 2.9M
        "base": {"d_model": 384, "n_layers": 8, "n_heads": 8, "n_kv_heads": 4, "d_head": 48, "d_expert": 120,
                 "n_experts": 16, "n_active": 4, "window": 128},  # 21M
    }  # fmt: skip

    rope_theta: float = 150_000.0
    rms_eps: float = 1e-5
    window: int = 128
    yarn_factor: float = 32.0
    yarn_original: int = 4096
    yarn_fast: float = 32.0
    yarn_slow: float = 1.0

    def rope_to_hf(self) -> dict[str, Any]:
        return {
            "rope_type": "yarn", "rope_theta": self.rope_theta, "factor": self.yarn_factor,
            "original_max_position_embeddings": self.yarn_original, "beta_fast": self.yarn_fast,
            "beta_slow": self.yarn_slow, "truncate": False,
        }  # fmt: skip

    def more_to_hf(self) -> dict[str, Any]:
        return {
            "hidden_act": "silu", "attention_bias": True, "attention_dropout": 0.0, "swiglu_limit": LIMIT,
            "swiglu_alpha": ALPHA, "layer_types": layer_types(self.n_layers), "output_router_logits": False,
        }  # fmt: skip

    @classmethod
    def restrictions(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        alternating = layer_types(content["num_hidden_layers"])
        return {
            **super().restrictions(content, rope),
            "attention_bias": (content.get("attention_bias", True), True),
            "rope_type": (rope.get("rope_type"), "yarn"),
            "truncate": (rope.get("truncate", True), False),
            "attention_factor": (rope.get("attention_factor"), None),
            "mscale": (rope.get("mscale"), None),
            "swiglu_limit": (content.get("swiglu_limit", LIMIT), LIMIT),
            "swiglu_alpha": (content.get("swiglu_alpha", ALPHA), ALPHA),
            "layer_types": (content.get("layer_types") or alternating, alternating),
            "quantization_config": (content.get("quantization_config"), None),
        }

    @classmethod
    def more_from_hf(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, Any]:
        return {
            "yarn_factor": float(rope["factor"]),
            "yarn_original": rope["original_max_position_embeddings"],
            "yarn_fast": float(rope.get("beta_fast") or 32.0),
            "yarn_slow": float(rope.get("beta_slow") or 1.0),
        }


def layer_types(n_layers: int) -> list[str]:
    """transformers' word for each layer: even ones have a sliding window."""
    return ["full_attention" if layer % 2 else "sliding_attention" for layer in range(n_layers)]


def rotary_tables(config: GptOssConfig) -> RotaryTables:
    """RoPE, stretched by YaRN with the scale of its paper."""
    yarn = Yarn(
        config.yarn_factor, config.yarn_original, config.yarn_fast, config.yarn_slow, truncate=False,
        scale=0.1 * math.log(max(config.yarn_factor, 1.0)) + 1.0,
    )  # fmt: skip
    return RotaryTables(config.d_head, config.rope_theta, config.max_positions, yarn=yarn)


class Attention(GroupedQueryAttention):
    """Grouped-query attention with biases, one sink a head, and a sliding window in even layers."""

    def __init__(self, config: GptOssConfig, layer: int) -> None:
        super().__init__(config, layer, bias=True)
        self.sinks = nn.Parameter(torch.zeros(config.n_heads))
        self.window = None if layer % 2 else config.window


class BiasedRouter(Router):
    """The largest scores, then a softmax over these alone."""

    def __init__(self, config: GptOssConfig) -> None:
        super().__init__(config.d_model, config.n_experts)
        self.bias = nn.Parameter(torch.zeros(config.n_experts))
        self.n_active = config.n_active

    def forward(
        self, x: Float[Tensor, "batch pos d_model"]
    ) -> tuple[Int[Tensor, "batch pos chosen"], Float[Tensor, "batch pos chosen"]]:
        scores = tap(self.hook_router_scores, F.linear(x, self.weight, self.bias))
        indices = self.largest(scores, self.n_active)
        weights = scores.gather(-1, indices).softmax(-1, dtype=torch.float32)
        return indices, tap(self.hook_expert_weights, weights)


class ClampedExperts(ExpertLayer):
    """n clamped SwiGLU layers side by side, matrices as [in out], gate and up interleaved in `gate_up_proj`."""

    INPUTS_FIRST: ClassVar[bool] = True

    def __init__(self, n_experts: int, d_model: int, d_expert: int) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.zeros(n_experts, d_model, 2 * d_expert))
        self.gate_up_proj_bias = nn.Parameter(torch.zeros(n_experts, 2 * d_expert))
        self.down_proj = nn.Parameter(torch.zeros(n_experts, d_expert, d_model))
        self.down_proj_bias = nn.Parameter(torch.zeros(n_experts, d_model))

    def expert(self, number: int, x: Float[Tensor, "token d_model"]) -> Float[Tensor, "token d_model"]:
        both = torch.addmm(self.gate_up_proj_bias[number], x, self.gate_up_proj[number])
        return torch.addmm(self.down_proj_bias[number], self.activate(both), self.down_proj[number])

    @staticmethod
    def activate(both: Float[Tensor, "token twice_d_expert"]) -> Float[Tensor, "token d_expert"]:
        gate, up = both[..., ::2].clamp(max=LIMIT), both[..., 1::2].clamp(-LIMIT, LIMIT)
        return (up + 1) * gate * torch.sigmoid(ALPHA * gate)


class ExpertMLP(nn.Module):
    """Router and experts."""

    def __init__(self, config: GptOssConfig) -> None:
        super().__init__()
        self.gate = BiasedRouter(config)
        self.experts = ClampedExperts(config.n_experts, config.d_model, config.d_expert)

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return self.experts(x, *self.gate(x))


class GptOss(Decoder):
    """The model."""

    Config: ClassVar[type[ModelConfig]] = GptOssConfig

    def __init__(self, config: GptOssConfig, seed: int = 0) -> None:
        super().__init__()
        blocks = [
            Block(config.d_model, config.rms_eps, Attention(config, layer), ExpertMLP(config))
            for layer in range(config.n_layers)
        ]
        self.assemble(
            config, seed, rotary_tables(config), blocks,
            num_experts=config.n_experts, experts_per_token=config.n_active,
        )  # fmt: skip

    @staticmethod
    def hf_name(name: str) -> str:
        return Decoder.hf_name(name).replace(".mlp.gate.", ".mlp.router.")
