"""DeepSeek-V3's router: experts are balanced by a bias. Source: arXiv 2412.19437, section 2.1.2.

    s      = sigmoid(W_r x)                         in float32
    g      = the two largest s + b of each group of experts, summed; the top_groups groups with the largest g stay
    I      = the n_active experts of those groups with the largest s + b
    w_e    = routed_scale s_e / sum of s over I     without b (not divided unless `normalise`)

b keeps the experts equally busy without a loss that disturbs the model's own. It is no parameter: it decides who is
chosen, not how much the chosen weigh, and after each step  b_e += bias_speed sign(mean load - load_e).
"""

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.models.experts import Router
from reasonlab.models.hooked import tap


class BalancedRouter(Router):
    """The config has d_model, n_experts, n_active, n_groups, top_groups, normalise, routed_scale, bias_speed and
    sequence_balance. `hook_router_scores`: s. `imbalance` is within rows, and there if the config asks for it.

    `e_score_correction_bias` is saved, and stays in float32 whatever the model is cast to.
    """

    e_score_correction_bias: Float[Tensor, "expert"]

    def __init__(self, config: Any) -> None:
        super().__init__(config.d_model, config.n_experts)
        self.config = config
        self.register_buffer("e_score_correction_bias", torch.zeros(config.n_experts))

    def forward(
        self, x: Float[Tensor, "batch pos d_model"]
    ) -> tuple[Int[Tensor, "batch pos chosen"], Float[Tensor, "batch pos chosen"]]:
        with torch.autocast(x.device.type, enabled=False):
            scores = tap(self.hook_router_scores, F.linear(x.float(), self.weight.float()).sigmoid())
        indices = self.choose(self.select(scores + self.e_score_correction_bias))
        weights = scores.gather(-1, indices)
        if self.training and self.config.sequence_balance:
            self.imbalance = sequence_imbalance(scores, indices)
        if self.config.normalise:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return indices, tap(self.hook_expert_weights, weights * self.config.routed_scale)

    def select(self, biased: Float[Tensor, "batch pos expert"]) -> Int[Tensor, "batch pos chosen"]:
        """The best experts of the best groups."""
        groups = biased.unflatten(-1, (self.config.n_groups, -1))
        best = groups.topk(2, -1).values.sum(-1).topk(self.config.top_groups, -1).indices
        shut = torch.ones(groups.shape[:-1], dtype=torch.bool, device=biased.device).scatter(-1, best, False)
        return groups.masked_fill(shut[..., None], -torch.inf).flatten(-2).topk(self.config.n_active, -1).indices

    @torch.no_grad()
    def rebalance(self) -> None:
        """b_e += bias_speed sign(mean load - load_e), over the tokens since the last call, of all processes."""
        load = self.take_load().float()
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(load)
        self.e_score_correction_bias += self.config.bias_speed * (load.mean() - load).sign()

    def _apply(self, fn, recurse: bool = True):
        exact = self.e_score_correction_bias
        super()._apply(fn, recurse)
        self.e_score_correction_bias = exact.to(self.e_score_correction_bias.device)
        return self


def sequence_imbalance(
    scores: Float[Tensor, "batch pos expert"], indices: Int[Tensor, "batch pos chosen"]
) -> Float[Tensor, ""]:
    """sum_e f_e P_e, averaged over the rows: f_e = share of the choices that fell on e, times the number of experts;
    P_e = mean of s_e / sum of s (the report's equations 17 to 20). 1 if both are even."""
    experts = scores.shape[-1]
    f = F.one_hot(indices, experts).float().mean((1, 2)) * experts
    p = (scores / scores.sum(-1, keepdim=True)).mean(1)
    return (f * p).sum(-1).mean()
