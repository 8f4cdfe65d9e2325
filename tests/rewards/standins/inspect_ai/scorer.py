import math
from dataclasses import dataclass
from typing import Any

Scorer = Any


@dataclass
class Score:
    value: float
    answer: str | None = None
    reason: str | None = None

    @classmethod
    def unscored(cls, *, reason=None, answer=None):
        return cls(math.nan, answer, reason)


def scorer(metrics):
    return lambda function: function


def mean():
    return "mean"
