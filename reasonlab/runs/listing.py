"""A look over many run folders that no single broken folder can spoil."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reasonlab.language.errors import BadInput
from reasonlab.runs.folder import METRICS_NAME, SCORES_NAME, Run
from reasonlab.runs.record import RECORD_NAME, default_root


@dataclass(frozen=True)
class RunSummary:
    """One run in a list.

    Attributes:
        run: the folder's name, by which tables and commands call it.
        updated: UTC, ISO 8601, last change of run.json, metrics or scores; a `running` run long untouched was killed.
        problem: one line on why the folder cannot be read in full, or None.
    """

    run: str
    path: Path
    name: str | None = None
    kind: str | None = None
    family: str | None = None
    status: str = "unreadable"
    created: str | None = None
    updated: str | None = None
    scores: dict[str, object] = field(default_factory=dict)
    problem: str | None = None


def list_runs(root: Path | str | None = None) -> list[RunSummary]:
    """Every folder under `root` (hidden ones left out), newest last by name; a root that does not exist has none."""
    root = Path(root) if root is not None else default_root()
    if not root.exists():
        return []
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise BadInput(
            f"{str(root)!r} cannot be listed ({error.strerror})", "a folder of runs", "choose another --root"
        ) from error
    return [summarise(folder) for folder in folders]


def summarise(folder: Path) -> RunSummary:
    """One folder's summary; what is wrong with it is said in `problem` and never raised."""
    try:
        run = Run.open(folder)
        record = run.record
    except BadInput as error:
        return RunSummary(run=folder.name, path=folder, updated=_touched(folder), problem=str(error))
    except OSError as error:
        return RunSummary(run=folder.name, path=folder, problem=f"{folder.name} cannot be read ({error.strerror})")
    try:
        scores, problem = run.scores(), None
    except BadInput as error:
        scores, problem = {}, str(error)
    return RunSummary(
        run=folder.name,
        path=folder,
        name=record.name,
        kind=record.kind,
        family=record.family,
        status=record.status,
        created=record.created,
        updated=_touched(folder),
        scores=scores,
        problem=problem,
    )


def _touched(folder: Path) -> str | None:
    times = []
    for name in (RECORD_NAME, METRICS_NAME, SCORES_NAME):
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:
            continue
    return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else None
