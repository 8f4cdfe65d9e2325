"""What the tests of the tasks share."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The slow twins, loaded by path: tests are no package, so that none can be imported under two names."""
    path = Path(__file__).parent.parent / "oracles" / "tasks.py"
    spec = importlib.util.spec_from_file_location("slow_twins_of_the_tasks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
