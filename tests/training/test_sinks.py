"""Sinks get the numbers of each row, under its step, and are closed however the run ends."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from reasonlab.cli import main
from reasonlab.language.errors import BadInput
from reasonlab.training.sinks import check_sink, sink

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
        check_sink("mlflow")
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(BadInput, match=r"the sink wandb is not installed; .* pip install wandb, or --sink none"):
        sink("wandb", RUN, {}).__enter__()


@pytest.mark.parametrize("name", ["tensorboard", "trackio", "wandb"])
def test_what_is_not_installed_is_refused_before_anything_is_made(monkeypatch, tmp_path, capsys, name):
    for module in (name, "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["train", "--sink", name, "--root", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"the sink {name} is not installed" in line
    assert list(tmp_path.iterdir()) == []


def test_without_a_login_wandb_is_refused_before_anything_is_made(monkeypatch, tmp_path, capsys):
    def login():
        raise RuntimeError("No API key configured.\nUse `wandb login` to log in.")

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(login=login))
    monkeypatch.delenv("WANDB_MODE", raising=False)
    assert main(["train", "--sink", "wandb", "--root", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the sink wandb cannot be opened: No API key configured. Use `wandb login`" in line
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("WANDB_MODE", "offline")
    check_sink("wandb")  # needs no login


def test_a_sink_that_fails_on_opening_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "trackio", SimpleNamespace(init=lambda **options: 1 / 0))
    with pytest.raises(BadInput, match="the sink trackio cannot be opened: division by zero"):
        sink("trackio", RUN, {}).__enter__()
