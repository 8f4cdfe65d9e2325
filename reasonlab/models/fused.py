"""RMSNorm, and RMSNorm followed by RoPE, with backward passes written by hand.

On a CPU the elementwise passes that autograd strings together cost a small model more than its matrix products do; here
they are a third as many. In float32 inside: on a CPU bf16 arithmetic is slower than the two conversions.

    y = x r w,  r = (mean(x^2) + eps)^-1/2       dx = r (g w - x r mean(g w x r)),     dw = sum(g x r)
    z = y cos + turn(y) sin,  turn(a, b) = (-b, a)                 g_y = g cos - turn(g sin)

The slow twins are `RMSNorm.explicit` and `rotate`; a test holds these to them, gradients included. Once differentiable:
for second derivatives put any hook on the norm, which takes the explicit path.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from reasonlab.models.rotary import signed, swap_halves


def reciprocal_scale(x: Float[Tensor, "*rest size"], eps: float) -> Float[Tensor, "*rest 1"]:
    """r, in float32."""
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
    return norm.square().div_(x.shape[-1]).add_(eps).rsqrt_()


def _norm_backward(g: Tensor, y: Tensor, r: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """dx and dw of y * weight, y = x r, all in float32."""
    product = (g * y).reshape(-1, y.shape[-1])
    mean = (product @ weight).view(r.shape)
    dx = (g * weight).addcmul_(y, mean, value=-1 / y.shape[-1]).mul_(r)
    return dx, product.sum(0)


class RMSNormFunction(torch.autograd.Function):
    """y = x r w, given out in `dtype`."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
        r = reciprocal_scale(x, eps)
        normalised = x * r
        return (normalised * weight.float()).to(dtype), normalised, r

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        x, weight, *_ = inputs
        _, normalised, r = output
        ctx.mark_non_differentiable(normalised, r)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(normalised, r, weight)
        ctx.dtype = x.dtype

    @staticmethod
    @once_differentiable
    def backward(ctx, g: Tensor, *_: None) -> tuple[Tensor, Tensor, None, None]:
        normalised, r, weight = ctx.saved_tensors
        dx, dw = _norm_backward(g.float(), normalised, r, weight.float())
        return dx.to(ctx.dtype), dw.to(weight.dtype), None, None


class RMSNormRotateFunction(torch.autograd.Function):
    """[batch pos head d_head] -> RoPE(x r w) [batch head pos d_head], contiguous, in x's dtype; cos, sin [pos d_head].

    Head-first, so that the tables line up with long runs of memory, and the product that follows copies nothing.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, cos: Tensor, sin: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        heads = x.transpose(1, 2).to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        r = reciprocal_scale(heads, eps)
        normalised = heads.mul_(r)
        w = weight.float()
        z = (normalised * (w * cos)).addcmul_(swap_halves(normalised), swap_halves(w) * signed(sin))
        return z.to(x.dtype), normalised, r

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        x, weight, cos, sin, _ = inputs
        _, normalised, r = output
        ctx.mark_non_differentiable(normalised, r)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(normalised, r, weight, cos, sin)
        ctx.dtype = x.dtype

    @staticmethod
    @once_differentiable
    def backward(ctx, g: Tensor, *_: None) -> tuple[Tensor, Tensor, None, None, None]:
        normalised, r, weight, cos, sin = ctx.saved_tensors
        g32 = g.contiguous().float()
        turned = (g32 * cos).addcmul_(swap_halves(g32), signed(sin), value=-1)
        dx, dw = _norm_backward(turned, normalised, r, weight.float())
        return dx.transpose(1, 2).to(ctx.dtype), dw.to(weight.dtype), None, None, None
