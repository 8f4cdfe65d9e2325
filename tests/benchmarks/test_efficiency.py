"""benchmarks/efficiency.py: the search around the trainings, which are made up here."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def efficiency(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("efficiency")
    sys.modules.pop("efficiency", None)


@pytest.fixture
def bench(efficiency, tmp_path, monkeypatch):
    """A bench whose loops learn best at 16 times the middle of their grid, and prove 90% from 1,400 steps on."""
    done = []

    def made_up(self, loop, rate, seed, steps):
        done.append((loop, rate, seed, steps))
        return {
            "loss": abs(rate / efficiency.START[loop] - 16),
            "proved": 0.9 if steps >= 1_400 else 0.5,
            "tokens": steps,
        }

    monkeypatch.setattr(efficiency.Bench, "ours", made_up)
    monkeypatch.setattr(efficiency.Bench, "plain", made_up)
    options = argparse.Namespace(
        root=tmp_path,
        seeds=[0, 1],
        share=0.9,
        tune=100,
        first=1_000,
        most=4_000,
        problems=8,
        train_problems=8,
        width=32,
    )
    return efficiency.Bench(options), done


def test_the_best_rate_is_never_at_an_edge(efficiency, bench):
    made, done = bench
    assert made.tuned("adamw") == 16 * efficiency.START["adamw"]
    assert max(rate for _, rate, _, _ in done) == 32 * efficiency.START["adamw"]


def test_the_shortest_schedule_that_reaches_the_share(bench):
    made, _ = bench
    assert made.shortest("muon", 0.02, 1)["tokens"] == 1_414
    made.options.most = 1_200
    assert made.shortest("muon", 0.02, 0) is None


def test_what_is_done_is_not_done_again(efficiency, bench):
    made, done = bench
    made.training("gpt2", 0.001, 0, 500)
    again = efficiency.Bench(made.options)
    assert again.training("gpt2", 0.001, 0, 500)["tokens"] == 500
    assert len(done) == 1
    assert len((made.options.root / "results.jsonl").read_text().splitlines()) == 1
    assert json.loads((made.options.root / "results.jsonl").read_text())["key"][0] == "gpt2"


def test_a_ratio_needs_every_seed(efficiency):
    rows = [{"tokens": 10, "seconds": 5}, {"tokens": 20, "seconds": 5}]
    assert efficiency.ratios({"muon": rows, "adamw": rows[:1], "gpt2": rows}, 2) == [
        {"muon against": "gpt2", "times fewer seconds": "1.00", "bar": 4.0}
    ]
