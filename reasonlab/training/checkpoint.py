"""Checkpoints that are whole or absent: written beside, then renamed; safetensors and JSON only.

`checkpoints/step-000500/` holds model.safetensors (float32), optimizer.safetensors and state.json. A folder without
its state.json was interrupted while it was written and is never read.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from reasonlab.language.errors import BadInput

KEEP = 2


@dataclass(frozen=True)
class Checkpoint:
    step: int
    model: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    state: dict[str, Any]


def save(
    folder: Path, step: int, model: dict[str, Tensor], optimizer: dict[str, Tensor], state: dict[str, Any]
) -> Path:
    """Writes the checkpoint of a step and removes all but the last KEEP."""
    folder.mkdir(parents=True, exist_ok=True)
    for torn in folder.glob(".writing-*"):  # of a process that was killed: a run has one writer
        shutil.rmtree(torn)
    final = folder / f"step-{step:06d}"
    beside = folder / f".writing-{step:06d}-{os.getpid()}"
    beside.mkdir()
    try:
        for name, tensors in (("model", model), ("optimizer", optimizer)):
            whole = {key: value.detach().contiguous().cpu() for key, value in tensors.items()}
            save_file(whole, beside / f"{name}.safetensors")
        (beside / "state.json").write_text(json.dumps({"step": step, **state}))
        if final.exists():
            shutil.rmtree(final)
        beside.rename(final)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise BadInput(
            f"the checkpoint of step {step} could not be written ({error.strerror})",
            "room in the run folder",
            "free some space and resume: the checkpoint before is intact",
        ) from error
    for old in _complete(folder)[:-KEEP]:
        shutil.rmtree(old)
    return final


def _complete(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if (path / "state.json").is_file())


def latest(folder: Path) -> Checkpoint | None:
    """The newest complete checkpoint, or None. Raises BadInput if it cannot be read."""
    complete = _complete(folder)
    if not complete:
        return None
    path = complete[-1]
    try:
        state = json.loads((path / "state.json").read_text())
        return Checkpoint(
            step=int(state["step"]),
            model=load_file(path / "model.safetensors"),
            optimizer=load_file(path / "optimizer.safetensors"),
            state=state,
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BadInput(
            f"the checkpoint {path.name} cannot be read ({type(error).__name__})",
            "model.safetensors, optimizer.safetensors and state.json",
            "delete that folder to go on from the one before it",
        ) from error
