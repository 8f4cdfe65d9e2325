"""benchmarks/architectures.py: what is counted, and what is said of it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def architectures(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("architectures")
    sys.modules.pop("architectures", None)


def test_the_parameters_of_experts_that_a_token_does_not_meet_are_idle(architectures, subjects):
    model = subjects.random_model("qwen3_moe")
    every, active = architectures.sizes(model)
    cfg, moe = model.cfg, [layer for layer in model.modules() if type(layer).__name__ == "Experts"]
    one = sum(weight[0].numel() for layer in moe for weight in layer.parameters())
    assert every - active == one * (cfg.num_experts - cfg.experts_per_token) > 0
    every, active = architectures.sizes(subjects.random_model("qwen3"))
    assert every == active


def test_the_interval_over_seeds_is_student_s(architectures):
    assert architectures.spread([1.0, 2.0, 3.0], 2) == "2.00 ± 2.48"  # 4.30 x 1 / sqrt 3
    assert architectures.spread([0.5], 1) == "0.5"
