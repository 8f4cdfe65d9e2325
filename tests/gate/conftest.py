"""Chains of every outcome, and the verify command on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reasonlab.cli import main

GOOD = {
    "givens": ["a = 3", "b = a + a"],
    "modulus": 10,
    "query": {"value": "b"},
    "text": "b = a + a = 3 + 3 = 6 ; answer 6",
}
OUTCOMES: dict[str, dict[str, Any]] = {
    "proved": GOOD,
    "consistent": {"givens": ["a = 3"], "steps": ["a = 3"]},
    "flawed": {**GOOD, "text": "b = a + a = 3 + 3 = 7 ; answer 6"},
    "wrong": {**GOOD, "text": "b = a + a = 3 + 3 = 7 ; answer 7"},
    "unknown": {"givens": ["p", "~p"], "steps": ["q"]},
    "unparsed": {**GOOD, "text": "b is six ; answer 6"},
}
SOLVED = [  # by questions to a solver
    {"givens": ["p | q | r", "~p", "r -> s"], "text": "q | r ; q"},
    {"givens": ["x + y + z = 3", "x * y = 2", "z > 0"], "text": "x < 3 ; x = 1"},
    {"givens": ["x = 3 (mod 7)", "x = 2 (mod 5)"], "text": "x = 17 (mod 35) ; x = 17"},
    {"givens": ["forall X. d(X) -> f(X)", "d(a)", "e(b)"], "text": "f(a) ; f(b) ; exists X. d(X) & f(X)"},
]


@pytest.fixture
def chains(tmp_path: Path) -> Callable[..., Path]:
    """Writes records to a file, each with the id c0, c1, ... that its place gives it; text is written as it is."""

    def write(*records: Any, name: str = "chains.jsonl") -> Path:
        path = tmp_path / name
        lines = [r if isinstance(r, str) else json.dumps({"id": f"c{i}", **r}) for i, r in enumerate(records)]
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def samples() -> dict[str, dict[str, Any]]:
    """A chain of each outcome, by its name."""
    return OUTCOMES


@pytest.fixture(scope="session")
def solved() -> list[dict[str, Any]]:
    """Chains that a solver is asked about, of several theories."""
    return SOLVED


@pytest.fixture(scope="session")
def verify() -> Callable[..., int]:
    """`reasonlab verify` with these arguments: its exit code."""
    return lambda *args: main(["verify", *map(str, args)])
