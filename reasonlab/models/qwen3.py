"""Qwen3 (dense), from scratch. Source: Qwen3 Technical Report, arXiv 2505.09388; parity with transformers is tested.

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
# ruff: noqa: N802  (W_Q and the like are TransformerLens' names)

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from einops import einsum, rearrange, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.language.errors import BadInput, quote
from reasonlab.models.fused import RMSNormRotateFunction
from reasonlab.models.hooked import HookedModel, RMSNorm, Unembed, is_hooked, tap
from reasonlab.models.qwen3_step import PackedStep

# On a CPU the backward of fused attention is half the step of a short sequence: plain matrix products win up to here.
LONGEST_MATMUL_ATTENTION = 256


@dataclass(frozen=True)
class Qwen3Config:
    """The shape of a model. `init_std`: the standard deviation of fresh weights (see `Qwen3.initialise`)."""

    vocab_size: int
    d_model: int = 128
    n_layers: int = 4
    n_heads: int = 4
    n_kv_heads: int = 4
    d_head: int = 32
    d_mlp: int = 192
    rope_theta: float = 10_000.0
    rms_eps: float = 1e-6
    tie_embeddings: bool = False
    max_positions: int = 1024
    init_std: float = 0.02

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, bool) and not value > 0:
                raise BadInput(f"{name} = {value}", "a positive number", f"change {name} in the config")
        if self.n_heads % self.n_kv_heads:
            raise BadInput(f"n_kv_heads = {self.n_kv_heads}", f"a divisor of n_heads = {self.n_heads}", "change either")
        if self.d_head % 2:
            raise BadInput(f"d_head = {self.d_head}", "an even number (RoPE turns pairs)", "change d_head")

    @classmethod
    def preset(cls, name: str, vocab_size: int, **changes: Any) -> "Qwen3Config":
        """One of PRESETS, with any field changed.

        Raises:
            BadInput: there is no such preset.
        """
        if name not in PRESETS:
            raise BadInput(f"the preset {quote(name)}", f"one of {', '.join(PRESETS)}", "choose one, or give the shape")
        return replace(PRESETS[name], vocab_size=vocab_size, **changes)

    def to_hf(self) -> dict[str, Any]:
        """The content of Hugging Face's config.json."""
        return {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            "vocab_size": self.vocab_size,
            "hidden_size": self.d_model,
            "num_hidden_layers": self.n_layers,
            "num_attention_heads": self.n_heads,
            "num_key_value_heads": self.n_kv_heads,
            "head_dim": self.d_head,
            "intermediate_size": self.d_mlp,
            "hidden_act": "silu",
            "rms_norm_eps": self.rms_eps,
            "rope_parameters": {"rope_type": "default", "rope_theta": self.rope_theta},
            "tie_word_embeddings": self.tie_embeddings,
            "max_position_embeddings": self.max_positions,
            "initializer_range": self.init_std,
            "attention_bias": False,
            "attention_dropout": 0.0,
            "use_sliding_window": False,
            "use_cache": True,
        }

    @classmethod
    def from_hf(cls, content: dict[str, Any]) -> "Qwen3Config":
        """The config of a Hugging Face folder.

        Raises:
            BadInput: a needed field is missing, or the file asks for what is not implemented here.
        """
        rope = content.get("rope_parameters") or content.get("rope_scaling") or {}
        unsupported = {
            "attention_bias": content.get("attention_bias", False),
            "use_sliding_window": content.get("use_sliding_window", False),
            "hidden_act": content.get("hidden_act", "silu") != "silu",
            "rope_type": rope.get("rope_type", "default") != "default",
        }
        for name, wrong in unsupported.items():
            if wrong:
                raise BadInput(
                    f"config.json sets {name} = {quote(content.get(name, rope.get(name)))}",
                    "plain Qwen3 (no biases, no sliding window, silu, default RoPE)",
                    "load this model with transformers and TransformerLens' bridge",
                )
        try:
            return cls(
                vocab_size=content["vocab_size"],
                d_model=content["hidden_size"],
                n_layers=content["num_hidden_layers"],
                n_heads=content["num_attention_heads"],
                n_kv_heads=content["num_key_value_heads"],
                d_head=content["head_dim"],
                d_mlp=content["intermediate_size"],
                rope_theta=float(rope.get("rope_theta") or content["rope_theta"]),
                rms_eps=content["rms_norm_eps"],
                tie_embeddings=content["tie_word_embeddings"],
                max_positions=content["max_position_embeddings"],
                init_std=content.get("initializer_range", 0.02),
            )
        except KeyError as error:
            raise BadInput(f"config.json has no {error}", "every field of a Qwen3 config", "write it again") from error


