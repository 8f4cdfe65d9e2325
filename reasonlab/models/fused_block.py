"""A whole Qwen3 block as one autograd node: the training path when no hook is set. Equal to `qwen3.Block` (a test).

Same equations, fewer passes over memory. With y = x r, r = (mean x^2 + eps)^(-1/2) for a norm:

- a norm's gain is folded into the matrix behind it (W' = W diag(g)), so dg = sum_out dW' * W;
- q, k, v are one product, gate and up another; the residual is added inside the products that write to it;
- rows of W_q and W_k are ordered half by half, so that the rotation works on long contiguous runs; the gains of q and k
  and the softmax scale are folded into cos and sin, and r, which commutes with the rotation, is applied as the heads
  are laid out for attention;
- dx = r (dy - y mean(dy y)) for a norm, ds = p (dp - sum(dp p)) for a softmax; everything else is a product.

Everything runs in x's dtype (float32 or bfloat16); parameters and their gradients are float32, and r is computed there.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def _scale(x: Tensor, eps: float) -> Tensor:
    """r [*rest 1] of x's dtype, computed in float32."""
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
    return norm.square_().div_(x.shape[-1]).add_(eps).rsqrt_().to(x.dtype)


def _norm_backward(dy: Tensor, y: Tensor, r: Tensor) -> Tensor:
    mean = (dy * y).mean(-1, keepdim=True)
    return torch.addcmul(dy, y, mean, value=-1).mul_(r)


