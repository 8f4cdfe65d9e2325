"""The snippets of docs/rewards.md, run one by one in a folder of their own.

    python tests/rewards/snippets.py trl      on the package itself: `make test-rewards` makes an environment for each

As a script it imports nothing of ours: it only starts the snippets, with the Python it runs on.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {  # what a snippet prints last; the model of TRL's snippet reasons as it likes
    "TRL": r"\d\.\d+",
    "reasoning-gym": r"1\.0 1\.0 0\.0",
    "verifiers": r"1\.0",
    "Inspect": r"1\.0",
}
PACKAGES = {"trl": "TRL", "reasoning-gym": "reasoning-gym", "verifiers": "verifiers", "inspect-ai": "Inspect"}


def snippets() -> dict[str, str]:
    """The Python under each heading."""
    text = (ROOT / "docs" / "rewards.md").read_text(encoding="utf-8")
    sections = re.split(r"^## (.+)$", text, flags=re.M)[1:]
    return {
        name: "\n".join(re.findall(r"```python\n(.*?)```", body, re.S))
        for name, body in zip(sections[::2], sections[1::2])
    }


def run(name: str, folder: Path, path: str = "") -> str:
    """The last line that a snippet prints, run in `folder`; AssertionError where it is not what the page promises."""
    if not (folder / "data").exists():
        (folder / "data").symlink_to(ROOT / "data")
    script = folder / "snippet.py"
    script.write_text(snippets()[name], encoding="utf-8")
    places = [path, os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places)), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert re.fullmatch(EXPECTED[name], last), done.stdout
    return last


if __name__ == "__main__":
    for package in sys.argv[1:] or PACKAGES:
        with tempfile.TemporaryDirectory() as place:
            print(f"{package}: {run(PACKAGES[package], Path(place))}", flush=True)
