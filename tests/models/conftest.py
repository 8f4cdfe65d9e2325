"""Tests that take `subject` run for every architecture; those that take `point`, for each of its hook points."""

import importlib.util
from pathlib import Path

import pytest


def _load():
    path = Path(__file__).parent.parent / "oracles" / "subjects.py"
    spec = importlib.util.spec_from_file_location("subjects", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SUBJECTS = _load()
MODELS = {name: SUBJECTS.random_model(name) for name in SUBJECTS.SHAPES}


def pytest_generate_tests(metafunc):
    if "point" in metafunc.fixturenames:
        cases = [(name, point) for name, model in MODELS.items() for point in model.hook_dict]
        metafunc.parametrize(("subject", "point"), cases, indirect=["subject"])
    elif "subject" in metafunc.fixturenames:
        metafunc.parametrize("subject", list(MODELS), indirect=True)


@pytest.fixture
def subject(request):
    return MODELS[request.param]


@pytest.fixture(scope="session")
def subjects():
    return SUBJECTS
