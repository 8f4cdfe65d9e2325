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
        if not (plain and tensor.dtype is dtype and dtype in HALF):
            return None
    return library


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _float32(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().float().contiguous()


def rms_norm(
    x: Float[Tensor, "*rest size"], weight: Float[Tensor, "size"] | None, eps: float, dtype: torch.dtype | None = None
) -> Float[Tensor, "*rest size"]:
    """x / sqrt(mean(x^2) + eps) * weight (arXiv 1910.07467), given out in `dtype`, x's own if None."""
    dtype = dtype or x.dtype
    library = compiled(x)
    if library is None or dtype not in HALF:
        return F.rms_norm(x, x.shape[-1:], None if weight is None else weight.to(x.dtype), eps).to(dtype)
    x, weight = x.contiguous(), _float32(weight)
    y = torch.empty_like(x, dtype=dtype)
    size = x.shape[-1]
    library.reasonlab_rms_norm(
        HALF[x.dtype], HALF[dtype], x.data_ptr(), _pointer(weight), y.data_ptr(), None,
        x.numel() // size, size, eps, torch.get_num_threads(),
    )  # fmt: skip
    return y


def rms_rotate(
    x: Float[Tensor, "batch pos head d_head"],
    weight: Float[Tensor, "head d_head"],
    cos: Float[Tensor, "#batch pos d_head"],
    sin: Float[Tensor, "#batch pos d_head"],
    eps: float,
) -> Float[Tensor, "batch head pos d_head"]:
    """RMSNorm of each head, then RoPE on half-split pairs, head first. The tables are float32, or of x's dtype."""
    batch, pos, heads, d = x.shape
    library = compiled(x)
    if library is None:
        cos, sin, normed = (
            cos[:, :, None].to(x.dtype),
            signed(sin)[:, :, None].to(x.dtype),
            F.rms_norm(x, (d,), None, eps),
        )
        y = (normed * (cos * weight)).addcmul_(swap_halves(normed), sin * swap_halves(weight))
        return y.transpose(1, 2)
    if x.stride(-1) != 1:
        x = x.contiguous()
    weight, cos, sin = weight.detach().float(), cos.float().contiguous(), sin.float().contiguous()
    y = x.new_empty(batch, heads, pos, d)
    library.reasonlab_rms_rotate(
        HALF[x.dtype], x.data_ptr(), *x.stride()[:3], weight.data_ptr(), weight.stride(0), cos.data_ptr(),
        sin.data_ptr(), pos * d if len(cos) > 1 else 0, y.data_ptr(), heads * pos * d, d, pos * d, None,
        batch, pos, heads, d, eps, torch.get_num_threads(),
    )  # fmt: skip
    return y


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
