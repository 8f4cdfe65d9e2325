"""DeepSeek-V3, from scratch. Source: the technical report, arXiv 2412.19437; parity with transformers is tested.

Attention is latent (see `latent`), with the softmax scale d_qk^-1/2 m(mscale_all)^2 under YaRN, and cos and sin
m(mscale) / m(mscale_all) times as large; m(a) = 1 + 0.1 a ln(factor).

    MLP(x) = Shared(x) + sum over I of w_e Expert_e(x)          I and w: see `balanced_router`

The first n_dense layers have a dense SwiGLU instead. In training, n_predict modules predict further tokens.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from reasonlab.language.errors import BadInput
from reasonlab.models.attention import Context
from reasonlab.models.balanced_router import BalancedRouter
from reasonlab.models.config import ModelConfig
from reasonlab.models.decoder import Block, Decoder
from reasonlab.models.experts import Experts, split_experts
from reasonlab.models.hooked import RMSNorm
from reasonlab.models.latent import LatentAttention
from reasonlab.models.mlp import MLP
from reasonlab.models.rotary import RotaryTables, Yarn


@dataclass(frozen=True)
class DeepseekV3Config(ModelConfig):
    """The shape of a DeepSeek-V3. Every head has keys of its own: n_kv_heads = n_heads.

    Attributes:
        d_head: of a value; a query has d_nope + d_rope dimensions.
        kv_rank, q_rank: of the latents; q_rank None for queries without one.
        d_mlp, d_expert: widths of the dense layers and of an expert; the shared one is n_shared times as wide.
        interleave: whether RoPE turns interleaved pairs.
        yarn_*: of `rotary.Yarn`; a factor of 1 is plain RoPE.
        bias_speed: of the balancing bias, each step.
        sequence_balance: whether the routers' imbalance within each row is part of `auxiliary_loss`, as in the report.
        n_predict: modules that each predict one token further, in training only.
    """

    MODEL_TYPE: ClassVar[str] = "deepseek_v3"
    ARCHITECTURE: ClassVar[str] = "DeepseekV3ForCausalLM"
    HF_NAMES: ClassVar[dict[str, str]] = {
        **ModelConfig.HF_NAMES,
        "d_head": "v_head_dim",
        "d_nope": "qk_nope_head_dim",
        "d_rope": "qk_rope_head_dim",
        "kv_rank": "kv_lora_rank",
        "q_rank": "q_lora_rank",
        "d_mlp": "intermediate_size",
        "d_expert": "moe_intermediate_size",
        "n_experts": "n_routed_experts",
        "n_active": "num_experts_per_tok",
        "n_shared": "n_shared_experts",
        "n_dense": "first_k_dense_replace",
        "n_groups": "n_group",
        "top_groups": "topk_group",
        "normalise": "norm_topk_prob",
        "routed_scale": "routed_scaling_factor",
        "interleave": "rope_interleave",
    }
    HF_ALIASES: ClassVar[dict[str, str]] = {"n_routed_experts": "num_local_experts"}
    MAY_BE_ZERO: ClassVar[frozenset[str]] = frozenset(
        {"n_dense", "yarn_mscale", "yarn_mscale_all", "bias_speed", "n_predict"}
    )
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"d_model": 96, "n_layers": 4, "n_heads": 4, "n_kv_heads": 4, "d_head": 24, "d_nope": 16, "d_rope": 8,
                 "kv_rank": 32, "d_mlp": 192, "d_expert": 48},  # 0.56M
        "small": {"d_model": 192, "n_layers": 6, "n_heads": 6, "n_kv_heads": 6, "d_head": 32, "d_nope": 24,
                  "d_rope": 8, "kv_rank": 64, "q_rank": 96, "d_mlp": 384, "d_expert": 80},  # 3.0M
        "base": {"d_model": 384, "n_layers": 8, "n_heads": 8, "n_kv_heads": 8, "d_head": 48, "d_nope": 32,
                 "d_rope": 16, "kv_rank": 128, "q_rank": 192, "d_mlp": 1024, "d_expert": 112, "n_experts": 16},  # 20M
    }  # fmt: skip

    d_nope: int = 24
    d_rope: int = 8
    kv_rank: int = 64
    q_rank: int | None = None
    d_mlp: int = 192
    d_expert: int = 48
    n_experts: int = 8
    n_active: int = 2
    n_shared: int = 1
    n_dense: int = 1
    n_groups: int = 2
    top_groups: int = 1
    normalise: bool = True
    routed_scale: float = 2.5
    interleave: bool = True
    yarn_factor: float = 1.0
    yarn_original: int = 4096
    yarn_fast: float = 32.0
    yarn_slow: float = 1.0
    yarn_truncate: bool = True
    yarn_mscale: float = 1.0
    yarn_mscale_all: float = 1.0
    bias_speed: float = 1e-3
    sequence_balance: bool = False
    n_predict: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        size = self.n_experts // self.n_groups
        for name, value, allowed, wanted in (
            ("n_kv_heads", self.n_kv_heads, self.n_kv_heads == self.n_heads, f"n_heads = {self.n_heads}"),
            ("d_rope", self.d_rope, self.d_rope % 2 == 0, "an even number (RoPE turns pairs)"),
            ("n_groups", self.n_groups, self.n_experts % self.n_groups == 0 and size > 1,
             f"groups of equal size, 2 or more, of {self.n_experts} experts"),
            ("top_groups", self.top_groups, self.top_groups <= self.n_groups, f"at most n_groups = {self.n_groups}"),
            ("n_active", self.n_active, self.n_active <= self.top_groups * size,
             f"at most the {self.top_groups * size} experts of {self.top_groups} groups"),
            ("q_rank", self.q_rank, self.q_rank is None or self.q_rank > 0, "a positive number, or none"),
        ):  # fmt: skip
            if not allowed:
                raise BadInput(f"{name} = {value}", wanted, f"change {name} in the config")

    def magnitude(self, mscale: float) -> float:
        """m above."""
        return 1 + 0.1 * mscale * math.log(self.yarn_factor) if self.yarn_factor > 1 else 1.0

    @property
    def softmax_scale(self) -> float:
        return (self.d_nope + self.d_rope) ** -0.5 * self.magnitude(self.yarn_mscale_all) ** 2

    @property
    def yarn(self) -> Yarn | None:
        if self.yarn_factor == 1:
            return None
        both = self.yarn_mscale and self.yarn_mscale_all
        scale = self.magnitude(self.yarn_mscale) / self.magnitude(self.yarn_mscale_all) if both else self.magnitude(1)
        return Yarn(
            self.yarn_factor, self.yarn_original, self.yarn_fast, self.yarn_slow, self.yarn_truncate, scale
        )  # fmt: skip

    def rope_to_hf(self) -> dict[str, Any]:
        if self.yarn_factor == 1:
            return super().rope_to_hf()
        return {
            "rope_type": "yarn", "rope_theta": self.rope_theta, "factor": self.yarn_factor,
            "original_max_position_embeddings": self.yarn_original, "beta_fast": self.yarn_fast,
            "beta_slow": self.yarn_slow, "truncate": self.yarn_truncate, "mscale": self.yarn_mscale,
            "mscale_all_dim": self.yarn_mscale_all,
        }  # fmt: skip

    def more_to_hf(self) -> dict[str, Any]:
        return {
            "hidden_act": "silu", "attention_bias": False, "attention_dropout": 0.0, "output_router_logits": False,
            "num_nextn_predict_layers": 0,  # those modules are for training only, and not saved
            "seq_aux": self.sequence_balance,
        }  # fmt: skip

    @classmethod
    def restrictions(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        kind = rope.get("rope_type", rope.get("type", "default"))
        return {
            **super().restrictions(content, rope),
            "rope_type": (kind, "yarn" if kind == "yarn" else "default"),
            "attention_factor": (rope.get("attention_factor"), None),
            "quantization_config": (content.get("quantization_config"), None),
        }

    @classmethod
    def more_from_hf(cls, content: dict[str, Any], rope: dict[str, Any]) -> dict[str, Any]:
        balance = {"sequence_balance": content.get("seq_aux", False)}
        if rope.get("rope_type", rope.get("type")) != "yarn":
            return balance
        return {
            **balance,
            "yarn_factor": float(rope["factor"]),
            "yarn_original": rope["original_max_position_embeddings"],
            "yarn_fast": float(rope.get("beta_fast") or 32.0),
            "yarn_slow": float(rope.get("beta_slow") or 1.0),
            "yarn_truncate": rope.get("truncate", True),
            "yarn_mscale": float(rope.get("mscale") or 0.0),
            "yarn_mscale_all": float(rope.get("mscale_all_dim") or 0.0),
        }


class ExpertMLP(nn.Module):
    """Gate, routed experts, and the shared ones, which are one wider layer."""

    def __init__(self, config: DeepseekV3Config) -> None:
        super().__init__()
        self.gate = BalancedRouter(config)
        self.experts = Experts(config.n_experts, config.d_model, config.d_expert)
        self.shared_experts = MLP(config.d_model, config.n_shared * config.d_expert)

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return self.experts(x, *self.gate(x)) + self.shared_experts(x)


def make_block(config: DeepseekV3Config, layer: int) -> Block:
    attn = LatentAttention(config, layer, config.softmax_scale)
    mlp = MLP(config.d_model, config.d_mlp) if layer < config.n_dense else ExpertMLP(config)
    return Block(config.d_model, config.rms_eps, attn, mlp)


class Predictor(nn.Module):
    """One step of multi-token prediction: h'_i = block(W [RMSNorm(E[t_{i+k}]); RMSNorm(h_i)]) (section 2.2).

    h is the residual stream one step nearer, of the model itself after its final norm.
    """

    def __init__(self, config: DeepseekV3Config, layer: int) -> None:
        super().__init__()
        self.enorm = RMSNorm(config.d_model, config.rms_eps)
        self.hnorm = RMSNorm(config.d_model, config.rms_eps)
        self.eh_proj = nn.Linear(2 * config.d_model, config.d_model, bias=False)
        self.block = make_block(config, layer)
        self.norm = RMSNorm(config.d_model, config.rms_eps)  # before the shared head

    def forward(
        self, h: Float[Tensor, "batch pos d_model"], ahead: Float[Tensor, "batch pos d_model"], context: Context
    ) -> Float[Tensor, "batch pos d_model"]:
        return self.block(self.eh_proj(torch.cat((self.enorm(ahead), self.hnorm(h)), -1)), context)


class DeepseekV3(Decoder):
    """The model, and in training what predicts further ahead."""

    Config: ClassVar[type[ModelConfig]] = DeepseekV3Config

    def __init__(self, config: DeepseekV3Config, seed: int = 0) -> None:
        super().__init__()
        blocks = [make_block(config, layer) for layer in range(config.n_layers)]
        self.predictors = nn.ModuleList(Predictor(config, config.n_layers + k) for k in range(config.n_predict))
        rotary = RotaryTables(
            config.d_rope, config.rope_theta, config.max_positions, interleaved=config.interleave, yarn=config.yarn
        )
        self.assemble(
            config, seed, rotary, blocks,
            d_mlp=config.d_mlp, num_experts=config.n_experts, experts_per_token=config.n_active,
        )  # fmt: skip

    def further(
        self, tokens: Int[Tensor, "batch pos"], hidden: Float[Tensor, "batch pos d_model"]
    ) -> list[Float[Tensor, "batch _ d_model"]]:
        """For k = 1 to n_predict: what `unembed` turns into logits of token i + k + 1, at i = 0 to pos - k - 1.

        Args:
            hidden: what `self.hidden(tokens)` gave.
        """
        made, h = [], hidden
        for k, predictor in enumerate(self.predictors, start=1):
            ahead = self.embed(tokens[:, k:])
            h = predictor(h[:, :-1], ahead, Context(self.rotary, ahead.shape[1], None, None))
            made.append(predictor.norm(h))  # type: ignore[operator]
        return made

    def further_loss(
        self,
        tokens: Int[Tensor, "batch pos"],
        hidden: Float[Tensor, "batch pos d_model"],
        wanted: Bool[Tensor, "batch pos"],
    ) -> Float[Tensor, ""]:
        """The mean over k of the cross-entropy, in nats, at the tokens `wanted`; the report adds 0.3 of it, later 0.1.

        0 where no wanted token lies far enough into its row.
        """
        losses = []
        for k, h in enumerate(self.further(tokens, hidden), start=1):
            at = wanted[:, k + 1 :]
            logits = self.unembed(h[:, :-1][at]).float()
            losses.append(F.cross_entropy(logits, tokens[:, k + 1 :][at], reduction="sum") / at.sum().clamp(min=1))
        return torch.stack(losses).mean() if losses else hidden.new_zeros(())

    def hf_pieces(self, name: str, tensor: Tensor) -> dict[str, Tensor]:
        return {} if name.startswith("predictors.") else split_experts(self.hf_name(name), tensor)