PRESETS = {
    "tiny": Qwen3Config(1, d_model=128, n_layers=4, n_heads=4, n_kv_heads=4, d_head=32, d_mlp=192),  # 0.56M
    "small": Qwen3Config(1, d_model=256, n_layers=6, n_heads=8, n_kv_heads=4, d_head=32, d_mlp=384),  # 3.0M
    "base": Qwen3Config(1, d_model=512, n_layers=8, n_heads=8, n_kv_heads=4, d_head=64, d_mlp=1152),  # 20.4M
}


@runtime_checkable  # the tests check shapes and types at run time
class KeyValueCache(Protocol):
    """What `forward` asks of a cache; reasonlab.decoding owns the storage and its policy."""

    def positions(self, new: int) -> Int[Tensor, "#batch pos"]:
        """The positions of the next `new` tokens of each row, before any layer appends."""

    def append(
        self, layer: int, k: Float[Tensor, "batch kv pos d_head"], v: Float[Tensor, "batch kv pos d_head"]
    ) -> tuple[Float[Tensor, "batch kv key d_head"], Float[Tensor, "batch kv key d_head"]]:
        """Store the new keys and values; all that the queries may look at, the new ones last."""

    def hidden_keys(self, new: int) -> Bool[Tensor, "batch key"] | None:
        """True where a key, stored or among the next `new`, is padding. None: nowhere. Asked before any append."""


class Context(NamedTuple):
    """What every layer of one forward pass shares: the rotation of each position, and the cache."""

    cos: Float[Tensor, "#batch pos 1 d_head"]
    sin: Float[Tensor, "#batch pos 1 d_head"]
    cache: KeyValueCache | None
    hidden: Bool[Tensor, "batch key"] | None


class RotaryTables(nn.Module):
    """cos and sin of position * theta^(-2i/d_head), the d_head/2 angles repeated for both halves (half-split RoPE)."""

    cos: Tensor  # [position d_head]
    sin: Tensor

    def __init__(self, config: Qwen3Config) -> None:
        super().__init__()
        frequency = config.rope_theta ** (-torch.arange(0, config.d_head, 2).float() / config.d_head)
        angle = torch.arange(config.max_positions).float()[:, None] * frequency
        self.register_buffer("cos", angle.cos().repeat(1, 2), persistent=False)
        self.register_buffer("sin", angle.sin().repeat(1, 2), persistent=False)


def rotate(
    x: Float[Tensor, "batch pos head d_head"],
    cos: Float[Tensor, "#batch pos 1 d_head"],
    sin: Float[Tensor, "#batch pos 1 d_head"],
) -> Float[Tensor, "batch pos head d_head"]:
    """RoPE: turn the pair (x_i, x_{i+d_head/2}) by the angle of its position (Su et al., arXiv 2104.09864)."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def causal_mask(queries: int, keys: int, device: torch.device) -> Bool[Tensor, "query key"]:
    """True where a query may not look. Queries come last: query i stands at key i + keys - queries."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).triu(1 + keys - queries)


