"""From logits to a token: greedy, temperature, top-k, top-p (nucleus: Holtzman et al., arXiv 1904.09751).

Each row draws from its own stream of uniform numbers, keyed by a hash of (seed, row, sample) and run through Philox, a
counter-based generator: the same on every machine, whatever else is in the batch. One number buys one token, by
inverting the cumulative distribution.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from reasonlab.language.errors import BadInput


@dataclass(frozen=True)
class Sampling:
    """How to choose a token. temperature 0 is greedy, and then nothing else matters.

    Raises:
        BadInput: a value outside its range.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise BadInput(f"temperature = {self.temperature}", "0 (greedy) or more", "change it")
        if self.top_k is not None and self.top_k < 1:
            raise BadInput(f"top_k = {self.top_k}", "1 or more", "change it, or leave it out")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise BadInput(f"top_p = {self.top_p}", "above 0, at most 1", "change it, or leave it out")


def uniforms(seed: int, row: int, sample: int, count: int) -> Float[np.ndarray, "count"]:
    """The first `count` numbers in [0, 1) of one row's stream. A longer request begins with a shorter one's numbers."""
    key = hashlib.blake2b(f"{seed}/{row}/{sample}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little"))).random(count)


def probabilities(logits: Float[Tensor, "batch vocab"], sampling: Sampling) -> Float[Tensor, "batch vocab"]:
    """The distribution that is sampled from: tempered, cut to the `top_k` likeliest, then to the fewest tokens whose
    probabilities reach `top_p`, then renormalised. Ties at the k-th place all stay."""
    scaled = logits.float() / sampling.temperature
    if sampling.top_k is not None and sampling.top_k < scaled.shape[-1]:
        kth = scaled.topk(sampling.top_k, -1).values[:, -1:]
        scaled = scaled.masked_fill(scaled < kth, -torch.inf)
    p = scaled.softmax(-1)
    if sampling.top_p is not None and sampling.top_p < 1:
        ordered, order = torch.sort(p, dim=-1, descending=True, stable=True)
        # A token stays while what comes before it has not reached top_p: the first always does.
        cut = ordered.cumsum(-1) - ordered >= sampling.top_p
        p = p.masked_fill(torch.zeros_like(cut).scatter(-1, order, cut), 0.0)
        p = p / p.sum(-1, keepdim=True)
    return p


def choose(
    logits: Float[Tensor, "batch vocab"], uniform: Float[Tensor, "batch"] | None, sampling: Sampling
) -> Int[Tensor, "batch"]:
    """One token a row: the likeliest, or the first whose cumulative probability passes the row's uniform number."""
    if uniform is None or sampling.temperature == 0:
        return logits.argmax(-1)
    cumulative = probabilities(logits, sampling).double().cumsum(-1)
    target = uniform[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True).squeeze(-1).clamp(max=logits.shape[-1] - 1)
