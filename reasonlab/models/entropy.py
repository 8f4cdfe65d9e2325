"""The small model whose uncertainty cuts bytes into patches (Pagnoni et al., arXiv 2412.09871, section 2.3).

    H_{t+1} = - sum_b p(b | x_0 ... x_t) ln p(b | x_0 ... x_t)        a patch begins at byte t+1 iff H_{t+1} > threshold

It learns beside the large model from a loss of its own. The threshold is a number saved with the weights, the same for
every text: in training it follows the entropy that `patch_size` bytes' worth of the text exceed.
"""

import torch
import torch.distributed as dist
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformer_lens.hook_points import HookPoint

from reasonlab.models.attention import Context
from reasonlab.models.decoder import Block
from reasonlab.models.hooked import RMSNorm, tap

FOLLOW = 0.5
"""The share of the way to a batch's own threshold that each step of training goes."""


class EntropyModel(nn.Module):
    """Causal, and looks back over a window only.

    Args:
        patch_size: how many bytes a patch is to have on average.
    """

    threshold: Float[Tensor, ""]
    """In nats. 0, as in a fresh model, makes every byte a patch."""

    def __init__(self, vocab_size: int, d_model: int, eps: float, blocks: list[Block], patch_size: float) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.embed = nn.Embedding(vocab_size, d_model)
        self.blocks = nn.ModuleList(blocks)
        self.ln_final = RMSNorm(d_model, eps)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.register_buffer("threshold", torch.zeros(()))
        self.hook_entropy = HookPoint()  # [batch pos]: at t, of byte t+1, in nats
        self.hook_boundary = HookPoint()  # [batch pos]: at t, whether byte t+1 begins a patch
        self._midway: Tensor | None = None  # what the last batch would have as its threshold
        self._seen = torch.zeros(2)  # bytes and boundaries since the metrics were last asked for

    def forward(self, tokens: Int[Tensor, "batch pos"], context: Context) -> Float[Tensor, "batch pos vocab"]:
        """The logits of the next byte. In full precision: a boundary is a jump, which rounding should not decide."""
        with torch.autocast(tokens.device.type, enabled=False):
            resid = self.embed(tokens)
            for block in self.blocks:
                resid = block(resid, context)
            return self.head(self.ln_final(resid)).float()

    @torch.no_grad()
    def boundaries(self, tokens: Int[Tensor, "batch pos"], context: Context) -> Bool[Tensor, "batch pos"]:
        """At t, whether byte t+1 begins a patch. No gradient: the large model does not bend the small one."""
        uncertain = tap(self.hook_entropy, entropy(self(tokens, context)))
        return tap(self.hook_boundary, uncertain > self.threshold)

    @torch.no_grad()
    def observe(self, uncertain: Float[Tensor, "byte"]) -> None:
        """Take note of the entropies of a batch, for the threshold and the metrics. At least two bytes."""
        wanted = min(max(1, round(len(uncertain) / self.patch_size)), len(uncertain) - 1)
        ordered = uncertain.sort(descending=True).values
        self._midway = (ordered[wanted - 1] + ordered[wanted]) / 2
        above = (uncertain > self.threshold).sum()
        self._seen = self._seen.to(above.device) + torch.stack((above.new_tensor(len(uncertain)), above))

    @torch.no_grad()
    def follow(self) -> None:
        """Move the threshold towards that of the batch last observed, of all processes; the first sets it."""
        if self._midway is None:
            return
        midway, self._midway = self._midway, None
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(midway)
            midway = midway / dist.get_world_size()
        moved = torch.lerp(self.threshold, midway, FOLLOW)
        self.threshold.copy_(torch.where(self.threshold > 0, moved, midway))

    def take_patch_size(self) -> float | None:
        """Mean bytes a patch since the last call; None where there were no patches."""
        count, ends = self._seen.tolist()
        self._seen = torch.zeros(2)
        return count / ends if ends else None


def entropy(logits: Float[Tensor, "*rest vocab"]) -> Float[Tensor, "*rest"]:
    """Of the distribution that the logits give, in nats."""
    log_p = logits.log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1)
