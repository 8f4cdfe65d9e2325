"""Shares of counts with their 95% interval (E. B. Wilson 1927), by standard library alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054  # the 97.5% quantile of the standard normal


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95% interval of a share; (0, 1) where nothing was counted."""
    if not total:
        return 0.0, 1.0
    p, z = count / total, Z95
    centre = (p + z * z / (2 * total)) / (1 + z * z / total)
    spread = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return max(0.0, centre - spread), min(1.0, centre + spread)


def binomial_tail(count: int, total: int, chance: float) -> float:
    """The probability of `count` or more of `total` that each happen with probability `chance`: exact, one-sided."""
    if count <= 0 or chance >= 1:
        return 1.0
    if chance <= 0:
        return 0.0
    log, against = math.log(chance), math.log1p(-chance)
    terms = (
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) + k * log + (total - k) * against
        for k in range(count, total + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))


@dataclass(frozen=True)
class Share:
    """`count` of `total`, with the 95% interval [low, high]; all nan if total is 0."""

    count: int
    total: int

    @property
    def value(self) -> float:
        return self.count / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.count, self.total) if self.total else (math.nan, math.nan)

    def to_json(self) -> dict[str, float]:
        low, high = self.interval
        return {"count": self.count, "total": self.total, "value": self.value, "low": low, "high": high}

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} [{low:.1%}, {high:.1%}] of {self.total}"
