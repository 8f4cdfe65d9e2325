"""docs/rewards.md: its snippets run, on stand-ins of the packages that have the shapes of the real ones."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("snippets_of_the_rewards", HERE / "snippets.py")
snippets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(snippets)


@pytest.mark.parametrize("name", snippets.EXPECTED)
def test_the_snippet_runs(name, tmp_path):
    last = snippets.run(name, tmp_path, str(HERE / "standins"))
    if name == "TRL":
        assert last == "0.0"  # the stand-in answers without a step


def test_every_section_with_code_is_run():
    assert [name for name, code in snippets.snippets().items() if code] == list(snippets.EXPECTED)