def attend(
    q: Float[Tensor, "batch head pos d_head"],
    k: Float[Tensor, "batch kv key d_head"],
    v: Float[Tensor, "batch kv key d_head"],
    hidden: Bool[Tensor, "batch key"] | None = None,
) -> Float[Tensor, "batch pos head d_head"]:
    """softmax(q k^T / sqrt(d_head) + causal) v, the fast way for device and length; equal to `Attention.explicit`."""
    pos, key, groups = q.shape[2], k.shape[2], q.shape[1] // k.shape[1]
    if q.device.type == "cpu" and key <= LONGEST_MATMUL_ATTENTION:
        # The queries of a group share their keys: as extra rows of one product, no key is copied.
        rows = rearrange(q * q.shape[-1] ** -0.5, "batch (kv group) pos d -> batch kv (group pos) d", group=groups)
        scores = (rows @ k.transpose(-1, -2)).unflatten(2, (groups, pos))
        if pos > 1:
            ahead = torch.zeros(pos, key, dtype=scores.dtype).masked_fill_(causal_mask(pos, key, q.device), -torch.inf)
            scores = scores + ahead
        if hidden is not None:
            scores = scores.masked_fill(hidden[:, None, None, None], -torch.inf)
        z = scores.softmax(-1).flatten(2, 3) @ v
        return rearrange(z, "batch kv (group pos) d -> batch pos (kv group) d", group=groups)
    mask = None
    if hidden is not None or 1 < pos < key:
        mask = ~causal_mask(pos, key, q.device)[None, None]
        mask = mask if hidden is None else mask & ~hidden[:, None, None]
    z = F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, is_causal=mask is None and pos > 1, enable_gqa=groups > 1
    )
    return z.transpose(1, 2)


