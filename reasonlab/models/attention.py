"""What the attention of every architecture shares: who may look at whom, softmax(q k^T) v fast and written out, what
of it TransformerLens' hook points see; and grouped-query attention.

    a_ij = scale q_i k_j, -inf where j is blocked      p_i = softmax(a_i, sink)      z_i = sum_j p_ij v_j

blocked: j > i (causal); with a window w also p_i - p_j >= w; with chunks of c also floor(p_i / c) != floor(p_j / c),
p being positions. A sink is one more logit a head, that takes its share of the softmax and carries no value.
"""
# ruff: noqa: N802  (W_Q and the like are TransformerLens' names)

from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from einops import einsum, rearrange, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.models.fused import CausalSoftmaxFunction
from reasonlab.models.hooked import RMSNorm, is_hooked, tap
from reasonlab.models.kernels import attend_last
from reasonlab.models.rotary import RotaryTables, rotate

# On a CPU the backward of fused attention is half the step of a short sequence: plain matrix products win up to here.
LONGEST_MATMUL_ATTENTION = 256


@runtime_checkable  # the tests check shapes and types at run time
class KeyValueCache(Protocol):
    """What `forward` asks of a cache; reasonlab.decoding owns the storage and its policy.

    The keys of a row stand in the order of their positions without a gap, the newest last.
    """

    padded: bool
    """Whether some row has slots before its first token: they have negative positions."""

    def positions(self, new: int) -> Int[Tensor, "#batch pos"]:
        """The positions of the next `new` tokens of each row, before any layer appends."""

    def append(
        self, layer: int, k: Float[Tensor, "batch kv pos d_k"], v: Float[Tensor, "batch kv pos d_v"]
    ) -> tuple[Float[Tensor, "batch kv key d_k"], Float[Tensor, "batch kv key d_v"]]:
        """Store what is new; all that the queries may look at (in a layer with a window: at least that)."""


class Context:
    """What every layer of one forward pass shares: positions, their rotation, the cache, and the masks, each made once.

    Args:
        positions: of the tokens; None for 0, 1, 2 ...
    """

    def __init__(
        self,
        tables: RotaryTables,
        length: int,
        positions: Int[Tensor, "#batch pos"] | None,
        cache: KeyValueCache | None,
    ) -> None:
        self.cache = cache
        if positions is None and cache is not None:
            positions = cache.positions(length)
        if positions is None:
            self.positions = torch.arange(length, device=tables.cos.device)[None]
            cos, sin = tables.cos[None, :length], tables.sin[None, :length]
        else:
            self.positions, cos, sin = positions, tables.cos[positions], tables.sin[positions]
        self.cos: Float[Tensor, "#batch pos 1 d_rot"] = cos[:, :, None]
        self.sin: Float[Tensor, "#batch pos 1 d_rot"] = sin[:, :, None]
        self._blocked: dict[tuple, Tensor | None] = {}
        self._added: dict[tuple, Tensor | None] = {}
        self._visible: dict[tuple, Tensor] = {}

    def blocked(
        self, keys: int, window: int | None = None, chunk: int | None = None
    ) -> Bool[Tensor, "#batch pos key"] | None:
        """True where a query may not look at a key; None where every query may look at every key."""
        kind = (keys, window, chunk)
        if kind not in self._blocked:
            self._blocked[kind] = self._make_blocked(keys, window, chunk)
        return self._blocked[kind]

    def _make_blocked(self, keys: int, window: int | None, chunk: int | None) -> Tensor | None:
        q = self.positions
        length, padded = q.shape[1], self.cache is not None and self.cache.padded
        if length == 1 and not padded and chunk is None and (window is None or keys <= window):
            return None
        # Queries come last: query i stands at key i + keys - length.
        mask = torch.ones(length, keys, dtype=torch.bool, device=q.device).triu(1 + keys - length)[None]
        if window is None and chunk is None and not padded:
            return mask
        q, k = q[:, :, None], self.key_positions(keys)[:, None]
        if padded:
            mask = mask | (k < 0)
        if window is not None:
            mask = mask | (q - k >= window)
        if chunk is not None:
            mask = mask | (q.div(chunk, rounding_mode="floor") != k.div(chunk, rounding_mode="floor"))
        return mask

    def key_positions(self, keys: int) -> Int[Tensor, "#batch key"]:
        """Negative in slots before a row's first token."""
        q = self.positions
        return q if self.cache is None else q[:, -1:] + torch.arange(1 - keys, 1, device=q.device)

    def visible(self, keys: int, window: int | None = None, chunk: int | None = None) -> Int[Tensor, "#batch"] | None:
        """How many of the last keys the only query of a row may look at; None where every row may look at all."""
        kind = (window, chunk)
        if kind not in self._visible:
            p = self.positions[:, -1]
            seen = p + 1 if chunk is None else p % chunk + 1
            self._visible[kind] = seen if window is None else seen.clamp(max=window)
        padded = self.cache is not None and self.cache.padded
        every = not padded and chunk is None and (window is None or keys <= window)
        return None if every else self._visible[kind]

    def added(
        self, keys: int, window: int | None, chunk: int | None, dtype: torch.dtype
    ) -> Float[Tensor, "#batch 1 1 pos key"] | None:
        """`blocked` as what is added to scores of [batch kv group pos key]: 0 or -inf."""
        kind = (keys, window, chunk, dtype)
        if kind not in self._added:
            blocked = self.blocked(keys, window, chunk)
            if blocked is not None:
                blocked = torch.zeros_like(blocked, dtype=dtype).masked_fill_(blocked, -torch.inf)[:, None, None]
            self._added[kind] = blocked
        return self._added[kind]


