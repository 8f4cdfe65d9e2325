"""Muon, with the matrices of equal shape orthogonalised together, and stacks of experts one matrix at a time.

    B_t = B_{t-1} + (1 - m)(G - B_{t-1})       U = G + m (B_t - G)       (Nesterov)
    W  <- (1 - lr decay) W - lr sqrt(max(1, out / in)) orthogonal(U)

`orthogonal` is Newton-Schulz's iteration, five rounds of a quintic in bfloat16. Source: K. Jordan et al., "Muon: an
optimizer for hidden layers in neural networks" (2024). Equal to torch.optim.Muon, which takes one matrix at a time.
Of parameters that are split over processes, every process orthogonalises the whole and keeps its part.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import torch
from jaxtyping import BFloat16, Float
from torch import Tensor
from torch.optim import Optimizer

from reasonlab.training.sharding import gathered, split_like

A, B, C = 3.4445, -4.7750, 2.0315
ROUNDS = 5


def orthogonal(matrices: Float[Tensor, "n rows columns"]) -> BFloat16[Tensor, "n rows columns"]:
    """Each matrix with its singular values moved close to one. Fast where rows <= columns."""
    x = matrices.bfloat16()
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=B, alpha=C), x, beta=A)
    return x


class Muon(Optimizer):
    """Takes parameters of [out in] or [expert out in]; of [in out] in a group with `inputs_first=True`."""

    def __init__(self, params: Any, *, lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "inputs_first": False})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        alike: dict[Any, list[tuple[Tensor, dict[str, Any], Tensor]]] = defaultdict(list)
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                wide = _wide(gathered(self._update(parameter, parameter.grad, group["momentum"])))
                alike[wide.shape[1:], wide.device].append((parameter, group, wide))
        for members in alike.values():
            made = orthogonal(torch.cat([wide for _, _, wide in members]))
            for (parameter, group, _), part in zip(members, made.split([len(wide) for _, _, wide in members])):
                _apply(parameter, group, part)

    def _update(self, parameter: Tensor, gradient: Tensor, momentum: float) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        buffer = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(buffer, momentum)


def _wide(update: Tensor) -> Float[Tensor, "n rows columns"]:
    """As a stack of matrices that are no taller than wide."""
    stack = update if update.ndim == 3 else update[None]
    return stack if stack.shape[1] <= stack.shape[2] else stack.mT


def _apply(parameter: Tensor, group: dict[str, Any], made: Tensor) -> None:
    """One step of a parameter along what `orthogonal` made of its `_wide`."""
    rows, columns = parameter.shape[-2:]
    ratio = columns / rows if group["inputs_first"] else rows / columns
    update = split_like((made if rows <= columns else made.mT).view(parameter.shape), parameter)
    parameter.mul_(1 - group["lr"] * group["weight_decay"])
    parameter.add_(update, alpha=-group["lr"] * math.sqrt(max(1.0, ratio)))
