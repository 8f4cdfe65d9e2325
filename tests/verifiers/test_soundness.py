"""The benchmarks of soundness and robustness, small, as anyone runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def last_line(script: str, *options: str) -> str:
    done = subprocess.run([sys.executable, BENCHMARKS / script, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_no_harmful_mutant_of_any_theory_is_proved():
    assert ", 0 of them proved or consistent;" in last_line("soundness.py", "--mutants", "200", "--seed", "7")


def test_any_input_gets_one_verdict():
    assert last_line("fuzz.py", "--inputs", "300", "--seed", "7").endswith("; 0 failures")


def test_a_second_solver_agrees():
    pytest.importorskip("cvc5", reason="cvc5 (extra crosscheck) is not installed")
    assert ", 0 disagreements, " in last_line(
        "cross_check.py", "--questions", "40", "--only", "propositional", "first-order"
    )