def _by_half(w: Tensor, d_head: int) -> Tensor:
    """Rows [(head half i) ...] -> [(half head i) ...]."""
    return w.unflatten(0, (-1, 2, d_head // 2)).transpose(0, 1).flatten(0, 2)


def _by_head(w: Tensor, d_head: int) -> Tensor:
    """The inverse of `_by_half`."""
    return w.unflatten(0, (2, -1, d_head // 2)).transpose(0, 1).flatten(0, 2)


class FusedBlock(torch.autograd.Function):
    """x [batch pos d_model] -> the block's output; cos and sin [pos d_head/2] are the plain angles' tables."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x: Tensor, cos: Tensor, sin: Tensor, eps: float, heads: int, kv: int,
        w1: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, wo: Tensor, gq: Tensor, gk: Tensor,
        w2: Tensor, w_gate: Tensor, w_up: Tensor, w_down: Tensor,
    ) -> Tensor:  # fmt: skip
        batch, pos, d_model = x.shape
        d_head, group, dtype = wq.shape[0] // heads, heads // kv, x.dtype
        half, rows = d_head // 2, heads + kv
        x = x.reshape(-1, d_model)
        # Attention.
        r1 = _scale(x, eps)
        y1 = x * r1
        w_qkv = torch.cat((_by_half(torch.cat((wq, wk)), d_head), wv))
        w_qkv_g = (w_qkv * w1).to(dtype)
        qkv = y1 @ w_qkv_g.T
        qk = qkv[:, : rows * d_head].view(batch, pos, 2, rows * half)
        squares = qk.square().view(batch, pos, 2, rows, half).sum(-1, dtype=torch.float32).sum(2)
        rqk = squares.div_(d_head).add_(eps).rsqrt_().to(dtype).transpose(1, 2)  # [batch row pos]
        gains = torch.cat(((gq * d_head**-0.5).expand(heads, -1), gk.expand(kv, -1)))  # [row d_head]
        gains = gains.view(rows, 2, half).transpose(0, 1)  # [half row i]
        c = (cos[:, None, None] * gains).to(dtype).flatten(2)  # [pos 2 (row i)], times the half it multiplies
        s = (sin[:, None, None] * gains).to(dtype).flatten(2)
        turned = qk * c
        turned[:, :, 0].addcmul_(qk[:, :, 1], s[:, 1], value=-1)
        turned[:, :, 1].addcmul_(qk[:, :, 0], s[:, 0])
        z_qk = torch.empty(batch, rows, pos, 2, half, dtype=dtype, device=x.device)
        torch.mul(turned.view(batch, pos, 2, rows, half).permute(0, 3, 1, 2, 4), rqk[..., None, None], out=z_qk)
        z_qk = z_qk.view(batch, rows, pos, d_head)
        q = z_qk[:, :heads].reshape(batch * kv, group * pos, d_head)
        k = z_qk[:, heads:].reshape(batch * kv, pos, d_head)
        v = qkv[:, rows * d_head :].view(batch, pos, kv, d_head).transpose(1, 2).reshape(batch * kv, pos, d_head)
        mask = torch.full((pos, pos), -torch.inf, dtype=dtype, device=x.device).triu_(1).repeat(group, 1)
        p = torch.softmax(torch.baddbmm(mask, q, k.transpose(1, 2)), -1)
        z = torch.bmm(p, v).view(batch, heads, pos, d_head).transpose(1, 2).reshape(-1, heads * d_head)
        w_o = wo.to(dtype)
        mid = torch.addmm(x, z, w_o.T)
        # MLP.
        r2 = _scale(mid, eps)
        y2 = mid * r2
        w_gu = (torch.cat((w_gate, w_up)) * w2).to(dtype)
        gu = y2 @ w_gu.T
        gate, up = gu.chunk(2, -1)
        act = torch.nn.functional.silu(gate)
        hidden = act * up
        w_d = w_down.to(dtype)
        out = torch.addmm(mid, hidden, w_d.T)
        ctx.save_for_backward(
            y1, r1, qkv, rqk, z_qk, q, k, v, p, z, y2, r2, gu, act, hidden, c, s, cos, sin,
            w_qkv, w_qkv_g, w_o, w_gu, w_d, w1, gq, gk, w2, w_gate, w_up,
        )  # fmt: skip
        ctx.shape = (batch, pos, heads, kv, d_head)
        return out.view(batch, pos, d_model)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dout: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        (y1, r1, qkv, rqk, z_qk, q, k, v, p, z, y2, r2, gu, act, hidden, c, s, cos, sin,
         w_qkv, w_qkv_g, w_o, w_gu, w_d, w1, gq, gk, w2, w_gate, w_up) = ctx.saved_tensors  # fmt: skip
        batch, pos, heads, kv, d_head = ctx.shape
        rows, half, dtype = heads + kv, d_head // 2, y1.dtype
        d = dout.reshape(-1, dout.shape[-1])
        # MLP.
        d_hidden = d @ w_d
        d_w_down = (d.T @ hidden).float()
        gate, up = gu.chunk(2, -1)
        d_gu = torch.cat((torch.ops.aten.silu_backward(d_hidden * up, gate), d_hidden.mul_(act)), -1)
        d_w_gu = (d_gu.T @ y2).float()
        d_mid = _norm_backward(d_gu @ w_gu, y2, r2).add_(d)
        d_w2 = (d_w_gu * torch.cat((w_gate, w_up))).sum(0)
        d_w_gate, d_w_up = (d_w_gu * w2).chunk(2)
        # Attention.
        dz = (d_mid @ w_o).view(batch, pos, heads, d_head).transpose(1, 2).reshape(batch * kv, -1, d_head)
        d_w_o = (d_mid.T @ z).float()
        dv = torch.bmm(p.transpose(1, 2), dz)
        ds = torch.ops.aten._softmax_backward_data(torch.bmm(dz, v.transpose(1, 2)), p, -1, dtype)
        d_z_qk = torch.cat(
            (
                torch.bmm(ds, k).view(batch, heads, pos, d_head),
                torch.bmm(ds.transpose(1, 2), q).view(batch, kv, pos, d_head),
            ),
            1,
        )
        # z_qk = r R(qk) with R linear: r's part of the gradient is -qk r^2 <d_z_qk, z_qk> / d_head.
        along = (d_z_qk * z_qk).sum(-1, dtype=torch.float32).div_(-d_head).to(dtype) * rqk.square()
        d_turned = torch.empty(batch, pos, 2, rows * half, dtype=dtype, device=d.device)
        torch.mul(
            d_z_qk.view(batch, rows, pos, 2, half),
            rqk[..., None, None],
            out=d_turned.view(batch, pos, 2, rows, half).permute(0, 3, 1, 2, 4),
        )
        qk = qkv[:, : rows * d_head].view(batch, pos, 2, rows * half)
        d_qkv = torch.empty_like(qkv)
        d_qk = d_qkv[:, : rows * d_head].view(batch, pos, 2, rows * half)
        # The adjoint of the rotation: dq1 = d1 c1 + d2 s1, dq2 = d2 c2 - d1 s2.
        torch.mul(d_turned, c, out=d_qk)
        d_qk[:, :, 0].addcmul_(d_turned[:, :, 1], s[:, 0])
        d_qk[:, :, 1].addcmul_(d_turned[:, :, 0], s[:, 1], value=-1)
        # The gain of half h meets qk_h: its gradient is <qk_h, d_turned . (cos, +-sin)>, summed over rows and positions.
        with_cos = (d_turned * qk).sum(0, dtype=torch.float32).view(pos, 2, rows, half)
        d_gains = (with_cos * cos[:, None, None]).sum(0)
        cross = torch.stack((d_turned[:, :, 1] * qk[:, :, 0], d_turned[:, :, 0] * qk[:, :, 1]), 2)
        cross = cross.sum(0, dtype=torch.float32).view(pos, 2, rows, half) * sin[:, None, None]
        d_gains[0] += cross[:, 0].sum(0)
        d_gains[1] -= cross[:, 1].sum(0)
        d_gains = d_gains.transpose(0, 1).reshape(rows, d_head)
        d_gq, d_gk = d_gains[:heads].sum(0) * d_head**-0.5, d_gains[heads:].sum(0)
        d_qk.view(batch, pos, 2, rows, half).addcmul_(
            qk.view(batch, pos, 2, rows, half), along.transpose(1, 2)[:, :, None, :, None]
        )
        d_qkv[:, rows * d_head :].view(batch, pos, kv, d_head).copy_(dv.view(batch, kv, pos, d_head).transpose(1, 2))
        d_w_qkv = (d_qkv.T @ y1).float()
        dx = _norm_backward(d_qkv @ w_qkv_g, y1, r1).add_(d_mid)
        d_w1 = (d_w_qkv * w_qkv).sum(0)
        d_w_qk, d_wv = (d_w_qkv * w1).split((rows * d_head, kv * d_head))
        d_wq, d_wk = _by_head(d_w_qk, d_head).split((heads * d_head, kv * d_head))
        return (dx.view_as(dout), None, None, None, None, None, d_w1, d_wq, d_wk, d_wv, d_w_o, d_gq, d_gk,
                d_w2, d_w_gate, d_w_up, d_w_down)  # fmt: skip
