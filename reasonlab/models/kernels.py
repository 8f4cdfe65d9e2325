"""What a small model does between its matrix products, each pass once through memory. On a CPU these passes, strung
together from torch's, cost such a model more than the products.

Each function says in torch what it computes, and takes `kernels.cpp` instead where that is compiled (`native`) and the
tensors are plain ones on a CPU, in float32 or bfloat16. No function here has a gradient: see `fused`.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from reasonlab.models import native
from reasonlab.models.rotary import signed, swap_halves

HALF = {torch.float32: 0, torch.bfloat16: 1}


def compiled(*tensors: Tensor) -> Any:
    """The library, if it takes these tensors; else None."""
    library = native.build().library
    if library is None or torch._C._functorch.peek_interpreter_stack() is not None or torch.compiler.is_compiling():
        return None
    dtype = tensors[0].dtype
    for tensor in tensors:
        plain = type(tensor) in (Tensor, nn.Parameter) and tensor.device.type == "cpu"
        plain = plain and not torch._C._functorch.is_legacy_batchedtensor(tensor)  # of autograd.grad(is_grads_batched)
        if not (plain and tensor.dtype is dtype and dtype in HALF):
            return None
    return library


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _float32(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().float().contiguous()


def reciprocal_scale(x: Float[Tensor, "*rest size"], eps: float) -> Float[Tensor, "*rest 1"]:
    """r, in float32 or wider."""
    wide = torch.promote_types(x.dtype, torch.float32)
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=wide)
    return norm.square().div_(x.shape[-1]).add_(eps).rsqrt_()


def rms_norm(
    x: Float[Tensor, "*rest size"], weight: Float[Tensor, "size"], eps: float, dtype: torch.dtype
) -> tuple[Float[Tensor, "*rest size"], Float[Tensor, "*rest 1"]]:
    """y = x r w, given out in `dtype`, and r = (mean(x^2) + eps)^-1/2 (Zhang & Sennrich, arXiv 1910.07467)."""
    library = compiled(x)
    if library is None or dtype not in HALF:
        r = reciprocal_scale(x, eps)
        return (x * r * weight.to(r.dtype)).to(dtype), r
    x, weight, size = x.contiguous(), weight.float(), x.shape[-1]
    y, r = torch.empty_like(x, dtype=dtype), x.new_empty(*x.shape[:-1], 1, dtype=torch.float32)
    library.reasonlab_rms_norm(
        HALF[x.dtype], HALF[dtype], x.data_ptr(), weight.data_ptr(), y.data_ptr(), r.data_ptr(),
        r.numel(), size, eps, torch.get_num_threads(),
    )  # fmt: skip
    return y, r


def rms_norm_backward(
    g: Float[Tensor, "*rest size"],
    x: Float[Tensor, "*rest size"],
    weight: Float[Tensor, "size"],
    r: Float[Tensor, "*rest 1"],
) -> tuple[Float[Tensor, "*rest size"], Float[Tensor, "size"]]:
    """dx, in x's dtype, and dw, in float32, of `rms_norm`:  dx = r (g w - x r mean(g w x r)),  dw = sum(g x r)."""
    library = compiled(x)
    if library is None or compiled(g) is None:
        y, g, weight = x * r, g.float(), weight.float()
        product = (g * y).reshape(-1, y.shape[-1])
        mean = (product @ weight).view(r.shape)
        return (g * weight).addcmul_(y, mean, value=-1 / y.shape[-1]).mul_(r).to(x.dtype), product.sum(0)
    g, x, weight = g.contiguous(), x.contiguous(), weight.float()
    dx, dw = torch.empty_like(x), torch.empty_like(weight)
    library.reasonlab_rms_norm_backward(
        HALF[g.dtype], HALF[x.dtype], g.data_ptr(), x.data_ptr(), weight.data_ptr(), r.data_ptr(), dx.data_ptr(),
        dw.data_ptr(), r.numel(), x.shape[-1], torch.get_num_threads(),
    )  # fmt: skip
    return dx, dw