def attend(
    q: Float[Tensor, "batch head pos d_k"],
    k: Float[Tensor, "batch kv key d_k"],
    v: Float[Tensor, "batch kv key d_v"],
    context: Context,
    *,
    scale: float | None = None,
    window: int | None = None,
    chunk: int | None = None,
    sinks: Float[Tensor, "head"] | None = None,
) -> Float[Tensor, "batch pos head d_v"]:
    """Attention, the fast way for device and length; equal to `explicit`. `scale` is d_k^-1/2 if None.

    A query that may look at nothing (padding only) gives numbers without a meaning, nan among them.
    """
    (_, heads, pos, d), (_, kv, keys, _) = q.shape, k.shape
    scale, groups = d**-0.5 if scale is None else scale, heads // kv
    # A context with masks of its own is asked for them.
    ordinary = type(context)._make_blocked is Context._make_blocked
    if pos == 1 and context.cache is not None and ordinary and q.device.type == "cpu" and not torch.is_grad_enabled():
        visible = context.visible(keys, window, chunk)
        visible = None if visible is None else visible.expand(len(q))
        return attend_last(q[:, :, 0], k, v, visible, scale=scale, sinks=sinks)[:, None]
    plain = ordinary and context.cache is None and window is None and chunk is None and sinks is None
    if q.device.type == "cpu" and keys <= LONGEST_MATMUL_ATTENTION:
        # The queries of a group share their keys: as extra rows of one product, no key is copied.
        rows = rearrange(q, "batch (kv group) pos d -> batch kv (group pos) d", group=groups)
        scores = (rows @ k.transpose(-1, -2)).unflatten(2, (groups, pos))
        if plain:
            z = CausalSoftmaxFunction.apply(scores, scale).flatten(2, 3) @ v
            return rearrange(z, "batch kv (group pos) d -> batch pos (kv group) d", group=groups)
        scores = scores * scale
        added = context.added(keys, window, chunk, scores.dtype)
        if added is not None:
            scores = scores + added
        if sinks is None:
            pattern = scores.softmax(-1)
        else:
            sink = sinks.to(scores.dtype).view(kv, groups, 1, 1).expand(*scores.shape[:-1], 1)
            pattern = torch.cat((scores, sink), -1).softmax(-1)[..., :-1]
        z = pattern.flatten(2, 3) @ v
        return rearrange(z, "batch kv (group pos) d -> batch pos (kv group) d", group=groups)
    blocked = context.blocked(keys, window, chunk)
    if plain or (blocked is None and sinks is None):
        z = F.scaled_dot_product_attention(
            q, k, v, is_causal=blocked is not None, scale=scale, enable_gqa=groups > 1
        )  # fmt: skip
        return z.transpose(1, 2)
    if sinks is None:
        mask = None if blocked is None else ~blocked[:, None]
    else:
        # One more key, zero, whose score is the sink; its value is zero as well.
        k, v = F.pad(k, (0, 0, 0, 1)), F.pad(v, (0, 0, 0, 1))
        added = context.added(keys, window, chunk, q.dtype)
        mask = (q.new_zeros(1, 1, pos, keys) if added is None else added[:, 0]).expand(-1, heads, -1, -1)
        mask = torch.cat((mask, sinks.to(q.dtype).view(1, heads, 1, 1).expand(mask.shape[0], -1, pos, 1)), -1)
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, scale=scale, enable_gqa=groups > 1
    ).transpose(1, 2)  # fmt: skip


