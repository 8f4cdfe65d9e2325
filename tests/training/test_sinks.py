"""Sinks get the numbers of each row, under its step, and are closed however the run ends."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from reasonlab.language.errors import BadInput
from reasonlab.training.sinks import sink

ROWS = [{"step": 5, "loss": 2.5, "tokens": 640, "note": "text"}, {"step": 10, "loss": 1.5, "proved": 0.25}]
RUN = Path("runs") / "a-run"


@pytest.mark.parametrize("name", ["wandb", "trackio"])
def test_the_two_with_one_interface(monkeypatch, name):
    told = []
    fake = SimpleNamespace(
        init=lambda **options: told.append(("init", options)),
        log=lambda row, step: told.append((step, row)),
        finish=lambda: told.append("finish"),
    )
    monkeypatch.setitem(sys.modules, name, fake)

    def interrupted():
        with sink(name, RUN, {"seed": 1}) as log:
            for row in ROWS:
                log(row)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert told == [
        ("init", {"project": "reasonlab", "name": "a-run", "config": {"seed": 1}}),
        (5, {"loss": 2.5, "tokens": 640}),
        (10, {"loss": 1.5, "proved": 0.25}),
        "finish",
    ]


def test_tensorboard(monkeypatch):
    told = []

    class Writer:
        def __init__(self, folder):
            told.append(folder)

        def add_scalar(self, *what):
            told.append(what)

        def close(self):
            told.append("closed")

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Writer))
    with sink("tensorboard", RUN, {}) as log:
        log(ROWS[0])
    assert told == [str(RUN / "tensorboard"), ("loss", 2.5, 5), ("tokens", 640, 5), "closed"]


def test_none_takes_everything_and_others_are_refused_in_one_line(monkeypatch):
    with sink("none", RUN, {}) as log:
        log(ROWS[0])
    with pytest.raises(BadInput, match="there is no sink 'mlflow'; expected one of none, tensorboard, trackio, wandb"):
        sink("mlflow", RUN, {}).__enter__()
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(BadInput, match=r"the sink wandb is not installed; .* pip install wandb, or --sink none"):
        sink("wandb", RUN, {}).__enter__()
