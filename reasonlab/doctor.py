"""Is everything here that ReasonLab needs? A list of checks: what was found and, where it is not well, a remedy.

It has to work exactly where things are broken: packages are judged by their metadata, without importing them; torch
alone is imported, to ask for its threads and device, and may fail. Red means that something promised does not work; a
warning means that something optional is absent.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reasonlab.language.errors import BadInput
from reasonlab.runs import Run, default_root
from reasonlab.runs.record import RECORD_NAME

State = Literal["ok", "warn", "red"]
SHIPPED = Path(__file__).resolve().parent.parent / "data"
MINIMUM_GB, COMFORTABLE_GB = 0.5, 2.0  # a demo run is a few MB; the margin is for training runs
_EXTRA_HELPS = {
    "models": "train, sample, probe",
    "runs": "tables and SQL over runs",
    "app": "the dashboard",
    "crosscheck": "a second solver",
    "ray": "verifying on a cluster",
    "dev": "tests",
}


@dataclass(frozen=True)
class Check:
    """One line of the doctor. `remedy` is empty when `state` is ok."""

    name: str
    state: State
    found: str
    remedy: str = ""


def examine(root: Path | str | None = None, shipped: Path = SHIPPED) -> list[Check]:
    """Every check, in the order of a reader's questions: can it start, compute, write, show, test.

    Args:
        root: folder of the runs, by default `default_root()`. shipped: folder of the shipped checkpoints.
    """
    root = Path(root) if root is not None else default_root()
    checks = [check_python(), *check_packages(), *check_torch(), check_compiler()]
    checks += [check_disk(root), check_writable(root), *check_shipped(shipped), check_browser(), check_git()]
    return checks


def check_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Check:
    """Python is at least 3.11."""
    found = ".".join(map(str, version)) + f", {len(_cores())} cores"
    if version >= (3, 11):
        return Check("python", "ok", found)
    return Check("python", "red", found, "install Python 3.11 or newer and make the environment again")


def check_packages() -> Iterator[Check]:
    """Each package pyproject names, against the version asked for: the core must be there, an extra may not."""
    try:
        lines = importlib.metadata.requires("reasonlab") or []
    except importlib.metadata.PackageNotFoundError:
        yield Check("reasonlab", "red", "not installed", 'pip install -e ".[dev]" in the checkout')
        return
    for line in lines:
        yield from check_requirement(line)


def check_requirement(line: str) -> Iterator[Check]:
    """One requirement as the metadata has it: `name>=1.2; extra == "models"`. A reference to our extras gives none."""
    # A core installation has no `packaging` to parse this; the forms pyproject uses are these.
    match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(.*?)\s*(?:;.*extra == [\"'](\w+)[\"'].*)?$", line)
    if match is None or match[1] == "reasonlab":
        return
    name, wanted, extra = match[1], match[2], match[3]
    remedy = f"pip install '{name}{wanted}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if extra is None:
            yield Check(name, "red", f"not installed, {wanted} is needed", remedy)
        else:
            use = f"for {_EXTRA_HELPS.get(extra, extra)}: pip install -e '.[{extra}]'"
            yield Check(name, "warn", f"not installed (extra {extra})", use)
        return
    if satisfies(version, wanted):
        yield Check(name, "ok", version)
    else:
        yield Check(name, "red", f"{version}, {wanted} is needed", remedy)


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version meets `>=` and `==` conditions; only its numbers count (2.13.0+cpu is 2.13.0)."""
    for operator, bound in re.findall(r"(>=|==)\s*([0-9][^,\s]*)", wanted):
        have, need = _numbers(version), _numbers(bound)
        if (operator == ">=" and have < need) or (operator == "==" and have != need):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.findall(r"\d+", re.split(r"[+a-z]", version)[0])]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def check_torch() -> Iterator[Check]:
    """torch imports, and on what it would compute."""
    try:
        import torch
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "torch":
            return  # said by the line on the package
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        yield Check("torch imports", "red", reason, "pip install --force-reinstall torch==2.13.0")
        return
    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU build"
    yield Check("torch build", "ok", f"{build}, {torch.get_num_threads()} threads")
    if torch.cuda.is_available():
        yield Check("device", "ok", f"cuda: {torch.cuda.get_device_name()}")
    elif torch.backends.mps.is_available():
        yield Check("device", "ok", "mps")
    elif torch.version.cuda and shutil.which("nvidia-smi"):
        remedy = "check `nvidia-smi`; the driver may be older than this build of torch needs"
        yield Check("device", "warn", "cpu: a GPU is here, torch cannot use it", remedy)
    else:
        yield Check("device", "ok", "cpu")