def explicit(
    module: Any,
    q: Float[Tensor, "batch head pos d_k"],
    k: Float[Tensor, "batch kv key d_k"],
    v: Float[Tensor, "batch kv key d_v"],
    context: Context,
    *,
    scale: float | None = None,
    window: int | None = None,
    chunk: int | None = None,
    sinks: Float[Tensor, "head"] | None = None,
) -> Float[Tensor, "batch pos head d_v"]:
    """`attend`, written out, with the points `hook_attn_scores` and `hook_pattern` of `module`.

    The pattern of a head with a sink sums to less than one.
    """
    scale, heads, pos = q.shape[-1] ** -0.5 if scale is None else scale, q.shape[1], q.shape[2]
    k, v = (repeat(x, "batch kv key d -> batch (kv group) key d", group=heads // k.shape[1]) for x in (k, v))
    scores = einsum(q, k, "batch head pos d, batch head key d -> batch head pos key") * scale
    blocked = context.blocked(k.shape[2], window, chunk)
    if blocked is not None:
        scores = scores.masked_fill(blocked[:, None], -torch.inf)
    scores = tap(module.hook_attn_scores, scores).float()
    if sinks is None:
        pattern = scores.softmax(-1)
    else:
        sink = sinks.float().view(1, heads, 1, 1).expand(len(q), -1, pos, 1)
        pattern = torch.cat((scores, sink), -1).softmax(-1)[..., :-1]
    pattern = tap(module.hook_pattern, pattern.to(q.dtype))
    return einsum(pattern, v, "batch head pos key, batch head key d -> batch pos head d")


class AttentionLayer(nn.Module):
    """From queries, keys and values to what is written to the residual stream, with TransformerLens' hook points.

    A subclass makes the three, and `o_proj`; it sets what it has of `window`, `chunk`, `scale` and `sinks`. The config
    has d_model, n_heads, d_head (of a value).
    """

    window: int | None = None
    chunk: int | None = None
    scale: float | None = None
    sinks: Float[Tensor, "head"] | None
    o_proj: nn.Linear

    def __init__(self, config: Any, layer: int) -> None:
        super().__init__()
        self.config, self.layer = config, layer
        self.register_parameter("sinks", None)
        self.hook_attn_scores = HookPoint()  # [batch head pos key], masked with -inf
        self.hook_pattern = HookPoint()  # [batch head pos key]
        self.hook_z = HookPoint()  # [batch pos head d_head]
        self.hook_result = HookPoint()  # [batch pos head d_model]

    @property
    def W_O(self) -> Float[Tensor, "head d_head d_model"]:
        return rearrange(self.o_proj.weight, "d_model (head d_head) -> head d_head d_model", d_head=self.config.d_head)

    def mixed(
        self,
        q: Float[Tensor, "batch head pos d_k"],
        k: Float[Tensor, "batch kv key d_k"],
        v: Float[Tensor, "batch kv key d_head"],
        context: Context,
    ) -> Float[Tensor, "batch pos head d_head"]:
        """The values that each head looks at, mixed: the fast way, unless a hook wants to see how."""
        options: dict[str, Any] = {
            "scale": self.scale, "window": self.window, "chunk": self.chunk, "sinks": self.sinks
        }  # fmt: skip
        if is_hooked(self.hook_attn_scores, self.hook_pattern):
            return explicit(self, q, k, v, context, **options)
        return attend(q, k, v, context, **options)

    def written(self, z: Float[Tensor, "batch pos head d_head"]) -> Float[Tensor, "batch pos d_model"]:
        """W_o z, what the heads write summed; `hook_result` sees each head's own."""
        z = tap(self.hook_z, z)
        if not is_hooked(self.hook_result):
            return self.o_proj(z.flatten(2))
        result = einsum(z, self.W_O.to(z.dtype), "batch pos head d_head, head d_head d_model -> batch pos head d_model")
        written = self.hook_result(result).sum(2)
        return written if self.o_proj.bias is None else written + self.o_proj.bias


class GroupedQueryAttention(AttentionLayer):
    """n_kv_heads key/value heads, each shared by n_heads / n_kv_heads queries (Ainslie et al., arXiv 2305.13245).

    A subclass says in `place` how queries and keys get their positions. The config has n_kv_heads, too.
    """

    def __init__(self, config: Any, layer: int, *, bias: bool = False) -> None:
        super().__init__(config, layer)
        self.q_proj = nn.Linear(config.d_model, config.n_heads * config.d_head, bias)
        self.k_proj = nn.Linear(config.d_model, config.n_kv_heads * config.d_head, bias)
        self.v_proj = nn.Linear(config.d_model, config.n_kv_heads * config.d_head, bias)
        self.o_proj = nn.Linear(config.n_heads * config.d_head, config.d_model, bias)
        self.hook_q_input = HookPoint()  # [batch pos head d_model]
        self.hook_k_input = HookPoint()  # [batch pos kv d_model]
        self.hook_v_input = HookPoint()  # [batch pos kv d_model]
        self.hook_q = HookPoint()  # [batch pos head d_head]
        self.hook_k = HookPoint()  # [batch pos kv d_head]
        self.hook_v = HookPoint()  # [batch pos kv d_head]
        self.hook_rot_q = HookPoint()  # [batch pos head d_head]
        self.hook_rot_k = HookPoint()  # [batch pos kv d_head]

    def _by_head(self, linear: nn.Linear) -> Float[Tensor, "head d_model d_head"]:
        return rearrange(linear.weight, "(head d_head) d_model -> head d_model d_head", d_head=self.config.d_head)

    @property
    def W_Q(self) -> Float[Tensor, "head d_model d_head"]:
        return self._by_head(self.q_proj)

    @property
    def W_K(self) -> Float[Tensor, "kv d_model d_head"]:
        return self._by_head(self.k_proj)

    @property
    def W_V(self) -> Float[Tensor, "kv d_model d_head"]:
        return self._by_head(self.v_proj)

    def forward(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm, context: Context
    ) -> Float[Tensor, "batch pos d_model"]:
        q, k, v = self.heads(resid, ln, context)
        if context.cache is not None:
            k, v = context.cache.append(self.layer, k, v)
        return self.written(self.mixed(q, k, v, context))

    def heads(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm, context: Context
    ) -> tuple[
        Float[Tensor, "batch head pos d_head"],
        Float[Tensor, "batch kv pos d_head"],
        Float[Tensor, "batch kv pos d_head"],
    ]:
        """Queries and keys in their places, and values, head first."""
        q, k, v = self.project(resid, ln)
        return *self.place(q, k, context), v.transpose(1, 2)

    def keys_values(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm, context: Context
    ) -> tuple[Float[Tensor, "batch kv pos d_head"], Float[Tensor, "batch kv pos d_head"]]:
        """The last two of `heads`, where no query is asked at these positions; without hooks."""
        x = ln(resid)
        k, v = (linear(x).unflatten(-1, (-1, self.config.d_head)) for linear in (self.k_proj, self.v_proj))
        _, k = self.place(k, k, context)  # it places both: the keys stand in for queries that nobody needs
        return k, v.transpose(1, 2)

    def project(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm
    ) -> tuple[
        Float[Tensor, "batch pos head d_head"],
        Float[Tensor, "batch pos kv d_head"],
        Float[Tensor, "batch pos kv d_head"],
    ]:
        """W_q x, W_k x, W_v x by head; under `hook_{q,k,v}_input` each head has its own copy of the residual stream."""
        linears = (self.q_proj, self.k_proj, self.v_proj)
        inputs = (self.hook_q_input, self.hook_k_input, self.hook_v_input)
        points = (self.hook_q, self.hook_k, self.hook_v)
        if not is_hooked(*inputs):
            x = ln(resid)
            made = [linear(x).unflatten(-1, (-1, self.config.d_head)) for linear in linears]
        else:
            made = [self._split(resid, ln, point, linear) for point, linear in zip(inputs, linears)]
        q, k, v = (tap(point, x) for point, x in zip(points, made))
        return q, k, v

    def _split(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm, point: HookPoint, linear: nn.Linear
    ) -> Float[Tensor, "batch pos head d_head"]:
        weight = self._by_head(linear)
        copies = torch.stack([resid] * len(weight), 2)  # copies: a hook may write in place
        x = einsum(
            ln(tap(point, copies)),
            weight.to(resid.dtype),
            "batch pos head d_model, head d_model d_head -> batch pos head d_head",
        )
        return x if linear.bias is None else x + linear.bias.view(len(weight), -1)

    def place(
        self, q: Float[Tensor, "batch pos head d_head"], k: Float[Tensor, "batch pos kv d_head"], context: Context
    ) -> tuple[Float[Tensor, "batch head pos d_head"], Float[Tensor, "batch kv pos d_head"]]:
        """Queries and keys with their positions, head first. Here: half-split RoPE and nothing else."""
        return (
            tap(self.hook_rot_q, rotate(q, context.cos, context.sin)).transpose(1, 2),
            tap(self.hook_rot_k, rotate(k, context.cos, context.sin)).transpose(1, 2),
        )
