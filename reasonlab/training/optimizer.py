"""Muon for the matrices of the blocks, those of experts among them; AdamW for embeddings, head, gains and biases.

The gains of the query and key norms have a learning rate of their own: with normalised queries and keys they alone
decide how sharp attention can get, and at AdamW's usual rate they hardly move while the rest learns (LOG.md).

The learning rate follows warm-up, plateau, and a linear fall to zero (warmup-stable-decay, arXiv 2405.18392).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from reasonlab.models.experts import ExpertLayer
from reasonlab.training.muon import Muon
from reasonlab.training.sharding import split_like


def split_parameters(model: nn.Module) -> dict[str, dict[str, nn.Parameter]]:
    """The parameters by who trains them: "matrices" (Muon), "gains" of query and key norms, and the "rest" (AdamW).

    Embedding and head are matrices too, but looked up by row; the biases of experts are stacked vectors.
    """
    groups: dict[str, dict[str, nn.Parameter]] = {"matrices": {}, "gains": {}, "rest": {}}
    for name, parameter in model.named_parameters():
        if parameter.ndim in (2, 3) and name.startswith(("blocks.", "predictors.")) and not name.endswith("_bias"):
            groups["matrices"][name] = parameter
        elif name.endswith(("q_norm.weight", "k_norm.weight")):
            groups["gains"][name] = parameter
        else:
            groups["rest"][name] = parameter
    return groups


def _by_direction(model: nn.Module, matrices: dict[str, nn.Parameter]) -> list[dict]:
    """Muon's groups: matrices of [out in], and experts' of [in out]."""
    layers = (module for module in model.modules() if isinstance(module, ExpertLayer) and module.INPUTS_FIRST)
    turned = {id(parameter) for layer in layers for parameter in layer.parameters()}
    groups = [
        {"params": [p for p in matrices.values() if (id(p) in turned) == first], "inputs_first": first}
        for first in (False, True)
    ]
    return [group for group in groups if group["params"]]


class Optimizers:
    """All of them as one, with a learning rate that is a share of each one's peak."""

    def __init__(
        self,
        model: nn.Module,
        *,
        muon_lr: float,
        adam_lr: float,
        gain_lr: float,
        weight_decay: float,
        matrices: str = "muon",
    ) -> None:
        """`matrices`: who trains the matrices of the blocks; "adamw" does it at `adam_lr`, weight decay included."""
        self._optimizers: list[Optimizer] = []
        self._peaks: list[float] = []
        self._named: list[dict[str, nn.Parameter]] = []
        peaks = {"matrices": muon_lr if matrices == "muon" else adam_lr, "gains": gain_lr, "rest": adam_lr}
        for group, named in split_parameters(model).items():
            if not named:
                continue
            if group == "matrices" and matrices == "muon":
                optimizer: Optimizer = Muon(_by_direction(model, named), lr=muon_lr, weight_decay=weight_decay)
            else:
                decay = weight_decay if group == "matrices" else 0.0
                optimizer = AdamW(named.values(), lr=peaks[group], betas=(0.9, 0.95), weight_decay=decay, fused=True)
            self._optimizers.append(optimizer)
            self._peaks.append(peaks[group])
            self._named.append(named)

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
        for optimizer, named in zip(self._optimizers, self._named):
            for name, parameter in named.items():
                for key, value in optimizer.state[parameter].items():
                    yield f"{name}/{key}", torch.as_tensor(value)

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Takes over what `state()` gave. Raises KeyError if the names are not this model's."""
        known = {
            name: (optimizer, parameter)
            for optimizer, named in zip(self._optimizers, self._named)
            for name, parameter in named.items()
        }
        for path, value in state.items():
            name, key = path.rsplit("/", 1)
            optimizer, parameter = known[name]
            value = split_like(value.to(parameter.device), parameter) if value.ndim else value.clone()
            optimizer.state[parameter][key] = value


def schedule(step: int, through: float, warmup: int, decay: float) -> float:
    """The share of the peak learning rate at a step.

    Args:
        through: how much of the run is over, 0 to 1.
        warmup: steps in which it rises.
        decay: the share of the run, at its end, in which it falls to zero.
    """
    return min(1.0, (step + 1) / max(1, warmup), max(0.0, 1 - through) / decay)