def check_compiler() -> Check:
    """A C++ compiler for the kernels of small models on a CPU, which are compiled on first use; torch does without."""
    name = os.environ.get("CXX") or "c++"
    if shutil.which(name):
        return Check("compiler", "ok", f"{name}, for faster training and decoding on a CPU")
    remedy = "for faster training and decoding on a CPU: install a C++ compiler, or name one in CXX"
    return Check("compiler", "warn", f"no {name}", remedy)


def check_disk(root: Path) -> Check:
    """Free space where runs are written, in GB (10^9 bytes)."""
    free = shutil.disk_usage(_existing(root)).free / 1e9
    state: State = "red" if free < MINIMUM_GB else "warn" if free < COMFORTABLE_GB else "ok"
    return Check(
        "disk", state, f"{free:.1f} GB free for runs", "" if state == "ok" else "free some, or set REASONLAB_RUNS"
    )


def check_writable(root: Path) -> Check:
    """A run folder could be made; nothing is left behind."""
    remedy = "set REASONLAB_RUNS to a folder that can be written"
    base = _existing(root)
    if not base.is_dir():
        return Check("runs folder", "red", f"{base.name} is a file", remedy)
    try:
        with tempfile.TemporaryFile(dir=base):
            return Check("runs folder", "ok", "writable" if root.exists() else "can be made")
    except OSError as error:
        return Check("runs folder", "red", f"cannot be written ({error.strerror})", remedy)


def check_shipped(folder: Path) -> Iterator[Check]:
    """Each checkpoint under `folder` has a whole weights file, a config beside it, and an unbroken run."""
    weights = sorted(folder.glob("**/model.safetensors")) if folder.is_dir() else []
    if not weights:
        yield Check("shipped checkpoints", "warn", "none found", "work in a checkout, which has them, or train one")
    for path in weights:
        name = f"checkpoint {path.parent.relative_to(folder).as_posix()}"
        problem = checkpoint_problem(path)
        found = problem or f"{path.stat().st_size / 1e6:.1f} MB"
        yield Check(name, "red" if problem else "ok", found, "git checkout -- data" if problem else "")


def checkpoint_problem(weights: Path) -> str | None:
    """What is wrong with a checkpoint, judged without safetensors: header, length, config and the run it came from."""
    try:
        with open(weights, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            size = weights.stat().st_size
            header = json.loads(file.read(length)) if length <= size - 8 else None
        if not isinstance(header, dict):
            return "the weights file is cut off"
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
        if 8 + length + max(ends, default=0) != size:
            return "the weights file is cut off"
        json.loads((weights.parent / "config.json").read_text(encoding="utf-8"))
        run = next((path for path in weights.parents[:2] if (path / RECORD_NAME).exists()), None)
        if run is not None:
            broken = Run.open(run).broken_seal()
            return broken[0] if broken else None
    except (OSError, ValueError, KeyError, TypeError, IndexError, struct.error, BadInput) as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return None


def check_browser() -> Check:
    """A Chromium for the tests that drive the dashboard; without one they are skipped."""
    home = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = (
        [Path(home)] if home else [Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    )
    if any(next(cache.glob("chromium*"), None) for cache in caches):
        return Check("browser", "ok", "playwright's chromium")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return Check("browser", "ok", name)
    return Check("browser", "warn", "none found (only tests need one)", "playwright install chromium")


def check_git() -> Check:
    """git, by which a run records its commit."""
    if shutil.which("git"):
        return Check("git", "ok", "found")
    return Check("git", "warn", "not found: runs will not record a commit", "install git")


def _cores() -> set[int] | range:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


def _existing(path: Path) -> Path:
    """The path itself or the nearest parent that exists."""
    path = path.absolute()
    return next(candidate for candidate in (path, *path.parents) if candidate.exists())
