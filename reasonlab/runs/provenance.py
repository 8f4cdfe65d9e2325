"""Where a run came from: versions, commit, machine. Nothing that names a host, a person or their folders.

What asks the system is imported where it is used: reading a run should not pay for making one.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGES = (
    "reasonlab",
    "torch",
    "transformers",
    "transformer-lens",
    "tokenizers",
    "safetensors",
    "numpy",
    "z3-solver",
    "sympy",
    "networkx",
    "duckdb",
    "pyarrow",
)


def versions() -> dict[str, object]:
    """Python and the packages that can change a result; a package that is not installed is left out."""
    import importlib.metadata
    import platform

    found: dict[str, object] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def code_state() -> dict[str, object]:
    """The commit of the running code and whether files differ from it; both None outside a checkout of ReasonLab."""
    here = Path(__file__).resolve()
    # Asked of this very file: an installed copy may lie inside somebody else's repository.
    if _git(here.parent, "ls-files", "--error-unmatch", here.name) is None:
        return {"commit": None, "dirty": None}
    commit, status = _git(here.parent, "rev-parse", "HEAD"), _git(here.parent, "status", "--porcelain")
    return {"commit": commit, "dirty": None if commit is None or status is None else bool(status)}


def _git(folder: Path, *words: str) -> str | None:
    import subprocess

    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def machine(device: str | None = None) -> dict[str, object]:
    """What the speed of a run depends on.

    Args:
        device: the accelerator's name, from whoever uses one; without it, the processor's.
    """
    import platform

    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpu_count": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "device": device or _processor(),
    }


def _processor() -> str:
    import platform

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
