"""docs/ci-gate.md: the workflow is one, its command runs as it is, and its exit codes are those of the table."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci-gate.md").read_text(encoding="utf-8")
TRACES = (ROOT / "notebooks" / "traces.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def gate() -> str:
    """The command of the step that gates."""
    (workflow,) = (yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.S))
    (job,) = workflow["jobs"].values()
    (command,) = (step["run"] for step in job["steps"] if step.get("name") == "gate")
    return command


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )


@pytest.mark.parametrize(("lines", "code"), [(TRACES, 1), (TRACES[:1] * 60 + TRACES[1:2], 0), ([], 2), (["{"], 2)])
def test_the_command_gates(tmp_path, gate, lines, code):
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "chains.jsonl").write_text("\n".join(lines))
    done = run(gate, tmp_path)
    assert done.returncode == code, done.stderr
    if lines:
        assert len((tmp_path / "verdicts.jsonl").read_text().splitlines()) == len(lines)
        assert json.loads((tmp_path / "verdicts.sarif").read_text())["version"] == "2.1.0"
        assert (tmp_path / "verdicts.xml").exists()


def test_an_inconclusive_gate_can_be_let_through(tmp_path):
    record = {"givens": ["p", "~p"], "steps": ["q"]}
    (tmp_path / "chains.jsonl").write_text(json.dumps(record))
    command = "reasonlab verify chains.jsonl --fail-under 0.98"
    assert run(command, tmp_path).returncode == 3
    (remedy,) = re.findall(r"`reasonlab verify \.\.\. (\|\| .*)`", PAGE)
    assert run(f"{command} {remedy}", tmp_path).returncode == 0
    assert run(f"reasonlab verify none.jsonl {remedy}", tmp_path).returncode != 0


def test_the_table_has_every_code():
    assert re.findall(r"^\| (\d) \|", PAGE, re.M) == ["0", "1", "2", "3", "4"]


def test_what_the_page_links_to_is_there():
    for page in ("ci-gate.md", "rewards.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (ROOT / "docs" / target).exists(), target
