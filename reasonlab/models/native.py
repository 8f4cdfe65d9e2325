"""Compiles `kernels.cpp` for this machine, once, with the compiler that is here; there need be none.

The library lies in the user's cache folder under a name made of what decides its instructions: source, compiler, flags,
processor. A process that has it opens it in a millisecond; the first one compiles for some seconds. `CXX` names the
compiler, REASONLAB_KERNELS=off does without.
"""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("kernels.cpp")
FLAGS = ("-std=c++17", "-O3", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-math-errno", "-fno-trapping-math")
# The first that compiles: a compiler may know no OpenMP, or have another word for the machine it runs on.
FURTHER = (("-march=native", "-fopenmp"), ("-mcpu=native", "-fopenmp"), ("-march=native",), ("-mcpu=native",), ())

_POINTER, _COUNT, _REAL, _WHOLE = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float, ctypes.c_int
_SHORT = {"p": _POINTER, "n": _COUNT, "f": _REAL, "i": _WHOLE}
# The arguments of each function in kernels.cpp: pointer, number of elements, float, int.
SIGNATURES = {
    "reasonlab_rms_norm": "iipppp nn f i",
    "reasonlab_rms_rotate": "i pnnn p pp n pnnn p nnnn f i",
    "reasonlab_rms_norm_backward": "iipppp pp nn i",
    "reasonlab_rms_rotate_backward": "i pnnn pnnn p pp p pp nnnn i",
    "reasonlab_swiglu": "i pp n p nn i",
    "reasonlab_swiglu_backward": "i ppp pp n i",
    "reasonlab_causal_softmax": "i pp nn f i",
    "reasonlab_causal_softmax_backward": "i ppp nn f i",
    "reasonlab_attend_last": "i pnn pnnn pnnn p pp nnnnnn f i",
    "reasonlab_qwen3_step": "p",
}


@dataclass(frozen=True)
class Built:
    """The functions of kernels.cpp, or None and why."""

    library: ctypes.CDLL | None
    found: str


@functools.cache
def build() -> Built:
    """The compiled kernels; the same answer for the whole process."""
    if os.environ.get("REASONLAB_KERNELS") == "off":
        return Built(None, "switched off by REASONLAB_KERNELS")
    name = os.environ.get("CXX") or "c++"
    compiler = shutil.which(name)
    if compiler is None:
        return Built(None, f"no compiler called {name}")
    try:
        version = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
        kept = _folder() / f"kernels-{_key(compiler, version)}.so"
        library = ctypes.CDLL(str(kept if kept.exists() else _compile(compiler, kept)))
        for name, letters in SIGNATURES.items():
            function = getattr(library, name)
            function.argtypes, function.restype = [_SHORT[letter] for letter in letters.replace(" ", "")], None
    except (OSError, subprocess.SubprocessError, AttributeError) as error:
        return Built(None, " ".join(f"{Path(compiler).name}: {error}".split())[:200])
    return Built(library, f"compiled by {' '.join(version.split())[:40]}")


def panel_width(library: ctypes.CDLL) -> int:
    """How many columns of a matrix the products of qwen3_step take at a time."""
    return ctypes.c_int.in_dll(library, "reasonlab_panel_width").value


def row_block(library: ctypes.CDLL) -> int:
    """How many rows of the batch they take at a time."""
    return ctypes.c_int.in_dll(library, "reasonlab_row_block").value


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reasonlab"


def _key(compiler: str, version: str) -> str:
    parts = [SOURCE.read_text(encoding="utf-8"), compiler, version, *FLAGS, platform.machine(), platform.processor()]
    information = Path("/proc/cpuinfo")  # a home folder may be shared by machines of different processors
    if information.exists():
        lines = information.read_text(encoding="utf-8", errors="replace").splitlines()
        parts += sorted({line for line in lines if line.lower().startswith(("flags", "features", "model name"))})
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def _compile(compiler: str, kept: Path) -> Path:
    """Compiles to `kept`. Written beside it and renamed: another process sees a whole file or none."""
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    failed: subprocess.CompletedProcess | None = None
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        made = Path(folder) / kept.name
        for further in FURTHER:
            command = [compiler, *FLAGS, *further, str(SOURCE), "-o", str(made)]
            failed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            if failed.returncode == 0:
                made.replace(kept)
                return kept
    raise OSError(failed.stderr if failed else "nothing tried")
