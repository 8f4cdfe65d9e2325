"""Multi-head latent attention. Source: DeepSeek-V2, arXiv 2405.04434, section 2.1; DeepSeek-V3, arXiv 2412.19437.

    q_h   = [q_nope_h | RoPE(q_rope_h)] = W_qb RMSNorm(W_qa x)      or W_q x, without a latent of queries
    c, r  = RMSNorm(W_kva x's first part), RoPE(its rest)           all that a cache keeps: one latent, one rotary key
    k_h   = [W_k_h c | r]         v_h = W_v_h c                     [W_k_h; W_v_h] the rows of W_kvb of head h
    A_h   = softmax(scale q_h k_h^T + causal)         z_h = A_h v_h         out = W_o z

Naive: keys and values are made. Absorbed, for decoding: the projections move to the query's side and behind the sum,

    q_h k_h = (W_k_h^T q_nope_h) c + q_rope_h r       z_h = W_v_h (sum_j A_hj c_j)

so that a step reads kv_rank + d_rope numbers of each earlier token, and no key or value is made.
"""

from typing import Any

import torch
from einops import einsum
from jaxtyping import Float
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.models.attention import AttentionLayer, Context
from reasonlab.models.hooked import RMSNorm, is_hooked, tap
from reasonlab.models.rotary import rotate, rotate_interleaved

LATENT_EPS = 1e-6  # of the norms of latents, whatever the config's is


class LatentAttention(AttentionLayer):
    """The config has d_model, n_heads, d_nope, d_rope, d_head (of values), kv_rank, q_rank (or None), interleave.

    Hook points as TransformerLens' MLAAttentionBridge has them: `hook_q`, `hook_k` and `hook_v` are what is compared
    and summed, after the rotation. While decoding from a cache, a hook on `hook_k` or `hook_v` has the naive path
    taken: they then hold every earlier token, made anew from its latent.
    """

    scale: float

    def __init__(self, config: Any, layer: int, scale: float) -> None:
        super().__init__(config, layer)
        self.scale = scale
        heads, d_qk = config.n_heads, config.d_nope + config.d_rope
        if config.q_rank is None:
            self.q_proj = nn.Linear(config.d_model, heads * d_qk, bias=False)
        else:
            self.q_a_proj = nn.Linear(config.d_model, config.q_rank, bias=False)
            self.q_a_layernorm = RMSNorm(config.q_rank, LATENT_EPS)
            self.q_b_proj = nn.Linear(config.q_rank, heads * d_qk, bias=False)
            self.hook_q_latent = HookPoint()  # [batch pos q_rank], after the norm
        self.kv_a_proj_with_mqa = nn.Linear(config.d_model, config.kv_rank + config.d_rope, bias=False)
        self.kv_a_layernorm = RMSNorm(config.kv_rank, LATENT_EPS)
        self.kv_b_proj = nn.Linear(config.kv_rank, heads * (config.d_nope + config.d_head), bias=False)
        self.o_proj = nn.Linear(heads * config.d_head, config.d_model, bias=False)
        self.hook_kv_latent = HookPoint()  # [batch pos kv_rank], after the norm
        self.hook_rot_q = HookPoint()  # [batch pos head d_rope]
        self.hook_rot_k = HookPoint()  # [batch pos 1 d_rope], shared by the heads
        self.hook_q = HookPoint()  # [batch pos head d_nope+d_rope]
        self.hook_k = HookPoint()  # [batch key head d_nope+d_rope]
        self.hook_v = HookPoint()  # [batch key head d_head]

    def forward(
        self, resid: Float[Tensor, "batch pos d_model"], ln: RMSNorm, context: Context
    ) -> Float[Tensor, "batch pos d_model"]:
        config, x = self.config, ln(resid)
        turn = rotate_interleaved if config.interleave else rotate
        q_nope, q_rope = self.queries(x).split((config.d_nope, config.d_rope), -1)
        q_rope = tap(self.hook_rot_q, turn(q_rope, context.cos, context.sin))
        q = tap(self.hook_q, torch.cat((q_nope, q_rope), -1))
        latent, k_rope = self.kv_a_proj_with_mqa(x).split((config.kv_rank, config.d_rope), -1)
        latent = tap(self.hook_kv_latent, self.kv_a_layernorm(latent))[:, None]
        k_rope = tap(self.hook_rot_k, turn(k_rope[:, :, None], context.cos, context.sin)).transpose(1, 2)
        if context.cache is not None:
            latent, k_rope = context.cache.append(self.layer, latent, k_rope)
        decoding = context.cache is not None and q.shape[1] == 1
        if decoding and not is_hooked(self.hook_k, self.hook_v):
            return self.written(self.absorbed(q, latent, k_rope, context))
        return self.written(self.naive(q, latent, k_rope, context))

    def queries(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos head d_qk"]:
        """Before the rotation."""
        if self.config.q_rank is None:
            q = self.q_proj(x)
        else:
            q = self.q_b_proj(tap(self.hook_q_latent, self.q_a_layernorm(self.q_a_proj(x))))
        return q.unflatten(-1, (self.config.n_heads, -1))

    def naive(
        self,
        q: Float[Tensor, "batch pos head d_qk"],
        latent: Float[Tensor, "batch 1 key rank"],
        k_rope: Float[Tensor, "batch 1 key d_rope"],
        context: Context,
    ) -> Float[Tensor, "batch pos head d_head"]:
        heads = self.config.n_heads
        made = self.kv_b_proj(latent[:, 0]).unflatten(-1, (heads, -1))
        k_nope, v = made.split((self.config.d_nope, self.config.d_head), -1)
        shared = k_rope.transpose(1, 2).expand(-1, -1, heads, -1)
        k = tap(self.hook_k, torch.cat((k_nope, shared), -1))
        q, k, v = (x.transpose(1, 2) for x in (q, k, tap(self.hook_v, v)))
        return self.mixed(q, k, v, context)

    def absorbed(
        self,
        q: Float[Tensor, "batch pos head d_qk"],
        latent: Float[Tensor, "batch 1 key rank"],
        k_rope: Float[Tensor, "batch 1 key d_rope"],
        context: Context,
    ) -> Float[Tensor, "batch pos head d_head"]:
        """`naive`, without keys and values; `hook_k` and `hook_v` do not fire."""
        heads, pos, latent, k_rope = q.shape[2], q.shape[1], latent[:, 0], k_rope[:, 0]
        by_head = self.kv_b_proj.weight.unflatten(0, (heads, -1))
        w_k, w_v = by_head.split((self.config.d_nope, self.config.d_head), 1)
        q_nope, q_rope = (q * self.scale).split((self.config.d_nope, self.config.d_rope), -1)
        q_latent = einsum(q_nope, w_k.to(q.dtype), "batch pos head d_nope, head d_nope rank -> batch head pos rank")
        q_rope = q_rope.transpose(1, 2)
        # All heads compare with the same latents: they are rows of one product.
        scores = q_latent.flatten(1, 2) @ latent.mT + q_rope.flatten(1, 2) @ k_rope.mT
        scores = scores.unflatten(1, (heads, pos))
        blocked = context.blocked(latent.shape[1])
        if blocked is not None:
            scores = scores.masked_fill(blocked[:, None], -torch.inf)
        scores = tap(self.hook_attn_scores, scores)
        pattern = tap(self.hook_pattern, scores.softmax(-1, dtype=torch.float32).to(latent.dtype))
        mixed = (pattern.flatten(1, 2) @ latent).unflatten(1, (heads, pos))
        return einsum(mixed, w_v.to(mixed.dtype), "batch head pos rank, head d_head rank -> batch pos head d_head")
