"""Muon for the matrices of the blocks, AdamW for embeddings, head and gains.

Muon: K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024), as torch.optim.Muon.
The learning rate follows warm-up, plateau, and a linear fall to zero (warmup-stable-decay, arXiv 2405.18392).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer


def split_parameters(model: nn.Module) -> tuple[dict[str, nn.Parameter], dict[str, nn.Parameter]]:
    """(for Muon, for AdamW). Embedding and head are matrices too, but looked up by row."""
    matrices, rest = {}, {}
    for name, parameter in model.named_parameters():
        is_block_matrix = parameter.ndim == 2 and ("blocks." in name or "layers." in name)
        (matrices if is_block_matrix else rest)[name] = parameter
    return matrices, rest


class Optimizers:
    """The two optimisers as one, with a learning rate that is a share of each one's peak."""

    def __init__(self, model: nn.Module, *, muon_lr: float, adam_lr: float, weight_decay: float) -> None:
        matrices, rest = split_parameters(model)
        self._names = (list(matrices), list(rest))
        fused = all(parameter.dtype == torch.float32 for parameter in rest.values())
        self._optimizers: list[Optimizer] = []
        self._peaks: list[float] = []
        if matrices:
            muon = Muon(matrices.values(), lr=muon_lr, weight_decay=weight_decay, momentum=0.95, nesterov=True)
            self._optimizers.append(muon)
            self._peaks.append(muon_lr)
        adam = AdamW(rest.values() if matrices else model.parameters(), lr=adam_lr, betas=(0.9, 0.95), eps=1e-8,
                     weight_decay=0.0, fused=fused)  # fmt: skip
        self._optimizers.append(adam)
        self._peaks.append(adam_lr)
        self._parameters = [list(matrices.values()), list(rest.values())]

    def step(self, share: float) -> None:
        for optimizer, peak in zip(self._optimizers, self._peaks):
            for group in optimizer.param_groups:
                group["lr"] = peak * share
            optimizer.step()

    def zero_grad(self) -> None:
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, torch.Tensor]:
        """Every tensor of the optimisers' state by "parameter/key"."""
        return dict(self._states())

    def _states(self) -> Iterator[tuple[str, torch.Tensor]]:
        for optimizer, names, parameters in zip(self._optimizers, self._names, self._parameters):
            for name, parameter in zip(names, parameters):
                for key, value in optimizer.state[parameter].items():
                    yield f"{name}/{key}", torch.as_tensor(value)

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Takes over what `state()` gave. Raises KeyError if the names are not this model's."""
        known = {name: (optimizer, parameter)
                 for optimizer, names, parameters in zip(self._optimizers, self._names, self._parameters)
                 for name, parameter in zip(names, parameters)}  # fmt: skip
        for path, value in state.items():
            name, key = path.rsplit("/", 1)
            optimizer, parameter = known[name]
            optimizer.state[parameter][key] = value.to(parameter.device) if value.ndim else value.clone()


def schedule(step: int, steps: int, warmup: int, decay: float) -> float:
    """The share of the peak learning rate at a step; `decay` is the share of all steps in which it falls to zero."""
    rise = min(1.0, (step + 1) / max(1, warmup))
    falling = max(1, round(steps * decay))
    return min(rise, (steps - step) / falling)
