"""Tests that take `subject` run for every architecture; those that take `point`, for each of its hook points.

Two workers share two cores, so each computes on one thread: torch's second threads only took time from the other
worker, and the suite five times as long. Set before anything imports torch, which happens where a test asks for it.
"""

import functools
import importlib.util
import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


def _load(path):
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def load_by_path():
    """A file beside the tests as a module: tests are no package, so that none can be imported under two names."""
    return _load


@functools.cache
def _subjects():
    return _load(Path(__file__).parent / "oracles" / "subjects.py")


@functools.cache
def _model(name):
    return _subjects().random_model(name)


def pytest_generate_tests(metafunc):
    if "subject" not in metafunc.fixturenames:
        return
    names = list(_subjects().SHAPES)
    if "point" in metafunc.fixturenames:
        cases = [(name, point) for name in names for point in _model(name).hook_dict]
        metafunc.parametrize(("subject", "point"), cases, indirect=["subject"])
    else:
        metafunc.parametrize("subject", names, indirect=True)


@pytest.fixture
def subject(request):
    return _model(request.param)


@pytest.fixture(scope="session")
def subjects():
    return _subjects()
