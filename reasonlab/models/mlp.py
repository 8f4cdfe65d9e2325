"""The gated feed-forward layer, with TransformerLens' hook points."""
# ruff: noqa: N802  (W_in and the like are TransformerLens' names)

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.models.fused import SwiGLUFunction
from reasonlab.models.hooked import is_hooked, tap


class MLP(nn.Module):
    """SwiGLU: W_down (silu(W_gate x) * W_up x) (Shazeer, arXiv 2002.05202)."""

    def __init__(self, d_model: int, d_mlp: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_mlp, bias=False)
        self.up_proj = nn.Linear(d_model, d_mlp, bias=False)
        self.down_proj = nn.Linear(d_mlp, d_model, bias=False)
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

    def forward(self, x: Float[Tensor, "*rest d_model"]) -> Float[Tensor, "*rest d_model"]:
        pre, linear = tap(self.hook_pre, self.gate_proj(x)), tap(self.hook_pre_linear, self.up_proj(x))
        if is_hooked(self.hook_pre, self.hook_pre_linear, self.hook_post):
            return self.down_proj(tap(self.hook_post, F.silu(pre) * linear))
        return self.down_proj(SwiGLUFunction.apply(pre, linear))