class Attention(nn.Module):
    """Grouped-query attention with normalised queries and keys."""

    def __init__(self, config: Qwen3Config, layer: int) -> None:
        super().__init__()
        self.config, self.layer = config, layer
        self.q_proj = nn.Linear(config.d_model, config.n_heads * config.d_head, bias=False)
        self.k_proj = nn.Linear(config.d_model, config.n_kv_heads * config.d_head, bias=False)
        self.v_proj = nn.Linear(config.d_model, config.n_kv_heads * config.d_head, bias=False)
        self.o_proj = nn.Linear(config.n_heads * config.d_head, config.d_model, bias=False)
        self.q_norm = RMSNorm(config.d_head, config.rms_eps)
        self.k_norm = RMSNorm(config.d_head, config.rms_eps)
        self.hook_q_input = HookPoint()  # [batch pos head d_model]
        self.hook_k_input = HookPoint()  # [batch pos kv d_model]
        self.hook_v_input = HookPoint()  # [batch pos kv d_model]
        self.hook_q = HookPoint()  # [batch pos head d_head]
        self.hook_k = HookPoint()  # [batch pos kv d_head]
        self.hook_v = HookPoint()  # [batch pos kv d_head]
        self.hook_rot_q = HookPoint()  # [batch pos head d_head]
        self.hook_rot_k = HookPoint()  # [batch pos kv d_head]
        self.hook_attn_scores = HookPoint()  # [batch head pos key], masked with -inf
        self.hook_pattern = HookPoint()  # [batch head pos key]
        self.hook_z = HookPoint()  # [batch pos head d_head]
        self.hook_result = HookPoint()  # [batch pos head d_model]

    @property
    def W_Q(self) -> Float[Tensor, "head d_model d_head"]:
        return rearrange(self.q_proj.weight, "(head d_head) d_model -> head d_model d_head", d_head=self.config.d_head)

    @property
    def W_K(self) -> Float[Tensor, "kv d_model d_head"]:
        return rearrange(self.k_proj.weight, "(head d_head) d_model -> head d_model d_head", d_head=self.config.d_head)

    @property
    def W_V(self) -> Float[Tensor, "kv d_model d_head"]:
        return rearrange(self.v_proj.weight, "(head d_head) d_model -> head d_model d_head", d_head=self.config.d_head)

    @property
    def W_O(self) -> Float[Tensor, "head d_head d_model"]:
        return rearrange(self.o_proj.weight, "d_model (head d_head) -> head d_head d_model", d_head=self.config.d_head)

    def forward(
        self,
        resid: Float[Tensor, "batch pos d_model"],
        ln: RMSNorm,
        context: Context,
    ) -> Float[Tensor, "batch pos d_model"]:
        q, k, v = self.project(resid, ln)
        q = self.normalise_and_rotate(q, self.q_norm, self.hook_rot_q, context)
        k = self.normalise_and_rotate(k, self.k_norm, self.hook_rot_k, context)
        v = v.transpose(1, 2)
        if context.cache is not None:
            k, v = context.cache.append(self.layer, k, v)
        explicit = is_hooked(self.hook_attn_scores, self.hook_pattern)
        z = tap(self.hook_z, (self.explicit if explicit else attend)(q, k, v, context.hidden))
        if not is_hooked(self.hook_result):
            return self.o_proj(z.flatten(2))
        result = einsum(z, self.W_O.to(z.dtype), "batch pos head d_head, head d_head d_model -> batch pos head d_model")
        return self.hook_result(result).sum(2)

    def project(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm
    ) -> tuple[
        Float[Tensor, "batch pos head d_head"],
        Float[Tensor, "batch pos kv d_head"],
        Float[Tensor, "batch pos kv d_head"],
    ]:
        """W_q x, W_k x, W_v x by head; under `hook_{q,k,v}_input` each head has its own copy of the residual stream."""
        split = is_hooked(self.hook_q_input, self.hook_k_input, self.hook_v_input)
        if not split:
            x = ln(resid)
            q, k, v = (f(x).unflatten(-1, (-1, self.config.d_head)) for f in (self.q_proj, self.k_proj, self.v_proj))
        else:
            q, k, v = (
                einsum(
                    ln(tap(point, torch.stack([resid] * W.shape[0], 2))),  # copies: a hook may write in place
                    W.to(resid.dtype),
                    "batch pos head d_model, head d_model d_head -> batch pos head d_head",
                )
                for point, W in (
                    (self.hook_q_input, self.W_Q),
                    (self.hook_k_input, self.W_K),
                    (self.hook_v_input, self.W_V),
                )
            )
        return tap(self.hook_q, q), tap(self.hook_k, k), tap(self.hook_v, v)

    def normalise_and_rotate(
        self, x: Float[Tensor, "batch pos head d_head"], norm: RMSNorm, point: HookPoint, context: Context
    ) -> Float[Tensor, "batch head pos d_head"]:
        """RoPE(RMSNorm(x)) of queries or keys, head first."""
        fusible = torch.is_grad_enabled() and context.cos.shape[0] == 1
        if fusible and not is_hooked(point, norm.hook_scale, norm.hook_normalized):
            cos, sin = context.cos[0, :, 0], context.sin[0, :, 0]
            return RMSNormRotateFunction.apply(x, norm.weight, cos, sin, norm.eps)[0]
        return tap(point, rotate(norm(x), context.cos, context.sin)).transpose(1, 2)

    def explicit(
        self,
        q: Float[Tensor, "batch head pos d_head"],
        k: Float[Tensor, "batch kv key d_head"],
        v: Float[Tensor, "batch kv key d_head"],
        hidden: Bool[Tensor, "batch key"] | None = None,
    ) -> Float[Tensor, "batch pos head d_head"]:
        """`attend`, written out, with its hook points."""
        k, v = (repeat(x, "batch kv key d -> batch (kv group) key d", group=q.shape[1] // k.shape[1]) for x in (k, v))
        scores = einsum(q, k, "batch head pos d, batch head key d -> batch head pos key") / math.sqrt(q.shape[-1])
        mask = causal_mask(q.shape[2], k.shape[2], q.device)
        if hidden is not None:
            mask = mask | hidden[:, None, None]
        scores = tap(self.hook_attn_scores, scores.masked_fill(mask, -torch.inf))
        pattern = tap(self.hook_pattern, scores.softmax(-1, dtype=torch.float32).to(q.dtype))
        return einsum(pattern, v, "batch head pos key, batch head key d -> batch pos head d")


class MLP(nn.Module):
    """SwiGLU: W_down (silu(W_gate x) * W_up x) (Shazeer, arXiv 2002.05202)."""

    def __init__(self, config: Qwen3Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.d_model, config.d_mlp, bias=False)
        self.up_proj = nn.Linear(config.d_model, config.d_mlp, bias=False)
        self.down_proj = nn.Linear(config.d_mlp, config.d_model, bias=False)
        self.hook_pre = HookPoint()  # [batch pos d_mlp], the gate
        self.hook_pre_linear = HookPoint()  # [batch pos d_mlp], the other branch
        self.hook_post = HookPoint()  # [batch pos d_mlp]

    @property
    def W_gate(self) -> Float[Tensor, "d_model d_mlp"]:
        return self.gate_proj.weight.T

    @property
    def W_in(self) -> Float[Tensor, "d_model d_mlp"]:
        return self.up_proj.weight.T

    @property
    def W_out(self) -> Float[Tensor, "d_mlp d_model"]:
        return self.down_proj.weight.T

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        pre, linear = tap(self.hook_pre, self.gate_proj(x)), tap(self.hook_pre_linear, self.up_proj(x))
        return self.down_proj(tap(self.hook_post, F.silu(pre) * linear))


class Block(nn.Module):
    """One layer: attention, then MLP, each added to the residual stream."""

    hook_out_is_single_residual_stream = True  # TransformerLens' logit lens asks

    def __init__(self, config: Qwen3Config, layer: int) -> None:
        super().__init__()
        self.ln1 = RMSNorm(config.d_model, config.rms_eps)
        self.attn = Attention(config, layer)
        self.ln2 = RMSNorm(config.d_model, config.rms_eps)
        self.mlp = MLP(config)
        # All [batch pos d_model].
        self.hook_resid_pre, self.hook_resid_mid, self.hook_resid_post = HookPoint(), HookPoint(), HookPoint()
        self.hook_attn_out, self.hook_mlp_in, self.hook_mlp_out = HookPoint(), HookPoint(), HookPoint()

    def forward(
        self,
        resid: Float[Tensor, "batch pos d_model"],
        context: Context,
    ) -> Float[Tensor, "batch pos d_model"]:
        resid = tap(self.hook_resid_pre, resid)
        resid = tap(self.hook_resid_mid, resid + tap(self.hook_attn_out, self.attn(resid, self.ln1, context)))
        # A hook may write in place: the MLP's input is then a copy, so that the stream itself stays as it is.
        mlp_in = self.hook_mlp_in(resid.clone()) if is_hooked(self.hook_mlp_in) else resid
        mlp_out = self.mlp(self.ln2(mlp_in))
        return tap(self.hook_resid_post, resid + tap(self.hook_mlp_out, mlp_out))


class Qwen3(HookedModel):
    """The model. `forward` gives logits; `hidden` stops before the unembedding, for losses at chosen positions."""

    Config = Qwen3Config

    def __init__(self, config: Qwen3Config, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.cfg = self._make_cfg(
            model_name="qwen3",
            n_layers=config.n_layers,
            n_heads=config.n_heads,
            n_key_value_heads=config.n_kv_heads,
            d_model=config.d_model,
            d_head=config.d_head,
            d_mlp=config.d_mlp,
            d_vocab=config.vocab_size,
            d_vocab_out=config.vocab_size,
            n_ctx=config.max_positions,
            eps=config.rms_eps,
            rotary_base=config.rope_theta,
            act_fn="silu",
            device=torch.device("cpu"),
            dtype=torch.float32,
        )
        self.embed = nn.Embedding(config.vocab_size, config.d_model)
        self.hook_embed = HookPoint()  # [batch pos d_model]
        self.rotary = RotaryTables(config)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.n_layers))
        self.ln_final = RMSNorm(config.d_model, config.rms_eps)
        self.unembed = Unembed(config.d_model, config.vocab_size, bias=False)
        if config.tie_embeddings:
            self.unembed.weight = self.embed.weight
        self.initialise(seed)
        self.setup()

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Fresh weights: normal with deviation init_std, the two that write to the residual stream divided by
        sqrt(2 n_layers), so that its variance does not grow with depth (GPT-2); norm weights one."""
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(1.0)
                continue
            writes = name.endswith(("o_proj.weight", "down_proj.weight"))
            std = self.config.init_std / math.sqrt(2 * self.config.n_layers) if writes else self.config.init_std
            parameter.normal_(0.0, std, generator=generator)

    def hidden(
        self,
        tokens: Int[Tensor, "batch pos"],
        *,
        positions: Int[Tensor, "#batch pos"] | None = None,
        cache: KeyValueCache | None = None,
    ) -> Float[Tensor, "batch pos d_model"]:
        """The residual stream after the final norm: `unembed` of it is the logits.

        Rows may be padded on the right: attention is causal, so no real position sees the padding.

        Args:
            positions: of the tokens, from 0; 0, 1, 2 ... (or on from the cache) if None.
            cache: keys and values of earlier tokens; these tokens are appended to it.

        Raises:
            BadInput: more positions than the model has.
        """
        tables = (self.rotary.cos, self.rotary.sin)
        if positions is None and cache is not None:
            positions = cache.positions(tokens.shape[1])
        if positions is None:
            if tokens.shape[1] > self.config.max_positions:
                raise BadInput(
                    f"{tokens.shape[1]} tokens in a row",
                    f"at most max_positions = {self.config.max_positions}",
                    "shorten the text, or train with a larger max_positions",
                )
            cos, sin = (table[None, : tokens.shape[1], None] for table in tables)
        else:
            cos, sin = (table[positions][:, :, None] for table in tables)
        context = Context(cos, sin, cache, None if cache is None else cache.hidden_keys(tokens.shape[1]))
        resid = tap(self.hook_embed, self.embed(tokens))
        for block in self.blocks:
            resid = block(resid, context)
        return self.ln_final(resid)

    def forward(
        self,
        tokens: Int[Tensor, "batch pos"],
        *,
        positions: Int[Tensor, "#batch pos"] | None = None,
        cache: KeyValueCache | None = None,
        logits_at: Int[Tensor, "batch chosen"] | None = None,
    ) -> Float[Tensor, "batch chosen vocab"]:
        """Next-token logits, at every position or only at the columns `logits_at` of each row. Else as `hidden`."""
        h = self.hidden(tokens, positions=positions, cache=cache)
        if logits_at is not None:
            h = h.gather(1, logits_at[:, :, None].expand(-1, -1, h.shape[-1]))
        return self.unembed(h)

    def packed(self) -> PackedStep:
        """The weights as they are now, packed for decoding one token a row without hooks."""
        return PackedStep(self)

    @staticmethod
    def hf_name(name: str) -> str:
        """The Hugging Face name of one of our parameters."""
        if name == "unembed.weight":
            return "lm_head.weight"
        for ours, theirs in (
            ("embed.", "embed_tokens."),
            ("ln_final.", "norm."),
            ("blocks.", "layers."),
            (".ln1.", ".input_layernorm."),
            (".ln2.", ".post_attention_layernorm."),
            (".attn.", ".self_attn."),
        ):
            name = name.replace(ours, theirs)
        return f"model.{name}"
