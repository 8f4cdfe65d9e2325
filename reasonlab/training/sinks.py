"""Where a run's metrics go besides its own metrics.jsonl: one flag, three well-known places.

None of the packages is needed unless it is asked for. A sink gets the rows that the run logs, numbers only.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reasonlab.language.errors import BadInput, quote

Row = dict[str, Any]
SINKS = ("none", "tensorboard", "trackio", "wandb")


def check_sink(name: str) -> None:
    """Refuses, before anything is made, a sink that could not be opened: by BadInput, which says why.

    wandb may ask for a login here, where there is a terminal; without one it needs a key, or WANDB_MODE=offline.
    """
    if name not in SINKS:
        raise BadInput(f"there is no sink {quote(name)}", f"one of {', '.join(SINKS)}", "choose one of these")
    if name == "tensorboard":
        _load("torch.utils.tensorboard", name)
    elif name != "none":
        package = _load(name, name)
        if name == "wandb" and os.environ.get("WANDB_MODE", "online") == "online":
            with _opening(name):
                package.login()


@contextmanager
def _opening(name: str) -> Iterator[None]:
    """Around what a package does on opening: whatever it raises is one line, since each has exceptions of its own."""
    try:
        yield
    except Exception as error:
        remedy = "`wandb login`, WANDB_MODE=offline, or --sink none" if name == "wandb" else "--sink none"
        raise BadInput(f"the sink {name} cannot be opened: {error}", "a sink that opens", f"try {remedy}") from error


@contextmanager
def sink(name: str, run: Path, config: dict[str, Any]) -> Iterator[Callable[[Row], None]]:
    """What takes a row of metrics, which has a "step"; closed when the run ends, however it ends.

    Args:
        name: one of SINKS. "tensorboard" writes to the run's own folder; the other two have a project "reasonlab".
        run: the run's folder, whose name the run has there.
        config: the recipe, kept beside the metrics where the sink can.

    Raises:
        BadInput: its package is not installed, or it cannot be opened.
    """
    if name == "none":
        yield lambda row: None
    elif name == "tensorboard":
        with _opening(name):
            writer = _load("torch.utils.tensorboard", name).SummaryWriter(str(run / "tensorboard"))

        def log(row: Row) -> None:
            for key, value in _numbers(row).items():
                writer.add_scalar(key, value, row["step"])

        try:
            yield log
        finally:
            writer.close()
    else:
        package = _load(name, name)
        with _opening(name):
            package.init(project="reasonlab", name=run.name, config=config)
        try:
            yield lambda row: package.log(_numbers(row), step=row["step"])
        finally:
            package.finish()


def _numbers(row: Row) -> dict[str, float]:
    return {key: value for key, value in row.items() if key != "step" and type(value) in (int, float)}


def _load(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BadInput(
            f"the sink {package} is not installed", "its package", f"pip install {package}, or --sink none"
        ) from error