def rms_rotate(
    x: Float[Tensor, "batch pos head d_head"],
    weight: Float[Tensor, "d_head"],
    cos: Float[Tensor, "#batch pos d_head"],
    sin: Float[Tensor, "#batch pos d_head"],
    eps: float,
) -> tuple[Float[Tensor, "batch head pos d_head"], Float[Tensor, "batch head pos 1"]]:
    """RMSNorm of each head, then RoPE on half-split pairs, head first; and the norm's r.

    Head-first, so that the tables line up with long runs of memory, and the product that follows copies nothing.
    """
    batch, pos, heads, d = x.shape
    library = compiled(x)
    if library is None:
        wide = torch.promote_types(x.dtype, torch.float32)
        first = x.transpose(1, 2).to(wide, memory_format=torch.contiguous_format, copy=True)
        r = reciprocal_scale(first, eps)
        y, w, cos, sin = first.mul_(r), weight.float(), cos[:, None], signed(sin)[:, None]
        return (y * (w * cos)).addcmul_(swap_halves(y), swap_halves(w) * sin).to(x.dtype), r
    if x.stride(-1) != 1:
        x = x.contiguous()
    weight, cos, sin = weight.float(), cos.float().contiguous(), sin.float().contiguous()
    y, r = x.new_empty(batch, heads, pos, d), x.new_empty(batch, heads, pos, 1, dtype=torch.float32)
    library.reasonlab_rms_rotate(
        HALF[x.dtype], x.data_ptr(), *x.stride()[:3], weight.data_ptr(), cos.data_ptr(), sin.data_ptr(),
        pos * d if len(cos) > 1 else 0, y.data_ptr(), heads * pos * d, d, pos * d, r.data_ptr(),
        batch, pos, heads, d, eps, torch.get_num_threads(),
    )  # fmt: skip
    return y, r


def rms_rotate_backward(
    g: Float[Tensor, "batch head pos d_head"],
    x: Float[Tensor, "batch pos head d_head"],
    weight: Float[Tensor, "d_head"],
    cos: Float[Tensor, "pos d_head"],
    sin: Float[Tensor, "pos d_head"],
    r: Float[Tensor, "batch head pos 1"],
) -> tuple[Float[Tensor, "batch pos head d_head"], Float[Tensor, "d_head"]]:
    """dx and dw of `rms_rotate`: g cos - turn(g sin), turn(a, b) = (-b, a), then as `rms_norm_backward`."""
    batch, pos, heads, d = x.shape
    library = compiled(g, x)
    if library is None:
        g32 = g.contiguous().float()
        turned = (g32 * cos).addcmul_(swap_halves(g32), signed(sin), value=-1)
        dx, dw = rms_norm_backward(turned, x.transpose(1, 2).float(), weight, r)
        return dx.transpose(1, 2).to(x.dtype), dw
    g, x = (tensor if tensor.stride(-1) == 1 else tensor.contiguous() for tensor in (g, x))
    weight, cos, sin = weight.float(), cos.float().contiguous(), sin.float().contiguous()
    dx, dw = x.new_empty(x.shape), torch.empty_like(weight)
    library.reasonlab_rms_rotate_backward(
        HALF[x.dtype], g.data_ptr(), g.stride(0), g.stride(2), g.stride(1), x.data_ptr(), *x.stride()[:3],
        weight.data_ptr(), cos.data_ptr(), sin.data_ptr(), r.data_ptr(), dx.data_ptr(), dw.data_ptr(),
        batch, pos, heads, d, torch.get_num_threads(),
    )  # fmt: skip
    return dx, dw


def swiglu(gate: Float[Tensor, "*rest size"], up: Float[Tensor, "*rest size"]) -> Float[Tensor, "*rest size"]:
    """silu(gate) * up (Shazeer, arXiv 2002.05202)."""
    library = compiled(gate, up)
    if library is None or not _by_rows(gate, up):
        return F.silu(gate) * up
    size, y = gate.shape[-1], torch.empty(gate.shape, dtype=gate.dtype)
    library.reasonlab_swiglu(
        HALF[gate.dtype], gate.data_ptr(), up.data_ptr(), gate.stride(-2), y.data_ptr(), y.numel() // size, size,
        torch.get_num_threads(),
    )  # fmt: skip
    return y


def _by_rows(gate: Tensor, up: Tensor) -> bool:
    """Both are rows of equal distance, the numbers of a row side by side."""
    shape, strides = gate.shape, gate.stride()
    even = all(strides[i] == strides[i + 1] * shape[i + 1] for i in range(gate.ndim - 2))
    return gate.ndim > 1 and even and strides[-1] == 1 and up.stride() == strides


