"""The benchmark of mutated chains, small: every family has harmful mutants, and none is proved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "soundness.py"


def test_no_harmful_mutant_is_proved():
    done = subprocess.run([sys.executable, SCRIPT, "--mutants", "400", "--seed", "7"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ", 0 of them proved or consistent;" in done.stdout.splitlines()[-1]
    assert done.stdout.count(" right chains, ") == 25  # families
