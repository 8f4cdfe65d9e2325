"""One decoding step of Qwen3 for many rows, with the weights packed for it. The slow twin is `Qwen3.forward` (a test).

A step does little arithmetic in many calls, so here there are half as many: q, k, v are one product, gate and up
another; the gains of the norms are folded into the matrix behind them, those of q and k and the softmax scale into cos
and sin; residuals are added inside the products that write to them. No hook fires: `generate` comes here when none is
set.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.models.rotary import signed, swap_halves

if TYPE_CHECKING:
    from reasonlab.models.attention import KeyValueCache
    from reasonlab.models.qwen3 import Qwen3


class PackedLayer(NamedTuple):
    qkv: Float[Tensor, "d_model rows"]
    out: Float[Tensor, "rows d_model"]
    gate_up: Float[Tensor, "d_model two_d_mlp"]
    down: Float[Tensor, "d_mlp d_model"]
    gains: Float[Tensor, "head_kv d_head"]


def pack(model: "Qwen3", dtype: torch.dtype) -> tuple[list[PackedLayer], Float[Tensor, "d_model vocab"]]:
    """The layers and the unembedding, multiplied in `dtype`."""
    config, layers = model.config, []
    blocks: Any = model.blocks
    for block in blocks:
        attn, mlp = block.attn, block.mlp
        q, k, v, out, gate, up, down, ln1, ln2, q_norm, k_norm = (
            part.weight.detach().to(dtype)
            for part in (
                attn.q_proj, attn.k_proj, attn.v_proj, attn.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj,
                block.ln1, block.ln2, attn.q_norm, attn.k_norm,
            )
        )  # fmt: skip
        gains = torch.cat(
            ((q_norm * config.d_head**-0.5).expand(config.n_heads, -1), k_norm.expand(config.n_kv_heads, -1))
        )
        parts = ((torch.cat((q, k, v)) * ln1).T, out.T, (torch.cat((gate, up)) * ln2).T, down.T, gains)
        layers.append(PackedLayer(*(part.contiguous() for part in parts)))
    unembed = model.unembed.weight.detach().to(dtype) * model.ln_final.weight.detach().to(dtype)
    return layers, unembed.T.contiguous()


class PackedStep:
    """The model as it was when this was made: later changes to its weights do not reach it."""

    def __init__(self, model: "Qwen3") -> None:
        self.config, self.rotary = model.config, model.rotary
        self.embed = model.embed.weight
        self.layers, self.unembed = pack(model, model.dtype)

    def __call__(
        self, tokens: Int[Tensor, "batch"], positions: Int[Tensor, "#batch 1"], cache: "KeyValueCache"
    ) -> Float[Tensor, "batch vocab"]:
        """The logits after one more token a row, which is appended to the cache."""
        config, x = self.config, self.embed[tokens]
        batch, heads, kv, d_head = len(tokens), config.n_heads, config.n_kv_heads, config.d_head
        hidden = None  # made at the first layer; the same for all
        cos = self.rotary.cos[positions].to(x.dtype)
        sin = signed(self.rotary.sin[positions]).to(x.dtype)
        for index, layer in enumerate(self.layers):
            qkv = F.rms_norm(x, (config.d_model,), None, config.rms_eps) @ layer.qkv
            qk, v = qkv.view(batch, heads + 2 * kv, d_head).split((heads + kv, kv), 1)
            qk = F.rms_norm(qk, (d_head,), None, config.rms_eps)
            qk = (qk * (cos * layer.gains)).addcmul_(swap_halves(qk), sin * swap_halves(layer.gains))
            q, k = qk.split((heads, kv), 1)
            keys, values = cache.append(index, k[:, :, None], v[:, :, None])
            scores = q.view(batch, kv, heads // kv, d_head) @ keys.transpose(-1, -2)
            if cache.padded:
                if hidden is None:
                    count = keys.shape[2]
                    hidden = (positions + torch.arange(1 - count, 1, device=positions.device) < 0)[:, None, None]
                scores = scores.masked_fill_(hidden, -torch.inf)
            z = scores.softmax(-1) @ values
            x = torch.addmm(x, z.view(batch, heads * d_head), layer.out)
            gate, up = (F.rms_norm(x, (config.d_model,), None, config.rms_eps) @ layer.gate_up).chunk(2, -1)
            x = torch.addmm(x, F.silu(gate).mul_(up), layer.down)
        return F.rms_norm(x, (config.d_model,), None, config.rms_eps) @ self.unembed
