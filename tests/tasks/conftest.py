"""What the tests of the tasks share."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def oracle(load_by_path) -> ModuleType:
    """The slow twins."""
    return load_by_path(Path(__file__).parent.parent / "oracles" / "tasks.py")
