"""The passes between matrix products, with backward passes written by hand: RMSNorm, RMSNorm followed by RoPE, SwiGLU,
and the softmax of causal attention. `kernels` has what they compute.

On a CPU the elementwise passes that autograd strings together cost a small model more than its matrix products do; here
they are a third as many, and one each where kernels are compiled. In float32 inside.

The slow twins are `RMSNorm.explicit`, `rotate`, and torch's own silu and softmax; tests hold these to them, gradients
included. Once differentiable: for second derivatives put any hook on the norm, the MLP and the pattern, which then take
the explicit path.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from reasonlab.models import kernels


class RMSNormFunction(torch.autograd.Function):
    """y = x r w, given out in `dtype`."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, eps: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        return kernels.rms_norm(x, weight, eps, dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
        x, weight, *_ = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, weight, output[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor, _: None) -> tuple[Tensor, Tensor, None, None]:
        x, weight, r = ctx.saved_tensors
        dx, dw = kernels.rms_norm_backward(g, x, weight, r)
        return dx, dw.to(weight.dtype), None, None


class RMSNormRotateFunction(torch.autograd.Function):
    """[batch pos head d_head] -> RoPE(x r w) [batch head pos d_head], contiguous; cos, sin [pos d_head]."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, cos: Tensor, sin: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        return kernels.rms_rotate(x, weight, cos[None], sin[None], eps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
        x, weight, cos, sin, _ = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, weight, cos, sin, output[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor, _: None) -> tuple[Tensor, Tensor, None, None, None]:
        x, weight, cos, sin, r = ctx.saved_tensors
        dx, dw = kernels.rms_rotate_backward(g, x, weight, cos, sin, r)
        return dx, dw.to(weight.dtype), None, None, None


class SwiGLUFunction(torch.autograd.Function):
    """silu(gate) * up."""

    generate_vmap_rule = True

    @staticmethod
    def forward(gate: Tensor, up: Tensor) -> Tensor:
        return kernels.swiglu(gate, up)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        return kernels.swiglu_backward(g, *ctx.saved_tensors)


class CausalSoftmaxFunction(torch.autograd.Function):
    """softmax(scale scores) over the columns up to the row's own."""

    generate_vmap_rule = True

    @staticmethod
    def forward(scores: Tensor, scale: float) -> Tensor:
        return kernels.causal_softmax(scores, scale)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        ctx.scale = inputs[1]
        ctx.save_for_backward(output)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        (softmax,) = ctx.saved_tensors
        return kernels.causal_softmax_backward(g, softmax, ctx.scale), None