def swiglu_backward(
    g: Float[Tensor, "*rest size"], gate: Float[Tensor, "*rest size"], up: Float[Tensor, "*rest size"]
) -> tuple[Float[Tensor, "*rest size"], Float[Tensor, "*rest size"]]:
    """dgate = g up s (1 + gate (1 - s)) and dup = g silu(gate), s = 1 / (1 + e^-gate)."""
    library = compiled(g, gate, up)
    if library is None:
        g32, gate32, s = g.float(), gate.float(), gate.float().sigmoid()
        return (g32 * up * s * (1 + gate32 * (1 - s))).to(gate.dtype), (g32 * gate32 * s).to(up.dtype)
    g, gate, up = g.contiguous(), gate.contiguous(), up.contiguous()
    dgate, dup = torch.empty_like(gate), torch.empty_like(up)
    library.reasonlab_swiglu_backward(
        HALF[gate.dtype], g.data_ptr(), gate.data_ptr(), up.data_ptr(), dgate.data_ptr(), dup.data_ptr(), g.numel(),
        torch.get_num_threads(),
    )  # fmt: skip
    return dgate, dup


def causal_softmax(scores: Float[Tensor, "*rest pos pos"], scale: float) -> Float[Tensor, "*rest pos pos"]:
    """softmax(scale scores) over the columns up to the row's own."""
    library, length = compiled(scores), scores.shape[-1]
    if library is None:
        after = torch.ones(length, length, dtype=torch.bool, device=scores.device).triu(1)
        return (scores * scale).masked_fill(after, -torch.inf).softmax(-1)
    scores = scores.contiguous()
    pattern = torch.empty_like(scores)
    library.reasonlab_causal_softmax(
        HALF[scores.dtype], scores.data_ptr(), pattern.data_ptr(), scores.numel() // length, length, scale,
        torch.get_num_threads(),
    )  # fmt: skip
    return pattern


def causal_softmax_backward(
    g: Float[Tensor, "*rest pos pos"], pattern: Float[Tensor, "*rest pos pos"], scale: float
) -> Float[Tensor, "*rest pos pos"]:
    """scale p (g - sum_j g p)."""
    library, length = compiled(g, pattern), pattern.shape[-1]
    if library is None:
        return (g - (g * pattern).sum(-1, keepdim=True)) * pattern * scale
    g, pattern = g.contiguous(), pattern.contiguous()
    ds = torch.empty_like(g)
    library.reasonlab_causal_softmax_backward(
        HALF[g.dtype], g.data_ptr(), pattern.data_ptr(), ds.data_ptr(), g.numel() // length, length, scale,
        torch.get_num_threads(),
    )  # fmt: skip
    return ds


def attend_last(
    q: Float[Tensor, "batch head d_k"],
    k: Float[Tensor, "batch kv key d_k"],
    v: Float[Tensor, "batch kv key d_v"],
    visible: Int[Tensor, "batch"] | None,
    *,
    scale: float,
    sinks: Float[Tensor, "head"] | None = None,
) -> Float[Tensor, "batch head d_v"]:
    """softmax(scale q k^T) v of one query a row, over the last `visible` keys of the row (None: all of them).

    A sink is one more logit of its head, that takes its share and carries no value.
    """
    (batch, heads, d_k), (_, kv, slots, d_v) = q.shape, v.shape
    library = compiled(q, k, v)
    # As a cache of decoding lies: the slots of k side by side, and the numbers of v.
    if library is None or q.stride(-1) != 1 or k.stride(2) != 1 or v.stride(3) != 1:
        scores = (q * scale).view(batch, kv, heads // kv, d_k) @ k.mT
        if visible is not None:
            hidden = torch.arange(slots, device=k.device) < slots - visible[:, None]
            scores = scores.masked_fill(hidden[:, None, None], -torch.inf)
        if sinks is not None:
            scores = torch.cat((scores, sinks.to(scores.dtype).view(kv, -1, 1).expand(*scores.shape[:-1], 1)), -1)
        return (scores.softmax(-1)[..., :slots] @ v).view(batch, heads, d_v)
    visible, sinks = None if visible is None else visible.int().contiguous(), _float32(sinks)
    z = q.new_empty(batch, heads, d_v)
    library.reasonlab_attend_last(
        HALF[q.dtype], q.data_ptr(), *q.stride()[:2], k.data_ptr(), k.stride(0), k.stride(1), k.stride(3),
        v.data_ptr(), *v.stride()[:3], z.data_ptr(), _pointer(visible), _pointer(sinks),
        batch, heads, heads // kv, slots, d_k, d_v, scale, torch.get_num_threads(),
    )  # fmt: skip
    return z
