"""The notebooks run as they are, on the shipped checkpoints, and say what they promise to show."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def printed(name: str) -> list[str]:
    """What each code cell prints on standard output; an error in a cell fails the test with its traceback."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": NOTEBOOKS}}).execute()
    return [
        "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_start() -> None:
    model, problem, reasoned, world, words, activations, foreign = printed("start.ipynb")
    assert "parameters" in model
    assert "edges:" in problem
    assert "proved" in reasoned
    assert "do(" in world
    assert "refuted" in words
    assert "inherited" in words
    assert "layer" in activations
    assert foreign.startswith("proved")


def test_verify() -> None:
    traces, summary, verdicts, gate, why, sarif, questions, library = printed("verify.ipynb")
    assert '"id": "clips"' in traces
    assert "10 chains" in summary
    assert summary.splitlines()[-1] == "exit code 0"
    outcomes = dict(line.split()[:2] for line in verdicts.splitlines())
    assert outcomes == {
        **dict.fromkeys(("clips", "clock", "party", "zoo", "solve"), "proved"),
        **dict.fromkeys(("carry", "leap"), "wrong"),
        **dict.fromkeys(("musing", "traces:10"), "unparsed"),
        "lucky": "flawed",
    }
    assert [line[-1] for line in gate.splitlines() if line.startswith("exit code")] == ["0", "1"]
    for words in (
        "refuted: it contradicts",
        "instead: c = 75",
        "it fails where: ",
        "the whole way:",
        "it was not understood",
    ):
        assert words in why
    assert "traces.jsonl:2: error" in sarif
    assert "(check-sat)" in questions
    assert library.startswith("proved")


def test_circuits() -> None:
    """From loading the model to a tested circuit, in 15 cells."""
    assert len(nbformat.read(NOTEBOOKS / "circuits.ipynb", as_version=4).cells) == 15
    cases, places, estimates, strongest, circuit, _, needed, done = printed("circuits.ipynb")
    assert "in one and" in cases
    assert places.count("before copy") == 4
    assert "into q" in estimates
    assert strongest.count("->") == 10
    assert "random circuits of as many edges" in circuit
    assert needed.count("without") - 1 == int(circuit.split()[0])
    assert "with the circuit patched, 0% with nothing patched" in done


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_committed_without_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
