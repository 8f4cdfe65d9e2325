"""A run of a model so small that it learns nothing, with everything that training leaves behind."""

from pathlib import Path

import pytest

from reasonlab.cli import main
from reasonlab.runs import Run

TINY = ["--problems", "200", "--layers", "1", "--width", "32", "--mlp", "32", "--difficulty", "variables=2-3",
        "--batch-size", "8", "--precision", "fp32", "--checkpoint-every", "5", "--evaluate-problems", "4"]  # fmt: skip


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def trained(root: Path) -> Run:
    assert main(["train", "--name", "tiny", "--steps", "10", "--root", str(root), *TINY]) == 0
    (place,) = root.glob("*-tiny")
    return Run.open(place)
