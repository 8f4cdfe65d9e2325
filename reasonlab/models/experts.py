"""Mixtures of experts: what the routers of every architecture share, and SwiGLU experts that only see their tokens.

    y_t = sum over the chosen e of  w_te Expert_e(x_t)

How experts are chosen and weighed is the architecture's own; each router has the same hook points.
`hook_expert_indices` comes before the weights: a hook that sends a token elsewhere gives it the weight of that place.
"""

from collections.abc import Callable
from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.models.hooked import is_hooked, tap


class Router(nn.Module):
    """Base of the routers: hook points, and in training how many tokens each expert got and how uneven that is.

    Attributes:
        load: a count since `take_load`; it is no weight and is not saved.
        imbalance: of the last forward pass in training, n sum_e f_e P_e, with f_e the share of choices that fell on
            expert e and P_e its mean probability (Fedus et al., arXiv 2101.03961, eq. 4): 1 where all are alike, n
            where one has everything. Its gradient lowers the probability of those that are chosen often. None for
            routers that give `choose` no probabilities. Padding counts as tokens do.
    """

    load: Int[Tensor, "expert"]
    reported: Int[Tensor, "expert"]
    imbalance: Float[Tensor, ""] | None = None

    def __init__(self, d_model: int, n_experts: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_experts, d_model))
        self.register_buffer("load", torch.zeros(n_experts, dtype=torch.long), persistent=False)
        self.register_buffer("reported", torch.zeros(n_experts, dtype=torch.long), persistent=False)
        self.hook_router_scores = HookPoint()  # [batch pos expert]
        self.hook_expert_indices = HookPoint()  # [batch pos chosen], whole numbers
        self.hook_expert_weights = HookPoint()  # [batch pos chosen]

    def choose(
        self, indices: Int[Tensor, "batch pos chosen"], probabilities: Float[Tensor, "batch pos expert"] | None = None
    ) -> Int[Tensor, "batch pos chosen"]:
        """The chosen experts, past their hook point, counted in training.

        Args:
            probabilities: of all experts, for `imbalance`; None for routers that keep their balance otherwise.
        """
        indices = tap(self.hook_expert_indices, indices)
        if self.training:
            counts = torch.bincount(indices.detach().flatten(), minlength=len(self.load))
            self.load += counts
            if probabilities is not None:
                share = counts / indices.numel()
                self.imbalance = len(share) * (share * probabilities.flatten(0, 1).mean(0)).sum()
        return indices

    def largest(self, scores: Float[Tensor, "batch pos expert"], count: int) -> Int[Tensor, "batch pos chosen"]:
        """`choose` of the `count` largest scores, whose softmax over all experts is the probabilities."""
        probabilities = scores.softmax(-1, dtype=torch.float32) if self.training else None
        return self.choose(scores.topk(count, -1).indices, probabilities)

    def rebalance(self) -> None:
        """Called in training after each step, for routers that are kept in balance without a gradient."""

    def take_load(self) -> Int[Tensor, "expert"]:
        """The tokens that each expert got in training since the last call."""
        load = self.load.clone()
        self.load.zero_()
        self.reported += load
        return load

    def take_imbalance(self) -> Float[Tensor, ""] | None:
        """`imbalance`, once: it holds on to the graph of its forward pass."""
        imbalance, self.imbalance = self.imbalance, None
        return imbalance

    def largest_share(self) -> float:
        """What the busiest expert got in training since the last call here, over the mean of all (1 if nothing)."""
        self.take_load()
        counts = self.reported.float()
        self.reported.zero_()
        return float(counts.max() / counts.mean()) if counts.any() else 1.0


def mix(
    x: Float[Tensor, "token d_model"],
    indices: Int[Tensor, "token chosen"],
    weights: Float[Tensor, "token chosen"] | None,
    expert: Callable[[int, Tensor], Tensor],
) -> Float[Tensor, "token d_model"] | Float[Tensor, "token chosen d_model"]:
    """Sends each token through its experts, every expert once over all of its tokens.

    Args:
        weights: of the sum over the chosen; None gives each expert's output instead of the sum.
        expert: from (number, tokens [n d_model]) to [n d_model].
    """
    tokens, chosen = indices.shape
    order = indices.flatten().argsort(stable=True)
    counts = torch.bincount(indices.flatten(), minlength=1).tolist()
    rows = order // chosen
    parts = x[rows].split(counts)
    out = torch.cat([expert(number, part) for number, part in enumerate(parts) if len(part)])
    if weights is None:
        return torch.empty_like(out).index_copy(0, order, out).unflatten(0, (tokens, chosen))
    out = out * weights.flatten()[order, None].to(out.dtype)
    return torch.zeros_like(x, dtype=out.dtype).index_add(0, rows, out)


class ExpertLayer(nn.Module):
    """`mix` with its hook point; a subclass says what one expert does in `expert`."""

    INPUTS_FIRST: ClassVar[bool] = False
    """Whether the experts' matrices are [in out], for `x @ W`, and not [out in]: an optimiser may ask."""

    def __init__(self) -> None:
        super().__init__()
        self.hook_expert_out = HookPoint()  # [batch pos chosen d_model], before the weights

    def expert(self, number: int, x: Float[Tensor, "token d_model"]) -> Float[Tensor, "token d_model"]:
        raise NotImplementedError

    def forward(
        self,
        x: Float[Tensor, "batch pos d_model"],
        indices: Int[Tensor, "batch pos chosen"],
        weights: Float[Tensor, "batch pos chosen"],
    ) -> Float[Tensor, "batch pos d_model"]:
        flat, indices2 = x.flatten(0, 1), indices.flatten(0, 1)
        if not is_hooked(self.hook_expert_out):
            return mix(flat, indices2, weights.flatten(0, 1), self.expert).view(x.shape)
        each = mix(flat, indices2, None, self.expert).unflatten(0, x.shape[:2])
        return (self.hook_expert_out(each) * weights[..., None].to(each.dtype)).sum(2)


class Experts(ExpertLayer):
    """n SwiGLU layers side by side. `gate_up_proj` holds W_gate above W_up: [expert 2*d_expert d_model]."""

    def __init__(self, n_experts: int, d_model: int, d_expert: int) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.zeros(n_experts, 2 * d_expert, d_model))
        self.down_proj = nn.Parameter(torch.zeros(n_experts, d_model, d_expert))

    def expert(self, number: int, x: Float[Tensor, "token d_model"]) -> Float[Tensor, "token d_model"]:
        gate, up = F.linear(x, self.gate_up_proj[number]).chunk(2, -1)
        return F.linear(F.silu(gate) * up, self.down_proj[number])


def split_experts(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """The parameters of `Experts` as Hugging Face stores them, one matrix an expert; anything else as it is. Views."""
    stem, _, kind = name.rpartition(".")
    if kind == "gate_up_proj":
        halves = (("gate_proj", 0), ("up_proj", 1))
        return {
            f"{stem}.{number}.{half}.weight": both.chunk(2)[part]
            for number, both in enumerate(tensor)
            for half, part in halves
        }
    if kind == "down_proj":
        return {f"{stem}.{number}.down_proj.weight": matrix for number, matrix in enumerate(tensor)}
    return {name: tensor}
