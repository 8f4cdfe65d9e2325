"""Which runs the dashboard can open: the shipped ones and those under the runs' folder, and no other folder.

A run is chosen by its id ("shipped/arithmetic", "runs/20260101-..."), and an id is only ever looked up in the list:
whatever a URL says, no path is made from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reasonlab.commands.model import DATA
from reasonlab.language.errors import BadInput
from reasonlab.runs import RunSummary, list_runs


@dataclass(frozen=True)
class Entry:
    """One run on the shelf."""

    id: str
    summary: RunSummary

    @property
    def shipped(self) -> bool:
        return self.id.startswith("shipped/")


def shipped_runs(data: Path | None = None) -> list[Entry]:
    """The checkpoints that come with the repository; none where only the package is installed."""
    found = _inside(data if data is not None else DATA)
    return [Entry(f"shipped/{s.run}", s) for s in found if (s.path / "run.json").exists()]


def shelf(root: Path, data: Path | None = None) -> list[Entry]:
    """Every run that can be opened: shipped ones first, then those under `root`, the newest first."""
    try:
        own = [Entry(f"runs/{summary.run}", summary) for summary in reversed(_inside(root))]
    except BadInput:
        own = []  # a root that cannot be listed has no runs to show; `reasonlab doctor` says why
    return shipped_runs(data) + own


def _inside(root: Path) -> list[RunSummary]:
    """The runs of a folder, without links that lead out of it."""
    home = root.resolve()
    return [summary for summary in list_runs(root) if summary.path.resolve().parent == home]


def choose(entries: Sequence[Entry], wanted: str | None) -> Entry | None:
    """The entry of that id, else the first one that can be read, else the first one; None on an empty shelf."""
    named = next((entry for entry in entries if entry.id == wanted), None)
    sound = next((entry for entry in entries if entry.summary.problem is None), None)
    return named or sound or next(iter(entries), None)
