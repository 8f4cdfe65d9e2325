"""Rotary position embeddings (Su et al., arXiv 2104.09864), in two layouts, and YaRN (Peng et al., arXiv 2309.00071).

    angle of pair i at position p:   p f_i,   f_i = theta^(-2i/d)
    half-split (GPT-NeoX's layout): pair i is (x_i, x_{i+d/2});   interleaved (GPT-J's): (x_2i, x_2i+1)

YaRN stretches a model to `factor` times its positions: pairs that turn less than beta_slow times over the original
positions are slowed by `factor`, those that turn more than beta_fast times stay, and between the two a ramp:

    i(beta) = d ln(original / (2 pi beta)) / (2 ln theta)      ramp_i = clamp((i - i(fast)) / (i(slow) - i(fast)), 0, 1)
    f_i     = theta^(-2i/d) (1 - ramp_i + ramp_i / factor)
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class Yarn:
    """How YaRN stretches. `scale` multiplies cos and sin; `truncate` rounds the ramp's ends outwards to whole pairs."""

    factor: float = 32.0
    original: int = 4096
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    truncate: bool = True
    scale: float = 1.0

    def slow_down(self, frequency: Float[Tensor, "pair"], theta: float) -> Float[Tensor, "pair"]:
        pairs = len(frequency)

        def pair(turns: float) -> float:
            return pairs * math.log(self.original / (turns * 2 * math.pi)) / math.log(theta)

        low, high = pair(self.beta_fast), pair(self.beta_slow)
        if self.truncate:
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, 2 * pairs - 1)
        ramp = ((torch.arange(pairs).float() - low) / max(high - low, 1e-3)).clamp(0, 1)
        return frequency * (1 - ramp) + frequency / self.factor * ramp


class RotaryTables(nn.Module):
    """cos and sin of every position's angles, each angle twice, where its pair stands. They follow the model's device
    and are no weights."""

    cos: Tensor  # [position d_rot]
    sin: Tensor

    def __init__(
        self, d_rot: int, theta: float, positions: int, *, interleaved: bool = False, yarn: Yarn | None = None
    ) -> None:
        super().__init__()
        frequency = theta ** (-torch.arange(0, d_rot, 2).float() / d_rot)
        scale = 1.0
        if yarn is not None:
            frequency, scale = yarn.slow_down(frequency, theta), yarn.scale
        angle = torch.arange(positions).float()[:, None] * frequency
        angle = angle.repeat_interleave(2, -1) if interleaved else angle.repeat(1, 2)
        self.register_buffer("cos", angle.cos() * scale, persistent=False)
        self.register_buffer("sin", angle.sin() * scale, persistent=False)


def rotate(
    x: Float[Tensor, "batch pos head d_rot"],
    cos: Float[Tensor, "#batch pos 1 d_rot"],
    sin: Float[Tensor, "#batch pos 1 d_rot"],
) -> Float[Tensor, "batch pos head d_rot"]:
    """Turn the half-split pairs (x_i, x_{i+d/2}) by the angles of their positions."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def rotate_interleaved(
    x: Float[Tensor, "batch pos head d_rot"],
    cos: Float[Tensor, "#batch pos 1 d_rot"],
    sin: Float[Tensor, "#batch pos 1 d_rot"],
) -> Float[Tensor, "batch pos head d_rot"]:
    """Turn the interleaved pairs (x_2i, x_2i+1); the tables must be interleaved, too."""
    turned = torch.stack((-x[..., 1::2], x[..., ::2]), -1).flatten(-2)
    return x * cos + turned * sin


def swap_halves(x: Float[Tensor, "*rest d_head"]) -> Float[Tensor, "*rest d_head"]:
    """(a, b) -> (b, a)."""
    first, second = x.chunk(2, -1)
    return torch.cat((second, first), -1)


def signed(sin: Float[Tensor, "*rest d_head"]) -> Float[Tensor, "*rest d_head"]:
    """(s, s) -> (-s, s): turn(x) sin = swap_halves(x) signed(sin)."""
    first, second = sin.chunk(2, -1)
    return torch.cat((-first, second), -1)
